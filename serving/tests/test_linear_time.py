"""Work grows as what a client sends does, and no faster: asked of each part that a client controls."""

import json
import socket
import time

import pytest
from conftest import RunningServer, start

from tests.client_parts import PARTS

# A part is made this much larger. Work that grows as its square would be 64 times as much.
GROWTH = 8
# Between both: memory that no longer fits into a cache, and what else this machine does, make work slower.
MAX_FACTOR = 2.5 * GROWTH
# Seconds of the processor. Whatever takes less than this is in the order of a request without any part.
LEAST = 0.002
# The least of them counts: another program can only add to what a request takes.
RUNS = 3
# Seconds: a wrong part must not take the tests' whole time.
TIMEOUT = 60


@pytest.fixture(scope="module")
def asked(breast_cancer):
    running = start(
        breast_cancer,
        model_name="breast-cancer",
        model_version="1.0.0",
        feature_store_url="http://127.0.0.1:9",
        feature_store_entity_keys='{"key": "string"}',
        feature_store_features=json.dumps([f"view:f{number}" for number in range(30)]),
    )
    running.ignore_log()
    yield running
    running.process.kill()
    running.process.wait()


def processor_time(server: RunningServer) -> float:
    """Seconds that the server's process has computed."""
    # A process's clock has a number that is made of its own, as clock_getcpuclockid(3) does.
    return time.clock_gettime((~server.process.pid << 3) | 2)


def answer(server: RunningServer, sent: bytes) -> bytes:
    """Everything until the server closes."""
    parts = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as connection:
        try:
            connection.sendall(sent)
            while part := connection.recv(1 << 20):
                parts.append(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it need not read what it has refused
    return b"".join(parts)


def work(server: RunningServer, sent: bytes) -> float:
    before = processor_time(server)
    answer(server, sent)
    return processor_time(server) - before


@pytest.mark.parametrize("name", PARTS)
def test_work_grows_as_a_part_does(asked, name):
    make, largest = PARTS[name]
    small, large = make(largest // GROWTH), make(largest)
    least = min(work(asked, small) for _ in range(RUNS))
    most = min(work(asked, large) for _ in range(RUNS))
    assert most < MAX_FACTOR * max(least, LEAST), f"{least:.4f} s became {most:.4f} s"
    # It goes on, and has not been made to fail.
    assert answer(asked, large)[9:12] != b"500"
