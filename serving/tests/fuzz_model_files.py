"""Damages model files at random and loads them: whatever happens, it ends in a sentence or in a model.

`python fuzz_model_files.py SEED COUNT [LIBRARY]`; with LIBRARY, a build of evaluator.c that finds accesses
beyond its memory is used instead of the usual one. Each line names a file before it is loaded, so that the
last line tells which one ended the process.
"""

import copy
import ctypes
import hashlib
import json
import math
import pickle
import random
import struct
import sys
import tempfile
from array import array
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from model_server import native  # noqa: E402
from model_server.models.xgboost import ubjson  # noqa: E402

if __name__ == "__main__" and len(sys.argv) > 3:
    usual = native.load
    native.load = lambda name: ctypes.CDLL(sys.argv[3]) if name == "evaluator" else usual(name)

from model_server.errors import RequestError, StartError  # noqa: E402
from model_server.models import loading  # noqa: E402
from model_server.models.xgboost import library as xgboost_library  # noqa: E402
from model_server.settings import Settings  # noqa: E402

MODELS = HERE / "models_of_other_versions"
SOURCES = (
    *("3.4.1/forest.ubj", "3.4.1/softprob.ubj", "3.4.1/quantiles.ubj", "3.4.1/dropout.ubj"),
    *("3.4.1/categories.json", "3.4.1/categories-text.ubj", "3.4.1/vector-leaves.ubj", "3.4.1/linear.json"),
    *("3.4.1/pruned.ubj", "3.4.1/regressor-stopped.ubj", "2.0.3/dart.ubj", "1.7.6/forest.ubj"),
    *("1.5.2/forest-stopped.json", "1.5.2/classifier-text-labels.json", "1.0.2/pruned.json"),
)
NUMBERS = (-2147483648, -1000, -1, 0, 1, 2, 3, 5, 6, 255, 1000, 5000, 2147483647)
REALS = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-45, 3e38, 1e39)
TEXTS = ("", "x", "-1", "0", "1", "2", "4294967295", "99999999999", "1e400", "nan", "[1", "[1,2]", "[]", "{}")
MARKERS = {"b": b"i", "B": b"U", "h": b"I", "i": b"l", "q": b"L", "f": b"d", "d": b"D"}


def encoded(value: object) -> bytes:
    """UBJSON, as XGBoost writes it."""
    if isinstance(value, dict):
        return b"{" + b"".join(_text(key) + encoded(item) for key, item in value.items()) + b"}"
    if isinstance(value, array):
        swapped = array(value.typecode, value)
        swapped.byteswap()
        return b"[$" + MARKERS[value.typecode] + b"#L" + struct.pack(">q", len(value)) + swapped.tobytes()
    if isinstance(value, list):
        return b"[#L" + struct.pack(">q", len(value)) + b"".join(map(encoded, value))
    if isinstance(value, bool) or value is None:
        return {True: b"T", False: b"F", None: b"Z"}[value]
    if isinstance(value, int):
        return b"L" + struct.pack(">q", max(-(2**63), min(value, 2**63 - 1)))
    if isinstance(value, float):
        return b"D" + struct.pack(">d", value)
    return b"S" + _text(value)


def _text(value: str) -> bytes:
    content = value.encode()
    return b"L" + struct.pack(">q", len(content)) + content


