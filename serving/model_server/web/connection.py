"""uvicorn's HTTP connection, made safe against clients that are slow, many or wrong.

uvicorn leaves that to a proxy in front: it waits for ever for the rest of a request, or for its response to
be taken, and has no limit for headers or for what all clients together send. Inside a cluster clients reach a
pod without a proxy. Parsing and writing responses stay httptools' and uvicorn's own.

Overridden are `connection_made`, `connection_lost`, `data_received`, `eof_received`, `pause_writing`,
`resume_writing` and `shutdown` of the protocol, the parser's callbacks `on_message_begin`, `on_header`,
`on_headers_complete`, `on_body`, `on_chunk_header` and `on_message_complete`, and of uvicorn's own:
- `on_response_complete`: one sweep over all connections in the place of a timer for each request.
- `flow`, set after the base class has, and the cycle, an `Exchange` of our own: a request that is here as a
  whole is answered by a plain call, without ASGI's scope, messages, task and event. These are left for what
  has to wait: requests behind others, bodies whose length is not known, a feature store.
`tests/test_uvicorn.py` fails where a newer uvicorn has other names.
"""

import asyncio
import select
import types
from collections.abc import Callable, Coroutine, Generator, Sequence
from functools import cached_property
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from model_server.errors import RequestError
from model_server.web.headers import KNOWN_HEADERS
from model_server.web.limits import Limits
from model_server.web.refusals import LONG_HEADER, MAX_HEADER_BYTES, NO_MEMORY, NOT_HTTP, TOO_SLOW, response

# How much of a body a connection gathers before the application takes it.
BODY_PART = 256 * 1024
CONTINUE = b"HTTP/1.1 100 "
# How many requests of one connection are answered before all others have their turn again, and how many
# pieces of what it has sent are looked at.
MAX_REQUESTS_PER_TURN = 4
MAX_PIECES_PER_TURN = 64
END_OF_LINE = b"\r\n"
END_OF_HEADER = b"\r\n\r\n"
CLOSE = (b"connection", b"close")
# What the event loop reads at a time; it goes on reading at once if it got as much.
READ_AT_ONCE = 256 * 1024
# How much of its responses a client may leave before nothing more is read from it.
MAX_UNSENT_BYTES = 16 * 1024
# The headers that mean anything; of others no more than their size is remembered.
EXPECT = b"expect"
KEPT_HEADERS = {name: name for name in (*KNOWN_HEADERS, b"connection", EXPECT, b"upgrade")}
# Beyond so many of them, only the first two of a name are kept: that it was repeated, and no more.
MANY_HEADERS = 32
# A body is not searched for what looks like the end of a header if its length is known and larger.
LARGE_PIECE = 16 * 1024
# How often the path of a request is in memory until it is answered.
COPIES_OF_PATH = 4
# A client that is still sending when it has been refused sees why only if the rest is read: so many seconds
# for each part of it and in all, and so many bytes. Closing at once would reset the connection.
LINGER_FOR_A_PART = 5.0
LINGER = 30.0
MAX_LINGERING_BYTES = 64 * 1024 * 1024
# Seconds in which a request that was on its way when the server stopped has to arrive.
FAREWELL = 1.0


