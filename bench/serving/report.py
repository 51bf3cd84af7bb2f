"""Raw results to a table and a plot."""

import json
import sys
from pathlib import Path
from statistics import median

from peers import OURS

WIDTH, LEFT, BAR, GAP = 720, 150, 22, 10
MEGABYTE = 1e6


def _values(document: dict, name: str, *keys: str) -> list[float]:
    values = []
    for results in document["rounds"]:
        value = results[name]
        for key in keys:
            value = value[key]
        values.append(value)
    return values


def _ratios(document: dict, name: str, *keys: str) -> tuple[float, float]:
    """How many times ours the peer needs, round by round: the smallest and the median."""
    pairs = zip(_values(document, name, *keys), _values(document, OURS, *keys), strict=True)
    ratios = [theirs / ours for theirs, ours in pairs]
    return min(ratios), median(ratios)


def _steady_ratios(document: dict, name: str) -> tuple[float, float]:
    ratios = [
        results[name]["steady"]["p99_ms"] / results[OURS]["steady_at"][name]["p99_ms"]
        for results in document["rounds"]
    ]
    return min(ratios), median(ratios)


def _size(document: dict, name: str) -> str:
    size = document["installed_bytes"][name]
    text = f"{size['total'] / MEGABYTE:.0f} MB"
    return f"{text} ({size['nvidia'] / MEGABYTE:.0f} of it for GPUs)" if size["nvidia"] > MEGABYTE else text


def table(document: dict) -> str:
    """Two tables in Markdown: what each needs, and how many times ours that is."""
    names = list(document["installed_bytes"])
    rounds = len(document["rounds"])
    lines = [
        f"Medians of {rounds} interleaved rounds; one row unless said otherwise; one thread each.",
        "",
        "| server | CPU per request | requests/s | CPU per request of 1000 rows | start to ready | memory "
        "at rest | installed |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in names:
        lines.append(
            f"| {name} "
            f"| {median(_values(document, name, 'single', 'cpu_us')):.0f} µs "
            f"| {median(_values(document, name, 'single', 'rate')):.0f} "
            f"| {median(_values(document, name, 'batch', 'cpu_us')) / 1000:.2f} ms "
            f"| {median(_values(document, name, 'start_seconds')):.2f} s "
            f"| {median(_values(document, name, 'memory_bytes')) / MEGABYTE:.0f} MB "
            f"| {_size(document, name)} |"
        )
    lines += [
        "",
        f"How many times what {OURS} needs (smallest of the rounds, median):",
        "",
        "| server | CPU per request | p99 at 80 % of its saturation | CPU of 1000 rows | start | memory |",
        "|---|---|---|---|---|---|",
    ]
    for name in names:
        if name == OURS:
            continue
        cells = [
            _ratios(document, name, "single", "cpu_us"),
            _steady_ratios(document, name),
            _ratios(document, name, "batch", "cpu_us"),
            _ratios(document, name, "start_seconds"),
            _ratios(document, name, "memory_bytes"),
        ]
        lines.append(f"| {name} | " + " | ".join(f"{low:.1f}, {mid:.1f}" for low, mid in cells) + " |")
    return "\n".join([*lines, "", *_overload(document), ""])


def _overload(document: dict) -> list[str]:
    results = [results[OURS]["overload"] for results in document["rounds"]]
    few, many = sorted(results[0], key=int)

    def shares(key: str) -> str:
        found = [result[many][key] / result[few][key] for result in results]
        return f"{min(found):.0%}, {median(found):.0%}"

    per_cpu, per_second = shares("goodput_per_cpu_second"), shares("goodput")
    return [
        f"Overload: {many} clients that never pause, where {few} saturate {OURS} and 256 are admitted; the "
        f"surplus gets a 503. The share of {few} clients' answers that it still gives (smallest, median): "
        f"{per_cpu} per second of its processor time, {per_second} per second.",
    ]


def plot(document: dict) -> str:
    """Processor time per request as bars, in SVG."""
    names = list(document["installed_bytes"])
    values = {name: median(_values(document, name, "single", "cpu_us")) for name in names}
    largest = max(values.values())
    height = len(names) * (BAR + GAP) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        '<text x="10" y="22" font-weight="bold">Processor time per single-row request</text>',
    ]
    for index, name in enumerate(names):
        top = 40 + index * (BAR + GAP)
        length = max(2, values[name] / largest * (WIDTH - LEFT - 90))
        color = "#2563eb" if name == OURS else "#9ca3af"
        parts += [
            f'<text x="{LEFT - 8}" y="{top + 16}" text-anchor="end">{name}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{color}"/>',
            f'<text x="{LEFT + length + 6:.1f}" y="{top + 16}">{values[name]:.0f} µs</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def write(document: dict, folder: Path) -> None:
    """Write table and plot beside the raw results."""
    (folder / "serving.md").write_text(table(document))
    (folder / "serving.svg").write_text(plot(document))


if __name__ == "__main__":
    results = Path(sys.argv[1])
    write(json.loads((results / "serving.json").read_text()), results)
