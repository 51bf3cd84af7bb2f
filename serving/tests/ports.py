"""Ports for servers that the tests start, or that are nobody's."""

import random
import socket
from contextlib import suppress

# Below what systems give to outgoing connections, which would take a port that waits for its server.
FIRST, LAST = 20_000, 30_000


def free_port(host: str = "127.0.0.1") -> int:
    """A port that no connection gets by itself: it stays free until its server is there, or there again."""
    while True:
        port = random.randrange(FIRST, LAST)
        with suppress(OSError), socket.create_server((host, port)):
            return port
