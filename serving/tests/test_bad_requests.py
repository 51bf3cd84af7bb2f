"""Whatever is wrong with a request: a 4xx, a reason for programs and people, and the place."""

import json

import pytest

ROW = [1.0] * 30


def row_with(value: str, index: int = 3) -> bytes:
    values = ["1.0"] * 30
    values[index] = value
    return b'{"features": [' + ", ".join(values).encode() + b"]}"


MALFORMED = {
    "empty": b"",
    "cut off": b'{"features": [1.0, 2.0',
    "not JSON": b"features=1",
    "NaN": row_with("NaN"),
    "Infinity": row_with("Infinity"),
    "-Infinity": row_with("-Infinity"),
    "leading zero": row_with("01"),
    "leading plus": row_with("+1"),
    "hexadecimal": row_with("0x10"),
    "trailing comma": b'{"features": [1.0,]}',
    "comment": b'{"features": [1.0]} // one',
    "two documents": b'{"features": [1.0]}{"features": [1.0]}',
    "bad UTF-8": b'{"feat\xff\xfeures": [1.0]}',
    "UTF-16": json.dumps({"features": ROW}).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + json.dumps({"features": ROW}).encode(),
    "key twice": b'{"features": [1.0], "features": [2.0]}',
    "key twice, once escaped": b'{"features": ' + json.dumps(ROW).encode() + b', "\\u0066eatures": [2.0]}',
    "deep nesting": b'{"features": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep nesting of objects": b'{"features":' * 50_000 + b"1" + b"}" * 50_000,
}

INVALID = {
    "null": (row_with("null"), "invalid_value", "features[3]"),
    "true": (row_with("true"), "invalid_value", "features[3]"),
    "false": (row_with("false"), "invalid_value", "features[3]"),
    "text": (row_with('"1.0"'), "invalid_value", "features[3]"),
    "text NaN": (row_with('"NaN"'), "invalid_value", "features[3]"),
    "list": (row_with("[1.0]"), "invalid_value", "features[3]"),
    "object": (row_with("{}"), "invalid_value", "features[3]"),
    "beyond float32": (row_with("1e39"), "out_of_range", "features[3]"),
    "below float32": (row_with("-3.5e38"), "out_of_range", "features[3]"),
    "huge integer": (row_with("1" + "0" * 60), "out_of_range", "features[3]"),
    "no features": (b"{}", "missing_field", "features"),
    "features are null": (b'{"features": null}', "invalid_value", "features"),
    "features are a number": (b'{"features": 1}', "invalid_value", "features"),
    "features are text": (b'{"features": "1"}', "invalid_value", "features"),
    "features are an object": (b'{"features": {"0": 1}}', "invalid_value", "features"),
    "too few": (json.dumps({"features": ROW[1:]}).encode(), "wrong_length", "features"),
    "too many": (json.dumps({"features": [*ROW, 1.0]}).encode(), "wrong_length", "features"),
    "none": (b'{"features": []}', "wrong_length", "features"),
    "a list": (json.dumps(ROW).encode(), "invalid_value", None),
    "unknown key": (json.dumps({"features": ROW, "x": 1}).encode(), "invalid_value", "x"),
    "both forms": (json.dumps({"features": ROW, "instances": [ROW]}).encode(), "missing_field", "features"),
    "no rows": (b'{"instances": []}', "wrong_length", "instances"),
    "a short row": (json.dumps({"instances": [ROW, ROW[1:]]}).encode(), "wrong_length", "instances[1]"),
    "a bad value in a row": (
        json.dumps({"instances": [ROW, [*ROW[1:], None]]}).encode(),
        "invalid_value",
        "instances[1][29]",
    ),
    "a huge value in a row": (
        json.dumps({"instances": [ROW, [1e39, *ROW[1:]]]}).encode(),
        "out_of_range",
        "instances[1][0]",
    ),
    "probabilities as text": (
        json.dumps({"features": ROW, "probabilities": "yes"}).encode(),
        "invalid_value",
        "probabilities",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(server, name):
    answer = server.post_bytes("/predict", MALFORMED[name])
    assert answer.status in (400, 422), answer.content
    assert set(answer.json) >= {"error", "code"}
    if "nesting" not in name:
        assert (answer.status, answer.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("name", INVALID)
def test_invalid(server, name):
    body, code, field = INVALID[name]
    answer = server.post_bytes("/predict", body)
    assert (answer.status, answer.json["code"], answer.json.get("field")) == (422, code, field), (
        answer.content
    )


def test_largest_float32_is_accepted(server):
    assert server.post_bytes("/predict", row_with("3.4028234663852886e38")).status == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_wrong_content_type(server, content_type):
    answer = server.post_bytes("/predict", json.dumps({"features": ROW}).encode(), content_type)
    assert (answer.status, answer.json["field"]) == (415, "content-type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_right_content_type(server, content_type):
    assert server.post_bytes("/predict", json.dumps({"features": ROW}).encode(), content_type).status == 200


def test_content_type_may_be_left_out(server):
    assert server.request("POST", "/predict", json.dumps({"features": ROW}).encode()).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict", 405),
        ("POST", "/v2/health/live", 405),
        ("GET", "/", 404),
        ("POST", "/predict/", 404),
    ],
)
def test_wrong_route(server, method, path, status):
    assert server.request(method, path).status == status


def test_huge_body(breast_cancer, launch):
    server = launch(breast_cancer, max_body_bytes=1000)
    document = json.dumps({"features": ROW}).encode()
    assert server.post_bytes("/predict", document).status == 200
    answer = server.post_bytes("/predict", document + b" " * 1000)
    assert (answer.status, answer.json["code"]) == (413, "too_large")


def test_huge_body_of_unknown_length(breast_cancer, launch):
    server = launch(breast_cancer, max_body_bytes=1000)
    document = json.dumps({"features": ROW}).encode()
    answer = server.request("POST", "/predict", iter([document, b" " * 600, b" " * 600]))
    assert (answer.status, answer.json["code"]) == (413, "too_large")


def test_server_still_answers_rightly(server, golden):
    for body in MALFORMED.values():
        server.post_bytes("/predict", body)
    answer = server.post("/predict", {"features": golden["features"][0]})
    assert answer.json == {"prediction": golden["predictions"][0]}
