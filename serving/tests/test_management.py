"""The management port tells the truth whatever happens on the other one, and nobody can use it up."""

import contextlib
import http.client
import json
import signal
import socket
import sys
import threading
import time
from collections import Counter

import pytest
from conftest import SERVING, RunningServer, refused_start

from tests.ports import free_port
from tests.wire import BODY, PROBE

sys.path.insert(0, str(SERVING.parent / "bench" / "serving"))

import load

# Seconds, as the kubelet waits for an answer unless it is told otherwise.
PROBE_TIMEOUT = 1
LIVE, READY = "/v2/health/live", "/v2/health/ready"
OPERATORS = (LIVE, READY, "/v2", "/v2/models/sample", "/v2/models/sample/ready", "/metrics", "/openapi.json")
ONE_ROW = load.Request("/predict", BODY, {"content-type": "application/json"})
BATCH = load.Request(
    "/predict", json.dumps({"instances": [[1.0] * 30] * 300}).encode(), {"content-type": "application/json"}
)


@pytest.fixture
def managed(breast_cancer, launch):
    """Starts a server with a management port; gives both ports as servers."""

    def start(**settings) -> tuple[RunningServer, RunningServer]:
        port = free_port()
        server = launch(breast_cancer, management_port=port, **settings)
        return server, RunningServer(server.process, port)

    return start


@pytest.fixture(scope="module")
def generator(tmp_path_factory) -> load.Generator:
    return load.Generator(tmp_path_factory.mktemp("generator"))


