"""What all connections of a server share: how many there may be, and who has to go."""

import asyncio
from typing import Protocol

from model_server.settings import Settings

# Seconds between two looks at all connections: cheaper than timers that are set and cancelled per request.
SWEEP_INTERVAL = 0.5
# Seconds after which an idle connection gives way to a new one. A client in the middle of a conversation
# sends its next request sooner, and must not lose its connection just then.
LONG_IDLE = 1.0
# Which part of their time slow clients still get once there is no room left for others.
CROWDED = 0.25


class LimitedConnection(Protocol):
    """What is known here of a connection."""

    # Since when it waits for its client, and for how many seconds it may.
    since: float
    timeout: float

    def end(self) -> None:
        """Close it for another one."""

    def give_up(self) -> None:
        """Close it without waiting until its responses are taken."""

    def expire(self) -> None:
        """End it, as its client is too slow."""


class Limits:
    """What all connections of a server share."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.open: set[LimitedConnection] = set()
        # Connections without a request, the longest idle first (a dictionary for its order).
        self.idle: dict[LimitedConnection, float] = {}
        # Bytes of requests that are being received; and of responses that are not taken, the oldest first.
        self.buffered = 0
        self.unsent: dict[LimitedConnection, int] = {}
        self.refused = 0
        self.timed_out = 0
        self._next_pressing = 0.0

    def make_room(self, now: float, arriving: int) -> bool:
        """Whether one more connection may be opened, perhaps instead of one that nobody uses."""
        if len(self.open) + arriving < self.settings.max_connections:
            return True
        for connection, since in self.idle.items():
            if now - since < LONG_IDLE:
                break
            connection.end()
            return True
        if now >= self._next_pressing:
            self._next_pressing = now + SWEEP_INTERVAL
            for connection in self._slow(now, CROWDED):
                connection.expire()
        return False

    def hold(self, more: int) -> bool:
        """Whether there is memory for so many more bytes of requests; they count in any case."""
        self.buffered += more
        return more <= 0 or self.buffered <= self.settings.max_buffered_bytes

    def leave_unsent(self, connection: LimitedConnection, size: int) -> None:
        """Keep so much of its responses for a client; who has let its own wait for longest is given up."""
        self.unsent[connection] = size
        while sum(self.unsent.values()) > self.settings.max_buffered_bytes:
            longest = next(iter(self.unsent))
            del self.unsent[longest]
            self.timed_out += 1
            longest.give_up()

    def _slow(self, now: float, part: float) -> list[LimitedConnection]:
        return [c for c in self.open if c.since + c.timeout * part < now]

    async def sweep(self) -> None:
        """End connections whose clients are too slow, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_INTERVAL)
            # If it was the server that was away, what clients have sent meanwhile is read first.
            await asyncio.sleep(0)
            for connection in self._slow(loop.time(), 1.0):
                connection.expire()
