"""The corpus as ask holds it, over a real Chroma."""

import asyncio

import pytest
from prometheus_client import generate_latest

from functions.ask.holder import CorpusHolder
from functions.shared import metrics
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.ask.corpus.rows import Between, Writer, has_vectors, texts, until, vector


async def test_where_nothing_was_ever_ingested_the_corpus_is_empty(settings: Settings) -> None:
    holder = CorpusHolder(Store(settings), "m")
    found, stale = await holder.current()
    assert (found.rows, found.version, stale) == ((), "", False)


async def test_an_empty_collection_is_an_empty_corpus(settings: Settings, writer: Writer) -> None:
    found, stale = await CorpusHolder(Store(settings), "m").current()
    assert (found.rows, stale) == ((), False)


async def test_live_rows_are_read_in_their_order_and_retired_ones_are_not(settings: Settings, writer: Writer) -> None:
    writer.document("b", "three", of=1)
    writer.document("a", "one", "two", "old", of=2)
    writer.retire("a#00002")
    writer.version("v1")
    found, stale = await CorpusHolder(Store(settings), "m").current()
    assert (texts(found), found.version, stale) == (["one", "two", "three"], "v1", False)
    assert found.number_of == {"a#00000": 0, "a#00001": 1, "b#00000": 2}
    assert found.lexical.scores(["three"]).nonzero()[0].tolist() == [2]


async def test_its_size_and_version_are_published(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one", "two")
    writer.version("v-published")
    await CorpusHolder(Store(settings), "m").current()
    exposed = generate_latest(metrics.REGISTRY).decode().splitlines()
    assert "portfolio_corpus_chunks 2.0" in exposed
    assert "portfolio_corpus_documents 1.0" in exposed
    assert [line for line in exposed if line.startswith("portfolio_corpus_version_info{")] == [
        'portfolio_corpus_version_info{version="v-published"} 1.0'
    ]


async def test_within_the_recheck_interval_chroma_is_asked_once(
    settings: Settings, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ask.holder.RECHECK_S", 3600.0)  # a busy machine takes a second for the two
    wire = Between()
    holder = CorpusHolder(Store(settings, wire), "m", _checked=float("-inf"))
    first, _ = await holder.current()
    writer.version("v2")
    again, _ = await holder.current()
    assert again is first
    assert wire.heads == 2  # before and after the rows


async def test_a_new_version_is_picked_up(settings: Settings, writer: Writer, at_once: None) -> None:
    holder = CorpusHolder(Store(settings), "m")
    assert (await holder.current())[0].rows == ()
    writer.document("a", "one")
    writer.version("v1")
    assert texts((await holder.current())[0]) == ["one"]
    writer.document("a", "two", generation="g2")
    writer.version("v2")
    found, _ = await holder.current()
    assert (texts(found), found.version) == (["two"], "v2")


async def test_an_unchanged_version_is_not_read_again(settings: Settings, writer: Writer, at_once: None) -> None:
    writer.document("a", "one")
    writer.version("v1")
    wire = Between()
    holder = CorpusHolder(Store(settings, wire), "m")
    first, _ = await holder.current()
    await until(has_vectors(holder))
    reads = wire.reads
    for _ in range(5):
        assert (await holder.current())[0].rows is first.rows
    assert wire.reads == reads


async def test_a_collection_made_anew_is_picked_up(settings: Settings, writer: Writer, at_once: None) -> None:
    writer.document("a", "one")
    writer.version("v1")
    holder = CorpusHolder(Store(settings), "m")
    await holder.current()
    writer.delete()
    assert (await holder.current())[0].rows == ()
    restored = Writer(settings)
    restored.document("a", "two")
    restored.version("v1")
    assert texts((await holder.current())[0]) == ["two"]


async def test_many_first_questions_read_the_corpus_once(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one")
    writer.version("v1")
    wire = Between()
    holder = CorpusHolder(Store(settings, wire), "m")
    found = await asyncio.gather(*(holder.current() for _ in range(32)))
    assert {id(one.rows) for one, _ in found} == {id(found[0][0].rows)}
    assert wire.heads == 2


async def test_a_question_that_is_cancelled_while_it_reads_leaves_the_next_one_its_turn(
    settings: Settings, writer: Writer
) -> None:
    writer.document("a", "one")
    writer.version("v1")
    wire = Between()
    wire.open.clear()
    holder = CorpusHolder(Store(settings, wire), "m")
    first, second = asyncio.create_task(holder.current()), asyncio.create_task(holder.current())
    await asyncio.sleep(0)
    first.cancel()
    wire.open.set()
    assert texts((await second)[0]) == ["one"]


async def test_a_collection_of_another_layout_is_refused_with_a_sentence(settings: Settings, writer: Writer) -> None:
    writer.version("v1", layout=99)
    with pytest.raises(StoreUnreachable, match="has layout 99, this version reads 1"):
        await CorpusHolder(Store(settings), "m").current()


async def test_rows_of_somebody_else_are_refused_with_a_sentence(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one")
    writer._rows.upsert(ids=["x"], documents=["x"], embeddings=[vector(0)], metadatas=[{"live": True, "colour": "red"}])
    with pytest.raises(StoreUnreachable, match="holds rows that ingest did not write"):
        await CorpusHolder(Store(settings), "m").current()
