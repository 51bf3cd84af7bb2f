"""Raw results to tables and a plot."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import goals
import plot
from peers import OURS

MEGABYTE = 1e6


def _middle(document: dict, find: Callable[[dict], float]) -> float:
    """The median of all rounds."""
    return median(find(results) for results in document["rounds"])


def _size(document: dict, name: str) -> str:
    size = document["installed_bytes"][name]
    text = f"{size['total'] / MEGABYTE:.0f} MB"
    return f"{text} ({size['nvidia'] / MEGABYTE:.0f} of it for GPUs)" if size["nvidia"] > MEGABYTE else text


def _needs(document: dict) -> list[str]:
    lines = [
        "| server | CPU per request | requests/s | CPU per request of 1000 rows | start to ready | memory "
        "at rest | installed |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in document["installed_bytes"]:

        def middle(find: Callable[[dict], float], name: str = name) -> float:
            return _middle(document, lambda results: find(results[name]))

        lines.append(
            f"| {name} "
            f"| {middle(lambda found: found['single']['cpu_us']):.0f} µs "
            f"| {middle(lambda found: found['single']['rate']):.0f} "
            f"| {middle(lambda found: found['batch']['cpu_us']) / 1000:.2f} ms "
            f"| {middle(lambda found: found['start_seconds']):.2f} s "
            f"| {middle(lambda found: found['memory_bytes']) / MEGABYTE:.0f} MB "
            f"| {_size(document, name)} |"
        )
    return lines


def _times(document: dict, find: Callable[[dict], dict]) -> str:
    """How long answers took, of what `find` finds in a round."""
    values = [
        _middle(document, lambda results, part=part: find(results)["answer_ms"][part])
        for part in ("p50", "p99", "p999")
    ]
    return f"{', '.join(f'{value:.2f}' for value in values)} ms"


def _latencies(document: dict) -> list[str]:
    """The same rate for a peer, for ours, and for a server that does nothing."""
    lines = [
        "| rate | requests/s | its p50, p99, p99.9 | ours | of a server that does nothing | the generator is "
        "late (p99) |",
        "|---|---|---|---|---|---|",
    ]
    for name in document["installed_bytes"]:
        if name == OURS:
            continue

        def peer(results: dict, name: str = name) -> dict:
            return results[name]["steady"]

        def ours(results: dict, name: str = name) -> dict:
            return results[OURS]["steady_at"][name]

        def bare(results: dict, name: str = name) -> dict:
            return results[OURS]["bare_at"][name]

        rate = _middle(document, lambda results, peer=peer: peer(results)["rate"])
        late = _middle(document, lambda results, ours=ours: ours(results)["lateness_ms"]["p99"])
        times = " | ".join(_times(document, find) for find in (peer, ours, bare))
        lines.append(f"| 80 % of {name} | {rate:.0f} | {times} | {late:.2f} ms |")
    return lines


def _batches(document: dict) -> list[str]:
    lines = [
        "| model | XGBoost's C API alone | binary tensor over HTTP | JSON over HTTP |",
        "|---|---|---|---|",
    ]
    for model, title in goals.MODELS.items():
        cells = [
            _middle(document, lambda results, form=form: results[OURS]["against_library"][model][form])  # noqa: B023
            for form in ("library", "binary", "json")
        ]
        lines.append(f"| {title} | {' | '.join(f'{cell / 1000:.2f} ms' for cell in cells)} |")
    return lines


def _overload(document: dict) -> list[str]:
    def overload(results: dict) -> dict:
        return results[OURS]["overload"]

    peak = _middle(document, lambda results: overload(results)["peak"]["rate"])
    lines = [
        "| clients | answers/s in time | of the peak | refused/s | told when to retry | refused after "
        "(p50, p99) | broken |",
        "|---|---|---|---|---|---|---|",
        f"| 64, never pausing (the peak) | {peak:.0f} | | | | | |",
    ]
    for connections in document["rounds"][0][OURS]["overload"]["at"]:

        def middle(find: Callable[[dict], float], connections: str = connections) -> float:
            return _middle(document, lambda results: find(overload(results)["at"][connections]))

        refused = middle(lambda found: found["refused"])
        refusals = ["", ""]
        if refused:
            told = middle(lambda found: found["retryable"] / max(found["refused"], 1))
            times = [middle(lambda found, part=part: found["refusal_ms"][part]) for part in ("p50", "p99")]
            refusals = [f"{told:.0%}", f"{times[0]:.0f}, {times[1]:.0f} ms"]
        share = median(goals.share_of_peak(int(connections))(document))
        seconds = middle(lambda found: found["answered_in_time"] / found["goodput"])
        lines.append(
            f"| {connections} | {middle(lambda found: found['goodput']):.0f} | {share:.0%} "
            f"| {refused / seconds:.0f} | {refusals[0]} | {refusals[1]} "
            f"| {middle(lambda found: found['failed'] + found['unanswered']):.0f} |"
        )
    return lines


def tables(document: dict) -> str:
    """Everything, in Markdown."""
    rounds = len(document["rounds"])
    return "\n".join(
        [
            f"Medians of {rounds} interleaved rounds; one row unless said otherwise; one thread and one core "
            "for each server, another core for the load.",
            "",
            *_needs(document),
            "",
            "Latency at the same rate, which is 80 % of what the other one can take:",
            "",
            *_latencies(document),
            "",
            f"Processor time of 1000 rows through {OURS}:",
            "",
            *_batches(document),
            "",
            f"{OURS} at twice the rate that saturates it:",
            "",
            *_overload(document),
            "",
            "What it is meant to reach, by ratios within a round:",
            "",
            *goals.table(document),
            "",
        ]
    )


def write(document: dict, folder: Path) -> None:
    """Write tables and plot beside the raw results."""
    (folder / "serving.md").write_text(tables(document))
    (folder / "serving.svg").write_text(plot.draw(document))


if __name__ == "__main__":
    results = Path(sys.argv[1])
    write(json.loads((results / "serving.json").read_text()), results)
