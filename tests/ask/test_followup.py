"""What a follow-up leaves unsaid comes from the turns before it; what says enough is left alone."""

import pytest

from functions.ask.followup import Reading, leans, readings
from functions.ask.phrases import phrase
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
    reading = readings("When was she there?", BEFORE, NAMES)[-1]
    assert reading.text == "When was she there?"
    assert {"Harbour", "Robotics", "Sildal", "Foods", "Stavanger"} <= set(reading.carried)
    assert "herring" not in reading.carried
    assert "Nora" not in reading.carried
    assert "intern at Sildal Foods" in reading.said


def test_what_says_enough_is_read_with_the_conversation_only_when_it_finds_nothing_by_itself() -> None:
    first, near, last = readings("Which embedded boards did she program?", BEFORE, NAMES)
    assert first == Reading("Which embedded boards did she program?")
    assert (near.text, near.scope) == (first.text, "near")
    assert "Robotics" in last.carried


def test_a_follow_up_of_a_follow_up_reaches_back_to_what_was_asked() -> None:
    turns = [*BEFORE, Turn("user", "Why?"), Turn("assistant", "That is not told.")]
    ways = readings("And when?", turns, NAMES)
    assert "Robotics" in ways[0].text
    assert "Robotics" in ways[-1].carried


def test_when_and_where_alone_are_asked_in_the_words_of_the_question_before_near_its_answer() -> None:
    first = readings("When was she there?", BEFORE, NAMES)[0]
    assert (first.text, first.scope) == ("When was she there? (Harbour Robotics)", "near")


def test_before_that_asks_the_question_before_again_about_what_is_dated_earlier() -> None:
    turns = [Turn("user", "Where does Nora work?"), Turn("assistant", "At Harbour Robotics. [1]")]
    first = readings("And before that?", turns, NAMES)[0]
    assert (first.text, first.scope) == ("Where does Nora work?", "earlier")
    assert first.given > readings("And which sensors before that?", turns, NAMES)[0].given


def test_a_question_that_was_refused_is_gone_on_from_only_by_one_that_asks_for_something() -> None:
    told = [Turn("user", "Where does Nora work?"), Turn("assistant", "At Harbour Robotics. [1]")]
    turns = [*told, Turn("user", "Does she speak French?"), Turn("assistant", phrase("refusal", "en"))]
    since, before, german = (readings(text, turns, NAMES)[0] for text in ("Since when?", "Before that?", "And German?"))
    assert since == readings("Since when?", told, NAMES)[0]
    assert before.text == "Where does Nora work?"
    assert german.topic == ("speak", "French")
    assert readings("Since when?", turns[2:], NAMES)[0].text == "Since when? (speak French)"


def test_another_word_instead_has_to_be_named_by_the_passage() -> None:
    turns = [Turn("user", "Does Nora know Docker?"), Turn("assistant", "Nora knows Docker. [1]")]
    assert {reading.scope for reading in readings("And Rust?", turns, NAMES)} == {"named"}


def test_an_item_of_the_list_before_is_asked_for_by_its_name() -> None:
    turns = [Turn("user", "Her projects?"), Turn("assistant", "Nora's projects are a herring counter and a map. [1]")]
    assert readings("How accurate is the first one?", turns, NAMES)[0] == Reading("How accurate is herring counter?")


def test_what_introduces_a_german_quotation_is_not_what_was_said() -> None:
    turns = [
        Turn("user", "Wo?"),
        Turn("assistant", "In meinen Unterlagen steht, im Original: Nora works in Bergen. [1]"),
    ]
    assert all("Unterlagen" not in reading.carried for reading in readings("Seit wann?", turns, NAMES))


def test_without_turns_nothing_is_carried() -> None:
    assert readings("Why?", [], NAMES) == [Reading("Why?")]
    assert readings("Why?", [Turn("user", "  ")], NAMES) == [Reading("Why?")]
