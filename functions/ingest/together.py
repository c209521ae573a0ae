"""Calls that come while another is at work are done in one with the next: group commit.

A request to Chroma that writes one row takes about as long as one that writes twenty. So whoever comes first goes at
once and alone; those who come meanwhile share the round after it, and nobody waits for more to come.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class _Call(Generic[T, R]):
    """One item on its way."""

    item: T
    result: R | None = None
    failure: BaseException | None = None
    done: bool = False


class Together(Generic[T, R]):
    """`do` for several callers at once. Blocking; for threads."""

    def __init__(self, do: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._do = do
        self._waiting: list[_Call[T, R]] = []
        self._queue, self._working = Lock(), Lock()

    def __call__(self, item: T) -> R:
        """What `do` makes of `item`; what it raises is raised for all who shared the round."""
        mine = _Call[T, R](item)
        with self._queue:
            self._waiting.append(mine)
        with self._working:
            if not mine.done:
                self._round()
        if mine.failure:
            raise mine.failure
        assert mine.result is not None
        return mine.result

    def _round(self) -> None:
        """Everybody who waits now."""
        with self._queue:
            calls, self._waiting = self._waiting, []
        try:
            for call, result in zip(calls, self._do([call.item for call in calls]), strict=True):
                call.result = result
        except BaseException as failure:
            for call in calls:
                call.failure = failure
        finally:
            for call in calls:
                call.done = True
