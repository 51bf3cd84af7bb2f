"""A server that is told to end tells its clients, and loses none of their calls."""

import signal
import threading

import grpc

from model_server.grpc.frames import DATA, END_STREAM, GOAWAY, PING, frame
from tests.grpc_front.client import HEALTH, INFERENCE, TIMEOUT, connected, refusal
from tests.grpc_front.frames import EMPTY, Wire

CLIENTS = 4


def test_watchers_are_told_first(launch_grpc):
    server = launch_grpc(shutdown_delay=1)
    with connected(server.port) as client:
        watching = client.method(HEALTH, "Watch")(client.request(HEALTH, "Watch"), timeout=TIMEOUT)
        of_service = client.method(HEALTH, "Watch")(
            client.request(HEALTH, "Watch", service=INFERENCE), timeout=TIMEOUT
        )
        assert (next(watching).status, next(of_service).status) == (1, 1)
        server.http.process.send_signal(signal.SIGTERM)
        assert (next(watching).status, next(of_service).status) == (2, 2)
        # Within the delay it answers, but says what it is about.
        assert not client.call(INFERENCE, "ServerReady").ready
        assert not client.call(INFERENCE, "ModelReady", name="breast-cancer").ready
        assert client.call(HEALTH, "Check").status == 2
        assert client.call(INFERENCE, "ServerLive").live
        assert refusal(lambda: list(watching)).code() is grpc.StatusCode.UNAVAILABLE
    assert server.http.process.wait(timeout=60) == 0


def test_calls_that_are_on_their_way_are_answered(launch_grpc):
    server = launch_grpc(shutdown_delay=0)
    with Wire(server.port) as wire, Wire(server.port) as idle:
        wire.send(wire.call(1), wire.headers(3))
        assert wire.answers()[1]["grpc-status"] == "0"
        server.http.process.send_signal(signal.SIGTERM)
        ping = None
        for kind, _, _, payload in wire.frames():
            if kind == GOAWAY:
                # So far none is refused.
                assert int.from_bytes(payload[:4]) == 2**31 - 1
            if kind == PING:
                ping = payload
                break
        # What was begun before the client knew, and what comes still later, is answered.
        wire.send(wire.headers(5), frame(PING, 1, 0, ping), frame(DATA, END_STREAM, 5, EMPTY))
        assert wire.answers()[5]["grpc-status"] == "0"
        wire.send(frame(DATA, END_STREAM, 3, EMPTY))
        assert wire.answers()[3]["grpc-status"] == "0"
        assert idle.goaway()[1] == 0
    assert server.http.process.wait(timeout=60) == 0


def test_none_is_lost_under_load(launch_grpc, typed, breast_cancer):
    """Clients that go on until the server is out of rotation, and then to another one."""
    server = launch_grpc(shutdown_delay=600)
    enough, problems, answered = threading.Event(), [], []

    def ask() -> None:
        with connected(server.port) as client:
            method = client.method(INFERENCE, "ModelInfer")
            while not enough.is_set():
                try:
                    calls = [method.future(typed, timeout=TIMEOUT) for _ in range(8)]
                    answered.extend(call.result() for call in calls)
                except grpc.RpcError as error:
                    problems.append(error)

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    with connected(server.port) as client:
        watching = client.method(HEALTH, "Watch")(client.request(HEALTH, "Watch"))
        assert next(watching).status == 1
        before = len(answered)
        server.http.process.send_signal(signal.SIGTERM)
        assert next(watching).status == 2
        watching.cancel()
    # They turn away while calls are on their way, and the server ends when the last of them is answered.
    enough.set()
    server.http.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert server.http.process.wait(timeout=60) == 0
    assert not problems
    assert len(answered) >= before
    assert len({answer.SerializeToString() for answer in answered}) == 1
