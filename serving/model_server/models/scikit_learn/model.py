"""A fitted estimator with scikit-learn's interface as a model: what it takes, answers and refuses."""

import logging
import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from model_server.errors import RequestError, StartError, invalid
from model_server.models import frames
from model_server.models.answers import type_of_one
from model_server.models.frames import Frames
from model_server.models.model import Model
from model_server.models.predictions import AnswerFormat, Predictions
from model_server.models.scikit_learn import columns, estimators, threads
from model_server.models.scikit_learn.estimators import EstimatorFile
from model_server.rows.row_errors import RowError, not_finite
from model_server.rows.sparse_rows import FIELD, SparseRows
from model_server.rows.table import Table
from model_server.settings import Settings

logger = logging.getLogger(__name__)

# What code that computes with a row raises where it cannot: an unknown category, a logarithm of -1, a key
# that is not in a table. Anything else is the model's own fault.
OF_A_ROW = (ValueError, ArithmeticError, LookupError)
# The same where a value may also be of a type that it does not take.
OF_A_TABLE = (*OF_A_ROW, TypeError, AttributeError)
# Rows of this number in each column are tried at the start: for most estimators one of them is a valid row.
TRIED = (0.0, 1.0)


@dataclass(frozen=True)
class EstimatorEngine:
    """What predicts, for metadata and logs."""

    name: str
    reason: str


