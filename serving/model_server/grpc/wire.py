"""Protocol Buffers as bytes: fields to values and back.

Own code, because what is read here are six messages on the way of every request: protobuf's package would be
loaded, and every number of a tensor would become an object, only to be written as the same bytes again. Its
own encoder and decoder are what the tests compare with.
"""

import struct

from model_server.errors import RequestError, malformed

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
# Bytes of the longest number, and its bits.
MAX_VARINT_BYTES = 10
BITS_64 = (1 << 64) - 1
CONTINUES = 0x80
SIGN_64 = 1 << 63
# The first and the last field that there can be, with the lowest and the highest of ways to write it.
FIRST, LAST = 1 << 3, (1 << 32) - 1
DOUBLE = struct.Struct("<d")

# The number of a field and how its value is written, and that value: an integer, or bytes.
Field = tuple[int, int | bytes]


def key(number: int, kind: int) -> int:
    """What stands in front of a value."""
    return number << 3 | kind


def _broken(message: str) -> RequestError:
    return malformed(f"the message is no Protocol Buffers: {message}")


def varint_at(data: bytes, position: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    for byte in data[position : position + MAX_VARINT_BYTES]:
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < CONTINUES:
            return value & BITS_64, position
        shift += 7
    raise _broken(f"the number at byte {position} does not end")


def fields(data: bytes) -> list[Field]:
    """All fields of a message in their order, also those that nobody knows."""
    found: list[Field] = []
    position, end = 0, len(data)
    while position < end:
        tag = data[position]
        position += 1
        if tag >= CONTINUES:
            tag, position = varint_at(data, position - 1)
        kind = tag & 7
        if tag < FIRST or tag > LAST:
            raise _broken(f"there is no field {tag >> 3}")
        if kind == LENGTH and position < end:
            size = data[position]
            position += 1
            if size >= CONTINUES:
                size, position = varint_at(data, position - 1)
            value, position = data[position : position + size], position + size
        elif kind == VARINT:
            value, position = varint_at(data, position)
        elif kind == FIXED32:
            value, position = data[position : position + 4], position + 4
        elif kind == FIXED64:
            value, position = data[position : position + 8], position + 8
        elif kind == LENGTH:
            position = end + 1
        else:
            raise _broken(f"field {tag >> 3} is written in a way that is not supported ({kind})")
        if position > end:
            raise _broken(f"field {tag >> 3} is longer than the message")
        found.append((tag, value))
    return found


def text(value: bytes, name: str) -> str:
    """A string."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise malformed("the text is not UTF-8", name) from None


def varints(data: bytes) -> list[int]:
    """Numbers, one after the other."""
    # Small ones have one byte each.
    if data.isascii():
        return list(data)
    found, position, end = [], 0, len(data)
    while position < end:
        value, position = varint_at(data, position)
        found.append(value)
    return found


def signed(value: int, bits: int = 64) -> int:
    """A number that may be negative; of more bits than these the upper ones mean nothing."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def varint(value: int) -> bytes:
    """A number as it is written."""
    if 0 <= value < CONTINUES:
        return bytes((value,))
    value &= BITS_64
    written = bytearray()
    while value >= CONTINUES:
        written.append(value & 0x7F | CONTINUES)
        value >>= 7
    written.append(value)
    return bytes(written)


def number(field: int, value: int) -> bytes:
    """A field that is a number; none if it is 0, as that is what an absent one means."""
    return varint(key(field, VARINT)) + varint(value) if value else b""


def content(field: int, value: bytes) -> bytes:
    """A field of bytes, or a message in another one, also an empty one."""
    return varint(key(field, LENGTH)) + varint(len(value)) + value


def string(field: int, value: str) -> bytes:
    """A text; none if it is empty."""
    return content(field, value.encode()) if value else b""


def packed(field: int, values: list[int]) -> bytes:
    """Several numbers."""
    return content(field, b"".join(map(varint, values))) if values else b""
