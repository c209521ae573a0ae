"""German words → English ones."""

import pytest

from functions.ask.gloss import gloss


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("Wo arbeitet Vivek?", "where work Vivek?"),
        ("Welche Programmiersprachen beherrscht er?", "which programming language know he?"),
        ("Universitaet", "university"),
        ("UNIVERSITÄT", "university"),
        ("Masterarbeit", "master's thesis"),
        ("Sensordatenbank", "sensor database"),
        ("Kubernetes", "Kubernetes"),
        ("", ""),
    ],
)
def test_words_and_compounds(german: str, english: str) -> None:
    assert gloss(german) == english


def test_a_word_the_corpus_has_stays_as_it_is() -> None:
    assert gloss("Praktikum in Bremen", {"Praktikum"}.__contains__) == "Praktikum in Bremen"


def test_a_compound_with_an_unknown_part_stays_whole() -> None:
    assert gloss("Lieblingsfarbe") == "Lieblingsfarbe"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Masterabeit", "Masterarbeit"), ("Programiersprachen", "Programmiersprachen"), ("Zertifikatte", "Zertifikate")],
)
def test_a_long_word_with_a_slip_is_read_as_what_was_meant(typed: str, meant: str) -> None:
    assert gloss(typed) == gloss(meant) != meant


@pytest.mark.parametrize("word", ["Haskell", "Databricks", "Kubernetes", "Siegen", "Arbet", "Vertrag"])
def test_a_name_and_a_short_word_are_nobodys_slip(word: str) -> None:
    assert gloss(word) == word
