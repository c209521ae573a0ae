"""A question for what was before or after a named job is "and before that?" after an answer about it."""

import pytest

from functions.ask.corpus import Corpus
from functions.ask.order import conversation
from tests.ask.test_antecedent import CV, corpus_of

HARBOUR, FERRIES, HERDER = list(CV.values())[:3]
EARLIER, LATER = "And before that?", "And after that?"
NAMES = frozenset({"nora"})


def asked(question: str, corpus: Corpus | None = None) -> tuple[str, str]:
    """What is taken to have been answered, and what is asked after it."""
    turns = [turn.content for turn in conversation(question, corpus or corpus_of(CV), NAMES)]
    return (turns[1], turns[2]) if turns else ("", "")


@pytest.mark.parametrize(
    ("question", "told", "again"),
    [
        ("What did she do before Harbour Robotics?", HARBOUR, EARLIER),
        ("Which job did Nora have right before joining Harbour Robotics", HARBOUR, EARLIER),
        ("Where did she work prior to  Fjord Ferries?", FERRIES, EARLIER),
        ("What was her position after she left Fjord Ferries?", FERRIES, LATER),
        ("Where did she work after her time at Sami?", HERDER, LATER),
        ("Was hat sie vor Harbour Robotics gemacht?", "", ""),
        ("Was machte sie vor der Zeit bei Harbour Robotics?", HARBOUR, "Und davor?"),
        ("Wo arbeitete sie nach Fjord Ferries?", FERRIES, "Und danach?"),
    ],
)
def test_the_job_it_names_is_taken_as_answered(question: str, told: str, again: str) -> None:
    assert asked(question) == (told, again)


@pytest.mark.parametrize(
    "question",
    [
        "What did she do before?",
        "What did she do before that?",
        "What did she study before Harbour Robotics?",
        "What did she build before Harbour Robotics?",
        "What did she do before Google?",
        "What did she do before Bergen?",  # the boat's, and no job
        "What did she do before BSc Biology?",  # dated, and no job
        "Harbour Robotics",
        "before Harbour Robotics?",
        "",
    ],
)
def test_any_other_question_stands_for_none(question: str) -> None:
    assert asked(question) == ("", "")


def test_a_job_is_told_where_its_own_heading_names_it_before_anywhere_else() -> None:
    mentioned = "Before Harbour Robotics, from 2015 to 2018, she worked for farmers."
    assert asked("Where did she work before Harbour?", corpus_of({"About": mentioned, **CV}))[0] == HARBOUR


def test_a_sentence_about_work_is_told_under_any_heading() -> None:
    told = "Nora works for Harbour Robotics since March 2021."
    assert asked("What did she do before Harbour Robotics?", corpus_of({"Today": told}))[0] == told
