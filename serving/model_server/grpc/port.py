"""The port: takes connections in, and lets go of them at the end without losing a call."""

import asyncio
import socket
from collections.abc import Callable

from model_server.grpc.application import Application
from model_server.grpc.connection import REFUSAL, Connection
from model_server.grpc.frames import PREFACE
from model_server.web.limits import Limits
from model_server.web.listener import Listener


class GrpcPort:
    """From its first connection to its last."""

    def __init__(self, listening: socket.socket, application: Application, limits: Limits):
        self._listening = listening
        self._application = application
        self._limits = limits
        self._connections: set[Connection] = set()
        self._listener: Listener | None = None
        self._calls_of_closed = 0
        self._all_closed = asyncio.Event()

    @property
    def port(self) -> int:
        """The port's number."""
        return self._listening.getsockname()[1]

    def start(self, answered: Callable[[], int]) -> None:
        """Begin to take connections. `answered` counts the requests of all ports."""
        self._listener = Listener(
            self._listening, self._limits, self._connection, answered, REFUSAL, predicting=PREFACE
        )

    def answered(self) -> int:
        """How many calls have been answered."""
        return self._calls_of_closed + sum(connection.calls for connection in self._connections)

    def drain(self) -> None:
        """Say to all who watch that calls had better go elsewhere."""
        self._application.health.tell()

    async def close(self, timeout: float) -> None:
        """Stop listening, and end when all calls are answered, or when that takes too long."""
        await self._listener.close()
        for connection in list(self._connections):
            connection.leave()
        self._all_closed.clear()
        if self._connections:
            try:
                await asyncio.wait_for(self._all_closed.wait(), timeout)
            except TimeoutError:
                for connection in list(self._connections):
                    connection.give_up()

    def _connection(self) -> Connection:
        connection = Connection(self._application, self._limits, self._forget)
        self._connections.add(connection)
        return connection

    def _forget(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.discard(connection)
            self._calls_of_closed += connection.calls
        if not self._connections:
            self._all_closed.set()
