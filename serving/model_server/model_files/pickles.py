"""Reads XGBoost models out of pickles without running what a pickle asks to run.

A pickle names classes and calls them. Here every name becomes an inert placeholder that only records
what it was given: nothing is imported, nothing is called. That is enough for an estimator or booster of
XGBoost, because what it has learnt is one block of bytes in XGBoost's own format.
"""

import io
import math
import pickle
import struct
from dataclasses import dataclass

from model_server.model_files.compression import STARTS, decompressed, is_plain_pickle

JOBLIB_ARRAY = "joblib.numpy_pickle.NumpyArrayWrapper"
# numpy counts the size of its text types in characters of four bytes.
UNICODE_SIZE = 4
# Of the arrays beside a model only its labels are of interest.
MAX_KEPT_ARRAY_BYTES = 1 << 20
# Its types of numbers, for `struct`.
NUMBERS = {"f8": "<d", "f4": "<f", "i8": "<q", "i4": "<i"}
ITEMS = {
    **{"f8": "d", "f4": "f", "i8": "q", "i4": "i", "i2": "h", "i1": "b"},
    **{"u8": "Q", "u4": "I", "u2": "H", "u1": "B", "b1": "?"},
}


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

    # What is made by a function that was made itself, as cloudpickle and dill make those they take along.
    def __call__(self, *_arguments, **_keywords):
        return Placeholder()

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
    format = NUMBERS.get(kind.arguments[0])
    return struct.unpack(format, content)[0] if format else Placeholder()


def _reconstruct(cls, _base, _state):
    return cls()


class Array(Placeholder):
    """An array of numpy's: what it holds is decoded only if somebody asks for it."""

    origin = "numpy.ndarray"

    def __setstate__(self, state):
        self.state = state

    def values(self) -> list:
        """Its items in one row, as Python's own. Raises ValueError for types that are of no use here."""
        _version, _shape, dtype, _fortran, content = self.state
        kind, order = dtype.arguments[0], (dtype.described or (0, "<"))[1]
        return items(kind, order, content)


class DataType(Placeholder):
    """A type of numpy's; `described` holds its order of bytes, among other things."""

    origin = "numpy.dtype"
    described = ()

    def __setstate__(self, state):
        self.described = state


def items(kind: str, order: str, content: bytes | list) -> list:
    """The items of an array of this type."""
    if isinstance(content, list):
        return content
    if kind[:1] == "U":
        size = int(kind[1:]) * UNICODE_SIZE
        codec = "utf-32-be" if order == ">" else "utf-32-le"
        starts = range(0, len(content), size) if size else ()
        return [content[start : start + size].decode(codec).rstrip("\0") for start in starts]
    code = ITEMS.get(kind)
    if code is None or len(content) % struct.calcsize(f"={code}"):
        raise ValueError(f"an array of {kind}")
    count = len(content) // struct.calcsize(f"={code}")
    return list(struct.unpack(f"{'>' if order == '>' else '<'}{count}{code}", content))


def _named_type(name: str):
    """A type of Python's own, as dill names it."""
    return {"bytearray": bytearray, "object": object}.get(name) or type(
        name, (Placeholder,), {"origin": f"builtins.{name}"}
    )


# The few names whose value is needed, all of them for plain data. Protocol 2 uses Python 2's module names.
PLAIN_DATA = {
    ("builtins", "bytearray"): bytearray,
    ("__builtin__", "bytearray"): bytearray,
    ("builtins", "object"): object,
    ("__builtin__", "object"): object,
    ("collections", "OrderedDict"): dict,
    ("_codecs", "encode"): _encode,
    ("dill._dill", "_load_type"): _named_type,
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
        # The packages of which it names something.
        self.packages: set[str] = set()

    def find_class(self, module: str, name: str):
        self.packages.add(module.partition(".")[0])
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return Array
        if (module, name) == ("numpy", "dtype"):
            return DataType
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
        dtype = state["dtype"]
        kind, *size = dtype.arguments[0]
        if kind == "O":
            state["items"] = InertUnpickler(self._file).load()
            return
        if state.get("numpy_array_alignment_bytes"):
            self._file.read(self._file.read(1)[0])
        length = int("".join(size)) * (UNICODE_SIZE if kind == "U" else 1) * math.prod(state["shape"])
        if length > MAX_KEPT_ARRAY_BYTES:
            self._file.seek(length, io.SEEK_CUR)
        else:
            state["content"] = self._file.read(length)


@dataclass(frozen=True)
class Pickle:
    """What a pickle holds."""

    # The outermost object, and its class; both empty for a pickle that cannot be read without running it.
    root: object
    class_name: str
    # The packages of which it names something.
    packages: frozenset[str]
    # Why it cannot be read; else empty.
    unreadable: str = ""


def is_pickle(content: bytes) -> bool:
    """Whether the content is a pickle, compressed or not."""
    return content.startswith(STARTS) or is_plain_pickle(content)


def read(content: bytes) -> Pickle:
    """Read a pickle, compressed or not."""
    unpickler = InertUnpickler(io.BytesIO(decompressed(content)))
    try:
        root = unpickler.load()
    except Exception as error:
        return Pickle(None, "", frozenset(unpickler.packages), f"{type(error).__name__}: {error}")
    class_name = getattr(root, "origin", type(root).__name__)
    return Pickle(root, class_name, frozenset(unpickler.packages))
