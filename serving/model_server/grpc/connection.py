"""One client's connection: HTTP/2 as far as gRPC takes it.

Own code on hpack, because HTTP/2 is what a small call costs. Processor time of a server that answers a
constant, per call, all in one run (bench/serving/grpc_libraries.py):
- grpcio with a thread 197 µs, grpcio with asyncio 180 µs; it also knows no limit for connections, for what
  clients send together or for how slow they are, and adds 22 MB to an image.
- grpclib, on h2: 320 µs.
- this one 140 µs, all of its way to a prediction included, beside other work on the machine.

It reads the frames of a turn, answers each call when its last frame is here, and writes all answers at once.
The state of streams is as small as it can be since the server never opens one, and answers a call in one go.
"""

import asyncio
from collections.abc import Callable

from model_server.errors import Kind, RequestError
from model_server.grpc import frames, messages
from model_server.grpc.application import Answer, Application, StreamingCall
from model_server.grpc.frames import (
    ACK,
    CONTINUATION,
    DATA,
    DEFAULT_FRAME,
    DEFAULT_WINDOW,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HAS_PRIORITY,
    HEAD,
    HEAD_BYTES,
    HEADERS,
    MAX_STREAM,
    MAX_WINDOW,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
)
from model_server.grpc.headers import (
    MAX_HEADER_BYTES,
    BrokenHeadersError,
    HeaderDecoder,
    Headers,
    TooLongHeadersError,
)
from model_server.web.limits import Limits

# How many calls of one connection are answered before all others have their turn again.
MAX_CALLS_PER_TURN = 16
# How much may wait to be sent before nothing more is read.
MAX_UNSENT_BYTES = 64 * 1024
# A client that gives up calls again and again before they have come costs without being answered.
MAX_RESETS = 200
# Seconds in which calls that were on their way when the server stopped have to arrive.
FAREWELL = 1.0
FAREWELL_PING = b"farewell"
# Seconds in which a client has to read why its connection is over.
LINGER = 5.0
# What a client that speaks HTTP/1 is told.
NOT_HTTP2 = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n"
    b"this port speaks gRPC, which is HTTP/2; JSON over HTTP/1.1 has a port of its own\n"
)
TOO_SLOW = RequestError(Kind.TOO_SLOW, "timeout", "the call did not arrive in time")
NO_MEMORY = RequestError(
    Kind.UNAVAILABLE, "overloaded", "the server is receiving as much as it has memory for"
)
# For a connection beyond the limit: none of its calls was looked at, so that each may be made elsewhere.
REFUSAL = frames.settings({}) + frames.goaway(
    0, frames.ENHANCE_YOUR_CALM, b"the server has as many connections as it can serve"
)


class ProtocolError(Exception):
    """The other side does not speak HTTP/2 as it should."""

    def __init__(self, code: int, reason: str):
        super().__init__(reason)
        self.code = code


class Stream:
    """A call that is not over."""

    __slots__ = (
        "data",
        "half_closed",
        "head_sent",
        "headers",
        "id",
        "last",
        "owed",
        "pending",
        "since",
        "streaming",
        "window",
    )

    def __init__(self, number: int, headers: Headers, since: float, window: int):
        self.id = number
        self.headers = headers
        self.since = since
        # What has come of its message.
        self.data = bytearray()
        self.half_closed = False
        # How much may be sent.
        self.window = window
        # What could not be sent yet, and the trailers behind it.
        self.pending = b""
        self.last = b""
        self.head_sent = False
        self.streaming: StreamingCall | None = None
        # How much has been read of a call of many messages since its client was last allowed more.
        self.owed = 0


class StreamSender:
    """Sends what a call of many messages answers."""

    def __init__(self, connection: "Connection", stream: Stream):
        self._connection = connection
        self._stream = stream

    def send(self, head: bytes, message: bytes) -> None:
        self._connection.send(self._stream, head, message)

    def end(self, head: bytes, last: bytes) -> None:
        self._connection.end_stream(self._stream, head, last)


