"""A question in one of the common ways to ask is answered like the plain one behind it."""

import unicodedata
from dataclasses import replace

import pytest

from functions.ask.frames import JOB, LEVEL, PERSON, PLACE, SKILL, SKILL_DE, plain
from functions.shared.subject import read_subject
from tests.quality.sets import CORPUS

NORA = replace(read_subject(CORPUS), name="Nora Hansen", short_name="Nora", pronouns="she/her")
WHO = PERSON.format(name="Nora Hansen")


def asked(question: str) -> str:
    return plain(question, NORA)


@pytest.mark.parametrize(
    ("question", "behind"),
    [
        ("What does she do?", JOB),
        ("what do you do for a living", JOB),
        ("What is Nora Hansen doing these days?", JOB),
        ("Was macht sie beruflich?", JOB),
        ("Was ist Frau Hansen von Beruf?", JOB),
        ("Where is she currently based?", PLACE),
        ("Where is Nora located?", PLACE),
        ("Who is Nora?", WHO),
        ("who are you", WHO),
        ("Wer ist das?", "Wer ist das?"),
        ("Tell me a little bit about yourself.", WHO),
        ("Could you please tell me more about Mrs Hansen?", WHO),
        ("Introduce yourself!", WHO),
        ("Summarize Nora's career", WHO),
        ("Please summarise her experience.", WHO),
        ("Erzähl mir etwas über Nora.", WHO),
        ("Kannst du mir bitte etwas über sie erzählen?", WHO),
        ("Stell dich kurz vor!", WHO),
        ("Kannst du dich bitte kurz vorstellen?", WHO),
        ("Wer sind Sie?", WHO),
        ("Was machen Sie beruflich?", JOB),
        ("Erzählen Sie mir etwas über sich!", WHO),
    ],
)
def test_who_somebody_is_and_does_today(question: str, behind: str) -> None:
    assert asked(question) == behind


@pytest.mark.parametrize(
    ("question", "skill"),
    [
        ("Does she have any hands-on experience with Docker?", "Docker"),
        ("Has Nora gained experience in C++?", "C++"),
        ("Has she ever worked with Kubernetes or Helm?", "Kubernetes or Helm"),
        ("Did the candidate use R?", "R"),
        ("Can she code in C#?", "C#"),
        ("can you code in Rust", "Rust"),
        ("Is she really proficient in  {braces}?", "{braces}"),
    ],
)
def test_whether_somebody_knows_something(question: str, skill: str) -> None:
    assert asked(question) == SKILL.format(asked=skill)


@pytest.mark.parametrize(
    "question",
    [
        "Hat sie schon Erfahrung mit Docker?",
        "Kennt sie sich gut mit Docker aus?",
        "Hat Nora je mit Docker gearbeitet?",
        "Kann Frau Hansen mit Docker umgehen?",
        "Haben Sie Kenntnisse in Docker?",
        "Können Sie mit Docker umgehen?",
    ],
)
def test_and_in_german(question: str) -> None:
    assert asked(question) == SKILL_DE.format(asked="Docker")


def test_how_well_somebody_speaks() -> None:
    assert asked("How good is her Norwegian?") == LEVEL.format(asked="Norwegian")


@pytest.mark.parametrize(
    "question",
    [
        "What does she do at Harbour Robotics?",
        "What did she do before?",
        "Who is her manager?",
        "Is she in Oslo?",
        "Has she worked in a team?",
        "Tell me about the thesis",
        "Does she know Docker?",
        "How good is she?",
        "How good is her SQL?",
        "How good is her health?",
        "Is she good with children?",
        "Is she fluent in Norwegian?",
        "Did she use her savings?",
        "Has she worked with a team abroad?",
        "What does he do?",  # somebody else
        "Who are they?",
        "Wer ist er?",
        "What is Harbour Robotics doing?",
        "",
        "?",
    ],
)
def test_any_other_question_stays_as_it_is(question: str) -> None:
    assert asked(question) == question


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("Leonor Adebayo-Krantz", "What does Leonor Adebayo-Krantz do?"),
        ("Leonor Adebayo-Krantz", "What does Adebayo Krantz do?"),
        ("Anna-Lena O'Brien", "what does anna-lena o’brien do?"),
        ("Jürgen Weiß", unicodedata.normalize("NFD", "Was macht Jürgen Weiß?")),
    ],
)
def test_a_name_of_any_make_is_the_persons(name: str, question: str) -> None:
    assert plain(question, replace(NORA, name=name, short_name=name.split()[0])) == JOB


def test_one_letter_of_a_name_is_nobody() -> None:
    assert plain("Who is O?", replace(NORA, name="Pat O'Brien", short_name="Pat")) == "Who is O?"


@pytest.mark.parametrize(
    ("pronouns", "known"),
    [("he/him", {"he"}), ("they/them", {"they"}), ("she/they", {"she", "they"}), ("xe", {"he", "she", "they"})],
)
def test_who_is_meant_is_told_by_the_persons_pronouns(pronouns: str, known: set[str]) -> None:
    subject = replace(NORA, pronouns=pronouns)
    verbs = {"he": "does", "she": "does", "they": "do"}
    assert {one for one in verbs if plain(f"What {verbs[one]} {one} do?", subject) == JOB} == known
