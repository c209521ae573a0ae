"""How strong the evidence is: what a question asks about a name counts, and so does a name that nobody knows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from functions.ask.lexical import Bm25
from functions.ask.quotes import Quote
from functions.ask.rerank import MatrixCache, Ranked, rerank
from functions.ask.retrieve import Query, read_query, retrieve
from functions.ask.strength import CARRIED, asked_for, lacks, strength
from functions.shared.embed import Embedder
from tests.ask.small_corpus import Wire, corpus, packed, without_chroma


async def found(embedder: Embedder, question: str) -> tuple[Query, list[Ranked]]:
    """The question and the passages for it."""
    held, query = corpus(embedder), read_query(embedder, question)
    candidates, _ = await retrieve(held, without_chroma(), query, 50)
    return query, await rerank(held, MatrixCache(Wire(packed(embedder)).store(), embedder, 64), query, candidates)


async def of(embedder: Embedder, question: str, quotes: Sequence[Quote] = ()) -> float:
    """The strength of the evidence for a question about the small corpus."""
    return strength(corpus(embedder), *await found(embedder, question), quotes)


@pytest.mark.parametrize(
    ("answerable", "absent"),
    [
        ("Which prize did she receive in 2022?", "How much money was the prize in 2022?"),
        ("What does she do at Harbour Robotics?", "What does she earn at Harbour Robotics?"),
        ("What does she inspect at Harbour Robotics?", "Who supervises her at Harbour Robotics?"),
        ("What did she do at Sildal Foods?", "Why was she fired at Sildal Foods?"),
        ("Does she speak German?", "Does she speak French?"),
        ("Has she used PyTorch?", "Has she used Photoshop?"),
    ],
)
async def test_what_is_asked_about_a_known_name_counts_more_than_the_name(
    embedder: Embedder, answerable: str, absent: str
) -> None:
    assert await of(embedder, answerable) > await of(embedder, absent)


async def test_a_name_that_no_passage_has_speaks_against_an_answer(embedder: Embedder) -> None:
    assert await of(embedder, "Did she work at Google?") < await of(embedder, "Did she work at google?")


async def test_an_answer_without_the_number_asked_for_is_weaker_evidence(embedder: Embedder) -> None:
    question = "How many photographs did her thesis use?"
    without, with_one = Quote(1, "Her thesis detects cracks.", 1.0), Quote(1, "It used 4,000 photographs.", 1.0)
    assert await of(embedder, question, [without]) < await of(embedder, question, [with_one])


async def test_another_passage_that_meets_what_is_asked_better_speaks_against_an_answer(embedder: Embedder) -> None:
    query, (best, other, *_) = await found(embedder, "What does she inspect at Harbour Robotics?")
    asked = np.array([term == "inspect" for term in query.token_terms])
    assert asked.any()
    # With two passages the better one always stands out the same.
    worse, better = (
        strength(corpus(), query, [best, replace(other, best=np.where(asked, met, 0.0))]) for met in (0.0, 1.0)
    )
    assert better < worse - 0.01


async def test_a_passage_that_stands_out_is_stronger_evidence_than_one_of_many(embedder: Embedder) -> None:
    # Nothing is asked for but a name, so what other passages have counts in no other way.
    query, (best, *others) = await found(embedder, "Does she know Harbour Robotics?")
    near, far = (replace(others[0], best=best.best * share) for share in (0.9, 0.0))
    alone, crowded = strength(corpus(), query, [best, far, far]), strength(corpus(), query, [best, near, far])
    assert alone > crowded + 0.01


async def test_what_a_follow_up_leaves_unsaid_counts_as_met_up_to_two_terms(embedder: Embedder) -> None:
    query, ranked = await found(embedder, "Does she speak German?")
    one, two, three = (
        strength(corpus(), replace(query, carried=frozenset(terms)), ranked)
        for terms in (["ship"], ["ship", "hull"], ["ship", "hull", "crack"])
    )
    assert two == pytest.approx(one + CARRIED)
    assert three == two


@pytest.mark.parametrize(
    ("question", "answer", "missing"),
    [
        ("How many people work there?", "She has worked there since June 2023.", True),
        ("How many people work there?", "She leads a team of 14.", False),
        ("How many people work there?", "She leads a team of fourteen.", False),
        ("What score did she get in the exam?", "She passed the exam DP-100.", True),
        ("By how many percent did it rise?", "It doubled.", False),
        ("How much did it cost?", "Built with K3s and TF2 in 2022.", True),
        ("When did she join?", "She joined gladly.", True),
        ("When did she join?", "She joined in 2019.", False),
        ("Which year was that?", "That was 03/2019.", False),
        ("What is she called?", "She is called Nora.", False),
        ("", "", False),
    ],
)
def test_an_answer_lacks_the_number_or_date_asked_for(question: str, answer: str, missing: bool) -> None:
    assert lacks(question, answer) is missing


@pytest.mark.parametrize(
    ("question", "asked", "unknown"),
    [
        ("How many drones does Harbour Robotics have?", ("drone",), False),
        ("Which drones does Siemens build?", ("drone", "build"), True),
        ("which drones does siemens build?", ("drone", "siemen", "build"), False),  # nobody typed a capital
        ("Which Drones Does Siemens Build?", ("drone", "siemen", "build"), False),  # everything has one
        ("Some questions. Drones perhaps?", ("question", "drone", "perhap"), False),  # a sentence begins with one
        ("Does she know ROS and K3s?", (), True),
        ("Which drones were there in 1999?", ("drone",), False),  # a year nobody tells is no name
        ("Which university did she attend?", ("universiti",), False),  # attending says nothing beside it
        ("Is she good?", ("good",), False),  # nothing else is asked
        ("", (), False),
    ],
)
def test_what_is_asked_is_neither_a_name_nor_a_word_of_any_question(
    embedder: Embedder, question: str, asked: tuple[str, ...], unknown: bool
) -> None:
    query = read_query(embedder, question)
    told = asked_for(corpus(), query, tuple(dict.fromkeys(query.terms)))
    assert (told.terms, told.unknown) == (asked, unknown)


async def test_it_stays_within_its_bounds(embedder: Embedder) -> None:
    questions = [
        "Where does Nora work as a computer vision engineer, and which team, ship hulls and drones does she lead?",
        "?",
        "x" * 2000,
        "How many Ferraris does Siemens?",
    ]
    assert all([-1 <= await of(embedder, question) <= 1.5 for question in questions])


def test_without_passages_there_is_none(embedder: Embedder) -> None:
    assert strength(corpus(), read_query(embedder, "Where?"), []) == 0.0
    assert Bm25([]).idf("nothing") >= 0


async def test_words_that_any_question_has_need_not_be_met(embedder: Embedder) -> None:
    bare, polite = "Does she know PyTorch?", "Is she comfortable with PyTorch, and able to handle it?"
    assert abs(await of(embedder, bare) - await of(embedder, polite)) < 0.25
    assert await of(embedder, polite) > 0.8
