"""The model: what it takes, what its answers mean, and how to get them."""

import json
import math
from array import array
from dataclasses import replace
from pathlib import Path

from model_server import categories, engines, missing_marker, model_file, ubjson, xgboost_library
from model_server.categories import Categories
from model_server.errors import StartError
from model_server.estimator_model import EstimatorModel
from model_server.estimators import EstimatorFile
from model_server.evaluator import all_finite
from model_server.model_file import ModelFile
from model_server.predictions import Predictions
from model_server.row_errors import RowError, not_finite
from model_server.settings import Settings
from model_server.sparse_rows import SparseRows
from model_server.xgboost_library import Booster

CLASSIFIERS = ("XGBClassifier", "XGBRFClassifier")
# The objectives whose values are probabilities of classes.
PROBABILITY_OBJECTIVES = ("binary:logistic", "multi:softprob")


class Model:
    """A model of XGBoost."""

    platform = "xgboost"
    # The type of `array` that rows come in: XGBoost computes in float32.
    typecode = "f"
    # The form of its answers is known from the file.
    answer_form = None
    classes_of_targets = ()

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
        self.categories = _categories(booster)
        self._missing = missing_marker.rounded(missing)
        self.engine = engines.choose(booster, missing, _rounds(file), engine)
        # Predicting once also means that no client pays for first-time work.
        _, self.outputs = self.engine.values(array("f", bytes(4 * self.feature_count)), 1)
        multi_class = self.is_classifier and self.objective.startswith("multi:")
        self.answers_with_lists = self.outputs > 1 and not multi_class

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        """Predict as `.predict()` and `.predict_proba()` of XGBoost's scikit-learn interface would.

        `rows` holds `count` rows of float32, one after the other, and may be changed.
        """
        if self.categories:
            self.categories.check(rows, self._missing)
        flat, width = self.engine.values(rows, count)
        if not (math.isfinite(flat[0]) if len(flat) == 1 else all_finite(flat)):
            raise not_finite(flat, width, "prediction")
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

    def predict_sparse(self, rows: SparseRows, with_probabilities: bool = False) -> Predictions:
        """The same for rows of which most features are absent, which is missing."""
        predictions, probabilities = [], []
        for first, dense, count in rows.dense(self.typecode):
            try:
                answers = self.predict(dense, count, with_probabilities)
            except RowError as error:
                raise error.moved(first) from None
            predictions += answers.predictions
            probabilities += answers.probabilities or []
        return Predictions(predictions, probabilities if with_probabilities else None)

    def _of_several(self, values: list[float], width: int) -> Predictions:
        grouped = [values[start : start + width] for start in range(0, len(values), width)]
        if not self.is_classifier:
            return Predictions(grouped, None)
        if self.objective.startswith("multi:"):
            return Predictions([row.index(max(row)) for row in grouped], grouped)
        return Predictions([[int(value > 0.5) for value in row] for row in grouped], grouped)


def _categories(booster: Booster) -> Categories | None:
    types = booster.feature_info("feature_type")
    if "c" not in types:
        return None
    return categories.of_model(ubjson.decode(booster.saved()), types, booster.feature_count())


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
        return EstimatorModel(settings.model_name, settings.model_version, file, settings.estimator_threads)
    file = replace(file, missing=missing_marker.agreed(file.missing, settings.missing_marker))
    try:
        return Model(settings.model_name, settings.model_version, file, settings.engine)
    except xgboost_library.XGBoostError as error:
        raise StartError("unusable_model", f"XGBoost cannot predict with the model: {error}") from None
