"""Leaves a service alone that does not answer, and finds out by single trials when it does again.

Written here because those that are to be had either let every waiting call through at once when they try
again, or know nothing of coroutines.
"""

import time
from collections.abc import Callable

CLOSED, HALF_OPEN, OPEN = "closed", "half-open", "open"


class Breaker:
    """Opens after some failures in a row; after a pause one call is let through to close it, or not."""

    def __init__(
        self,
        failures: int,
        pause: float,
        on_change: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.state = CLOSED
        self._on_change = on_change
        self._allowed = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._opened = 0.0
        # Counts the changes of state: what began before a change says nothing about the time after it.
        self._period = 0

    def admit(self) -> int | None:
        """Whether a call may be made: a number to report its outcome with, or None."""
        if self.state == CLOSED:
            return self._period
        if self.state == OPEN and self.seconds_left() <= 0:
            self._change(HALF_OPEN)
            return self._period
        return None

    def seconds_left(self) -> float:
        """How long it stays open."""
        return self._opened + self._pause - self._clock() if self.state == OPEN else 0.0

    def succeeded(self, call: int) -> None:
        """The call has been answered."""
        if call == self._period:
            self._failures = 0
            if self.state != CLOSED:
                self._change(CLOSED)

    def failed(self, call: int) -> None:
        """The call has not been answered."""
        if call != self._period:
            return
        self._failures += 1
        if self.state == HALF_OPEN or self._failures >= self._allowed:
            self._open(self._clock())

    def abandoned(self, call: int) -> None:
        """Its outcome is unknown, as its client is gone: a trial has to be made again."""
        if call == self._period and self.state == HALF_OPEN:
            self._open(self._clock() - self._pause)

    def _open(self, since: float) -> None:
        self._opened = since
        self._change(OPEN)

    def _change(self, state: str) -> None:
        self.state = state
        self._failures = 0
        self._period += 1
        self._on_change(state)