class WholeResponses:
    """Sends head and body of a response together: the second system call is a fifth of a request's cost."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]):
        self._transport = transport
        self._close = close
        self.head = b""
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        if self.head:
            data, self.head = self.head + data, b""
            self._transport.write(data)
        elif data.startswith(CONTINUE):
            self._transport.write(data)
        else:
            self.head = data

    def flush(self) -> None:
        if self.head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._close()


class Exchange(RequestResponseCycle):
    """One request and its response: uvicorn's cycle, of which most is made only if ASGI needs it."""

    # Whether a large body is gathered as a whole, if that is known yet.
    gathers: bool | None = None
    # What uvicorn sets in each of them.
    default_headers: Sequence[tuple[bytes, bytes]] = ()
    access_log = False
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0

    def __init__(self, connection: "Connection", method: str, path: str, http_version: str):
        self._connection = connection
        self.method = method
        self.path = path
        self.http_version = http_version
        self.headers = connection.headers
        self.keep_alive = http_version != "1.0" and connection.parser.should_keep_alive()
        self.waiting_for_100_continue = connection.expect_100_continue
        self.body: bytes | bytearray = b""
        # The rest of a large body, which is put together only once, at the end.
        self.parts: list[bytes | bytearray] = []

    def prepare_for_asgi(self) -> None:
        """Make the rest."""
        connection = self._connection
        self.body = bytearray(self.whole_body())
        self.parts = []
        self.scope = {
            "type": "http",
            "method": self.method,
            "path": self.path,
            "http_version": self.http_version,
            "headers": self.headers,
        }
        self.transport = connection.responses
        self.flow = connection.flow
        self.logger = connection.logger
        self.default_headers = connection.server_state.default_headers
        self.on_response = connection.on_response_complete

    @cached_property
    def message_event(self) -> asyncio.Event:
        """Set when there is more of the body, or it ends."""
        return asyncio.Event()

    def whole_body(self) -> bytes:
        """All of what has come, once."""
        return b"".join((self.body, *self.parts)) if self.parts else bytes(self.body)

    def gather(self, part: bytes | memoryview) -> None:
        """Take another part of a large body. Small ones lie together, as each alone takes more memory."""
        if len(part) >= LARGE_PIECE:
            self.parts.append(bytes(part))
            return
        if not self.parts or self.parts[-1].__class__ is bytes:
            self.parts.append(bytearray())
        self.parts[-1] += part

    def respond(self, status: int, fields: bytes, content: bytes, more: list[tuple[bytes, bytes]]) -> None:
        """Send the whole response."""
        connection = self._connection
        lines = [STATUS_LINE[status], connection.default_fields(), fields]
        for name, value in more:
            lines += (name, b": ", value, b"\r\n")
            if name == b"connection":
                self.keep_alive = False
        if not (self.keep_alive or CLOSE in more):
            lines.append(b"connection: close\r\n")
        lines.append(END_OF_LINE)
        if self.method != "HEAD":
            lines.append(content)
        self.response_complete = True
        connection.transport.write(b"".join(lines))
        if not self.keep_alive:
            connection.responses.close()
        connection.on_response_complete()


class Flow(FlowControl):
    """Reads nothing while something that was read before has to wait."""

    waits = False

    def resume_reading(self) -> None:
        if self.read_paused and not self.waits:
            super().resume_reading()


# All that a connection remembers of a request that is over. The memory that it took then serves the next one,
# of whichever connection, while it is still in the processor's cache.
ANSWERED = types.SimpleNamespace(response_complete=True, message_event=asyncio.Event())


# What uvicorn leaves to others, on whichever port.
UVICORN_SETTINGS = {
    "ws": "none",
    "lifespan": "off",
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
}


