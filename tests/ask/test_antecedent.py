"""What a follow-up points at is found again in the corpus, and what stands around it."""

from dataclasses import replace

import numpy as np
import pytest

from functions.ask.antecedent import Antecedent
from functions.ask.corpus import Corpus
from functions.ask.followup import Reading, Scope
from functions.ask.lexical import Bm25, terms
from functions.ask.question import Turn
from functions.ask.rerank import Ranked
from functions.ask.retrieve import Query
from functions.shared.embed import Encoded
from functions.shared.matrix import quantise
from functions.shared.records import Chunk
from tests.ask.small_corpus import GENERATION, HEAD, ROWS, Candidate, Row

NOTHING = Encoded(np.zeros(2, np.float32), np.zeros((0, 2), np.float32), np.zeros((0, 2), np.int64))
CV = {
    "Work › Diver, Harbour Robotics": "Diver, Harbour Robotics, 03/2021 – Present: Looks for rust.",
    "Work › Cook, Fjord Ferries": "Cook, Fjord Ferries, 01/2019 – 02/2021: Bakes buns.",
    "Work › Herder, Sami Farms": "Herder, Sami Farms, 06/2015 – 12/2018: Counts reindeer.",
    "Education › BSc Biology": "BSc Biology, Tromsø, 2012 – 2015",
    "Home": "The boat lies in Bergen. Before that, it lay in Molde. Before the boat, Nora had a canoe.",
}


def corpus_of(sections: dict[str, str]) -> Corpus:
    chunks = [Chunk("cv", n, "CV", "", section, text) for n, (section, text) in enumerate(sections.items())]
    return Corpus(
        HEAD, tuple(Row(chunk, str(chunk.position), GENERATION, len(chunks)) for chunk in chunks), _index(chunks)
    )


def _index(chunks: list[Chunk]) -> Bm25:
    return Bm25([chunk.indexed_text for chunk in chunks])


def narrowed(corpus: Corpus, told: str, reading: Reading, own: str = "") -> list[str]:
    """The sections that a reading allows after the answer `told`."""
    ranked = [
        Ranked(Candidate(row, 0.5, 0.5), 0.5, np.zeros((0, 0), np.float32), np.zeros(0, np.float32), quantise(NOTHING))
        for row in corpus.rows
    ]
    antecedent = Antecedent(corpus, [Turn("user", "What?"), Turn("assistant", told)])
    query = Query(reading.text, NOTHING, tuple(terms(own)), (), ())
    return [one.candidate.row.chunk.section for one in antecedent.narrow(reading, query, ranked)]


def moved(told: str, scope: Scope) -> list[str]:
    return narrowed(corpus_of(CV), told, Reading("Where does Nora work?", scope=scope, given=1.5))


def test_a_quoted_sentence_leads_back_to_its_section_first() -> None:
    assert narrowed(corpus_of(CV), "Bakes buns. [2]", Reading("What?", scope="near"))[0] == "Work › Cook, Fjord Ferries"


def test_a_sentence_in_a_models_own_words_leads_back_by_its_terms() -> None:
    told = "For Fjord Ferries she baked buns as a cook. [1]"
    assert narrowed(corpus_of(CV), told, Reading("What?", scope="near"))[0] == "Work › Cook, Fjord Ferries"


def test_a_document_that_was_not_spoken_of_is_not_near() -> None:
    whole = corpus_of(CV)
    rows = (*whole.rows, *ROWS)
    both = replace(whole, rows=rows, lexical=_index([row.chunk for row in rows]))
    near = narrowed(both, "Bakes buns. [2]", Reading("What?", scope="near"))
    assert near
    assert set(near) <= set(CV)


@pytest.mark.parametrize(
    ("topic", "first"),
    [
        (("reindeer", "rust"), "Work › Herder, Sami Farms"),
        (("rust", "reindeer"), "Work › Diver, Harbour Robotics"),
    ],
)
def test_of_what_is_near_the_newest_words_of_the_conversation_decide(topic: tuple[str, ...], first: str) -> None:
    found = narrowed(corpus_of(CV), "Bakes buns. [2]", Reading("What?", scope="near", topic=topic))
    assert found[0] == first


