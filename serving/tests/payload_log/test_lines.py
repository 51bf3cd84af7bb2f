"""Payloads among the lines of the log."""

import base64
import json
import os
import signal
import threading

import pytest

from tests.payload_log.conftest import ask, ask_many, dropped, payload_metrics


def lines_of(server) -> list[dict]:
    assert server.stop() == 0
    return [json.loads(line) for line in server.process.stdout]


def payloads_of(server) -> list[dict]:
    return [entry for entry in lines_of(server) if entry.get("event") == "payload"]


def test_nothing_is_logged_unless_asked_for(server, breast_cancer, launch, golden):
    running = launch(breast_cancer, log_sample=1)
    ask(running, {"features": golden["features"][0]}, "a-1")
    assert payload_metrics(running) == {}
    written = json.dumps(lines_of(running))
    assert '"payload"' not in written
    assert str(golden["features"][0][0]) not in written


def test_one_line_holds_both(logging_to, golden):
    server = logging_to("stdout", attributes='{"namespace": "models"}')
    answer = ask(server, json.dumps({"features": golden["features"][0]}, indent=2).encode(), "a-1")
    (line,) = payloads_of(server)
    assert line.pop("time").endswith("Z")
    assert line.pop("seconds") > 0
    assert line == {
        "level": "info",
        "message": "payload",
        "event": "payload",
        "model": "sample",
        "version": "1.0.0",
        "sha256": answer.headers["x-model-sha256"],
        "namespace": "models",
        "request_id": "a-1",
        "path": "/predict",
        "status": 200,
        "request": {"features": golden["features"][0]},
        "response": {"prediction": golden["predictions"][0]},
    }


def test_lines_of_requests_are_others(logging_to, golden):
    server = logging_to("stdout", server={"log_sample": 1, "log_level": "info"})
    ask(server, {"features": golden["features"][0]}, "a-1")
    entries = [entry for entry in lines_of(server) if entry.get("request_id") == "a-1"]
    assert [entry.get("event") for entry in sorted(entries, key=lambda e: e["message"])] == ["payload", None]


def test_level_of_the_log_does_not_silence_them(logging_to, golden, tmp_path):
    # The server says nothing at this level, not even that it is ready.
    file = tmp_path / "server.log"
    server = logging_to("stdout", server={"log_file": file, "log_level": "info"})
    ask(server, {"features": golden["features"][0]}, "a-1")
    printed = lines_of(server)
    assert [json.loads(line) for line in file.read_text().splitlines()][-len(printed) :] == printed
    assert "payload" in [entry.get("event") for entry in printed]


@pytest.mark.parametrize(
    ("mode", "there", "absent"), [("request", "request", "response"), ("response", "response", "request")]
)
def test_mode_chooses(mode, there, absent, logging_to, golden):
    server = logging_to("stdout", mode=mode)
    ask(server, {"features": golden["features"][0]}, "a-1")
    (line,) = payloads_of(server)
    assert there in line
    assert absent not in line
    assert line["status"] == 200


def test_what_is_no_json_or_too_large_breaks_no_line(logging_to):
    server = logging_to("stdout", max_body_bytes=300)
    broken = b'{"features": [1,\n\xff'
    ask(server, broken, "broken")
    ask(server, {"features": [0.5] * 200}, "large")
    ask(server, b"[" * 299, "deep")
    lines = {line["request_id"]: line for line in payloads_of(server)}
    assert base64.b64decode(lines["broken"]["request_base64"]) == broken
    assert lines["broken"]["status"] == 400
    assert lines["large"]["request_bytes"] == len(json.dumps({"features": [0.5] * 200}))
    assert "request" not in lines["large"]
    assert base64.b64decode(lines["deep"]["request_base64"]) == b"[" * 299


def test_every_line_is_whole_under_load(logging_to, golden, tmp_path):
    """Lines are written by a thread of their own beside those of the server."""
    file = tmp_path / "server.log"
    server = logging_to("stdout", server={"log_sample": 1, "log_file": file}, queue_requests=10_000)
    ids = [f"id-{number}" for number in range(1500)]
    os.set_blocking(server.process.stdout.fileno(), True)
    reading = Reading(server.process.stdout)
    ask_many(server, golden["features"][0], ids)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=30) == 0
    entries = [json.loads(line) for line in reading.lines()]
    assert [entry["request_id"] for entry in entries if entry.get("event") == "payload"] == ids
    assert [entry["request_id"] for entry in entries if entry["message"] == "request"] == ids


def test_nobody_who_reads_them_costs_only_payloads(logging_to, golden):
    """The pipe is full, and nobody empties it."""
    server = logging_to("stdout", queue_requests=50)
    ask_many(server, golden["features"][0], [f"id-{number}" for number in range(600)])
    assert payload_metrics(server)["s_waiting"] == 50
    assert dropped(server).keys() == {"queue_full"}


class Reading:
    """Reads what is printed while it is printed."""

    def __init__(self, stream):
        self._lines: list[str] = []
        self._thread = threading.Thread(target=lambda: self._lines.extend(stream), daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        self._thread.join(timeout=30)
        return self._lines
