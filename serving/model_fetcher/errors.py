"""What can go wrong, as data: whether a further attempt could help is said where the problem is known."""


class FetchError(Exception):
    """The model cannot be had; the message tells the operator what was found and what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


class TransientError(FetchError):
    """A further attempt could help.

    `retry_after` is what the server asked for, in seconds. With `restart` the bytes received so far
    cannot be continued.
    """

    def __init__(self, code: str, message: str, *, retry_after: float = 0.0, restart: bool = False):
        super().__init__(code, message)
        self.retry_after = retry_after
        self.restart = restart


class UriError(ValueError):
    """A URI that its scheme cannot read; the message completes `MODEL_FETCHER_URI …`."""