def test_the_first_sentence_of_an_answer_counts_most() -> None:
    told = "BSc Biology, Tromsø, 2012 – 2015. Bakes buns."
    assert narrowed(corpus_of(CV), told, Reading("What?", scope="near"))[0] == "Education › BSc Biology"


def test_the_answer_before_is_still_near() -> None:
    whole = corpus_of(CV)
    history = [Turn("assistant", "Bakes buns."), Turn("user", "Why?"), Turn("assistant", "BSc Biology, Tromsø.")]
    places = [whole.rows[n].chunk.section for n in Antecedent(whole, history).around(Reading("What?", scope="near"))]
    assert places[:2] == ["Education › BSc Biology", "Work › Cook, Fjord Ferries"]


def test_a_sentence_that_shares_a_word_with_a_passage_leads_nowhere() -> None:
    told = "Penguins crossed four oceans on the way to her buns."
    assert narrowed(corpus_of(CV), told, Reading("What?", scope="near")) == []


def test_a_short_word_does_not_stand_for_a_longer_one() -> None:
    reading = Reading("And reindeer?", scope="named")
    assert narrowed(corpus_of(CV), "Bakes buns. [2]", reading, own="reindeer") == ["Work › Herder, Sami Farms"]
    assert narrowed(corpus_of(CV), "Bakes buns. [2]", reading, own="rein") == []


def test_what_was_before_may_reach_into_what_came_after() -> None:
    jobs = {
        "Work › Diver": "Diver, Harbour Robotics, 03/2021 – Present: Looks for rust.",
        "Work › Cook": "Cook, Fjord Ferries, 01/2019 – 06/2021: Bakes buns.",
    }
    reading = Reading("Where does Nora work?", scope="earlier", given=1.5)
    assert narrowed(corpus_of(jobs), "Looks for rust. [1]", reading) == ["Work › Cook"]


def test_a_refusal_leads_back_to_nothing() -> None:
    assert narrowed(corpus_of(CV), "I could not find that in my documents.", Reading("What?", scope="near")) == []


@pytest.mark.parametrize(
    ("told", "scope", "section"),
    [
        ("Diver, Harbour Robotics, 03/2021 – Present: Looks for rust. [1]", "earlier", "Work › Cook, Fjord Ferries"),
        ("Bakes buns. [1]", "earlier", "Work › Herder, Sami Farms"),
        ("Counts reindeer. [1]", "later", "Work › Cook, Fjord Ferries"),
    ],
)
def test_the_job_before_or_after_is_the_nearest_by_its_dates(told: str, scope: Scope, section: str) -> None:
    assert moved(told, scope) == [section]


def test_before_the_first_job_there_was_no_other() -> None:
    assert moved("Counts reindeer. [1]", "earlier") == []


def test_what_the_text_itself_says_was_before_comes_first() -> None:
    assert moved("The boat lies in Bergen. [1]", "earlier") == ["Home"]


def test_a_word_asked_about_instead_must_stand_there() -> None:
    reading = Reading("And buns?", scope="named")
    assert narrowed(corpus_of(CV), "Looks for rust. [1]", reading, "buns") == ["Work › Cook, Fjord Ferries"]
    assert narrowed(corpus_of(CV), "Looks for rust. [1]", reading, "lobsters") == []


def test_passages_around_the_last_answer_are_looked_at_whatever_they_say() -> None:
    antecedent = Antecedent(corpus_of(CV), [Turn("user", "What?"), Turn("assistant", "Bakes buns. [1]")])
    assert antecedent.around(Reading("What?", scope="near"))[0] == 1
    assert set(antecedent.around(Reading("What?", scope="near"))) == set(range(len(CV)))
    assert antecedent.around(Reading("What?")) == []
