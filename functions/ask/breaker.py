"""A circuit breaker a provider (Nygard, Release It!, 2nd ed., chapter 5): fail at once instead of waiting again.

Whoever asks for it enters with a permit and reports on it. Many requests are under way at once, so a report counts
only while the breaker is still in the state it was entered in: what began before it opened can neither close it,
nor open it again, nor take the place of the one trial.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

# A Retry-After of days would take the rung away for good.
LONGEST_REST_S = 600.0


class State(IntEnum):
    """The value of the metric `provider_breaker_state`."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Breaker:
    """Opens after `failures` within `window_s`, lets one trial through after `cooldown_s`, closes on its success.

    Successes in between do not forgive: a provider that fails every second request still costs visitors their time.
    """

    def __init__(
        self, failures: int, window_s: float, cooldown_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds; tests hand in their own."""
        self._window_s, self._cooldown_s, self._clock = window_s, cooldown_s, clock
        self._recent: deque[float] = deque(maxlen=failures)
        self._open_until: float | None = None
        self._trial: Permit | None = None
        self._era = 0  # one more with every opening and closing

    @property
    def state(self) -> State:
        """Closed, open, or half-open while the one trial is due or under way."""
        if self._open_until is None:
            return State.CLOSED
        return State.OPEN if self._clock() < self._open_until else State.HALF_OPEN

    def enter(self) -> "Permit | None":
        """A permit for one request, None where none may go; in half-open the first to ask is the trial."""
        state = self.state
        if state is State.OPEN or (state is State.HALF_OPEN and self._trial):
            return None
        permit = Permit(self, self._era)
        if state is State.HALF_OPEN:
            self._trial = permit
        return permit

    def _close(self, permit: "Permit") -> None:
        if permit is self._trial:
            self._turn(None)
            self._recent.clear()

    def _note(self, permit: "Permit", rest_s: float) -> None:
        now = self._clock()
        rest_s = min(rest_s, LONGEST_REST_S)
        if permit.era == self._era:
            self._recent.append(now)
            full = len(self._recent) == self._recent.maxlen and now - self._recent[0] <= self._window_s
            if full or permit is self._trial:
                return self._turn(now + max(self._cooldown_s, rest_s))
        # The provider asked to be left alone that long: this holds whoever was told.
        if rest_s and now + rest_s > (self._open_until or 0.0):
            self._turn(now + rest_s)

    def _turn(self, open_until: float | None) -> None:
        self._open_until = open_until
        self._trial = None
        self._era += 1

    def _leave(self, permit: "Permit") -> None:
        if permit is self._trial:
            self._trial = None


@dataclass(eq=False, slots=True)
class Permit:
    """Leave to make one request. Report once; `left` without a report is a request without a verdict."""

    _breaker: Breaker
    era: int

    def succeeded(self) -> None:
        """The provider answered to the end."""
        self._breaker._close(self)

    def failed(self, rest_s: float = 0.0) -> None:
        """It did not. `rest_s`: how long it asked to be left alone (Retry-After), 0 when it did not."""
        self._breaker._note(self, rest_s)

    def left(self) -> None:
        """The request is over; a trial without a verdict (the visitor left) leaves its place to the next."""
        self._breaker._leave(self)
