"""A question shows by its words that it hangs on what was said before."""

import pytest

from functions.ask.ellipsis import instead, leans, moves, own

NAMES = frozenset({"nora", "lund"})


@pytest.mark.parametrize(
    "question",
    [
        "In which subject?",
        "Through which API?",
        "With whom?",
        "What about her thesis?",
        "Von wann bis wann?",
        "Seit wann?",
    ],
)
def test_a_question_without_a_verb_leans(question: str) -> None:
    assert leans(question, NAMES)


@pytest.mark.parametrize("question", ["In which city does Nora work?", "With whom did Nora build the herring counter?"])
def test_a_whole_question_that_begins_like_that_does_not(question: str) -> None:
    assert not leans(question, NAMES)


@pytest.mark.parametrize("question", ["And French?", "What about Java?", "And for visualisation?", "Und Docker?"])
def test_something_else_is_asked_about_instead(question: str) -> None:
    assert instead(question)


@pytest.mark.parametrize("question", ["And where does it run?", "And what was she before?", "Does she know Java?"])
def test_a_question_with_a_verb_of_its_own_is_no_such_thing(question: str) -> None:
    assert not instead(question)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("And before that?", ("earlier", "And ")),
        ("What did she do before she joined them?", ("earlier", "What did she do ")),
        ("Where was she previously?", ("earlier", "Where was she ")),
        ("Und davor?", ("earlier", "Und ")),
        ("And what came after that?", ("later", "And what came ")),
        ("Where did she go next?", ("later", "Where did she go ")),
        ("Und danach?", ("later", "Und ")),
        ("What did she do before Harbour Robotics?", None),
        ("Did she study before 2018?", None),
    ],
)
def test_before_and_after_are_told_from_a_question_that_says_of_what(
    question: str, meant: tuple[str, str] | None
) -> None:
    assert moves(question) == meant


def test_what_asks_for_time_and_place_has_nothing_of_its_own() -> None:
    assert own("Until when did Nora stay there?", NAMES) == []
    assert own("Which sensors did Nora use there?", NAMES) == ["sensors"]
