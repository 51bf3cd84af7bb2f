"""What a client sends is repeated in part at most, and limits hold to the byte."""

import json
import struct

import pytest

from tests.wire import Wire

ROW = [1.0] * 30
LONG = "long" * 5000
INFER = "/v2/models/breast-cancer/infer"
# Of any answer that refuses, and of any line of the log, in bytes.
SHORT = 1500
# Characters of UTF-8 have four bytes, and escapes of JSON six.
ALSO_SHORT = 5 * SHORT


def tensor(**changes) -> dict:
    given = {"name": "x", "shape": [1, 30], "datatype": "FP32", "data": ROW} | changes
    return {name: value for name, value in given.items() if value is not None}


def infer(document: dict) -> tuple[str, dict]:
    return INFER, {"inputs": [tensor()], **document}


# A request that says too much, the code of the refusal and, where it names one, the field.
BODIES = {
    "a shape of a million numbers": (
        infer({"inputs": [tensor(shape=[1] * 1_300_000)]}),
        ("wrong_shape", "inputs[0].shape"),
    ),
    "a shape of a huge number": (
        infer({"inputs": [tensor(shape=[1, 10**4000])]}),
        ("wrong_shape", "inputs[0].shape"),
    ),
    "a type": (infer({"inputs": [tensor(datatype=LONG)]}), ("wrong_datatype", "inputs[0].datatype")),
    "a model's name": (infer({"model_name": LONG}), ("wrong_model", "model_name")),
    "a model's version": (infer({"model_version": LONG}), ("wrong_model", "model_version")),
    "an output": (infer({"outputs": [{"name": LONG}]}), ("unknown_output", "outputs[0].name")),
    "a size": (
        infer({"inputs": [tensor(data=None, parameters={"binary_data_size": LONG})]}),
        ("malformed", "inputs[0].parameters.binary_data_size"),
    ),
    "an unknown field": (infer({LONG: 1}), ("invalid_value", LONG[:100])),
    "an unknown field of the tensor": (
        infer({"inputs": [tensor(**{LONG: 1})]}),
        ("invalid_value", f"inputs[0].{LONG[:100]}"),
    ),
    "an unknown key": (("/predict", {"features": ROW, LONG: 1}), ("invalid_value", LONG[:100])),
    "a text for a number": (("/predict", {"features": [*ROW[1:], LONG]}), ("invalid_value", "features[29]")),
    "emojis": (infer({"model_name": "😀" * 5000}), ("wrong_model", "model_name")),
    "control characters": (infer({"model_name": "\0" * 5000}), ("wrong_model", "model_name")),
}


@pytest.fixture(scope="module")
def told(breast_cancer):
    """A server that logs every request."""
    from conftest import start

    running = start(breast_cancer, model_name="breast-cancer", log_sample=1)
    yield running
    running.process.kill()
    running.process.wait()


def line_of(server) -> dict:
    """What the log says of the last request."""
    line = server.process.stdout.readline()
    assert len(line.encode()) < ALSO_SHORT
    return json.loads(line)


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_not_repeated(told, name):
    (path, document), (code, field) = BODIES[name]
    answer = told.post(path, document)
    assert (answer.json["code"], answer.json.get("field")) == (code, field)
    assert len(answer.json["error"]) <= 1000
    assert len(answer.content) < ALSO_SHORT
    entry = line_of(told)
    assert (entry["status"], entry["code"], entry.get("field")) == (answer.status, code, field)


def test_a_key_given_twice_is_not_repeated(told):
    answer = told.post_bytes(
        INFER, b'{"inputs": [], "parameters": {"%s": 1, "%s": 2}}' % ((LONG.encode(),) * 2)
    )
    assert (answer.status, answer.json["field"]) == (400, LONG[:100])
    assert len(answer.content) < SHORT
    assert line_of(told)["field"] == LONG[:100]


