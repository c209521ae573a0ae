"""The circuit breaker on a clock of its own."""

import random
from dataclasses import dataclass

import pytest

from functions.ask.breaker import Breaker, Permit, State


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


def enter(breaker: Breaker) -> Permit:
    permit = breaker.enter()
    assert permit
    return permit


def fail(breaker: Breaker, rest_s: float = 0.0) -> None:
    """One request that fails."""
    permit = enter(breaker)
    permit.failed(rest_s)
    permit.left()


def succeed(breaker: Breaker) -> None:
    permit = enter(breaker)
    permit.succeeded()
    permit.left()


def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        fail(breaker)
    assert breaker.state is State.OPEN
    return breaker


def test_it_starts_closed_and_lets_everything_through(breaker: Breaker) -> None:
    assert breaker.state is State.CLOSED
    assert all(breaker.enter() for _ in range(5))


def test_it_opens_at_the_last_failure_allowed_and_not_before(breaker: Breaker) -> None:
    fail(breaker)
    fail(breaker)
    assert breaker.state is State.CLOSED
    fail(breaker)
    assert breaker.state is State.OPEN
    assert breaker.enter() is None


def test_failures_further_apart_than_the_window_do_not_open_it(breaker: Breaker, clock: Clock) -> None:
    for clock.now in (0, 31, 62, 93):
        fail(breaker)
    assert breaker.state is State.CLOSED
    clock.now = 122  # 62, 93 and 122 are 60 s
    fail(breaker)
    assert breaker.state is State.OPEN


def test_successes_in_between_do_not_hide_a_provider_that_keeps_failing(breaker: Breaker) -> None:
    for _ in range(3):
        assert breaker.state is State.CLOSED
        fail(breaker)
        if breaker.state is State.CLOSED:
            succeed(breaker)
    assert breaker.state is State.OPEN


def test_after_the_cool_down_exactly_one_trial_goes_through(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 29.9
    assert breaker.enter() is None
    clock.now = 30
    assert breaker.state is State.HALF_OPEN
    assert [bool(breaker.enter()) for _ in range(3)] == [True, False, False]


def test_a_trial_that_succeeds_closes_it_and_forgets_what_failed(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 30
    succeed(breaker)
    assert breaker.state is State.CLOSED
    fail(breaker)
    assert breaker.state is State.CLOSED


def test_a_trial_that_fails_opens_it_for_another_cool_down(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 30
    fail(breaker)
    clock.now = 59
    assert breaker.enter() is None
    clock.now = 60
    assert breaker.enter()


def test_a_trial_without_a_verdict_leaves_its_place_to_the_next(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 30
    enter(breaker).left()
    assert breaker.state is State.HALF_OPEN
    assert breaker.enter()


def test_a_breaker_of_one_failure_opens_at_once(clock: Clock) -> None:
    breaker = Breaker(1, 60, 30, clock)
    fail(breaker)
    assert breaker.state is State.OPEN


@pytest.mark.parametrize("asked", [5, 120])
def test_a_provider_that_asks_to_be_left_alone_is_left_alone_that_long(
    breaker: Breaker, clock: Clock, asked: float
) -> None:
    fail(breaker, rest_s=asked)
    assert breaker.state is State.OPEN
    clock.now += asked - 1
    assert breaker.enter() is None
    clock.now += 1
    assert breaker.enter()


def test_but_not_for_longer_than_ten_minutes(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, rest_s=86_400)
    clock.now += 600
    assert breaker.enter()


class TestManyAtOnce:
    """Requests that began in one state report in another."""

    def test_failures_of_one_burst_count_as_they_come_and_open_it_once(self, breaker: Breaker, clock: Clock) -> None:
        burst = [enter(breaker) for _ in range(10)]
        for second, permit in enumerate(burst):
            clock.now = second
            permit.failed()
            permit.left()
        # It opened with the third, at 2 s; the seven late ones do not put the trial off.
        clock.now = 32
        assert breaker.enter()

    def test_a_late_failure_neither_ends_the_trial_nor_opens_it_again(self, breaker: Breaker, clock: Clock) -> None:
        late = enter(breaker)
        opened(breaker)
        clock.now = 30
        trial = enter(breaker)
        late.failed()
        late.left()
        assert breaker.enter() is None, "there is one trial, and it is under way"
        trial.succeeded()
        assert breaker.state is State.CLOSED

    def test_a_late_success_does_not_close_it(self, breaker: Breaker, clock: Clock) -> None:
        late = enter(breaker)
        opened(breaker)
        late.succeeded()
        late.left()
        assert breaker.state is State.OPEN

    def test_a_rest_that_was_asked_for_is_not_shortened_by_a_failure_without_one(
        self, breaker: Breaker, clock: Clock
    ) -> None:
        burst = [enter(breaker) for _ in range(6)]
        burst[0].failed(120)
        for permit in burst[1:]:
            permit.failed()
        clock.now = 119
        assert breaker.state is State.OPEN

    def test_a_rest_is_not_shortened_by_a_shorter_one(self, breaker: Breaker, clock: Clock) -> None:
        first, late = enter(breaker), enter(breaker)
        first.failed(120)
        late.failed(40)
        clock.now = 119
        assert breaker.state is State.OPEN

    def test_whoever_is_told_to_leave_it_alone_is_heeded(self, breaker: Breaker, clock: Clock) -> None:
        late = enter(breaker)
        opened(breaker)
        late.failed(120)
        clock.now = 119
        assert breaker.state is State.OPEN

    def test_in_any_order_there_is_never_more_than_one_trial(self, clock: Clock) -> None:
        chance = random.Random(7)  # the same hundred thousand steps every time
        breaker, inside = Breaker(2, 10, 3, clock), list[Permit]()
        trials: set[int] = set()
        for _ in range(100_000):
            clock.now += chance.random()
            half_open = breaker.state is State.HALF_OPEN
            if permit := breaker.enter():
                inside.append(permit)
                if half_open:
                    assert not trials
                    trials.add(id(permit))
            if inside and chance.random() < 0.6:
                permit = inside.pop(chance.randrange(len(inside)))
                chance.choice([permit.succeeded, permit.failed, lambda: None])()
                permit.left()
                trials.discard(id(permit))
        assert breaker.state in State
