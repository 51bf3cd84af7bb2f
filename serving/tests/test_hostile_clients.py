"""Clients that take more than their share of turns, memory or time. Others do not notice."""

import contextlib
import http.client
import resource
import socket
import threading
import time
from pathlib import Path

import pytest
from conftest import RunningServer

from tests.wire import BODY, LENGTH, POST, PROBE, Wire

PREDICT = POST + LENGTH + b"\r\n" + BODY
METADATA = b"GET /v2 HTTP/1.1\r\nhost: x\r\n\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
# The chart's default memory limit, less some room for what is no hostile client's.
MAX_MEMORY_BYTES = 400 * 1024 * 1024
HOSTILE = 1900
BUDGET = 64 * 1024 * 1024


@pytest.fixture(autouse=True)
def many_sockets():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, most), most))


@pytest.fixture
def quiet(breast_cancer, launch):
    """Starts servers of whose log nothing is wanted."""

    def start(**settings) -> RunningServer:
        server = launch(breast_cancer, **settings)
        server.ignore_log()
        return server

    return start


def connect(server: RunningServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=60)


def resident(server: RunningServer) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def metric(server: RunningServer, name: str) -> float:
    lines = server.get("/metrics").content.decode().splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


# Pipelining


@contextlib.contextmanager
def pipelining(server: RunningServer, request: bytes):
    """One client that sends as fast as it is answered, and counts its answers."""
    answers = [0]
    with connect(server) as connection:

        def send() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection.sendall(request * 500)

        def receive() -> None:
            with contextlib.suppress(OSError):
                while part := connection.recv(1_000_000):
                    answers[0] += part.count(b"HTTP/1.1 ")

        threads = [threading.Thread(target=run) for run in (send, receive)]
        for thread in threads:
            thread.start()
        try:
            yield answers
        finally:
            connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


@pytest.mark.parametrize(
    "request_", [PREDICT, METADATA, CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)]
)
def test_who_pipelines_gets_no_more_turns_than_others(quiet, request_):
    """Between two answers to another client it has had few, not all that it has sent."""
    server = quiet()
    with pipelining(server, request_) as answers, Wire(server) as other:
        while answers[0] < 100:
            time.sleep(0.01)
        asked = 200
        before = metric(server, "model_server_request_duration_seconds_count" + ROUTES[request_])
        for _ in range(asked):
            assert other.is_open()
        after = metric(server, "model_server_request_duration_seconds_count" + ROUTES[request_])
    # A probe takes some turns, and each of them four requests of the other client.
    assert after - before < asked * 40


ROUTES = {
    PREDICT: '{route="predict"}',
    METADATA: '{route="server_metadata"}',
    CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY): '{route="predict"}',
}


def test_a_long_pipeline_is_answered_in_order_and_completely(server):
    with Wire(server) as wire:
        threading.Thread(target=wire.send, args=((PREDICT + METADATA + PROBE) * 1000,)).start()
        for _ in range(1000):
            assert set(wire.response().json) == {"prediction"}
            assert wire.response().json["name"] == "model-server"
            assert wire.response().json == {"live": True}
        assert wire.is_open()


def test_a_half_closed_client_gets_all_its_answers(server):
    with connect(server) as connection:
        connection.sendall(PREDICT * 100)
        connection.shutdown(socket.SHUT_WR)
        answers = b""
        while part := connection.recv(65536):
            answers += part
    assert answers.count(b"HTTP/1.1 200 OK") == 100


def test_who_pipelines_and_does_not_read_is_not_read(quiet):
    server = quiet()
    assert server.post_bytes("/predict", BODY).status == 200
    at_rest, many = resident(server), METADATA * 2000
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(100)]
        for client in clients:
            client.setblocking(False)
        # Until not one of them gets rid of anything more.
        quiet_rounds = 0
        while quiet_rounds < 5:
            sent = 0
            for client in clients:
                with contextlib.suppress(BlockingIOError):
                    sent += client.send(many)
            quiet_rounds = 0 if sent else quiet_rounds + 1
            assert server.post_bytes("/predict", BODY).status == 200
        assert resident(server) - at_rest < 100 * (256 + 64) * 1024
        assert server.post_bytes("/predict", BODY).status == 200


def test_responses_that_nobody_takes_are_bounded(quiet):
    """Who has let its own wait for longest is given up."""
    server = quiet(max_buffered_bytes=400_000)
    with contextlib.ExitStack() as stack:
        while metric(server, "model_server_connections_timed_out_total") == 0:
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            # Short requests with long answers, more than the system keeps for it.
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 400)
        assert server.post_bytes("/predict", BODY).status == 200


# Memory


@pytest.mark.parametrize(
    ("name", "value", "times"),
    [
        ("x-a", "b", 0),
        # Of no meaning; with a meaning; and with one, but more often than is kept.
        ("x-a", "bcd", 3),
        ("Content-Type", "application/json", 1),
        ("x-request-id", "1", 50),
    ],
)
def test_the_budget_of_unfinished_requests_holds_to_the_byte(quiet, name, value, times):
    """Also for parts that are small, each for itself."""
    header = POST + f"{name}: {value}\r\n".encode() * times + b"content-length: 1000\r\n\r\n"
    fields = len("hostxcontent-length1000") + times * len(name + value)
    kept = 900 + fields + 4 * len("/predict")
    server = quiet(max_buffered_bytes=10 * kept)
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(Wire(server)) for _ in range(10)]
        for wire in held:
            wire.send(header + b" " * 900)
        # All of them have been read: each connection is looked at before the answer to one that came later.
        assert server.get("/v2/health/live").status == 200
        assert metric(server, "model_server_connections_refused_total") == 0
        one_more = stack.enter_context(Wire(server))
        one_more.send(METADATA[:10])
        refused = one_more.response()
        assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (
            503,
            "overloaded",
            "1",
        )
        assert metric(server, "model_server_connections_refused_total") == 1
        # What is finished makes room.
        held[0].send(b" " * 100)
        assert held[0].response().status == 400
        assert server.post_bytes("/predict", BODY).status == 200


