"""Words that point into a list become the item they mean."""

import pytest

from functions.ask.enumerated import items, resolved

PROJECTS = "Nora's projects at Sildal Foods are a herring counter, a smell sensor, and a cold chain map."


@pytest.mark.parametrize(
    ("answer", "listed"),
    [
        (PROJECTS, ["herring counter", "smell sensor", "cold chain map"]),
        ("Nora speaks three languages: Norwegian, Sami and English.", ["Norwegian", "Sami", "English"]),
        ("Nora studied Biology in Tromsø and Robotics in Bergen.", ["Biology in Tromsø", "Robotics in Bergen"]),
        ("Certificates: Diver, 2019; First aid, 2021", ["Diver, 2019", "First aid, 2021"]),
        ("Nora lives in Bergen.", []),
        ("The days were long and she walked to the far end of the old pier.", []),  # a clause is no item
        ("", []),
    ],
)
def test_the_items_of_a_list_are_found(answer: str, listed: list[str]) -> None:
    assert items(answer) == listed


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("How accurate was the first one?", "How accurate was herring counter?"),
        ("Tell me more about the second one.", "Tell me more about smell sensor."),
        ("And the last of them?", "And cold chain map?"),
        ("What is the latter?", "What is cold chain map?"),
        ("Wie genau ist das erste?", "Wie genau ist herring counter?"),
    ],
)
def test_what_points_into_the_list_becomes_the_item(question: str, meant: str) -> None:
    assert resolved(question, PROJECTS) == meant


@pytest.mark.parametrize(
    "question", ["What was the first job?", "And the fourth one?", "What did she do first?", "Why?"]
)
def test_what_names_its_own_thing_or_one_that_is_not_there_is_left_alone(question: str) -> None:
    assert resolved(question, PROJECTS) == ""


def test_where_there_is_no_list_nothing_is_meant() -> None:
    assert resolved("And the last of them?", "Nora lives in Bergen.") == ""