class Connection(asyncio.Protocol):
    """Frames of HTTP/2 to calls, and answers to frames."""

    def __init__(self, application: Application, limits: Limits, closed: Callable[["Connection"], None]):
        self._application = application
        self._closed = closed
        self.limits = limits
        self._max_message = application.max_message_bytes
        self._max_streams = limits.settings.max_concurrency
        self._window = min(MAX_WINDOW, max(DEFAULT_WINDOW, limits.settings.max_buffered_bytes))
        self._stream_window = min(MAX_WINDOW, max(DEFAULT_WINDOW, self._max_message + messages.PREFIX_BYTES))
        self._decoder = HeaderDecoder()
        self._streams: dict[int, Stream] = {}
        self._last_stream = 0
        # A call whose headers are not complete: its number, flags and what is here of them.
        self._headers_of: tuple[int, int, bytearray] | None = None
        self._fragments = 0
        self._unread = b""
        self._goes_on = False
        self._begun = False
        # Frames that are written when all that has come is looked at.
        self._out: list[bytes] = []
        self._in_turn = False
        self._answered = 0
        self._resets = 0
        self._owed = 0
        self._send_window = DEFAULT_WINDOW
        self._peer_window = DEFAULT_WINDOW
        self._peer_frame = DEFAULT_FRAME
        self._paused = False
        self._held = 0
        self._unsent = 0
        # Whether the client sends no more; the server takes no new calls; and the client knows that.
        self._at_end = False
        self._leaving = False
        self._left = False
        # Whether it waits until the client has read why it is over; and whether it is over.
        self._lingers = False
        self._over = False
        self.since = 0.0
        self.timeout: float = 0.0
        self.calls = 0

    # What the event loop calls.

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        self.since = self._loop.time()
        self.timeout = self.limits.settings.header_timeout
        self.limits.open.add(self)
        self.limits.idle[self] = self.since

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._forget()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            if stream.streaming:
                stream.streaming.close()
        self._closed(self)

    def data_received(self, data: bytes) -> None:
        if self._over or self._lingers:
            return
        self._answered = 0
        if self._goes_on:
            # Its turn comes.
            self._unread += data
            self._account()
            return
        self._look_at(self._unread + data if self._unread else data)

    def eof_received(self) -> bool:
        """The client sends no more, but may still wait for answers."""
        self._at_end = True
        return not self._lingers and (self._goes_on or self._unsent > 0 or self._paused)

    def pause_writing(self) -> None:
        self._paused = True
        self._transport.pause_reading()
        self._tell_unsent()

    def resume_writing(self) -> None:
        self._paused = False
        if self._over:
            return
        self._flush_streams()
        if not self._paused:
            if not self._at_end:
                self._transport.resume_reading()
            if self._unread:
                self._go_on_soon()
        self._tell_unsent()
        self._rest()

    # Reading.

    def _look_at(self, data: bytes) -> None:
        self._unread = b""
        self._in_turn = True
        try:
            position = self._parse(data)
        except ProtocolError as error:
            self._break(error.code, str(error))
            return
        finally:
            self._in_turn = False
        if self._over or self._lingers:
            return
        if position < len(data):
            self._unread = data[position:]
        self._write()
        self._rest()

    def _go_on_soon(self) -> None:
        if not self._goes_on:
            self._goes_on = True
            self._transport.pause_reading()
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Look at what was left for another turn."""
        self._goes_on = False
        if self._over or self._lingers or self._paused:
            return
        if not self._at_end:
            self._transport.resume_reading()
        self._answered = 0
        self._look_at(self._unread)

    def _parse(self, data: bytes) -> int:
        """Take the frames that are here as a whole; return where the rest begins."""
        position, end = 0, len(data)
        if not self._begun:
            if data[: len(PREFACE)] != PREFACE[:end]:
                self._out.append(NOT_HTTP2)
                self._close()
                return end
            if end < len(PREFACE):
                return 0
            self._begin()
            position = len(PREFACE)
        while end - position >= HEAD_BYTES:
            upper, lower, kind, flags, number = HEAD.unpack_from(data, position)
            size = upper << 16 | lower
            if size > DEFAULT_FRAME:
                raise ProtocolError(frames.FRAME_SIZE_ERROR, "the frame is too large")
            begin = position + HEAD_BYTES
            if begin + size > end:
                break
            if self._answered >= MAX_CALLS_PER_TURN or self._paused:
                self._go_on_soon()
                break
            position = begin + size
            self._take(kind, flags, number & MAX_STREAM, data[begin:position])
            if self._over or self._lingers:
                return end
        return position

    def _begin(self) -> None:
        self._begun = True
        given = {
            frames.MAX_CONCURRENT_STREAMS: self._max_streams,
            frames.INITIAL_WINDOW_SIZE: self._stream_window,
            frames.MAX_HEADER_LIST_SIZE: MAX_HEADER_BYTES,
        }
        self._out.append(frames.settings(given))
        if self._window > DEFAULT_WINDOW:
            self._out.append(frames.window_update(0, self._window - DEFAULT_WINDOW))

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._headers_of is not None and kind != CONTINUATION:
            raise ProtocolError(frames.PROTOCOL_ERROR, "headers are interrupted")
        if kind == DATA:
            self._take_data(flags, number, payload)
        elif kind == HEADERS:
            self._take_headers(flags, number, payload)
        elif kind == WINDOW_UPDATE:
            self._take_window_update(number, payload)
        elif kind == PING:
            self._take_ping(flags, payload)
        elif kind == SETTINGS:
            self._take_settings(flags, number, payload)
        elif kind == RST_STREAM:
            self._take_reset(number, payload)
        elif kind == CONTINUATION:
            self._take_continuation(flags, number, payload)
        elif kind == PUSH_PROMISE:
            raise ProtocolError(frames.PROTOCOL_ERROR, "clients do not push")
        elif kind in (GOAWAY, PRIORITY):
            pass
        # What is not known means nothing (RFC 9113, 4.1).

    def _take_headers(self, flags: int, number: int, payload: bytes) -> None:
        if not number & 1:
            raise ProtocolError(frames.PROTOCOL_ERROR, "streams of clients have odd numbers")
        payload = _without_padding(flags, payload)
        if flags & HAS_PRIORITY:
            payload = payload[5:]
        if flags & END_HEADERS:
            self._take_block(flags, number, payload)
        else:
            self._headers_of = (number, flags, bytearray(payload))
            self._fragments = 0

    def _take_continuation(self, flags: int, number: int, payload: bytes) -> None:
        if self._headers_of is None or self._headers_of[0] != number:
            raise ProtocolError(frames.PROTOCOL_ERROR, "there are no headers to go on with")
        _, first_flags, block = self._headers_of
        block += payload
        self._fragments += 1
        # Empty ones cost as well.
        if len(block) + self._fragments * HEAD_BYTES > MAX_HEADER_BYTES:
            raise ProtocolError(
                frames.ENHANCE_YOUR_CALM, f"the headers are larger than {MAX_HEADER_BYTES} bytes"
            )
        if flags & END_HEADERS:
            self._headers_of = None
            self._take_block(first_flags, number, bytes(block))

    def _take_block(self, flags: int, number: int, block: bytes) -> None:
        try:
            if number <= self._last_stream:
                self._decoder.skip(block)
                self._take_trailers(flags, number)
                return
            headers = self._decoder.decode(block)
        except TooLongHeadersError:
            raise ProtocolError(
                frames.ENHANCE_YOUR_CALM, f"the headers are larger than {MAX_HEADER_BYTES} bytes"
            ) from None
        except BrokenHeadersError as error:
            raise ProtocolError(frames.COMPRESSION_ERROR, str(error)) from None
        self._last_stream = number
        if len(self._streams) >= self._max_streams:
            # The client may make the call again, as it was not looked at.
            self.limits.refused += 1
            self._out.append(frames.rst_stream(number, frames.REFUSED_STREAM))
            return
        stream = Stream(number, headers, self._loop.time(), self._peer_window)
        self._streams[number] = stream
        streaming = self._application.streams(headers)
        if streaming is not None:
            stream.streaming = streaming
            streaming.begin(StreamSender(self, stream))
        if flags & END_STREAM:
            self._complete(stream, b"")
        elif headers.error is not None:
            self._refuse(stream, headers.error)

    def _take_trailers(self, flags: int, number: int) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return  # it was answered before it was over
        if not flags & END_STREAM or stream.half_closed:
            raise ProtocolError(frames.PROTOCOL_ERROR, "headers are sent twice")
        self._complete(stream, b"")

    def _take_data(self, flags: int, number: int, payload: bytes) -> None:
        if number > self._last_stream or number == 0:
            raise ProtocolError(frames.PROTOCOL_ERROR, "data belongs to no stream")
        size = len(payload)
        self._owed += size
        if self._owed * 2 >= self._window:
            self._out.append(frames.window_update(0, self._owed))
            self._owed = 0
        stream = self._streams.get(number)
        if stream is None:
            return  # it was answered before it was over
        if stream.half_closed:
            raise ProtocolError(frames.STREAM_CLOSED, "data follows the end of its stream")
        if flags & PADDED:
            payload = _without_padding(flags, payload)
        if stream.streaming:
            self._take_part(stream, flags, payload, size)
        elif flags & END_STREAM:
            self._complete(stream, payload)
        elif payload:
            stream.data += payload
            self._check_size(stream)

    def _check_size(self, stream: Stream) -> None:
        data = stream.data
        size = len(data)
        if size >= messages.PREFIX_BYTES:
            size = max(size - messages.PREFIX_BYTES, messages.PREFIX.unpack_from(data)[1])
        if size > self._max_message:
            self._refuse(stream, messages.too_large(self._max_message))
            return
        self._account()

    def _take_part(self, stream: Stream, flags: int, payload: bytes, size: int) -> None:
        """Something of a call of many messages."""
        stream.data += payload
        stream.streaming.take(stream.data)
        if stream.id not in self._streams:
            return
        self._answered += 1
        self._account()
        stream.owed += size
        if flags & END_STREAM:
            self._complete(stream, b"")
        elif stream.owed * 2 >= self._stream_window:
            self._out.append(frames.window_update(stream.id, stream.owed))
            stream.owed = 0

    def _complete(self, stream: Stream, rest: bytes) -> None:
        """All of a call has come: answer it."""
        stream.half_closed = True
        if stream.streaming:
            stream.streaming.no_more(stream.data)
            return
        data = bytes(stream.data + rest) if stream.data else rest
        headers = stream.headers
        is_late = headers.timeout is not None and self._loop.time() - stream.since >= headers.timeout
        self._answered += 1
        self.calls += 1
        if len(data) > self._max_message + messages.PREFIX_BYTES:
            self._refuse(stream, messages.too_large(self._max_message))
        else:
            self._respond(stream, self._application.answer(headers, data, is_late))

    def _refuse(self, stream: Stream, error: RequestError) -> None:
        if not stream.half_closed:
            self._answered += 1
            self.calls += 1
        self._respond(stream, self._application.refuse(stream.headers, error))

    def _take_settings(self, flags: int, number: int, payload: bytes) -> None:
        if number or len(payload) % frames.SETTING.size or (flags & ACK and payload):
            raise ProtocolError(frames.FRAME_SIZE_ERROR, "the settings are no settings")
        if flags & ACK:
            return
        for name, value in frames.SETTING.iter_unpack(payload):
            if name == frames.INITIAL_WINDOW_SIZE:
                if value > MAX_WINDOW:
                    raise ProtocolError(frames.FLOW_CONTROL_ERROR, "the window is too large")
                more = value - self._peer_window
                self._peer_window = value
                for stream in self._streams.values():
                    self._widen(stream, more)
            elif name == frames.MAX_FRAME_SIZE:
                if not DEFAULT_FRAME <= value < 1 << 24:
                    raise ProtocolError(frames.PROTOCOL_ERROR, "the size of frames is none")
                self._peer_frame = value
        self._out.append(frames.SETTINGS_ACK)
        self._flush_streams()

    def _take_window_update(self, number: int, payload: bytes) -> None:
        if len(payload) != frames.UINT32.size:
            raise ProtocolError(frames.FRAME_SIZE_ERROR, "the window is no number")
        more = frames.UINT32.unpack(payload)[0] & MAX_WINDOW
        if more == 0:
            raise ProtocolError(frames.PROTOCOL_ERROR, "the window grows by nothing")
        if number == 0:
            self._send_window += more
            if self._send_window > MAX_WINDOW:
                raise ProtocolError(frames.FLOW_CONTROL_ERROR, "the window is too large")
        else:
            stream = self._streams.get(number)
            if stream is None:
                if number > self._last_stream:
                    raise ProtocolError(frames.PROTOCOL_ERROR, "the window belongs to no stream")
                return
            self._widen(stream, more)
        self._flush_streams()

    def _widen(self, stream: Stream, more: int) -> None:
        stream.window += more
        if stream.window > MAX_WINDOW:
            raise ProtocolError(frames.FLOW_CONTROL_ERROR, "the window is too large")

    def _take_ping(self, flags: int, payload: bytes) -> None:
        if len(payload) != len(FAREWELL_PING):
            raise ProtocolError(frames.FRAME_SIZE_ERROR, "a ping has eight bytes")
        if not flags & ACK:
            self._out.append(frame(PING, ACK, 0, payload))
        elif self._leaving and payload == FAREWELL_PING:
            self._leave()

    def _take_reset(self, number: int, payload: bytes) -> None:
        if len(payload) != frames.UINT32.size:
            raise ProtocolError(frames.FRAME_SIZE_ERROR, "the error is no number")
        if number == 0 or number > self._last_stream:
            raise ProtocolError(frames.PROTOCOL_ERROR, "no such stream was opened")
        stream = self._streams.pop(number, None)
        if stream is None:
            return
        self._count_unsent(-len(stream.pending))
        if stream.streaming:
            stream.streaming.close()
        elif not stream.half_closed:
            self._resets += 1
            if self._resets > MAX_RESETS + self.calls:
                raise ProtocolError(frames.ENHANCE_YOUR_CALM, "most calls are given up")
        self._account()

    # Writing.

    def _respond(self, stream: Stream, answer: Answer) -> None:
        head, message, last = answer
        number, size = stream.id, len(message)
        if not message:
            self._out.append(frame(HEADERS, END_HEADERS | END_STREAM, number, head))
            self._finish(stream)
        elif size <= stream.window and size <= self._send_window and size <= self._peer_frame:
            # Nearly always.
            self._send_window -= size
            self._out += (
                HEAD.pack(0, len(head), HEADERS, END_HEADERS, number),
                head,
                HEAD.pack(size >> 16, size & 0xFFFF, DATA, 0, number),
                message,
                HEAD.pack(0, len(last), HEADERS, END_HEADERS | END_STREAM, number),
                last,
            )
            self._finish(stream)
        else:
            self._out.append(frame(HEADERS, END_HEADERS, number, head))
            stream.head_sent, stream.pending, stream.last = True, message, last
            self._count_unsent(size)
            self._flush(stream)
        if stream.data:
            stream.data = bytearray()
            self._account()

    def send(self, stream: Stream, head: bytes, message: bytes) -> None:
        """Send one of many messages."""
        if not stream.head_sent:
            stream.head_sent = True
            self._out.append(frame(HEADERS, END_HEADERS, stream.id, head))
        stream.pending += message
        self._count_unsent(len(message))
        self._flush(stream)
        self._write_later()

    def end_stream(self, stream: Stream, head: bytes, last: bytes) -> None:
        """End a call of many messages."""
        if stream.id not in self._streams:
            return
        if not stream.head_sent:
            self._out.append(frame(HEADERS, END_HEADERS | END_STREAM, stream.id, head + last))
            self._finish(stream)
        else:
            stream.last = last
            self._flush(stream)
        self._write_later()

    def _flush_streams(self) -> None:
        if self._unsent:
            for stream in list(self._streams.values()):
                if stream.pending:
                    self._flush(stream)
            self._write_later()

    def _flush(self, stream: Stream) -> None:
        """Send as much as the client has room for."""
        sent, pending = 0, stream.pending
        while sent < len(pending) and not self._paused:
            size = min(len(pending) - sent, stream.window, self._send_window, self._peer_frame)
            if size <= 0:
                break
            self._out.append(frame(DATA, 0, stream.id, pending[sent : sent + size]))
            stream.window -= size
            self._send_window -= size
            sent += size
        stream.pending = pending[sent:]
        self._count_unsent(-sent)
        if not stream.pending and stream.last:
            self._out.append(frame(HEADERS, END_HEADERS | END_STREAM, stream.id, stream.last))
            self._finish(stream)

    def _finish(self, stream: Stream) -> None:
        """It has its answer."""
        del self._streams[stream.id]
        if not stream.half_closed:
            # The rest is not wanted.
            self._out.append(frames.rst_stream(stream.id, frames.NO_ERROR))

    def _write_later(self) -> None:
        """Write at the end of the turn, or now if none is going on."""
        if not self._in_turn:
            self._write()

    def _write(self) -> None:
        if self._out:
            out, self._out = self._out, []
            self._transport.write(b"".join(out))

    # Limits.

    def _rest(self) -> None:
        """What is waited for now, and since when."""
        if self._over or self._lingers:
            return
        limits, settings = self.limits, self.limits.settings
        if self._held or self._unread:
            self._account()
        waiting = self._streams and [
            s for s in self._streams.values() if not s.half_closed and not s.streaming
        ]
        if self._unsent or self._paused:
            if self.timeout != settings.response_timeout or self in limits.idle:
                self.since, self.timeout = self._loop.time(), settings.response_timeout
                limits.idle.pop(self, None)
        elif waiting:
            # The first one is the oldest.
            self.since, self.timeout = waiting[0].since, settings.body_timeout
            limits.idle.pop(self, None)
        elif self._headers_of is not None or self._unread or not self._begun:
            if self.timeout != settings.header_timeout:
                self.since, self.timeout = self._loop.time(), settings.header_timeout
            limits.idle.pop(self, None)
        else:
            self._be_idle()
        if (self._left and not self._streams) or (
            self._at_end and not (self._goes_on or self._unsent or self._paused)
        ):
            self._close()

    def _be_idle(self) -> None:
        """Nothing is waited for but the next call, however long that takes where the state is watched."""
        if self._leaving:
            self.timeout = FAREWELL
            return
        limits = self.limits
        limits.idle.pop(self, None)
        self.since = limits.idle[self] = self._loop.time()
        self.timeout = float("inf") if self._streams else limits.settings.keep_alive_timeout

    def _account(self) -> None:
        """Tell the limits what is in memory of calls that have not come as a whole."""
        size = len(self._unread) + sum(len(stream.data) for stream in self._streams.values())
        if self._headers_of is not None:
            size += len(self._headers_of[2])
        if size == self._held:
            return
        fits = self.limits.hold(size - self._held)
        self._held = size
        if not fits:
            self.limits.refused += 1
            largest = max(self._streams.values(), key=lambda stream: len(stream.data), default=None)
            if largest is None or not largest.data:
                self._break(frames.ENHANCE_YOUR_CALM, NO_MEMORY.message)
            else:
                self._refuse(largest, NO_MEMORY)
                self._write_later()

    def _count_unsent(self, more: int) -> None:
        if more:
            self._unsent += more
            self._tell_unsent()

    def _tell_unsent(self) -> None:
        size = self._unsent + (self._transport.get_write_buffer_size() if self._paused else 0)
        if size:
            self.limits.leave_unsent(self, size)
        else:
            self.limits.unsent.pop(self, None)

    def expire(self) -> None:
        """The client is too slow, or wants nothing any more."""
        if self._lingers:
            self.give_up()
            return
        if self in self.limits.idle and self._begun:
            if self._leaving:
                self._close()
            else:
                self.leave()
            return
        if self._leaving and not self._streams:
            self._close()
            return
        self.limits.timed_out += 1
        if self._unsent or self._paused or not self._begun or self._headers_of is not None:
            self.give_up()
            return
        now = self._loop.time()
        late = [
            stream
            for stream in self._streams.values()
            if not (stream.half_closed or stream.streaming) and stream.since + self.timeout <= now
        ]
        if not late:
            # A part of a frame.
            self.give_up()
            return
        for stream in late:
            self._refuse(stream, TOO_SLOW)
        self._write()
        self._rest()

    def end(self) -> None:
        """Close it for another one."""
        if self._lingers:
            self.give_up()
            return
        self._out.append(frames.goaway(self._last_stream, frames.NO_ERROR, b"idle"))
        self._close()

    def give_up(self) -> None:
        """Close it, whatever its client has not taken yet."""
        self._over = True
        self._forget()
        self._transport.abort()

    # The end.

    def leave(self) -> None:
        """The server stops: no more calls, but those that are on their way are answered.

        The first GOAWAY tells the client to begin none here any more, and refuses none. When the client has
        answered the ping behind it, all that it began before have come.
        """
        if self._over or self._lingers or self._leaving:
            return
        self._leaving = True
        self.limits.idle.pop(self, None)
        self.since, self.timeout = self._loop.time(), FAREWELL
        if not self._begun:
            self._close()
            return
        self._out.append(frames.goaway(MAX_STREAM, frames.NO_ERROR))
        self._out.append(frame(PING, 0, 0, FAREWELL_PING))
        for stream in list(self._streams.values()):
            if stream.streaming:
                stream.streaming.leave()
        self._write_later()

    def _leave(self) -> None:
        """The client knows."""
        self._left = True
        self._out.append(frames.goaway(self._last_stream, frames.NO_ERROR))

    def _break(self, code: int, reason: str) -> None:
        """Say why, and close when the client could read it: closing before would reset the connection."""
        if self._over or self._lingers:
            return
        self._out.append(frames.goaway(self._last_stream, code, reason.encode()[:200]))
        self._write()
        self._forget()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            if stream.streaming:
                stream.streaming.close()
        self._lingers = True
        self.limits.open.add(self)
        self.since = self.limits.idle[self] = self._loop.time()
        self.timeout = LINGER
        if not self._at_end:
            self._transport.resume_reading()
        self._transport.write_eof()

    def _close(self) -> None:
        if self._over:
            return
        self._write()
        self._over = True
        self._forget()
        self._transport.close()

    def _forget(self) -> None:
        self.limits.open.discard(self)
        self.limits.idle.pop(self, None)
        self.limits.unsent.pop(self, None)
        self.limits.hold(-self._held)
        self._held = 0
        self._unread = b""


def _without_padding(flags: int, payload: bytes) -> bytes:
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ProtocolError(frames.PROTOCOL_ERROR, "there is more padding than frame")
    return payload[1 : len(payload) - payload[0]]
