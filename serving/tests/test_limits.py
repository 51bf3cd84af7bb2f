"""Clients that are slow, many or wrong get an answer or are cut off, and the others do not notice."""

import contextlib
import json
import re
import socket
import threading
import time

import pytest

BODY = json.dumps({"features": [1.0] * 30}).encode()
HEADER = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: " + str(len(BODY)).encode() + b"\r\n\r\n"


def connect(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def received(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def receive_response(connection: socket.socket) -> bytes:
    content = b""
    while b'"prediction"' not in content:
        part = connection.recv(65536)
        assert part, content
        content += part
    return content


def until_metric(server, line: bytes) -> None:
    deadline = time.monotonic() + 20
    while line not in server.get("/metrics").content:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def strict(breast_cancer, launch):
    return launch(breast_cancer, header_timeout=0.5, body_timeout=0.5, keep_alive_timeout=1)


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /predict HT",
        b"POST /predict HTTP/1.1\r\nhost: x\r\n",
        HEADER,
        HEADER + BODY[:9],
    ],
)
def test_unfinished_requests_are_ended(strict, sent):
    with connect(strict) as connection:
        connection.sendall(sent)
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"timeout"' in answer
    assert strict.post_bytes("/predict", BODY).status == 200


def test_unfinished_second_request_is_ended(strict):
    with connect(strict) as connection:
        connection.sendall(HEADER + BODY)
        receive_response(connection)
        connection.sendall(HEADER)
        assert received(connection).startswith(b"HTTP/1.1 408 ")


def test_second_request_that_begins_with_the_first_is_ended(strict):
    """Each piece of it stops the timer for idle connections, so it needs one of its own."""
    with connect(strict) as connection:
        connection.sendall(HEADER + BODY + b"POST")
        receive_response(connection)
        answer, letters = b"", iter(b" /predict HTTP/1.1\r\n" + b"x" * 1000)
        connection.settimeout(0.2)
        for letter in letters:
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(65536)
                break
            connection.sendall(bytes([letter]))
        assert answer.startswith(b"HTTP/1.1 408 ")


def test_silent_connections_are_closed_without_a_word(strict):
    with connect(strict) as connection:
        assert received(connection) == b""


def test_idle_connections_are_closed(strict):
    with connect(strict) as connection:
        connection.sendall(HEADER + BODY)
        receive_response(connection)
        assert received(connection) == b""
    # Nobody was too slow.
    assert b"model_server_connections_timed_out_total 0.0" in strict.get("/metrics").content


# As many long answers as the system does not keep for a client that takes little at a time.
MANY = 12


def much() -> tuple[bytes, bytes]:
    """A request with a long answer, and its body alone."""
    body = json.dumps({"instances": [[1.0] * 30] * 10_000, "probabilities": True}).encode()
    return HEADER.replace(str(len(BODY)).encode(), str(len(body)).encode()) + body, body