class Connection(HttpToolsProtocol):
    """One client's connection."""

    # Set on the subclass that a server makes for itself: uvicorn calls the class with its own arguments.
    limits: Limits
    # Of the headers that every response has, the lines; for all connections of a server.
    _default_headers: Sequence[tuple[bytes, bytes]] = ()
    _default_fields = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.flow = Flow(transport)
        transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        self.responses = WholeResponses(transport, self._close)
        self._answers_at_once = self.app.service.answers_at_once
        # What was read but not looked at yet, and whether it will be in the next turn.
        self._unread = b""
        self._unread_from = 0
        self._goes_on = False
        # How many requests have been answered in this turn.
        self._answered = 0
        # Bytes of the header's fields that are not kept, and of the body so far; what the limits know of it.
        self._dropped_size = 0
        self._body_size = 0
        self._held = 0
        # Whether the client sends no more; and until when it may, without being listened to.
        self._at_end = False
        self._lingers_until: float | None = None
        self._lingering_bytes = 0
        self._in_header = True
        # Bytes received that no callback has seen yet: of a header, a trailer, a chunk's extension.
        self._header_size = 0
        self._problem = NOT_HTTP
        # Whether what is being read is a request which offers another protocol.
        self._offers_upgrade = False
        # Whether a request has begun whose header is not complete.
        self._begun = False
        # The request whose body is not complete; nothing has been started for it yet.
        self._held_back: Exchange | None = None
        # How much is still to come of one with a large body that the parser does not see any more.
        self._to_gather = 0
        # How long the connection waits for its client already, and how long it will.
        self.since = self.loop.time()
        self.timeout: float = self.limits.settings.header_timeout
        self.limits.open.add(self)
        self.limits.idle[self] = self.since

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._lingers_until is not None:
            self._discard(len(data))
            return
        self._answered = 0
        if self._to_gather > len(data) and not self._unread:
            self._gather(data)
            self._account()
        elif self._unread:
            self._look_at(self._unread[self._unread_from :] + data, 0)
        elif (
            (self.cycle is not ANSWERED and self._is_answering())
            or self.flow.write_paused
            or self._end_of_piece(data, 0) < len(data)
        ):
            self._look_at(data, 0)
        else:
            # Nearly always: one request, or a part of one.
            self._parse(data)
            if self._held or self._begun or not self._in_header:
                self._account()
        if len(data) >= READ_AT_ONCE and self._answered and not self._goes_on and not self._is_over():
            # The others first.
            self._wait(b"", 0)
            self._go_on_soon()

    def _look_at(self, data: bytes, begin: int) -> None:
        """Parse what has come, and answer what is complete: a few requests, and the rest another time."""
        self._unread, length = b"", len(data)
        for _ in range(MAX_PIECES_PER_TURN):
            if begin >= length:
                break
            if (self.cycle is not ANSWERED and self._is_answering()) or self.flow.write_paused:
                # Goes on once that is over.
                self._wait(data, begin)
                break
            if self._answered >= MAX_REQUESTS_PER_TURN:
                self._wait(data, begin)
                self._go_on_soon()
                break
            end = self._end_of_piece(data, begin)
            # A large body is not copied once more.
            self._parse(data[begin:end] if end - begin < LARGE_PIECE else memoryview(data)[begin:end])
            begin = end
            if self._lingers_until is not None or self.transport.is_closing():
                return
        else:
            if begin < length:
                self._wait(data, begin)
                self._go_on_soon()
        self._account()

    def _end_of_piece(self, data: bytes, begin: int) -> int:
        """Where to stop parsing, so that one request at most is complete until then."""
        # One letter is found much faster, and in most bodies it is not.
        last = data.rfind(b"\r", begin)
        if last < 0:
            return len(data)
        if not self._in_header and len(data) - begin > LARGE_PIECE:
            rest = self._rest_of_body()
            if rest > LARGE_PIECE:
                return min(len(data), begin + rest)
        first = data.find(END_OF_HEADER, begin)
        if first < 0:
            return len(data)
        end = first + len(END_OF_HEADER)
        if last < end:
            return len(data)
        return end if len(data) - end > LARGE_PIECE or data.find(END_OF_HEADER, end) >= 0 else len(data)

    def _rest_of_body(self) -> int:
        """How much is still to come of a body whose length is known; 0 if it is not."""
        if self.cycle.response_complete:
            return 0
        headers = dict(self.headers)
        if b"content-length" not in headers or b"transfer-encoding" in headers:
            return 0
        return int(headers[b"content-length"][-20:]) - self._body_size

    def _parse(self, piece: bytes | memoryview) -> None:
        """Of a piece that holds the end of one header at most."""
        if self._to_gather:
            piece = self._gather(piece)
            if not piece or self._is_over():
                return
        self._header_size += len(piece)
        try:
            self.parser.feed_data(piece)
        except HttpParserUpgrade as offer:
            self._parse_without_offer(piece[offer.args[0] :])
        except HttpParserError:
            # This is not HTTP, or one of the callbacks here refused to go on.
            self._answer_and_close(self._problem)
        if self._held_back and not self._in_header:
            rest = self._rest_of_body()
            if rest > LARGE_PIECE and self._waits_for_whole_body(self._held_back):
                self._to_gather = rest
        if self._header_size > MAX_HEADER_BYTES and not self._is_over():
            self._answer_and_close(LONG_HEADER)

    def _is_answering(self) -> bool:
        """Whether a request that has come as a whole has no answer yet."""
        cycle = self.cycle
        return cycle is not None and not cycle.response_complete and not cycle.more_body

    def _is_over(self) -> bool:
        return self._lingers_until is not None or self.transport.is_closing()

    def _wait(self, unread: bytes, begin: int) -> None:
        self._unread, self._unread_from = unread, begin
        self.flow.pause_reading()
        self.flow.waits = True

    def _go_on_soon(self) -> None:
        if not self._goes_on:
            self._goes_on = True
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Look at what was left for another turn."""
        self._goes_on = False
        if self.parser is None or self._is_over():
            return
        self.flow.waits = False
        self._answered = 0
        self._look_at(self._unread, self._unread_from)
        if self._is_over() or self.flow.waits:
            return
        if self._at_end:
            if not self._is_answering():
                self.transport.close()
            return
        self.flow.resume_reading()

    def _account(self) -> None:
        """Tell the limits what this connection keeps in memory of requests that are not complete."""
        size = len(self._unread)
        if not self._in_header:
            if not self.cycle.response_complete:
                size += self._body_size + self._fields_size() + COPIES_OF_PATH * len(self.url)
        elif self._begun:
            size += self._header_size
        if size != self._held:
            fits = self.limits.hold(size - self._held)
            self._held = size
            if not fits:
                self.limits.refused += 1
                self._answer_and_close(NO_MEMORY)

    def eof_received(self) -> bool:
        """The client sends no more, but may still wait for answers."""
        self._at_end = True
        return self._lingers_until is None and (bool(self._unread) or self._is_answering())

    def pause_writing(self) -> None:
        super().pause_writing()
        self.limits.leave_unsent(self, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self.limits.unsent.pop(self, None)
        if self.flow.waits:
            self._go_on_soon()

    def default_fields(self) -> bytes:
        """Uvicorn's headers of every response, which change once a second: the date."""
        headers, own = self.server_state.default_headers, type(self)
        if headers is not own._default_headers:
            own._default_fields = b"".join(b"%b: %b\r\n" % header for header in headers)
            own._default_headers = headers
        return own._default_fields

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self._begun = True
        self._dropped_size = 0
        self.limits.idle.pop(self, None)
        if self.cycle is None or self.cycle.response_complete:
            self.since = self.loop.time()
            self.timeout = self.limits.settings.header_timeout

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn's, but trailers are no headers, and what means nothing is not kept."""
        if not self._in_header:
            return
        known = KEPT_HEADERS.get(name.lower())
        if known is None:
            self._dropped_size += len(name) + len(value)
            return
        if known is EXPECT and value.lower() == b"100-continue":
            self.expect_100_continue = True
        headers = self.headers
        if len(headers) < MANY_HEADERS or _count(headers, known) < 2:
            headers.append((known, value))
        else:
            self._dropped_size += len(name) + len(value)

    def on_headers_complete(self) -> None:
        # Only a large piece can have hidden a header of that size from `data_received`.
        if self._header_size > MAX_HEADER_BYTES and self._length_of_header() > MAX_HEADER_BYTES:
            self._problem = LONG_HEADER
            raise ValueError(LONG_HEADER.message)
        self._header_size = self._body_size = 0
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise ValueError("this is no proxy")
            self._offers_upgrade = True
            return
        if self.expect_100_continue and self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False
        self._in_header = self._begun = False
        # Of a request behind another one no more may be read before that is answered: the client is not slow.
        if self.cycle is None or self.cycle.response_complete:
            self.since = self.loop.time()
            self.timeout = self.limits.settings.body_timeout
        before = self.cycle
        self.cycle = cycle = Exchange(
            self, self.parser.get_method().decode(), self._path(), self.parser.get_http_version()
        )
        if before is not None and not before.response_complete:
            # Its turn comes after those before it.
            cycle.prepare_for_asgi()
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))
        elif self.expect_100_continue:
            # Such a client sends its body only once the application asks for it.
            self._start(cycle)
        else:
            self._held_back = cycle

    def _path(self) -> str:
        known = self.app.paths.get(self.url)
        if known is not None:
            return known
        path = parse_url(self.url).path.decode("ascii")
        return unquote(path) if "%" in path else path

    def _start(self, cycle: Exchange) -> None:
        """By ASGI, in a task."""
        cycle.prepare_for_asgi()
        if not cycle.more_body:
            cycle.message_event.set()
        self._start_asgi_task(cycle, self.app)

    def on_body(self, body: bytes) -> None:
        """As uvicorn's, but the application wakes up for large parts or the whole, not for every packet."""
        self._header_size = 0
        cycle = self.cycle
        if cycle.response_complete:
            return
        self._body_size += len(body)
        if cycle is self._held_back:
            if not cycle.body:
                cycle.body = body
            else:
                if cycle.body.__class__ is bytes:
                    cycle.body = bytearray(cycle.body)
                cycle.body += body
            if self._body_size < BODY_PART or self._waits_for_whole_body(cycle):
                return
            self._start(self._take_held_back())
        else:
            cycle.body += body
        if len(cycle.body) >= BODY_PART:
            self.flow.pause_reading()
            cycle.message_event.set()

    def _waits_for_whole_body(self, cycle: Exchange) -> bool:
        """Whether a large body is gathered as a whole: one that is refused is refused at once."""
        if cycle.gathers is None:
            cycle.gathers = self._answers_at_once and self.app.is_right_so_far(cycle)
        return cycle.gathers

    def _gather(self, piece: bytes | memoryview) -> bytes | memoryview:
        """The rest of a large body, past the parser, which would copy it; return what is behind it."""
        part, rest = piece[: self._to_gather], piece[self._to_gather :]
        self._to_gather -= len(part)
        self._body_size += len(part)
        self._held_back.gather(part)
        if self._to_gather == 0:
            # The one that was left out still waits for the body.
            self._begin_parsing()
            self.on_message_complete()
        return rest

    def _begin_parsing(self) -> None:
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def on_chunk_header(self) -> None:
        self._header_size = 0

    def on_message_complete(self) -> None:
        if self._offers_upgrade:
            return
        # The next message starts with a header; its first bytes count towards the limit.
        self._in_header = True
        self._header_size = 0
        self.since = self.loop.time()
        self.timeout = self.limits.settings.response_timeout
        if self.cycle.response_complete:
            # It was answered before its body was here.
            self.timeout = self.limits.settings.keep_alive_timeout
            self.limits.idle[self] = self.since
            return
        self.cycle.more_body = False
        if self._held_back:
            self._answer_at_once(self._take_held_back())
        else:
            self.cycle.message_event.set()

    def _take_held_back(self) -> Exchange:
        held_back, self._held_back = self._held_back, None
        return held_back

    def _answer_at_once(self, cycle: Exchange) -> None:
        """Run the application to its end, now that the whole request is here.

        A task would run later, after the requests of all other connections have been read. With hundreds of
        them these no longer fit into the processor's cache, and each costs a third more.
        """
        if self.flow.write_paused:
            self._start(cycle)
            return
        if self._answers_at_once:
            try:
                self.app.answer(cycle)
            except Exception:
                # The parser, which calls this, would take it for its own.
                self.logger.exception("a request could not be answered")
                self.transport.close()
            return
        cycle.prepare_for_asgi()
        cycle.message_event.set()
        answering = cycle.run_asgi(self.app)
        try:
            # The body is there and the response can be written: usually nothing is left to wait for.
            waited_for = answering.send(None)
        except StopIteration:
            return
        # Another service is, though. The others must not wait for it.
        task = self.loop.create_task(_finish(answering, waited_for))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_response_complete(self) -> None:
        """As uvicorn's, but without a timer for each request: `Limits` looks after idle connections."""
        # A response to HEAD has no body that would take the head along.
        if self.responses.head:
            self.responses.flush()
        self.server_state.total_requests += 1
        self._answered += 1
        if self._lingers_until is not None or self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.cycle.response_complete and not self._begun:
            self.cycle, self.scope, self.headers = ANSWERED, None, []
        self.since = now = self.loop.time()
        if self._unread or (self.pipeline and self._in_header) or self.transport.get_write_buffer_size() > 0:
            self.timeout = self.limits.settings.response_timeout
        elif self._begun:
            self.timeout = self.limits.settings.header_timeout
        elif not self._in_header:
            # The rest of a body is on its way: of the next request, or of this one, and will not be used.
            self.timeout = self.limits.settings.body_timeout
        else:
            self.timeout = self.limits.settings.keep_alive_timeout
            self.limits.idle[self] = now
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._unread or self._at_end:
            self._go_on_soon()

    def shutdown(self) -> None:
        """The server stops: close if idle. A request that is on its way is still answered."""
        if self._is_over():
            return
        if self.cycle is None or self._begun or self._unread or self._has_unread():
            self.since = self.loop.time()
            self.timeout = FAREWELL
        else:
            super().shutdown()

    def _has_unread(self) -> bool:
        waiting = select.poll()
        waiting.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(waiting.poll(0))

    def end(self) -> None:
        """Close an idle connection for another one."""
        self._forget()
        self.transport.close()

    def give_up(self) -> None:
        """Close it, whatever its client has not taken yet."""
        self._forget()
        self.transport.abort()

    def _forget(self) -> None:
        self.limits.open.discard(self)
        self.limits.idle.pop(self, None)
        self._release()

    def _release(self) -> None:
        self.limits.unsent.pop(self, None)
        self.limits.hold(-self._held)
        self._held = 0
        self._unread = b""

    def expire(self) -> None:
        """The client is too slow, or wants nothing any more."""
        if self._lingers_until is not None or (self.cycle is ANSWERED and self in self.limits.idle):
            self.end()
            return
        self.limits.timed_out += 1
        answering = self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        # A connection without a single byte may be a spare one: an answer would be taken for that to its
        # first request.
        silent = self.cycle is None and self._header_size == 0
        if answering or silent or self.transport.is_closing() or self.transport.get_write_buffer_size() > 0:
            self.transport.abort()
            return
        if self.cycle is not None and self.cycle.response_complete and not self._begun:
            # It has its answer; one more would be taken for that to its next request.
            self.end()
            return
        self._answer_and_close(TOO_SLOW)

    def _length_of_header(self) -> int:
        return len(self.url) + self._fields_size()

    def _fields_size(self) -> int:
        return self._dropped_size + sum(len(name) + len(value) for name, value in self.headers)

    def _parse_without_offer(self, rest: bytes | memoryview) -> None:
        """The request offers HTTP/2 or WebSocket, as every one of some clients does: answer it as it is.

        The parser stops behind the header of such a request, without its body. It begins anew, without the
        offer.
        """
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", self.parser.get_http_version().encode()]
        for name, value in self.headers:
            if name != b"upgrade":
                head += (b"\r\n", name, b": ", value)
        self._offers_upgrade = False
        self._begin_parsing()
        self._parse(b"".join((*head, b"\r\n\r\n", rest)))

    def _answer_and_close(self, error: RequestError) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # What the application would still send must not follow this answer.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(response(error))
        self._close(is_complete=False)

    def _close(self, is_complete: bool = True) -> None:
        """Close, but not before the client could see the answer."""
        if self._is_over():
            return
        if is_complete and self._in_header and not (self._begun or self._unread or self._has_unread()):
            self.transport.close()
            return
        self._release()
        # None of it is needed any more.
        if self.cycle is not None:
            self.cycle.body, self.cycle.parts = bytearray(), []
        self._held_back = None
        self._to_gather = 0
        self.headers, self.url = [], b""
        self.pipeline.clear()
        self.limits.idle[self] = self.since = now = self.loop.time()
        self.timeout = LINGER_FOR_A_PART
        self._lingers_until = now + LINGER
        self.transport.write_eof()
        self.flow.waits = False
        self.flow.resume_reading()

    def _discard(self, size: int) -> None:
        """More has come that is not used."""
        self._lingering_bytes += size
        self.since = self.loop.time()
        self.timeout = min(LINGER_FOR_A_PART, self._lingers_until - self.since)
        if self._lingering_bytes > MAX_LINGERING_BYTES:
            self.end()


def _count(headers: list[tuple[bytes, bytes]], wanted: bytes) -> int:
    return sum(name is wanted for name, _ in headers)


async def _finish(begun: Coroutine, waited_for: asyncio.Future) -> None:
    # A task takes nothing but coroutines by `async`.
    await _rest(begun, waited_for)


@types.coroutine
def _rest(begun: Coroutine, waited_for: asyncio.Future) -> Generator[asyncio.Future, None, None]:
    """The rest of a coroutine that was begun outside of a task and waits for something."""
    while True:
        try:
            given = yield waited_for
            go_on = begun.send
        except BaseException as error:
            given, go_on = error, begun.throw
        try:
            waited_for = go_on(given)
        except StopIteration:
            return
