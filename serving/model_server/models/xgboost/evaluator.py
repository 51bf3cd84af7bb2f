"""The fast path: `evaluator.c`, compiled when the image is built, fed with the trees of one model."""

import ctypes
import math
import weakref
from array import array

import msgspec

from model_server import native
from model_server.models.xgboost import trees, ubjson
from model_server.models.xgboost.library import Booster
from model_server.models.xgboost.trees import UnsupportedModelError

_library = native.load("evaluator")
if _library is not None:
    _library.evaluate.restype = None
    _library.evaluate.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)
    _library.make_blocks.restype = ctypes.c_void_p
    _library.make_blocks.argtypes = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    _library.forget_blocks.restype = None
    _library.forget_blocks.argtypes = (ctypes.c_void_p,)
    _library.instructions.restype = ctypes.c_int64
    _library.softmax.restype = None
    _library.softmax.argtypes = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)

# Of evaluator.c: the sets of instructions that it has code for, the best last. Each holds those before it.
INSTRUCTIONS = ("portable", "avx2", "avx512")
# How many rows go together by the better ones, and how wide they may be, as the check at the start has to
# afford enough of them.
BLOCK = 64
MAX_BLOCK_FEATURES = 15_000


def instructions() -> tuple[str, ...]:
    """Those that this processor has."""
    return INSTRUCTIONS[: _library.instructions() + 1] if _library is not None else ()


def softmax(margins: array, width: int) -> None:
    """Turn the margins of each row into the probabilities of `width` classes, in float32."""
    if _library is not None:
        _library.softmax(margins.buffer_info()[0], len(margins), width)
        return
    for start in range(0, len(margins), width):
        row = margins[start : start + width]
        powers = [math.exp(value - max(row)) for value in row]
        total = sum(powers)
        margins[start : start + width] = array("f", [power / total for power in powers])


class _Model(ctypes.Structure):
    """`Model` of evaluator.c."""

    _fields_ = (
        ("nodes", ctypes.c_void_p),
        ("roots", ctypes.c_void_p),
        ("depths", ctypes.c_void_p),
        ("groups", ctypes.c_void_p),
        ("base", ctypes.c_void_p),
        ("trees", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
        ("features", ctypes.c_int64),
        ("transform", ctypes.c_int64),
        ("blocks", ctypes.c_void_p),
        ("missing", ctypes.c_float),
    )


def _address(numbers: array) -> int:
    return numbers.buffer_info()[0]


class Evaluator:
    """Predicts as XGBoost does, to the last bit, for the models that `trees` reads."""

    name = "native"
    reason = ""

    def __init__(self, booster: Booster, missing: float, rounds: int, best: str = INSTRUCTIONS[-1]):
        """Raises UnsupportedModelError for a model it cannot claim exactness for.

        `best` is the best set of instructions that may be used.
        """
        if _library is None:
            raise UnsupportedModelError("evaluator.c is not compiled")
        self._evaluate = _library.evaluate
        document = ubjson.decode(booster.saved())
        forest = trees.read(document, rounds)
        base = _intercept(document, booster.feature_count())
        self.thresholds = forest.thresholds
        self._margins = len(base)
        self._outputs = 1 if forest.transform == trees.TRANSFORMS["multi:softmax"] else len(base)
        # C reads these in place: they must live as long as the evaluator.
        self._memory = (ctypes.create_string_buffer(forest.nodes, len(forest.nodes)), forest, base)
        self._model = self._described(forest, base, booster.feature_count(), forest.transform, missing)
        self._model_address = ctypes.addressof(self._model)
        self._model.blocks = blocks = self._blocks(forest, booster.feature_count(), best)
        # Whether many rows go by blocks.h.
        self.has_blocks = blocks is not None
        softprob = trees.TRANSFORMS["multi:softprob"]
        self._probabilities = self._described(forest, base, booster.feature_count(), softprob, missing)
        self._probabilities.blocks = blocks

    def _blocks(self, forest: trees.Forest, features: int, best: str) -> int | None:
        """The trees in the form of blocks.h, where that is faster."""
        if features > MAX_BLOCK_FEATURES:
            return None
        level = min(_library.instructions(), INSTRUCTIONS.index(best))
        blocks = _library.make_blocks(self._model_address, len(forest.nodes) // trees.NODE.size, level)
        if blocks:
            weakref.finalize(self, _library.forget_blocks, blocks)
        return blocks

    def _described(
        self, forest: trees.Forest, base: array, features: int, transform: int, missing: float
    ) -> _Model:
        return _Model(
            ctypes.addressof(self._memory[0]),
            _address(forest.roots),
            _address(forest.depths),
            _address(forest.groups),
            _address(base),
            len(forest.roots),
            len(base),
            features,
            transform,
            None,
            missing,
        )

    def values(self, rows: array, count: int) -> tuple[array, int]:
        """XGBoost's own values for `count` rows, and how many there are per row; may change `rows`."""
        values = array("f", bytes(4 * count * self._margins))
        self._evaluate(self._model_address, rows.buffer_info()[0], count, values.buffer_info()[0])
        if self._outputs != self._margins:
            del values[count * self._outputs :]
        return values, self._outputs

    def class_probabilities(self, rows: array, count: int) -> tuple[array, int]:
        """The probability of each class for `count` rows of a model for `multi:softmax`."""
        values = array("f", bytes(4 * count * self._margins))
        model = ctypes.addressof(self._probabilities)
        self._evaluate(model, rows.buffer_info()[0], count, values.buffer_info()[0])
        return values, self._margins


def _intercept(document: dict, feature_count: int) -> array:
    """What each output starts from: XGBoost's own answer from the model without its trees."""
    content = msgspec.json.encode(trees.without_trees(document), enc_hook=_list_of)
    margins, _ = Booster(content).predict(array("f", [math.nan]) * feature_count, 1, margin=True)
    return margins


def _list_of(numbers: array) -> list:
    return numbers.tolist()
