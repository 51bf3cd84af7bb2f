"""Golden requests: rows with expected predictions that travel with the model.

They are replayed before the server is ready, so that a wrong model, a wrong order of features or a broken
library never gets traffic.
"""

import math
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from model_server.errors import RequestError, StartError
from model_server.models.model import Model
from model_server.models.predictions import Predictions
from model_server.models.row_reader import RowReader
from model_server.rows import named_rows, sparse_rows
from model_server.rows.one_form import check_one_form
from model_server.rows.sparse_rows import SparseWithMissing
from model_server.rows.spelling import member

FILE_NAME = "golden.json"

Label = bool | float | str
Answer = Label | list[Label]


class Golden(msgspec.Struct, kw_only=True):
    """The file. A `null` among the features is a missing value, whether or not requests may hold one."""

    features: list[list[float | str | bool | None] | dict[str, Any]] | UnsetType = UNSET
    # In the place of features: a list of values for each column; or as in requests.
    columns: dict[str, list[Any]] | UnsetType = UNSET
    sparse: SparseWithMissing | UnsetType = UNSET
    predictions: list[Answer]
    # Of each class; for several targets a list for each of them.
    probabilities: list[list[float | list[float]]] | None = None
    tolerance: float = 1e-6


def find(golden_path: str, model_path: str) -> Path | None:
    """The file to replay, if there is one."""
    if golden_path:
        path = Path(golden_path)
        if not path.is_file():
            raise StartError("no_golden", f"there is no file of golden requests {path}")
        return path
    model = Path(model_path)
    beside = (model if model.is_dir() else model.parent) / FILE_NAME
    return beside if beside.is_file() else None


def replay(path: Path, model: Model) -> int:
    """Compare the model's answers with the expected ones; return how many rows were compared."""
    try:
        golden = msgspec.json.decode(path.read_bytes(), type=Golden)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StartError("invalid_golden", f"{path}: {error}") from None
    try:
        answers, rows = _answers(path, golden, model)
    except RequestError as error:
        place = f"{error.field}: " if error.field else ""
        raise StartError("golden_mismatch", f"{path}: {place}{error}") from None
    comparison = _Comparison(path, golden.tolerance, model.golden_hint)
    comparison.run("prediction", golden.predictions, answers.predictions)
    if golden.probabilities is not None:
        if answers.probabilities is None or len(golden.probabilities) != rows:
            raise StartError("invalid_golden", f"{path}: probabilities do not fit the model or the rows")
        comparison.run("probabilities", golden.probabilities, answers.probabilities)
    return rows


def _answers(path: Path, golden: Golden, model: Model) -> tuple[Predictions, int]:
    """The model's answers to the rows of the file, and how many there are."""
    if sum(form is not UNSET for form in (golden.features, golden.columns, golden.sparse)) != 1:
        raise StartError(
            "invalid_golden", f"{path}: give the rows as one of `features`, `columns` and `sparse`"
        )
    wanted = golden.probabilities is not None and model.answer_format.gives_probabilities
    if golden.sparse is not UNSET:
        count = max(len(golden.sparse.indices), len(golden.sparse.values))
        given, _ = sparse_rows.read(golden.sparse, model.feature_count, max(1, count))
        _check_rows(path, given.count, golden)
        return model.predict_sparse(given, wanted), given.count
    if golden.columns is not UNSET:
        return _of_columns(path, golden, model, wanted)
    rows = len(golden.features)
    _check_rows(path, rows, golden)
    if model.takes_tables or any(isinstance(row, dict) for row in golden.features):
        return _of_rows(golden, model, wanted)
    for number, row in enumerate(golden.features):
        if len(row) != model.feature_count:
            raise StartError(
                "golden_mismatch",
                f"{path}: row {number} has {len(row)} features, the model takes {model.feature_count}",
            )
        if model.categories:
            model.categories.encode(row, f"features[{number}]")
        for feature, value in enumerate(row):
            if isinstance(value, str | bool):
                found = f"the text {value[:100]!r}" if isinstance(value, str) else str(value).lower()
                raise StartError(
                    "invalid_golden",
                    f"{path}: features[{number}][{feature}] is {found}, and the model takes numbers",
                )
    values = (value for row in golden.features for value in row)
    flat = array(model.typecode, [math.nan if value is None else value for value in values])
    return model.predict(flat, rows, wanted), rows


def _of_columns(path: Path, golden: Golden, model: Model, wanted: bool) -> tuple[Predictions, int]:
    reader = RowReader(model, allows_missing=True)
    names = reader.names
    if names is None:
        raise StartError("invalid_golden", f"{path}: the model does not know its columns by name")
    wrong = named_rows.wrong_names(names, list(golden.columns), "columns")
    if wrong:
        raise wrong
    counts = {len(values) for values in golden.columns.values()}
    if len(counts) != 1:
        raise StartError("invalid_golden", f"{path}: the columns have {sorted(counts)} rows")
    (count,) = counts
    _check_rows(path, count, golden)

    def place(row: int, column: int | None) -> str:
        return f"columns{'' if column is None else member(names[column].name)}[{row}]"

    values = [golden.columns.get(name, [None] * count) for name in names.names]
    return reader.predict(reader.by_column(values, count, place), count, wanted), count


def _of_rows(golden: Golden, model: Model, wanted: bool) -> tuple[Predictions, int]:
    reader = RowReader(model, allows_missing=True)
    given = golden.features
    by_name = isinstance(given[0], dict)

    def place(row: int, column: int | None) -> str:
        if column is None:
            return f"features[{row}]"
        return f"features[{row}]" + (member(reader.names[column].name) if by_name else f"[{column}]")

    check_one_form(given, place)
    read = reader.by_name if by_name else reader.by_position
    return reader.predict(read(given, place), len(given), wanted), len(given)


def _check_rows(path: Path, rows: int, golden: Golden) -> None:
    if not rows or len(golden.predictions) != rows:
        raise StartError(
            "invalid_golden",
            f"{path}: {rows} rows of features, but {len(golden.predictions)} predictions",
        )


@dataclass(frozen=True)
class _Comparison:
    path: Path
    tolerance: float
    # What may be the reason of a difference.
    hint: str

    def run(self, what: str, expected: list, found: list) -> None:
        for number, (wanted, given) in enumerate(zip(expected, found, strict=True)):
            distance = _distance(wanted, given)
            if not distance <= self.tolerance:
                raise StartError(
                    "golden_mismatch",
                    f"{self.path}: row {number}: {what} is {given}, expected {wanted} "
                    f"(differs by {distance:g}, tolerance {self.tolerance:g}){self.hint}",
                )


def _distance(wanted: Answer, given: Answer) -> float:
    if isinstance(wanted, list) != isinstance(given, list):
        return float("inf")
    if isinstance(wanted, list):
        if len(wanted) != len(given):
            return float("inf")
        return max((_distance(a, b) for a, b in zip(wanted, given, strict=True)), default=0.0)
    if isinstance(wanted, str) or isinstance(given, str):
        return 0.0 if wanted == given else float("inf")
    return abs(wanted - given)
