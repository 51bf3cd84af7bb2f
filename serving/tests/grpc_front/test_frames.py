"""HTTP/2 that is unusual, wrong or hostile."""

import struct
from contextlib import ExitStack

import pytest

from model_server.grpc.frames import (
    ACK,
    CONTINUATION,
    DATA,
    DEFAULT_FRAME,
    END_HEADERS,
    END_STREAM,
    HAS_PRIORITY,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    MAX_FRAME_SIZE,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
    rst_stream,
    settings,
    window_update,
)
from tests.grpc_front.client import ModelInferRequest, connected
from tests.grpc_front.frames import EMPTY, Wire, prefixed

INFER = "/inference.GRPCInferenceService/ModelInfer"
PROTOCOL, FLOW_CONTROL, CLOSED, SIZE, REFUSED, COMPRESSION, CALM = 1, 3, 5, 6, 7, 9, 11


@pytest.fixture
def wire(server):
    with Wire(server.port) as connection:
        yield connection


def infer_message(typed) -> bytes:
    return prefixed(typed.SerializeToString())


def test_a_call_in_single_bytes(wire):
    whole = wire.call(1)
    for position in range(len(whole)):
        wire.send(whole[position : position + 1])
    assert wire.answers()[1]["grpc-status"] == "0"


def test_a_call_in_many_frames(wire, typed):
    message = infer_message(typed)
    parts = [frame(DATA, 0, 1, message[at : at + 7]) for at in range(0, len(message), 7)]
    wire.send(wire.headers(1, path=INFER), *parts, frame(DATA, END_STREAM, 1, b""))
    assert wire.answers()[1]["grpc-status"] == "0"


def test_calls_that_are_interleaved(wire, typed):
    message = infer_message(typed)
    begun = [wire.headers(stream, path=INFER) for stream in (1, 3, 5)]
    first = [frame(DATA, 0, stream, message[:100]) for stream in (1, 3, 5)]
    rest = [frame(DATA, END_STREAM, stream, message[100:]) for stream in (5, 1, 3)]
    wire.send(*begun, *first, *rest)
    answers = wire.answers(3)
    assert [answers[stream]["grpc-status"] for stream in (1, 3, 5)] == ["0", "0", "0"]


def test_headers_in_parts_with_padding_and_priority(wire):
    block = wire.headers(1)[9:]
    padded = b"\x03" + bytes(5) + block[:10] + bytes(3)
    wire.send(
        frame(HEADERS, PADDED | HAS_PRIORITY, 1, padded),
        frame(CONTINUATION, 0, 1, block[10:20]),
        frame(CONTINUATION, END_HEADERS, 1, block[20:]),
        frame(DATA, END_STREAM | PADDED, 1, b"\x02" + EMPTY + bytes(2)),
    )
    assert wire.answers()[1]["grpc-status"] == "0"


def test_trailers_end_a_call(wire):
    wire.send(wire.headers(1), frame(DATA, 0, 1, EMPTY))
    wire.send(wire.headers(1, END_HEADERS | END_STREAM))
    assert wire.answers()[1]["grpc-status"] == "0"


def test_what_means_nothing_is_ignored(wire):
    wire.send(
        frame(99, 0, 0, b"unknown"),
        frame(PRIORITY, 0, 1, bytes(5)),
        settings({77: 1}),
        wire.call(1),
        window_update(1, 5),
        rst_stream(1, 8),
        frame(DATA, END_STREAM, 1, b"late"),
        wire.call(3),
    )
    assert set(wire.answers(2)) == {1, 3}


def test_a_ping_is_answered(wire):
    wire.send(frame(PING, 0, 0, b"12345678"))
    pings = (payload for kind, flags, _, payload in wire.frames() if (kind, flags) == (PING, ACK))
    assert next(pings) == b"12345678"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"content_type": "application/json"}, {":status": "415", "grpc-status": "12"}),
        ({"method": "GET"}, {":status": "415", "grpc-status": "12"}),
        ({"content_type": "application/grpc+json"}, {":status": "200", "grpc-status": "12"}),
        ({"grpc_encoding": "br"}, {":status": "200", "grpc-status": "12"}),
        ({"grpc_timeout": "soon"}, {":status": "200", "grpc-status": "3"}),
        ({"grpc_timeout": "0n"}, {":status": "200", "grpc-status": "4"}),
        ({"path": "/a/b"}, {":status": "200", "grpc-status": "12"}),
    ],
)
def test_headers_that_are_refused(wire, changes, status):
    wire.send(wire.call(1, **changes), wire.call(3))
    answers = wire.answers(2)
    assert answers[1].items() >= status.items()
    assert answers[3]["grpc-status"] == "0"


