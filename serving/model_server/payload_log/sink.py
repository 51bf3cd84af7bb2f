"""What a sink is to the log."""

from typing import Protocol

from model_server.payload_log.record import Record


class DeliveryError(Exception):
    """The sink has not taken what it was given. `reason` is what the metrics call it."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


class Sink(Protocol):
    """Takes records."""

    # How many at once at most, and for how many seconds they are gathered.
    max_records: int
    max_wait: float
    # How many deliveries there are at the same time.
    deliveries: int

    async def deliver(self, taken: list[Record]) -> None:
        """Hand them over, or raise a `DeliveryError`."""

    async def close(self) -> None:
        """End it."""
