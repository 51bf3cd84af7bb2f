"""What payload logging costs: our server without it, and with it in each form, in interleaved rounds.

    make bench-payloads            (or: .venv/bin/python bench/serving/payloads.py)

Every round starts each variant once, in another order each time, and asks it for one row at a steady rate,
with which a sink keeps up. The figure is the processor time of the server per request, all its threads.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

import load
import uvloop
from peers import OURS, PEERS, SERVING, Paths, environment
from processes import Server, dumps, free_port, running

HERE = Path(__file__).parent
MODELS = HERE.parent.parent / "models"
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
SAMPLES = ("0", "0.1", "1")


@dataclass(frozen=True)
class Variant:
    """One way to run the server."""

    name: str
    settings: dict[str, str]
    serving: Path = SERVING


class Sink(asyncio.Protocol):
    """Takes whatever is sent."""

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, separator, content = self.received.partition(b"\r\n\r\n")
        length = separator and int(LENGTH.search(head)[1])
        if separator and len(content) >= length:
            self.received = content[length:]
            self.transport.write(ACCEPTED)


def serve_sink(port: int) -> None:
    """The life of the process that is the sink."""

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
        await server.serve_forever()

    uvloop.run(serve())


def variants(port: int, against: Path | None) -> list[Variant]:
    """Those that are compared."""
    found = [Variant("off", {})]
    if against:
        found.append(Variant("against", {}, against))
    for form in ("lines", "binary", "batch"):
        for sample in SAMPLES:
            settings = {"SINK": "stdout"}
            if form != "lines":
                settings = {"SINK": f"http://127.0.0.1:{port}/", "FORMAT": form}
            given = {f"MODEL_SERVER_PAYLOAD_LOG_{k}": v for k, v in {**settings, "SAMPLE": sample}.items()}
            found.append(Variant(f"{form} {sample}", given))
    return found


def counted(server: Server) -> dict[str, float]:
    """What the server says of its payloads."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    values = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}
    dropped = sum(v for k, v in values.items() if k.startswith("model_server_payloads_dropped_total"))
    return {"sent": values.get("model_server_payloads_sent_total", 0), "dropped": dropped}


def measure(variant: Variant, model: Path, scratch: Path, body: Path, rate: float, seconds: float) -> dict:
    """One variant, once."""
    (peer,) = [candidate for candidate in PEERS if candidate.name == OURS]
    paths = Paths(Path(sys.executable), model, model, scratch, free_port())
    given = {**environment(peer, paths), "PYTHONPATH": str(variant.serving), **variant.settings}
    with running(peer.command(paths), given, paths.port, peer.ready_path, scratch / "log") as server:
        load.steady(server.port, peer.predict_path, body, rate, 1)
        before = server.cpu_seconds()
        result = load.steady(server.port, peer.predict_path, body, rate, seconds)
        # The last batch has gone by then.
        time.sleep(1.5)
        used = server.cpu_seconds() - before
        return {**asdict(result), "cpu_us": used / result.requests * 1e6, **counted(server)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="length of each load")
    parser.add_argument("--rate", type=float, default=1000, help="requests per second")
    parser.add_argument("--against", type=Path, help="the folder serving/ of another checkout, also measured")
    parser.add_argument("--output", type=Path, default=HERE / "results" / "payloads.json")
    arguments = parser.parse_args()
    port = free_port()
    sink = multiprocessing.Process(target=serve_sink, args=(port,), daemon=True)
    sink.start()
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        train = [sys.executable, MODELS / "train.py", "breast-cancer", "1.0.0", "--format", "ubj"]
        subprocess.run([*train, "--output", scratch], check=True, stdout=subprocess.DEVNULL)
        model = scratch / "breast-cancer" / "1.0.0" / "model.ubj"
        golden = json.loads(model.with_name("golden.json").read_text())
        body = scratch / "row.json"
        body.write_bytes(dumps({"features": golden["features"][0]}))
        compared = variants(port, arguments.against)
        for number in range(arguments.rounds):
            start = number * 3 % len(compared)
            results = {}
            for variant in compared[start:] + compared[:start]:
                results[variant.name] = measure(
                    variant, model, scratch, body, arguments.rate, arguments.seconds
                )
                print(f"round {number + 1} {variant.name:10} {results[variant.name]}", flush=True)
            rounds.append(results)
    sink.terminate()
    document = {
        "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()},
        "rate": arguments.rate,
        "rounds": rounds,
    }
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")
    for variant in compared:
        figures = [result[variant.name]["cpu_us"] for result in rounds]
        print(f"{variant.name:10} {min(figures):7.1f} {statistics.median(figures):7.1f}")


if __name__ == "__main__":
    main()
