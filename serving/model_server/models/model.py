"""What the server knows of a model, whichever library it is of."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, Protocol

from model_server.errors import invalid
from model_server.models.categories import Categories
from model_server.models.predictions import AnswerFormat, Predictions
from model_server.rows import missing_marker
from model_server.rows.columns import Columns
from model_server.rows.sparse_rows import FIELD, SparseRows
from model_server.rows.table import Table


class Engine(Protocol):
    """What computes the predictions, for metadata, metrics and logs."""

    name: str
    # Why it is this one, where another one would be faster or was to be expected; else empty.
    reason: str


class Model(Protocol):
    """A verified model that can predict. Classes that inherit from it need to say only what has no default.

    It is asked from one thread, one request at a time.
    """

    # What identifies it: the name and version it is deployed under, and the sha256 of its file.
    name: str
    version: str
    sha256: str
    # The library, the format of the file, and the objective or class of the model.
    platform: str
    format: str
    objective: str
    engine: Engine
    # Further metadata that only this library has, by its key.
    parameters: Mapping[str, object] = MappingProxyType({})

    # How many numbers a row has, and their names in order, if they are known.
    feature_count: int
    feature_names: Sequence[str] = ()
    # The same with what is known of each. Where they are known, rows may come by name and in any order.
    columns: Columns | None = None
    # Whether rows are asked by `predict_table`, in whatever form they come; then `columns` has to be known.
    takes_tables: bool = False
    # The type of `array` that rows come in: float32 ("f") or float64 ("d").
    typecode: Literal["f", "d"]
    # Features that are categories; requests give them as codes or texts, rows hold codes.
    categories: Categories | None = None
    # The number that stands for a missing value; NaN: none, None: unknown.
    missing_marker: float | None = missing_marker.NONE

    # What its answers look like. Where that shows only in an answer, it is an expectation until then, and is
    # replaced by another object when it turns out to be wrong: metadata is then made anew.
    answer_format: AnswerFormat

    # What may be the reason where golden requests are answered otherwise, behind a semicolon.
    golden_hint: str = ""

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        """Answer `count` rows of `feature_count` numbers each, one after the other; it may change them.

        Values are finite in float32; NaN is a missing value, and comes only if requests may hold one (the
        setting missing_values) or there is a marker. Probabilities are asked for only where `answer_format`
        promises them. Every number of the answer is finite, as JSON has no others: RowError says
        which row has no such answer, or is not accepted; RequestError what else of the request is wrong. Any
        other exception is a failure of the server, and answered with a 500.
        """

    def predict_table(self, table: Table, with_probabilities: bool = False) -> Predictions:
        """The same for rows of texts, numbers and true or false. Asked only of a model that takes tables."""
        raise NotImplementedError

    def predict_sparse(self, rows: SparseRows, with_probabilities: bool = False) -> Predictions:
        """The same for rows of which most features are absent."""
        raise invalid(
            "no_sparse_rows", f"the {self.objective} does not take sparse rows: give all features", FIELD
        )

    def verify(self, replay: Callable[[], int] | None) -> int:
        """Say in the log what an operator should know of it, or raise StartError if it must not be served.

        `replay` has golden requests answered, if there are any: whatever casts doubt on the predictions,
        these remove it. Return how many rows were compared.
        """
        return replay() if replay else 0
