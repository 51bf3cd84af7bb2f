"""Starts servers and measures what they use, all of their processes together."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cores
from load import Request

TICK = 1 / os.sysconf("SC_CLK_TCK")
START_TIMEOUT = 120


class Server:
    """A running server: a process and its descendants."""

    def __init__(self, process: subprocess.Popen, port: int, log: Path):
        self.first = process.pid
        self.port = port
        self.log = log
        self._process = process
        self.start_seconds = 0.0

    def _stats(self) -> list[tuple[int, list[str]]]:
        """Fields of /proc/<pid>/stat after the name, of the first process and its descendants."""
        found, parents = {}, {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            pid = int(path.parent.name)
            found[pid], parents[pid] = fields, int(fields[1])
        family = {self.first}
        while new := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= new
        return [(pid, found[pid]) for pid in family if pid in found]

    def cpu_seconds(self) -> float:
        """Processor time of all so far, children that have ended included."""
        return sum(sum(map(int, fields[11:15])) for _, fields in self._stats()) * TICK

    def memory_bytes(self) -> int:
        """Resident memory of all; pages shared between its processes count once (Pss)."""
        total = 0
        for pid, _ in self._stats():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total

    def post(self, request: Request) -> tuple[int, bytes]:
        """One request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", request.path, request.body, request.headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def is_ready(self, path: str) -> bool:
        """Whether it says so."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def processes(self) -> list[int]:
        """The first process and all that descend from it."""
        return [pid for pid, _ in self._stats()]


def _signal(processes: list[int], number: int) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@contextmanager
def running(command: list[str], environment: dict, port: int, ready_path: str, log: Path) -> Iterator[Server]:
    """A server from start to end; `start_seconds` is the time from the start of its process to ready."""
    with log.open("w") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            start_new_session=True,
            preexec_fn=cores.for_server,
        )
    server = Server(process, port, log)
    try:
        while not server.is_ready(ready_path):
            if process.poll() is not None or time.monotonic() - started > START_TIMEOUT:
                raise RuntimeError(f"{command[0]} did not become ready:\n{log.read_text()[-3000:]}")
            time.sleep(0.01)
        server.start_seconds = time.monotonic() - started
        yield server
    finally:
        # Taken now: descendants that outlive the first process could not be found later.
        processes = server.processes()
        _signal(processes, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        _signal(processes, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port that nobody listens on, with room above for a server's further ports."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return 20_000 + probe.getsockname()[1] % 10_000
