"""What one round measures of each server."""

import json
import subprocess
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import cores
from load import Generator, Request, compiled, saturate
from peers import OURS, PEERS, SERVING, Paths, Peer, binary_request, environment
from processes import Server, free_port, running

HERE = Path(__file__).parent
CONNECTIONS = 8
BATCH = 1000
# Part of a server's saturation at which its latency is measured, and how long a request waits for it at most.
STEADY = 0.8
STEADY_PATIENCE = 10.0
# What saturates our server without being refused, and what is more than it admits.
SATURATING_CONNECTIONS = 64
OVERLOADING_CONNECTIONS = (64, 256, 512)
OVERLOAD = 2.0
OVERLOAD_PATIENCE = 1.0


@dataclass(frozen=True)
class Served:
    """A model file in the forms that the servers read, and rows for it."""

    pickle: Path
    ubj: Path
    rows: list[list[float]]

    def batch(self) -> list[list[float]]:
        return [self.rows[index % len(self.rows)] for index in range(BATCH)]


def check_answers(peer: Peer, server: Server, golden: dict) -> None:
    """A server that answers wrongly is not compared."""
    status, content = server.post(peer.request(golden["features"]))
    found = [int(value) for value in peer.answers(json.loads(content))] if status == 200 else content
    if found != golden["predictions"]:
        raise RuntimeError(f"{peer.name} answers {status} {found}")


class Rounds:
    """Measures servers, each started for it."""

    def __init__(self, pythons: dict[str, Path], scratch: Path, sample: Served, full: Served, seconds: int):
        self._pythons = pythons
        self._scratch = scratch
        self._sample = sample
        self._full = full
        self._seconds = seconds
        self._generator = Generator(scratch)
        self._bare = compiled("bare.c", scratch)
        (self._ours,) = [peer for peer in PEERS if peer.name == OURS]

    @contextmanager
    def _running(self, peer: Peer, served: Served) -> Iterator[Server]:
        folder = self._folder(peer.name)
        paths = Paths(self._pythons[peer.name], served.pickle, served.ubj, folder, free_port())
        command, variables = peer.command(paths), environment(peer, paths)
        with running(command, variables, paths.port, peer.ready_path, folder / "log") as server:
            yield server

    @contextmanager
    def _running_bare(self) -> Iterator[Server]:
        port, folder = free_port(), self._folder("nothing")
        with running([str(self._bare), str(port)], {}, port, "/", folder / "log") as server:
            yield server

    def _folder(self, name: str) -> Path:
        folder = self._scratch / name.replace(" ", "")
        folder.mkdir(exist_ok=True)
        return folder

    def _saturated(self, server: Server, request: Request, connections: int) -> dict:
        """As much as the server can take, with the processor time of one request."""
        before = server.cpu_seconds()
        result = saturate(server.port, request, connections, self._seconds, self._scratch)
        used = server.cpu_seconds() - before
        if result.refused or result.failed:
            raise RuntimeError(f"{server.log.parent.name} under load: {result}")
        rate = result.requests / result.seconds
        return {**asdict(result), "rate": rate, "cpu_us": used / result.requests * 1e6}

    def _steady(self, server: Server, request: Request, rate: float) -> dict:
        found = self._generator.drive(server.port, request, rate, self._seconds, CONNECTIONS, STEADY_PATIENCE)
        if found["answered"] != found["due"]:
            raise RuntimeError(f"{server.log.parent.name} at a steady rate: {found}")
        return {"rate": rate, **found}

    def warm_up(self, peer: Peer) -> None:
        """Start a server once, so that what it reads from disk is in memory when its start is measured."""
        with self._running(peer, self._sample):
            pass

    def peer(self, peer: Peer, golden: dict) -> dict:
        """Everything about one server."""
        single, batch = peer.request(self._sample.rows[:1]), peer.request(self._sample.batch())
        with self._running(peer, self._sample) as server:
            check_answers(peer, server, golden)
            result = {"start_seconds": server.start_seconds, "memory_bytes": server.memory_bytes()}
            saturate(server.port, single, CONNECTIONS, 1, self._scratch)
            result["single"] = self._saturated(server, single, CONNECTIONS)
            result["batch"] = self._saturated(server, batch, 1)
            if peer.name != OURS:
                result["steady"] = self._steady(server, single, STEADY * result["single"]["rate"])
        return result

    def at(self, rates: dict[str, float]) -> tuple[dict, dict]:
        """Our server, and one that does nothing, at the rate that brings each peer near its saturation."""
        single = self._ours.request(self._sample.rows[:1])
        ours, bare = {}, {}
        with self._running(self._ours, self._sample) as server, self._running_bare() as nothing:
            saturate(server.port, single, CONNECTIONS, 1, self._scratch)
            for name, rate in rates.items():
                ours[name] = self._steady(server, single, rate)
                bare[name] = self._steady(nothing, single, rate)
        return ours, bare

    def overload(self) -> dict:
        """Our server at twice the rate that saturates it."""
        single = self._ours.request(self._sample.rows[:1])
        with self._running(self._ours, self._sample) as server:
            saturate(server.port, single, SATURATING_CONNECTIONS, 1, self._scratch)
            peak = self._saturated(server, single, SATURATING_CONNECTIONS)
            at = {}
            for connections in OVERLOADING_CONNECTIONS:
                rate = OVERLOAD * peak["rate"]
                before = server.cpu_seconds()
                found = self._generator.drive(
                    server.port, single, rate, self._seconds, connections, OVERLOAD_PATIENCE
                )
                used = server.cpu_seconds() - before
                goodput = found["answered_in_time"] / self._seconds
                per_cpu = found["answered"] / used
                at[str(connections)] = {
                    **found,
                    "goodput": goodput,
                    "goodput_per_cpu_second": per_cpu,
                }
            again = self._saturated(server, single, SATURATING_CONNECTIONS)
        return {"peak": max(peak, again, key=lambda found: found["rate"]), "at": at}

    def against_library(self) -> dict:
        """Processor time of a batch through our server, and through XGBoost's C library alone."""
        result = {}
        for name, served in {"sample": self._sample, "full": self._full}.items():
            batch = served.batch()
            with self._running(self._ours, served) as server:
                measured = {
                    "json": self._saturated(server, self._ours.request(batch), 1)["cpu_us"],
                    "binary": self._saturated(server, binary_request(batch), 1)["cpu_us"],
                }
            result[name] = {**measured, "library": self._library(served)}
        return result

    def _library(self, served: Served) -> float:
        rows = self._scratch / "rows.f32"
        rows.write_bytes(array("f", [value for row in served.batch() for value in row]).tobytes())
        done = subprocess.run(
            [self._pythons[OURS], HERE / "library.py", served.ubj, rows, str(BATCH), "1"],
            env={"PYTHONPATH": str(SERVING)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            preexec_fn=cores.for_server,
        )
        return float(done.stdout)
