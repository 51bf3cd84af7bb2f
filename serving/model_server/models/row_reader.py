"""From rows as protocols bring them, by name, by column or by position, to what a model predicts."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from itertools import chain

from model_server.errors import RequestError, invalid
from model_server.models.model import Model
from model_server.models.predictions import Predictions
from model_server.rows import column_values, columns
from model_server.rows.columns import Column, Columns
from model_server.rows.finite import all_finite
from model_server.rows.named_rows import MAX_PROBLEMS, NamedRows
from model_server.rows.rows import wrong_length
from model_server.rows.table import Table, Value

# Where in a request a row is, or its value in a column of the model.
Place = Callable[[int, int | None], str]
Given = array | Table


def named_columns(model: Model) -> Columns | None:
    """What a model calls its features; None if that is not known."""
    if model.columns is not None:
        return model.columns
    names = list(model.feature_names)
    return columns.of_numbers(names) if len(names) == model.feature_count else None


def _all(errors: list[RequestError]) -> RequestError:
    """What is wrong with the values of several columns, where the first one is."""
    first = errors[0]
    messages = [error.message for error in errors[:MAX_PROBLEMS]]
    if len(errors) > MAX_PROBLEMS:
        messages.append(f"{len(errors) - MAX_PROBLEMS} more columns are wrong")
    return RequestError(first.kind, first.code, "; ".join(messages), first.field)


class RowReader:
    """Reads rows for one model."""

    def __init__(self, model: Model, allows_missing: bool):
        self._model = model
        self._allows_missing = allows_missing
        self.names = named_columns(model)
        self.columns = self.names or Columns(
            [Column(str(position), "number") for position in range(model.feature_count)]
        )
        self._named = NamedRows(self.columns)
        self._takes_numbers_alone = (
            not model.takes_tables
            and not model.categories
            and all(column.kind == "number" for column in self.columns)
        )

    def by_name(self, rows: Sequence[dict[str, object]], place: Place) -> Given:
        """Rows that are objects."""
        if self.names is None:
            raise invalid(
                "invalid_value",
                "the model does not know its features by name: give each row as a list of "
                f"{self._model.feature_count} values",
                place(0, None),
            )
        return self._in_order(self._named.in_order(rows, lambda row: place(row, None)), place)

    def by_position(self, rows: Sequence[Sequence[object]], place: Place) -> Given:
        """Rows that are lists in the model's order."""
        width = len(self.columns)
        for number, row in enumerate(rows):
            if len(row) != width:
                raise wrong_length(len(row), width, place(number, None))
        return self._in_order(rows, place)

    def _in_order(self, rows: Sequence[Sequence[object]], place: Place) -> Given:
        given = self._numbers_alone(rows)
        return self.by_column(list(zip(*rows, strict=True)), len(rows), place) if given is None else given

    def _numbers_alone(self, rows: Sequence[Sequence[object]]) -> array | None:
        """Rows of numbers for a model that takes nothing else, which is usual; None for all others."""
        if not self._takes_numbers_alone:
            return None
        flat = list(chain.from_iterable(rows))
        if not set(map(type, flat)) <= column_values.NUMBERS:
            return None
        try:
            numbers = array("f", flat)
        except OverflowError:
            return None
        if not all_finite(numbers):
            return None
        return numbers if self._model.typecode == "f" else array("d", flat)

    def by_column(self, values: Sequence[Sequence[object]], count: int, place: Place) -> Given:
        """The values of each column, in the model's order."""
        model, width = self._model, len(self.columns)
        flat = None if model.takes_tables else array(model.typecode, [0]) * (width * count)
        found, errors = [], []
        for position, column in enumerate(self.columns):
            try:
                if flat is not None:
                    flat[position::width] = self._numbers(values[position], position, column, place)
                else:
                    found.append(self._values(values[position], position, column, place))
            except RequestError as error:
                errors.append(error)
        if errors:
            raise _all(errors)
        return Table(self.columns, found, count) if flat is None else flat

    def _values(self, values: Sequence[object], position: int, column: Column, place: Place) -> list[Value]:
        return column_values.read(values, column, self._allows_missing, lambda row: place(row, position))

    def _numbers(self, values: Sequence[object], position: int, column: Column, place: Place) -> array:
        """A column as numbers: codes of categories, and NaN for what is missing."""
        typecode = self._model.typecode
        category = self._model.categories and self._model.categories.features.get(position)

        def where(row: int) -> str:
            return place(row, position)

        if category:
            values = self._model.categories.codes(position, values, where)
            column = Column(column.name, "number")
        found = column_values.read(values, column, self._allows_missing, where)
        try:
            return array(typecode, found)
        except TypeError:
            return array(typecode, [math.nan if value is None else value for value in found])

    def predict(self, given: Given, count: int, with_probabilities: bool) -> Predictions:
        """The model's answers."""
        if given.__class__ is not Table and self._model.takes_tables:
            given = self._as_table(given, count)
        if given.__class__ is Table:
            return self._model.predict_table(given, with_probabilities)
        return self._model.predict(given, count, with_probabilities)

    def _as_table(self, rows: array, count: int) -> Table:
        """Rows of numbers, one after the other, in which NaN is a missing value."""

        def place(row: int, column: int | None) -> str:
            return f"row {row}, feature {column}"

        width = len(self.columns)
        values = [
            [None if value != value else value for value in rows[position::width]]
            for position in range(width)
        ]
        return self.by_column(values, count, place)
