"""Compare this project's model server with its peers, all on this machine, one after the other.

    make bench-serving            (or: .venv/bin/python bench/serving/run.py)

Each round starts every server once, in another order each time, so that whatever else the machine does
hits all of them. The primary figure is processor time: it means the same on a busy machine.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import full_trees
import report
from environments import installed_bytes, prepare
from peers import OURS, PEERS, SERVING, Peer
from progress import say
from rounds import BATCH, Rounds, Served

HERE = Path(__file__).parent
MODELS = HERE.parent.parent / "models"


def train(scratch: Path) -> tuple[Served, Served, dict]:
    """The sample model, one with full trees, and what the sample has to answer."""
    command = [sys.executable, MODELS / "train.py", "breast-cancer", "1.0.0", "--output"]
    subprocess.run([*command, scratch], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*command, scratch / "ubj", "--format", "ubj"], check=True, stdout=subprocess.DEVNULL)
    place = Path("breast-cancer") / "1.0.0"
    golden = json.loads((scratch / place / "golden.json").read_text())
    sample = Served(scratch / place / "model.pkl", scratch / "ubj" / place / "model.ubj", golden["features"])
    full = scratch / "full.ubj"
    full_trees.train().save_model(full)
    return sample, Served(full, full, full_trees.rows(BATCH)), golden


def measure(rounds: Rounds, peers: list[Peer], golden: dict, number: int, total: int) -> dict:
    """One round: every server once."""
    first = number % len(peers)
    results = {}
    for peer in peers[first:] + peers[:first]:
        say(f"round {number + 1} of {total}: {peer.name}")
        results[peer.name] = rounds.peer(peer, golden)
    say(f"round {number + 1} of {total}: {OURS}, and a server that does nothing, at the others' rates")
    rates = {name: result["steady"]["rate"] for name, result in results.items() if name != OURS}
    results[OURS]["steady_at"], results[OURS]["bare_at"] = rounds.at(rates)
    say(f"round {number + 1} of {total}: {OURS} overloaded, and beside XGBoost's own library")
    results[OURS]["overload"] = rounds.overload()
    results[OURS]["against_library"] = rounds.against_library()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cache = Path.home() / ".cache" / "model-deployment" / "bench-serving"
    parser.add_argument("--environments", type=Path, default=cache, help="where the peers are installed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="length of each load")
    others = [peer.name for peer in PEERS if peer.name != OURS]
    parser.add_argument("--peer", action="append", choices=others, help="only these (and ours)")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    arguments = parser.parse_args()
    peers = [p for p in PEERS if not arguments.peer or p.name in (OURS, *arguments.peer)]

    pythons = {peer.name: prepare(peer, arguments.environments) for peer in peers}
    subprocess.run([sys.executable, SERVING / "build_native.py"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        say("training the models, compiling the generator")
        sample, full, golden = train(scratch)
        rounds = Rounds(pythons, scratch, sample, full, arguments.seconds)
        for peer in peers:
            say(f"first start of {peer.name}, not measured")
            rounds.warm_up(peer)
        results = [
            measure(rounds, peers, golden, number, arguments.rounds) for number in range(arguments.rounds)
        ]
    document = {
        "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()},
        "requirements": {
            peer.name: [part for part in peer.requirements if "hashes" not in part] for peer in peers
        },
        "installed_bytes": {name: installed_bytes(python) for name, python in pythons.items()},
        "rounds": results,
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "serving.json").write_text(json.dumps(document, indent=1) + "\n")
    report.write(document, arguments.output)
    print((arguments.output / "serving.md").read_text())


if __name__ == "__main__":
    main()