class EstimatorModel(Model):
    """A model with scikit-learn's interface."""

    platform = "scikit-learn"
    # Preprocessing computes in float64; rounding before it could change a prediction.
    typecode = "d"

    def __init__(self, file: EstimatorFile, settings: Settings):
        import numpy
        import sklearn

        self._numpy = numpy
        self._estimator = file.estimator
        self.name = settings.model_name
        self.version = settings.model_version
        self.sha256 = file.sha256
        self.format = file.format
        self.objective = file.class_name
        self._made_by = file.made_by
        self._needs_golden = settings.pickle_version_check == "golden"
        self.feature_count = feature_count(file)
        self.feature_names = columns.names(file.estimator)
        self._frames = _frames(file, self.feature_count)
        if self._frames:
            self.takes_tables = True
            self.columns = self._frames.columns
        self.engine = EstimatorEngine(f"scikit-learn {sklearn.__version__}", _reason(file))
        self._gives_probabilities = callable(getattr(file.estimator, "predict_proba", None))
        threads.limit(file.estimator, settings.estimator_threads)
        self.answer_format = _expected_format(file.estimator, self._gives_probabilities)
        # A row that it has answered; until there is one, the format of the answers is an expectation.
        self._valid_row: Any = None
        self._try()

    @property
    def parameters(self) -> dict[str, object]:
        return {"made_by_scikit_learn": list(self._made_by)} if self._made_by else {}

    def verify(self, replay: Callable[[], int] | None) -> int:
        """scikit-learn itself promises nothing for a pickle of another version."""
        if self._made_by:
            self._warn_of_version(has_golden=replay is not None)
        if replay is None:
            return 0
        with estimators.crash_told(self.objective, "asked golden requests of"):
            return replay()

    def _warn_of_version(self, has_golden: bool) -> None:
        here = self.engine.name
        message = f"scikit-learn {', '.join(self._made_by)} made the pickle, and {here} serves it"
        if self._needs_golden and not has_golden:
            raise StartError(
                "other_version",
                f"{message}: put golden requests beside the model (golden.json), made where it was "
                "trained, or pickle it with the version that serves it; "
                "MODEL_SERVER_PICKLE_VERSION_CHECK=warn serves it all the same",
            )
        check = (
            "golden requests check it"
            if has_golden
            else "nothing shows that it predicts the same: add golden requests"
        )
        logger.warning(
            f"{message}; {check}",
            extra={
                "made_by_scikit_learn": list(self._made_by),
                "scikit_learn": here.rpartition(" ")[2],
            },
        )

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        """As the estimator's own `predict` and `predict_proba`.

        Raises RowError for a row that the estimator does not take, or for which it answers no number.
        """
        matrix = self._numpy.frombuffer(rows, self._numpy.float64).reshape(count, self.feature_count)
        return self._predict(matrix, with_probabilities)

    def predict_table(self, table: Table, with_probabilities: bool = False) -> Predictions:
        """The same for rows of what a DataFrame may hold."""
        return self._predict(self._frames.of(table), with_probabilities)

    def predict_sparse(self, rows: SparseRows, with_probabilities: bool = False) -> Predictions:
        """The same for a sparse matrix: what is absent is zero, or what the estimator makes of it."""
        if self._frames:
            return super().predict_sparse(rows, with_probabilities)
        from scipy.sparse import csr_matrix

        matrix = csr_matrix(rows.compressed(), shape=(rows.count, self.feature_count))
        try:
            return self._predict(matrix, with_probabilities)
        except TypeError as error:
            if "parse" not in str(error):
                raise
            raise invalid(
                "no_sparse_rows", f"the {self.objective} does not take sparse rows: give all features", FIELD
            ) from None

    def _predict(self, matrix: Any, with_probabilities: bool) -> Predictions:
        try:
            answers = self._answers(matrix, with_probabilities)
            if self._valid_row is None:
                self._learn(_part(matrix, 0, 1))
        except RequestError:
            raise
        except Exception as error:
            refusal = self._refusal(error, matrix, with_probabilities)
            if refusal is None:
                raise
            raise refusal from None
        return answers

    def _answers(self, matrix: Any, with_probabilities: bool) -> Predictions:
        labels = self._values(self._estimator.predict(matrix), "prediction")
        if not with_probabilities:
            return Predictions(labels, None)
        given = self._estimator.predict_proba(matrix)
        if not isinstance(given, list):
            return Predictions(labels, self._values(given, "probability"))
        of_targets = [self._values(each, "probability") for each in given]
        return Predictions(labels, [list(row) for row in zip(*of_targets, strict=True)])

    def _values(self, given: Any, what: str) -> list:
        """As Python's own values, which JSON can hold."""
        if hasattr(given, "toarray"):
            given = given.toarray()
        values = self._numpy.asarray(given)
        kind = values.dtype.kind
        if kind == "f":
            if not self._numpy.isfinite(values).all():
                raise not_finite(values.ravel().tolist(), math.prod(values.shape[1:]), what)
            return values.tolist()
        if kind in "biuU":
            return values.tolist()
        if kind in "SMm":
            return values.astype(str).tolist()
        plain = _plain(values.tolist())
        numbers = [value for value in _flat(plain) if isinstance(value, float)]
        if not all(map(math.isfinite, numbers)):
            found = [value if isinstance(value, float) else 0.0 for value in _flat(plain)]
            raise not_finite(found, math.prod(values.shape[1:]), what)
        return plain

    def _refusal(self, error: Exception, matrix: Any, with_probabilities: bool) -> RowError | None:
        """Which row is at fault; None if it is none."""
        if not self._may_be_of_a_row(error):
            return None

        def failure(first: int, last: int) -> Exception | None:
            try:
                self._answers(_part(matrix, first, last), with_probabilities)
            except Exception as failed:
                return failed
            return None

        first, reason = _first_failure(failure, matrix.shape[0], error)
        if reason is None or not self._may_be_of_a_row(reason):
            return None
        if isinstance(reason, RowError):
            return RowError(reason.code, reason.reason, first)
        if not self._still_works(reason):
            return None
        lines = str(reason).splitlines() or [type(reason).__name__]
        what = "the missing values" if self._has_gaps(_part(matrix, first, first + 1)) else "this row"
        return RowError("invalid_value", f"the {self.objective} does not take {what}: {lines[0]}", first)

    def _has_gaps(self, row: Any) -> bool:
        if self._frames:
            return frames.has_gaps(row)
        return bool(self._numpy.isnan(row.data if hasattr(row, "tocsr") else row).any())

    def _may_be_of_a_row(self, error: Exception) -> bool:
        from sklearn.exceptions import NotFittedError

        of_a_row = OF_A_TABLE if self._frames else OF_A_ROW
        return isinstance(error, (*of_a_row, RowError)) and not isinstance(error, NotFittedError)

    def _still_works(self, reason: Exception) -> bool:
        """Whether it is the row: what has been answered once still is."""
        if self._valid_row is None:
            return isinstance(reason, ValueError)
        try:
            self._answers(self._valid_row, self._gives_probabilities)
        except Exception:
            return False
        return True

    def _try(self) -> None:
        """Learn the format of the answers, and have no client pay for first-time work."""
        problems = []
        for given in self._tried():
            try:
                self._predict(given, False)
            except Exception as error:
                problems.append(error)
            else:
                return
        first_line = str(problems[0]).partition("\n")[0]
        if not self._may_be_of_a_row(problems[0]):
            raise StartError(
                "unusable_model",
                f"the {self.objective} cannot predict: {type(problems[0]).__name__}: {first_line}",
            )
        logger.info(
            "the form of the answers will be known from the first valid row",
            extra={"reason": f"rows of zeros or ones are none: {first_line}"},
        )

    def _tried(self) -> Iterator[Any]:
        if self._frames:
            yield from map(self._frames.of, self._frames.examples())
        else:
            for number in TRIED:
                yield self._numpy.full((1, self.feature_count), number)

    def _learn(self, row: Any) -> None:
        """What the answer to a row shows of the format of all answers."""
        with_probabilities = self._gives_probabilities
        try:
            answers = self._answers(row, with_probabilities)
        except RowError:
            return  # it has labels for this row and no probabilities: another one will show
        except AttributeError:
            # An estimator can have the method, and say only when asked that it cannot (`probability=False`).
            if not with_probabilities:
                raise
            self._gives_probabilities = with_probabilities = False
            answers = self._answers(row, False)
        first = answers.predictions[0]
        labels = first if isinstance(first, list) else [first]
        probabilities = answers.probabilities[0] if with_probabilities else []
        nested = isinstance(probabilities[0], list) if probabilities else False
        outputs = len(labels)
        if probabilities and not nested:
            outputs = len(probabilities)
        expected = self.answer_format
        self.answer_format = AnswerFormat(
            # An estimator of real numbers may answer this row with whole ones.
            label_type=_label_type(labels, expected.label_type),
            answers_with_lists=isinstance(first, list),
            outputs=outputs,
            gives_probabilities=with_probabilities,
            classes_of_targets=tuple(len(each) for each in probabilities) if nested else (),
        )
        self._valid_row = row.copy()


