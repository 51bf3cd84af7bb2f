"""How long a delivery waits before it has a turn of the event loop: by itself, with a clock that is told."""

import asyncio
import types

import pytest

from model_server.payload_log import receiver

TURN = 0.001


@pytest.mark.parametrize(
    ("turn", "waits"),
    # In the second the process was halted: no turn will last as long again.
    [(TURN, receiver.YIELD_FACTOR * TURN), (30.0, receiver.MAX_YIELD_SECONDS)],
)
def test_a_delivery_gives_way_for_some_turns_as_long_as_the_last_one(monkeypatch, turn, waits):
    now, slept = iter([100.0, 100.0 + turn]), []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(receiver, "perf_counter", lambda: next(now))
    monkeypatch.setattr(receiver, "asyncio", types.SimpleNamespace(sleep=sleep))
    asyncio.run(receiver._give_way())
    assert slept == [0, pytest.approx(waits)]
