"""Which passages the last answers came from, how much each counts, and what time they name."""

import pytest

from functions.ask.last_answers import BEFORE, FURTHER, LastAnswers
from functions.ask.question import Turn
from tests.ask.test_antecedent import CV, corpus_of


def after(*answers: str) -> LastAnswers:
    turns = [turn for answer in answers for turn in (Turn("user", "What?"), Turn("assistant", answer))]
    return LastAnswers(corpus_of(CV), turns)


def found(last: LastAnswers) -> dict[str, float]:
    return {chunk.section: weight for chunk, weight in last.passages.items()}


def test_the_first_sentence_counts_most_and_the_answer_before_less() -> None:
    assert found(after("BSc Biology, Tromsø, 2012 – 2015.", "Bakes buns. [1] Counts reindeer. [2]")) == {
        "Work › Cook, Fjord Ferries": 1.0,
        "Work › Herder, Sami Farms": FURTHER,
        "Education › BSc Biology": BEFORE,
    }


def test_no_more_than_two_answers_are_looked_back() -> None:
    assert "Work › Diver, Harbour Robotics" not in found(after("Looks for rust.", "Bakes buns.", "Counts reindeer."))


@pytest.mark.parametrize(
    "told", ["", " \n", "I could not find that in my documents."], ids=["empty", "blank", "refusal"]
)
def test_what_is_no_answer_is_passed_over(told: str) -> None:
    last = after("Bakes buns.", told)
    assert last.said == "Bakes buns."
    assert last.first is not None
    assert last.first.section == "Work › Cook, Fjord Ferries"


def test_without_an_answer_there_is_nothing_to_stand_near() -> None:
    last = LastAnswers(corpus_of(CV), [Turn("user", "What?")])
    assert (last.said, last.passages, last.first, last.span) == ("", {}, None, None)


@pytest.mark.parametrize(
    ("told", "span"),
    [
        ("She was there from May 2016 to July 2016. [1]", ((2016, 5), (2016, 7))),
        ("Bakes buns. [1]", ((2019, 1), (2021, 2))),
    ],
    ids=["its own", "its passage's"],
)
def test_the_time_is_what_the_answer_says_or_else_its_passage(told: str, span: object) -> None:
    assert after(told).span == span
