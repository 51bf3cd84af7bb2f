"""A sink that takes whatever is sent to it."""

import asyncio
import re

import uvloop

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class Sink(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, separator, content = self.received.partition(b"\r\n\r\n")
        length = int(LENGTH.search(head)[1]) if separator else 0
        if separator and len(content) >= length:
            self.received = content[length:]
            self.transport.write(ACCEPTED)


def serve(port: int) -> None:
    """The life of the process that is the sink."""

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
        await server.serve_forever()

    uvloop.run(forever())
