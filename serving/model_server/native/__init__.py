"""The parts in C, compiled when the image is built."""

import ctypes
from pathlib import Path


def load(name: str) -> ctypes.CDLL | None:
    """The library of `<name>.c`, if it has been compiled."""
    library = Path(__file__).with_name(f"lib{name}.so")
    return ctypes.CDLL(str(library)) if library.is_file() else None
