"""What payload logging costs: the server without it, and with it in each form, in interleaved rounds.

    make bench-payloads            (or: .venv/bin/python bench/payloads/run.py)

Each round starts every variant once, in another order. It is asked for one row at a steady rate with
which the sink keeps up: the figure is the server's processor time per request, all its threads. Then it is
asked for as much as it can answer (wrk): a sink that does not keep up must cost payloads, and no predictions.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import load
import sink

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TICK = 1 / os.sysconf("SC_CLK_TCK")
START_SECONDS = 30
# In which the last batch goes.
AFTERWARDS = 1.2
FULL_CONNECTIONS = 8
FULL_SECONDS = 2
SCRIPT = """
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = io.open("{body}", "rb"):read("*a")
function done(summary)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration, failed))
end
"""


@dataclass(frozen=True)
class Variant:
    """One way to run the server."""

    name: str
    settings: dict[str, str]
    serving: Path = ROOT / "serving"


def variants(port: int, against: Path | None) -> list[Variant]:
    """Those that are compared."""
    found = [Variant("off", {})]
    if against:
        found.append(Variant("against", {}, against))
    for form in ("lines", "binary", "batch"):
        given = {"SINK": "stdout"}
        if form != "lines":
            given = {"SINK": f"http://127.0.0.1:{port}/", "FORMAT": form}
        found += [Variant(f"{form} {sample}", {**given, "SAMPLE": sample}) for sample in ("0", "0.1", "1")]
    return found


class Server:
    """A running server."""

    def __init__(self, pid: int, port: int):
        self.pid = pid
        self.port = port

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    def payloads(self) -> dict[str, float]:
        """How many the sink has taken, and how many were lost."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        found = {"sent": 0.0, "dropped": 0.0}
        for line in lines:
            name, _, value = line.rpartition(" ")
            if match := re.match(r"model_server_payloads_(sent|dropped)_total", name):
                found[match[1]] += float(value)
        return found


@contextmanager
def running(variant: Variant, model: Path, log: Path) -> Iterator[Server]:
    """A server from its start to its end."""
    given = {
        "MODEL_PATH": str(model),
        "MODEL_SHA256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "HOST": "127.0.0.1",
        "PORT": "0",
        "SHUTDOWN_DELAY": "0",
        "LOG_SAMPLE": "0",
        **{f"PAYLOAD_LOG_{name}": value for name, value in variant.settings.items()},
    }
    variables = {f"MODEL_SERVER_{name}": value for name, value in given.items()}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "model_server"],
            env={**os.environ, "PYTHONPATH": str(variant.serving), **variables},
            stdout=output,
            cwd=log.parent,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (ready := re.search(r'"message":"ready".*"port":(\d+)', log.read_text())):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text())
            time.sleep(0.02)
        yield Server(process.pid, int(ready[1]))
    finally:
        process.terminate()
        process.wait(timeout=30)


def saturate(port: int, body: Path) -> float:
    """The most answers per second; each has to be a good one."""
    script = body.with_suffix(".lua")
    script.write_text(SCRIPT.format(body=body))
    options = ["-t1", f"-c{FULL_CONNECTIONS}", f"-d{FULL_SECONDS}s", "-s", str(script)]
    url = f"http://127.0.0.1:{port}/predict"
    done = subprocess.run(["wrk", *options, url], capture_output=True, text=True, check=True)
    requests, microseconds, failed = map(int, re.search(r"RESULT (\d+) (\d+) (\d+)", done.stdout).groups())
    if failed:
        raise RuntimeError(done.stdout)
    return requests / microseconds * 1e6


def measure(variant: Variant, model: Path, body: Path, rate: float, seconds: float) -> dict:
    """One variant, once."""
    content = body.read_bytes()
    with running(variant, model, body.with_name("log")) as server:
        load.steady(server.port, content, rate, 1)
        time.sleep(AFTERWARDS)
        before = server.cpu_seconds()
        requests = load.steady(server.port, content, rate, seconds)
        time.sleep(AFTERWARDS)
        used = server.cpu_seconds() - before
        steady = {"requests": requests, "cpu_us": used / requests * 1e6, **server.payloads()}
        return {"steady": steady, "most_per_second": saturate(server.port, body), **server.payloads()}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def main() -> None:
    """Measure, and keep the raw numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="length of the steady load")
    parser.add_argument("--rate", type=float, default=1000, help="its requests per second")
    parser.add_argument("--against", type=Path, help="the folder serving/ of another checkout, also measured")
    parser.add_argument("--output", type=Path, default=HERE / "results" / "payloads.json")
    arguments = parser.parse_args()
    port = free_port()
    receiver = multiprocessing.Process(target=sink.serve, args=(port,), daemon=True)
    receiver.start()
    compared = variants(port, arguments.against)
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        train = [sys.executable, ROOT / "models" / "train.py", "breast-cancer", "1.0.0", "--format", "ubj"]
        subprocess.run([*train, "--output", folder], check=True, stdout=subprocess.DEVNULL)
        model = Path(folder) / "breast-cancer" / "1.0.0" / "model.ubj"
        golden = json.loads(model.with_name("golden.json").read_text())
        body = Path(folder) / "row.json"
        body.write_text(json.dumps({"features": golden["features"][0]}))
        for number in range(arguments.rounds):
            first = number * 3 % len(compared)
            results = {}
            for variant in compared[first:] + compared[:first]:
                results[variant.name] = measure(variant, model, body, arguments.rate, arguments.seconds)
                print(f"round {number + 1}, {variant.name}: {results[variant.name]}", flush=True)
            rounds.append(results)
    receiver.terminate()
    document = {
        "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()},
        "rate": arguments.rate,
        "rounds": rounds,
    }
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")
    for variant in compared:
        figures = [result[variant.name]["steady"]["cpu_us"] for result in rounds]
        print(f"{variant.name:12}{min(figures):8.1f}{statistics.median(figures):8.1f}")


if __name__ == "__main__":
    main()
