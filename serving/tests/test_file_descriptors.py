"""More connections than the system gives file descriptors for: the server neither dies nor spins."""

import json
import resource
import socket
import time

import pytest

from tests.wire import Wire

BODY = json.dumps({"features": [1.0] * 30}).encode()
DESCRIPTORS = 48
CONNECTIONS = 200


@pytest.fixture
def with_few(breast_cancer, launch):
    """Starts a server that has few of them."""

    def start(**settings):
        server = launch(breast_cancer, **settings)
        server.ignore_log()
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        return server

    return start


def processor_seconds(server) -> float:
    with open(f"/proc/{server.process.pid}/schedstat") as file:  # noqa: PTH123
        return int(file.read().split()[0]) / 1e9


def test_it_neither_dies_nor_spins_and_recovers(with_few):
    few = with_few()
    with Wire(few) as early:
        assert early.is_open()
        held = [socket.create_connection(("127.0.0.1", few.port), timeout=20) for _ in range(CONNECTIONS)]
        before = processor_seconds(few)
        time.sleep(1)
        assert processor_seconds(few) - before < 0.5
        # Who was there before is served all the while, also with what opens files.
        early.send(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        assert early.response().status == 200
        assert early.is_open()
        for connection in held:
            connection.close()
        assert few.post_bytes("/predict", BODY).status == 200
        assert early.is_open()
    assert f"process_max_fds {DESCRIPTORS}.0" in few.get("/metrics").content.decode()


def test_those_who_wait_are_answered_once_there_is_room(with_few):
    """The silent ones in front of them run out of time."""
    few = with_few(header_timeout=3)
    held = [socket.create_connection(("127.0.0.1", few.port), timeout=20) for _ in range(DESCRIPTORS)]
    assert few.post_bytes("/predict", BODY).status == 200
    for connection in held:
        connection.close()
