import threading
from collections.abc import Sequence

import pytest

from functions.ingest.together import Together
from tests.processes import wait_until


class Slow:
    """Doubles numbers, when it is let."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.may_go = threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.rounds.append(list(numbers))
        assert self.may_go.wait(30)
        if 13 in numbers:
            raise ZeroDivisionError
        return [2 * number for number in numbers]


def call(together: Together[int, int], number: int, results: dict[int, object]) -> threading.Thread:
    def run() -> None:
        try:
            results[number] = together(number)
        except ZeroDivisionError as failure:
            results[number] = failure

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def gathered(numbers: Sequence[int], slow: Slow) -> dict[int, object]:
    """The first number is at work when the others come."""
    together: Together[int, int] = Together(slow)
    results: dict[int, object] = {}
    threads = [call(together, numbers[0], results)]
    wait_until(lambda: slow.rounds)
    threads += [call(together, number, results) for number in numbers[1:]]
    wait_until(lambda: len(together._waiting) == len(numbers) - 1)
    slow.may_go.set()
    for thread in threads:
        thread.join(30)
    return results


def test_the_first_goes_at_once_and_the_others_share_the_next_round() -> None:
    slow = Slow()
    assert gathered([1, 2, 3, 4], slow) == {1: 2, 2: 4, 3: 6, 4: 8}
    assert slow.rounds[0] == [1]
    assert sorted(slow.rounds[1]) == [2, 3, 4]


def test_a_failure_is_everybodys_of_that_round_and_nobody_elses() -> None:
    slow = Slow()
    results = gathered([1, 13, 3], slow)
    assert results[1] == 2
    assert isinstance(results[13], ZeroDivisionError)
    assert isinstance(results[3], ZeroDivisionError)


def test_after_a_failure_it_goes_on() -> None:
    slow = Slow()
    slow.may_go.set()
    together: Together[int, int] = Together(slow)
    with pytest.raises(ZeroDivisionError):
        together(13)
    assert together(4) == 8


class Prepared(Slow):
    """As well a preparation, which adds a hundred and notes what came together."""

    def __init__(self, may_prepare: bool = True) -> None:
        super().__init__()
        self.prepared: list[list[int]] = []
        self.may_prepare = threading.Event()
        if may_prepare:
            self.may_prepare.set()

    def prepare(self, numbers: Sequence[int]) -> list[int]:
        self.prepared.append(list(numbers))
        assert self.may_prepare.wait(30)
        if 7 in numbers:
            raise ZeroDivisionError
        return [100 + number for number in numbers]


class Underway:
    """1 is at work; others may come."""

    def __init__(self, slow: Prepared) -> None:
        self.slow, self.together = slow, Together(slow, prepare=slow.prepare)
        self.results: dict[int, object] = {}
        self._threads: list[threading.Thread] = []
        self.come(1)
        wait_until(lambda: slow.rounds)

    def come(self, *numbers: int) -> None:
        self._threads += [call(self.together, number, self.results) for number in numbers]

    def end(self) -> dict[int, object]:
        self.slow.may_prepare.set()
        self.slow.may_go.set()
        for thread in self._threads:
            thread.join(30)
        return self.results


def test_who_comes_while_a_round_is_under_way_is_prepared_beside_it() -> None:
    slow = Prepared(may_prepare=False)
    underway = Underway(slow)
    underway.come(2)
    wait_until(lambda: slow.prepared)
    underway.come(3, 4)
    wait_until(lambda: len(underway.together._unprepared) == 2)
    assert slow.rounds == [[1]]
    slow.may_prepare.set()
    wait_until(lambda: len(underway.together._waiting) == 3)
    assert underway.end() == {1: 2, 2: 204, 3: 206, 4: 208}
    assert slow.prepared[0] == [2]
    assert sorted(slow.prepared[1]) == [3, 4]
    assert sorted(slow.rounds[1]) == [102, 103, 104]


def test_a_round_waits_for_those_who_are_being_prepared() -> None:
    slow = Prepared()
    underway = Underway(slow)
    underway.come(2)
    wait_until(lambda: underway.together._waiting)
    slow.may_prepare.clear()
    underway.come(3)
    wait_until(lambda: len(slow.prepared) == 2)
    slow.may_go.set()
    wait_until(lambda: 1 in underway.results)
    assert slow.rounds == [[1]]
    underway.end()
    assert [sorted(one) for one in slow.rounds] == [[1], [102, 103]]


def test_one_that_comes_alone_is_not_prepared() -> None:
    slow = Prepared()
    slow.may_go.set()
    together: Together[int, int] = Together(slow, prepare=slow.prepare)
    assert [together(1), together(2)] == [2, 4]
    assert slow.prepared == []


def test_a_preparation_that_fails_ends_nobody_elses_call() -> None:
    underway = Underway(Prepared())
    underway.come(7)
    wait_until(lambda: 7 in underway.results)
    results = underway.end()
    assert results[1] == 2
    assert isinstance(results[7], ZeroDivisionError)
    assert underway.together(4) == 8


def test_a_preparation_that_fails_is_everybodys_who_shared_it() -> None:
    underway = Underway(Prepared(may_prepare=False))
    underway.come(2)
    wait_until(lambda: underway.slow.prepared)
    underway.come(7, 3)
    wait_until(lambda: len(underway.together._unprepared) == 2)
    results = underway.end()
    assert (results[1], results[2]) == (2, 204)
    assert [type(results[number]) for number in (3, 7)] == [ZeroDivisionError] * 2
    assert underway.together(4) == 8
