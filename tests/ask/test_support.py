"""Does a passage say what a sentence says? Over the real model."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from functions.ask.support import Support
from functions.shared.embed import Embedder, Encoded
from functions.shared.matrix import quantise
from functions.shared.records import Chunk, Passage

TEXT = (
    "Nora works at Harbour Robotics in Bergen, Norway, since March 2021. She cut the delay from nine hours to four "
    "minutes. She is not looking for a job. Her support vector machine finds 1,340 cracks."
)
CHUNK = Chunk("job", 0, "Work", "https://example.org/", "Harbour Robotics › Ålesund office", TEXT, "2026-01-31")
ONE = [Passage(CHUNK, 0.9, 1, "4 years and 11 months so far")]


@pytest.fixture(scope="session")
def support(embedder: Embedder) -> Support:
    matrix = quantise(embedder.encode_tokens([CHUNK.indexed_text])[0])
    return Support(ONE, [matrix], embedder, frozenset({"nora"}))


@pytest.mark.parametrize(
    "sentence",
    [
        "Nora works at Harbour Robotics since 03/2021.",
        "She is employed by Harbour Robotics in Bergen.",
        "She has worked there since 2021, in the Alesund office.",
        "She works in NORWAY.",
        "Her SVM finds 1340 cracks.",
        "She cut the delay from 9 hours to 4 minutes.",
        "She does not look for a job.",
        "She has worked in Bergen for 4 years and 11 months.",
    ],
)
def test_what_a_passage_says_in_other_words_is_proven(support: Support, sentence: str) -> None:
    assert support.proven(sentence) == {1}


@pytest.mark.parametrize(
    "sentence",
    [
        "Nora works at Harbour Robotics since April 2021.",
        "Nora works at Harbour Robotics since 1 March 2021.",
        "Nora works at Harbour Robotics in Oslo.",
        "Nora works at Google.",
        "Nora works at Harbour Robotics in Java.",
        "Her SVM finds 1,341 cracks.",
        "She cut the delay from four hours to nine minutes.",
        "She is looking for a job.",
        "She never works in Bergen.",
        "She plays the violin.",
        "She owns Harbour Robotics and its patents.",
    ],
)
def test_what_a_passage_does_not_say_is_not_proven(support: Support, sentence: str) -> None:
    assert support.proven(sentence) == frozenset()


def test_only_the_passages_asked_for_are_looked_at(support: Support) -> None:
    assert support.proven("She works in Bergen.", [2, 9]) == frozenset()
    assert support.possible("She works in Bergen.") == {1}
    assert support.possible("She works in Oslo.") == frozenset()


@pytest.mark.parametrize(
    ("sentence", "invented"),
    [
        ("She plays the violin.", False),
        ("She plays in Bergen since March 2021.", False),
        ("She plays for Google.", True),
        ("She plays with 7 others.", True),
        ("She plays since March 2019.", True),
    ],
)
def test_a_number_a_date_or_a_name_of_no_passage_is_invented(support: Support, sentence: str, invented: bool) -> None:
    assert support.invents(sentence) is invented


@pytest.mark.parametrize(
    ("sentence", "claims"), [("Nora!", False), ("He is.", False), ("", False), ("Nora sails.", True)]
)
def test_a_sentence_of_the_subject_and_stop_words_claims_nothing(support: Support, sentence: str, claims: bool) -> None:
    assert support.claims(sentence) is claims


class Counted:
    """The model, and how often it was asked."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder, self.asked = embedder, 0

    def encode_tokens(self, texts: Sequence[str], questions: bool = False) -> list[Encoded]:
        self.asked += 1
        return self._embedder.encode_tokens(texts, questions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("Nora works at Harbour Robotics in Bergen.", 0),  # has no word that the passage lacks
        ("She is employed by Harbour Robotics in Bergen.", 1),
        ("Nora works at Google.", 0),  # a name that is nowhere: nothing is left to compare
    ],
)
def test_the_model_is_asked_only_for_words_that_a_passage_lacks(embedder: Embedder, sentence: str, asked: int) -> None:
    counted = Counted(embedder)
    matrix = quantise(embedder.encode_tokens([CHUNK.indexed_text])[0])
    Support(ONE, [matrix], counted, frozenset({"nora"})).proven(sentence)  # type: ignore[arg-type]
    assert counted.asked == asked


def test_what_stands_in_two_passages_is_not_invented_and_not_proven_by_either() -> None:
    other = Passage(replace(CHUNK, document="boat", section="Life", text="She sailed to Java in May 2019."), 0.5, 2)
    both = Support([*ONE, other])
    assert not both.invents("In May 2019 she sailed with Harbour Robotics to Java.")
    assert both.proven("In May 2019 she sailed with Harbour Robotics to Java.") == frozenset()
    assert both.invents("In June 2019 she sailed to Java.")
    assert both.invents("In May 2019 she sailed with Google to Java.")


def test_without_a_matrix_the_words_have_to_occur() -> None:
    words = Support(ONE)
    assert words.proven("Nora works at Harbour Robotics.") == {1}
    assert words.proven("Nora is employed somewhere near Bergen.") == frozenset()


@pytest.mark.parametrize("sentence", ["", "😀", "?", "word " * 3000, "A" * 3000, "\x00\u200b", "नमस्ते 你好"])
def test_no_sentence_breaks_it(support: Support, sentence: str) -> None:
    assert support.proven(sentence) <= {1}
