"""What can go wrong, as data. One type per audience: the client of a request, the operator of a process."""

from enum import Enum, auto

import msgspec

# How much is repeated of what a client made up, of which a message may quote several things; and how long
# messages and fields are at most, whatever was forgotten.
MAX_ECHO_LENGTH = 100
MAX_MESSAGE_LENGTH = 1000
MAX_FIELD_LENGTH = 300


def shown(value: object) -> str:
    """What somebody else has sent, for messages and logs: as much of it as tells what it is."""
    if isinstance(value, list):
        # Without writing millions of numbers first.
        value = value[:MAX_ECHO_LENGTH]
    return _cut(str(value), MAX_ECHO_LENGTH)


def _cut(text: str, max_length: int) -> str:
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


class Kind(Enum):
    """What sort of error it is. Each front has a table of what its clients call it, as a status of HTTP."""

    # The client's.
    MALFORMED = auto()
    INVALID = auto()
    NOT_FOUND = auto()
    METHOD_NOT_ALLOWED = auto()
    UNSUPPORTED_MEDIA_TYPE = auto()
    TOO_LARGE = auto()
    HEADER_TOO_LARGE = auto()
    TOO_SLOW = auto()
    # The server's.
    INTERNAL = auto()
    UNAVAILABLE = auto()
    # Of what the server depends on.
    UPSTREAM_FAILED = auto()
    UPSTREAM_TOO_SLOW = auto()


class RequestError(Exception):
    """A request the server refuses. `code` is for programs, `message` for people, `field` says where."""

    def __init__(
        self,
        kind: Kind,
        code: str,
        message: str,
        field: str | None = None,
        retry_after: int | None = None,
    ):
        self.kind = kind
        self.code = code
        # Seconds after which it is worth another try, where that is known.
        self.retry_after = retry_after
        self.message = _cut(message, MAX_MESSAGE_LENGTH)
        self.field = field and _cut(field, MAX_FIELD_LENGTH)
        super().__init__(self.message)


class StartError(Exception):
    """The server cannot become ready; the message tells the operator what was found and what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


class StoppedError(SystemExit):
    """A signal has ended the start: no failure, and none of the code that was running then."""


def malformed(message: str, field: str | None = None) -> RequestError:
    """The body is not the document it claims to be."""
    return RequestError(Kind.MALFORMED, "malformed", message, field)


def invalid(code: str, message: str, field: str | None = None) -> RequestError:
    """The body is well-formed, but the model cannot take what it says."""
    return RequestError(Kind.INVALID, code, message, field)


def error_document(error: RequestError) -> bytes:
    """The body of a response that refuses a request. Clients of every protocol here read `error`."""
    return msgspec.json.encode(error_fields(error))


def error_fields(error: RequestError) -> dict[str, str]:
    """What such a body has at least."""
    document = {"error": error.message, "code": error.code}
    if error.field:
        document["field"] = error.field
    return document
