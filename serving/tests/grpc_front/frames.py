"""HTTP/2 frame by frame: what clients of a library would never send."""

import socket
import struct
from collections.abc import Iterator

from hpack import Decoder, Encoder

from model_server.grpc.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEAD,
    HEAD_BYTES,
    HEADERS,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    frame,
    settings,
)

PATH = "/inference.GRPCInferenceService/ServerLive"
EMPTY = bytes(5)
REQUEST = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", PATH),
    (":authority", "x"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
]


def prefixed(message: bytes) -> bytes:
    """A message of gRPC."""
    return struct.pack(">BI", 0, len(message)) + message


class Wire:
    """A connection, and what comes of it."""

    def __init__(self, port: int, preface: bytes = PREFACE + settings({})):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._encoder, self._decoder = Encoder(), Decoder()
        self._received = b""
        self.send(preface)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def send(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def headers(self, stream: int, flags: int = END_HEADERS, **changes: str | None) -> bytes:
        """Headers of a call, with others; None leaves one out."""
        names = {name.replace("-", "_").lstrip(":"): name for name, _ in REQUEST}
        given = dict(REQUEST)
        for name, value in changes.items():
            given[names.get(name, name.replace("_", "-"))] = value
        block = self._encoder.encode([(name, value) for name, value in given.items() if value is not None])
        return frame(HEADERS, flags, stream, block)

    def call(self, stream: int, message: bytes = EMPTY, **changes: str | None) -> bytes:
        """A whole call."""
        return self.headers(stream, **changes) + frame(DATA, END_STREAM, stream, message)

    def frames(self) -> Iterator[tuple[int, int, int, bytes]]:
        """All that come, until the server closes."""
        while True:
            while len(self._received) >= HEAD_BYTES:
                upper, lower, kind, flags, stream = HEAD.unpack_from(self._received)
                end = HEAD_BYTES + (upper << 16 | lower)
                if len(self._received) < end:
                    break
                payload, self._received = self._received[HEAD_BYTES:end], self._received[end:]
                yield kind, flags, stream, payload
            received = self.socket.recv(65536)
            if not received:
                return
            self._received += received

    def answers(self, count: int = 1) -> dict[int, dict[str, str]]:
        """Headers and trailers of so many calls, or of all until the server closes."""
        found: dict[int, dict[str, str]] = {}
        ended = 0
        for kind, flags, stream, payload in self.frames():
            if kind == HEADERS:
                found.setdefault(stream, {}).update(self._decoder.decode(payload))
            if kind == RST_STREAM and stream not in found:
                found[stream] = {"reset": str(int.from_bytes(payload))}
            if kind == HEADERS and flags & END_STREAM:
                ended += 1
                if ended == count:
                    break
        return found

    def goaway(self) -> tuple[int, int, str]:
        """The last stream, the error and the reason with which the server ends the connection."""
        for kind, _, _, payload in self.frames():
            if kind == GOAWAY:
                last, code = struct.unpack_from(">II", payload)
                return last, code, payload[8:].decode()
        raise AssertionError("the connection was closed without a word")


__all__ = ["CONTINUATION", "EMPTY", "PATH", "SETTINGS", "Wire", "prefixed"]
