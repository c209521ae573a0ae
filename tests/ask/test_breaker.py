"""The circuit breaker on a clock of its own."""

from dataclasses import dataclass

import pytest

from functions.ask.breaker import Breaker, State


@dataclass
class Clock:
    """Seconds, moved by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    """Opens after 3 failures within 60 s, tries again after 30 s."""
    return Breaker(3, 60, 30, clock)


def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        breaker.failed()
    assert breaker.state is State.OPEN
    return breaker


def test_it_starts_closed_and_lets_everything_through(breaker: Breaker) -> None:
    assert breaker.state is State.CLOSED
    assert [breaker.allows() for _ in range(5)] == [True] * 5


def test_it_opens_at_the_last_failure_allowed_and_not_before(breaker: Breaker) -> None:
    breaker.failed()
    breaker.failed()
    assert breaker.state is State.CLOSED
    breaker.failed()
    assert breaker.state is State.OPEN
    assert not breaker.allows()


def test_failures_further_apart_than_the_window_do_not_open_it(breaker: Breaker, clock: Clock) -> None:
    for clock.now in (0, 31, 62, 93):
        breaker.failed()
    assert breaker.state is State.CLOSED
    clock.now = 122  # 62, 93 and 122 are 60 s
    breaker.failed()
    assert breaker.state is State.OPEN


def test_a_success_forgets_earlier_failures(breaker: Breaker) -> None:
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert breaker.state is State.CLOSED


def test_after_the_cool_down_exactly_one_trial_goes_through(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 29.9
    assert not breaker.allows()
    clock.now = 30
    assert breaker.state is State.HALF_OPEN
    assert [breaker.allows() for _ in range(3)] == [True, False, False]


def test_a_trial_that_succeeds_closes_it(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 30
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.state is State.CLOSED
    assert breaker.allows()


def test_a_trial_that_fails_opens_it_for_another_cool_down(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 30
    assert breaker.allows()
    breaker.failed()
    clock.now = 59
    assert not breaker.allows()
    clock.now = 60
    assert breaker.allows()


def test_a_trial_without_a_verdict_leaves_its_place_to_the_next(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 30
    assert breaker.allows()
    breaker.released()
    assert breaker.state is State.HALF_OPEN
    assert breaker.allows()


def test_a_breaker_of_one_failure_opens_at_once(clock: Clock) -> None:
    breaker = Breaker(1, 60, 30, clock)
    breaker.failed()
    assert breaker.state is State.OPEN


def test_a_provider_that_asks_to_be_left_alone_is_left_alone_that_long() -> None:
    clock = Clock()
    breaker = Breaker(3, 60, 30, clock)
    breaker.failed(rest_s=120)
    assert breaker.state is State.OPEN
    clock.now += 119
    assert not breaker.allows()
    clock.now += 1
    assert breaker.allows()


def test_but_not_for_longer_than_ten_minutes() -> None:
    clock = Clock()
    breaker = Breaker(3, 60, 30, clock)
    breaker.failed(rest_s=86_400)
    clock.now += 600
    assert breaker.allows()
