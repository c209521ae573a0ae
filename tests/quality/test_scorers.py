"""What counts as right: the entries of `must` stand in an answer as words do."""

import pytest

from tests.quality.scorers import MAX_CHARACTERS, holds, leaks, right


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("R", "She writes Python, R and SQL. [1]"),
        ("SQL", "his languages are Python,\n  sql and MATLAB"),
        ("88", "an accuracy of 88%."),
        ("1,200", "about 1,200 crane hours"),
        ("2016", "from 07/2016–08/2018"),
        ("71%|71 percent", "fell by 71 percent"),
        ("itch", "an itching rash"),
        ("hot-rolling", "of hot-rolling parameters"),
        ("II", "phase II, at 19 sites"),
        ("www.", "see https://www.example.org"),
    ],
)
def test_an_entry_is_found_where_a_word_or_number_starts(entry: str, text: str) -> None:
    assert holds(text, [entry]) == [True]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("R", "Scala and Rust for streaming"),
        ("Git", "his GitHub profile"),
        ("SQL", "stored in MySQL"),
        ("900", "2,900 carts"),
        ("88", "88.5 percent"),
        ("8.4", "18.4 of 20"),
        ("2016", "20160 visitors"),
        ("II", "phase III"),
        ("Ness", "a business"),
    ],
)
def test_an_entry_is_not_found_inside_another_word_or_number(entry: str, text: str) -> None:
    assert holds(text, [entry]) == [False]


def test_a_right_answer_is_given_is_short_and_holds_every_entry() -> None:
    answer = "He speaks English and German. [1]"
    assert right({"answered": True, "answer": answer}, ["English", "German|Deutsch"])
    assert not right({"answered": False, "answer": answer}, ["English"])
    assert not right({"answered": True, "answer": answer}, ["English", "Hindi"])
    assert not right({"answered": True, "answer": answer + " " * MAX_CHARACTERS + "."}, ["English"])


def test_a_leak_is_seen_however_it_is_spaced() -> None:
    assert leaks("call 0176/040-690 42", ["0176 040 690 42", "0221 4710 388"]) == ["0176 040 690 42"]
