"""DataFrames, for what was written for or fitted on them; arrays of objects for what was fitted on such."""

import importlib
import math
from collections.abc import Iterator
from typing import Any

from model_server.rows.columns import Column, Columns
from model_server.rows.table import Table, Value

# What stands in a column of nothing in particular when a model is tried.
TRIED: tuple[dict[str, Value], ...] = (
    {"number": 0.0, "integer": 0, "boolean": False, "text": "", "any": 0.0},
    {"number": 1.0, "integer": 1, "boolean": True, "text": "a", "any": 1.0},
    {"number": 1.0, "integer": 1, "boolean": True, "text": "a", "any": "a"},
)
TYPES = {"number": "float64", "integer": "int64", "boolean": "bool"}


def find_pandas() -> Any:
    """The package, if it is there: it takes longer to import than all else, and most models need none."""
    try:
        return importlib.import_module("pandas")
    except ModuleNotFoundError:
        return None


class Frames:
    """Makes what one model takes of rows."""

    def __init__(self, columns: Columns, pandas: Any, keeps_none: bool):
        import numpy

        self.columns = columns
        self._numpy = numpy
        self._pandas = pandas
        # What is missing among texts: pandas reads it as NaN.
        self._missing = None if keeps_none else math.nan

    def of(self, table: Table) -> Any:
        """A DataFrame, or an array of objects."""
        if self._pandas is None:
            return self._objects(table)
        found = {
            column.name: self._series(column, values)
            for column, values in zip(self.columns, table.values, strict=True)
        }
        return self._pandas.DataFrame(found, copy=False)

    def _series(self, column: Column, values: list[Value]) -> Any:
        has_gaps = None in values
        if has_gaps and column.kind in ("number", "integer"):
            return self._numpy.array([math.nan if value is None else value for value in values], "float64")
        if has_gaps:
            found = [self._missing if value is None else value for value in values]
            if column.kind == "any" and str not in set(map(type, found)):
                return found
            # Of a list pandas would make NaN of None, and numbers where all are missing.
            return self._pandas.Series(found, dtype=object)
        if column.kind in TYPES:
            return self._numpy.array(values, TYPES[column.kind])
        return values

    def _objects(self, table: Table) -> Any:
        rows = self._numpy.empty((table.count, len(self.columns)), dtype=object)
        for position, values in enumerate(table.values):
            rows[:, position] = [self._missing if value is None else value for value in values]
        return rows

    def examples(self) -> Iterator[Table]:
        """Rows for a first try: for most estimators one of them is valid."""
        for number, values in enumerate(TRIED):
            row = [
                [column.categories[-1 if number else 0] if column.categories else values[column.kind]]
                for column in self.columns
            ]
            yield Table(self.columns, row, 1)


def has_gaps(rows: Any) -> bool:
    """Whether a value is missing."""
    values = rows.to_numpy(dtype=object, na_value=None) if hasattr(rows, "iloc") else rows
    return any(value is None or value != value for value in values.ravel().tolist())
