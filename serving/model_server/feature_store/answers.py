"""From a feature server's answer to rows in the model's order, strictly.

Feast answers by column, and in an order of its own.
"""

import math
from array import array
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from model_server.errors import RequestError, shown
from model_server.errors import invalid as refused
from model_server.feature_store.entities import Entities
from model_server.feature_store.failures import invalid
from model_server.rows.finite import all_finite
from model_server.rows.rows import FLOAT32_LIMIT

PRESENT = "PRESENT"
NULL = "NULL_VALUE"
UNKNOWN = "NOT_FOUND"
STALE = "OUTSIDE_MAX_AGE"
# How Feast writes a stored NaN.
NAN = "NaN"
# When Feast says that a value is from, where it does not know: one that an on-demand view has computed.
NO_TIME = datetime.fromtimestamp(0, UTC)


class Metadata(msgspec.Struct):
    """Names of the columns."""

    feature_names: list[str]


class Column(msgspec.Struct):
    """One feature, for all entities. Columns that the model does not take may hold anything."""

    values: msgspec.Raw
    statuses: list[str]
    event_timestamps: msgspec.Raw | UnsetType = UNSET


class Answer(msgspec.Struct):
    """What `/get-online-features` answers."""

    metadata: Metadata
    results: list[Column]


_decode = msgspec.json.Decoder(Answer).decode
_decode_moments = msgspec.json.Decoder(list[datetime]).decode
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
    # By name, of those that can be too old: seconds, and whether that was said of its view and not of all.
    max_ages: dict[str, tuple[float, bool]]


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
    reader = _Reader(columns, entities, rules)
    width = len(rules.names)
    values = array(rules.typecode, bytes(array(rules.typecode).itemsize * width * entities.count))
    defaulted: set[int] = set()
    defaults = []
    for position, name in enumerate(rules.names):
        if name not in columns:
            raise invalid(f"there is no feature {name}")
        column, replaced = reader.column(name)
        values[position::width] = column
        if replaced:
            defaulted.update(replaced)
            defaults.append((name, len(replaced)))
    return Rows(values, frozenset(defaulted), tuple(defaults))


def _check_entities(columns: dict[str, Column], entities: dict[str, list]) -> None:
    """Feast repeats the entities: an answer about other entities must not pass."""
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


class _Reader:
    """Reads the columns of one answer."""

    def __init__(self, columns: dict[str, Column], entities: Entities, rules: Rules):
        self._columns = columns
        self._entities = entities
        self._rules = rules
        self._now = datetime.now(UTC)
        # Columns of one view have the same ones.
        self._moments: dict[bytes, list[datetime]] = {}

    def column(self, name: str) -> tuple[array, list[int]]:
        """The values of a feature, and the rows whose value is a default."""
        column, count, typecode = self._columns[name], self._entities.count, self._rules.typecode
        try:
            values = _decode_values(column.values)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise invalid(f"{name} does not hold numbers") from None
        statuses = column.statuses
        if len(values) != count or len(statuses) != count:
            raise invalid(
                f"{name} has {len(values)} values and {len(statuses)} statuses for {count} entities"
            )
        if name in self._rules.max_ages:
            self._mark_stale(name, column)
        replaced: list[int] = []
        if statuses.count(PRESENT) != count or None in values or NAN in values:
            for row, (value, status) in enumerate(zip(values, statuses, strict=True)):
                if status not in (PRESENT, NULL) or value is None or value == NAN:
                    values[row] = self._missing(name, status, row, replaced)
        try:
            numbers = array("f", values)
        except TypeError:
            raise invalid(f"{name} does not hold numbers") from None
        # NaN can only be a missing value by now.
        if not all_finite(numbers) and any(abs(value) >= FLOAT32_LIMIT for value in values):
            raise invalid(f"{name} holds a value beyond the range of float32")
        return numbers if typecode == "f" else array(typecode, values), replaced

    def _mark_stale(self, name: str, column: Column) -> None:
        """Feast gives what it has, however old it is, and says when it is from."""
        seconds, of_view = self._rules.max_ages[name]
        moments = self._moments_of(name, column)
        oldest = self._now - timedelta(seconds=seconds)
        # Most answers are from after that as a whole.
        if min(moments) >= oldest:
            return
        for row, moment in enumerate(moments):
            if column.statuses[row] != PRESENT or moment >= oldest:
                continue
            if moment != NO_TIME:
                column.statuses[row] = STALE
            elif of_view:
                raise invalid(f"{name} has no event timestamp to tell its age by")

    def _moments_of(self, name: str, column: Column) -> list[datetime]:
        text = b"" if column.event_timestamps is UNSET else bytes(column.event_timestamps)
        if text not in self._moments:
            try:
                moments = _decode_moments(text)
            except (msgspec.DecodeError, UnicodeDecodeError):
                moments = []
            if len(moments) != self._entities.count or not all(moment.tzinfo for moment in moments):
                raise invalid(f"{name} has no event timestamps for {self._entities.count} entities")
            self._moments[text] = moments
        return self._moments[text]

    def _missing(self, name: str, status: str, row: int, replaced: list[int]) -> float:
        """What stands for a value that is not there."""
        if self._rules.defaults:
            replaced.append(row)
            return self._rules.defaults[name]
        if status in (PRESENT, NULL):
            # What an on-demand view has computed of nothing is null, and said to be there.
            unknown = self._unknown(row)
            if unknown:
                raise self._refusal(unknown, UNKNOWN, row)
            if self._rules.allows_null:
                return math.nan
        raise self._refusal(name, status, row)

    def _unknown(self, row: int) -> str | None:
        """A feature that the store does not have for this entity, also one that the model does not take."""
        for name, column in self._columns.items():
            if row < len(column.statuses) and column.statuses[row] == UNKNOWN:
                return name
        return None

    def _refusal(self, name: str, status: str, row: int) -> RequestError:
        values = self._entities.columns
        entity = ", ".join(f"{key}={shown(column[row])}" for key, column in values.items())
        place = self._entities.place(row)
        if status in (PRESENT, NULL):
            reason = f"in the feature store {name} is null for {entity}, and missing values are not accepted"
            return refused("missing_feature", reason, place)
        if status == STALE:
            return refused("stale_feature", f"in the feature store {name} is too old for {entity}", place)
        return refused("unknown_entity", f"the feature store has no {name} for {entity}", place)
