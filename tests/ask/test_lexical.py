"""Terms and BM25, with values worked out by hand."""

import math
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ask.lexical import Bm25, stem, terms

TEXTS = ["red fox", "red red dog", "blue bird"]
# idf = ln(1 + (n - f + 0.5) / (f + 0.5)); red is in 2 of the 3 texts, fox in 1
IDF_RED = math.log(1 + 1.5 / 2.5)
IDF_FOX = math.log(1 + 2.5 / 1.5)
# norm = 0.9 · (1 - 0.4 + 0.4 · length / mean length); lengths 2, 3, 2
NORM_2, NORM_3 = 0.9 * (0.6 + 0.4 * 2 / (7 / 3)), 0.9 * (0.6 + 0.4 * 3 / (7 / 3))


def test_terms_are_lower_case_stems_in_order_with_their_repeats() -> None:
    assert terms("Pipelines, pipeline; TRAINED training!") == ["pipelin", "pipelin", "train", "train"]


def test_stop_words_are_no_terms() -> None:
    assert terms("What is it that he has done?") == []
    assert stem("The") == ""


def test_a_plus_or_a_sharp_belongs_to_its_word() -> None:
    assert terms("C, C++ and C#") == ["c", "c++", "c#"]
    index = Bm25(["writes C++", "writes C", "writes C#"])
    assert index.scores(["c++"]).nonzero()[0].tolist() == [0]
    assert index.scores(["c"]).nonzero()[0].tolist() == [1]


def test_an_acronym_and_its_plural_are_one_term() -> None:
    assert terms("an LLM, LLMs, llms") == ["llm"] * 3
    assert terms("APIs and an API") == ["api"] * 2
    assert terms("CSS, AWS, dbt, DNS") == ["css", "aw", "dbt", "dns"]


def test_an_underscore_a_dot_and_a_hyphen_part_words() -> None:
    assert terms("snake_case scikit-learn Node.js") == ["snake", "case", "scikit", "learn", "node", "js"]


def test_words_of_other_alphabets_are_terms() -> None:
    assert terms("Universität Київ 東京 2023") == ["universität", "київ", "東京", "2023"]


def test_a_letter_with_its_accent_apart_is_the_same_term() -> None:
    assert terms(unicodedata.normalize("NFD", "Universität Zürich")) == ["universität", "zürich"]


def test_idf_is_as_worked_out_by_hand() -> None:
    index = Bm25(TEXTS)
    assert index.idf("red") == pytest.approx(IDF_RED)
    assert index.idf("fox") == pytest.approx(IDF_FOX)
    assert index.idf("unicorn") == pytest.approx(math.log(1 + 3.5 / 0.5))


def test_scores_are_as_worked_out_by_hand() -> None:
    assert Bm25(TEXTS).scores(["red", "fox"]).tolist() == pytest.approx(
        [IDF_RED / (1 + NORM_2) + IDF_FOX / (1 + NORM_2), IDF_RED * 2 / (2 + NORM_3), 0.0], rel=1e-5
    )


def test_a_term_asked_twice_counts_once() -> None:
    index = Bm25(TEXTS)
    assert index.scores(["red", "red"]).tolist() == index.scores(["red"]).tolist()


def test_the_rarer_word_and_the_shorter_text_come_first() -> None:
    index = Bm25(["red fox", "red dog", "red dog " + "cat " * 30])
    order = np.argsort(-index.scores(["red", "dog"])).tolist()
    assert order == [1, 2, 0]


def test_texts_with_all_terms_are_found() -> None:
    index = Bm25(TEXTS)
    assert index.with_all(["red"]) == [0, 1]
    assert index.with_all(["dog", "red"]) == [1]
    assert index.with_all(["red", "blue"]) == index.with_all(["red", "green"]) == index.with_all([]) == []


def test_an_empty_corpus_has_no_scores_and_a_finite_idf() -> None:
    index = Bm25([])
    assert index.scores(["red"]).shape == (0,)
    assert index.idf("red") == pytest.approx(math.log(2))


def test_texts_without_a_term_score_nothing() -> None:
    assert Bm25(["", "the", "😀"]).scores(["red", "the"]).tolist() == [0, 0, 0]


@given(st.lists(st.text(max_size=30), max_size=6), st.text(max_size=30))
def test_every_text_has_a_finite_score_of_at_least_zero(texts: list[str], question: str) -> None:
    scores = Bm25(texts).scores(terms(question))
    assert scores.shape == (len(texts),)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()
