"""Messages of gRPC: length and compression in front of each."""

import struct
import zlib

from model_server.errors import Kind, RequestError, malformed

# Whether it is compressed, and its length.
PREFIX = struct.Struct(">BI")
PREFIX_BYTES = PREFIX.size
# Of zlib: gzip or zlib, whichever it turns out to be.
ANY_FORMAT = zlib.MAX_WBITS | 32


def too_large(max_bytes: int) -> RequestError:
    """Longer than the settings allow."""
    return RequestError(Kind.TOO_LARGE, "too_large", f"the message is larger than {max_bytes} bytes")


def write(message: bytes) -> bytes:
    """With its prefix."""
    return PREFIX.pack(0, len(message)) + message


def only_one(data: bytes, encoding: bytes, max_bytes: int) -> bytes:
    """The message of a call that has one."""
    if len(data) < PREFIX_BYTES:
        raise malformed("the call has no message" if not data else "the message ends before its length")
    compressed, size = PREFIX.unpack_from(data)
    if size != len(data) - PREFIX_BYTES:
        raise malformed(f"the message should have {size} bytes, but {len(data) - PREFIX_BYTES} came")
    return _plain(compressed, data[PREFIX_BYTES:], encoding, max_bytes)


def take(data: bytearray, encoding: bytes, max_bytes: int) -> bytes | None:
    """The next message of several, which is then no longer in the data; None if it is not all there."""
    if len(data) < PREFIX_BYTES:
        return None
    compressed, size = PREFIX.unpack_from(data)
    if size > max_bytes:
        raise too_large(max_bytes)
    if len(data) < PREFIX_BYTES + size:
        return None
    message = bytes(data[PREFIX_BYTES : PREFIX_BYTES + size])
    del data[: PREFIX_BYTES + size]
    return _plain(compressed, message, encoding, max_bytes)


def _plain(compressed: int, message: bytes, encoding: bytes, max_bytes: int) -> bytes:
    if compressed == 0:
        return message
    if compressed != 1 or encoding == b"identity":
        raise malformed("the message is marked as compressed, but grpc-encoding does not say how")
    unpack = zlib.decompressobj(ANY_FORMAT)
    try:
        plain = unpack.decompress(message, max_bytes + 1)
    except zlib.error as error:
        raise malformed(f"the message is no {encoding.decode()}: {error}") from None
    if len(plain) > max_bytes:
        raise too_large(max_bytes)
    if not unpack.eof or unpack.unused_data:
        raise malformed(f"the message is no whole {encoding.decode()}")
    return plain
