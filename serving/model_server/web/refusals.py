"""Answers to clients whose request never gets to the application."""

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from model_server.errors import RequestError, error_document

LARGEST_HEADER = 32 * 1024
RETRY_AFTER = b"1"

TOO_MANY = RequestError(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "overloaded",
    "the server has as many requests as it can answer in time",
)
NO_MEMORY = RequestError(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "overloaded",
    "the server is receiving as much as it has memory for",
)
TOO_SLOW = RequestError(HTTPStatus.REQUEST_TIMEOUT, "timeout", "the request did not arrive in time")
NOT_HTTP = RequestError(HTTPStatus.BAD_REQUEST, "malformed", "this is no valid HTTP request")
LONG_HEADER = RequestError(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "too_large",
    f"the header is larger than {LARGEST_HEADER} bytes",
)


def response(error: RequestError) -> bytes:
    """The whole response, after which the connection is closed."""
    content = error_document(error)
    return b"".join(
        (
            STATUS_LINE[error.status],
            b"content-type: application/json\r\nconnection: close\r\n",
            b"retry-after: " + RETRY_AFTER + b"\r\n"
            if error.status == HTTPStatus.SERVICE_UNAVAILABLE
            else b"",
            b"content-length: " + str(len(content)).encode() + b"\r\n\r\n",
            content,
        )
    )


REFUSAL = response(TOO_MANY)
