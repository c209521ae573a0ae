"""Misspelt words become the corpus's words; words that are merely absent stay what they are."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ask.lexical import stem
from functions.ask.spelling import distance, joined, mend
from functions.ask.vocabulary import Vocabulary
from functions.shared.embed import Embedder

CORPUS = Counter(
    {"kubernetes": 4, "work": 9, "accuracy": 2, "vitascale": 5, "keras": 1, "years": 3, "trust": 1, "five": 2}
)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("does he know Kubernets?", "does he know kubernetes?"),
        ("where does he wrok", "where does he work"),
        ("what acuracy", "what accuracy"),
        ("at Vitascal?", "at vitascale?"),
        ("has he used kears", "has he used keras"),  # swapped letters before another letter: not "years"
    ],
)
def test_a_misspelt_word_becomes_the_one_that_was_meant(asked: str, meant: str, embedder: Embedder) -> None:
    assert mend(asked, lambda: Vocabulary(CORPUS), embedder.knows) == meant


@pytest.mark.parametrize(
    "asked",
    [
        "does he know Rust?",
        "does he live here?",
        "Does he play the guitar?",
        "C++ or K8s?",
        "",
        "Does he work?",
        "xqzvkwpt",
    ],
)
def test_a_word_that_is_only_absent_stays(asked: str, embedder: Embedder) -> None:
    assert mend(asked, lambda: Vocabulary(CORPUS), embedder.knows) == asked


@pytest.mark.parametrize(
    ("a", "b", "away"),
    [
        ("work", "work", 0),
        ("wrok", "work", 1),
        ("wok", "work", 1),
        ("worrk", "work", 1),
        ("wark", "work", 1),
        ("ab", "ba", 1),
    ],
)
def test_one_slip_is_one(a: str, b: str, away: int) -> None:
    assert distance(a, b, 3) == away


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_distance_is_symmetric_and_zero_only_for_equal_words(a: str, b: str) -> None:
    assert distance(a, b, 9) == distance(b, a, 9)
    assert (distance(a, b, 9) == 0) == (a == b)


@given(st.text(max_size=60))
def test_any_text_is_mended_without_losing_what_is_not_a_word(text: str) -> None:
    assert mend(text, lambda: Vocabulary({}), lambda word: False) == text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Who founded Vita Scale?", "Who founded VitaScale?"),
        ("Vita-Scale", "VitaScale"),
        ("data science", "data science"),
        ("the Vita scale", "the Vitascale"),
        ("a scale", "a scale"),
    ],
)
def test_words_the_corpus_writes_as_one_are_put_together(typed: str, meant: str) -> None:
    known = {"vitascale", "data", "science", "datascience"}
    assert joined(typed, lambda word: word.lower() in known) == meant


def test_two_stop_words_are_never_one_word_of_the_corpus() -> None:
    """Their stem may be one: "forthe" and "forth" share theirs."""
    assert joined("the vessel for the trip", lambda word: stem(word) == "forth") == "the vessel for the trip"


def test_a_name_inside_the_text_becomes_a_name_and_nothing_else() -> None:
    corpus = Vocabulary(Counter({"organ": 3, "kubernetes": 4}), {"kubernetes"})

    def mended(text: str) -> str:
        return mend(text, lambda: corpus, lambda word: word in ("who", "knows"), names=True)

    assert mended("Who knows Orlan?") == "Who knows Orlan?"
    assert mended("Who knows Kubernets?") == "Who knows kubernetes?"
    assert mended("who knows orgam?") == "who knows organ?"
