"""JSON and tensors that are nearly right."""

import json
import struct

import pytest

ROW = [1.0] * 30
ROW_TEXT = json.dumps(ROW).encode()
GOOD = b'{"features": ' + ROW_TEXT + b"}"


def value(text: str) -> bytes:
    """A row with this as its fourth value."""
    return GOOD.replace(b"1.0", text.encode(), 4).replace(text.encode(), b"1.0", 3)


MALFORMED = {
    "a minus and a leading zero": value("-01"),
    "a point without a fraction": value("1."),
    "a point without a whole": value(".5"),
    "an exponent of nothing": value("1e"),
    "an exponent of a sign": value("1e+"),
    "two signs": value("--1"),
    "an underscore": value("1_0"),
    "a suffix": value("1f"),
    "binary": value("0b1"),
    "inf": value("inf"),
    "nan": value("nan"),
    "-NaN": value("-NaN"),
    "two commas": value("1,,1"),
    "digits of another script": value("\u0661"),
    "full-width digits": value("\uff11"),
    "a comma in front": b'{,"features": ' + ROW_TEXT + b"}",
    "a comma at the end": GOOD[:-1] + b",}",
    "single quotes": GOOD.replace(b'"', b"'"),
    "no quotes": GOOD.replace(b'"', b""),
    "a semicolon": GOOD.replace(b":", b";"),
    "a comment": b"/* row */" + GOOD,
    "one document per line": GOOD + b"\n" + GOOD,
    "a guard against scripts": b")]}'\n" + GOOD,
    "NUL behind": GOOD + b"\0",
    "a space that is none": b"\xc2\xa0" + GOOD,
    "a vertical tab": b"\x0b" + GOOD,
    "a line separator": GOOD + b"\xe2\x80\xa8",
    "nothing but spaces": b" \r\n\t ",
    "half a surrogate as a key": GOOD[:-1] + b', "\\ud800": 1}',
    "a surrogate in UTF-8": b'{"\xed\xa0\x80": 1}',
    "an overlong slash": b'{"\xc0\xaf": 1}',
    "a control character in a key": b'{"fea\x01tures": 1}',
    "an escape of C": b'{"\\x66eatures": 1}',
    "UTF-16 without a mark": GOOD.decode().encode("utf-16-le"),
    "UTF-32": GOOD.decode().encode("utf-32"),
    "instances twice": b'{"instances": [' + ROW_TEXT + b'], "instances": [' + ROW_TEXT + b"]}",
    "instances twice, once escaped": b'{"instances": [], "\\u0069nstances": []}',
    "probabilities twice": GOOD[:-1] + b', "probabilities": true, "probabilities": false}',
}

