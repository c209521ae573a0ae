"""What a follow-up leaves unsaid comes from the turns before it; what says enough is left alone."""

import pytest

from functions.ask.followup import Reading, leans, readings
from functions.ask.question import Turn

NAMES = frozenset({"nora", "lund"})
BEFORE = [
    Turn("user", "What did Nora do before Harbour Robotics?"),
    Turn("assistant", "Nora was an intern at Sildal Foods in Stavanger. [1] She sorted herring. [1]"),
]


@pytest.mark.parametrize(
    "question",
    ["When was she there?", "And before that?", "Why?", "Tell me more about it", "Und danach?", "And in 2018?"],
)
def test_these_lean(question: str) -> None:
    assert leans(question, NAMES)


@pytest.mark.parametrize(
    "question",
    [
        "Where does Nora work?",
        "Which languages does she speak?",
        "Is there anything about drones in her thesis on cracks in concrete?",
        "And which embedded boards did she program with C++ at Harbour Robotics?",
    ],
)
def test_these_stand_alone(question: str) -> None:
    assert not leans(question, NAMES)
    assert readings(question, BEFORE, NAMES)[0] == Reading(question)


def test_the_last_question_and_the_names_in_its_answer_are_carried_on() -> None:
    (reading,) = readings("When was she there?", BEFORE, NAMES)
    assert reading.text == "When was she there?"
    assert {"Harbour", "Robotics", "Sildal", "Foods", "Stavanger"} <= set(reading.carried)
    assert "herring" not in reading.carried
    assert "Nora" not in reading.carried
    assert "intern at Sildal Foods" in reading.said


def test_what_says_enough_is_read_with_the_conversation_only_when_it_finds_nothing_by_itself() -> None:
    first, second = readings("Which embedded boards did she program?", BEFORE, NAMES)
    assert first == Reading("Which embedded boards did she program?")
    assert "Robotics" in second.carried


def test_a_follow_up_of_a_follow_up_reaches_back_to_what_was_asked() -> None:
    turns = [*BEFORE, Turn("user", "Why?"), Turn("assistant", "That is not told.")]
    (reading,) = readings("And when?", turns, NAMES)
    assert "Robotics" in reading.carried


def test_without_turns_nothing_is_carried() -> None:
    assert readings("Why?", [], NAMES) == [Reading("Why?")]
    assert readings("Why?", [Turn("user", "  ")], NAMES) == [Reading("Why?")]
