"""Whether the server is alive and ready, for the probes on either port."""

from collections.abc import Callable

from model_server.errors import Kind, RequestError

# Seconds between two looks at whether the event loop gets on, and how many of them it may fail to in a row.
# A request that takes that long is only slow; probes wait for some more failures of their own.
LOOK = 0.25
MAX_LOOKS = 20


class Health:
    """What both ports know of the server. The management port reads it from a thread of its own."""

    def __init__(self) -> None:
        self.draining = False
        # How many turns the event loop has had, and how many requests were answered in it.
        self.turns = 0
        self.answered: Callable[[], int] = lambda: 0
        self._seen = (0, 0)
        self._looks = 0

    def look(self) -> None:
        """Called by the management port's thread, each time after `LOOK`.

        It counts its own looks instead of seconds: a process that was halted as a whole has not failed. And a
        turn may be long, if hundreds of large requests are answered in it: each of them is progress.
        """
        now = (self.turns, self.answered())
        self._looks = 0 if now != self._seen else self._looks + 1
        self._seen = now

    def check_progress(self) -> None:
        """Refuse if the event loop does not get on."""
        if self._looks >= MAX_LOOKS:
            seconds = int(self._looks * LOOK)
            raise RequestError(
                Kind.UNAVAILABLE,
                "stalled",
                f"the server has answered nothing for {seconds} seconds, though it was not idle",
            )

    def check_draining(self) -> None:
        """Refuse if new requests had better go elsewhere."""
        if self.draining:
            raise RequestError(Kind.UNAVAILABLE, "draining", "the server is shutting down")
