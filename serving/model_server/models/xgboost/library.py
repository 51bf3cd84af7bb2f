"""XGBoost's C library through ctypes.

The Python package of the same name is not imported: it would bring numpy and scipy, tens of megabytes
and most of a second, for the dozen C functions that are needed here.
"""

import ctypes
import importlib.util
import json
import math
import re
from array import array
from pathlib import Path

from model_server.errors import StartError

SOURCE_PLACE = re.compile(r"^\[[\d:]+\] \S+:\d+: ")

Pointer = ctypes.c_void_p
Length = ctypes.c_uint64


def _load() -> ctypes.CDLL:
    package = importlib.util.find_spec("xgboost")
    if package is None or not package.submodule_search_locations:
        raise StartError("no_xgboost", "XGBoost is not installed")
    path = Path(package.submodule_search_locations[0]) / "lib" / "libxgboost.so"
    library = ctypes.CDLL(str(path))
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library


_library = _load()


class XGBoostError(Exception):
    """XGBoost's C library refused; the message is its own, without its stack trace."""


def _check(status: int) -> None:
    if status != 0:
        lines = _library.XGBGetLastError().decode(errors="replace").strip().splitlines()
        # "[time] file:line: message": the place in XGBoost's source says nothing about the model.
        raise XGBoostError(SOURCE_PLACE.sub("", lines[0]) if lines else "unknown error")


def version() -> str:
    """The version of the C library."""
    numbers = [ctypes.c_int() for _ in range(3)]
    _library.XGBoostVersion(*(ctypes.byref(number) for number in numbers))
    return ".".join(str(number.value) for number in numbers)


def set_quiet() -> None:
    """Keep XGBoost's own messages off standard output, where each line is a JSON document."""
    _check(_library.XGBSetGlobalConfig(b'{"verbosity": 0}'))


# Also where a pickle of another library brings its own use of this one.
set_quiet()


class Booster:
    """A trained model inside XGBoost's library."""

    def __init__(self, content: bytes, *, pickled: bool = False):
        """Load `content`: what a pickle holds, or a model file (json or ubj)."""
        self._handle = Pointer()
        _check(_library.XGBoosterCreate(None, Length(0), ctypes.byref(self._handle)))
        if pickled:
            _check(_library.XGBoosterUnserializeFromBuffer(self._handle, content, Length(len(content))))
        else:
            _check(_library.XGBoosterLoadModelFromBuffer(self._handle, content, Length(len(content))))
        # More threads than the container has cores make a single row slower by an order of magnitude.
        _check(_library.XGBoosterSetParam(self._handle, b"nthread", b"1"))
        # Linear models have no prediction in place, only through XGBoost's own matrix.
        self.is_linear = self.configuration()["learner"]["gradient_booster"]["name"] == "gblinear"

    def __del__(self):
        if self._handle:
            _library.XGBoosterFree(self._handle)

    def feature_count(self) -> int:
        """How many features a row has."""
        count = Length()
        _check(_library.XGBoosterGetNumFeature(self._handle, ctypes.byref(count)))
        return count.value

    def feature_info(self, kind: str) -> list[str]:
        """`feature_name` or `feature_type` of each feature; empty if the model does not know."""
        count = Length()
        texts = ctypes.POINTER(ctypes.c_char_p)()
        _check(
            _library.XGBoosterGetStrFeatureInfo(
                self._handle, kind.encode(), ctypes.byref(count), ctypes.byref(texts)
            )
        )
        return [texts[index].decode() for index in range(count.value)]

    def attribute(self, name: str) -> str | None:
        """An attribute that training left in the model."""
        text = ctypes.c_char_p()
        found = ctypes.c_int()
        _check(
            _library.XGBoosterGetAttr(self._handle, name.encode(), ctypes.byref(text), ctypes.byref(found))
        )
        return text.value.decode() if found.value else None

    def configuration(self) -> dict:
        """XGBoost's own description of the loaded model."""
        length = Length()
        text = ctypes.c_char_p()
        _check(_library.XGBoosterSaveJsonConfig(self._handle, ctypes.byref(length), ctypes.byref(text)))
        return json.loads(text.value)

    def saved(self, format: str = "ubj") -> bytes:
        """The model as XGBoost writes it to a file."""
        length = Length()
        content = ctypes.POINTER(ctypes.c_char)()
        _check(
            _library.XGBoosterSaveModelToBuffer(
                self._handle,
                json.dumps({"format": format}).encode(),
                ctypes.byref(length),
                ctypes.byref(content),
            )
        )
        return ctypes.string_at(content, length.value)

    def predict(
        self,
        rows: array,
        count: int,
        *,
        missing: float = math.nan,
        rounds: int = 0,
        margin: bool = False,
    ) -> tuple[array, int]:
        """Predict `count` rows given one after the other as float32.

        Returns the values as float32, one row after the other, and how many there are per row.
        `rounds` limits the boosting rounds that take part (0: all of them).
        """
        interface = _array_interface(rows, count)
        options = {
            "type": 1 if margin else 0,
            "training": False,
            "iteration_begin": 0,
            "iteration_end": rounds,
            "missing": missing,
            "strict_shape": True,
            "cache_id": 0,
        }
        options_text = json.dumps(options).encode()
        shape = ctypes.POINTER(Length)()
        dimensions = Length()
        result = ctypes.POINTER(ctypes.c_float)()
        out = (ctypes.byref(shape), ctypes.byref(dimensions), ctypes.byref(result))
        if self.is_linear:
            matrix = Pointer()
            creation = json.dumps({"missing": missing, "nthread": 1}).encode()
            _check(_library.XGDMatrixCreateFromDense(interface, creation, ctypes.byref(matrix)))
            try:
                _check(_library.XGBoosterPredictFromDMatrix(self._handle, matrix, options_text, *out))
            finally:
                _library.XGDMatrixFree(matrix)
        else:
            _check(_library.XGBoosterPredictFromDense(self._handle, interface, options_text, None, *out))
        total = math.prod(shape[axis] for axis in range(dimensions.value))
        values = array("f")
        values.frombytes(ctypes.string_at(result, total * values.itemsize))
        return values, total // count


def _array_interface(rows: array, count: int) -> bytes:
    address, length = rows.buffer_info()
    return json.dumps(
        {"data": [address, True], "shape": [count, length // count], "typestr": "<f4", "version": 3}
    ).encode()
