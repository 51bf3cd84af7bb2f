"""The real server process with really trained models, driven over HTTP."""

import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SERVING = Path(__file__).parent.parent
sys.path.insert(0, str(SERVING.parent / "models"))

import train  # noqa: E402

START_TIMEOUT = 120


def pytest_addoption(parser: pytest.Parser) -> None:
    """Some tests can go on for as long as one likes."""
    parser.addoption("--terminations", type=int, default=5, help="how often a server is ended under load")
    parser.addoption("--examples", type=int, default=25, help="how many requests are made up per route")
    parser.addoption("--mutations", type=int, default=200, help="how many model files are damaged at random")
    parser.addoption("--models", type=Path, help="where `models_of_other_versions/make.py` has written all")
    parser.addoption("--numbers", type=int, default=100_000, help="how many numbers the scanner reads")
    parser.addoption("--shapes", type=int, default=30, help="how many models of any shape are compared")


def pytest_configure() -> None:
    """The tests are about the fast paths: they have to be there, and to be those of their sources."""
    native = SERVING / "model_server" / "native"
    changed = max(source.stat().st_mtime for source in native.glob("*.[ch]"))
    for source in native.glob("*.c"):
        compiled = source.with_name(f"lib{source.stem}.so")
        if not compiled.exists() or compiled.stat().st_mtime < changed:
            subprocess.run([sys.executable, SERVING / "build_native.py"], check=True)


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self):
        return json.loads(self.content)


class RunningServer:
    """A server process that has said it is ready."""

    def __init__(self, process: subprocess.Popen, port: int):
        self.process = process
        self.port = port

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def post(self, path: str, document) -> Answer:
        return self.post_bytes(path, json.dumps(document).encode())

    def post_bytes(self, path: str, body: bytes, content_type: str = "application/json") -> Answer:
        return self.request("POST", path, body, {"content-type": content_type})

    def post_tensors(self, path: str, document: dict, tensors: bytes, length: int | None = None) -> Answer:
        """Ask by V2 with binary tensors behind the JSON; `length` is what the header says of the JSON's."""
        text = json.dumps(document).encode()
        headers = {"Inference-Header-Content-Length": str(len(text) if length is None else length)}
        return self.request("POST", path, text + tensors, headers)

    def ignore_log(self) -> None:
        """For many refusals: a pipe that nobody reads is full one day, and stops the server."""
        threading.Thread(target=deque, args=(self.process.stdout, 0), daemon=True).start()

    @contextmanager
    def halted(self) -> Iterator[None]:
        """It does nothing for a while. What is sent meanwhile has arrived before any of its timers begins."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def environment(model: Path, **settings) -> dict[str, str]:
    """The environment of a server for this model file, its sha256 pinned."""
    given = {
        "model_path": model,
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "model_name": "sample",
        "host": "127.0.0.1",
        "port": 0,
        "shutdown_delay": 0.2,
        # A test that has to wait for its turn on a busy machine is no slow client, unless it is about those.
        "header_timeout": 60,
        "body_timeout": 60,
        "response_timeout": 60,
        **settings,
    }
    ours = {f"MODEL_SERVER_{name.upper()}": str(value) for name, value in given.items()}
    others = {name: value for name, value in os.environ.items() if not name.startswith("MODEL_SERVER_")}
    return {**others, "PYTHONPATH": str(SERVING), **ours}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "model_server", *arguments]


def start(model: Path, **settings) -> RunningServer:
    """Start a server and wait until it says that it is ready."""
    process = subprocess.Popen(
        command(), env=environment(model, **settings), stdout=subprocess.PIPE, cwd="/", text=True
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        entry = json.loads(line)
        if entry["message"] == "ready":
            return RunningServer(process, entry["port"])
    raise AssertionError(f"the server ended with {process.wait()}: {''.join(lines)}")


def refused_start(model: Path, **settings) -> dict:
    """Start a server that must not become ready; return the last line of its log."""
    done = subprocess.run(
        command(),
        env=environment(model, **settings),
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT,
        cwd="/",
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr == ""
    assert '"message":"ready"' not in done.stdout
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """Every sample model, trained as `models/train.py` does."""
    root = tmp_path_factory.mktemp("models")
    for sample in train.SAMPLES:
        train.write(sample, "pkl", root)
    return root


@pytest.fixture(scope="session")
def breast_cancer(models) -> Path:
    return models / "breast-cancer" / "1.0.0" / "model.pkl"


@pytest.fixture(scope="session")
def golden(breast_cancer) -> dict:
    return json.loads((breast_cancer.parent / "golden.json").read_text())


@pytest.fixture(scope="session")
def server(breast_cancer):
    """One server for all tests that leave it as they found it."""
    running = start(breast_cancer, model_name="breast-cancer", model_version="1.0.0")
    running.ignore_log()
    yield running
    assert running.stop() == 0


@pytest.fixture
def launch():
    """Start servers that end with the test."""
    started = []

    def launch_one(model: Path, **settings) -> RunningServer:
        started.append(start(model, **settings))
        return started[-1]

    yield launch_one
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
