"""Classifiers whose file is `toy`, the names of the features, and a line of weights for each class."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass

from model_server.errors import StartError
from model_server.model_files.model_file import ModelFile
from model_server.models.model import Model
from model_server.models.predictions import AnswerFormat, Predictions
from model_server.settings import Settings


@dataclass(frozen=True)
class ToyEngine:
    name: str = "toy 1.0"
    reason: str = ""


class ToyModel(Model):
    platform = "toy"
    format = "toy"
    objective = "largest"
    typecode = "d"
    engine = ToyEngine()

    def __init__(self, file: ModelFile, settings: Settings):
        self.name, self.version, self.sha256 = settings.model_name, settings.model_version, file.sha256
        _, names, *classes = (line.split() for line in file.content.decode().splitlines())
        self.feature_names = names
        self.feature_count = len(names)
        self.weights = {label: [float(weight) for weight in weights] for label, *weights in classes}
        if any(len(weights) != self.feature_count for weights in self.weights.values()):
            raise StartError("unreadable_model", f"{file.path}: give {self.feature_count} weights a class")
        self.parameters = {"toy_classes": len(self.weights)}
        self.answer_format = AnswerFormat("BYTES", False, len(self.weights), gives_probabilities=True)

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        width, labels, shares = self.feature_count, [], []
        for start in range(0, count * width, width):
            row = rows[start : start + width]
            values = {
                label: sum(weight * number for weight, number in zip(weights, row, strict=True))
                for label, weights in self.weights.items()
            }
            labels.append(max(values, key=values.get))
            total = sum(values.values()) or 1.0
            shares.append([value / total for value in values.values()])
        return Predictions(labels, shares if with_probabilities else None)

    def verify(self, replay: Callable[[], int] | None) -> int:
        if replay is None:
            raise StartError("unproven_model", "a toy is served only with golden requests")
        return replay()


class Toy:
    formats = "a toy"
    is_fallback = False

    def recognises(self, file: ModelFile) -> bool:
        return file.content.startswith(b"toy\n")

    def load(self, file: ModelFile, settings: Settings) -> ToyModel:
        return ToyModel(file, settings)


LIBRARY = Toy()
