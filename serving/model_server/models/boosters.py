"""What models of other libraries have in common: rows as arrays of numpy, labels from probabilities."""

from array import array
from dataclasses import dataclass
from typing import Any

from model_server.models import answers
from model_server.models.frames import TRIED
from model_server.models.model import Model
from model_server.models.packages import needed
from model_server.models.predictions import Predictions
from model_server.rows.columns import Column, Columns
from model_server.rows.table import Table
from model_server.settings import Settings


@dataclass(frozen=True)
class LibraryEngine:
    """The library and its version, for metadata, metrics and logs."""

    name: str
    reason: str = ""


class LibraryModel(Model):
    """A model that its library predicts with, from a matrix or a table."""

    typecode = "d"

    def __init__(self, sha256: str, settings: Settings):
        self.name = settings.model_name
        self.version = settings.model_version
        self.sha256 = sha256
        self.numpy = needed("numpy", f"the model is one of {self.platform}")

    def matrix(self, rows: array, count: int) -> Any:
        """Rows as an array of float64 with the shape (rows, features)."""
        return self.numpy.frombuffer(rows, self.numpy.float64).reshape(count, self.feature_count)

    def try_once(self) -> None:
        """Predict once, so that no client pays for first-time work: rows of zeros, or of first categories."""
        if self.takes_tables:
            self.predict_table(example(self.columns), self.answer_format.gives_probabilities)
        else:
            self.predict(
                array(self.typecode, [0] * self.feature_count), 1, self.answer_format.gives_probabilities
            )


def example(columns: Columns) -> Table:
    """One row that a model with these columns should take."""
    values = [[column.categories[0] if column.categories else TRIED[0][column.kind]] for column in columns]
    return Table(columns, values, 1)


def of_probabilities(given: Any, count: int, with_probabilities: bool) -> Predictions:
    """The number of the most probable class of each row, the first of equals."""
    rows = answers.of_rows(given, count, "probability")
    return Predictions([row.index(max(row)) for row in rows], rows if with_probabilities else None)


def columns_of(names: list[str], categories: dict[int, tuple]) -> Columns | None:
    """Columns of numbers, and of the categories that are known; None if the names do not tell them apart."""
    if len(set(names)) != len(names):
        return None
    return Columns(
        [
            Column(name, _kind(categories[position]), categories[position], is_closed=True)
            if position in categories
            else Column(name, "number")
            for position, name in enumerate(names)
        ]
    )


def _kind(categories: tuple) -> str:
    kinds = {type(each) for each in categories}
    return (
        {str: "text", int: "integer", bool: "boolean", float: "number"}.get(kinds.pop(), "any")
        if len(kinds) == 1
        else "any"
    )
