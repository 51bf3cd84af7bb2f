"""One request, whatever brings it, from its arrival until its answer is sent."""

from array import array
from time import perf_counter

from model_server.errors import RequestError


class Call:
    """What is known of it by now."""

    __slots__ = ("body", "document_length", "error", "fetched", "method", "operation", "path", "started")

    def __init__(self, method: str, path: str):
        self.started = perf_counter()
        # As logs show them.
        self.method = method
        self.path = path
        # The name of what is asked for; none if there is no such thing.
        self.operation: str | None = None
        self.body = b""
        # Where binary tensors begin in the body, as the client says.
        self.document_length: bytes | None = None
        # The features that were fetched for it.
        self.fetched: array | None = None
        # Why it is refused, or what failed.
        self.error: RequestError | None = None