def _part(rows: Any, first: int, last: int) -> Any:
    return rows.iloc[first:last] if hasattr(rows, "iloc") else rows[first:last]


def _frames(file: EstimatorFile, count: int) -> Frames | None:
    """What makes DataFrames of rows, if the estimator needs them."""
    estimator = file.estimator
    found = columns.of_estimator(estimator, count)
    if found is None:
        return None
    has_text = any(column.kind in ("text", "boolean") for column in found)
    if not columns.names(estimator):
        # It was fitted on an array; one that holds texts is an array of objects.
        return Frames(found, None, columns.keeps_none(estimator)) if has_text else None
    needs_frame = has_text or columns.selects_by_name(estimator)
    if not needs_frame and not columns.may_need_frame(estimator):
        return None
    pandas = frames.find_pandas()
    if pandas is None:
        if not needs_frame:
            return None
        raise StartError(
            "needs_pandas",
            f"the {file.class_name} was fitted on a DataFrame, and selects columns by name or takes texts; "
            f"this image has no pandas: add pandas to {estimators.PACKAGES}",
        )
    return Frames(found, pandas, columns.keeps_none(estimator))


def _reason(file: EstimatorFile) -> str:
    return (
        f"a pickled {file.class_name}" if file.format == "pickle" else f"a {file.class_name} of {file.format}"
    )


