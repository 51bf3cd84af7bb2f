"""What is kept of one request for a prediction until its sink has it."""

from array import array

import msgspec


class Body(msgspec.Struct, frozen=True, gc=False):
    """What was sent or answered; without its content where that is larger than the settings allow."""

    size: int
    content: bytes | None
    # Where the document ends and binary tensors start, if there are any.
    document_length: int | None = None

    @property
    def media_type(self) -> str:
        """What the content is."""
        return "application/json" if self.document_length is None else "application/octet-stream"


class Record(msgspec.Struct, frozen=True):
    """One request and its answer."""

    request_id: str
    path: str
    # When it was answered (Unix time), and how many seconds that took.
    time: float
    seconds: float
    status: int
    size: int
    request: Body | None
    # The rows that the feature store gave for a request that brought entities.
    fetched: array | None
    response: Body | None


def kept(content: bytes, max_bytes: int, document_length: bytes | None = None) -> Body:
    """A body as it is kept."""
    size = len(content)
    document = None
    if document_length is not None:
        # A client may also have written nonsense there.
        document = int(document_length) if document_length.isdigit() and len(document_length) <= 12 else 0
    # Without binary tensors it is JSON like any other.
    return Body(size, content if size <= max_bytes else None, document if document != size else None)


def one_line(body: Body) -> msgspec.Raw | None:
    """The content as JSON without line breaks, for use inside of another document; None if it is none."""
    if body.document_length is not None:
        return None
    try:
        body.content.decode()
        return msgspec.Raw(msgspec.json.format(body.content, indent=-1))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def as_request(values: array, width: int, max_bytes: int) -> Body:
    """Rows that were fetched, as a client could have sent them."""
    # A number takes four characters at least, as in `0.0,`. What is too large for certain is not even
    # written: that would take time from others.
    min_bytes = 4 * len(values)
    if min_bytes > max_bytes:
        return Body(min_bytes, None)
    rows = [values[start : start + width].tolist() for start in range(0, len(values), width)]
    return kept(
        msgspec.json.encode({"features": rows[0]} if len(rows) == 1 else {"instances": rows}), max_bytes
    )
