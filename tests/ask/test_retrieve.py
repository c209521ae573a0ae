"""Question → candidates, over a dozen passages and the real model."""

import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from functions.ask.retrieve import read_query, retrieve
from functions.shared.embed import Embedder
from functions.shared.store import generation_of
from tests.ask.small_corpus import GENERATION, Wire, corpus, name, without_chroma


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Where does Nora work today?", "job"),
        ("What is hullscan?", "open"),
        ("Does she know C++?", "c++"),
        ("What does she do in her spare time?", "hobby"),
        ("Where did she get her master's degree?", "study"),
    ],
)
async def test_the_passage_that_answers_comes_first(embedder: Embedder, question: str, first: str) -> None:
    found, whole = await retrieve(corpus(embedder), without_chroma(), read_query(embedder, question), 12)
    assert name(found[0]) == first
    assert whole


async def test_the_best_candidates_come_in_order_and_no_more_than_asked(embedder: Embedder) -> None:
    query = read_query(embedder, "Where does Nora work?")
    found, _ = await retrieve(corpus(embedder), without_chroma(), query, 3)
    assert len(found) == 3
    assert [one.fused for one in found] == sorted((one.fused for one in found), reverse=True)
    assert all(0 <= one.fused <= 1 for one in found)


@pytest.mark.parametrize("lists", [True, False])
async def test_a_list_of_headings_is_a_candidate_for_who_asks_for_the_list_alone(
    embedder: Embedder, lists: bool
) -> None:
    held, query = corpus(embedder), replace(read_query(embedder, "Where does Nora work?"), lists=lists)
    first = held.rows[0]
    listing = replace(first.chunk, section="Work", text="Work (2): Harbour Robotics; Sildal Foods")
    rows = (replace(first, chunk=listing), *held.rows[1:])
    found, _ = await retrieve(replace(held, rows=rows), without_chroma(), query, 12)
    assert (listing in [one.row.chunk for one in found]) is lists
    assert len(found) == (12 if lists else 11)


async def test_a_passage_that_has_to_be_looked_at_is_a_candidate_beyond_the_count(embedder: Embedder) -> None:
    query = read_query(embedder, "Where does Nora work?")
    best, _ = await retrieve(corpus(embedder), without_chroma(), query, 3)
    hobby = next(number for number, row in enumerate(corpus().rows) if row.chunk.document == "hobby")
    found, _ = await retrieve(corpus(embedder), without_chroma(), query, 3, [hobby])
    assert [name(one) for one in found] == [*(name(one) for one in best), "hobby"]


@pytest.mark.parametrize("count", [1, 12, 100_000])
async def test_any_count_of_candidates_is_served(embedder: Embedder, count: int) -> None:
    found, _ = await retrieve(corpus(embedder), without_chroma(), read_query(embedder, "drones"), count)
    assert len(found) == min(count, 12)


async def test_without_own_vectors_chroma_does_the_dense_search(embedder: Embedder) -> None:
    hits = [("hobby", 0.9), ("school", 0.3), ("job", 0.1)]
    wire = Wire(hits=[(f"{one}#00000", GENERATION, cosine) for one, cosine in hits])
    query = read_query(embedder, "zzz")  # no word of it is in any passage
    found, whole = await retrieve(corpus(), wire.store(), query, 2)
    assert [(name(one), round(one.cosine, 3)) for one in found] == [("hobby", 0.9), ("school", 0.3)]
    assert whole


async def test_a_lexical_hit_that_chroma_did_not_name_counts_as_its_worst(embedder: Embedder) -> None:
    wire = Wire(hits=[("hobby#00000", GENERATION, 0.9), ("school#00000", GENERATION, 0.3)])
    found, _ = await retrieve(corpus(), wire.store(), read_query(embedder, "cardamom hullscan"), 12)
    assert {name(one): round(one.cosine, 3) for one in found}["open"] == 0.3
    assert [name(one) for one in found[:2]] == ["hobby", "open"]


