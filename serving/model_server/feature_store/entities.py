"""The entities of a request, in Feast's own format: a list per join key, or one value of each."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from model_server.errors import RequestError, invalid
from model_server.rows import rows

# The ranges of the whole numbers that Feast knows.
INTEGERS = {
    name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in (("integer", 64), ("int32", 32))
}
# Each value is checked here, because Feast answers to one of a wrong type as to a fault of its own.
TYPES = {
    **{name: Annotated[int, Meta(ge=minimum, le=maximum)] for name, (minimum, maximum) in INTEGERS.items()},
    "string": str,
    "number": float,
    "boolean": bool,
}


def request_type(base: type[msgspec.Struct], keys: dict[str, str]) -> type[msgspec.Struct]:
    """The request that may also bring entities with these join keys."""
    # Fields have names of Python; in JSON they have the keys' own.
    names = {f"key{number}": key for number, key in enumerate(keys)}
    fields = [(name, TYPES[keys[key]] | list[TYPES[keys[key]]]) for name, key in names.items()]
    entities = msgspec.defstruct("Entities", fields, rename=names, forbid_unknown_fields=True)
    return msgspec.defstruct(
        base.__name__,
        [("entities", entities | UnsetType, UNSET)],
        bases=(base,),
        forbid_unknown_fields=True,
    )


@dataclass(frozen=True)
class Entities:
    """What a request asks about: the values of each key, one per entity."""

    columns: dict[str, list]
    count: int
    # Whether the request named one entity, and not a list of one.
    single: bool

    def place(self, row: int) -> str:
        """Where in the request an entity is."""
        (key, *others) = self.columns
        if others:
            return "entities"
        return f"entities.{key}" if self.single else f"entities.{key}[{row}]"


def read(given: msgspec.Struct, keys: dict[str, str], max_rows: int) -> Entities:
    """The entities of a decoded request."""
    columns = dict(zip(keys, msgspec.structs.astuple(given), strict=True))
    lists = {key: value for key, value in columns.items() if isinstance(value, list)}
    if not lists:
        return Entities({key: [value] for key, value in columns.items()}, 1, True)
    single = next((key for key in keys if key not in lists), None)
    if single:
        raise _uneven(f"`{single}` is one value and `{next(iter(lists))}` a list", single)
    count = len(next(iter(lists.values())))
    for key, values in lists.items():
        if len(values) != count:
            raise _uneven(f"`{next(iter(lists))}` has {count} values and `{key}` {len(values)}", key)
    if not count:
        raise invalid("wrong_length", "there are no entities", "entities")
    if count > max_rows:
        raise rows.too_many_rows(max_rows)
    return Entities(lists, count, False)


def _uneven(reason: str, key: str) -> RequestError:
    remedy = "give one value of each key, or lists of one length"
    return invalid("wrong_length", f"{reason}: {remedy}", f"entities.{key}")
