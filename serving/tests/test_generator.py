"""The benchmark's generator of load counts every request, and hides no wait."""

import json
import socket
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import SERVING

sys.path.insert(0, str(SERVING.parent / "bench" / "serving"))

import load

BODY = json.dumps({"features": [1.0] * 30}).encode()
REQUEST = load.Request("/predict", BODY, {"content-type": "application/json"})
# Seconds of load, so that a stall is over before it, also if it begins late.
LONG = 4
OUTCOMES = ("answered", "refused", "failed", "unanswered", "given_up")


@pytest.fixture(scope="module")
def generator(tmp_path_factory) -> load.Generator:
    return load.Generator(tmp_path_factory.mktemp("generator"))


class Chunked(BaseHTTPRequestHandler):
    """Answers in chunks, of which a client sees the last one later."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for part in (b"5\r\n0\r\n\r\n\r\n", b"2\r\nok\r\n0\r\n", b"\r\n"):
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.002)

    def log_message(self, *_):
        pass


def test_every_request_is_answered(server, generator):
    found = generator.drive(server.port, REQUEST, 300, 1, 4, 10)
    assert found["due"] == found["answered"] == 300


def test_wrong_answers_are_told_from_right_ones(server, generator):
    right = server.post_bytes("/predict", BODY).content.decode()
    for body, wrong in ((right, 0), (right[:-1], 20), (right + " ", 20), ("", 20)):
        found = generator.drive(server.port, REQUEST, 100, 0.2, 4, 10, body)
        assert (found["answered"], found["wrong"]) == (20, wrong), body


def predicted(server) -> str:
    """The line of metrics that changes with each request of the generator."""
    name = 'model_server_requests_total{route="predict",status="200"}'
    lines = server.get("/metrics").content.decode().splitlines()
    return next(line for line in lines if line.startswith(name))


@contextmanager
def stalling(server):
    """The server does nothing for most of a second, once it has begun to answer."""
    before, over = predicted(server), threading.Event()

    def stall() -> None:
        while predicted(server) == before and not over.is_set():
            time.sleep(0.01)
        with server.halted():
            time.sleep(0.8)

    stalled = threading.Thread(target=stall)
    stalled.start()
    try:
        yield
    finally:
        over.set()
        stalled.join()


def test_requests_that_a_stalled_server_keeps_waiting_count(server, generator):
    with stalling(server):
        found = generator.drive(server.port, REQUEST, 300, LONG, 1, 10)
    # One connection has one request on its way; those behind it are as late as the server is.
    assert found["answered"] == found["due"]
    assert found["answer_ms"]["p99"] > 100


def test_requests_that_wait_too_long_are_given_up(server, generator):
    with stalling(server):
        found = generator.drive(server.port, REQUEST, 300, LONG, 1, 0.2)
    assert sum(found[outcome] for outcome in OUTCOMES) == found["due"]
    assert found["answered"] > 0
    assert found["given_up"] > 0


def test_refusals_are_no_answers(breast_cancer, launch, generator):
    server = launch(breast_cancer, max_connections=4)
    found = generator.drive(server.port, REQUEST, 20_000, 1, 64, 5)
    assert sum(found[outcome] for outcome in OUTCOMES) == found["due"]
    assert found["answered"] > 0
    assert found["refused"] == found["retryable"] > 0


def test_answers_in_chunks_are_whole_with_the_last_one(generator):
    with ThreadingHTTPServer(("127.0.0.1", 0), Chunked) as chunked:
        threading.Thread(target=chunked.serve_forever, daemon=True).start()
        found = generator.drive(chunked.server_port, REQUEST, 50, 1, 4, 10)
        chunked.shutdown()
    assert found["due"] == found["answered"] == 50


def test_says_that_nobody_listens(generator):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(RuntimeError, match="nobody listens"):
            generator.drive(taken.getsockname()[1], REQUEST, 10, 1, 1, 1)
