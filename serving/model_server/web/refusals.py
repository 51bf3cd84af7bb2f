"""Answers to clients whose request never gets to the application."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from model_server.errors import Kind, RequestError, error_document
from model_server.web.statuses import STATUSES

MAX_HEADER_BYTES = 32 * 1024
RETRY_AFTER = b"1"

TOO_MANY = RequestError(
    Kind.UNAVAILABLE,
    "overloaded",
    "the server has as many requests as it can answer in time",
)
NO_MEMORY = RequestError(
    Kind.UNAVAILABLE,
    "overloaded",
    "the server is receiving as much as it has memory for",
)
TOO_SLOW = RequestError(Kind.TOO_SLOW, "timeout", "the request did not arrive in time")
NOT_HTTP = RequestError(Kind.MALFORMED, "malformed", "this is no valid HTTP request")
LONG_HEADER = RequestError(
    Kind.HEADER_TOO_LARGE,
    "too_large",
    f"the header is larger than {MAX_HEADER_BYTES} bytes",
)


def response(error: RequestError) -> bytes:
    """The whole response, after which the connection is closed."""
    content = error_document(error)
    return b"".join(
        (
            STATUS_LINE[STATUSES[error.kind]],
            b"content-type: application/json\r\nconnection: close\r\n",
            b"retry-after: " + RETRY_AFTER + b"\r\n" if error.kind is Kind.UNAVAILABLE else b"",
            b"content-length: " + str(len(content)).encode() + b"\r\n\r\n",
            content,
        )
    )


REFUSAL = response(TOO_MANY)
