"""Two generators: wrk for as much as a server can take, and `generator.c` for a given rate."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cores

SCRIPT = """
wrk.method = "POST"
{headers}
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
"""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Request:
    """What is sent again and again."""

    path: str
    body: bytes
    headers: dict[str, str]

    def text(self) -> bytes:
        headers = {"host": "localhost", **self.headers, "content-length": str(len(self.body))}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Load:
    """What came of as many requests as a server answers."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    # Answers that were no 2xx, and connections that broke.
    refused: int
    failed: int


def saturate(port: int, request: Request, connections: int, seconds: int, folder: Path) -> Load:
    """As many requests as the server answers, each connection one at a time (wrk, one thread)."""
    body, script = folder / "wrk.body", folder / "wrk.lua"
    body.write_bytes(request.body)
    headers = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in request.headers.items())
    script.write_text(SCRIPT.format(body=body, headers=headers))
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    done = subprocess.run(
        ["wrk", *options, "-s", str(script), f"http://127.0.0.1:{port}{request.path}"],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=cores.for_load,
    )
    match = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    if not match:
        raise RuntimeError(done.stdout + done.stderr)
    requests, micros, p50, p99, refused, failed = map(int, match.groups())
    return Load(requests, micros / 1e6, p50 / 1e3, p99 / 1e3, refused, failed)


def compiled(source: str, folder: Path) -> Path:
    """A program of this folder, by the compiler that also compiles the server's native parts."""
    program = folder / Path(source).stem
    flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([sys.executable, "-m", "ziglang", "cc", *flags, "-o", program, HERE / source], check=True)
    return program


class Generator:
    """`generator.c`."""

    def __init__(self, folder: Path):
        self._program = compiled("generator.c", folder)

    def drive(
        self,
        port: int,
        request: Request,
        rate: float,
        seconds: float,
        connections: int,
        timeout: float,
        body: str | None = None,
    ) -> dict:
        """Requests at a given rate, whether the server keeps up or not; see `report` in generator.c."""
        numbers = [port, rate, seconds, connections, timeout]
        done = subprocess.run(
            [self._program, *map(str, numbers), *([] if body is None else [body])],
            input=request.text(),
            capture_output=True,
            preexec_fn=cores.for_load,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        return json.loads(done.stdout)
