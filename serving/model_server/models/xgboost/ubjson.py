"""Reads UBJSON as XGBoost writes it.

Numbers in lists stay exact and compact (`array`), which matters because a model is mostly long lists of
float32. A file that ends early is refused, where XGBoost's own reader may take all memory of the machine.
"""

import sys
from array import array
from struct import Struct, error

SCALARS = {
    ord("i"): Struct(">b"),
    ord("U"): Struct(">B"),
    ord("I"): Struct(">h"),
    ord("l"): Struct(">i"),
    ord("L"): Struct(">q"),
    ord("d"): Struct(">f"),
    ord("D"): Struct(">d"),
}
CONSTANTS = {ord("Z"): None, ord("T"): True, ord("F"): False}
# The array codes of Python whose items have the same size and kind.
ARRAY_CODES = {
    ord("i"): "b",
    ord("U"): "B",
    ord("I"): "h",
    ord("l"): "i",
    ord("L"): "q",
    ord("d"): "f",
    ord("D"): "d",
}
MAXIMUM_DEPTH = 64


class UbjsonError(ValueError):
    """The bytes are not UBJSON, or end early."""


class _Reader:
    def __init__(self, content: bytes):
        self.content = content
        self.position = 0
        # Where the members of the outermost object begin and end.
        self.members: dict[str, tuple[int, int]] = {}

    def take(self, length: int) -> bytes:
        end = self.position + length
        if length < 0 or end > len(self.content):
            raise UbjsonError(f"it ends early, at byte {len(self.content)}")
        part = self.content[self.position : end]
        self.position = end
        return part

    def marker(self) -> int:
        return self.take(1)[0]

    def peek(self) -> int:
        marker = self.marker()
        self.position -= 1
        return marker

    def length(self) -> int:
        value = self.value(self.marker(), MAXIMUM_DEPTH)
        if not isinstance(value, int) or value < 0:
            raise UbjsonError(f"no length at byte {self.position}")
        return value

    def text(self) -> str:
        try:
            return self.take(self.length()).decode()
        except UnicodeDecodeError:
            raise UbjsonError(f"no text at byte {self.position}") from None

    def value(self, marker: int, depth: int = 0):
        if marker in SCALARS:
            scalar = SCALARS[marker]
            return scalar.unpack(self.take(scalar.size))[0]
        if marker in CONSTANTS:
            return CONSTANTS[marker]
        if marker == ord("S"):
            return self.text()
        if marker == ord("C"):
            return self.take(1).decode("latin-1")
        if depth < MAXIMUM_DEPTH and marker == ord("["):
            return self.list(depth + 1)
        if depth < MAXIMUM_DEPTH and marker == ord("{"):
            return self.object(depth + 1)
        raise UbjsonError(f"unknown marker {marker:#x} at byte {self.position - 1}")

    def header(self) -> tuple[int | None, int | None]:
        """Type and number of the items, where the container says them in advance."""
        kind = count = None
        if self.peek() == ord("$"):
            self.marker()
            kind = self.marker()
        if self.peek() == ord("#"):
            self.marker()
            count = self.length()
        if kind is not None and count is None:
            raise UbjsonError(f"a type without a count at byte {self.position}")
        # Each item takes a byte at least, so that no count asks for more memory than the file has bytes.
        if count is not None and (kind in CONSTANTS or count > len(self.content) - self.position):
            raise UbjsonError(f"it ends early: {count} items are announced at byte {self.position}")
        return kind, count

    def items(self, end: str, count: int | None):
        """Step over the items, until `end` or as many as announced."""
        if count is not None:
            yield from range(count)
            return
        while self.peek() != ord(end):
            yield
        self.marker()

    def list(self, depth: int):
        kind, count = self.header()
        if kind in ARRAY_CODES:
            numbers = array(ARRAY_CODES[kind])
            numbers.frombytes(self.take(count * numbers.itemsize))
            if sys.byteorder == "little":
                numbers.byteswap()
            return numbers
        return [self.value(kind or self.marker(), depth) for _ in self.items("]", count)]

    def object(self, depth: int) -> dict:
        kind, count = self.header()
        members = {}
        for _ in self.items("}", count):
            key = self.text()
            if key in members:
                raise UbjsonError(f"the key {key[:50]!r} appears twice, at byte {self.position}")
            start = self.position
            members[key] = self.value(kind or self.marker(), depth)
            if depth == 1:
                self.members[key] = (start, self.position)
        return members


def decode(content: bytes):
    """Decode one document."""
    return decode_with_members(content)[0]


def decode_with_members(content: bytes) -> tuple[object, dict[str, tuple[int, int]]]:
    """The same, and where each member of the outermost object begins and ends."""
    reader = _Reader(content)
    try:
        document = reader.value(reader.marker())
    except (error, RecursionError) as problem:
        raise UbjsonError(str(problem)) from None
    if reader.position != len(content):
        raise UbjsonError(f"it goes on after its end, at byte {reader.position}")
    return document, reader.members
