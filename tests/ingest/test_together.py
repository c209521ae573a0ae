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
