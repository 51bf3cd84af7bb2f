"""Compare the processor time of a single row over gRPC with KServe's and MLServer's servers.

    make bench-grpc            (or: .venv/bin/python bench/serving/grpc_calls.py)

Each round starts every server once, in another order each time. One client asks one call after the other, as
typed contents, which all of them take.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from array import array
from pathlib import Path

import grpc
from environments import prepare
from peers import OURS, PEERS, SERVING, Paths, Peer, environment
from processes import free_port, running
from progress import say
from run import train

sys.path.insert(0, str(SERVING))

from model_server.grpc import wire

HERE = Path(__file__).parent
METHOD = "/inference.GRPCInferenceService/ModelInfer"
COMPARED = (OURS, "kserve", "mlserver")
# Of all their ports this is the distance between HTTP's and gRPC's.
GRPC_FROM_HTTP = 1000
LABEL = "predict"


def request(row: list[float]) -> bytes:
    """A ModelInferRequest for one row."""
    contents = wire.content(6, array("f", row).tobytes())
    shape = wire.packed(3, [1, len(row)])
    tensor = wire.string(1, "features") + wire.string(2, "FP32") + shape + wire.content(5, contents)
    return wire.string(1, "sample") + wire.content(5, tensor)


def measure(peer: Peer, paths: Paths, row: list[float], calls: int) -> dict:
    """Processor time of a call, and the time until its answer."""
    variables = environment(peer, paths)
    if peer.name == OURS:
        variables["MODEL_SERVER_GRPC_PORT"] = str(paths.port + GRPC_FROM_HTTP)
    else:
        variables["GRPC_PORT"] = str(paths.port + GRPC_FROM_HTTP)
    with (
        running(peer.command(paths), variables, paths.port, peer.ready_path, paths.scratch / "log") as server,
        grpc.insecure_channel(f"127.0.0.1:{paths.port + GRPC_FROM_HTTP}") as channel,
    ):
        call = channel.unary_unary(METHOD)
        asked = request(row)
        for _ in range(200):
            answer = call(asked, wait_for_ready=True)
        before = server.cpu_seconds()
        for _ in range(calls):
            answer = call(asked)
        used = server.cpu_seconds() - before
        return {
            "cpu_us": round(used / calls * 1e6, 1),
            "memory": server.memory_bytes(),
            "answer": len(answer),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cache = Path.home() / ".cache" / "model-deployment" / "bench-serving"
    parser.add_argument("--environments", type=Path, default=cache, help="where the peers are installed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "grpc.json")
    arguments = parser.parse_args()
    peers = [peer for peer in PEERS if peer.name in COMPARED]
    pythons = {peer.name: prepare(peer, arguments.environments) for peer in peers}
    found: dict[str, list[dict]] = {peer.name: [] for peer in peers}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        sample, _, golden = train(scratch)
        for number in range(arguments.rounds):
            first = number % len(peers)
            for peer in peers[first:] + peers[:first]:
                say(f"round {number + 1} of {arguments.rounds}: {peer.name}")
                place = scratch / f"{peer.name}-{number}"
                place.mkdir()
                paths = Paths(pythons[peer.name], sample.pickle, sample.ubj, place, free_port())
                found[peer.name].append(measure(peer, paths, golden["features"][0], arguments.calls))
    summary = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "calls": arguments.calls,
        "rounds": found,
    }
    arguments.output.write_text(json.dumps(summary, indent=2) + "\n")
    ours = [each["cpu_us"] for each in found[OURS]]
    for name, rounds in found.items():
        figures = [each["cpu_us"] for each in rounds]
        ratio = statistics.median(theirs / own for theirs, own in zip(figures, ours, strict=True))
        least, usual = min(figures), statistics.median(figures)
        print(f"{name}: least {least:.0f} µs, median {usual:.0f} µs, ÷ ours {ratio:.1f}")


if __name__ == "__main__":
    main()
