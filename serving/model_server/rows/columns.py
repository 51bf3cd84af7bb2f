"""Columns: what a model calls its features, in its order, and what each of them takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

# `any` is a column of which nothing is known: the model itself refuses what it does not take.
Kind = Literal["number", "integer", "boolean", "text", "any"]
Category = str | int | float | bool


@dataclass(frozen=True)
class Column:
    """One feature."""

    name: str
    kind: Kind = "any"
    # The values that the model knows, if it tells, and whether it takes no others.
    categories: tuple[Category, ...] = ()
    is_closed: bool = False
    # Whether the model takes missing values there, where requests may hold any.
    takes_missing: bool = True
    # Whether a row by name may leave it out: then it is missing.
    is_optional: bool = False


class Columns(Sequence[Column]):
    """All features of a model, in its order. No two have one name."""

    def __init__(self, columns: Sequence[Column]):
        self._columns = tuple(columns)
        self.names = tuple(column.name for column in self._columns)
        self.positions = {name: position for position, name in enumerate(self.names)}
        self.have_optional = any(column.is_optional for column in self._columns)
        if len(self.positions) != len(self._columns):
            raise ValueError("two columns have one name")

    def __getitem__(self, position: int) -> Column:
        return self._columns[position]

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns)


def of_numbers(names: Sequence[str]) -> Columns | None:
    """Columns of which no more is known than their names; None if these do not tell them apart."""
    if not names or len(set(names)) != len(names):
        return None
    return Columns([Column(name, "number") for name in names])
