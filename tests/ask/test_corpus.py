"""The corpus as ask holds it, over a real Chroma."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import chromadb
import httpx
import numpy as np
import pytest
from prometheus_client import generate_latest

from functions.ask import corpus
from functions.ask.corpus import CorpusHolder, read
from functions.shared import metrics
from functions.shared.problem import StoreUnreachable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, TOKENS_SUFFIX, Store, metadata
from tests.processes import Chroma, free_port


class Writer:
    """Rows written directly, as ingest leaves them."""

    def __init__(self, settings: Settings) -> None:
        port = int(settings.chroma_url.rpartition(":")[2])
        self._client = chromadb.HttpClient(host="127.0.0.1", port=port)
        self._rows: Any = self._client.get_or_create_collection(
            settings.chroma_collection, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def document(self, name: str, *texts: str, generation: str = "g1", of: int | None = None) -> None:
        chunks = [Chunk(name, position, "Work", "", "", text) for position, text in enumerate(texts)]
        self._rows.upsert(
            ids=[chunk.id for chunk in chunks],
            documents=list(texts),
            embeddings=[vector(chunk.position) for chunk in chunks],
            metadatas=[metadata(chunk, chunk.content_hash("m"), generation, of or len(texts)) for chunk in chunks],
        )

    def retire(self, row: str) -> None:
        self._rows.update(ids=[row], metadatas=[{"live": False}])

    def version(self, version: str, layout: int = LAYOUT) -> None:
        self._rows.modify(metadata={"corpus_version": version, "model": "m", "layout": layout})

    def delete(self) -> None:
        self._client.delete_collection(self._rows.name)


class Between(httpx.AsyncHTTPTransport):
    """The wire to Chroma, with something happening after a read of rows."""

    def __init__(self, happens: Callable[[int], None] = lambda reads: None) -> None:
        super().__init__()
        self._happens = happens
        self.reads, self.heads, self.open = 0, 0, asyncio.Event()
        self.open.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.open.wait()
        response = await super().handle_async_request(request)
        await response.aread()
        if request.url.path.endswith("/get"):
            self.reads += 1
            await asyncio.to_thread(self._happens, self.reads)
        elif request.method == "GET" and not request.url.path.endswith(TOKENS_SUFFIX):
            self.heads += 1
        return response


def vector(position: int) -> list[float]:
    return [1.0 if number == position % 4 else 0.0 for number in range(4)]


async def until(happens: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it is so."""
    async with asyncio.timeout(20):
        while not await happens():
            await asyncio.sleep(0.01)