@pytest.mark.parametrize(
    "message", [b"", b"\0\0", b"\0\0\0\0\5abc", b"\0\0\0\0\1abc", b"\1\0\0\0\0", b"\2\0\0\0\0", EMPTY + EMPTY]
)
def test_messages_that_are_refused(wire, message):
    wire.send(wire.call(1, message), wire.call(3))
    answers = wire.answers(2)
    assert answers[1]["grpc-status"] == "3"
    assert answers[3]["grpc-status"] == "0"


def test_a_message_is_refused_when_its_length_is_known(server, typed):
    with Wire(server.port) as wire:
        wire.send(wire.headers(1, path=INFER), frame(DATA, 0, 1, b"\0\xff\xff\xff\xff"))
        answer = wire.answers()[1]
        assert (answer["grpc-status"], answer["grpc-message"]) == (
            "8",
            "the message is larger than 4194304 bytes",
        )
        # The rest of it is on its way, and belongs to nothing.
        wire.send(frame(DATA, 0, 1, bytes(1000)), wire.call(3))
        assert wire.answers()[3]["grpc-status"] == "0"


BROKEN = {
    "a frame that is too large": (frame(DATA, 0, 1, bytes(DEFAULT_FRAME + 1)), SIZE),
    "data of no stream": (frame(DATA, 0, 7, b"x"), PROTOCOL),
    "data of the connection": (frame(DATA, 0, 0, b"x"), PROTOCOL),
    "an even stream": (frame(HEADERS, END_HEADERS, 2, b"\x82"), PROTOCOL),
    "headers that are none": (frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff"), COMPRESSION),
    "a continuation of nothing": (frame(CONTINUATION, END_HEADERS, 1, b"\x82"), PROTOCOL),
    "headers that are interrupted": (frame(HEADERS, 0, 1, b"\x82") + frame(PING, 0, 0, bytes(8)), PROTOCOL),
    "more padding than frame": (frame(HEADERS, PADDED | END_HEADERS, 1, b"\x09\x82"), PROTOCOL),
    "a push": (frame(PUSH_PROMISE, 0, 1, bytes(4)), PROTOCOL),
    "a window of nothing": (frame(WINDOW_UPDATE, 0, 0, bytes(4)), PROTOCOL),
    "a window that is too large": (window_update(0, 2**31 - 1), FLOW_CONTROL),
    "a window of no stream": (window_update(9, 1), PROTOCOL),
    "half a window": (frame(WINDOW_UPDATE, 0, 0, bytes(3)), SIZE),
    "settings that are none": (frame(SETTINGS, 0, 0, bytes(5)), SIZE),
    "streams that begin too large": (settings({INITIAL_WINDOW_SIZE: 2**31}), FLOW_CONTROL),
    "frames that are too small": (settings({MAX_FRAME_SIZE: 1}), PROTOCOL),
    "half a ping": (frame(PING, 0, 0, bytes(4)), SIZE),
    "a reset of nothing": (rst_stream(5, 8), PROTOCOL),
    "half a reset": (frame(RST_STREAM, 0, 1, bytes(3)), SIZE),
    "headers without end": (
        frame(HEADERS, 0, 1, bytes(16_000)) + frame(CONTINUATION, 0, 1, bytes(16_384)) * 2,
        CALM,
    ),
    "empty parts without end": (frame(HEADERS, 0, 1, b"") + frame(CONTINUATION, 0, 1, b"") * 4000, CALM),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_what_is_no_http2_ends_the_connection(server, wire, wrong):
    content, code = BROKEN[wrong]
    wire.send(content)
    _, found, reason = wire.goaway()
    assert found == code, reason
    assert reason
    with Wire(server.port) as another:
        another.send(another.call(1))
        assert another.answers()[1]["grpc-status"] == "0"


def test_headers_that_unpack_to_too_much(wire):
    # An entry of the table costs one byte where it is named.
    entry = b"\x40\x01a\x7f\xa1\x1e" + b"x" * 4000
    wire.send(frame(HEADERS, END_HEADERS, 1, entry + b"\xbe" * 8000))
    assert wire.goaway()[1] == CALM


def test_http1_is_told_where_it_is(server):
    with Wire(server.port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n") as wire:
        assert wire.socket.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_more_streams_than_there_may_be(launch_grpc):
    server = launch_grpc(max_concurrency=5)
    with Wire(server.port) as wire:
        wire.send(*(wire.headers(stream) for stream in range(1, 15, 2)))
        wire.send(*(frame(DATA, END_STREAM, stream, EMPTY) for stream in range(1, 11, 2)))
        answers = wire.answers(5)
    assert [answers[stream].get("reset") for stream in range(11, 15, 2)] == [str(REFUSED)] * 2
    assert [answers[stream]["grpc-status"] for stream in range(1, 11, 2)] == ["0"] * 5


def test_calls_that_are_given_up_again_and_again(wire):
    wire.send(*(wire.headers(stream) + rst_stream(stream, 8) for stream in range(1, 1001, 2)))
    assert wire.goaway()[1] == CALM


def test_an_answer_waits_for_its_window(server, typed):
    with Wire(server.port, PREFACE + settings({INITIAL_WINDOW_SIZE: 10})) as wire:
        wire.send(wire.call(1, infer_message(typed), path=INFER))
        data = b""
        for kind, flags, _, payload in wire.frames():
            if kind == DATA:
                assert len(payload) <= 10
                data += payload
                wire.send(window_update(1, 10))
            if kind == HEADERS and flags & END_STREAM:
                break
    (length,) = struct.unpack_from(">I", data, 1)
    assert len(data) == length + 5


def test_a_window_that_shrinks_holds_answers_back(server, typed):
    with Wire(server.port) as wire:
        wire.send(settings({INITIAL_WINDOW_SIZE: 0}), wire.call(1, infer_message(typed), path=INFER))
        wire.send(frame(PING, 0, 0, b"probe000"))
        kinds = []
        for kind, _, _, payload in wire.frames():
            kinds.append(kind)
            if kind == PING and payload == b"probe000":
                break
        assert DATA not in kinds
        wire.send(settings({INITIAL_WINDOW_SIZE: 65_535}))
        assert any(kind == HEADERS and flags & END_STREAM for kind, flags, _, _ in wire.frames())


def test_slow_clients_are_cut_off(launch_grpc):
    server = launch_grpc(header_timeout=0.5, body_timeout=0.5, response_timeout=0.5, keep_alive_timeout=1)
    with Wire(server.port, PREFACE[:10]) as silent, Wire(server.port) as half, Wire(server.port) as slow:
        half.send(half.headers(1)[:12])
        slow.send(slow.headers(1))
        answer = slow.answers()[1]
        assert (answer["grpc-status"], answer["grpc-message"]) == ("4", "the call did not arrive in time")
        # The connection of a late call goes on.
        slow.send(slow.call(3))
        assert slow.answers()[3]["grpc-status"] == "0"
        assert _is_closed(silent)
        assert _is_closed(half)
    with Wire(server.port, PREFACE + settings({INITIAL_WINDOW_SIZE: 0})) as deaf:
        request = ModelInferRequest(model_name="breast-cancer")
        tensor = request.inputs.add(name="features", datatype="FP32", shape=[1, 30])
        tensor.contents.fp32_contents.extend([1.0] * 30)
        deaf.send(deaf.call(1, infer_message(request), path=INFER))
        assert _is_closed(deaf)
    with Wire(server.port) as idle:
        assert idle.goaway()[:2] == (2**31 - 1, 0)
    # All but the idle one.
    metrics = server.http.get("/metrics").content.decode().splitlines()
    assert "model_server_connections_timed_out_total 4.0" in metrics


def _is_closed(wire) -> bool:
    try:
        for _ in wire.frames():
            pass
    except ConnectionResetError:
        pass
    return True


def _settle(wire) -> None:
    """Have it begin a call, and wait until the server has taken it in for good: that takes some turns."""
    wire.send(wire.headers(1))
    for _ in range(5):
        wire.send(frame(PING, 0, 0, bytes(8)))
        next(kind for kind, _, _, _ in wire.frames() if kind == PING)


def test_more_connections_than_there_may_be(launch_grpc):
    server = launch_grpc(max_connections=4)
    with ExitStack() as stack:
        wires = []
        for _ in range(4):
            wires.append(stack.enter_context(Wire(server.port)))
            _settle(wires[-1])
        with Wire(server.port) as more:
            last, code, reason = more.goaway()
            assert (last, code) == (0, CALM)
            assert "as many connections" in reason
        for wire in wires:
            wire.send(frame(DATA, END_STREAM, 1, EMPTY))
            assert wire.answers()[1]["grpc-status"] == "0"


def test_memory_for_calls_that_come_is_bounded(launch_grpc, rows):
    server = launch_grpc(max_buffered_bytes=200_000)
    with Wire(server.port) as wire:
        wire.send(wire.headers(1), frame(DATA, 0, 1, b"\0\0\x10\0\0"))
        wire.send(*(frame(DATA, 0, 1, bytes(10_000)) for _ in range(30)))
        answer = wire.answers()[1]
        assert answer["grpc-status"] == "14"
        assert answer["grpc-retry-pushback-ms"] == "1000"
        wire.send(wire.call(3))
        assert wire.answers()[3]["grpc-status"] == "0"
    with connected(server.port) as client:
        assert client.call("inference.GRPCInferenceService", "ServerLive").live
