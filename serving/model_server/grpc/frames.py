"""Frames of HTTP/2 (RFC 9113): their numbers, and those that are sent."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES = 9
# Length, type, flags, stream: the length has three bytes.
HEAD = struct.Struct(">BHBBI")
UINT32 = struct.Struct(">I")
SETTING = struct.Struct(">HI")

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    range(10)
)
END_STREAM, ACK, END_HEADERS, PADDED, HAS_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20

# Settings.
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 3, 4, 5, 6

# Errors.
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR = 0, 1, 3, 5, 6
REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 7, 8, 9, 11

# What both sides begin with.
DEFAULT_WINDOW = 65_535
DEFAULT_FRAME = 16_384
MAX_WINDOW = 2**31 - 1
MAX_STREAM = 2**31 - 1


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Any frame."""
    size = len(payload)
    return HEAD.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def settings(given: dict[int, int]) -> bytes:
    """What this side can do."""
    return frame(SETTINGS, 0, 0, b"".join(SETTING.pack(*setting) for setting in given.items()))


SETTINGS_ACK = frame(SETTINGS, ACK, 0, b"")


def window_update(stream: int, more: int) -> bytes:
    """So much more may come."""
    return frame(WINDOW_UPDATE, 0, stream, UINT32.pack(more))


def rst_stream(stream: int, error: int) -> bytes:
    """The stream is over."""
    return frame(RST_STREAM, 0, stream, UINT32.pack(error))


def goaway(last_stream: int, error: int, reason: bytes = b"") -> bytes:
    """The connection is over, and streams up to this one were looked at."""
    return frame(GOAWAY, 0, 0, UINT32.pack(last_stream) + UINT32.pack(error) + reason)
