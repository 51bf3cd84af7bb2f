"""The log lines in a file, for a program that sends them on."""

import json
import signal
from pathlib import Path

from conftest import refused_start


def stop(server) -> list[str]:
    """End the server; its lines on standard output."""
    server.process.send_signal(signal.SIGTERM)
    lines = server.process.stdout.read().splitlines()
    assert server.process.wait(timeout=30) == 0
    return lines


def test_file_has_the_lines_of_standard_output(breast_cancer, launch, tmp_path):
    file = tmp_path / "server.log"
    server = launch(breast_cancer, log_file=file, log_sample=1, shutdown_delay=0)
    server.post_bytes("/predict", "für niemanden".encode())
    printed = stop(server)
    written = file.read_text().splitlines()
    assert len(printed) > 2
    assert written[-len(printed) :] == printed
    assert json.loads(written[-1])["message"] == "stopped"


def test_file_is_bounded_and_begun_anew(breast_cancer, golden, launch, tmp_path):
    file, older = tmp_path / "server.log", tmp_path / "server.log.1"
    server = launch(breast_cancer, log_file=file, log_file_bytes=2000, log_sample=1, shutdown_delay=0)
    for _ in range(50):
        server.post("/predict", {"features": golden["features"][0]})
    printed = stop(server)
    assert sorted(tmp_path.iterdir()) == [file, older]
    assert max(path.stat().st_size for path in (file, older)) <= 2000
    # No line is torn, and what is left are the last ones.
    kept = older.read_text().splitlines() + file.read_text().splitlines()
    assert kept == printed[-len(kept) :]


def test_restarted_server_goes_on_with_the_file(breast_cancer, launch, tmp_path):
    file = tmp_path / "server.log"
    stop(launch(breast_cancer, log_file=file, shutdown_delay=0))
    before = file.read_text()
    stop(launch(breast_cancer, log_file=file, shutdown_delay=0))
    assert file.read_text().startswith(before)
    assert len(file.read_text()) > len(before)


def test_file_that_cannot_be_written_is_told_at_the_start(breast_cancer, tmp_path):
    last = refused_start(breast_cancer, log_file=tmp_path / "absent" / "server.log")
    assert last["code"] == "invalid_setting"
    assert last["message"].startswith("cannot start: MODEL_SERVER_LOG_FILE: cannot write")
    assert "No such file" in last["message"]


def test_full_disk_is_told_once_and_stops_nothing(breast_cancer, golden, launch):
    full = Path("/dev/full")
    last = refused_start(breast_cancer, log_file=full, model_sha256="0" * 64)
    assert last["message"].startswith("cannot start")
    server = launch(breast_cancer, log_file=full, log_sample=1, shutdown_delay=0)
    for _ in range(3):
        assert server.post("/predict", {"features": golden["features"][0]}).status == 200
    # The one warning came with the first line, before the server was ready.
    messages = [json.loads(line)["message"] for line in stop(server)]
    assert messages[-1] == "stopped"
    assert "cannot write the log file" not in messages