@pytest.fixture
def writer(settings: Settings) -> Writer:
    return Writer(settings)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chroma is asked for a new version each time, not once a second."""
    monkeypatch.setattr(corpus, "RECHECK_S", 0.0)


def texts(found: corpus.Corpus) -> list[str]:
    return [row.chunk.text for row in found.rows]


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


async def test_within_the_recheck_interval_chroma_is_asked_once(settings: Settings, writer: Writer) -> None:
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


async def test_while_chroma_was_never_there_every_question_is_told_so_after_one_try(settings: Settings) -> None:
    tries: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        tries.append(request.url.path)
        raise httpx.ConnectTimeout("as a server that hangs", request=request)

    holder = CorpusHolder(Store(settings, httpx.MockTransport(refuse)), "m")
    found = await asyncio.gather(*(holder.current() for _ in range(32)), return_exceptions=True)
    assert {type(one) for one in found} == {StoreUnreachable}
    assert len(tries) == 1


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


async def test_a_first_read_without_chroma_raises_and_a_later_one_succeeds(
    settings: Settings, own_chroma: Chroma, at_once: None
) -> None:
    own = Settings(chroma_url=own_chroma.url, chroma_collection="own")
    writer = Writer(own)
    writer.document("a", "one")
    writer.version("v1")
    own_chroma.stop()
    holder = CorpusHolder(Store(own), "m")
    with pytest.raises(StoreUnreachable):
        await holder.current()
    own_chroma.start()
    assert texts((await holder.current())[0]) == ["one"]


async def test_when_chroma_dies_the_corpus_in_hand_goes_on_stale_and_recovers(
    own_chroma: Chroma, at_once: None
) -> None:
    own = Settings(chroma_url=own_chroma.url, chroma_collection="own")
    writer = Writer(own)
    writer.document("a", "one")
    writer.version("v1")
    holder = CorpusHolder(Store(own), "m")
    await holder.current()
    await until(has_vectors(holder))
    first, _ = await holder.current()
    own_chroma.stop()
    assert await holder.current() == (first, True)
    assert await holder.current() == (first, True)
    own_chroma.start()
    assert await holder.current() == (first, False)
    writer = Writer(own)
    writer.version("v2")
    found, stale = await holder.current()
    assert (found.version, stale) == ("v2", False)


async def test_the_corpus_says_when_it_was_last_known_to_be_the_newest(
    own_chroma: Chroma, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Settings(chroma_url=own_chroma.url, chroma_collection="own")
    writer = Writer(own)
    writer.document("a", "one")
    holder = CorpusHolder(Store(own), "m")
    assert holder.as_of == ""
    now = 0.0
    monkeypatch.setattr("functions.ask.corpus.time.time", lambda: now)
    await holder.current()
    assert holder.as_of == "1970-01-01T00:00:00Z"
    now = 86_400.0
    own_chroma.stop()
    await holder.current()
    assert holder.as_of == "1970-01-01T00:00:00Z"
    own_chroma.start()
    await holder.current()
    assert holder.as_of == "1970-01-02T00:00:00Z"


def has_vectors(holder: CorpusHolder) -> Callable[[], Awaitable[bool]]:
    async def loaded() -> bool:
        return (await holder.current())[0].vectors is not None

    return loaded


async def test_vectors_are_loaded_behind_the_first_answer(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one", "two", "three")
    writer.version("v1")
    holder = CorpusHolder(Store(settings), "m")
    first, _ = await holder.current()
    assert first.vectors is None
    await until(has_vectors(holder))
    found, _ = await holder.current()
    assert found.rows is first.rows
    assert np.array_equal(found.vectors, np.asarray([vector(0), vector(1), vector(2)], np.float32))


async def test_vectors_that_could_not_be_loaded_are_loaded_later(
    settings: Settings, writer: Writer, at_once: None
) -> None:
    writer.document("a", "one")
    writer.version("v1")

    def broken(reads: int) -> None:
        if reads == 2:  # the rows are read, their vectors are not
            raise httpx.ReadError("Chroma went away")

    holder = CorpusHolder(Store(settings, Between(broken)), "m")
    await holder.current()
    await until(has_vectors(holder))


async def test_a_large_corpus_leaves_its_vectors_in_chroma(
    settings: Settings, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "MAX_LOCAL_VECTORS", 1)
    writer.document("a", "one", "two")
    writer.version("v1")
    wire = Between()
    holder = CorpusHolder(Store(settings, wire), "m")
    await holder.current()
    await holder.close()
    assert (await holder.current())[0].vectors is None
    assert wire.reads == 1


async def test_a_document_read_in_two_generations_is_read_again(settings: Settings, writer: Writer) -> None:
    writer.document("a", "new", "old", generation="g2")
    writer.document("a", "old", generation="g1", of=2)

    def finish(reads: int) -> None:
        if reads == 1:
            writer.document("a", "new", "new too", generation="g2")

    wire = Between(finish)
    store = Store(settings, wire)
    head = await store.head()
    assert head
    assert texts(await read(store, head)) == ["new", "new too"]
    assert wire.reads == 2


async def test_a_document_that_lacks_a_row_is_read_again(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one", of=2)
    wire = Between(lambda reads: writer.document("a", "one", "two"))
    store = Store(settings, wire)
    head = await store.head()
    assert head
    assert texts(await read(store, head)) == ["one", "two"]


async def test_a_version_that_changes_while_it_is_read_is_read_again(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one")
    writer.version("v1")

    def change(reads: int) -> None:
        if reads == 1:
            writer.document("a", "two", generation="g2")
            writer.version("v2")

    store = Store(settings, Between(change))
    head = await store.head()
    assert head
    found = await read(store, head)
    assert (texts(found), found.version) == (["two"], "v2")


async def test_a_corpus_that_never_rests_is_served_and_read_anew_at_the_next_question(
    settings: Settings, writer: Writer, at_once: None
) -> None:
    writer.document("a", "0")
    writer.version("v0")

    def change(reads: int) -> None:
        if reads <= 3:
            writer.document("a", str(reads), generation=f"g{reads}")
            writer.version(f"v{reads}")

    holder = CorpusHolder(Store(settings, Between(change)), "m")
    found, _ = await holder.current()
    assert texts(found) == ["2"]
    found, _ = await holder.current()
    assert (texts(found), found.version) == (["3"], "v3")


async def test_a_document_that_stays_broken_is_served_as_it_is(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one", of=3)
    writer.version("v1")
    wire = Between()
    found, stale = await CorpusHolder(Store(settings, wire), "m").current()
    assert (texts(found), stale) == (["one"], False)
    assert wire.reads >= corpus.TRIES


async def test_a_collection_of_another_layout_is_refused_with_a_sentence(settings: Settings, writer: Writer) -> None:
    writer.version("v1", layout=99)
    with pytest.raises(StoreUnreachable, match="has layout 99, this version reads 1"):
        await CorpusHolder(Store(settings), "m").current()


async def test_rows_of_somebody_else_are_refused_with_a_sentence(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one")
    writer._rows.upsert(ids=["x"], documents=["x"], embeddings=[vector(0)], metadatas=[{"live": True, "colour": "red"}])
    with pytest.raises(StoreUnreachable, match="holds rows that ingest did not write"):
        await CorpusHolder(Store(settings), "m").current()


@pytest.mark.parametrize("reply", [b"{}", b"[]", b'{"id": 5}', b"<html>", b"\xff", b'"x"'])
async def test_a_server_that_is_not_chroma_is_an_unreachable_store(reply: bytes) -> None:
    wire = httpx.MockTransport(lambda request: httpx.Response(200, content=reply))
    store = Store(Settings(chroma_url=f"http://127.0.0.1:{free_port()}"), wire)
    with pytest.raises(StoreUnreachable):
        await CorpusHolder(store, "m").current()


async def test_vectors_of_another_model_are_not_mixed_with_ours(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one")
    writer.version("v1")
    with pytest.raises(StoreUnreachable, match="embedded by m, this ask has another"):
        await CorpusHolder(Store(settings), "another").current()


async def test_a_chroma_that_hangs_does_not_hold_up_questions_while_a_corpus_is_at_hand(
    settings: Settings, writer: Writer, at_once: None
) -> None:
    writer.document("a", "one")
    writer.version("v1")
    wire = Between()
    holder = CorpusHolder(Store(settings, wire), "m")
    await holder.current()
    wire.open.clear()
    async with asyncio.timeout(3):  # the wire stays shut: waiting for it would never end
        found, _ = await holder.current()
    assert texts(found) == ["one"]
    wire.open.set()
    await holder.close()
