"""What each kind of error is in gRPC, and the trailers that say so."""

from base64 import b64encode
from enum import IntEnum
from urllib.parse import quote_from_bytes

from model_server.errors import Kind, RequestError
from model_server.grpc import wire
from model_server.grpc.headers import literal


class Status(IntEnum):
    """Of gRPC's own."""

    OK = 0
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    RESOURCE_EXHAUSTED = 8
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14


STATUSES = {
    Kind.MALFORMED: Status.INVALID_ARGUMENT,
    Kind.INVALID: Status.INVALID_ARGUMENT,
    Kind.NOT_FOUND: Status.NOT_FOUND,
    # A method that there is none of, and a compression that is not known.
    Kind.METHOD_NOT_ALLOWED: Status.UNIMPLEMENTED,
    Kind.UNSUPPORTED_MEDIA_TYPE: Status.UNIMPLEMENTED,
    Kind.TOO_LARGE: Status.RESOURCE_EXHAUSTED,
    Kind.HEADER_TOO_LARGE: Status.RESOURCE_EXHAUSTED,
    Kind.TOO_SLOW: Status.DEADLINE_EXCEEDED,
    Kind.INTERNAL: Status.INTERNAL,
    Kind.UNAVAILABLE: Status.UNAVAILABLE,
    Kind.UPSTREAM_FAILED: Status.UNAVAILABLE,
    Kind.UPSTREAM_TOO_SLOW: Status.DEADLINE_EXCEEDED,
}
OK = literal(b"grpc-status", b"0")
# What google.rpc.ErrorInfo calls whoever defines the codes.
DOMAIN = "model-server"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
# Milliseconds after which it is worth another try, if nothing else is known.
RETRY_AFTER = 1000
# What a message may hold as it is.
PLAIN = bytes(set(range(0x20, 0x7F)) - {ord("%")})


def trailers(error: RequestError) -> bytes:
    """Status, message and details of a refusal, as a header block."""
    status = STATUSES[error.kind]
    parts = [
        literal(b"grpc-status", str(int(status)).encode()),
        literal(b"grpc-message", quote_from_bytes(error.message.encode(), safe=PLAIN).encode()),
        literal(b"grpc-status-details-bin", b64encode(_details(status, error)).rstrip(b"=")),
    ]
    if status is Status.UNAVAILABLE:
        seconds = error.retry_after
        pause = RETRY_AFTER if seconds is None else seconds * 1000
        parts.append(literal(b"grpc-retry-pushback-ms", str(pause).encode()))
    return b"".join(parts)


def _details(status: Status, error: RequestError) -> bytes:
    """A google.rpc.Status with an ErrorInfo, and a BadRequest where a field is to blame."""
    code = wire.string(1, error.code.upper()) + wire.string(2, DOMAIN)
    details = [(ERROR_INFO, code)]
    if error.field:
        violation = wire.string(1, error.field) + wire.string(2, error.message)
        details.append((BAD_REQUEST, wire.content(1, violation)))
    return b"".join(
        (
            wire.number(1, status),
            wire.string(2, error.message),
            *(wire.content(3, wire.string(1, url) + wire.content(2, value)) for url, value in details),
        )
    )
