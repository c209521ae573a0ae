"""A circuit breaker a provider (Nygard, Release It!, 2nd ed., chapter 5): fail at once instead of waiting again."""

import time
from collections import deque
from collections.abc import Callable
from enum import IntEnum

# A Retry-After of days would take the rung away for good.
LONGEST_REST_S = 600.0


class State(IntEnum):
    """The value of the metric `provider_breaker_state`."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Breaker:
    """Opens after `failures` within `window_s`, lets one trial through after `cooldown_s`, closes on success."""

    def __init__(
        self, failures: int, window_s: float, cooldown_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds; tests hand in their own."""
        self._window_s, self._cooldown_s, self._clock = window_s, cooldown_s, clock
        self._recent: deque[float] = deque(maxlen=failures)
        self._opened_at: float | None = None
        self._rest_s = cooldown_s
        self._trial = False

    @property
    def state(self) -> State:
        """Closed, open, or half-open while the one trial is due or under way."""
        if self._opened_at is None:
            return State.CLOSED
        return State.HALF_OPEN if self._clock() - self._opened_at >= self._rest_s else State.OPEN

    def allows(self) -> bool:
        """Whether a request may be tried now; in half-open the first to ask is the trial."""
        state = self.state
        if state is State.HALF_OPEN and not self._trial:
            self._trial = True
            return True
        return state is State.CLOSED

    def succeeded(self) -> None:
        """Close, and forget what failed."""
        self._recent.clear()
        self._opened_at = None
        self._trial = False

    def failed(self, rest_s: float = 0.0) -> None:
        """Note a failure; open, or stay open for another cool-down.

        `rest_s`: the provider asked to be left alone that long (Retry-After), so open at once, for at least that.
        """
        now = self._clock()
        self._recent.append(now)
        self._rest_s = max(self._cooldown_s, min(rest_s, LONGEST_REST_S))
        full = len(self._recent) == self._recent.maxlen
        if rest_s or self._opened_at is not None or (full and now - self._recent[0] <= self._window_s):
            self._opened_at = now
        self._trial = False

    def released(self) -> None:
        """The trial ended without a verdict (the visitor left): the next request is the trial."""
        self._trial = False