def connect_for_little(server) -> socket.socket:
    """A client for which the system keeps little that it has not taken yet."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", server.port))
    return connection


def test_responses_are_sent_as_slowly_as_they_are_taken(server):
    request, body = much()
    expected = server.post_bytes("/predict", body).content
    with connect_for_little(server) as connection, connection.makefile("rb") as reader:
        connection.sendall(request * MANY)
        for _ in range(MANY):
            while reader.readline() != b"\r\n":
                pass
            assert reader.read(len(expected)) == expected


def test_a_client_that_takes_no_responses_is_given_up(breast_cancer, launch):
    server = launch(breast_cancer, response_timeout=0.5)
    request, body = much()
    expected = server.post_bytes("/predict", body).content
    with connect_for_little(server) as connection:
        # It may be given up while it still sends: nothing more is read of a client that takes nothing.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(request * MANY)
        until_metric(server, b"model_server_connections_timed_out_total 1.0")
        assert len(received(connection)) < MANY * len(expected)


def test_an_unfinished_request_behind_a_long_response_is_ended(breast_cancer, launch):
    server = launch(breast_cancer, body_timeout=0.5, response_timeout=2)
    request, body = much()
    expected = server.post_bytes("/predict", body).content
    with connect_for_little(server) as connection:
        connection.sendall(request + HEADER + BODY[:-1])
        answer = received(connection)
    _, _, answer = answer.partition(expected)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_request_in_many_pieces_is_answered(server):
    with connect(server) as connection:
        for byte in HEADER + BODY:
            connection.sendall(bytes([byte]))
        assert b"200 OK" in receive_response(connection)


def test_pipelined_requests_are_answered_in_order(server):
    with connect(server) as connection:
        wrong = b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n"
        last = b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        connection.sendall(HEADER + BODY + wrong + HEADER + BODY + last)
        statuses = re.findall(rb"HTTP/1.1 (\d+)", received(connection))
    assert statuses == [b"200", b"404", b"200", b"200"]


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
)
def test_what_is_not_http_gets_400(server, sent):
    with connect(server) as connection:
        connection.sendall(sent)
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b'"code":"malformed"' in answer


def test_endless_header(server):
    with connect(server) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\n")
        try:
            for _ in range(200):
                connection.sendall(b"x-filler: " + b"a" * 1000 + b"\r\n")
        except OSError:
            pass  # the server has closed meanwhile, which is the point
        connection.settimeout(20)
        assert b"200 OK" not in received(connection)
    assert server.get("/v2/health/live").status == 200


def test_large_header_in_one_piece(server):
    with connect(server) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\nx-filler: " + b"a" * 100_000 + b"\r\n\r\n")
        assert b"200 OK" not in received(connection)
    with connect(server) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\nhost: x\r\nx-filler: " + b"a" * 20_000 + b"\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@contextlib.contextmanager
def saturated(server, clients: int):
    """Keep-alive clients that all send at once, again and again, until the end; all of them get answers."""
    stopped, problems = threading.Event(), []
    connections = []
    for _ in range(clients):
        connections.append(connect(server))
        # One after the other: nobody is refused yet.
        connections[-1].sendall(HEADER + BODY)
        receive_response(connections[-1])

    def run() -> None:
        try:
            while not stopped.is_set():
                for connection in connections:
                    connection.sendall(HEADER + BODY)
                for connection in connections:
                    assert b"200 OK" in receive_response(connection)
        except (AssertionError, OSError) as problem:
            problems.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        for connection in connections:
            connection.close()
    assert problems == []


def answer_to_a_new_client(server) -> bytes:
    with connect(server) as connection:
        connection.sendall(HEADER.replace(b"host", b"connection: close\r\nhost") + BODY)
        return received(connection)


def test_surplus_requests_are_refused_and_the_others_served(breast_cancer, launch):
    server = launch(breast_cancer, max_concurrency=4)
    with saturated(server, 4 * 16):
        answers = [answer_to_a_new_client(server) for _ in range(200)]
    refused = [answer for answer in answers if b" 503 " in answer.splitlines()[0]]
    assert refused
    assert all(b" 200 OK" in answer for answer in answers if answer not in refused)
    for answer in refused:
        assert b"retry-after: 1" in answer
        assert b'"code":"overloaded"' in answer
    # Once the server has noticed that they are gone, nobody is in anybody's way any more.
    time.sleep(0.5)
    assert all(b" 200 OK" in answer_to_a_new_client(server) for _ in range(10))


def test_clients_that_send_nothing_are_in_nobodys_way(breast_cancer, launch):
    server = launch(breast_cancer, max_concurrency=3)
    held = [connect(server) for _ in range(40)]
    for connection in held[:20]:
        connection.sendall(HEADER)
    # They are new no longer: a new connection counts, as its request is on the way.
    time.sleep(0.5)
    assert server.post_bytes("/predict", BODY).status == 200
    for connection in held:
        connection.close()


def test_slow_clients_give_way_when_connections_run_out(breast_cancer, launch):
    server = launch(breast_cancer, max_connections=4, header_timeout=20)
    held = [connect(server) for _ in range(4)]
    for connection in held:
        connection.sendall(b"POST /predict HTTP/1.1\r\n")
    deadline = time.monotonic() + 15
    while b" 200 OK" not in answer_to_a_new_client(server):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    for connection in held:
        connection.close()


def test_idle_connections_give_way_to_new_ones(breast_cancer, launch):
    server = launch(breast_cancer, max_connections=2)
    with connect(server) as oldest, connect(server) as second:
        for connection in (oldest, second):
            connection.sendall(HEADER + BODY)
            receive_response(connection)
        # Not yet idle for long: the newcomer is refused.
        with connect(server) as newcomer:
            assert b"HTTP/1.1 503 " in received(newcomer)
        time.sleep(1.1)
        with connect(server) as newcomer:
            newcomer.sendall(HEADER + BODY)
            assert b"200 OK" in receive_response(newcomer)
            assert received(oldest) == b""
            second.sendall(HEADER + BODY)
            assert b"200 OK" in receive_response(second)


def test_bodies_in_transit_share_a_budget(breast_cancer, launch):
    server = launch(breast_cancer, max_body_bytes=1_000_000, max_buffered_bytes=1_200_000)
    header = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n"
    with connect(server) as first, connect(server) as second:
        first.sendall(header + b" " * 900_000)
        # The server has taken the first part once it answers others.
        assert server.get("/v2/health/live").status == 200
        second.sendall(header + b" " * 900_000)
        answer = received(second)
        assert b" 503 " in answer.splitlines()[0]
        assert b"retry-after" in answer
        first.sendall(b" " * 100_000)
        assert b"HTTP/1.1 400 " in first.recv(65536)
    assert server.post_bytes("/predict", BODY).status == 200


def test_too_many_rows(breast_cancer, launch):
    server = launch(breast_cancer, max_rows=20)
    row = [1.0] * 30
    assert server.post("/predict", {"instances": [row] * 20}).status == 200
    for count in (21, 100):
        answer = server.post("/predict", {"instances": [row] * count})
        assert (answer.status, answer.json["code"]) == (422, "too_many_rows")
    tensor = {"name": "x", "shape": [21, 30], "datatype": "FP32", "data": row * 21}
    answer = server.post("/v2/models/sample/infer", {"inputs": [tensor]})
    assert (answer.status, answer.json["code"]) == (422, "too_many_rows")


def test_compressed_bodies_are_refused(server):
    answer = server.request("POST", "/predict", BODY, {"content-encoding": "gzip"})
    assert (answer.status, answer.json["field"]) == (415, "content-encoding")


def test_clients_that_vanish_leave_nothing(server):
    for sent in (HEADER, HEADER + BODY[:20], HEADER + BODY):
        for _ in range(20):
            with connect(server) as connection:
                connection.sendall(sent)
    assert server.post_bytes("/predict", BODY).status == 200
