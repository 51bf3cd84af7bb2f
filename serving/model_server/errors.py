"""What can go wrong, as data. One type per audience: the client of a request, the operator of a process."""

from http import HTTPStatus


class RequestError(Exception):
    """A request the server refuses. `code` is for programs, `message` for people, `field` says where."""

    def __init__(self, status: HTTPStatus, code: str, message: str, field: str | None = None):
        super().__init__(message)
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
