"""Two generators: wrk for as much as a server can take, and a steady one for a given rate."""

import asyncio
import gc
import re
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import uvloop

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)

SCRIPT = """
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local file = io.open("{body}")
wrk.body = file:read("*a")
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write))
end
"""


@dataclass(frozen=True)
class Load:
    """What came of a load."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    # Answers that were no 2xx, and connections that broke.
    refused: int
    failed: int


def full(port: int, path: str, body: Path, connections: int, seconds: int) -> Load:
    """As many requests as the server answers, each connection one at a time (wrk, one thread)."""
    script = body.with_suffix(".lua")
    script.write_text(SCRIPT.format(body=body))
    url = f"http://127.0.0.1:{port}{path}"
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    done = subprocess.run(
        ["wrk", *options, "-s", str(script), url], capture_output=True, text=True, check=True
    )
    match = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    if not match:
        raise RuntimeError(done.stdout + done.stderr)
    requests, micros, p50, p99, refused, failed = map(int, match.groups())
    return Load(requests, micros / 1e6, p50 / 1e3, p99 / 1e3, refused, failed)


class _Client(asyncio.Protocol):
    """One connection; answers one due request at a time, then takes the next one that waits."""

    def __init__(self, generator: "_Generator"):
        self.generator = generator
        self.due = 0.0
        self.received = b""

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.generator.idle.append(self)

    def send(self, due: float) -> None:
        self.due = due
        self.transport.write(self.generator.request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, separator, content = self.received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or not length:
            self.generator.fail(head)
        if len(content) >= int(length[1]):
            self.received = b""
            self.generator.answered(self)


class _Generator:
    """Sends at a given rate whether answers come or not.

    Latencies count from the moment each request was due, so that a stalled server cannot hide.
    """

    def __init__(self, request: bytes, total: int):
        self.request = request
        self.idle: deque[_Client] = deque()
        self.waiting: deque[float] = deque()
        self.latencies: list[float] = []
        self.total = total
        self.loop = asyncio.get_running_loop()
        self.done = self.loop.create_future()

    def due(self, moment: float) -> None:
        if self.idle:
            self.idle.popleft().send(moment)
        else:
            self.waiting.append(moment)

    def answered(self, client: _Client) -> None:
        self.latencies.append(self.loop.time() - client.due)
        if len(self.latencies) == self.total:
            self.done.set_result(None)
        elif self.waiting:
            client.send(self.waiting.popleft())
        else:
            self.idle.append(client)

    def fail(self, head: bytes) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(head.decode()))


async def _steady(port: int, request: bytes, rate: float, total: int, connections: int) -> list[float]:
    loop = asyncio.get_running_loop()
    generator = _Generator(request, total)
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(generator), "127.0.0.1", port)
    start = loop.time() + 0.1
    number = 0
    while number < total:
        moment = start + number / rate
        delay = moment - loop.time()
        if delay > 0:
            await asyncio.sleep(delay)
        generator.due(moment)
        number += 1
    await generator.done
    return generator.latencies


def steady(port: int, path: str, body: Path, rate: float, seconds: float, connections: int = 8) -> Load:
    """Requests at a given rate, whether the server keeps up or not."""
    content = body.read_bytes()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    request = f"{head}content-length: {len(content)}\r\n\r\n".encode() + content
    started = time.monotonic()
    # A pause of the generator's own would count as the server's.
    gc.disable()
    latencies = sorted(uvloop.run(_steady(port, request, rate, int(rate * seconds), connections)))
    gc.enable()
    count = len(latencies)
    return Load(
        count,
        time.monotonic() - started,
        latencies[count // 2] * 1e3,
        latencies[min(count - 1, int(count * 0.99))] * 1e3,
        0,
        0,
    )
