"""The circuit breaker by itself, with a clock that stands still."""

import pytest

from model_server.feature_store.breaker import CLOSED, HALF_OPEN, OPEN, Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes() -> list[str]:
    return []


@pytest.fixture
def breaker(clock, changes) -> Breaker:
    return Breaker(3, 10.0, changes.append, clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed(breaker.admit())


def test_only_failures_in_a_row_open_it(breaker):
    fail(breaker, 2)
    breaker.succeeded(breaker.admit())
    fail(breaker, 2)
    assert breaker.state == CLOSED
    fail(breaker, 1)
    assert breaker.state == OPEN
    assert breaker.admit() is None


def test_one_call_tries_after_the_pause(breaker, clock, changes):
    fail(breaker, 3)
    clock.now += 9.9
    assert breaker.admit() is None
    assert breaker.seconds_left() == pytest.approx(0.1)
    clock.now += 0.2
    trial = breaker.admit()
    assert breaker.state == HALF_OPEN
    assert breaker.admit() is None
    breaker.succeeded(trial)
    assert breaker.state == CLOSED
    assert breaker.admit() is not None
    assert changes == [OPEN, HALF_OPEN, CLOSED]


def test_a_failed_trial_opens_it_for_another_pause(breaker, clock):
    fail(breaker, 3)
    clock.now += 11
    breaker.failed(breaker.admit())
    assert breaker.state == OPEN
    assert breaker.seconds_left() == pytest.approx(10)
    clock.now += 11
    breaker.succeeded(breaker.admit())
    assert breaker.state == CLOSED
    # The count starts anew.
    fail(breaker, 2)
    assert breaker.state == CLOSED


def test_outcomes_of_calls_from_before_do_not_count(breaker, clock):
    late = [breaker.admit() for _ in range(4)]
    fail(breaker, 3)
    breaker.succeeded(late[0])
    assert breaker.state == OPEN
    clock.now += 11
    trial = breaker.admit()
    breaker.failed(late[1])
    breaker.succeeded(late[2])
    assert breaker.state == HALF_OPEN
    breaker.succeeded(trial)
    breaker.failed(late[3])
    assert breaker.state == CLOSED


def test_an_abandoned_trial_is_made_again(breaker, clock):
    fail(breaker, 3)
    clock.now += 11
    breaker.abandoned(breaker.admit())
    assert breaker.state == OPEN
    breaker.succeeded(breaker.admit())
    assert breaker.state == CLOSED
