"""From a feature server's answer to rows in the model's order, strictly.

Feast answers by column, and in an order of its own.
"""

import math
from array import array
from dataclasses import dataclass

import msgspec

from model_server import evaluator
from model_server.errors import RequestError
from model_server.errors import invalid as refused
from model_server.feature_store.entities import Entities
from model_server.feature_store.failures import invalid
from model_server.rows import FLOAT32_LIMIT

PRESENT = "PRESENT"
NULL = "NULL_VALUE"
STALE = "OUTSIDE_MAX_AGE"
# How Feast writes a stored NaN.
NAN = "NaN"

LONGEST_ENTITY = 60


class Metadata(msgspec.Struct):
    """Names of the columns."""

    feature_names: list[str]


class Column(msgspec.Struct):
    """One feature, for all entities. Columns that the model does not take may hold anything."""

    values: msgspec.Raw
    statuses: list[str]


class Answer(msgspec.Struct):
    """What `/get-online-features` answers."""

    metadata: Metadata
    results: list[Column]


_decode = msgspec.json.Decoder(Answer).decode
_decode_values = msgspec.json.Decoder(list[float | bool | str | None]).decode


@dataclass(frozen=True)
class Rows:
    """Features of some entities, ready for the model."""

    values: array
    # The rows that hold defaults, and how many values of each feature are defaults.
    defaulted: frozenset[int] = frozenset()
    defaults: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Rules:
    """What is asked for, and what becomes of values that are not there."""

    # The model's features, in its order.
    names: list[str]
    typecode: str
    # By name; empty: missing values are not replaced.
    defaults: dict[str, float]
    # Whether a stored null is a missing value for the model.
    allows_null: bool


def read(body: bytes, entities: Entities, rules: Rules) -> Rows:
    """Order and type the features of an answer."""
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"no answer of Feast ({error})") from None
    names = answer.metadata.feature_names
    if len(names) != len(answer.results):
        raise invalid(f"{len(names)} names for {len(answer.results)} columns")
    columns = dict(zip(names, answer.results, strict=True))
    if len(columns) != len(names):
        raise invalid("a column appears twice")
    _check_entities(columns, entities.columns)
    width = len(rules.names)
    values = array(rules.typecode, bytes(array(rules.typecode).itemsize * width * entities.count))
    defaulted: set[int] = set()
    defaults = []
    for position, name in enumerate(rules.names):
        if name not in columns:
            raise invalid(f"there is no feature {name}")
        column, replaced = _read_column(name, columns[name], entities, rules)
        values[position::width] = column
        if replaced:
            defaulted.update(replaced)
            defaults.append((name, len(replaced)))
    return Rows(values, frozenset(defaulted), tuple(defaults))


def _check_entities(columns: dict[str, Column], entities: dict[str, list]) -> None:
    """Feast repeats the entities: an answer to somebody else's question must not pass."""
    for key, asked in entities.items():
        if key in columns:
            try:
                answered = msgspec.json.decode(columns[key].values)
            except msgspec.DecodeError:
                answered = None
            # Feast turns "1" into 1, or back, if it knows the key by another type.
            if answered != asked and _texts(answered) != _texts(asked):
                raise invalid(f"other entities than asked for ({key})")


def _texts(values: object) -> list[str] | None:
    return [str(value) for value in values] if isinstance(values, list) else None


def _read_column(name: str, column: Column, entities: Entities, rules: Rules) -> tuple[array, list[int]]:
    try:
        values = _decode_values(column.values)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid(f"{name} does not hold numbers") from None
    statuses, count = column.statuses, entities.count
    if len(values) != count or len(statuses) != count:
        raise invalid(f"{name} has {len(values)} values and {len(statuses)} statuses for {count} entities")
    replaced: list[int] = []
    if statuses.count(PRESENT) != count or None in values or NAN in values:
        for row, (value, status) in enumerate(zip(values, statuses, strict=True)):
            if status not in (PRESENT, NULL) or value is None or value == NAN:
                values[row] = _missing(name, value, status, entities, row, rules, replaced)
    try:
        numbers = array("f", values)
    except TypeError:
        raise invalid(f"{name} does not hold numbers") from None
    # NaN can only be a missing value by now.
    if not evaluator.all_finite(numbers) and any(abs(value) >= FLOAT32_LIMIT for value in values):
        raise invalid(f"{name} holds a value beyond the range of float32")
    return numbers if rules.typecode == "f" else array(rules.typecode, values), replaced


def _missing(
    name: str,
    value: object,
    status: str,
    entities: Entities,
    row: int,
    rules: Rules,
    replaced: list[int],
) -> float:
    """What stands for a value that is not there."""
    if rules.defaults:
        replaced.append(row)
        return rules.defaults[name]
    if status in (PRESENT, NULL) and rules.allows_null:
        return math.nan
    raise _refusal(name, status, entities, row)


def _refusal(name: str, status: str, entities: Entities, row: int) -> RequestError:
    entity = ", ".join(f"{key}={_shown(values[row])}" for key, values in entities.columns.items())
    place = entities.place(row)
    if status in (PRESENT, NULL):
        reason = f"in the feature store {name} is null for {entity}, and missing values are not accepted"
        return refused("missing_feature", reason, place)
    if status == STALE:
        return refused("stale_feature", f"in the feature store {name} is too old for {entity}", place)
    return refused("unknown_entity", f"the feature store has no {name} for {entity}", place)


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_ENTITY else f"{text[:LONGEST_ENTITY]}…"
