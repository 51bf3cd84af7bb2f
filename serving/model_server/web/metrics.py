"""Metrics of connections, for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from model_server.web.limits import Limits


class ConnectionMetrics:
    """What the limits of a server have counted."""

    def __init__(self, limits: Limits):
        self._limits = limits

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client."""
        yield CounterMetricFamily(
            "model_server_connections_refused", "Connections refused under overload.", self._limits.refused
        )
        yield CounterMetricFamily(
            "model_server_connections_timed_out", "Connections ended for slowness.", self._limits.timed_out
        )
        yield GaugeMetricFamily("model_server_connections", "Open connections.", value=len(self._limits.open))
