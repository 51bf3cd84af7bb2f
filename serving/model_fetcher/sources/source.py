"""What a scheme has to offer: the bytes of one file, from an offset on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass
class Part:
    """What a source answers: bytes that are still to be read, and what it says of the file."""

    chunks: Iterator[bytes]
    close: Callable[[], None]
    # Where in the file the bytes start; a source that cannot continue starts at 0 again.
    start: int = 0
    # Size of the whole file, if the source says it.
    total: int | None = None
    # Identifies this state of the file; empty if a later part could be from another state.
    version: str = ""
    # The file's sha256, if the source has promised it.
    sha256: str = ""


class Source(Protocol):
    """One file somewhere. `name` is fit for logs: no credentials, no query."""

    name: str

    def open(self, offset: int, version: str) -> Part:
        """Ask for the file from `offset` on, provided that it still is in that state."""
        ...
