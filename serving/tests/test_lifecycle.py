"""Live and ready are two things; the end is orderly."""

import http.client
import json
import signal


def test_live_and_ready(server):
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/breast-cancer/ready"):
        assert server.get(path).status == 200
    assert server.get("/v2/models/other/ready").status == 404


def test_sigterm_makes_unready_first_and_ends_with_zero(breast_cancer, golden, launch):
    server = launch(breast_cancer, shutdown_delay=600)
    kept_alive = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    body = json.dumps({"features": golden["features"][0]})
    kept_alive.request("POST", "/predict", body)
    assert kept_alive.getresponse().read() == b'{"prediction":1}'
    server.process.send_signal(signal.SIGTERM)
    for line in server.process.stdout:
        if json.loads(line)["message"] == "draining":
            break
    # Unready, but alive and answering, on new connections and on old ones, which are then closed.
    assert server.get("/v2/health/ready").status == 503
    assert server.get("/v2/models/sample/ready").status == 503
    assert server.get("/v2/health/live").status == 200
    assert server.post("/predict", {"features": golden["features"][0]}).status == 200
    kept_alive.request("POST", "/predict", body)
    answer = kept_alive.getresponse()
    assert (answer.status, answer.headers["connection"], answer.read()) == (200, "close", b'{"prediction":1}')
    assert server.stop() == 0


def test_a_second_signal_skips_the_delay(breast_cancer, launch):
    server = launch(breast_cancer, shutdown_delay=600)
    server.process.send_signal(signal.SIGTERM)
    for line in server.process.stdout:
        if json.loads(line)["message"] == "draining":
            break
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=30) == 0


def test_sigint_ends_with_zero(breast_cancer, launch):
    server = launch(breast_cancer, shutdown_delay=0)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=30) == 0


def test_logs_are_json_lines(breast_cancer, launch):
    server = launch(breast_cancer, model_version="1.0.0")
    server.post_bytes("/predict", b"garbage")
    server.process.send_signal(signal.SIGTERM)
    entries = [json.loads(line) for line in server.process.stdout]
    assert server.process.wait(timeout=30) == 0
    assert all({"time", "level", "message", "model", "version"} <= set(entry) for entry in entries)
    assert entries[-1]["message"] == "stopped"