async def test_a_hit_of_another_generation_or_of_a_passage_not_held_is_dropped(embedder: Embedder) -> None:
    wire = Wire(
        hits=[
            ("talk#00000", "generation-2", 0.9),
            ("gone#00000", GENERATION, 0.8),
            ("hobby#00000", GENERATION, 0.5),
            ("school#00000", GENERATION, 0.4),
            ("job#00000", GENERATION, 0.3),
        ]
    )
    found, _ = await retrieve(corpus(), wire.store(), read_query(embedder, "zzz"), 2)
    assert [name(one) for one in found] == ["hobby", "school"]


async def test_metadata_are_asked_for_only_where_an_id_does_not_tell_the_generation(embedder: Embedder) -> None:
    generation = generation_of(1, "ingest")
    rows = tuple(replace(row, generation=generation) for row in corpus().rows)
    held, query = replace(corpus(), rows=rows), read_query(embedder, "zzz")
    near = (("hobby", 0.9), ("school", 0.3), ("job", 0.1))
    hits = [(f"{one}#00000@{generation}", generation, cosine) for one, cosine in near]
    known, newer = Wire(hits=hits), Wire(hits=[("talk#00000@00000002-ingest", "00000002-ingest", 0.95), *hits])
    for wire, included in ((known, [["distances"]]), (newer, [["distances"], ["distances", "metadatas"]])):
        found, _ = await retrieve(held, wire.store(), query, 2)
        assert [name(one) for one in found] == ["hobby", "school"]
        assert wire.included == included


async def test_without_vectors_and_without_chroma_words_alone_decide(embedder: Embedder) -> None:
    found, whole = await retrieve(corpus(), without_chroma(), read_query(embedder, "chess tournament in Molde"), 3)
    assert name(found[0]) == "school"
    assert not whole


async def test_a_question_of_another_language_is_found_by_its_meaning(embedder: Embedder) -> None:
    found, _ = await retrieve(corpus(embedder), without_chroma(), read_query(embedder, "Master in Kybernetik"), 12)
    assert name(found[0]) == "study"


@pytest.mark.parametrize(
    "question",
    ["", "what is it?", "😀😀", "?!…", "\u200b\u0000", "x" * 2000, "Bergen " * 285, "\u202eNora"],
    ids="empty stop-words emoji punctuation invisible one-long-word one-word-often right-to-left".split(),
)
async def test_no_question_breaks_it(embedder: Embedder, question: str) -> None:
    found, _ = await retrieve(corpus(embedder), without_chroma(), read_query(embedder, question), 50)
    assert len(found) == 12
    assert all(np.isfinite([one.fused, one.cosine]).all() for one in found)


def test_each_token_knows_the_term_of_its_word(embedder: Embedder) -> None:
    query = read_query(embedder, "Is C++ taught by Lindqvist?")
    assert query.terms == ("c++", "taught", "lindqvist")
    assert query.token_terms[:4] == ("", "c++", "c++", "c++")
    assert set(query.token_terms[4:]) == {"taught", "", "lindqvist"}
    assert len(query.token_terms) == len(query.encoded.tokens)


def test_a_question_with_accents_apart_is_read_as_one_with_accents(embedder: Embedder) -> None:
    composed, apart = (unicodedata.normalize(form, "Wo liegt Ålesund?") for form in ("NFC", "NFD"))
    assert read_query(embedder, apart).terms == read_query(embedder, composed).terms == ("wo", "liegt", "ålesund")


async def test_cosines_are_those_of_the_vectors(embedder: Embedder) -> None:
    found, _ = await retrieve(corpus(embedder), without_chroma(), read_query(embedder, "herring"), 12)
    by_name = {name(one): one.cosine for one in found}
    texts = corpus().rows
    vector = embedder.encode(["herring"])[0]
    expected = embedder.encode([texts[1].chunk.indexed_text])[0] @ vector
    assert by_name["intern"] == pytest.approx(float(expected), abs=1e-4)
