"""A question in one of the common ways to ask is answered like the plain one behind it."""

import pytest

from functions.ask.frames import JOB, LEVEL, PERSON, PLACE, SKILL, SKILL_DE, plain

NAMES = frozenset({"nora", "hansen", "mrs", "frau", "candidate"})
WHO = PERSON.format(name="Nora Hansen")


def asked(question: str) -> str:
    return plain(question, NAMES, "Nora Hansen")


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
        "What is Harbour Robotics doing?",
        "",
        "?",
    ],
)
def test_any_other_question_stays_as_it_is(question: str) -> None:
    assert asked(question) == question


def test_a_person_without_names_is_asked_about_with_pronouns() -> None:
    assert plain("What does she do?", (), "Nora") == JOB