def probe(port: int, path: str) -> int | str:
    """The status, asked for as the kubelet does: by a new connection each time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_TIMEOUT)
    try:
        connection.request("GET", path, headers={"connection": "close"})
        return connection.getresponse().status
    except OSError as problem:
        return repr(problem)
    finally:
        connection.close()


@contextlib.contextmanager
def probed(port: int):
    """Asks for health and metrics until the end; counts what came of it."""
    answers, over = Counter(), threading.Event()

    def run() -> None:
        while not over.wait(0.05):
            answers.update((path, probe(port, path)) for path in (LIVE, READY, "/metrics"))

    prober = threading.Thread(target=run)
    prober.start()
    try:
        yield answers
    finally:
        over.set()
        prober.join()


def test_what_is_where(managed):
    server, management = managed(model_version="1.0.0")
    for path in (*OPERATORS, "/v2/models/sample/versions/1.0.0", "/v2/models/sample/versions/1.0.0/ready"):
        assert management.get(path).status == 200, path
        on_both = path not in ("/metrics", "/openapi.json")
        answer = server.get(path)
        assert answer.status == (200 if on_both else 404), path
        if not on_both:
            assert f"management port {management.port}" in answer.json["error"]
    for path in ("/predict", "/v2/models/sample/infer", "/v2/models/sample/versions/1.0.0/infer"):
        answer = management.post_bytes(path, BODY)
        assert answer.status == 404
        assert "predictions are on the server's own port" in answer.json["error"]
    assert management.request("HEAD", LIVE).status == 200
    assert management.request("POST", LIVE).status == 405
    described = management.get("/openapi.json").json["paths"]
    assert "/predict" in described
    assert not {"/metrics", "/openapi.json"} & described.keys()


def test_without_one_all_is_on_the_other(server):
    for path in (LIVE, READY, "/metrics", "/openapi.json"):
        assert server.get(path).status == 200


def test_both_ports_count_into_the_same_metrics(managed):
    server, management = managed()
    for asked in (server, management):
        assert asked.get(LIVE).status == 200
    assert server.post_bytes("/predict", BODY).status == 200
    found = management.get("/metrics").content.decode()
    assert 'model_server_requests_total{route="live",status="200"} 2.0' in found
    assert 'model_server_request_duration_seconds_count{route="live"} 2.0' in found
    assert 'model_server_requests_total{route="predict",status="200"} 1.0' in found
    assert "model_server_rows_total 1.0" in found


def test_two_servers_cannot_have_the_same_port(breast_cancer, managed):
    _, management = managed()
    said = refused_start(breast_cancer, management_port=management.port)
    assert (said["code"], str(management.port) in said["message"]) == ("no_port", True)
    port = free_port()
    said = refused_start(breast_cancer, management_port=port, port=port)
    assert said["code"] == "invalid_setting"
    assert "MODEL_SERVER_MANAGEMENT_PORT" in said["message"]
    assert "MODEL_SERVER_PORT" in said["message"]


@pytest.mark.parametrize("connections", [300, 512, 1000])
@pytest.mark.parametrize("request_", [ONE_ROW, BATCH], ids=["one row", "batches"])
def test_probes_are_answered_beside_connections_that_never_pause(managed, generator, request_, connections):
    server, management = managed()
    server.ignore_log()
    with probed(management.port) as answers:
        # Far more than it can answer: whoever has an answer asks at once again.
        found = generator.drive(server.port, request_, 50_000, 4, connections, 0.2)
    assert {status for _, status in answers} == {200}, answers
    assert min(answers[path, 200] for path in (LIVE, READY, "/metrics")) > 5
    # Nobody's request was lost; who was too many has been told when to come again.
    assert (found["failed"], found["unanswered"]) == (0, 0)
    assert found["answered"] > 0
    assert found["refused"] == found["retryable"]


def test_probes_are_answered_beside_a_flood_of_connections(managed):
    server, management = managed()
    server.ignore_log()
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(PROBE)

    flooding = [threading.Thread(target=flood) for _ in range(4)]
    with probed(management.port) as answers:
        for thread in flooding:
            thread.start()
        while answers["/metrics", 200] < 10 and {status for _, status in answers} <= {200}:
            time.sleep(0.05)
        over.set()
        for thread in flooding:
            thread.join()
    assert {status for _, status in answers} == {200}, answers


@pytest.mark.parametrize("sent", [b"", b"GET /v2/health/live HT", PROBE], ids=["nothing", "a part", "all"])
def test_held_connections_give_way(managed, sent):
    """On either port; those of the management port are far more than it keeps."""
    server, management = managed()
    with contextlib.ExitStack() as held:
        for port in (server.port, management.port):
            for _ in range(400):
                connection = held.enter_context(socket.create_connection(("127.0.0.1", port)))
                # It may have given way already.
                with contextlib.suppress(OSError):
                    connection.sendall(sent)
            for path in OPERATORS:
                assert management.get(path).status == 200
        assert server.post_bytes("/predict", BODY).status == 200


def test_a_client_that_keeps_its_connection_stays(managed):
    _, management = managed()
    connection = http.client.HTTPConnection("127.0.0.1", management.port, timeout=60)
    for _ in range(3):
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        kept = connection.sock
        assert kept is not None
    connection.close()


def test_it_says_so_if_the_other_one_does_not_get_on(managed):
    """Nobody reads the log of a server that logs everything: it waits for that, and answers nothing more."""
    server, management = managed(log_sample=1)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.settimeout(1)
        with contextlib.suppress(TimeoutError):
            while True:
                client.sendall(PROBE * 100)
                client.recv(1_000_000)
        connection = http.client.HTTPConnection("127.0.0.1", management.port, timeout=0.2)
        while True:
            # Without an answer, or with another one than that it lives.
            try:
                connection.request("GET", READY)
                if connection.getresponse().status != 200:
                    break
            except OSError:
                break
            finally:
                connection.close()


def test_it_closes_last(managed):
    server, management = managed(shutdown_delay=600, drain_timeout=600)
    slow = socket.create_connection(("127.0.0.1", server.port))
    header = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(BODY)
    slow.sendall(PROBE)
    assert slow.recv(65536)
    server.process.send_signal(signal.SIGTERM)
    while management.get(READY).status == 200:
        time.sleep(0.01)
    assert management.get(READY).json["code"] == "draining"
    assert management.get(LIVE).status == 200
    # The end of the delay: one request is on its way, for which the server waits.
    slow.sendall(header + BODY[:-1])
    server.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(ConnectionRefusedError):
        while True:
            # In the moment in which it closes, the system resets who is just being connected.
            with contextlib.suppress(ConnectionResetError):
                socket.create_connection(("127.0.0.1", server.port)).close()
    assert management.get(READY).status == 503
    assert management.get(LIVE).status == 200
    assert "model_server_requests_total" in management.get("/metrics").content.decode()
    slow.sendall(BODY[-1:])
    assert slow.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(timeout=60) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", management.port))
