"""A word that asks for a topic is met by the heading that announces it, and by nothing else."""

import pytest

from functions.ask.topics import of_heading, of_word, present_work, written


@pytest.mark.parametrize(
    ("word", "heading"),
    [
        ("employs", "Work experience"),
        ("hobbies", "CV › INTERESTS"),
        ("degree", "Education of Marit"),
        ("certifications", "Certificates"),
        ("Languages", "Sprachen"),
        ("Arbeitgeber", "Berufserfahrung"),
        ("yourself", "About Vivek Padayattil"),
    ],
)
def test_they_meet(word: str, heading: str) -> None:
    assert of_word(word) & of_heading(heading)


@pytest.mark.parametrize(
    ("word", "heading"),
    [("hobbies", "Education"), ("guitar", "Interests"), ("salary", "Work experience"), ("river", "About the Tessary")],
)
def test_they_do_not(word: str, heading: str) -> None:
    assert not of_word(word) & of_heading(heading)


def test_part_of_a_word_asks_for_nothing() -> None:
    assert of_word("workaholicism-free") == frozenset()
    assert of_heading("A workshop in Bremen") == frozenset()


@pytest.mark.parametrize(
    ("word", "text", "met"),
    [
        ("current", "Engineer, 06/2023 – Present", "Present"),
        ("bachelor's", "B.Sc. Civil Engineering, 2007 – 2010", None),
        ("bachelor", "B.Sc. Civil Engineering, 2007 – 2010", "B.Sc"),
        ("masters", "MSc Hydraulic Engineering", "MSc"),
        ("PhD", "Dr.-Ing. in Mechatronics", "Dr.-Ing"),
    ],
)
def test_a_word_is_met_by_what_a_cv_writes_for_it(word: str, text: str, met: str | None) -> None:
    spans = [span for topic in of_word(word) for span in written(topic, text)]
    assert [text[start:end] for start, end in spans] == ([met] if met else [])


def test_what_only_looks_like_it_does_not_meet() -> None:
    assert written("bachelor", "Basel, Be quick, obscene") == [(7, 9)]
    assert written("now", "a presentation yesterday") == []
    assert written("work", "work work work") == []


@pytest.mark.parametrize(
    ("question", "content", "is_meant"),
    [
        ("Where does she work", "work", True),
        ("What is her current role", "current role", True),
        ("What does she do for a living", "living", True),
        ("Which company does she work for at the moment", "company work moment", True),
        ("What is her job title", "job title", True),
        ("Where did she work before", "work before", False),
        ("Which jobs has she had", "jobs", False),
        ("Does she work from home", "work home", False),
        ("What is she doing now", "now", False),
        ("How does she work", "work", False),
    ],
)
def test_a_question_for_todays_job_is_told_from_others_about_work(question: str, content: str, is_meant: bool) -> None:
    assert present_work(question.split(), content.split()) is is_meant


@pytest.mark.parametrize(
    ("word", "heading"),
    [
        ("volunteer", "Volunteering"),
        ("conference", "Talks"),
        ("colleagues", "What others say"),
        ("won", "Awards"),
        ("program", "Tools"),
        ("strengths", "Skills of Vivek Padayattil"),
        ("platforms", "Skills"),
        ("visa", "Permission to work in Germany"),
        ("sponsorship", "Work permit"),
        ("projects", "Selected projects"),
    ],
)
def test_a_word_asks_for_what_such_a_heading_announces(word: str, heading: str) -> None:
    assert of_word(word) & of_heading(heading)


def test_a_master_is_met_by_one_and_not_by_a_heading() -> None:
    assert not of_word("master") & of_heading("Education")
    assert written("master", "M.Sc. Informatics") == [(0, 4)]


def test_technologies_are_met_by_the_label_of_a_stack() -> None:
    assert [span for topic in of_word("technologies") for span in written(topic, "Stack: Go, Kotlin")] == [(0, 5)]
