"""A model of XGBoost: what it takes, what its answers mean, and how to get them."""

import logging
import math
from array import array
from collections.abc import Callable

from model_server.errors import StartError
from model_server.models.categories import Categories
from model_server.models.golden import FILE_NAME as GOLDEN_FILE
from model_server.models.model import Model
from model_server.models.predictions import AnswerFormat, Predictions
from model_server.models.xgboost import categories, engines, ubjson
from model_server.models.xgboost.file import CLASSES, XGBoostFile
from model_server.models.xgboost.library import Booster
from model_server.models.xgboost.model_document import ModelDocument
from model_server.rows import missing_marker
from model_server.rows.columns import Column, Columns
from model_server.rows.finite import all_finite
from model_server.rows.row_errors import RowError, not_finite
from model_server.rows.sparse_rows import SparseRows

logger = logging.getLogger(__name__)

CLASSIFIERS = ("XGBClassifier", "XGBRFClassifier")
# The objectives whose values are probabilities of classes.
PROBABILITY_OBJECTIVES = ("binary:logistic", "multi:softprob", "multi:softmax")
# Since then a classifier of two classes with two values per row is one with two labels.
SEVERAL_LABELS_SINCE = (1, 6)
# Since then the quantiles of a row are in ascending order.
# The type of a feature that was true or false in a table of pandas.
INDICATOR = "i"
QUANTILES_ORDERED_SINCE = (3, 4)
MARKER_HINT = (
    "; the model file does not tell whether a number stands for missing values: if the model was trained "
    f"with missing=..., or on a sparse matrix and these rows hold its zeros, set {missing_marker.VARIABLE}"
)


class XGBoostModel(Model):
    """A model of XGBoost."""

    platform = "xgboost"
    # The type of `array` that rows come in: XGBoost computes in float32.
    typecode = "f"

    def __init__(self, name: str, version: str, file: XGBoostFile, engine: str):
        booster, document = file.booster, file.document
        self.name = name
        self.version = version
        self.sha256 = file.sha256
        self.format = file.format
        self.feature_count = booster.feature_count()
        self.feature_names = booster.feature_info("feature_name")
        self.objective = booster.configuration()["learner"]["objective"]["name"]
        self.is_classifier, doubts = _is_classifier(file, self.objective)
        # Why its predictions may be others than those of the XGBoost that made it.
        self.doubts = document.doubts + doubts
        self.warnings = _warnings(document, self.objective)
        # None: neither the file nor the settings tell.
        self.missing_marker = file.missing
        missing = missing_marker.NONE if file.missing is None else file.missing
        self.categories = _categories(booster, document.version)
        self.columns = _columns(booster, self.feature_names)
        self._missing = missing_marker.rounded(missing)
        self.engine = engines.choose(booster, missing, _rounds(file), engine)
        # Predicting once also means that no client pays for first-time work.
        _, width = self.engine.values(array("f", bytes(4 * self.feature_count)), 1)
        is_estimator = bool(file.estimator or file.class_name not in ("", "Booster"))
        classes = file.estimator.get("n_classes_") or max(document.classes, 2)
        # Its label encoder stays where a newer version saves such a file anew.
        old = "_le" in file.estimator or (
            document.version is not None and document.version < SEVERAL_LABELS_SINCE
        )
        # Whether the place of the largest value of a row is its class.
        self._is_largest = width > 1 and (
            classes != 2 or old if is_estimator else self.objective.startswith("multi:")
        )
        self._gives_class = self.objective == "multi:softmax"
        gives_probabilities = self.is_classifier and (
            width in (1, classes) or classes == 2
            if is_estimator
            else self.objective in PROBABILITY_OBJECTIVES
        )
        outputs = document.classes if self.is_classifier and self._gives_class else width
        # What stands for each class, where that is not its number.
        self._labels = _labels(file, max(2, outputs)) if self.is_classifier else None
        self.answer_format = AnswerFormat(
            self._label_type(),
            answers_with_lists=width > 1 and not (self.is_classifier and self._is_largest),
            outputs=outputs,
            gives_probabilities=gives_probabilities,
        )

    def _label_type(self) -> str:
        if not self.is_classifier:
            return "FP32"
        first = self._labels[0] if self._labels else 0
        return LABEL_TYPES[type(first)]

    @property
    def golden_hint(self) -> str:
        return "" if missing_marker.is_number(self.missing_marker) else MARKER_HINT

    def verify(self, replay: Callable[[], int] | None) -> int:
        """Whatever casts doubt on the predictions, golden requests that pass remove it; nothing else does."""
        replayed = replay() if replay else 0
        for warning in self.warnings:
            logger.warning(warning)
        doubts = "; ".join(self.doubts)
        if doubts and not replayed:
            raise StartError(
                "unproven_model",
                f"{doubts}: its predictions may be others than there; build the server with the XGBoost that "
                f"wrote the model, or put golden requests with their answers ({GOLDEN_FILE}) beside it",
            )
        if doubts:
            logger.warning("%s; %d golden requests pass, so it is served", doubts, replayed)
        return replayed

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
        if self._gives_class:
            classes = [int(value) for value in values]
            probabilities = (
                _grouped(*self.engine.class_probabilities(rows, count)) if with_probabilities else None
            )
            return Predictions(self._named(classes), probabilities)
        labels = [1 if value > 0.5 else 0 for value in values]
        if self._labels:
            labels = self._named(labels)
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
        grouped = _grouped(values, width)
        if not self.is_classifier:
            return Predictions(grouped, None)
        if self._is_largest:
            return Predictions(self._named([row.index(max(row)) for row in grouped]), grouped)
        return Predictions([[int(value > 0.5) for value in row] for row in grouped], grouped)

    def _named(self, classes: list[int]) -> list:
        labels = self._labels
        return [labels[each] for each in classes] if labels else classes


