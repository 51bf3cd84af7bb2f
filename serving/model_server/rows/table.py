"""Rows by column: what models take that were trained on a table."""

from collections.abc import Iterator
from dataclasses import dataclass

from model_server.rows.columns import Columns

# None is a missing value.
Value = float | int | bool | str | None


@dataclass(frozen=True)
class Table:
    """Some rows: for each column of the model, in its order, a value of each row.

    A value is of its column's kind: `number` is a float, `integer` an int, `boolean` a bool, `text` a str,
    and `any` one of them. Numbers are finite in float32, integers have 64 bits; closed columns hold their
    categories.
    """

    columns: Columns
    values: list[list[Value]]
    count: int

    def items(self) -> Iterator[tuple[str, list[Value]]]:
        """Name and values of each column."""
        return zip(self.columns.names, self.values, strict=True)

    def part(self, first: int, last: int) -> "Table":
        """The rows from one number up to another."""
        return Table(self.columns, [values[first:last] for values in self.values], last - first)
