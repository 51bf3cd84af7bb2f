"""What is counted about the feature store."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from model_server.feature_store.breaker import CLOSED, HALF_OPEN, OPEN, Breaker

# Seconds.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# "missing": it knew no value for an entity. The others but "ok" are its failures.
OUTCOMES = ("ok", "missing", "unavailable", "timeout", "failed", "invalid", "paused", "busy")


class FeatureStoreMetrics:
    """A collector of prometheus-client."""

    def __init__(self, breaker: Breaker):
        # Known from the start, so that a rate of failures can be told from none.
        self.outcomes = Counter(dict.fromkeys(OUTCOMES, 0))
        # Values that were defaults, by feature.
        self.defaults: Counter[str] = Counter()
        self._breaker = breaker
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def took(self, seconds: float) -> None:
        """One call is over."""
        self._buckets[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client."""
        outcomes = CounterMetricFamily(
            "model_server_feature_store_requests",
            "Requests that needed the feature store.",
            labels=("outcome",),
        )
        for outcome, number in self.outcomes.items():
            outcomes.add_metric((outcome,), number)
        yield outcomes
        defaults = CounterMetricFamily(
            "model_server_feature_store_defaults",
            "Values that were defaults instead of the feature store's.",
            labels=("feature",),
        )
        # A copy: requests may add to it meanwhile, in another thread.
        for feature, number in dict(self.defaults).items():
            defaults.add_metric((feature,), number)
        yield defaults
        total, cumulative = 0, []
        for edge, number in zip((*BUCKETS, "+Inf"), self._buckets, strict=True):
            total += number
            cumulative.append((str(edge), total))
        yield HistogramMetricFamily(
            "model_server_feature_store_duration_seconds",
            "Time a call of the feature store took.",
            buckets=cumulative,
            sum_value=self._seconds,
        )
        breaker = GaugeMetricFamily(
            "model_server_feature_store_breaker",
            "Whether the feature store is asked (closed), tried (half-open) or left alone (open).",
            labels=("state",),
        )
        for state in (CLOSED, HALF_OPEN, OPEN):
            breaker.add_metric((state,), state == self._breaker.state)
        yield breaker
