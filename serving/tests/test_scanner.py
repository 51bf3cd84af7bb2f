"""The scanner takes only what is right, and reads the same numbers from it as the general parser."""

import ctypes
import hashlib
import json
import math
import mmap
import random
import struct
from array import array

import msgspec
import pytest

from model_server import native
from model_server.models import loading
from model_server.protocols.open_inference import InferenceProtocol
from model_server.protocols.predict import PredictProtocol
from model_server.rows import rows, scanner
from model_server.settings import Settings

WIDTH, MAX_ROWS = 5, 1000
NUMBERS_AT_ONCE = 500
FLAT = msgspec.json.Decoder(list[rows.Feature]).decode


def middle(chance: random.Random) -> str:
    """A number right between two doubles, or next to one such: rounding cannot be harder."""
    (value,) = struct.unpack("d", struct.pack("q", chance.randrange(1 << 62)))
    if not 1e-60 < value < 1e38:
        value = chance.random()
    top, bottom = value.as_integer_ratio()
    exponent = math.frexp(value)[1] - 54
    # The middle to the next double, in decimal: exact where digits suffice, cut or lengthened elsewhere.
    top, bottom = (
        (top * 2**-exponent + bottom, bottom * 2**-exponent)
        if exponent < 0
        else (
            top + bottom * 2**exponent,
            bottom,
        )
    )
    scale = chance.choice((15, 17, 18, 19, 20, 25, 40)) - int(math.log10(value)) - 1
    digits = top * 10**scale // bottom if scale >= 0 else top // (bottom * 10**-scale)
    return f"{digits + chance.choice((-1, 0, 0, 1))}e{-scale}"


def middle_of_float32(chance: random.Random) -> str:
    """The same between two of float32, without an exponent."""
    value = array("f", [chance.choice((1, 1e-4, 1e4)) * chance.uniform(-10, 10)])[0]
    (bits,) = struct.unpack("i", struct.pack("f", value))
    (following,) = struct.unpack("f", struct.pack("i", bits + 1))
    text = f"{(value + following) / 2:.{chance.choice((8, 12, 16, 18))}f}"
    return text[:-1] + chance.choice("0159") if chance.random() < 0.5 else text


FORMS = (
    lambda chance: repr(chance.gauss(0, 1)),
    lambda chance: repr(chance.uniform(-1000, 1000)),
    lambda chance: repr(array("f", [chance.gauss(0, 100)])[0]),
    lambda chance: repr(chance.gauss(0, 1) * 10.0 ** chance.randint(-60, 37)),
    lambda chance: f"{chance.gauss(0, 1):.{chance.randint(0, 30)}f}",
    lambda chance: f"{chance.gauss(0, 1):.{chance.randint(0, 22)}e}",
    lambda chance: f"{chance.gauss(0, 1):.{chance.randint(0, 22)}E}".replace("E-0", "E-"),
    lambda chance: str(chance.randint(-(10 ** chance.randint(1, 25)), 10 ** chance.randint(1, 25))),
    lambda chance: f"{chance.randint(0, 10 ** chance.randint(1, 22))}e{chance.randint(-60, 15)}",
    lambda chance: f"{chance.randint(0, 10**6)}.{chance.randint(0, 10 ** chance.randint(1, 22))}",
    lambda chance: "0." + "0" * chance.randint(0, 30) + str(chance.randint(0, 10**17)),
    lambda chance: chance.choice(
        ("0", "-0", "-0.0", "0e5", "-0e-5", "1e0", "2E+3", "0.5", "1e-400", "7e-46")
    ),
    middle,
    middle_of_float32,
)
# Without an exponent, as most programs write them.
PLAIN = (*FORMS[1:3], FORMS[4], FORMS[7], FORMS[9], FORMS[10], middle_of_float32)
VECTORS = [False, True] if scanner.HAS_VECTORS else [False]


def some_numbers(chance: random.Random) -> list[str]:
    forms = chance.choice((FORMS, PLAIN))
    return [chance.choice(forms)(chance) for _ in range(NUMBERS_AT_ONCE)]


