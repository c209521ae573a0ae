"""A word that asks for a topic is met by the heading that announces it, and by nothing else."""

import pytest

from functions.ask.topics import of_heading, of_word


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
