"""A port for those who operate the server: probes, metrics and descriptions, answered whatever the load.

It has a thread and an event loop of its own, because a turn of the other one may take seconds when hundreds
of connections ask at once; and connections of its own, which no client of the model can use up.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable

import msgspec
import uvloop
from uvicorn import Config
from uvicorn.server import ServerState

from model_server.service.health import LOOK, Health
from model_server.settings import Settings
from model_server.web.connection import UVICORN_SETTINGS, Connection
from model_server.web.limits import Limits
from model_server.web.listener import Listener
from model_server.web.refusals import REFUSAL

logger = logging.getLogger(__name__)

# Open connections. One that is new takes the place of another one: the kubelet opens one for each probe.
CONNECTIONS = 128
# How many are taken in before those that were taken in have their turn: a flood of new ones takes some turns
# to push one out, and its request is read before.
AT_ONCE = 16
# Seconds that requests on their way get at the end.
LAST_WAIT = 1.0


class ManagementLimits(Limits):
    """Never refuses: the connection that has been waiting longest makes room at once."""

    def make_room(self, now: float, arriving: int) -> bool:
        """Whether one more connection may be opened."""
        if len(self.open) + arriving >= self.settings.max_connections:
            longest = next(iter(self.idle), None) or min(
                self.open, key=lambda connection: connection.since, default=None
            )
            if longest is None:
                return False
            longest.end()
        return True


class Management:
    """The port, from the start of its thread until the very end of the server."""

    def __init__(self, listening: socket.socket, application: Callable, settings: Settings, health: Health):
        self._listening = listening
        self._application = application
        self._settings = msgspec.structs.replace(
            settings, max_connections=CONNECTIONS, max_concurrency=CONNECTIONS
        )
        self._health = health
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="management", daemon=True)

    @property
    def port(self) -> int:
        """The port's number."""
        return self._listening.getsockname()[1]

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        self._running.wait()

    def stop(self) -> None:
        """Answer what has arrived, and end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except Exception:
            # The probes fail from now on, and the kubelet restarts the container.
            logger.critical("the management port has failed", exc_info=True)
        finally:
            self._running.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        limits = ManagementLimits(self._settings)
        state = ServerState()
        config = Config(
            self._application,
            http=type("ManagementConnection", (Connection,), {"limits": limits}),
            **UVICORN_SETTINGS,
        )
        config.load()

        def make_connection() -> asyncio.Protocol:
            return config.http_protocol_class(config=config, server_state=state, app_state={})

        listener = Listener(
            self._listening, limits, make_connection, lambda: state.total_requests, REFUSAL, at_once=AT_ONCE
        )
        tasks = [asyncio.create_task(limits.sweep()), asyncio.create_task(self._look())]
        self._running.set()
        await self._stopped.wait()
        await listener.close()
        for connection in list(state.connections):
            connection.shutdown()
        end = self._loop.time() + LAST_WAIT
        while state.connections and self._loop.time() < end:
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self._health.look()
