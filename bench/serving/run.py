"""Compare this project's model server with its peers, all on this machine, one after the other.

    make bench-serving            (or: .venv/bin/python bench/serving/run.py)

Each round starts every server once, in another order each time, so that whatever else the machine does
hits all of them. The primary figure is processor time: it means the same on a busy machine.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import load
import report
from peers import OURS, PEERS, SERVING, Paths, Peer, environment
from processes import Server, dumps, free_port, running

HERE = Path(__file__).parent
MODELS = HERE.parent.parent / "models"
CONNECTIONS = 8
BATCH = 1000
# What saturates the server, and more clients than it admits, twice over.
SATURATING_CONNECTIONS = 64
MANY_CONNECTIONS = 512


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def prepare(peer: Peer, root: Path) -> Path:
    """The Python of a throw-away environment with the peer, made on first use."""
    name = hashlib.sha256("\n".join(peer.requirements).encode()).hexdigest()[:12]
    folder = root / f"{peer.name.replace(' ', '')}-{name}"
    python = folder / "bin" / "python3"
    if not (folder / "complete").exists():
        say(f"installing {peer.name} (a minute or two)")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        arguments = [part for requirement in peer.requirements for part in requirement.split()]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *arguments], check=True)
        (folder / "complete").touch()
    return python


def installed_bytes(python: Path) -> dict[str, int]:
    """Size of what is installed, without pip and setuptools, which an image does not need."""
    (packages,) = (python.parent.parent / "lib").glob("python3*/site-packages")
    sizes = {"total": 0, "nvidia": 0}
    for path in packages.rglob("*"):
        top = path.relative_to(packages).parts[0]
        if path.is_symlink() or not path.is_file() or top.startswith(("pip", "setuptools", "_distutils")):
            continue
        sizes["total"] += path.stat().st_size
        if top.startswith("nvidia"):
            sizes["nvidia"] += path.stat().st_size
    return sizes


def write_bodies(peer: Peer, golden: dict, folder: Path) -> dict[str, Path]:
    """The requests as files."""
    rows = golden["features"]
    many = [rows[index % len(rows)] for index in range(BATCH)]
    bodies = {"single": [rows[0]], "batch": many, "golden": rows}
    paths = {}
    for name, given in bodies.items():
        paths[name] = folder / f"{name}.json"
        paths[name].write_bytes(dumps(peer.body(given)))
    return paths


def check_answers(peer: Peer, server: Server, body: Path, golden: dict) -> None:
    """A server that answers wrongly is not compared."""
    status, content = server.post(peer.predict_path, body.read_bytes())
    found = [int(value) for value in peer.answers(json.loads(content))] if status == 200 else content
    if found != golden["predictions"]:
        raise RuntimeError(f"{peer.name} answers {status} {found}")


def measured(server: Server, peer: Peer, body: Path, connections: int, seconds: int) -> dict:
    """A closed-loop load, with the processor time of one request."""
    before = server.cpu_seconds()
    result = load.full(server.port, peer.predict_path, body, connections, seconds)
    used = server.cpu_seconds() - before
    if result.refused or result.failed:
        raise RuntimeError(f"{peer.name} under load: {result}")
    rate = result.requests / result.seconds
    return {**asdict(result), "rate": rate, "cpu_us": used / result.requests * 1e6}


class Round:
    """One round: every server once."""

    def __init__(self, pythons: dict[str, Path], scratch: Path, golden: dict, seconds: int):
        self.pythons = pythons
        self.scratch = scratch
        self.golden = golden
        self.seconds = seconds

    def _running(self, peer: Peer):
        folder = self.scratch / peer.name.replace(" ", "")
        folder.mkdir(exist_ok=True)
        model = self.scratch / "breast-cancer" / "1.0.0" / "model.pkl"
        ubj = self.scratch / "ubj" / "breast-cancer" / "1.0.0" / "model.ubj"
        paths = Paths(self.pythons[peer.name], model, ubj, folder, free_port())
        bodies = write_bodies(peer, self.golden, folder)
        started = running(
            peer.command(paths), environment(peer, paths), paths.port, peer.ready_path, folder / "log"
        )
        return started, bodies

    def peer(self, peer: Peer) -> dict:
        """Everything about one server."""
        started, bodies = self._running(peer)
        with started as server:
            check_answers(peer, server, bodies["golden"], self.golden)
            result = {"start_seconds": server.start_seconds, "memory_bytes": server.memory_bytes()}
            load.full(server.port, peer.predict_path, bodies["single"], CONNECTIONS, 1)
            result["single"] = measured(server, peer, bodies["single"], CONNECTIONS, self.seconds)
            result["batch"] = measured(server, peer, bodies["batch"], 1, self.seconds)
            if peer.name != OURS:
                rate = 0.8 * result["single"]["rate"]
                steady = load.steady(server.port, peer.predict_path, bodies["single"], rate, self.seconds)
                result["steady"] = {"rate": rate, **asdict(steady)}
        return result

    def ours_at(self, rates: dict[str, float]) -> dict:
        """Our server at the rates that bring each peer to 80 % of its saturation."""
        (peer,) = [candidate for candidate in PEERS if candidate.name == OURS]
        started, bodies = self._running(peer)
        with started as server:
            load.steady(server.port, peer.predict_path, bodies["single"], 200, 1)
            return {
                name: asdict(
                    load.steady(server.port, peer.predict_path, bodies["single"], rate, self.seconds)
                )
                for name, rate in rates.items()
            }

    def overload(self) -> dict:
        """Our server with twice the clients that it admits."""
        (peer,) = [candidate for candidate in PEERS if candidate.name == OURS]
        started, bodies = self._running(peer)
        with started as server:
            result = {}
            for connections in (SATURATING_CONNECTIONS, MANY_CONNECTIONS):
                before = server.cpu_seconds()
                done = load.full(
                    server.port, peer.predict_path, bodies["single"], connections, 3 * self.seconds
                )
                used = server.cpu_seconds() - before
                answered = done.requests - done.refused
                result[str(connections)] = {
                    **asdict(done),
                    "goodput": answered / done.seconds,
                    "goodput_per_cpu_second": answered / used,
                }
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cache = Path.home() / ".cache" / "model-deployment" / "bench-serving"
    parser.add_argument("--environments", type=Path, default=cache, help="where the peers are installed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="length of each load")
    parser.add_argument("--peer", action="append", help="only these (and ours)")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    arguments = parser.parse_args()
    peers = [p for p in PEERS if not arguments.peer or p.name in (OURS, *arguments.peer)]

    pythons = {peer.name: prepare(peer, arguments.environments) for peer in peers}
    subprocess.run([sys.executable, SERVING / "build_native.py"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        train = [sys.executable, MODELS / "train.py", "breast-cancer", "1.0.0"]
        subprocess.run([*train, "--output", scratch], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            [*train, "--output", scratch / "ubj", "--format", "ubj"], check=True, stdout=subprocess.DEVNULL
        )
        golden = json.loads((scratch / "breast-cancer" / "1.0.0" / "golden.json").read_text())
        this_round = Round(pythons, scratch, golden, arguments.seconds)
        rounds = []
        for number in range(arguments.rounds):
            order = peers[number % len(peers) :] + peers[: number % len(peers)]
            results = {}
            for peer in order:
                say(f"round {number + 1} of {arguments.rounds}: {peer.name}")
                results[peer.name] = this_round.peer(peer)
            rates = {name: result["steady"]["rate"] for name, result in results.items() if name != OURS}
            say(f"round {number + 1} of {arguments.rounds}: {OURS} at the others' rates, and overloaded")
            results[OURS]["steady_at"] = this_round.ours_at(rates)
            results[OURS]["overload"] = this_round.overload()
            rounds.append(results)
    document = {
        "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()},
        "requirements": {
            peer.name: [part for part in peer.requirements if "hashes" not in part] for peer in peers
        },
        "installed_bytes": {name: installed_bytes(python) for name, python in pythons.items()},
        "rounds": rounds,
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "serving.json").write_text(json.dumps(document, indent=1) + "\n")
    report.write(document, arguments.output)
    print((arguments.output / "serving.md").read_text())


if __name__ == "__main__":
    main()
