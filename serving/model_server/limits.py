"""What all connections of a server share: how many there may be, and who has to go."""

import asyncio
from typing import Protocol

from model_server.settings import Settings

# Seconds between two looks at all deadlines: cheaper than timers that are set and cancelled per request.
SWEEP_INTERVAL = 0.5
# Refusing costs time as well. Refusals at a bounded pace leave it to the requests that are answered.
REFUSAL_INTERVAL = 0.001

# Seconds after which an idle connection gives way to a new one. A client in the middle of a conversation
# sends its next request sooner, and must not lose its connection just then.
LONG_IDLE = 1.0


class LimitedConnection(Protocol):
    """What is known here of a connection."""

    deadline: float

    def end(self) -> None:
        """Close it for another one."""

    def expire(self) -> None:
        """End it, as its deadline has passed."""


class Limits:
    """What all connections of a server share."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.open: set[LimitedConnection] = set()
        # Connections without a request, the longest idle first (a dictionary for its order).
        self.idle: dict[LimitedConnection, float] = {}
        self.refused = 0
        self.timed_out = 0
        self._next_refusal = 0.0

    def make_room(self, now: float) -> bool:
        """Whether another connection may be served, perhaps instead of one that nobody uses."""
        # A new connection counts as busy: its request is on the way.
        if len(self.open) - len(self.idle) >= self.settings.max_concurrency:
            return False
        if len(self.open) < self.settings.max_connections:
            return True
        for connection, since in self.idle.items():
            if now - since < LONG_IDLE:
                return False
            connection.end()
            return True
        return False

    def moment_to_refuse(self, now: float) -> float:
        """When the next surplus connection gets its refusal."""
        self._next_refusal = max(now, self._next_refusal + REFUSAL_INTERVAL)
        return self._next_refusal

    async def sweep(self) -> None:
        """End connections that have passed their deadline, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_INTERVAL)
            now = loop.time()
            for connection in [c for c in self.open if c.deadline < now]:
                connection.expire()
