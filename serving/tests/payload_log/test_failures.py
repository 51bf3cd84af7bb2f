"""A sink that is dead, slow, wrong or full costs payloads, and no prediction."""

import http.client
import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fetcher.local_server import certificate
from tests.payload_log.conftest import ask, ask_many, dropped, payload_metrics, wait_until
from tests.payload_log.receiver import Receiver

SECRET = "t0p-secret"


def log_of(server) -> list[dict]:
    assert server.stop() == 0
    return [json.loads(line) for line in server.process.stdout]


def test_sink_that_was_never_there(receiver, logging_to, golden):
    receiver.stop()
    server = logging_to(receiver.url, queue_requests=20, retries=0)
    ids = [f"id-{number}" for number in range(300)]
    # The first loss is the one that is told at once.
    ask_many(server, golden["features"][0], ids[:1])
    wait_until(lambda: dropped(server) == {"unavailable": 1})
    ask_many(server, golden["features"][0], ids[1:])
    wait_until(lambda: payload_metrics(server)["s_waiting"] == 0)
    assert sum(dropped(server).values()) == 300
    warnings = [entry for entry in log_of(server) if entry["message"] == "payloads dropped"]
    # Not one for each; together they name all.
    assert len(warnings) < 10
    assert sum(entry["dropped"] for entry in warnings) == 300
    assert warnings[0]["reason"] == "the sink cannot be reached (connection refused)"


def test_sink_that_comes_back(receiver, logging_to, golden):
    server = logging_to(receiver.url, mode="request", connections=1, retries=20)
    ask(server, {"features": golden["features"][0]}, "before")
    wait_until(lambda: payload_metrics(server)["s_sent_total"] == 1)
    receiver.stop()
    ask(server, {"features": golden["features"][0]}, "meanwhile")
    wait_until(lambda: payload_metrics(server)["_retries_total"] >= 1)
    receiver.start()
    ask(server, {"features": golden["features"][0]}, "after")
    assert [event.get_id() for event in receiver.wait_for(3)] == ["before", "meanwhile", "after"]
    assert dropped(server) == {}


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_failures_are_tried_again(status, receiver, logging_to, golden):
    receiver.failures = [status, status]
    server = logging_to(receiver.url, mode="request")
    ask(server, {"features": golden["features"][0]}, "a-1")
    (event,) = receiver.wait_for(1)
    assert event.get_id() == "a-1"
    assert payload_metrics(server)["_retries_total"] == 2
    assert dropped(server) == {}


def test_tries_are_bounded(receiver, logging_to, golden):
    receiver.status = 500
    server = logging_to(receiver.url, mode="request", retries=1)
    ask(server, {"features": golden["features"][0]}, "a-1")
    wait_until(lambda: dropped(server) == {"failed": 1})
    assert receiver.refused == 2


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 413])
def test_refusals_and_redirects_are_final(status, receiver, logging_to, golden):
    elsewhere = Receiver()
    elsewhere.start()
    receiver.status = status
    receiver.answer_headers = {"location": elsewhere.url}
    server = logging_to(receiver.url, mode="request", token=SECRET)
    ask(server, {"features": golden["features"][0]}, "a-1")
    wait_until(lambda: dropped(server) == {"refused": 1})
    assert (receiver.refused, elsewhere.deliveries) == (1, [])
    elsewhere.stop()


def test_slow_sink(receiver, logging_to, golden):
    receiver.delay = 60
    server = logging_to(receiver.url, queue_requests=10, timeout=1, retries=0)
    ask_many(server, golden["features"][0], [f"id-{number}" for number in range(200)])
    wait_until(lambda: "timeout" in dropped(server))
    assert dropped(server)["queue_full"] > 0
    assert payload_metrics(server)["s_sent_total"] == 0


