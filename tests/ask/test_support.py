"""Does a passage say what a sentence says? Over the real model."""

import pytest

from functions.ask.support import Support
from functions.shared.embed import Embedder
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


def test_without_a_matrix_the_words_have_to_occur() -> None:
    words = Support(ONE)
    assert words.proven("Nora works at Harbour Robotics.") == {1}
    assert words.proven("Nora is employed somewhere near Bergen.") == frozenset()


@pytest.mark.parametrize("sentence", ["", "😀", "?", "word " * 3000, "A" * 3000, "\x00\u200b", "नमस्ते 你好"])
def test_no_sentence_breaks_it(support: Support, sentence: str) -> None:
    assert support.proven(sentence) <= {1}