LABEL_TYPES = {bool: "BOOL", int: "INT64", float: "FP64", str: "BYTES"}


def _grouped(values: list[float] | array, width: int) -> list[list[float]]:
    return [list(values[start : start + width]) for start in range(0, len(values), width)]


def _categories(booster: Booster, version: tuple[int, ...] | None) -> Categories | None:
    types = booster.feature_info("feature_type")
    if "c" not in types:
        return None
    return categories.of_model(ubjson.decode(booster.saved()), types, booster.feature_count(), version)


def _columns(booster: Booster, names: list[str]) -> Columns | None:
    """Where columns of pandas were true or false, rows by name may say so, too."""
    types = booster.feature_info("feature_type")
    if INDICATOR not in types or len(set(names)) < len(names):
        return None
    return Columns(
        [
            Column(name, "boolean" if kind == INDICATOR else "number")
            for name, kind in zip(names, types, strict=True)
        ]
    )


def _complement(value: float) -> float:
    """1 - value in float32, as XGBoost's predict_proba subtracts."""
    return array("f", [1.0 - value])[0]


def _rounds(file: XGBoostFile) -> int:
    """How many boosting rounds predict, as XGBoost counts them in this file (0: all)."""
    document, told = file.document, file.estimator
    if not file.uses_best_iteration or file.booster.is_linear:
        return 0
    attributes = document.attributes
    best = attributes.get("best_iteration")
    # Versions before 1.4 left it beside the model only.
    limit = attributes.get("best_ntree_limit", told.get("best_ntree_limit"))
    size = told.get("num_parallel_tree") or 1
    try:
        if document.counts_trees and limit is not None:
            rounds = int(limit)
        elif best is None:
            return 0
        else:
            rounds = (int(best) + 1) * (int(size) if document.counts_trees else 1)
    except (TypeError, ValueError):
        raise StartError(
            "unreadable_model",
            f"the estimator beside the model says best_ntree_limit={str(limit)[:50]!r} and "
            f"num_parallel_tree={str(size)[:50]!r}, which are no numbers",
        ) from None
    if rounds > document.rounds:
        raise StartError(
            "unusable_model",
            f"the model says that its first {rounds} rounds predict best, and has {document.rounds}; load "
            "it, remove that with get_booster().set_attr(best_iteration=None, best_ntree_limit=None), and "
            "save it anew",
        )
    return rounds


def _is_classifier(file: XGBoostFile, objective: str) -> tuple[bool, tuple[str, ...]]:
    """Whether answers are class labels: the estimator says so, or else the objective does.

    Also return what makes that doubtful.
    """
    if file.class_name and file.class_name != "Booster":
        return file.class_name in CLASSIFIERS, ()
    by_objective = objective.startswith(("binary:", "multi:"))
    told = file.document.estimator
    if told is None:
        return by_objective, ()
    # Before 1.4 it was the name of the class.
    kind = told.get("_estimator_type", told.get("type"))
    if kind in ("classifier", *CLASSIFIERS):
        return True, ()
    if kind in ("regressor", "ranker", *CLASSES):
        return False, ()
    doubt = (
        f"the estimator that saved the model says it is {str(kind)[:50]!r}, which this server does not know"
    )
    return by_objective, (doubt,)


def _labels(file: XGBoostFile, classes: int) -> list | None:
    """The labels that a classifier of before 1.6 was trained on."""
    encoder = file.estimator.get("_le")
    if encoder is None:
        return None
    labels = encoder.get("classes_") if isinstance(encoder, dict) else None
    kinds = {type(label) for label in labels} if isinstance(labels, list) else set()
    # A classifier of one class only has the objective for two.
    enough = kinds and len(labels) in (classes, 1)
    if not enough or len(kinds) > 1 or not kinds <= LABEL_TYPES.keys():
        raise StartError(
            "unreadable_model",
            f"the model has {classes} classes, but its label encoder says {str(labels)[:100]}",
        )
    return labels * classes if len(labels) < classes else labels


def _warnings(document: ModelDocument, objective: str) -> tuple[str, ...]:
    version = document.version
    if objective != "reg:quantileerror" or version is None or version >= QUANTILES_ORDERED_SINCE:
        return ()
    written_by = ".".join(map(str, version))
    return (
        f"XGBoost {written_by} wrote the model; since 3.4 the quantiles of a row come in ascending order, so "
        "where they cross the answers are other than there",
    )