HEADERS = {
    "a path": (f"GET /{LONG}", {}, 404),
    "a path of escapes": ("GET /" + "%41" * 5000, {}, 404),
    "a path of emojis": ("GET /" + "%F0%9F%98%80" * 2000, {}, 404),
    "a path that is no UTF-8": ("GET /" + "%ff" * 5000, {}, 404),
    "a query": (f"GET /v2/nowhere?{LONG}", {}, 404),
    "a method": ("OPTIONS /predict", {"x": LONG}, 405),
    "a media type": ("POST /predict", {"content-type": LONG}, 415),
    "a charset": ("POST /predict", {"content-type": f"application/json; charset={LONG}"}, 415),
    "a compression": ("POST /predict", {"content-encoding": LONG}, 415),
    "a length of tensors": (f"POST {INFER}", {"inference-header-content-length": "1" * 20_000}, 400),
    "a request id": ("GET /v2/nowhere", {"x-request-id": LONG}, 404),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_are_not_repeated(told, name):
    begin, headers, status = HEADERS[name]
    lines = "".join(f"{header}: {value}\r\n" for header, value in {"host": "x", **headers}.items())
    with Wire(told) as wire:
        wire.send(f"{begin} HTTP/1.1\r\n{lines}content-length: 0\r\n\r\n".encode())
        answer = wire.response()
    assert answer.status == status
    assert len(answer.content) < SHORT
    assert sum(len(header) + len(value) for header, value in answer.headers.items()) < SHORT
    entry = line_of(told)
    assert entry["status"] == status
    assert len(entry["path"]) <= 100
    assert len(told.get("/metrics").content) < 20_000
    line_of(told)


def test_what_is_asked_for_by_the_protocol_comes_back_whole(told):
    """The id is the client's own, and the protocol has it repeated."""
    answer = told.post(*infer({"id": "[" * 12_000 + LONG}))
    assert answer.json["id"] == "[" * 12_000 + LONG
    line_of(told)


@pytest.mark.parametrize("brackets", [12_000, 100_000])
def test_brackets_of_a_text_are_no_rows(told, brackets):
    text = '"[' * brackets
    answer = told.post(*infer({"parameters": {"note": text, text: 1}}))
    assert answer.status == 200, answer.content
    line_of(told)


MAX_BODY_BYTES = 20_000
PREDICT = json.dumps({"features": ROW}).encode()


@pytest.fixture(scope="module")
def limited(breast_cancer):
    from conftest import start

    running = start(breast_cancer, model_name="breast-cancer", max_body_bytes=MAX_BODY_BYTES)
    running.ignore_log()
    yield running
    assert running.stop() == 0


def in_chunks(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def head(body: bytes, *headers: bytes, length: bytes | None = None, path: bytes = b"/predict") -> bytes:
    lines = headers or (b"content-length: " + (length or b"%d" % len(body)),)
    return b"\r\n".join((b"POST %s HTTP/1.1" % path, b"host: x", *lines, b"", b""))


CHUNKED = b"transfer-encoding: chunked"
# How a body of this length comes, in pieces that are sent one after the other.
WAYS = {
    "at once": lambda body: [head(body) + body],
    "in two pieces": lambda body: [head(body) + body[:-1], body[-1:]],
    "with zeros before its length": lambda body: [head(body, length=b"%030d" % len(body)) + body],
    "with many zeros before its length": lambda body: [head(body, length=b"%09000d" % len(body)) + body],
    "in one chunk": lambda body: [head(body, CHUNKED) + in_chunks(body, len(body))],
    "in chunks of a byte": lambda body: [head(body, CHUNKED) + in_chunks(body, 1)],
    "in chunks and pieces": lambda body: [
        head(body, CHUNKED),
        in_chunks(body, 4096)[:5000],
        in_chunks(body, 4096)[5000:],
    ],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)])
def test_the_largest_body(limited, way, size, status):
    body = PREDICT + b" " * (size - len(PREDICT))
    with Wire(limited) as wire:
        for piece in WAYS[way](body):
            wire.send(piece)
        answer = wire.response()
    assert answer.status == status, answer.content
    assert answer.json.get("code") == (None if status == 200 else "too_large")


