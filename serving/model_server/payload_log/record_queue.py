"""What waits for the sink: bounded in number and bytes, what is being delivered included."""

import asyncio
from collections import deque

from model_server.payload_log.record import Record

NOBODY_WAITS = float("inf")
# What is handed over at once: making one delivery of it must not keep requests waiting.
MAX_DELIVERY_BYTES = 256 * 1024


class Queue:
    """Filled while requests are answered, at next to no cost, and emptied in the background."""

    def __init__(self, max_records: int, max_bytes: int):
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._waiting: deque[Record] = deque()
        self._closed = False
        # One after the other: who gathers a batch would only share it with others.
        self._turn = asyncio.Lock()
        self._enough = asyncio.Event()
        self._wanted = NOBODY_WAITS
        self._waiting_bytes = 0
        self.held = 0
        self.held_bytes = 0

    def put(self, record: Record) -> bool:
        """Add a record; False if there is no room for it."""
        if self.held >= self._max_records or self.held_bytes + record.size > self._max_bytes:
            return False
        self.held += 1
        self.held_bytes += record.size
        self._waiting_bytes += record.size
        self._waiting.append(record)
        if len(self._waiting) >= self._wanted or self._waiting_bytes >= MAX_DELIVERY_BYTES:
            self._enough.set()
        return True

    async def next(self, max_records: int, max_wait: float) -> list[Record]:
        """The next records, once there are as many, or some and it took too long; none at the end."""
        max_records = min(max_records, self._max_records)
        async with self._turn:
            if not self._waiting:
                await self._wait_for(1, None)
            if max_wait and len(self._waiting) < max_records and self._waiting_bytes < MAX_DELIVERY_BYTES:
                await self._wait_for(max_records, max_wait)
            return self._take(max_records)

    def _take(self, max_records: int) -> list[Record]:
        taken: list[Record] = []
        size = 0
        while self._waiting and len(taken) < max_records:
            size += self._waiting[0].size
            if taken and size > MAX_DELIVERY_BYTES:
                break
            taken.append(self._waiting.popleft())
            self._waiting_bytes -= taken[-1].size
        return taken

    async def _wait_for(self, number: int, max_wait: float | None) -> None:
        self._wanted = number
        self._enough.clear()
        if self._closed:
            self._enough.set()
        try:
            async with asyncio.timeout(max_wait):
                await self._enough.wait()
        except TimeoutError:
            pass
        finally:
            self._wanted = NOBODY_WAITS

    def release(self, records: list[Record]) -> None:
        """These are no longer held: delivered or lost."""
        self.held -= len(records)
        self.held_bytes -= sum(record.size for record in records)

    def close(self) -> None:
        """Nothing is waited for any more."""
        self._closed = True
        self._enough.set()

    def drain(self) -> list[Record]:
        """What is left in it."""
        left = list(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        return left