def reads(typecode: str = "f", gaps: bool = False, vectors: bool = True) -> scanner.Scanner:
    return scanner.Scanner(WIDTH, MAX_ROWS * WIDTH, rows.FLOAT32_LIMIT, typecode, gaps, vectors)


@pytest.mark.parametrize("vectors", VECTORS)
@pytest.mark.parametrize("typecode", ["f", "d"])
def test_reads_the_same_numbers(request, typecode, vectors):
    chance, reader = random.Random(typecode), reads(typecode, vectors=vectors)
    taken = 0
    for _ in range(request.config.getoption("numbers") // NUMBERS_AT_ONCE):
        numbers = some_numbers(chance)
        text = f"[{chance.choice((',', ', '))[:2].join(numbers)}]".encode()
        expected = array(typecode, FLAT(text))
        values, end = reader.scan(text, 0)
        taken += len(values)
        assert end == len(text)
        if values.tobytes() != expected.tobytes():
            wrong = [n for n, a, b in zip(numbers, values, expected, strict=True) if repr(a) != repr(b)]
            raise AssertionError(f"read differently: {wrong}")
    assert taken > 10_000


@pytest.mark.parametrize("vectors", VECTORS)
def test_doubles_are_the_nearest(vectors):
    """Python's own conversion as a second judge."""
    chance, reader = random.Random(2), reads("d", vectors=vectors)
    for _ in range(100):
        numbers = some_numbers(chance)
        values, _ = reader.scan(f"[{','.join(numbers)}]".encode(), 0)
        assert list(values) == [float(number) for number in numbers]


class Guarded:
    """Memory that ends where the next page may not be touched: one byte too far ends the process."""

    def __init__(self, size: int):
        pages = -(-size // mmap.PAGESIZE) + 1
        self._memory = mmap.mmap(-1, pages * mmap.PAGESIZE)
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._end = self._start + (pages - 1) * mmap.PAGESIZE
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        assert protect(self._end, mmap.PAGESIZE, 0) == 0

    def place(self, content: bytes) -> int:
        ctypes.memmove(self._end - len(content), content, len(content))
        return self._end - len(content)


def mutated(text: bytes, chance: random.Random) -> bytes:
    """The text with some of its bytes exchanged, doubled or lost, or cut off."""
    changed = bytearray(text)
    for _ in range(chance.randint(0, 3)):
        place = chance.randrange(len(changed) + 1)
        changed[place : place + chance.randint(0, 2)] = bytes(
            chance.choices(b'[],.-+eE0159 \tn{}"\0\xff', k=chance.randint(0, 2))
        )
    return bytes(changed[: chance.choice((len(changed), chance.randrange(len(changed) + 1)))])


def sample_text(chance: random.Random) -> bytes:
    numbers = [chance.choice((*FORMS, lambda _: "null"))(chance) for _ in range(WIDTH * chance.randint(0, 3))]
    if chance.random() < 0.5:
        return f"[{', '.join(numbers)}]".encode()
    grouped = [numbers[start : start + WIDTH] for start in range(0, len(numbers), WIDTH)]
    return f"[{','.join(f'[{chr(44).join(group)}]' for group in grouped)}]".encode()


@pytest.mark.parametrize("vectors", VECTORS)
def test_takes_nothing_that_is_wrong_and_touches_nothing_beyond(request, vectors):
    chance = random.Random(3)
    library = native.load("scanner")
    library.scan.restype = ctypes.c_int64
    text_memory, value_memory = Guarded(1 << 16), Guarded(1 << 16)
    readers = {gaps: reads(gaps=gaps, vectors=vectors) for gaps in (False, True)}
    stop = ctypes.c_int64()
    taken = refused = 0
    for _ in range(request.config.getoption("numbers") // 10):
        text = mutated(sample_text(chance), chance)
        gaps = chance.random() < 0.5
        room = chance.choice((0, 1, WIDTH, 2 * WIDTH, 100))
        values = value_memory.place(bytes(4 * room))
        count = library.scan(
            ctypes.c_void_p(readers[gaps]._format_address),
            ctypes.c_void_p(text_memory.place(text)),
            ctypes.c_int64(0),
            ctypes.c_int64(len(text)),
            ctypes.c_void_p(values),
            ctypes.c_int64(room),
            ctypes.byref(stop),
        )
        if count < 0:
            refused += 1
            continue
        taken += 1
        # Whatever follows the list is judged by whoever called.
        found = array("f", ctypes.string_at(values, 4 * count))
        assert found.tobytes() == generally(text[: stop.value], gaps).tobytes(), text
    assert min(taken, refused) > 100


def generally(text: bytes, gaps: bool) -> array:
    feature = rows.Feature | None if gaps else rows.Feature
    if text.lstrip()[1:].lstrip()[:1] == b"[":
        nested = msgspec.json.decode(text, type=list[list[feature]])
        assert all(len(row) == WIDTH for row in nested)
        return rows.to_array([value for row in nested for value in row], "f")
    return rows.to_array(msgspec.json.decode(text, type=list[feature]), "f")


USUAL = [
    b"[1,2,3,4,5]",
    b" [ 1 , 2.5 ,\n-3e0\t, 4 , 5 ] ",
    b"[[1,2,3,4,5],[1,2,3,4,5]]",
    b"[ [ 1,2,3,4,5 ] , [1,2,3,4,5] ]",
    b"[" + b"1," * 4095 + b"1]",
    b"[" + b"1," * 4999 + b"1]",
]


@pytest.mark.parametrize("vectors", VECTORS)
@pytest.mark.parametrize("text", USUAL)
def test_takes_the_usual(text, vectors):
    assert reads(vectors=vectors).scan(text, 0) is not None


NOT_TAKEN = [
    *(
        b"",
        b"[",
        b"[]",
        b"[[]]",
        b"1",
        b"{}",
        b"[1",
        b"[1,",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[[1,2,3,4,5]",
        b"[nul]",
    ),
    *(
        b"[[1,2,3,4]]",
        b"[[1,2,3,4,5,6]]",
        b"[[1,2,3,4,5],[1,2,3,4]]",
        b"[1,[2]]",
        b"[[1,2,3,4,5],1]",
        b"[[[1]]]",
    ),
    *(
        b"[01]",
        b"[-01]",
        b"[00]",
        b"[+1]",
        b"[.5]",
        b"[1.]",
        b"[1.e3]",
        b"[1e]",
        b"[1e+]",
        b"[--1]",
        b"[-]",
        b"[0x1]",
    ),
    *(
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b"[inf]",
        b"[null]",
        b"[true]",
        b'["1"]',
        b"[1_0]",
        b"[1f]",
        b"[1,\xa01]",
    ),
    *(b"[1e39]", b"[-1e39]", b"[1e400]", b"[3.4028235677973366e38]", b"[1e99999]", b"[" + b"1" * 65 + b"]"),
    *(b"[1\0]", b"\xef\xbb\xbf[1]", b"[1]"[:2], b"[" + b"1," * 5000 + b"1]"),
]


@pytest.mark.parametrize("text", NOT_TAKEN)
def test_leaves_the_rest_to_others(text):
    assert reads().scan(text, 0) is None


WRONG = [
    *(
        b"",
        b" ",
        b"-",
        b".",
        b"/",
        b"-.5",
        b".5",
        b"1.",
        b"-1.",
        b"01",
        b"-01",
        b"00",
        b"01.5",
        b"-00.5",
        b"+1.5",
    ),
    *(
        b"1.2.3",
        b"1..2",
        b"1-2",
        b"1.5-",
        b"1.-5",
        b"--1",
        b"-/1",
        b"1/2",
        b"1.5/",
        b"1 2",
        b"1.5 1.5",
        b"1.5\0",
    ),
    *(b"1e", b"1.5e", b"0x1", b"1_0", b"nul", b"null", b'"1"', b"[1]", b"1:2", b"1.\xb2", b"\xb1.5"),
    *(b"1" * 65, b"0" * 30 + b"1.5", b"1." + b"0" * 70),
]


def around(wrong: bytes) -> bytes:
    """So long a list that better instructions are used, with something wrong between its numbers."""
    usual = b", ".join([b"1.25"] * 40)
    return b"[" + usual + b", " + wrong + b", " + usual + b"]"


@pytest.mark.parametrize("vectors", VECTORS)
@pytest.mark.parametrize("wrong", WRONG)
def test_leaves_it_to_others_also_between_numbers(wrong, vectors):
    assert reads(vectors=vectors).scan(around(b"7"), 0) is not None
    assert reads(vectors=vectors).scan(around(wrong), 0) is None


def test_null_is_taken_where_it_may_be_missing():
    values, _ = reads(gaps=True).scan(b"[1,null, null ,2]", 0)
    assert [math.isnan(value) for value in values] == [False, True, True, False]
    assert reads(gaps=True).scan(b"[nul", 0) is None


def other_spellings(document: dict) -> list[bytes]:
    text = json.dumps(document)
    return [text.encode(), text.replace(" ", "").encode(), json.dumps(document, indent=1).encode()]


def test_both_protocols_use_it(breast_cancer, golden):
    sha256 = hashlib.sha256(breast_cancer.read_bytes()).hexdigest()
    settings = Settings(model_path=str(breast_cancer), model_sha256=sha256)
    loaded = loading.load(settings)
    many, row = golden["features"], golden["features"][0]
    plain = PredictProtocol(loaded, settings)
    plain._decode = None
    for document in ({"features": row}, {"instances": many}, {"instances": many, "probabilities": True}):
        for body in other_spellings(document):
            assert plain.predict(body)[1] in (1, len(many))
    inference = InferenceProtocol(loaded, settings)
    inference._decode_flat = inference._decode_nested = None
    tensor = {"name": "x", "shape": [len(many), len(row)], "datatype": "FP32"}
    for data in (many, [value for row in many for value in row]):
        for body in other_spellings({"id": "1", "inputs": [tensor | {"data": data}]}):
            assert json.loads(inference.infer(body, None)[0])["outputs"][0]["data"] == golden["predictions"]


ONES = f"[{', '.join(['1.0'] * 30)}]"
HEAD = '"name": "x", "shape": [1, 30], "datatype": "FP32"'
# What looks like the values of the tensor, but is none of them; or what the values hide.
MISLEADING = {
    "in the parameters": f'{{"inputs": [{{{HEAD}, "parameters": {{"data": {ONES}}}}}]}}',
    "in both": f'{{"inputs": [{{{HEAD}, "parameters": {{"data": {ONES}}}, "data": 0}}]}}',
    "twice": f'{{"inputs": [{{{HEAD}, "data": {ONES}, "data": {ONES}}}]}}',
    "at the top": f'{{"data": {ONES}, "inputs": []}}',
    "before a key that appears twice": f'{{"inputs": [{{"data": {ONES}, "name": "y", {HEAD}}}]}}',
}


@pytest.mark.parametrize("name", MISLEADING)
def test_is_not_misled(server, name):
    answer = server.post_bytes("/v2/models/breast-cancer/infer", MISLEADING[name].encode())
    assert answer.status in (400, 422), answer.content


@pytest.mark.parametrize(
    "name",
    ['\\"data\\": [1, 2', '", "data": [1, 2'],
)
def test_text_that_looks_like_values_stays_text(server, golden, name):
    tensor = {"name": "x", "shape": [1, 30], "datatype": "FP32", "data": golden["features"][0]}
    document = {"id": name, "inputs": [tensor]}
    answer = server.post("/v2/models/breast-cancer/infer", document)
    assert (answer.json["id"], answer.json["outputs"][0]["data"]) == (name, golden["predictions"][:1])
