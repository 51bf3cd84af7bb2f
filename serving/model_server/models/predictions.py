"""What a model answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Predictions:
    """Answers to some rows."""

    # A class label or a number per row; a list per row where the model has several outputs.
    predictions: list
    # One list per row with the probability of each class; None where nobody asked or none are to be had.
    # For a classifier of several targets that is a list for each of them.
    probabilities: list[list[float]] | list[list[list[float]]] | None


@dataclass(frozen=True)
class AnswerFormat:
    """What the answers of a model look like."""

    # Of the Open Inference Protocol; for several targets with labels of several types it is BYTES.
    label_type: str
    # Whether an answer is a list, and of how many.
    answers_with_lists: bool
    outputs: int
    gives_probabilities: bool
    # The number of classes of each target, where probabilities come as a list for each of several targets.
    classes_of_targets: tuple[int, ...] = ()
