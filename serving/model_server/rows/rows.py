"""From a decoded document to rows of float32, and every way in which rows can be wrong."""

import json
import math
import re
from array import array
from collections.abc import Callable
from itertools import chain
from typing import Annotated

import msgspec
from msgspec import Meta

from model_server.errors import MAX_ECHO_LENGTH, RequestError, invalid, malformed, shown
from model_server.rows.scanner import Scanner

# Half a unit in the last place above the largest float32: what rounds to infinity from here on.
FLOAT32_LIMIT = 3.4028235677973366e38

# What a feature may be. The parser enforces it, and says where it does not hold.
Feature = Annotated[float, Meta(gt=-FLOAT32_LIMIT, lt=FLOAT32_LIMIT)]
OPEN_BRACKET, OPEN_BRACE = b"[", b"{"
ABOUT_FIELD = re.compile("Object (contains unknown|missing required) field `(.*)`", re.DOTALL)
# A text, also one that does not end. What has been read is never read again, whatever follows.
TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
# Anything up to a bracket that is no text, and that bracket.
UP_TO_BRACKET = re.compile(rb'(?:[^"\[]++|%s)*+\[?+' % TEXT.pattern, re.DOTALL)
# The same for braces.
UP_TO_BRACE = re.compile(rb'(?:[^"{]++|%s)*+\{?+' % TEXT.pattern, re.DOTALL)
# As for brackets, and what is behind the bracket if that is a whole list of numbers, or of such lists:
# nothing in it is a key.
NUMBERS = re.compile(
    rb'(%s)(?:(?:[^]\[{}"]*+\[[^]\[{}"]*+\])*+[^]\[{}"]*+(?=\]))?+' % UP_TO_BRACKET.pattern, re.DOTALL
)
WITHOUT_NUMBERS = rb"\1"
# What a document holds beside lists of numbers is usually shorter, and read sooner than left out.
SHORT_DOCUMENT = 1024


def scanner(width: int, max_rows: int, typecode: str, allows_missing: bool) -> Scanner:
    """What reads the usual request faster than `decode`, and the same from it."""
    return Scanner(width, max_rows * width, FLOAT32_LIMIT, typecode, allows_missing)


def wrong_length(given: int, wanted: int, field: str) -> RequestError:
    """A row with another number of features than the model takes."""
    return invalid("wrong_length", f"the model takes {wanted} features, {given} were given", field)


def decode(body: bytes, decoder: Callable):
    """Decode a body that must be JSON of the decoder's type."""
    try:
        return decoder(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except msgspec.DecodeError as error:
        raise malformed(str(error)) from None
    except UnicodeDecodeError:
        raise malformed("the body is not UTF-8") from None
    except RecursionError:
        raise malformed("the document is nested too deeply") from None


def convert(document: object, kind: type):
    """The same of a document that has been read already."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None


def _invalid(text: str) -> RequestError:
    """Translate msgspec's message, which ends with the place of the value."""
    message, _, place = text.partition(" - at `")
    field = place.rstrip("`").removeprefix("$").removeprefix(".")
    about_field = ABOUT_FIELD.fullmatch(message)
    if about_field:
        name = about_field[2][:MAX_ECHO_LENGTH]
        place = f"{field}.{name}" if field else name
        if about_field[1] == "missing required":
            return invalid("missing_field", f"the field {name!r} is missing", place)
        return invalid("invalid_value", f"there is no field {name!r} here", place or None)
    field = field or None
    if "`float` <" in message or "`float` >" in message or message.endswith("out of range"):
        reason = "the value is beyond the range of float32, in which the model computes"
        return invalid("out_of_range", reason, field)
    return invalid("invalid_value", message, field)


def _refuse_duplicates(pairs: list[tuple]) -> None:
    if len(dict(pairs)) == len(pairs):
        return
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise malformed(f"the key {shown(name)!r} appears twice", name[:MAX_ECHO_LENGTH])
        seen.add(name)


# Numbers mean nothing here, and some that are right are too long for Python.
_find_duplicates = json.JSONDecoder(
    object_pairs_hook=_refuse_duplicates, parse_int=len, parse_float=len
).decode


def check_duplicates(body: bytes) -> None:
    """Refuse a key that appears twice, of which the fast parser silently keeps one."""
    if len(body) > SHORT_DOCUMENT:
        body = NUMBERS.sub(WITHOUT_NUMBERS, body)
    # Values that were only passed over have not been looked at before.
    try:
        _find_duplicates(body.decode())
    except UnicodeDecodeError:
        raise malformed("the body is not UTF-8") from None
    except ValueError as error:
        raise malformed(f"JSON is malformed: {error}") from None
    except RecursionError:
        raise malformed("the document is nested too deeply") from None


def holds_texts(body: bytes, count: int) -> bool:
    """Whether it certainly has so many keys and texts, and no key twice: each has two quotes."""
    if b"\\\\" in body:
        return False  # what is behind two of them may be escaped or not
    return body.count(b'"') - body.count(b'\\"') == 2 * count


def check_row_count(body: bytes, max_rows: int, brackets: int = 1) -> None:
    """Refuse too many rows before memory is spent on them: each has a bracket of its own, or several."""
    _check_count(body, OPEN_BRACKET, UP_TO_BRACKET, max_rows * brackets, max_rows)


def check_object_count(body: bytes, max_rows: int) -> None:
    """The same for rows by name, each of which has a brace."""
    _check_count(body, OPEN_BRACE, UP_TO_BRACE, max_rows, max_rows)


def _check_count(body: bytes, mark: bytes, up_to: re.Pattern, most: int, max_rows: int) -> None:
    # Eight of the document itself, and of the end of what is looked through.
    most += 8
    if body.count(mark) > most and up_to.subn(b"", body, most + 1)[1] > most:
        raise too_many_rows(max_rows)


def too_many_rows(max_rows: int, field: str | None = None) -> RequestError:
    """More rows than the settings allow."""
    return invalid("too_many_rows", f"one request may hold at most {max_rows} rows", field)


def row_of(features: list, width: int, field: str, typecode: str) -> array:
    """One row."""
    if len(features) != width:
        raise wrong_length(len(features), width, field)
    return to_array(features, typecode)


def rows_of(instances: list[list], width: int, field: str, max_rows: int, typecode: str) -> array:
    """Many rows, one after the other."""
    if not instances:
        raise invalid("wrong_length", "there are no rows", field)
    if len(instances) > max_rows:
        raise too_many_rows(max_rows, field)
    for number, row in enumerate(instances):
        if len(row) != width:
            raise wrong_length(len(row), width, f"{field}[{number}]")
    return to_array(list(chain.from_iterable(instances)), typecode)


def to_array(values: list, typecode: str) -> array:
    """Round to float32 as XGBoost does (or not); None, where the decoder lets it pass, is a missing value."""
    try:
        return array(typecode, values)
    except TypeError:
        return array(typecode, [math.nan if value is None else value for value in values])