def test_sink_that_only_accepts(logging_to, golden):
    """It is there, but says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = logging_to(url, timeout=0.2, retries=0, connections=2)
        ask_many(server, golden["features"][0], ["a", "b", "c", "d"])
        wait_until(lambda: dropped(server) == {"timeout": 4})


@pytest.mark.parametrize(
    "raw",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000, b"HTTP/1.1 999999 x\r\n\r\n"],
)
def test_sink_that_speaks_no_http(raw, receiver, logging_to, golden):
    receiver.raw = raw
    server = logging_to(receiver.url, mode="request", retries=0)
    ask(server, {"features": golden["features"][0]}, "a-1")
    wait_until(lambda: sum(dropped(server).values()) == 1)
    assert ask(server, {"features": golden["features"][0]}, "a-2").status == 200


def test_endless_answer_is_not_read(receiver, logging_to, golden):
    """The status has said what there is to know."""
    receiver.answer = b"x" * 50_000_000
    server = logging_to(receiver.url, mode="request")
    before = resident(server)
    for number in range(3):
        ask(server, {"features": golden["features"][0]}, f"a-{number}")
    receiver.wait_for(3)
    wait_until(lambda: payload_metrics(server)["s_sent_total"] == 3)
    assert resident(server) - before < 20_000_000


def test_short_answer_keeps_the_connection(receiver, logging_to, golden):
    receiver.answer = b"thank you"
    server = logging_to(receiver.url, connections=1)
    ask_many(server, golden["features"][0], [f"id-{number}" for number in range(20)])
    receiver.wait_for(40)
    assert receiver.connections == 1


def test_connections_that_end_unsaid_lose_nothing(receiver, logging_to, golden):
    receiver.hangs_up = True
    server = logging_to(receiver.url, connections=1, mode="request", retries=0)
    ids = [f"id-{number}" for number in range(30)]
    ask_many(server, golden["features"][0], ids)
    assert [event.get_id() for event in receiver.wait_for(30)] == ids
    assert dropped(server) == {}


def resident(server) -> float:
    lines = server.get("/metrics").content.decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("process_resident_memory_bytes"))


def test_queue_is_bounded_in_bytes(receiver, logging_to):
    receiver.stop()
    server = logging_to(receiver.url, queue_bytes=200_000, mode="request", retries=10)
    for number in range(20):
        assert ask(server, {"instances": [[0.123456789] * 30] * 140}, f"id-{number}").status == 200
    found = payload_metrics(server)
    assert 100_000 < found["s_waiting_bytes"] <= 200_000
    assert dropped(server) == {"queue_full": 20 - found["s_waiting"]}


def test_waiting_is_delivered_at_the_end(receiver, logging_to, golden):
    """A batch that would have gone only in a minute."""
    server = logging_to(receiver.url, format="batch", batch_seconds=60, batch_requests=1000)
    ids = [f"id-{number}" for number in range(50)]
    ask_many(server, golden["features"][0], ids)
    assert receiver.events == []
    assert server.stop() == 0
    assert len(receiver.events) == 100
    assert {event.get_id() for event in receiver.events} == set(ids)


def test_what_arrives_while_the_server_drains_is_delivered(receiver, logging_to, golden):
    server = logging_to(receiver.url, mode="request", server={"shutdown_delay": 600})
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: server.get("/v2/health/ready").status == 503)
    ask(server, {"features": golden["features"][0]}, "late")
    assert server.stop() == 0
    assert [event.get_id() for event in receiver.events] == ["late"]


def test_end_does_not_wait_for_a_sink_that_does_not_answer(receiver, logging_to, golden):
    receiver.delay = 60
    server = logging_to(receiver.url, timeout=60, server={"drain_timeout": 4})
    ask_many(server, golden["features"][0], [f"id-{number}" for number in range(20)])
    server.process.send_signal(signal.SIGTERM)
    # A quarter of the drain time and what else an end takes; the sink would take a minute.
    assert server.process.wait(timeout=30) == 0
    (warning,) = [e for e in map(json.loads, server.process.stdout) if e["message"] == "payloads dropped"]
    assert (warning["code"], warning["dropped"]) == ("shutdown", 20)


def test_predictions_go_on_beside_a_sink_that_comes_and_goes(receiver, logging_to, golden):
    """Many clients, every answer right, whatever becomes of the payloads."""
    server = logging_to(receiver.url, queue_requests=100)
    rows = list(zip(golden["features"], golden["predictions"], strict=True))
    done = threading.Event()

    def client(_: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        asked = 0
        while not done.is_set():
            row, wanted = rows[asked % len(rows)]
            body = json.dumps({"features": row})
            connection.request("POST", "/predict", body, {"content-type": "application/json"})
            response = connection.getresponse()
            assert (response.status, json.loads(response.read())) == (200, {"prediction": wanted})
            asked += 1
        connection.close()
        return asked

    with ThreadPoolExecutor(8) as clients:
        asking = [clients.submit(client, number) for number in range(8)]
        for _ in range(3):
            time.sleep(0.3)
            receiver.stop()
            time.sleep(0.3)
            receiver.start()
        done.set()
        asked = sum(future.result() for future in asking)
    wait_until(lambda: payload_metrics(server)["s_waiting"] == 0)
    # Each is accounted for.
    assert payload_metrics(server)["s_sent_total"] + sum(dropped(server).values()) == asked
    assert payload_metrics(server)["s_sent_total"] > 0


@pytest.mark.parametrize(
    ("header", "name", "value"),
    [("", "authorization", f"Bearer {SECRET}"), ("x-api-key", "x-api-key", SECRET)],
)
def test_secret_is_sent_and_never_told(header, name, value, receiver, logging_to, golden):
    receiver.failures = [401, 500]
    settings = {"auth_header": header} if header else {}
    server = logging_to(
        receiver.url, mode="request", token=f"{SECRET}\n", server={"log_level": "debug"}, **settings
    )
    for number in range(3):
        ask(server, {"features": golden["features"][0]}, f"id-{number}")
    receiver.wait_for(2)
    assert {delivery.headers[name] for delivery in receiver.deliveries} == {value}
    assert SECRET not in server.get("/metrics").content.decode()
    assert SECRET not in json.dumps(log_of(server))


def test_certificate_must_be_trusted(logging_to, golden, tmp_path):
    made = certificate(tmp_path)
    receiver = Receiver(made)
    receiver.start()
    server = logging_to(receiver.url, retries=0)
    ask(server, {"features": golden["features"][0]}, "a-1")
    wait_until(lambda: dropped(server) == {"unavailable": 1})
    assert receiver.deliveries == []
    (warning,) = [entry for entry in log_of(server) if entry["message"] == "payloads dropped"]
    assert warning["reason"] == "the sink cannot be reached (its certificate is not trusted)"
    server = logging_to(receiver.url, ca_file=made[0])
    ask(server, {"features": golden["features"][0]}, "a-2")
    receiver.wait_for(2)
    receiver.stop()
