"""Own code as a model: what it is given, and what it may answer."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model_server.errors import RequestError, invalid
from model_server.models import answers
from model_server.models.frames import Frames
from model_server.models.model import Model
from model_server.models.packages import needed
from model_server.models.predictions import AnswerFormat, Predictions
from model_server.models.predictor.module import Loaded
from model_server.rows.table import Table
from model_server.settings import Settings

REFUSED = "refused_by_predictor"


class WrongAnswerError(Exception):
    """What the code has answered is no answer; the message tells the author why."""


@dataclass(frozen=True)
class PythonEngine:
    """What predicts, for metadata and logs."""

    name: str = "predictor.py"
    reason: str = "own code"


class PredictorModel(Model):
    """A `predictor.py` that has been loaded."""

    platform = "python"
    format = "predictor.py"
    objective = "predictor"
    engine = PythonEngine()
    typecode = "d"

    def __init__(self, loaded: Loaded, sha256: str, settings: Settings):
        self.name = settings.model_name
        self.version = settings.model_version
        self.sha256 = sha256
        self._loaded = loaded
        declared = loaded.declared
        self.columns = declared.columns
        self.takes_tables = declared.columns is not None
        if declared.columns is not None:
            pandas = needed("pandas", "predictor.py gets rows as a DataFrame, as it has `columns`")
            self._frames = Frames(declared.columns, pandas, keeps_none=True)
            self.feature_count = len(declared.columns)
            self.feature_names = list(declared.columns.names)
        else:
            self._numpy = needed("numpy", "predictor.py gets rows as an array, as it has `feature_count`")
            self.feature_count = declared.feature_count
            self.feature_names = list(declared.feature_names)
        # An expectation, until an answer shows it.
        self.answer_format = AnswerFormat("FP64", False, 1, loaded.predict_proba is not None)
        self._has_answered = False

    @property
    def parameters(self) -> dict[str, object]:
        return {"description": self._loaded.description} if self._loaded.description else {}

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        """As `predict` and `predict_proba` of the code, which get an array of float64."""
        matrix = self._numpy.frombuffer(rows, self._numpy.float64).reshape(count, self.feature_count)
        return self._answer(matrix, count, with_probabilities)

    def predict_table(self, table: Table, with_probabilities: bool = False) -> Predictions:
        """The same, with a DataFrame."""
        return self._answer(self._frames.of(table), table.count, with_probabilities)

    def _answer(self, rows: Any, count: int, with_probabilities: bool) -> Predictions:
        predictions = self._ask(self._loaded.predict, "predict", rows, count)
        probabilities = None
        if with_probabilities:
            probabilities = self._ask(self._loaded.predict_proba, "predict_proba", rows, count)
        if not self._has_answered:
            self._learn(predictions[0], probabilities and probabilities[0])
        return Predictions(predictions, probabilities)

    def _ask(self, function: Callable[[Any], Any], name: str, rows: Any, count: int) -> list:
        try:
            given = function(rows)
        except RequestError:
            raise
        except ValueError as error:
            # How the code says that it does not take these rows.
            # A text of Python's may hold what UTF-8 cannot, such as parts of a file's name.
            reason = str(error).encode(errors="backslashreplace").decode()
            raise invalid(REFUSED, reason or "the predictor does not take these rows") from None
        except SystemExit as error:
            raise RuntimeError(f"{name} of predictor.py has called sys.exit") from error
        are_probabilities = name == "predict_proba"
        try:
            found = answers.of_rows(given, count, "probability" if are_probabilities else "prediction")
        except answers.WrongAnswerError as error:
            raise WrongAnswerError(f"{name} of predictor.py {error}") from None
        if are_probabilities:
            _check_probabilities(found)
        return found

    def _learn(self, prediction: Any, probabilities: list | None) -> None:
        labels = prediction if isinstance(prediction, list) else [prediction]
        expected = self.answer_format
        outputs = len(probabilities) if probabilities else len(labels)
        self._has_answered = bool(probabilities) or not expected.gives_probabilities
        self.answer_format = AnswerFormat(
            answers.type_of(labels), isinstance(prediction, list), outputs, expected.gives_probabilities
        )


def _check_probabilities(found: list) -> None:
    for number, row in enumerate(found):
        if not isinstance(row, list) or not row or not all(type(each) in (float, int) for each in row):
            raise WrongAnswerError(
                f"predict_proba of predictor.py has returned {row!r:.50} for row {number}; return a list of "
                "probabilities for each row, one for each class"
            )
