"""Clients that are slow, many or wrong get an answer or are cut off, and the others do not notice."""

import contextlib
import json
import re
import select
import socket
import threading
import time

import pytest

BODY = json.dumps({"features": [1.0] * 30}).encode()
HEADER = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: " + str(len(BODY)).encode() + b"\r\n\r\n"


def connect(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=60)


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


def connections(number: int) -> bytes:
    """The metric of so many open ones; whoever asks for it has one of them."""
    return b"model_server_connections %d.0\n" % number


def until_metric(server, line: bytes) -> None:
    deadline = time.monotonic() + 60
    while line not in server.get("/metrics").content:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextlib.contextmanager
def sending(server, sent: bytes):
    """A client whose first bytes are there as soon as it is: no limit of the server's is too short for it."""
    with contextlib.ExitStack() as stack:
        with server.halted():
            connection = stack.enter_context(connect(server))
            connection.sendall(sent)
        yield connection


@pytest.fixture
def strict(breast_cancer, launch):
    return launch(breast_cancer, header_timeout=0.5, body_timeout=0.5)


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
    with sending(strict, sent) as connection:
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"timeout"' in answer
    with sending(strict, HEADER + BODY) as connection:
        assert b"200 OK" in receive_response(connection)


def test_unfinished_second_request_is_ended(strict):
    with sending(strict, HEADER + BODY) as connection:
        receive_response(connection)
        connection.sendall(HEADER)
        assert received(connection).startswith(b"HTTP/1.1 408 ")


def test_second_request_that_begins_with_the_first_is_ended(strict):
    """Each piece of it stops the timer for idle connections, so it needs one of its own."""
    with sending(strict, HEADER + BODY + b"POST") as connection:
        answers, letters = b"", iter(b" /predict HTTP/1.1\r\n" + b"x" * 1000)
        connection.settimeout(0.2)
        while b"HTTP/1.1 408 " not in answers:
            try:
                part = connection.recv(65536)
                assert part, answers
                answers += part
            except TimeoutError:
                connection.sendall(bytes([next(letters)]))
    assert answers.startswith(b"HTTP/1.1 200 ")


def test_silent_connections_are_closed_without_a_word(strict):
    with connect(strict) as connection:
        assert received(connection) == b""


def test_idle_connections_are_closed(breast_cancer, launch):
    server = launch(breast_cancer, keep_alive_timeout=1)
    with connect(server) as connection:
        connection.sendall(HEADER + BODY)
        receive_response(connection)
        assert received(connection) == b""
    # Nobody was too slow.
    assert b"model_server_connections_timed_out_total 0.0" in server.get("/metrics").content


def test_a_server_that_was_away_reads_before_it_judges(breast_cancer, launch):
    """Its own time is not its clients': they have sent while it was stopped."""
    limit = 1
    server = launch(breast_cancer, keep_alive_timeout=limit)
    asked_in_time = False
    while not asked_in_time:
        with connect(server) as connection:
            began = time.monotonic()
            connection.sendall(HEADER + BODY)
            receive_response(connection)
            with server.halted():
                asked_in_time = time.monotonic() - began < limit
                connection.sendall(HEADER + BODY)
                time.sleep(2 * limit)
            if asked_in_time:
                assert b"200 OK" in receive_response(connection)


# Short requests with long answers, and as many as the system does not keep for a client that takes little at
# a time.
LONG = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n"
MANY = 600


def connect_for_little(server) -> socket.socket:
    """A client for which the system keeps little that it has not taken yet."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", server.port))
    return connection


def test_responses_are_sent_as_slowly_as_they_are_taken(server):
    expected = server.get("/openapi.json").content
    with connect_for_little(server) as connection, connection.makefile("rb") as reader:
        connection.sendall(LONG * MANY)
        for _ in range(MANY):
            while (line := reader.readline()) != b"\r\n":
                assert line
            assert reader.read(len(expected)) == expected


def test_a_client_that_takes_no_responses_is_given_up(breast_cancer, launch):
    server = launch(breast_cancer, response_timeout=0.5)
    expected = server.get("/openapi.json").content
    with connect_for_little(server) as connection:
        connection.sendall(LONG * MANY)
        until_metric(server, b"model_server_connections_timed_out_total 1.0")
        assert len(received(connection)) < MANY * len(expected)


def test_who_takes_responses_slowly_may_have_begun_another_request(breast_cancer, launch):
    """No more of it is read meanwhile, so its own time has not begun."""
    limit = 0.5
    server = launch(breast_cancer, body_timeout=limit)
    expected = server.get("/openapi.json").content
    with connect_for_little(server) as connection, connection.makefile("rb") as reader:
        connection.sendall(LONG * MANY + HEADER + BODY[:-1])
        time.sleep(3 * limit)
        for _ in range(MANY):
            while (line := reader.readline()) != b"\r\n":
                assert line
            assert reader.read(len(expected)) == expected


def test_an_unfinished_request_behind_long_responses_is_ended(breast_cancer, launch):
    server = launch(breast_cancer, body_timeout=0.5, response_timeout=5)
    expected = server.get("/openapi.json").content
    with connect_for_little(server) as connection:
        connection.sendall(LONG * MANY + HEADER + BODY[:-1])
        answer = received(connection)
    assert answer.count(expected) == MANY
    _, _, rest = answer.rpartition(expected)
    assert rest.startswith(b"HTTP/1.1 408 ")


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
        connection.settimeout(60)
        assert b"200 OK" not in received(connection)
    assert server.get("/v2/health/live").status == 200


def test_large_header_in_one_piece(server):
    with connect(server) as connection:
        # The server may close before it has everything.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
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
    until_metric(server, connections(1))
    assert all(b" 200 OK" in answer_to_a_new_client(server) for _ in range(10))


def test_clients_that_send_nothing_are_in_nobodys_way(breast_cancer, launch):
    server = launch(breast_cancer, max_concurrency=3)
    held = []
    for number in range(40):
        held.append(connect(server))
        if number < 20:
            held[-1].sendall(HEADER)
        # It is new no longer: a new connection counts, as its request is on the way.
        until_metric(server, connections(len(held) + 1))
    assert server.post_bytes("/predict", BODY).status == 200
    for connection in held:
        connection.close()


def test_slow_clients_give_way_when_connections_run_out(breast_cancer, launch):
    server = launch(breast_cancer, max_connections=4, header_timeout=20)
    held = [connect(server) for _ in range(4)]
    for connection in held:
        connection.sendall(b"POST /predict HTTP/1.1\r\n")
    deadline = time.monotonic() + 60
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
        # Not yet idle for long: the newcomer, who comes right behind their requests, is refused.
        with contextlib.ExitStack() as stack:
            with server.halted():
                oldest.sendall(HEADER + BODY)
                second.sendall(HEADER + BODY)
                newcomer = stack.enter_context(connect(server))
            assert b"HTTP/1.1 503 " in received(newcomer)
        for connection in (oldest, second):
            receive_response(connection)
        for connection in (oldest, second):
            connection.sendall(HEADER + BODY)
            receive_response(connection)
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
        for connection in (first, second):
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                connection.sendall(header + b" " * 900_000)
        # Which one the budget does not suffice for is chance.
        ((refused, *none), _, _) = select.select([first, second], [], [], 60)
        assert none == []
        answer = received(refused)
        assert b" 503 " in answer.splitlines()[0]
        assert b"retry-after" in answer
        other = second if refused is first else first
        other.sendall(b" " * 100_000)
        assert b"HTTP/1.1 400 " in other.recv(65536)
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
