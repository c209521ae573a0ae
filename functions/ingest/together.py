"""Calls that come while another is at work are done in one with the next: group commit.

A request to Chroma that writes one row takes about as long as one that writes twenty. So whoever comes first goes at
once and alone; those who come meanwhile share the round after it. They may be prepared together while that one is
under way, and a round waits for those who are being prepared: two rounds of four cost more than one of eight.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True, eq=False)
class _Call(Generic[T, R]):
    """One item on its way."""

    item: T
    result: R | None = None
    failure: BaseException | None = None
    done: bool = False


class Together(Generic[T, R]):
    """`do` for several callers at once. Blocking; for threads."""

    def __init__(
        self, do: Callable[[Sequence[T]], Sequence[R]], prepare: Callable[[Sequence[T]], Sequence[T]] | None = None
    ) -> None:
        """`prepare` gives items back as `do` likes them better: beside it, and not for one that comes alone."""
        self._do, self._prepare = do, prepare
        self._unprepared: list[_Call[T, R]] = []
        self._waiting: list[_Call[T, R]] = []
        self._inside = 0
        self._queue, self._preparing, self._working = Lock(), Lock(), Lock()

    def __call__(self, item: T) -> R:
        """What `do` makes of `item`; what is raised meanwhile is raised for all who shared it."""
        mine = _Call[T, R](item)
        with self._queue:
            (self._unprepared if self._prepare and self._inside else self._waiting).append(mine)
            self._inside += 1
        try:
            self._come(mine)
        finally:
            with self._queue:
                self._inside -= 1
        if mine.failure:
            raise mine.failure
        assert mine.result is not None
        return mine.result

    def _come(self, mine: _Call[T, R]) -> None:
        with self._preparing:
            if self._prepare and mine in self._unprepared:
                self._prepared(self._prepare)
        if mine.done:
            return
        with self._working:
            if not mine.done:
                self._round()

    def _prepared(self, prepare: Callable[[Sequence[T]], Sequence[T]]) -> None:
        """Everybody who came until now."""
        with self._queue:
            calls, self._unprepared = self._unprepared, []
        try:
            for call, item in zip(calls, prepare([call.item for call in calls]), strict=True):
                call.item = item
        except BaseException as failure:
            self._end(calls, failure)
        else:
            with self._queue:
                self._waiting += calls

    def _round(self) -> None:
        """Everybody who waits now, and who is being prepared."""
        with self._preparing, self._queue:
            calls, self._waiting = self._waiting, []
        try:
            for call, result in zip(calls, self._do([call.item for call in calls]), strict=True):
                call.result = result
            self._end(calls)
        except BaseException as failure:
            self._end(calls, failure)

    def _end(self, calls: Sequence[_Call[T, R]], failure: BaseException | None = None) -> None:
        for call in calls:
            call.failure, call.done = failure, True
