"""Metrics for Prometheus.

Counting a request must cost next to nothing, so it is done in plain integers; prometheus-client turns them
into its own types, and into text, only when somebody asks.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from model_server.models.model import Model

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
# Seconds. A single row takes some tens of microseconds, a large batch some tens of milliseconds.
BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Counts:
    """What one thread counts. Another one may read it meanwhile, but not count with it."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.rows = 0
        # Requests refused because a prediction was infinite or no number.
        self.not_finite = 0
        self.buckets: dict[str, list[int]] = {}
        self.seconds: Counter[str] = Counter()

    def count(self, route: str, status: int, seconds: float) -> None:
        """One request has been answered."""
        self.requests[route, status] += 1
        buckets = self.buckets.get(route)
        if buckets is None:
            buckets = self.buckets[route] = [0] * (len(BUCKETS) + 1)
        buckets[bisect_left(BUCKETS, seconds)] += 1
        self.seconds[route] += seconds


class Metrics:
    """What the server counts, and what its front counts of connections."""

    def __init__(self, model: Model, front: Collector):
        self._counts: list[Counts] = []
        self._model = model
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._registry.register(front)
        ProcessCollector(registry=self._registry)

    def new_counts(self) -> Counts:
        """For one more thread that answers."""
        self._counts.append(Counts())
        return self._counts[-1]

    def _total(self) -> Counts:
        total = Counts()
        # A series that begins with the first failure hides that failure from rate(), which sees no rise.
        total.requests.update(
            {
                (route, status): 0
                for route in ("predict", "infer", "invocations")
                for status in (200, 500, 503)
            }
        )
        for counts in self._counts:
            # Copies, as others may be added meanwhile.
            total.requests.update(dict(counts.requests))
            total.rows += counts.rows
            total.not_finite += counts.not_finite
            total.seconds.update(dict(counts.seconds))
            for route, buckets in list(counts.buckets.items()):
                before = total.buckets.get(route, [0] * len(buckets))
                total.buckets[route] = [sum(both) for both in zip(before, buckets, strict=True)]
        return total

    def add(self, collector: Collector) -> None:
        """Include what another collector counts."""
        self._registry.register(collector)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client."""
        yield InfoMetricFamily(
            "model_server_model",
            "The model that answers.",
            value={
                "name": self._model.name,
                "version": self._model.version,
                "sha256": self._model.sha256,
                "engine": self._model.engine.name,
            },
        )
        total = self._total()
        requests = CounterMetricFamily(
            "model_server_requests", "Requests answered.", labels=("route", "status")
        )
        for (route, status), number in total.requests.items():
            requests.add_metric((route, str(status)), number)
        yield requests
        yield _durations(total)
        yield CounterMetricFamily("model_server_rows", "Rows predicted.", value=total.rows)
        yield CounterMetricFamily(
            "model_server_predictions_not_finite",
            "Requests refused because a prediction was infinite or not a number.",
            total.not_finite,
        )


def _durations(counts: Counts) -> HistogramMetricFamily:
    durations = HistogramMetricFamily(
        "model_server_request_duration_seconds",
        "Time from the complete header of a request to its response.",
        labels=("route",),
    )
    for route, buckets in counts.buckets.items():
        total, cumulative = 0, []
        for edge, number in zip((*BUCKETS, "+Inf"), buckets, strict=True):
            total += number
            cumulative.append((str(edge), total))
        durations.add_metric((route,), cumulative, sum_value=counts.seconds[route])
    return durations
