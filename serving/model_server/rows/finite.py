"""Whether numbers are numbers: `finite.c`, many at once."""

import ctypes
import math
from array import array

from model_server import native

_library = native.load("finite")
if _library is not None:
    _library.all_finite.restype = ctypes.c_int32
    _library.all_finite.argtypes = (ctypes.c_void_p, ctypes.c_int64)


def all_finite(numbers: array) -> bool:
    """Whether float32 numbers hold neither NaN nor infinity."""
    if _library is None:
        return math.isfinite(sum(numbers))
    address, length = numbers.buffer_info()
    return bool(_library.all_finite(address, length))
