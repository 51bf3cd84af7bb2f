"""Which code computes the predictions: the fast path wherever it is exact, else XGBoost itself."""

from array import array
from typing import Protocol

from model_server.models.xgboost import evaluator, self_check
from model_server.models.xgboost import library as xgboost_library
from model_server.models.xgboost.evaluator import Evaluator
from model_server.models.xgboost.library import Booster
from model_server.models.xgboost.trees import UnsupportedModelError


class Engine(Protocol):
    """Computes XGBoost's own values for rows of float32 (which it may change)."""

    name: str
    # Why it is not the fast path; empty if it is.
    reason: str

    def values(self, rows: array, count: int) -> tuple[array, int]:
        """The values of `count` rows, and how many there are per row."""

    def class_probabilities(self, rows: array, count: int) -> tuple[array, int]:
        """The same for `multi:softmax`, whose values are classes: the probability of each class."""


class XGBoostEngine:
    """XGBoost's own predictor: any model, some fifty times the cost for a single row."""

    def __init__(self, booster: Booster, missing: float, rounds: int, reason: str):
        self.name = f"xgboost {xgboost_library.version()}"
        self.reason = reason
        self._booster = booster
        self._missing = missing
        self._rounds = rounds

    def values(self, rows: array, count: int) -> tuple[array, int]:
        return self._booster.predict(rows, count, missing=self._missing, rounds=self._rounds)

    def class_probabilities(self, rows: array, count: int) -> tuple[array, int]:
        margins, width = self._booster.predict(
            rows, count, missing=self._missing, rounds=self._rounds, margin=True
        )
        evaluator.softmax(margins, width)
        return margins, width


def choose(booster: Booster, missing: float, rounds: int, wanted: str) -> Engine:
    """The fast path if the model allows it and `wanted` is "auto"; checked against XGBoost in any case."""
    if wanted == "xgboost":
        return XGBoostEngine(booster, missing, rounds, "chosen in the settings")
    try:
        native = Evaluator(booster, missing, rounds)
    except UnsupportedModelError as unsupported:
        return XGBoostEngine(booster, missing, rounds, str(unsupported))
    self_check.run(native, booster, missing, rounds)
    return native
