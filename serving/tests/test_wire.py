"""Requests that are odd or wrong as HTTP: what they are answered with, and whether the connection goes on.

What is ambiguous, so that a proxy in front might see other requests in it than the server, ends the
connection.
"""

import gzip
import json

import pytest

from tests.wire import BODY, LENGTH, POST, PROBE, Wire

CHUNKED = b"transfer-encoding: chunked\r\n"


def chunk(content: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(content), extension, content)


def get(target: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET %s %s\r\nhost: x\r\n\r\n" % (target, version)


def with_header(header: bytes) -> bytes:
    return POST + LENGTH + header + b"\r\n\r\n" + BODY


def chunked(*parts: bytes, last: bytes = b"0\r\n\r\n") -> bytes:
    return POST + CHUNKED + b"\r\n" + b"".join(parts) + last


NO_HTTP = {
    "content-length twice": with_header(LENGTH.strip()),
    "content-length as a list": POST + b"content-length: 10, 10\r\n\r\n" + BODY,
    "content-length with a plus": POST + b"content-length: +%d\r\n\r\n" % len(BODY) + BODY,
    "content-length in hexadecimal": POST + b"content-length: 0x10\r\n\r\n" + BODY,
    "content-length with a space in it": POST + b"content-length: 1 0\r\n\r\n" + BODY,
    "content-length of nothing": POST + b"content-length:\r\n\r\n" + BODY,
    "content-length beyond 64 bits": POST + b"content-length: 99999999999999999999999\r\n\r\n",
    "both lengths": POST + LENGTH + CHUNKED + b"\r\n" + chunk(BODY) + b"0\r\n\r\n",
    "both lengths, the other way around": POST + CHUNKED + LENGTH + b"\r\n" + chunk(BODY) + b"0\r\n\r\n",
    "chunked, but not at last": with_header(b"transfer-encoding: chunked, gzip"),
    "chunked twice": POST + CHUNKED + CHUNKED + b"\r\n" + chunk(BODY) + b"0\r\n\r\n",
    "no known coding": POST + b"transfer-encoding: xchunked\r\n\r\n" + chunk(BODY),
    "a space before the colon": POST + b"transfer-encoding : chunked\r\n\r\n" + chunk(BODY),
    "a chunk beyond 64 bits": chunked(b"fffffffffffffffff\r\n"),
    "a negative chunk": chunked(b"-1\r\n"),
    "a chunk in 0x": chunked(b"0x10\r\n"),
    "a chunk with a space": chunked(b"10 \r\n"),
    "chunks with bare line feeds": chunked(b"%x\n" % len(BODY) + BODY + b"\n"),
    "a chunk that goes on behind its end": chunked(b"5\r\n" + BODY),
    "a length in the trailer": chunked(chunk(BODY), last=b"0\r\ncontent-length: 5\r\n\r\n"),
    "a folded header": with_header(b"x-a: b\r\n c"),
    "bare line feeds": (POST + LENGTH + b"\r\n").replace(b"\r\n", b"\n") + BODY,
    "bare carriage returns": (POST + LENGTH).replace(b"\r\n", b"\r") + b"\r\n" + BODY,
    "a header without a colon": with_header(b"novalue"),
    "a header without a name": with_header(b": value"),
    "a header with a space in its name": with_header(b"a b: value"),
    "NUL in a header": with_header(b"x-a: a\0b"),
    "a control character in a header": with_header(b"x-a: a\x01b"),
    "spaces in front": b"  " + get(b"/v2"),
    "tabs between": b"GET\t/v2\tHTTP/1.1\r\nhost: x\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.2": get(b"/v2", b"HTTP/1.2"),
    "http in small letters": get(b"/v2", b"http/1.1"),
    "HTTP/01.1": get(b"/v2", b"HTTP/01.1"),
    "a method in small letters": b"get /v2 HTTP/1.1\r\nhost: x\r\n\r\n",
    "a method that is none": b"BREW /v2 HTTP/1.1\r\nhost: x\r\n\r\n",
    "CONNECT": b"CONNECT other:80 HTTP/1.1\r\nhost: x\r\n\r\n",
    "CONNECT with a path": b"CONNECT /v2 HTTP/1.1\r\nhost: x\r\n\r\n",
    "NUL in the path": get(b"/v2\0"),
    "a path without its slash": get(b"v2"),
    "nothing but a query": get(b"?x"),
    "a port that is none": get(b"http://other:99999/v2"),
    "a body without its length": POST + b"\r\n" + BODY,
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_no_http_ends_the_connection(server, name):
    with Wire(server) as wire:
        wire.send(NO_HTTP[name])
        answers = []
        while answer := wire.response():
            answers.append(answer)
    # A body without its length is a request without one, and then something that is none.
    assert answers[-1].status == 400
    assert answers[-1].json["code"] == "malformed"
    assert answers[-1].headers["connection"] == "close"
    assert all(answer.status == 400 for answer in answers)
    assert server.post_bytes("/predict", BODY).status == 200


# What is sent, the status, and the code and the field of the refusal.
WRONG = {
    "no host": (b"GET /v2 HTTP/1.1\r\n\r\n", 400, "malformed", "host"),
    "two hosts": (with_header(b"host: y"), 400, "malformed", "host"),
    "content-type twice": (
        with_header(b"content-type: text/plain\r\ncontent-type: application/json"),
        400,
        "malformed",
        "content-type",
    ),
    "content-encoding twice": (
        with_header(b"content-encoding: gzip\r\ncontent-encoding: identity"),
        400,
        "malformed",
        "content-encoding",
    ),
    "two codings": (
        POST + b"transfer-encoding: gzip, chunked\r\n\r\n" + chunk(gzip.compress(BODY)) + b"0\r\n\r\n",
        415,
        "unsupported_media_type",
        "transfer-encoding",
    ),
    "an empty content-type": (
        with_header(b"content-type:"),
        415,
        "unsupported_media_type",
        "content-type",
    ),
    "two content types in one": (
        with_header(b"content-type: application/json, text/plain"),
        415,
        "unsupported_media_type",
        "content-type",
    ),
    "UTF-16": (
        with_header(b"content-type: application/json; charset=utf-16"),
        415,
        "unsupported_media_type",
        "content-type",
    ),
    "a type like JSON": (
        with_header(b"content-type: application/vnd.api+json"),
        415,
        "unsupported_media_type",
        "content-type",
    ),
    "gzip behind identity": (
        with_header(b"content-encoding: identity, gzip"),
        415,
        "unsupported_media_type",
        "content-encoding",
    ),
    "no body": (POST + b"content-length: 0\r\n\r\n", 400, "malformed", None),
    "an empty chunk first": (chunked(), 400, "malformed", None),
    "a body cut off by its length": (
        POST + b"content-length: 10\r\n\r\n" + BODY[:10],
        400,
        "malformed",
        None,
    ),
    "a method for another path": (
        b"DELETE /predict HTTP/1.1\r\nhost: x\r\n\r\n",
        405,
        "method_not_allowed",
        None,
    ),
    "a method of WebDAV": (b"PROPFIND /v2 HTTP/1.1\r\nhost: x\r\n\r\n", 405, "method_not_allowed", None),
    "a method in another header": (
        b"GET /predict HTTP/1.1\r\nhost: x\r\nx-http-method-override: POST\r\n\r\n",
        405,
        "method_not_allowed",
        None,
    ),
    "TRACE": (b"TRACE /predict HTTP/1.1\r\nhost: x\r\n\r\n", 405, "method_not_allowed", None),
    "OPTIONS of everything": (b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", 404, "not_found", None),
    "an escaped NUL": (get(b"/v2%00"), 404, "not_found", None),
    "dots": (get(b"/x/../v2"), 404, "not_found", None),
    "escaped dots": (get(b"/%2e%2e/v2"), 404, "not_found", None),
    "an escape that is none": (get(b"/%zz"), 404, "not_found", None),
    "escapes that are no UTF-8": (get(b"/%ff%fe"), 404, "not_found", None),
    "escaped line ends": (get(b"/a%0d%0ax-evil:%20y"), 404, "not_found", None),
    "two slashes": (get(b"//v2"), 404, "not_found", None),
    "a long path": (get(b"/" + b"a" * 20_000), 404, "not_found", None),
    "expecting to go on, to nowhere": (
        POST.replace(b"predict", b"nowhere") + b"expect: 100-continue\r\n" + LENGTH + b"\r\n" + BODY,
        404,
        "not_found",
        None,
    ),
    "a large body to nowhere": (
        POST.replace(b"predict", b"nowhere") + b"content-length: 300000\r\n\r\n" + b" " * 300_000,
        404,
        "not_found",
        None,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests_leave_the_connection_as_it_was(server, name):
    sent, status, code, field = WRONG[name]
    with Wire(server) as wire:
        wire.send(sent)
        answer = wire.response()
        assert (answer.status, answer.json["code"], answer.json.get("field")) == (status, code, field)
        assert "x-evil" not in answer.headers
        assert wire.is_open()
    assert server.post_bytes("/predict", BODY).status == 200


# Odd, but allowed.
RIGHT = {
    "leading zeros in the length": POST + b"content-length: 000%d\r\n\r\n" % len(BODY) + BODY,
    "a chunk's extension": chunked(chunk(BODY, b';a=b;c="d"')),
    "a trailer": chunked(chunk(BODY), last=b"0\r\nx-checksum: abc\r\n\r\n"),
    "chunks of one byte": chunked(*(chunk(bytes([byte])) for byte in BODY)),
    "a header in Latin-1": with_header(b"x-a: \xe9"),
    "an empty line first": b"\r\n\r\n" + with_header(b"x-a: b"),
    "very many headers": with_header(b"\r\n".join(b"a%d:1" % number for number in range(3000))),
    "an expectation that nobody knows": with_header(b"expect: 200-ok"),
    "a content type with a quoted charset": with_header(b'content-type: application/json; charset="UTF-8"'),
    "a whole URL": (POST + LENGTH + b"\r\n" + BODY).replace(b"/predict", b"http://other/predict"),
    "an escaped path": (POST + LENGTH + b"\r\n" + BODY).replace(b"/predict", b"/%70redict"),
    "a query": (POST + LENGTH + b"\r\n" + BODY).replace(b"/predict", b"/predict?x=%00"),
    "an offer of HTTP/2": with_header(
        b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__"
    ),
    "an offer of HTTP/2, in chunks": chunked(chunk(BODY)).replace(
        b"host", b"connection: upgrade\r\nupgrade: h2c\r\nhost"
    ),
}


@pytest.mark.parametrize("in_pieces", [False, True], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("name", RIGHT)
def test_odd_requests_are_answered(server, golden, name, in_pieces):
    sent = RIGHT[name]
    with Wire(server) as wire:
        for part in (bytes([byte]) for byte in sent) if in_pieces else (sent,):
            wire.send(part)
        assert set(wire.response().json) == {"prediction"}
        assert wire.is_open()


# A tensor of which every value looks like the end of a header; longer than what is read at once, and shorter.
END = b"\r\n\r\n"
LARGE = {"short": 10, "long": 200, "very long": 4000}
OFFER = b"connection: upgrade\r\nupgrade: h2c\r\n"
# What comes of a body that can be misread: headers, whether it is chunked, path, status.
MISLEADING = {
    "of known length": (b"", False, b"/v2/models/breast-cancer/infer", 200),
    "of a length with zeros": (b"content-length: 0000000000000000000000%d\r\n", False, b"/predict", 415),
    "in chunks": (b"", True, b"/v2/models/breast-cancer/infer", 200),
    "behind an offer": (OFFER, False, b"/v2/models/breast-cancer/infer", 200),
    "that the client does not wait with": (
        b"expect: 100-continue\r\n",
        False,
        b"/v2/models/breast-cancer/infer",
        200,
    ),
    "that nobody wants": (b"", False, b"/nowhere", 404),
    "that nobody wants, in chunks": (b"", True, b"/nowhere", 404),
    "that nobody waits for": (b"expect: 100-continue\r\n", False, b"/nowhere", 404),
}


@pytest.mark.parametrize("in_pieces", [False, True], ids=["at once", "in pieces"])
@pytest.mark.parametrize("rows", LARGE.values(), ids=LARGE)
@pytest.mark.parametrize("name", MISLEADING)
def test_what_looks_like_a_header_in_a_body_is_none(server, name, rows, in_pieces):
    headers, in_chunks, path, status = MISLEADING[name]
    document = json.dumps(
        {
            "inputs": [
                {
                    "name": "features",
                    "shape": [rows, 30],
                    "datatype": "FP32",
                    "parameters": {"binary_data_size": 4 * 30 * rows},
                }
            ]
        }
    ).encode()
    body = document + END * 30 * rows
    if in_chunks:
        headers += CHUNKED
        body = chunk(body[:1000]) + chunk(body[1000:]) + b"0\r\n\r\n"
    elif b"content-length" in headers:
        headers %= len(body)
    else:
        headers += b"content-length: %d\r\n" % len(body)
    if path != b"/predict":
        headers += b"inference-header-content-length: %d\r\n" % len(document)
    else:
        headers += b"content-type: application/octet-stream\r\n"
    request = b"POST %s HTTP/1.1\r\nhost: x\r\n%s\r\n" % (path, headers) + body
    sent = (request + PROBE) * 3
    # Sizes that end a piece anywhere in the end of a header, and in what looks like one.
    size = 65_537 if in_pieces else len(sent)
    with Wire(server) as wire:
        for start in range(0, len(sent), size):
            wire.send(sent[start : start + size])
        for _ in range(3):
            answer = wire.response()
            if answer.status == 100:
                answer = wire.response()
            assert answer.status == status, answer.content
            if status == 200:
                assert answer.json["outputs"][0]["shape"] == [rows]
            assert wire.response().json == {"live": True}
        assert wire.is_open()


def test_requests_behind_an_offer_of_another_protocol_are_answered(server):
    offer = b"GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    with Wire(server) as wire:
        wire.send(offer + with_header(b"x-a: b") + offer)
        assert [wire.response().status for _ in range(3)] == [200, 200, 200]
        assert wire.is_open()


def test_many_offers_are_answered_one_after_the_other(server):
    offers = 1000
    with Wire(server) as wire:
        wire.send(b"GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n" * offers)
        assert {wire.response().status for _ in range(offers)} == {200}
        assert wire.is_open()
    assert server.post_bytes("/predict", BODY).status == 200


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0"])
def test_other_versions_end_the_connection(server, version):
    with Wire(server) as wire:
        wire.send(get(b"/v2", version))
        answer = wire.response()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert not wire.is_open()


def test_a_client_that_waits_is_told_to_go_on(server):
    with Wire(server) as wire:
        wire.send(POST + b"expect: 100-continue\r\n" + LENGTH + b"\r\n")
        assert wire.response().status == 100
        wire.send(BODY)
        assert wire.response().status == 200
        assert wire.is_open()


def test_clients_of_before_are_not_told_to_go_on(server):
    with Wire(server) as wire:
        wire.send(b"POST /predict HTTP/1.0\r\nexpect: 100-continue\r\n" + LENGTH + b"\r\n" + BODY)
        assert wire.response().status == 200


def test_a_head_request_in_front_of_another(server):
    with Wire(server) as wire:
        wire.send(b"HEAD /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n")
        assert int(wire.response(has_body=False).headers["content-length"]) > 1000
        assert wire.is_open()


def test_bytes_behind_a_request_are_the_next_one(server):
    with Wire(server) as wire:
        wire.send(with_header(b"x-a: b") + b"garbage")
        assert wire.response().status == 200
        assert wire.response().status == 400
        assert not wire.is_open()


@pytest.mark.parametrize("what", ["trailer", "extension"])
def test_what_stands_around_a_body_is_limited(server, what):
    """As a header is: it is kept in memory until its end has come."""
    start = chunked(chunk(BODY), last=b"0\r\nx-a: ") if what == "trailer" else chunked(b"5;a=", last=b"")
    with Wire(server) as wire:
        wire.send(start)
        # The server closes long before; which call notices it first is chance.
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            wire.send(b"a" * 100_000_000)
    assert server.post_bytes("/predict", BODY).status == 200


def test_a_body_that_nobody_wants_is_not_waited_for(breast_cancer, launch):
    """The answer is there long before it is; it must not keep the connection for ever."""
    server = launch(breast_cancer, body_timeout=0.5)
    with Wire(server) as wire:
        wire.send(POST.replace(b"predict", b"nowhere") + b"expect: 100-continue\r\n" + LENGTH + b"\r\n")
        assert wire.response().status == 404
        # The client sends no body, nor anything else. No second answer may come to its one request.
        assert wire.response() is None


def test_a_late_body_leaves_the_connection_idle(breast_cancer, launch):
    server = launch(breast_cancer, response_timeout=0.2, keep_alive_timeout=1)
    with Wire(server) as wire:
        wire.send(WRONG["a large body to nowhere"][0])
        assert wire.response().status == 404
        # Nothing but the end follows, and only once it has been idle.
        assert wire.response() is None
