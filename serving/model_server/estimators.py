"""Pickles of scikit-learn: pipelines, and estimators of other libraries.

Unlike XGBoost's own models they cannot be read without running what the pickle asks to run, and they need
scikit-learn, which is several times the size of everything else. So they are served only from an image that
was built with requirements-scikit-learn.txt.
"""

import importlib.util
import io
from array import array
from dataclasses import dataclass
from typing import Any

from model_server.errors import StartError, invalid
from model_server.missing_marker import NONE
from model_server.predictions import Predictions

LIBRARY = "sklearn"


@dataclass(frozen=True)
class EstimatorFile:
    """A pickle's content, loaded by running it."""

    sha256: str
    class_name: str
    estimator: Any
    form: str = "pickle"


@dataclass(frozen=True)
class EstimatorEngine:
    """What predicts, for metadata and logs."""

    name: str
    reason: str


def load(content: bytes, sha256: str, class_name: str, run: bool) -> EstimatorFile:
    """Load a pickle whose sha256 has been pinned, if it may be run."""
    if not run:
        raise StartError(
            "pickle_not_run",
            f"the pickle holds a {class_name}, which cannot be loaded without running the code in it, and "
            "MODEL_SERVER_RUN_PICKLES is false",
        )
    if not _is_installed():
        raise StartError(
            "needs_scikit_learn",
            f"the pickle holds a {class_name}, and this image serves only models of XGBoost itself; "
            "build it with the build argument REQUIREMENTS=requirements-scikit-learn.txt",
        )
    import joblib

    try:
        estimator = joblib.load(io.BytesIO(content))
    except Exception as error:
        raise StartError(
            "unreadable_model", f"the {class_name} cannot be loaded: {type(error).__name__}: {error}"
        ) from None
    if not callable(getattr(estimator, "predict", None)) or not hasattr(estimator, "n_features_in_"):
        raise StartError(
            "unsupported_model",
            f"the pickle holds a {class_name}, which is no fitted estimator: it must have `predict` and "
            "`n_features_in_`",
        )
    return EstimatorFile(sha256, class_name, estimator)


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec(LIBRARY) is not None
    except ValueError:
        return False


class EstimatorModel:
    """A model with scikit-learn's interface."""

    platform = "scikit-learn"
    # Preprocessing computes in float64; rounding before it could change a prediction.
    typecode = "d"
    # What is missing is the estimator's own affair.
    missing_marker = NONE

    def __init__(self, name: str, version: str, file: EstimatorFile):
        import numpy
        import sklearn

        self._numpy = numpy
        self._estimator = file.estimator
        self.name = name
        self.version = version
        self.sha256 = file.sha256
        self.form = file.form
        self.feature_count = int(file.estimator.n_features_in_)
        self.feature_names = [str(each) for each in getattr(file.estimator, "feature_names_in_", ())]
        self.objective = file.class_name
        self.is_classifier = hasattr(file.estimator, "classes_")
        self.gives_probabilities = self.is_classifier and hasattr(file.estimator, "predict_proba")
        self.engine = EstimatorEngine(f"scikit-learn {sklearn.__version__}", f"a pickled {file.class_name}")
        try:
            answers = self.predict(array("d", bytes(8 * self.feature_count)), 1, self.gives_probabilities)
        except Exception as error:
            raise StartError(
                "unusable_model", f"the {file.class_name} cannot predict: {type(error).__name__}: {error}"
            ) from None
        first = answers.predictions[0]
        self.answers_with_lists = isinstance(first, list)
        self.outputs = len(first) if self.answers_with_lists else 1
        if answers.probabilities:
            self.outputs = len(answers.probabilities[0])
        self.label_type = _label_type(first[0] if self.answers_with_lists else first)

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        """As the estimator's own `predict` and `predict_proba`.

        Raises RequestError for missing values that the estimator does not take.
        """
        matrix = self._numpy.frombuffer(rows, self._numpy.float64).reshape(count, self.feature_count)
        try:
            predictions = self._estimator.predict(matrix).tolist()
            probabilities = self._estimator.predict_proba(matrix).tolist() if with_probabilities else None
        except ValueError as error:
            if not self._numpy.isnan(matrix).any():
                raise
            first_line = str(error).partition("\n")[0]
            raise invalid(
                "invalid_value", f"the {self.objective} does not take the missing values: {first_line}"
            ) from None
        return Predictions(predictions, probabilities)


def _label_type(label: object) -> str:
    if isinstance(label, bool):
        return "BOOL"
    return {int: "INT64", float: "FP64"}.get(type(label), "BYTES")
