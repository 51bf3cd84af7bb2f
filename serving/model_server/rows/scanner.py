"""From JSON text to rows of numbers at once: `scanner.c`, which takes what is right and usual."""

import ctypes
import sys
from array import array

from model_server import native

_library = native.load("scanner")
if _library is not None:
    _library.has_vectors.restype = ctypes.c_int64
    _library.scan.restype = ctypes.c_int64
    _library.scan.argtypes = (
        *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64),
        *(ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p),
    )

HAS_VECTORS = _library is not None and bool(_library.has_vectors())
# As in scanner.c.
MIN_POWER, MAX_POWER = -48, 38
NO_ROOM = -2
FIRST_ROOM = 4096


class _Format(ctypes.Structure):
    """`Format` of scanner.c."""

    _fields_ = (
        ("powers", ctypes.c_void_p),
        ("limit", ctypes.c_double),
        ("width", ctypes.c_int64),
        ("gaps", ctypes.c_int64),
        ("wide", ctypes.c_int64),
        ("vectors", ctypes.c_int64),
    )


def _powers() -> array:
    """10^n as significand * 2^exponent, the significand cut off to 64 bits: one after the other."""
    powers = array("q")
    for power in range(MIN_POWER, MAX_POWER + 1):
        # Enough bits that the cut is the only error.
        scaled = 10**power << 512 if power >= 0 else (1 << 512) // 10**-power
        surplus = scaled.bit_length() - 64
        powers.frombytes((scaled >> surplus).to_bytes(8, sys.byteorder))
        powers.append(surplus - 512)
    return powers


class Scanner:
    """Reads lists of numbers, or of rows of `width` numbers, but no more than `most` numbers."""

    def __init__(
        self, width: int, max_count: int, limit: float, typecode: str, gaps: bool, vectors: bool = True
    ):
        """Without `vectors` it does with what every processor has."""
        self._max_count = max_count
        # Used again and again; a result is a copy of what it holds.
        self._values = array(typecode, [0]) * min(max_count, FIRST_ROOM)
        self._powers = _powers()
        self._stop = ctypes.c_int64()
        self._stop_address = ctypes.addressof(self._stop)
        vectors = vectors and HAS_VECTORS
        self._format = _Format(self._powers.buffer_info()[0], limit, width, gaps, typecode == "d", vectors)
        self._format_address = ctypes.addressof(self._format)

    def scan(self, text: bytes, start: int) -> tuple[array, int] | None:
        """The numbers of the list at `start`, and where it ends; None for whatever is unusual or wrong."""
        if _library is None:
            return None
        while True:
            address, room = self._values.buffer_info()
            count = _library.scan(
                self._format_address, text, start, len(text), address, room, self._stop_address
            )
            if count != NO_ROOM or room == self._max_count:
                break
            self._values = self._values[:1] * min(self._max_count, 4 * room)
        if count < 0:
            return None
        return self._values[:count], self._stop.value
