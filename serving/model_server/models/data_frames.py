"""Rows as a pandas DataFrame, for code that was written for one."""

import pandas

from model_server.rows.table import Table, Value

# By the kind of a column, where no value is missing; `any` is what pandas makes of the values.
TYPES = {"number": "float64", "integer": "int64", "boolean": "bool", "text": object}


def data_frame(table: Table) -> pandas.DataFrame:
    """One column for each of the table's, by name and in order.

    Numbers are float64, whole ones int64, truth values bool, texts Python's own in a column of objects. What
    is missing is NaN among numbers, which are then float64, and None elsewhere.
    """
    return pandas.DataFrame(
        {
            column.name: _series(column.kind, values)
            for column, values in zip(table.columns, table.values, strict=True)
        },
        copy=False,
    )


def _series(kind: str, values: list[Value]) -> pandas.Series:
    if kind == "any":
        return pandas.Series(values)
    if kind != "number" and None in values:
        return pandas.Series(values, dtype="float64" if kind == "integer" else object)
    return pandas.Series(values, dtype=TYPES[kind])