@pytest.mark.parametrize(("beyond", "status"), [(0, 200), (1, 413)])
def test_the_largest_body_with_tensors(limited, beyond, status):
    rows = 160
    document = {"inputs": [tensor(shape=[rows, 30], data=None, parameters={"binary_data_size": rows * 120})]}
    text, binary = json.dumps(document).encode(), struct.pack("<30f", *ROW) * rows
    text += b" " * (MAX_BODY_BYTES + beyond - len(text) - len(binary))
    answer = limited.request(
        "POST", INFER, text + binary, {"Inference-Header-Content-Length": str(len(text))}
    )
    assert answer.status == status, answer.content


ROWS = 3
SIZE = ROWS * 120


@pytest.mark.parametrize("declared", [SIZE - 4, SIZE - 1, SIZE + 1, SIZE + 4])
@pytest.mark.parametrize("length", [0, -1, 1])
def test_tensors_have_the_size_that_is_declared(told, declared, length):
    """In its parameter, by its shape, and by where the document ends: all three agree, or it is refused."""
    document = {"inputs": [tensor(shape=[ROWS, 30], data=None, parameters={"binary_data_size": declared})]}
    text = json.dumps(document).encode()
    for given in (SIZE, declared):
        answer = told.post_tensors(INFER, document, b"\0" * given, len(text) + length)
        assert answer.status in (400, 422), answer.content
        assert answer.json["code"] in ("malformed", "wrong_length")
        line_of(told)
    document["inputs"][0]["parameters"]["binary_data_size"] = SIZE
    answer = told.post_tensors(INFER, document, b"\0" * SIZE)
    assert len(answer.json["outputs"][0]["data"]) == ROWS
    line_of(told)


# Keys that are one key, and such as only look like it.
TWICE = {
    "escaped": ('"a"', '"\\u0061"', True),
    "a quote": ('"[\\"]"', '"[\\u0022]"', True),
    "a bracket": ('"[1]"', '"\\u005b1]"', True),
    "numbers in brackets": ('"[1]"', '"[2]"', False),
    "a backslash": ('"\\\\"', '"\\u005c"', True),
    "a backslash before a quote": ('"\\\\\\""', '"\\\\"', False),
    "capitals": ('"a"', '"A"', False),
    "one character or two": ('"\\u00e9"', '"e\\u0301"', False),
}


@pytest.mark.parametrize("padding", ["", '"p": "' + "x" * 2000 + '", '])
@pytest.mark.parametrize("name", TWICE)
def test_keys_are_the_same_however_they_are_written(told, name, padding):
    first, second, same = TWICE[name]
    parameters = f"{{{padding}{first}: 1, {second}: 2}}"
    inputs = json.dumps([tensor()])
    answer = told.post_bytes(INFER, f'{{"inputs": {inputs}, "parameters": {parameters}}}'.encode())
    assert answer.status == (400 if same else 200), answer.content
    assert answer.json.get("code") == ("malformed" if same else None)
    line_of(told)


# Values that nobody looks at before the shape and the type are known to be right.
UNSEEN = {
    "a long whole number": ('{"a": %s}' % ("7" * 5000), 422),
    "no UTF-8": (b'["\xff"]', 400),
    "nesting": ("[" * 5000 + "]" * 5000, 422),
    "nesting of objects": ('{"a":' * 5000 + "1" + "}" * 5000, 422),
    "nesting beyond what is read": ("[" * 9900 + "]" * 9900, 422),
    "nesting of objects beyond what is read": ('{"a":' * 100_000 + "1" + "}" * 100_000, 400),
    "a key twice": ('{"a": 1, "a": 2}', 400),
    "half of a pair": ('["\\ud800"]', 400),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_values_that_are_passed_over_at_first(told, name):
    given, status = UNSEEN[name]
    given = given if isinstance(given, bytes) else given.encode()
    body = json.dumps({"inputs": [tensor(data="HERE")]}).encode().replace(b'"HERE"', given)
    answer = told.post_bytes(INFER, body)
    assert answer.status == status, answer.content
    line_of(told)