def feature_count(file: EstimatorFile) -> int:
    """How many features a row has."""
    estimator, what = file.estimator, f"the {file.format} holds a {file.class_name}, which"
    if not callable(getattr(estimator, "predict", None)):
        raise StartError(
            "unsupported_model", f"{what} cannot predict: the model must have the method `predict`"
        )
    count = _feature_count(estimator)
    if count is not None:
        return count
    text = _text_step(estimator)
    if text:
        raise StartError(
            "unsupported_model",
            f"{what} takes text (it begins with {text}), and requests hold numbers: serve what comes behind "
            f"{text}, and send it sparse rows",
        )
    if not _is_fitted(estimator):
        raise StartError("unfitted_model", f"{what} was never fitted: call `fit` before pickling it")
    raise StartError(
        "unsupported_model",
        f"{what} does not say how many features it takes: set `n_features_in_` to that number before "
        "pickling it, or fit it with scikit-learn 0.24 or later",
    )


def _feature_count(estimator: Any) -> int | None:
    try:
        count = getattr(estimator, "n_features_in_", None)
    # Properties of composed estimators fail in ways of their own before they are fitted.
    except Exception:
        count = None
    if count is not None:
        return int(count)
    if hasattr(estimator, "X_thresholds_"):
        return 1  # IsotonicRegression, which takes one number and keeps no count
    # What passes features through does not count them.
    for _, step in getattr(estimator, "steps", ()):
        if step is None or step == "passthrough":
            continue
        return _feature_count(step)
    return None


def _text_step(estimator: Any) -> str:
    """The name of the first step, if it makes features of text."""
    steps = getattr(estimator, "steps", None) or [("", estimator)]
    first = steps[0][1]
    for _, each, *_ in getattr(first, "transformer_list", ()):
        first = each
    if getattr(first, "steps", None):
        return _text_step(first)
    module = type(first).__module__
    return type(first).__name__ if module.startswith("sklearn.feature_extraction") else ""


def _is_fitted(estimator: Any) -> bool:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    # Whatever is no estimator of scikit-learn cannot be asked.
    except Exception:
        return True
    return True


def _first_failure(
    failure: Callable[[int, int], Exception | None], count: int, error: Exception
) -> tuple[int, Exception | None]:
    """The first row that fails by itself, and how; found by halves: as much work as all rows once."""
    first, last = 0, count
    while last - first > 1:
        middle = (first + last) // 2
        found = failure(first, middle)
        if found is not None:
            last, error = middle, found
            continue
        found = failure(middle, last)
        if found is None:
            return first, None  # together they fail, each half by itself does not
        first, error = middle, found
    return first, error


def _expected_format(estimator: Any, gives_probabilities: bool) -> AnswerFormat:
    """The format as the fitted attributes promise it."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        targets = getattr(estimator, "n_outputs_", 1)
        several = isinstance(targets, int) and targets > 1
        return AnswerFormat("FP64", several, targets if several else 1, False)
    if isinstance(classes, list):
        labels = [label for each in classes for label in each]
        counts = tuple(len(each) for each in classes)
        label_type = _label_type(_plain(labels), "")
        return AnswerFormat(label_type, True, len(classes), gives_probabilities, counts)
    labels = _plain(list(classes))
    return AnswerFormat(_label_type(labels, ""), False, len(labels), gives_probabilities)


def _plain(values: list) -> list:
    """Python's own values for numpy's, in lists of lists."""
    return [
        _plain(value) if isinstance(value, list) else value.item() if hasattr(value, "item") else value
        for value in values
    ]


def _flat(values: list) -> Iterator[object]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _label_type(labels: list, expected: str) -> str:
    types = set(map(type_of_one, labels))
    found = types.pop() if len(types) == 1 else "BYTES"
    return expected if found in ("BOOL", "INT64") and expected == "BYTES" else found
