"""Requests for one row at a steady rate, over a few kept connections."""

import asyncio
import time

import uvloop

CONNECTIONS = 8


class _Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.answered = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        # A small answer comes in one piece.
        if not data.startswith(b"HTTP/1.1 200"):
            self.answered.set_exception(RuntimeError(data.decode()))
        else:
            self.answered.set_result(None)

    async def ask(self, request: bytes) -> None:
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self.answered


async def _steady(port: int, request: bytes, rate: float, seconds: float) -> int:
    loop = asyncio.get_running_loop()
    start = time.monotonic()

    async def client(number: int) -> int:
        _, connection = await loop.create_connection(_Client, "127.0.0.1", port)
        asked = 0
        while (due := (asked + number / CONNECTIONS) * CONNECTIONS / rate) < seconds:
            await asyncio.sleep(max(0, start + due - time.monotonic()))
            await connection.ask(request)
            asked += 1
        connection.transport.close()
        return asked

    return sum(await asyncio.gather(*(client(number) for number in range(CONNECTIONS))))


def steady(port: int, body: bytes, rate: float, seconds: float) -> int:
    """Ask; how many requests were answered."""
    head = "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    return uvloop.run(_steady(port, request, rate, seconds))
