"""A question for what was before or after a named job is "and before that?" after an answer about it."""

import pytest

from functions.ask.corpus import Corpus
from functions.ask.order import MOST_NAMED, conversation
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
        ("Was hat sie vor Harbour Robotics gemacht?", HARBOUR, "Und davor?"),
        ("Für welche Firma hat sie nach Fjord Ferries gearbeitet?", FERRIES, "Und danach?"),
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
        "Who had the job before her at Harbour Robotics?",
        "Why was she out of work before Harbour Robotics?",
        "What does she do after work?",
        "What did she do before 2019?",
        "Harbour Robotics",
        "before Harbour Robotics?",
        "",
    ],
)
def test_any_other_question_stands_for_none(question: str) -> None:
    assert asked(question) == ("", "")


@pytest.mark.parametrize("name", ["Oslo", "nurse"])
def test_a_name_of_several_jobs_names_none(name: str) -> None:
    jobs = {
        "Work › A": "Ward nurse, A, Oslo, 2011 – 2014: Nights.",
        "Work › B": "Head nurse, B, Oslo, 2015 – 2019: Days.",
    }
    assert asked(f"What did she do before {name}?", corpus_of(jobs)) == ("", "")
    once = {
        "Work › A": "Ward nurse, A, Oslo, 2011 – 2014.",
        "About": "From March 2011 to May 2014 she worked as a nurse in Oslo.",
    }
    assert asked(f"What did she do before {name}?", corpus_of(once))[0].startswith("Ward nurse")


def test_only_passages_with_the_name_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr("functions.ask.order.sentences", lambda text: read.append(text) or [(0, len(text))])
    assert asked("What did she do before Harbour Robotics?")[1]
    assert read == [HARBOUR]
    many = corpus_of({f"Work › Job {n}": f"Worked at Harbour in {n}, 2011 – 2014." for n in range(MOST_NAMED + 1)})
    assert asked("What did she do before Harbour?", many) == ("", "")
    assert read == [HARBOUR]


def test_a_job_is_told_where_its_own_heading_names_it_before_anywhere_else() -> None:
    mentioned = "Before Harbour Robotics, from 2015 to 2018, she worked for farmers."
    assert asked("Where did she work before Harbour?", corpus_of({"About": mentioned, **CV}))[0] == HARBOUR


def test_a_sentence_about_work_is_told_under_any_heading() -> None:
    told = "Nora works for Harbour Robotics since March 2021."
    assert asked("What did she do before Harbour Robotics?", corpus_of({"Today": told}))[0] == told
