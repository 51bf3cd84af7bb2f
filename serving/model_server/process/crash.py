"""A crash of a library in C ends in a sentence in the log, as all that goes wrong at the start does."""

import ctypes
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from model_server import native

CODE = "crashed"

_library = native.load("crash")


@contextmanager
def told(message: str) -> Iterator[None]:
    """If the process crashes meanwhile, this is its last line of the log, whatever libraries say about it."""
    if _library is None:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(sys.stderr.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)
    _library.expect_crash(ctypes.c_char_p(_line(message)))
    try:
        yield
    finally:
        _library.expect_no_crash()
        os.dup2(kept, sys.stderr.fileno())
        os.close(kept)


def _line(message: str) -> bytes:
    record = logging.LogRecord(__name__, logging.CRITICAL, "", 0, f"cannot start: {message}", (), None)
    record.code = CODE
    handlers = logging.getLogger().handlers
    return f"{handlers[0].format(record) if handlers else record.getMessage()}\n".encode()
