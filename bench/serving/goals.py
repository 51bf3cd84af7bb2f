"""What the server is meant to reach, and what of it a run has found."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from peers import OURS

Document = dict
MORE, LESS = "at least", "at most"


@dataclass(frozen=True)
class Goal:
    """A ratio per round, and the bound that it has to keep."""

    name: str
    direction: str
    bound: float
    ratios: Callable[[Document], list[float]]
    form: str = "{:.1f}"

    def row(self, document: Document) -> str:
        """Bound, worst round, median, and whether they keep it; nothing if a peer was left out."""
        try:
            ratios = self.ratios(document)
        except KeyError:
            return ""
        worst = min(ratios) if self.direction == MORE else max(ratios)
        middle = median(ratios)
        cells = [f"{self.direction} {self.form.format(self.bound)}", self.form.format(worst)]
        verdict = "yes" if self._keeps(worst) else "in the median" if self._keeps(middle) else "**no**"
        return f"| {self.name} | {' | '.join([*cells, self.form.format(middle), verdict])} |"

    def _keeps(self, ratio: float) -> bool:
        return ratio >= self.bound if self.direction == MORE else ratio <= self.bound


def _each_round(ratio: Callable[[dict], float]) -> Callable[[Document], list[float]]:
    return lambda document: [ratio(results) for results in document["rounds"]]


def times_ours(peer: str, *keys: str) -> Callable[[Document], list[float]]:
    """How many times ours a peer needs."""

    def ratio(results: dict) -> float:
        theirs, ours = results[peer], results[OURS]
        for key in keys:
            theirs, ours = theirs[key], ours[key]
        return theirs / ours

    return _each_round(ratio)


def steady_times_ours(peer: str, part: str = "p99") -> Callable[[Document], list[float]]:
    """The same for the latency at the rate of 80 % of the peer's saturation."""
    return _each_round(
        lambda results: (
            results[peer]["steady"]["answer_ms"][part] / results[OURS]["steady_at"][peer]["answer_ms"][part]
        )
    )


def times_library(model: str, form: str) -> Callable[[Document], list[float]]:
    """Processor time of our server, in that of XGBoost's own library."""

    def ratio(results: dict) -> float:
        found = results[OURS]["against_library"][model]
        return found[form] / found["library"]

    return _each_round(ratio)


def share_of_peak(connections: int) -> Callable[[Document], list[float]]:
    """Goodput at twice the saturating rate."""

    def ratio(results: dict) -> float:
        overload = results[OURS]["overload"]
        return overload["at"][str(connections)]["goodput"] / overload["peak"]["rate"]

    return _each_round(ratio)


def _installed(peer: str) -> Callable[[Document], list[float]]:
    def ratios(document: Document) -> list[float]:
        sizes = document["installed_bytes"]
        return [sizes[peer]["total"] / sizes[OURS]["total"]]

    return ratios


CPU = "CPU per single row"
MODELS = {"sample": "the sample model", "full": "100 full trees of depth 6"}
GOALS = [
    *(
        Goal(f"{CPU}: {peer} : ours", MORE, bound, times_ours(peer, "single", "cpu_us"))
        for peer, bound in {"kserve": 10, "mlserver": 10, "flask + gunicorn": 10, "bentoml": 25}.items()
    ),
    *(
        Goal(f"p99 at 80 % of its saturation: {peer} : ours", MORE, 5, steady_times_ours(peer))
        for peer in ("kserve", "mlserver", "flask + gunicorn", "fastapi", "bentoml")
    ),
    *(
        Goal(
            f"CPU of 1000 rows as {what}, {MODELS[model]}: ours : XGBoost's C API alone",
            LESS,
            1.2,
            times_library(model, form),
            "{:.2f}",
        )
        for form, what in {"binary": "a binary tensor", "json": "JSON"}.items()
        for model in MODELS
    ),
    *(
        Goal(
            f"answers in time at twice the saturating rate by {connections} clients : peak",
            MORE,
            0.9,
            share_of_peak(connections),
            "{:.0%}",
        )
        for connections in (64, 256, 512)
    ),
    *(
        Goal(f"start to ready: {peer} : ours", MORE, 4, times_ours(peer, "start_seconds"))
        for peer in ("kserve", "mlserver")
    ),
    Goal("installed: mlserver : ours", MORE, 5, _installed("mlserver")),
    *(
        Goal(f"memory at rest: {peer} : ours", MORE, 2, times_ours(peer, "memory_bytes"))
        for peer in ("kserve", "mlserver")
    ),
]


def table(document: Document) -> list[str]:
    """The goals in Markdown."""
    rows = [goal.row(document) for goal in GOALS]
    return [
        "| ratio | goal | worst round | median | reached |",
        "|---|---|---|---|---|",
        *(row for row in rows if row),
    ]
