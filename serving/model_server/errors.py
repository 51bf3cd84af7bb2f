"""What can go wrong, as data. One type per audience: the client of a request, the operator of a process."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec


class RequestError(Exception):
    """A request the server refuses. `code` is for programs, `message` for people, `field` says where."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        field: str | None = None,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ):
        super().__init__(message)
        self.headers = headers
        self.status = status
        self.code = code
        self.message = message
        self.field = field


class StartError(Exception):
    """The server cannot become ready; the message tells the operator what was found and what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def malformed(message: str, field: str | None = None) -> RequestError:
    """The body is not the document it claims to be."""
    return RequestError(HTTPStatus.BAD_REQUEST, "malformed", message, field)


def invalid(code: str, message: str, field: str | None = None) -> RequestError:
    """The body is well-formed, but the model cannot take what it says."""
    return RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, code, message, field)


def error_document(error: RequestError) -> bytes:
    """The body of a response that refuses a request. Clients of every protocol here read `error`."""
    document = {"error": error.message, "code": error.code}
    if error.field:
        document["field"] = error.field
    return msgspec.json.encode(document)
