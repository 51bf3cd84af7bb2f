"""One request, whatever brings it, from its arrival until its answer is sent."""

from array import array
from time import perf_counter

from model_server.errors import RequestError


class Call:
    """What is known of it by now."""

    # The name of what is asked for; none if there is no such thing.
    operation: str | None = None
    body = b""
    # Where binary tensors begin in the body, as the client says.
    document_length: bytes | None = None
    # The features that were fetched for it.
    fetched: array | None = None
    # Why it is refused, or what failed.
    error: RequestError | None = None

    def __init__(self, method: str, path: str):
        self.started = perf_counter()
        # As logs show them.
        self.method = method
        self.path = path
