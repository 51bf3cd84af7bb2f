"""Sparse rows: the features that a row has, by index; all others are absent.

Absent is what it was in training: missing for XGBoost, as in a DMatrix made from scipy's CSR matrix, and zero
for estimators of scikit-learn, which get such a matrix.
"""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from model_server.errors import RequestError, invalid
from model_server.rows import rows
from model_server.rows.row_errors import RowError

KEY = b'"sparse"'
FIELD = "sparse"
# The largest batch, in numbers that its rows would be if they were dense: that much time the trees need.
MAX_DENSE = 2**25
# Numbers that are in memory at a time.
CHUNK = 2**18

# To JSON 4 and 4.0 are one number; which ones are an index is checked here.
Index = float
Value = rows.Feature


class Sparse(msgspec.Struct, forbid_unknown_fields=True):
    """One row as two lists of equal length, or many as two lists of such lists."""

    indices: list[list[Index] | Index]
    values: list[list[Value] | Value]


class SparseWithMissing(Sparse):
    """The same where `null` is a missing value."""

    values: list[list[Value | None] | Value | None]


@dataclass(frozen=True)
class SparseRows:
    """Rows of `width` features of which few are there."""

    width: int
    indices: list[list[int]]
    values: list[list[float | None]]

    @property
    def count(self) -> int:
        return len(self.indices)

    def dense(self, typecode: str) -> Iterator[tuple[int, array, int]]:
        """Piece by piece as dense rows, NaN where absent: the first row's number, the rows, how many."""
        step = max(1, CHUNK // self.width)
        for first in range(0, self.count, step):
            last = min(self.count, first + step)
            dense = array(typecode, [math.nan]) * (self.width * (last - first))
            for number in range(first, last):
                start = self.width * (number - first)
                for index, value in zip(self.indices[number], self.values[number], strict=True):
                    dense[start + index] = math.nan if value is None else value
            yield first, dense, last - first

    def compressed(self) -> tuple[array, array, array]:
        """The parts of a CSR matrix: values, indices, and where each row begins."""
        values, indices, starts = array("d"), array("i"), array("i", [0])
        for row, columns in zip(self.values, self.indices, strict=True):
            ordered = sorted(zip(columns, row, strict=True))
            indices.extend([index for index, _ in ordered])
            values.extend([math.nan if value is None else value for _, value in ordered])
            starts.append(len(indices))
        return values, indices, starts


def max_rows(width: int, limit: int) -> int:
    """The most sparse rows in one request."""
    return min(limit, max(1, MAX_DENSE // width))


def read(given: Sparse, width: int, limit: int) -> tuple[SparseRows, bool]:
    """The rows, and whether they are a single one."""
    single = _is_single(given)
    indices = [given.indices] if single else given.indices
    values = [given.values] if single else given.values
    if len(indices) != len(values):
        raise invalid(
            "wrong_length",
            f"indices are given for {len(indices)} rows, and values for {len(values)}",
            f"{FIELD}.values",
        )
    allowed = max_rows(width, limit)
    if len(indices) > allowed:
        raise invalid(
            "too_many_rows",
            f"one request may hold at most {allowed} sparse rows of {width} features, {len(indices)} were "
            "given",
            FIELD,
        )
    for number, row in enumerate(indices):
        _check(row, values[number], width, "" if single else f"[{number}]")
    return SparseRows(width, [list(map(int, row)) for row in indices], values), single


def placed(error: RowError, given: SparseRows, single: bool) -> RequestError:
    """Where in the request a row is that the model cannot answer, or a feature of it."""
    row = "" if single else f"[{error.row}]"
    field = FIELD
    if error.feature is not None:
        field = f"{FIELD}.values{row}[{given.indices[error.row].index(error.feature)}]"
    elif not single:
        field = f"{FIELD}.indices{row}"
    return RequestError(error.kind, error.code, error.reason if single else error.message, field)


def _is_single(given: Sparse) -> bool:
    """Numbers in both, or lists in both. An empty list is what the other is; two are an empty row."""
    kinds = {_hold_lists(name, getattr(given, name)) for name in ("indices", "values")} - {None}
    if len(kinds) > 1:
        raise invalid(
            "invalid_value",
            "one of indices and values holds numbers, for a single row, and the other lists, for many rows",
            f"{FIELD}.values",
        )
    return kinds != {True}


def _hold_lists(name: str, items: list) -> bool | None:
    if not items:
        return None
    lists = isinstance(items[0], list)
    for place, item in enumerate(items):
        if isinstance(item, list) != lists:
            found = (
                "a number among lists: each row has a list of its own" if lists else "a list among numbers"
            )
            raise invalid("invalid_value", found, f"{FIELD}.{name}[{place}]")
    return lists


def _check(indices: list[float], values: list, width: int, row: str) -> None:
    if len(indices) != len(values):
        raise invalid(
            "wrong_length",
            f"{len(indices)} indices, but {len(values)} values",
            f"{FIELD}.values{row}",
        )
    for place, index in enumerate(indices):
        if not 0 <= index < width or not index.is_integer():
            reason = f"there is no feature {index:g}: the model takes {width}, counted from 0"
            raise _index_error(reason, row, place)
    if len(set(indices)) != len(indices):
        seen: set[int] = set()
        for place, index in enumerate(indices):
            if index in seen:
                raise _index_error(f"the feature {index:g} is given twice", row, place)
            seen.add(index)


def _index_error(reason: str, row: str, place: int) -> RequestError:
    return invalid("invalid_index", reason, f"{FIELD}.indices{row}[{place}]")