HOLDING = {
    "bodies": POST + b"content-length: 262001\r\n\r\n" + b" " * 262_000,
    "long headers": POST + b"x-a: " + b"a" * 32_000,
    "many headers": POST + b"a:1\r\n" * 6000,
    "one header again and again": POST + b"x-request-id:1\r\n" * 2000 + b"content-length: 9\r\n\r\n",
    "long paths": b"POST /" + b"a" * 32_000 + b" HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n",
    "chunks of one byte": CHUNKED + b"1\r\n \r\n" * 40_000,
    "chunk extensions": CHUNKED + b"1;a=" + b"a" * 30_000,
    "trailers": CHUNKED + b"1\r\n \r\n0\r\n" + b"x-a: 1\r\n" * 3000,
    "a client that waits": POST + b"expect: 100-continue\r\ncontent-length: 262001\r\n\r\n" + b" " * 262_000,
    "an offer of HTTP/2": POST
    + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 262001\r\n\r\n"
    + b" " * 262_000,
}


@pytest.mark.parametrize("name", HOLDING)
def test_memory_of_many_unfinished_requests_is_bounded(quiet, name):
    server = quiet()
    at_rest, most = resident(server), 0
    with contextlib.ExitStack() as stack:
        for number in range(HOSTILE):
            client = stack.enter_context(connect(server))
            with contextlib.suppress(OSError):
                client.sendall(HOLDING[name])
            if number % 50 == 0:
                most = max(most, resident(server))
        assert server.get("/v2/health/live").status == 200
        most = max(most, resident(server))
    assert most < MAX_MEMORY_BYTES
    assert most - at_rest < 3 * BUDGET
    assert server.get("/v2/health/live").status == 200


# Answers to those who are still sending

LARGE = 20_000_000


def refuse(server: RunningServer, body, headers: dict, **how) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("POST", "/predict", body, headers, **how)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("headers", "chunked", "status"),
    [
        ({}, False, 413),
        ({}, True, 413),
        ({"x-a": "a" * 40_000}, False, 431),
        ({"transfer-encoding": "x"}, False, 400),
    ],
    ids=["413", "413, in chunks", "431", "400"],
)
def test_the_reason_reaches_a_client_that_is_still_sending(server, headers, chunked, status):
    for _ in range(10):
        body = iter([b" " * 1_000_000] * (LARGE // 1_000_000)) if chunked else b" " * LARGE
        answer, said = refuse(server, body, headers, encode_chunked=chunked)
        assert answer == status
        assert '"code"' in said
    assert server.post_bytes("/predict", BODY).status == 200


def test_the_reason_reaches_a_client_that_was_too_slow(quiet):
    server = quiet(body_timeout=0.5)
    with Wire(server) as wire:
        wire.send(POST + b"content-length: 1000000\r\n\r\n")
        time.sleep(0.6)
        with contextlib.suppress(OSError):
            for _ in range(100):
                wire.send(b" " * 5000)
                time.sleep(0.01)
        assert wire.response().status == 408


def test_the_reason_reaches_a_client_that_is_one_too_many(quiet):
    """None may be open: each prediction is refused, and nothing else."""
    server = quiet(max_connections=1)
    with Wire(server) as other:
        assert other.is_open()
        for _ in range(3):
            # Just used: it does not give way.
            assert other.is_open()
            answer, said = refuse(server, b" " * LARGE, {})
            assert (answer, '"overloaded"' in said) in ((503, True), (413, False))


def test_health_is_not_refused_where_predictions_are(quiet):
    server = quiet(max_connections=2)
    with Wire(server) as first, Wire(server) as second:
        first.send(PREDICT[:-1])
        second.send(PREDICT[:-1])
        while metric(server, "model_server_connections") < 3:
            time.sleep(0.01)
        for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/sample/ready", "/metrics"):
            assert server.get(path).status == 200
        assert server.post_bytes("/predict", BODY).status == 503
        for wire in (first, second):
            wire.send(PREDICT[-1:])
            assert wire.response().status == 200


def test_lingering_has_an_end(quiet):
    """By bytes; whoever still sends then is cut off."""
    server = quiet()
    with connect(server) as connection:
        connection.sendall(POST + b"content-length: 1000000000000\r\n\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(b" " * 500_000_000)
    assert server.post_bytes("/predict", BODY).status == 200


# Trailers

AGAIN = {
    "host": b"host: y",
    "content-type": b"content-type: text/plain",
    "content-encoding": b"content-encoding: gzip",
    "x-request-id": b"x-request-id: of-the-trailer",
    "inference-header-content-length": b"inference-header-content-length: 1",
    "expect": b"expect: 100-continue",
}


@pytest.mark.parametrize("name", AGAIN)
@pytest.mark.parametrize("size", [0, 300_000], ids=["small", "large"])
def test_trailers_are_no_headers(server, name, size):
    body = BODY + b" " * size
    sent = CHUNKED + b"%x\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(body), body, AGAIN[name])
    with Wire(server) as wire:
        wire.send(sent.replace(b"host: x", b"host: x\r\nx-request-id: of-the-header"))
        answer = wire.response()
        assert (answer.status, answer.headers["x-request-id"]) == (200, "of-the-header")
        assert wire.is_open()
    # Nor do they stand in for one that is missing.
    with Wire(server) as wire:
        wire.send(sent.replace(b"host: x\r\n", b""))
        assert wire.response().json["field"] == "host"