HUGE = "1" * 1_000_000
INVALID = {
    "a huge exponent": (value("1e400"), "out_of_range", "features[3]"),
    "a huge negative": (value("-1e400"), "out_of_range", "features[3]"),
    "an exponent beyond 64 bits": (value("1e99999999999999999999"), "out_of_range", "features[3]"),
    "a number of a megabyte": (value(HUGE), "out_of_range", "features[3]"),
    "2^128": (value(str(2**128)), "out_of_range", "features[3]"),
    "2^1024": (value(str(2**1024)), "out_of_range", "features[3]"),
    "a decimal comma": (value("1,0"), "wrong_length", "features"),
    "a key in capitals": (GOOD.replace(b"f", b"F", 1), "invalid_value", "Features"),
    "a key with NUL": (GOOD.replace(b"s", b"s\\u0000", 1), "invalid_value", "features\0"),
    "a key of a megabyte": (b'{"%s": 1}' % HUGE.encode(), "invalid_value", HUGE[:100]),
    "a key of JavaScript": (GOOD[:-1] + b', "__proto__": {}}', "invalid_value", "__proto__"),
    "a surrogate in a value": (GOOD[:-1] + b', "x": "\\udfff"}', "invalid_value", "x"),
    "nesting where nobody looks": (b'{"x": ' + b"[" * 2000 + b"]" * 2000 + b"}", "invalid_value", "x"),
    "a deep row": (b'{"features": ' + b"[" * 900 + b"1" + b"]" * 900 + b"}", "invalid_value", "features[0]"),
    "endless brackets": (b"[" * 1_000_000, "too_many_rows", None),
    "null": (b"null", "invalid_value", None),
    "text": (b'"features"', "invalid_value", None),
    "rows by number": (b'{"instances": {"0": ' + ROW_TEXT + b"}}", "invalid_value", "instances"),
    "rows without their brackets": (b'{"instances": ' + ROW_TEXT + b"}", "invalid_value", "instances[0]"),
    "no row in the rows": (b'{"instances": [null]}', "invalid_value", "instances[0]"),
    "an empty row": (b'{"instances": [[]]}', "wrong_length", "instances[0]"),
    "rows in rows": (b'{"instances": [[' + ROW_TEXT + b"]]}", "invalid_value", "instances[0][0]"),
    "a number among rows": (b'{"instances": [' + ROW_TEXT + b", 1.0]}", "invalid_value", "instances[1]"),
    "a row among numbers": (b'{"instances": [1.0, ' + ROW_TEXT + b"]}", "invalid_value", "instances[0]"),
    "rows by name": (b'{"instances": [{"a": 1}]}', "invalid_value", "instances[0]"),
    "a row too long": (
        b'{"instances": [' + ROW_TEXT + b", " + ROW_TEXT[:-1] + b", 1]]}",
        "wrong_length",
        "instances[1]",
    ),
    "null beside rows": (b'{"features": null, "instances": []}', "invalid_value", "features"),
    "probabilities of null": (GOOD[:-1] + b', "probabilities": null}', "invalid_value", "probabilities"),
    "probabilities of 1": (GOOD[:-1] + b', "probabilities": 1}', "invalid_value", "probabilities"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(server, name):
    answer = server.post_bytes("/predict", MALFORMED[name])
    assert (answer.status, answer.json["code"]) == (400, "malformed"), answer.content
    assert server.post_bytes("/predict", GOOD).status == 200


@pytest.mark.parametrize("name", INVALID)
def test_invalid(server, name):
    body, code, field = INVALID[name]
    answer = server.post_bytes("/predict", body)
    assert (answer.status, answer.json["code"], answer.json.get("field")) == (422, code, field)
    assert len(answer.content) < 1000
    assert server.post_bytes("/predict", GOOD).status == 200


# As text, what it must be read as, and that only as one float32.
NUMBERS = {
    "-0": 0.0,
    "1E-400": 0.0,
    "0e999999": 0.0,
    "-1e-999999999999": 0.0,
    "1e0001": 10.0,
    "0." + "3" * 1_000_000: 0.3333333333333333,
    "1e" + "0" * 1_000_000 + "1": 10.0,
    str(2**53 + 1): float(2**53),
    str(2**64): float(2**64),
    str(2**127): float(2**127),
}


@pytest.mark.parametrize("text", NUMBERS, ids=lambda text: text[:20])
def test_odd_numbers_mean_what_they_say(server, text):
    rows = [value(text), value(repr(NUMBERS[text]))]
    answers = [server.post_bytes("/predict", row[:-1] + b', "probabilities": true}') for row in rows]
    assert answers[0].status == 200, answers[0].content
    assert answers[0].content == answers[1].content


def test_keys_may_be_escaped(server):
    assert server.post_bytes("/predict", GOOD.replace(b"fea", b"f\\u0065\\u0061")).status == 200


def tensor(**changes) -> dict:
    return {"name": "features", "shape": [1, 30], "datatype": "FP32", "data": ROW} | changes


def without(name: str) -> dict:
    return {key: value for key, value in tensor().items() if key != name}


DATA, SHAPE = "inputs[0].data", "inputs[0].shape"
TENSORS = {
    "half precision": (tensor(datatype="FP16"), "wrong_datatype", "inputs[0].datatype"),
    "a type in small letters": (tensor(datatype="fp32"), "wrong_datatype", "inputs[0].datatype"),
    "booleans": (tensor(datatype="BOOL", data=[True] * 30), "wrong_datatype", "inputs[0].datatype"),
    "a byte too large": (tensor(datatype="UINT8", data=[256] * 30), "invalid_value", f"{DATA}[0]"),
    "a byte below zero": (tensor(datatype="UINT8", data=[*ROW[1:], -1]), "invalid_value", f"{DATA}[29]"),
    "a fraction of an integer": (tensor(datatype="INT64", data=[1.5] * 30), "invalid_value", f"{DATA}[0]"),
    "columns for rows": (tensor(shape=[30, 1]), "wrong_shape", SHAPE),
    "no rows": (tensor(shape=[0, 30], data=[]), "wrong_shape", SHAPE),
    "no shape at all": (tensor(shape=[]), "wrong_shape", SHAPE),
    "more rows than memory": (tensor(shape=[2**62, 30]), "too_many_rows", SHAPE),
    "more rows than 64 bits": (tensor(shape=[2**64, 30]), "too_many_rows", SHAPE),
    "a shape of fractions": (tensor(shape=[1.5, 30]), "invalid_value", f"{SHAPE}[0]"),
    "a shape of text": (tensor(shape=["1", 30]), "invalid_value", f"{SHAPE}[0]"),
    "a shape of truth": (tensor(shape=[True, 30]), "invalid_value", f"{SHAPE}[0]"),
    "data as an object": (tensor(data={}), "invalid_value", DATA),
    "data as text": (tensor(data="AAAA"), "invalid_value", DATA),
    "no data in it": (tensor(data=[]), "wrong_length", DATA),
    "an empty row in it": (tensor(data=[[]]), "wrong_length", f"{DATA}[0]"),
    "rows cut elsewhere": (tensor(data=[ROW[:15], ROW[15:]]), "wrong_length", f"{DATA}[0]"),
    "a number among rows": (tensor(shape=[2, 30], data=[ROW, 1.0]), "invalid_value", f"{DATA}[1]"),
    "without a name": (without("name"), "missing_field", "inputs[0].name"),
    "without a type": (without("datatype"), "missing_field", "inputs[0].datatype"),
    "an unknown key": (tensor(dtype="FP32"), "invalid_value", "inputs[0].dtype"),
    "a list of parameters": (tensor(parameters=[]), "invalid_value", "inputs[0].parameters"),
    "memory of this machine": (
        tensor(parameters={"shared_memory_region": "x", "shared_memory_byte_size": 120}),
        "unsupported_parameter",
        "inputs[0].parameters.shared_memory_region",
    ),
}


@pytest.mark.parametrize("name", TENSORS)
def test_bad_tensors(server, name):
    given, code, field = TENSORS[name]
    answer = server.post("/v2/models/breast-cancer/infer", {"inputs": [given]})
    assert (answer.status, answer.json["code"], answer.json.get("field")) == (422, code, field)


OUTPUTS = {
    "text": ("predict", "invalid_value", "outputs[0]"),
    "an unknown key": ({"name": "predict", "top": 1}, "invalid_value", "outputs[0].top"),
    "labels with their scores": (
        {"name": "predict", "parameters": {"classification": 2}},
        "unsupported_parameter",
        "outputs[0].parameters.classification",
    ),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_bad_outputs(server, name):
    output, code, field = OUTPUTS[name]
    answer = server.post("/v2/models/breast-cancer/infer", {"inputs": [tensor()], "outputs": [output]})
    assert (answer.status, answer.json["code"], answer.json.get("field")) == (422, code, field)


@pytest.mark.parametrize(
    ("datatype", "number"), [("INT8", -128), ("UINT8", 255), ("INT64", 2**63 - 1), ("UINT64", 2**64 - 1)]
)
def test_the_largest_integers(server, datatype, number):
    given = tensor(datatype=datatype, data=[number] * 30)
    answer = server.post("/v2/models/breast-cancer/infer", {"inputs": [given]})
    assert (
        answer.json["outputs"]
        == (
            server.post("/v2/models/breast-cancer/infer", {"inputs": [tensor(data=[float(number)] * 30)]})
        ).json["outputs"]
    )


@pytest.mark.parametrize("length", ["", "abc", "0x10", "1, 2", "9" * 30, "-1", "+1", "1.0", "1_0"])
def test_lengths_that_are_none(server, length):
    headers = {"Inference-Header-Content-Length": length}
    answer = server.request("POST", "/v2/models/breast-cancer/infer", b"{}", headers)
    assert (answer.status, answer.json["field"]) == (400, "inference-header-content-length")


@pytest.mark.parametrize("size", [0, 119, 124, -120, 120.0, "120", True, 2**63])
def test_sizes_that_are_lies(server, size):
    document = {"inputs": [without("data") | {"parameters": {"binary_data_size": size}}]}
    binary = struct.pack("<30f", *ROW)
    answer = server.post_tensors("/v2/models/breast-cancer/infer", document, binary)
    assert (answer.status, answer.json["field"]) == (400, "inputs[0].parameters.binary_data_size")
