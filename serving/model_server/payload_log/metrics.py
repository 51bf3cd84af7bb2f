"""What is counted about the payload log."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from model_server.payload_log.record_queue import Queue

# "queue_full": the sink is too slow or away. "shutdown": the server had to end before the sink took them.
REASONS = ("queue_full", "unavailable", "timeout", "failed", "refused", "shutdown", "internal")


class PayloadLogMetrics:
    """A collector of prometheus-client."""

    def __init__(self, queue: Queue):
        self.sent = 0
        self.retries = 0
        # Known from the start: a series that begins with the first loss hides it from rate().
        self.dropped = Counter(dict.fromkeys(REASONS, 0))
        self._queue = queue

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client."""
        yield CounterMetricFamily(
            "model_server_payloads_sent", "Requests whose payloads the sink has taken.", value=self.sent
        )
        dropped = CounterMetricFamily(
            "model_server_payloads_dropped",
            "Requests whose payloads, or some of them, were lost.",
            labels=("reason",),
        )
        for reason, number in self.dropped.items():
            dropped.add_metric((reason,), number)
        yield dropped
        yield CounterMetricFamily(
            "model_server_payload_retries", "Deliveries that were tried again.", value=self.retries
        )
        yield GaugeMetricFamily(
            "model_server_payloads_waiting", "Requests whose payloads wait.", value=self._queue.held
        )
        yield GaugeMetricFamily(
            "model_server_payloads_waiting_bytes", "Bytes that wait.", value=self._queue.held_bytes
        )
