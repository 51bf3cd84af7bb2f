"""The model: what it takes, what its answers mean, and how to get them."""

import json
from array import array
from dataclasses import replace
from pathlib import Path

from model_server import engines, missing_marker, model_file, xgboost_library
from model_server.errors import StartError
from model_server.estimators import EstimatorFile, EstimatorModel
from model_server.model_file import ModelFile
from model_server.predictions import Predictions
from model_server.settings import Settings

CLASSIFIERS = ("XGBClassifier", "XGBRFClassifier")
# The objectives whose values are probabilities of classes.
PROBABILITY_OBJECTIVES = ("binary:logistic", "multi:softprob")


class Model:
    """A model of XGBoost."""

    platform = "xgboost"
    # The type of `array` that rows come in: XGBoost computes in float32.
    typecode = "f"

    def __init__(self, name: str, version: str, file: ModelFile, engine: str):
        booster = file.booster
        self.name = name
        self.version = version
        self.sha256 = file.sha256
        self.form = file.form
        self.feature_count = booster.feature_count()
        self.feature_names = booster.feature_info("feature_name")
        self.objective = booster.configuration()["learner"]["objective"]["name"]
        self.is_classifier = _is_classifier(file, self.objective)
        self.label_type = "INT64" if self.is_classifier else "FP32"
        self.gives_probabilities = self.is_classifier and self.objective in PROBABILITY_OBJECTIVES
        # None: neither the file nor the settings tell.
        self.missing_marker = file.missing
        missing = missing_marker.NONE if file.missing is None else file.missing
        self.engine = engines.choose(booster, missing, _rounds(file), engine)
        # Predicting once also means that no client pays for first-time work.
        _, self.outputs = self.engine.values(array("f", bytes(4 * self.feature_count)), 1)
        multi_class = self.is_classifier and self.objective.startswith("multi:")
        self.answers_with_lists = self.outputs > 1 and not multi_class

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        """Predict as `.predict()` and `.predict_proba()` of XGBoost's scikit-learn interface would.

        `rows` holds `count` rows of float32, one after the other, and may be changed.
        """
        flat, width = self.engine.values(rows, count)
        values = flat.tolist()
        if width > 1:
            return self._of_several(values, width)
        if not self.is_classifier:
            return Predictions(values, None)
        if self.objective == "multi:softmax":
            return Predictions([int(value) for value in values], None)
        labels = [int(value > 0.5) for value in values]
        if not with_probabilities:
            return Predictions(labels, None)
        return Predictions(labels, [[_complement(value), value] for value in values])

    def _of_several(self, values: list[float], width: int) -> Predictions:
        grouped = [values[start : start + width] for start in range(0, len(values), width)]
        if not self.is_classifier:
            return Predictions(grouped, None)
        if self.objective.startswith("multi:"):
            return Predictions([row.index(max(row)) for row in grouped], grouped)
        return Predictions([[int(value > 0.5) for value in row] for row in grouped], grouped)


def _complement(value: float) -> float:
    """1 - value in float32, as XGBoost's predict_proba subtracts."""
    return array("f", [1.0 - value])[0]


def _rounds(file: ModelFile) -> int:
    """How many boosting rounds predict (0: all)."""
    best = file.booster.attribute("best_iteration")
    if best is None or not file.uses_best_iteration or file.booster.is_linear:
        return 0
    return int(best) + 1


def _is_classifier(file: ModelFile, objective: str) -> bool:
    """Whether answers are class labels: the estimator says so, or else the objective does."""
    if file.class_name and file.class_name != "Booster":
        return file.class_name in CLASSIFIERS
    estimator = file.booster.attribute("scikit_learn")
    if estimator:
        return json.loads(estimator).get("_estimator_type") == "classifier"
    return objective.startswith(("binary:", "multi:"))


AnyModel = Model | EstimatorModel


def load(settings: Settings) -> AnyModel:
    """Load and verify the model that the settings name, ready to predict."""
    file = model_file.read(
        Path(settings.model_path), settings.model_sha256, settings.allow_pickle, settings.run_pickles
    )
    if isinstance(file, EstimatorFile):
        missing_marker.refuse_beside(file.class_name, settings.missing_marker)
        return EstimatorModel(settings.model_name, settings.model_version, file)
    file = replace(file, missing=missing_marker.agreed(file.missing, settings.missing_marker))
    try:
        return Model(settings.model_name, settings.model_version, file, settings.engine)
    except xgboost_library.XGBoostError as error:
        raise StartError("unusable_model", f"XGBoost cannot predict with the model: {error}") from None