class Damage:
    """One way after another to damage a document, the same for the same seed."""

    def __init__(self, seed: int):
        self.chance = random.Random(seed)

    def document(self, document: dict) -> dict:
        document = copy.deepcopy(document)
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            self.one(document)
        return document

    def one(self, node: dict) -> None:
        """Walk down to some place, and change what is there."""
        while True:
            keys = list(node) if isinstance(node, dict) else range(len(node))
            if not keys:
                return
            key = self.chance.choice(keys)
            below = node[key]
            is_container = isinstance(below, dict | list | array) and len(below)
            if is_container and self.chance.random() < 0.93:
                node = below
                continue
            self.change(node, key)
            return

    def change(self, node: dict | list | array, key: object) -> None:
        chance, value = self.chance, node[key]
        kind = chance.random()
        if isinstance(node, array):
            if kind < 0.75:
                choice = REALS if node.typecode in "fd" else (*NUMBERS, len(node), len(node) - 1)
                try:
                    node[key] = chance.choice(choice)
                except OverflowError:
                    node[key] = 1
            elif kind < 0.9:
                del node[key:]
            else:
                node.append(node[key])
        elif kind < 0.1:
            del node[key]
        elif kind < 0.2 and isinstance(node, list):
            node.append(copy.deepcopy(value))
        elif kind < 0.3:
            node[key] = chance.choice((None, {}, [], "", 0, True, 1.5, array("i", [0]), {"a": [[]]}))
        elif kind < 0.36 and isinstance(node, dict):
            node[f"{key}_of_another_version"] = node.pop(key)
        elif isinstance(value, str):
            node[key] = chance.choice(TEXTS)
        elif isinstance(value, float):
            node[key] = chance.choice(REALS)
        elif isinstance(value, int):
            node[key] = chance.choice((*NUMBERS, value + 1, value - 1))
        elif isinstance(value, array) and kind < 0.6:
            node[key] = array(value.typecode)
        else:
            node[key] = list(value or ())

    def content(self, content: bytes) -> bytes:
        """Bytes instead of what they mean."""
        content = bytearray(content)
        for _ in range(self.chance.choice((1, 1, 2, 5))):
            place = self.chance.randrange(len(content))
            kind = self.chance.random()
            if kind < 0.6:
                content[place] = self.chance.choice((0, 1, 127, 128, 255, *b"{}[]$#LSUildDTFZ"))
            elif kind < 0.8:
                del content[place : place + self.chance.choice((1, 4, 8, 100))]
            else:
                content[place:place] = content[place : place + self.chance.choice((1, 4, 8))]
        return bytes(content)


class Pickled:
    """Pickles as XGBoost's Booster does, with any content."""

    def __init__(self, content: bytes):
        self.content = content

    def __reduce__(self):
        import xgboost

        return xgboost.Booster, (), {"handle": bytearray(self.content)}


def decoded(path: Path) -> dict:
    content = path.read_bytes()
    return ubjson.decode(content) if path.suffix == ".ubj" else json.loads(content)


def damaged(damage: Damage, source: Path) -> tuple[str, bytes]:
    """The kind of damage, and what is left."""
    chance = damage.chance
    if source.suffix == ".ubj" and chance.random() < 0.25:
        return "bytes", damage.content(source.read_bytes())
    document = damage.document(decoded(source))
    if chance.random() < 0.2:
        return "pickle", pickle.dumps(Pickled(encoded({"Model": document, "Config": {}})))
    if source.suffix == ".ubj":
        return "ubj", encoded(document)
    return "json", json.dumps(document, default=list).encode()


def outcome(path: Path) -> str:
    """Load and ask; a StartError is as good as a model."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        loaded = loading.load(Settings(model_path=str(path), model_sha256=sha256, run_pickles=False))
    except StartError as error:
        return error.code
    rows = array("f", [math.nan, 1.0, -3.0, 0.0, 2.0] * 4 * loaded.feature_count)
    try:
        loaded.predict(rows[: 17 * loaded.feature_count], 17, loaded.answer_format.gives_probabilities)
    except RequestError as error:
        return error.code
    return "doubtful" if loaded.doubts else "loaded"


def main(seed: int, count: int) -> None:
    xgboost_library.set_quiet()
    damage = Damage(seed)
    outcomes = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            source = MODELS / SOURCES[number % len(SOURCES)]
            kind, content = damaged(damage, source)
            path = Path(folder) / "model.bin"
            path.write_bytes(content)
            print(f"{number}: {kind} of {source.relative_to(MODELS)}", flush=True)
            outcomes[outcome(path)] += 1
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
