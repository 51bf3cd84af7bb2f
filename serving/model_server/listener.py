"""Takes in new connections: many at a time, no more than can be served, and without losing one at the end.

The event loop's own server takes one connection per turn. Under load a turn lasts milliseconds, so that
clients would wait for seconds to be let in, or to be told that they are not.
"""

import asyncio
import logging
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from time import thread_time

from model_server.limits import Limits

logger = logging.getLogger(__name__)

# How many connections are taken before those that are open have their turn again.
AT_ONCE = 64
# Refusing takes nearly as long as answering. It gets this part of the processor time, or else those who are
# answered would pay for it.
REFUSING = 0.03
# Seconds of rest if the system has no more sockets to give.
WITHOUT_SOCKETS = 0.1
# What of a request is read before it is refused, and how many seconds later it may still arrive: closing with
# anything unread resets the connection, perhaps before the client has seen why.
MOST_OF_A_REQUEST = 64 * 1024
LINGER = 0.2


class Listener:
    """The listening socket of a server.

    How many requests wait for each other shows in how many are answered in one turn of the event loop: it
    answers one for each connection that has sent one.
    """

    def __init__(
        self,
        listening: socket.socket,
        limits: Limits,
        make_connection: Callable[[], asyncio.Protocol],
        answered: Callable[[], int],
        refusal: bytes,
        at_once: int = AT_ONCE,
    ):
        self._socket = listening
        self._limits = limits
        self._make_connection = make_connection
        self._answered = answered
        self._refusal = refusal
        self._at_once = at_once
        self._loop = asyncio.get_running_loop()
        # Connections on their way into the event loop.
        self._arriving: set[asyncio.Task] = set()
        # How many requests had been answered at the last turn, if that was of interest.
        self._answered_before: int | None = None
        # How many connections it took in then; their requests are not answered yet.
        self._taken_before = 0
        # Processor time at the last turn.
        self._time_before = 0.0
        self._closed = False
        listening.setblocking(False)
        self._waiting = select.poll()
        self._waiting.register(listening, select.POLLIN)
        self._listen()

    def _listen(self) -> None:
        self._answered_before = None
        if not self._closed:
            self._loop.add_reader(self._socket, self._take_some)

    def _rest(self) -> None:
        self._loop.remove_reader(self._socket)
        self._loop.call_later(WITHOUT_SOCKETS, self._listen)

    def _take_some(self) -> None:
        """Called once per turn of the event loop while connections wait."""
        room = self._room()
        if room is None:
            return
        self._taken_before = 0
        for _ in range(min(self._at_once, room)):
            accepted = self._accept()
            if accepted is None:
                self._answered_before = None
                return
            if not self._limits.make_room(self._loop.time(), len(self._arriving)):
                self._refuse(accepted)
                room = 0
                break
            self._serve(accepted)
            self._taken_before += 1
        if room <= 0:
            self._refuse_some()
        if not self._waiting.poll(0):
            # The next one may come any time later: by then this turn is not the last one.
            self._answered_before = None

    def _room(self) -> int | None:
        """How many more requests may wait; None if that shows only after another turn."""
        most = self._limits.settings.max_concurrency
        if len(self._limits.open) + len(self._arriving) < most:
            return most - len(self._limits.open) - len(self._arriving)
        answered, before = self._answered(), self._answered_before
        self._answered_before = answered
        if before is None:
            self._taken_before = 0
            self._time_before = thread_time()
            return None
        return most - (answered - before) - len(self._arriving) - self._taken_before

    def _accept(self) -> socket.socket | None:
        try:
            return self._socket.accept()[0]
        except (BlockingIOError, ConnectionAbortedError):
            return None
        except OSError as error:
            logger.warning("cannot accept a connection: %s", error.strerror)
            self._rest()
            return None

    def _serve(self, accepted: socket.socket) -> None:
        connecting = self._loop.connect_accepted_socket(self._make_connection, accepted)
        task = self._loop.create_task(connecting)
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    def _refuse_some(self) -> None:
        started = thread_time()
        enough = started + (started - self._time_before) * REFUSING
        while True:
            surplus = self._accept()
            if surplus is None:
                break
            self._refuse(surplus)
            self._time_before = thread_time()
            if self._time_before >= enough:
                break

    def _refuse(self, surplus: socket.socket) -> None:
        self._limits.refused += 1
        surplus.setblocking(False)
        try:
            try:
                complete = len(surplus.recv(MOST_OF_A_REQUEST)) < MOST_OF_A_REQUEST
            except BlockingIOError:
                complete = False
            surplus.send(self._refusal)
            if not complete:
                surplus.shutdown(socket.SHUT_WR)
                self._loop.call_later(LINGER, _discard, surplus)
                return
        except OSError:
            pass  # the client has gone
        surplus.close()

    async def close(self) -> None:
        """Stop listening, but serve whoever has connected until now."""
        self._closed = True
        self._loop.remove_reader(self._socket)
        while (accepted := self._accept()) is not None:
            self._serve(accepted)
        self._socket.close()
        if self._arriving:
            await asyncio.wait(self._arriving)


def _discard(refused: socket.socket) -> None:
    """Close a refused connection, having read what came late."""
    with suppress(OSError):
        refused.recv(MOST_OF_A_REQUEST)
    refused.close()
