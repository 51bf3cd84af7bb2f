"""Real servers in processes of their own, each on a free port of this machine."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOOLS_BIN = Path(__file__).parent.parent.parent.parent / ".tools" / "bin"
START_SECONDS = 60


def program(name: str, remedy: str) -> str:
    """A program the tests need; without it they fail, they are not left out."""
    search = os.pathsep.join([str(TOOLS_BIN), os.environ.get("PATH", "")])
    found = shutil.which(name, path=search)
    assert found, f"{name} is missing: {remedy}"
    return found


@contextmanager
def running(
    command: list[str], port: int, log: Path, *, stop: int = signal.SIGTERM, **variables: str
) -> Iterator[None]:
    """A server that has begun to listen; it ends with the context."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **variables}
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.02)
            yield
        finally:
            process.send_signal(stop)
            process.wait(timeout=20)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody trusts who is not told to, and its key."""
    paths = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *(program("openssl", "install the package openssl"), "req", "-x509", "-newkey", "rsa:2048"),
            *("-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"),
            *("-out", str(paths[0]), "-keyout", str(paths[1])),
        ],
        check=True,
        capture_output=True,
    )
    return paths
