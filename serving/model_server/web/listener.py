"""Takes in new connections: many at a time, no more than can be served, and without losing one at the end.

The event loop's own server takes one connection per turn. Under load a turn lasts milliseconds, so that
clients would wait for seconds to be let in, or to be told that they are not.
"""

import asyncio
import logging
import re
import select
import socket
from collections.abc import Callable
from time import thread_time

from model_server.web.limits import Limits

logger = logging.getLogger(__name__)

# How many connections are taken before those that are open have their turn again.
AT_ONCE = 64
# Refusing takes nearly as long as answering. It gets this part of the processor time, or else those who are
# answered would pay for it.
REFUSING = 0.03
# Seconds of rest if the system has no more sockets to give.
WITHOUT_SOCKETS = 0.1
# What of a request is read before it is refused.
MAX_READ_BYTES = 64 * 1024
# Whether it predicts shows in its first bytes; only that is refused.
PREDICTING = b"POST "
# How long these may take to come, and of how many clients at a time they are waited for.
SILENT = 0.5
MAX_SILENT_CLIENTS = 256
# How many that want nothing predicted may be open beyond the limit.
BESIDE = 64
# A client that is still sending sees its refusal only if the rest is read, for some seconds: closing before
# would reset the connection. How many clients, and how much of each.
LINGER = 10.0
MAX_LINGERING_CLIENTS = 256
MAX_LINGERING_BYTES = 64 * 1024 * 1024
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)


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
        predicting: bytes = PREDICTING,
    ):
        self._socket = listening
        self._limits = limits
        self._make_connection = make_connection
        self._answered = answered
        self._refusal = refusal
        self._at_once = at_once
        self._predicting = predicting
        self._loop = asyncio.get_running_loop()
        # Connections on their way into the event loop.
        self._arriving: set[asyncio.Task] = set()
        # Those that have sent nothing yet; and how much those have that are refused and still send. Both with
        # the oldest first.
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}
        self._lingering: dict[socket.socket, int] = {}
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
        max_open = self._limits.settings.max_concurrency
        if len(self._limits.open) + len(self._arriving) < max_open:
            return max_open - len(self._limits.open) - len(self._arriving)
        answered, before = self._answered(), self._answered_before
        self._answered_before = answered
        if before is None:
            self._taken_before = 0
            self._time_before = thread_time()
            return None
        return max_open - (answered - before) - len(self._arriving) - self._taken_before

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
        """Refuse it if it wants a prediction; what says how the server is, is answered also now."""
        surplus.setblocking(False)
        try:
            first = surplus.recv(len(self._predicting), socket.MSG_PEEK)
        except BlockingIOError:
            self._await(surplus)
        except OSError:
            surplus.close()
        else:
            self._decide(surplus, first)

    def _decide(self, surplus: socket.socket, first: bytes) -> None:
        is_open = len(self._limits.open) + len(self._arriving)
        if first == b"":
            surplus.close()
        elif self._predicting.startswith(first) or is_open >= self._limits.settings.max_connections + BESIDE:
            self._turn_away(surplus)
        else:
            self._serve(surplus)

    def _await(self, surplus: socket.socket) -> None:
        if len(self._silent) >= MAX_SILENT_CLIENTS:
            self._turn_away(self._forget(next(iter(self._silent))))
        self._silent[surplus] = self._loop.call_later(SILENT, self._stays_silent, surplus)
        self._loop.add_reader(surplus, lambda: self._refuse(self._forget(surplus)))

    def _forget(self, silent: socket.socket) -> socket.socket:
        self._silent.pop(silent).cancel()
        self._loop.remove_reader(silent)
        return silent

    def _stays_silent(self, surplus: socket.socket) -> None:
        self._forget(surplus)
        is_open = len(self._limits.open) + len(self._arriving)
        max_open = min(self._limits.settings.max_concurrency, self._limits.settings.max_connections)
        if is_open < max_open:
            self._serve(surplus)
        else:
            self._turn_away(surplus)

    def _turn_away(self, surplus: socket.socket) -> None:
        self._limits.refused += 1
        try:
            try:
                received = surplus.recv(MAX_READ_BYTES)
            except BlockingIOError:
                received = b""
            surplus.send(self._refusal)
            if not _is_whole(received):
                surplus.shutdown(socket.SHUT_WR)
                self._linger(surplus)
                return
        except OSError:
            pass  # the client has gone
        surplus.close()

    def _linger(self, refused: socket.socket) -> None:
        if len(self._lingering) >= MAX_LINGERING_CLIENTS:
            self._end(next(iter(self._lingering)))
        self._lingering[refused] = 0
        self._loop.add_reader(refused, self._discard, refused)
        self._loop.call_later(LINGER, self._end, refused)

    def _discard(self, refused: socket.socket) -> None:
        try:
            size = len(refused.recv(MAX_READ_BYTES))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        self._lingering[refused] += size
        if size == 0 or self._lingering[refused] > MAX_LINGERING_BYTES:
            self._end(refused)

    def _end(self, refused: socket.socket) -> None:
        if self._lingering.pop(refused, None) is not None:
            self._loop.remove_reader(refused)
            refused.close()

    async def close(self) -> None:
        """Stop listening, but serve whoever has connected until now."""
        self._closed = True
        self._loop.remove_reader(self._socket)
        for silent in list(self._silent):
            self._serve(self._forget(silent))
        while (accepted := self._accept()) is not None:
            self._serve(accepted)
        self._socket.close()
        if self._arriving:
            await asyncio.wait(self._arriving)


def _is_whole(request: bytes) -> bool:
    """Whether nothing more of it will come."""
    head, end, body = request.partition(b"\r\n\r\n")
    length = CONTENT_LENGTH.search(head + b"\r\n")
    return end != b"" and length is not None and len(body) >= int(length[1])
