"""Rows that are well-formed, and that the model all the same cannot answer."""

import math
from collections.abc import Sequence

from model_server.errors import Kind, RequestError
from model_server.rows.columns import Columns
from model_server.rows.spelling import member

NOT_FINITE = "not_finite"


class RowError(RequestError):
    """A row the model cannot answer. Where that row is in a request is the protocol's to say: `placed`."""

    def __init__(self, code: str, reason: str, row: int, feature: int | None = None):
        place = f"row {row}" if feature is None else f"row {row}, feature {feature}"
        super().__init__(Kind.INVALID, code, f"{place}: {reason}")
        self.reason = reason
        self.row = row
        self.feature = feature

    def moved(self, rows: int) -> "RowError":
        """The same where the rows that were given begin so many rows into the request."""
        return RowError(self.code, self.reason, self.row + rows, self.feature)

    def placed(self, rows: str, single: bool, names: Columns | None = None) -> RequestError:
        """The same for the client: `rows` is the field that holds the row, if it is a single one, or all.

        `names` tells the columns where rows are by name.
        """
        field = rows if single else f"{rows}[{self.row}]"
        if self.feature is not None:
            field += member(names[self.feature].name) if names else f"[{self.feature}]"
        return RequestError(self.kind, self.code, self.reason if single else self.message, field)

    def in_tensor(self, field: str, count: int) -> RequestError:
        """The same where the rows are one tensor, which numbers its values in another way."""
        return RequestError(self.kind, self.code, self.reason if count == 1 else self.message, field)


def not_finite(values: Sequence[float], width: int, what: str) -> RowError:
    """The refusal of a prediction that is no number: JSON cannot say it, and nobody could use it."""
    rows = sorted({index // width for index, value in enumerate(values) if not math.isfinite(value)})
    first = next(value for value in values[rows[0] * width :] if not math.isfinite(value))
    found = "not a number (NaN)" if math.isnan(first) else "infinite"
    others = f"; the same is so for {len(rows) - 1} more rows of the request" if len(rows) > 1 else ""
    return RowError(NOT_FINITE, f"the model's {what} is {found}{others}", rows[0])
