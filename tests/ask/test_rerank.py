"""Late interaction, and the cache of token matrices behind it."""

from dataclasses import replace

import pytest

from functions.ask.rerank import MAX_ENCODED, MatrixCache, rerank, token_weights
from functions.ask.retrieve import Candidate, read_query
from functions.shared.embed import Embedder
from functions.shared.matrix import unpack
from tests.ask.small_corpus import PASSAGES, Watched, Wire, candidate, corpus, name, packed, row, without_chroma

MEGABYTE = 1_000_000


def of(*names: str) -> list[Candidate]:
    return [candidate(one) for one in names]


def wide(number: int) -> Candidate:
    """A candidate with a hash of its own; all have the same text."""
    base = candidate("job")
    return replace(base, row=replace(base.row, hash=f"hash-{number}"))


async def test_the_passage_whose_words_meet_the_question_comes_first(embedder: Embedder) -> None:
    cache = MatrixCache(Wire(packed(embedder)).store(), embedder, 64)
    query = read_query(embedder, "What accuracy did her thesis reach?")
    ranked = await rerank(corpus(), cache, query, of(*PASSAGES))
    assert name(ranked[0].candidate) == "thesis"
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert len(ranked) == 12


async def test_the_score_is_eight_parts_interaction_and_two_parts_fusion(embedder: Embedder) -> None:
    cache = MatrixCache(Wire(packed(embedder)).store(), embedder, 64)
    query = read_query(embedder, "sailing")
    low = await rerank(corpus(), cache, query, [candidate("hobby", 0.0)])
    high = await rerank(corpus(), cache, query, [candidate("hobby", 1.0)])
    assert high[0].score - low[0].score == pytest.approx(0.2)
    interaction = token_weights(corpus(), query) @ low[0].matches.max(axis=1)
    assert low[0].score == pytest.approx(0.8 * interaction)
    assert low[0].best == pytest.approx(low[0].matches.max(axis=1))


async def test_a_stored_matrix_and_one_encoded_here_give_the_same_score(embedder: Embedder) -> None:
    query = read_query(embedder, "drones")
    stored = await rerank(corpus(), MatrixCache(Wire(packed(embedder)).store(), embedder, 64), query, of("job"))
    encoded = await rerank(corpus(), MatrixCache(without_chroma(), embedder, 64), query, of("job"))
    assert stored[0].score == pytest.approx(encoded[0].score, abs=1e-3)


@pytest.mark.parametrize("question", ["Where does Nora work?", "is it?", "😀", "?", "Bergen " * 285, "x" * 2000])
def test_token_weights_sum_to_one(embedder: Embedder, question: str) -> None:
    weights = token_weights(corpus(), read_query(embedder, question))
    assert weights.sum() == pytest.approx(1)
    assert (weights > 0).all()


def test_a_question_without_tokens_has_no_weights(embedder: Embedder) -> None:
    assert token_weights(corpus(), read_query(embedder, "\u200b")).shape == (0,)


def test_stop_words_and_signs_weigh_little_and_rare_words_much(embedder: Embedder) -> None:
    query = read_query(embedder, "Where does Nora sort herring?")
    assert query.token_terms == ("", "", "nora", "sort", "herring", "")
    where, does, nora, sort, *_, sign = token_weights(corpus(), query)
    assert where == does == sign < nora / 5
    assert nora < sort


async def test_a_matrix_is_fetched_once(embedder: Embedder) -> None:
    wire = Wire(packed(embedder))
    cache = MatrixCache(wire.store(), embedder, 64)
    await cache.of(of("job", "talk"))
    await cache.of(of("job", "prize"))
    assert wire.asked == [row("job").hash, row("talk").hash, row("prize").hash]


async def test_a_text_that_stands_twice_is_fetched_once(embedder: Embedder) -> None:
    wire = Wire(packed(embedder))
    found = await MatrixCache(wire.store(), embedder, 64).of(of("job", "job"))
    assert (list(found), wire.asked) == ([row("job").hash], [row("job").hash])


async def test_a_matrix_that_chroma_lacks_is_encoded_here(embedder: Embedder) -> None:
    stored, watched = packed(embedder), Watched(embedder)
    missing = stored.pop(row("talk").hash)
    found = await MatrixCache(Wire(stored).store(), watched, 64).of(of("job", "talk"))
    assert watched.texts == ["Talks\nShe spoke about rust detection at a conference in Oslo."]
    assert (found[row("talk").hash].spans == unpack(missing).spans).all()


@pytest.mark.parametrize("damaged", ["", "AAAA", "no base64!", "AQABAAEA", "AgAAAAAA"])
async def test_a_damaged_matrix_is_encoded_anew(embedder: Embedder, damaged: str) -> None:
    wire, watched = Wire({**packed(embedder), row("talk").hash: damaged}), Watched(embedder)
    found = await MatrixCache(wire.store(), watched, 64).of(of("job", "talk"))
    assert len(found) == 2
    assert watched.texts == [row("talk").chunk.indexed_text]


async def test_without_chroma_the_first_few_are_encoded_and_the_rest_left_out(embedder: Embedder) -> None:
    watched = Watched(embedder)
    cache = MatrixCache(without_chroma(), watched, 64)
    ranked = await rerank(corpus(), cache, read_query(embedder, "drones"), of(*PASSAGES))
    assert len(watched.texts) == len(ranked) == MAX_ENCODED == 8
    assert {name(one.candidate) for one in ranked} == set(list(PASSAGES)[:8])


async def test_the_cache_is_bounded_in_bytes(embedder: Embedder) -> None:
    cache = MatrixCache(without_chroma(), embedder, 1)
    size = next(iter((await cache.of([wide(-1)])).values())).nbytes
    for number in range(0, 2 * MEGABYTE // size, MAX_ENCODED):
        await cache.of([wide(number + step) for step in range(MAX_ENCODED)])
    assert cache._size == sum(matrix.nbytes for matrix in cache._held.values()) <= MEGABYTE
    assert len(cache._held) == MEGABYTE // size


async def test_the_least_recently_used_goes_first(embedder: Embedder) -> None:
    wire = Wire(packed(embedder))
    cache = MatrixCache(wire.store(), embedder, 1)
    held = await cache.of(of("job", "talk", "prize"))
    cache._limit = sum(matrix.nbytes for matrix in held.values()) + 1
    await cache.of(of("job"))
    await cache.of(of("hobby"))
    wire.asked.clear()
    await cache.of(of("job"))
    assert wire.asked == []
    await cache.of(of("talk"))
    assert wire.asked == [row("talk").hash]


async def test_a_matrix_larger_than_the_cache_is_still_served(embedder: Embedder) -> None:
    cache = MatrixCache(Wire(packed(embedder)).store(), embedder, 0)
    assert len(await cache.of(of("job", "talk"))) == 2
    assert len(cache._held) == 1
