"""The values of a column, as they stand in a request, to what a model takes; and every way to be wrong."""

import json
from collections.abc import Callable, Sequence

from model_server.errors import RequestError, invalid, shown
from model_server.rows.columns import Column
from model_server.rows.rows import FLOAT32_LIMIT
from model_server.rows.spelling import listed, nearest, quoted
from model_server.rows.table import Value

UNKNOWN_CATEGORY = "unknown_category"
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
NUMBERS = {float, int}
PLAIN = {float, int, bool, str}
TAKES = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "text": "a text",
    "any": "a number, a text, true or false",
}
# Where a row's value is in the request.
Place = Callable[[int], str]


def read(values: Sequence[object], column: Column, allows_missing: bool, place: Place) -> list[Value]:
    """The values of a column, of its kind. Raises RequestError for the first that is none."""
    types = set(map(type, values))
    if type(None) in types:
        if not ((allows_missing and column.takes_missing) or column.is_optional):
            who = "the model takes none there" if allows_missing else "missing values are not accepted"
            raise _refused(values.index(None), column, f"null, but {who}", place)
        types.discard(type(None))
        return _with_gaps(values, types, column, place)
    return _read(values, types, column, place)


def _with_gaps(values: Sequence[object], types: set[type], column: Column, place: Place) -> list[Value]:
    rows = [row for row, value in enumerate(values) if value is not None]
    found = iter(_read([values[row] for row in rows], types, column, lambda index: place(rows[index])))
    return [None if value is None else next(found) for value in values]


def _read(values: Sequence[object], types: set[type], column: Column, place: Place) -> list[Value]:
    kind = column.kind
    if kind == "text" and types <= {str}:
        found = list(values)
    elif kind == "number" and types <= NUMBERS:
        _check_range(values, column, place)
        found = list(map(float, values)) if int in types else list(values)
    elif kind == "boolean" and types <= {bool}:
        found = list(values)
    elif kind == "any" and types <= PLAIN:
        if types != {str}:
            _check_any_range(values, column, place)
        found = list(values)
    else:
        found = [_converted(value, row, column, place) for row, value in enumerate(values)]
    if column.is_closed:
        _check_categories(found, column, place)
    return found


def _converted(value: object, row: int, column: Column, place: Place) -> Value:
    """A value of another type that says the same, such as 1.0 for 1."""
    if column.kind == "integer" and type(value) in NUMBERS:
        if isinstance(value, float) and not value.is_integer():
            raise _refused(row, column, f"{value!r} is no whole number", place)
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            raise _refused(row, column, "the number has more than 64 bits", place, "out_of_range")
        return int(value)
    if column.kind == "boolean" and type(value) in NUMBERS and value in (0, 1):
        return bool(value)
    if column.kind == "number" and type(value) in NUMBERS:
        return float(value)
    if type(value) is {"text": str, "boolean": bool}.get(column.kind):
        return value
    if column.kind == "any" and type(value) in PLAIN:
        return value
    raise _refused(row, column, f"{_type(value)} was given, and it takes {TAKES[column.kind]}", place)


def _type(value: object) -> str:
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    return {list: "a list", dict: "an object"}.get(type(value), type(value).__name__)


def _check_range(values: Sequence[float], column: Column, place: Place) -> None:
    if not values or (max(values) < FLOAT32_LIMIT and min(values) > -FLOAT32_LIMIT):
        return
    row = next(row for row, value in enumerate(values) if not -FLOAT32_LIMIT < value < FLOAT32_LIMIT)
    reason = "the value is beyond the range of float32, in which models compute"
    raise _refused(row, column, reason, place, "out_of_range")


def _check_any_range(values: Sequence[object], column: Column, place: Place) -> None:
    for row, value in enumerate(values):
        if type(value) in NUMBERS:
            _check_range([value], column, lambda _, row=row: place(row))
            if type(value) is int and not MIN_INTEGER <= value <= MAX_INTEGER:
                raise _refused(row, column, "the number has more than 64 bits", place, "out_of_range")


def _check_categories(values: Sequence[Value], column: Column, place: Place) -> None:
    unknown = set(values).difference(column.categories)
    if unknown:
        row = next(row for row, value in enumerate(values) if value in unknown)
        raise unknown_category(values[row], column, place(row))


def unknown_category(value: Value, column: Column, field: str) -> RequestError:
    """The refusal of a value that the model does not know."""
    known = [json.dumps(each, ensure_ascii=False) for each in column.categories]
    meant = nearest(value, column.categories) if isinstance(value, str) else ""
    hint = f" (did you mean {quoted(meant)}?)" if meant else ""
    return invalid(
        UNKNOWN_CATEGORY,
        f"the column {quoted(column.name)} has no category {_shown(value)}{hint}: it knows {listed(known)}",
        field,
    )


def _shown(value: Value) -> str:
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def _refused(
    row: int, column: Column, reason: str, place: Place, code: str = "invalid_value"
) -> RequestError:
    return invalid(code, f"the column {quoted(column.name)}: {reason}", place(row))
