"""Reads XGBoost models out of pickles without running what a pickle asks to run.

A pickle names classes and calls them. Here every name becomes an inert placeholder that only records
what it was given: nothing is imported, nothing is called. That is enough for an estimator or booster of
XGBoost, because what it has learnt is one block of bytes in XGBoost's own format.
"""

import bz2
import gzip
import io
import lzma
import math
import pickle
import struct
import zlib
from dataclasses import dataclass

from model_server.errors import StartError

DECOMPRESSORS = (
    (b"\x1f\x8b", gzip.decompress),
    (b"BZh", bz2.decompress),
    (b"\xfd7zXZ", lzma.decompress),
    (b"\x5d\x00", lzma.decompress),
    (b"\x78", zlib.decompress),
)
# A pickle of protocol 2 and later; earlier ones are text and no library has written them for years.
PICKLE_START = b"\x80"


JOBLIB_ARRAY = "joblib.numpy_pickle.NumpyArrayWrapper"
# numpy counts the size of its text types in characters of four bytes.
UNICODE_SIZE = 4
# Its types of numbers, for `struct`.
NUMBERS = {"f8": "<d", "f4": "<f", "i8": "<q", "i4": "<i"}


class Placeholder:
    """Stands for any object of the pickle."""

    origin = ""

    def __new__(cls, *arguments, **_keywords):
        self = super().__new__(cls)
        self.arguments = arguments
        self.state = {}
        return self

    def __init__(self, *_arguments, **_keywords):
        pass

    def __setstate__(self, state):
        self.state = state if isinstance(state, dict) else {}

    # Pickles of list and dict subclasses add items after making the object.
    def append(self, _item):
        pass

    def extend(self, _items):
        pass

    def __setitem__(self, _key, _value):
        pass


def _encode(text: str, encoding: str = "latin-1") -> bytes:
    return text.encode(encoding)


def _number(kind: "Placeholder", content: bytes):
    """A number of numpy's, which may stand wherever one of Python's does."""
    form = NUMBERS.get(kind.arguments[0])
    return struct.unpack(form, content)[0] if form else Placeholder()


def _reconstruct(cls, _base, _state):
    return cls()


# The few names whose value is needed, all of them for plain data. Protocol 2 uses Python 2's module names.
PLAIN_DATA = {
    ("builtins", "bytearray"): bytearray,
    ("__builtin__", "bytearray"): bytearray,
    ("builtins", "object"): object,
    ("__builtin__", "object"): object,
    ("collections", "OrderedDict"): dict,
    ("_codecs", "encode"): _encode,
    ("numpy.core.multiarray", "scalar"): _number,
    ("numpy._core.multiarray", "scalar"): _number,
    ("copyreg", "_reconstructor"): _reconstruct,
    ("copy_reg", "_reconstructor"): _reconstruct,
}


class InertUnpickler(pickle._Unpickler):
    """An unpickler that imports nothing.

    It is the one written in Python, as joblib's own is, because joblib puts arrays as raw bytes between the
    instructions, and only this one can be made to step over them.
    """

    dispatch = pickle._Unpickler.dispatch.copy()

    def __init__(self, file: io.BytesIO):
        super().__init__(file)
        self._file = file

    def find_class(self, module: str, name: str):
        plain = PLAIN_DATA.get((module, name))
        return plain or type(name, (Placeholder,), {"origin": f"{module}.{name}"})

    def persistent_load(self, _identifier):
        raise pickle.UnpicklingError("it refers to data outside of the file")

    def load_build(self) -> None:
        super().load_build()
        built = self.stack[-1]
        if getattr(built, "origin", "") == JOBLIB_ARRAY:
            self._skip_array(built.state)

    dispatch[pickle.BUILD[0]] = load_build

    def _skip_array(self, state: dict) -> None:
        kind, *size = state["dtype"].arguments[0]
        if kind == "O":
            InertUnpickler(self._file).load()
            return
        if state.get("numpy_array_alignment_bytes"):
            self._file.read(self._file.read(1)[0])
        item = int("".join(size)) * (UNICODE_SIZE if kind == "U" else 1)
        self._file.seek(item * math.prod(state["shape"]), io.SEEK_CUR)


@dataclass(frozen=True)
class PickledModel:
    """What a pickle of XGBoost holds."""

    class_name: str
    booster: bytes
    # The marker for missing values (NaN: none); None where nothing says so, as in a Booster.
    missing: float | None
    uses_best_iteration: bool


def decompressed(content: bytes) -> bytes:
    """Undo joblib's compression, if there is any."""
    for start, decompress in DECOMPRESSORS:
        if content.startswith(start):
            return decompress(content)
    return content


def is_pickle(content: bytes) -> bool:
    """Whether the content is a pickle, compressed or not."""
    return any(content.startswith(start) for start in (PICKLE_START, *(d[0] for d in DECOMPRESSORS)))


class OtherPickleError(Exception):
    """The pickle holds something that is not XGBoost's; the message is its class."""


def read(content: bytes) -> PickledModel:
    """Find the XGBoost model that the pickle holds."""
    try:
        root = InertUnpickler(io.BytesIO(decompressed(content))).load()
    except Exception as error:
        raise StartError(
            "unreadable_model", f"the pickle cannot be read: {type(error).__name__}: {error}"
        ) from None
    origin = getattr(root, "origin", type(root).__name__)
    booster = root if origin == "xgboost.core.Booster" else None
    if origin.startswith("xgboost.sklearn."):
        booster = root.state.get("_Booster")
        if booster is None:
            raise StartError("unfitted_model", f"the pickle holds a {origin} that was never fitted")
    if booster is None:
        raise OtherPickleError(origin)
    content = booster.state.get("handle") if isinstance(booster, Placeholder) else None
    if not isinstance(content, bytes | bytearray):
        raise StartError("unreadable_model", f"the {origin} in the pickle holds no trained model")
    return PickledModel(
        class_name=origin.rpartition(".")[2],
        booster=bytes(content),
        missing=_missing(root.state),
        uses_best_iteration=root is not booster,
    )


def _missing(state: dict) -> float | None:
    if "missing" not in state:
        return None
    marker = state["missing"]
    if not isinstance(marker, int | float | None):
        raise StartError("unreadable_model", "the `missing` of the estimator in the pickle is no number")
    return math.nan if marker is None else float(marker)
