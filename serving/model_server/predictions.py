"""What a model answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Predictions:
    """Answers to some rows."""

    # A class label or a number per row; a list per row where the model has several outputs.
    predictions: list
    # One list per row with the probability of each class; None where nobody asked or none are to be had.
    probabilities: list[list[float]] | None
