"""Receivers, and servers that send to them."""

import http.client
import json
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import Answer, RunningServer

from tests.payload_log.receiver import WAIT, Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def logging_to(breast_cancer, launch) -> Callable[..., RunningServer]:
    """Starts a server whose payloads go to this sink."""

    def start(sink: str, server: dict | None = None, **others) -> RunningServer:
        # Long enough for a busy machine, unless a test is about it.
        given = {"sink": sink, **({} if sink == "stdout" else {"timeout": 50}), **others}
        settings = {f"payload_log_{name}": value for name, value in given.items()}
        return launch(
            breast_cancer, **{"log_sample": 0, "model_version": "1.0.0", **settings, **(server or {})}
        )

    return start


def ask(server: RunningServer, document: object, request_id: str, path: str = "/predict") -> Answer:
    headers = {"content-type": "application/json", "x-request-id": request_id}
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return server.request("POST", path, body, headers)


def ask_many(server: RunningServer, row: list[float], ids: list[str]) -> None:
    """Ask once per id, over one connection; every answer must be good."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    body = json.dumps({"features": row}).encode()
    for request_id in ids:
        headers = {"content-type": "application/json", "x-request-id": request_id}
        connection.request("POST", "/predict", body, headers)
        response = connection.getresponse()
        response.read()
        assert response.status == 200
    connection.close()


def payload_metrics(server: RunningServer) -> dict[str, float]:
    """The metrics of the payload log, without their common beginning."""
    lines = server.get("/metrics").content.decode().splitlines()
    found = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}
    prefix = "model_server_payload"
    return {
        name.removeprefix(prefix): value
        for name, value in found.items()
        if name.startswith(prefix) and not name.endswith("_created")
    }


def wait_until(condition) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def dropped(server: RunningServer) -> dict[str, int]:
    """How many were dropped, by reason."""
    return {
        name.split('"')[1]: int(value)
        for name, value in payload_metrics(server).items()
        if name.startswith("s_dropped_total") and value
    }
