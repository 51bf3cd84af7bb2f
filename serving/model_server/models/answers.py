"""What code of others answers, as Python's own values, of which JSON and tensors can be made."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from model_server.rows.row_errors import not_finite

# What a value may be, and how what inherits from it (of numpy, of an enumeration) becomes it.
SCALARS: dict[type, Callable[[Any], Any]] = {
    bool: bool,
    int: int.__index__,
    float: float.__float__,
    str: str.__str__,
}
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1


class WrongAnswerError(Exception):
    """It is no answer to the rows; the message goes on from the name of what has answered."""


def of_rows(given: Any, count: int, what: str) -> list:
    """One answer for each row: a number, text or truth value, or a list of those of one length.

    Takes lists, arrays of numpy, and Series and DataFrames of pandas. Raises RowError for a number that is
    not finite, WrongAnswerError for what cannot be an answer.
    """
    values = _plain(given)
    if not isinstance(values, list):
        raise WrongAnswerError(
            f"has returned a {type(given).__name__}; return a list or an array with one value for each row"
        )
    if len(values) != count:
        raise WrongAnswerError(f"has returned {len(values)} values for {count} rows")
    is_nested = isinstance(values[0], list)
    width = len(values[0]) if is_nested else 1
    for number, value in enumerate(values):
        if isinstance(value, list) != is_nested or (is_nested and len(value) != width):
            raise WrongAnswerError(f"has returned rows of different lengths: row {number} differs from row 0")
        for each in value if is_nested else (value,):
            if type(each) not in SCALARS:
                raise WrongAnswerError(
                    f"has returned a {type(each).__name__} for row {number}; "
                    "return numbers, texts or booleans"
                )
            if type(each) is int and not MIN_INTEGER <= each <= MAX_INTEGER:
                raise WrongAnswerError(f"has returned a whole number of more than 64 bits for row {number}")
    flat = [each for value in values for each in value] if is_nested else values
    if not all(map(math.isfinite, _floats(flat))):
        raise not_finite([each if isinstance(each, float) else 0.0 for each in flat], max(1, width), what)
    return values


def type_of(labels: list) -> str:
    """The type of the Open Inference Protocol that holds all of them."""
    types = set(map(type_of_one, labels))
    if types == {"INT64", "FP64"}:
        return "FP64"
    return types.pop() if len(types) == 1 else "BYTES"


def type_of_one(label: object) -> str:
    """The type of a single one."""
    return {bool: "BOOL", int: "INT64", float: "FP64"}.get(type(label), "BYTES")


def _floats(values: list) -> Iterator[float]:
    return (value for value in values if isinstance(value, float))


def _plain(given: Any) -> Any:
    """Lists for arrays, tables and tuples, and Python's own values for numpy's."""
    if hasattr(given, "to_numpy"):
        given = given.to_numpy()
    if hasattr(given, "toarray"):
        given = given.toarray()
    if hasattr(given, "tolist"):
        given = given.tolist()
    if isinstance(given, list | tuple):
        return [each if type(each) in SCALARS else _plain(each) for each in given]
    for scalar, plain in SCALARS.items():
        if isinstance(given, scalar):
            return plain(given)
    return given
