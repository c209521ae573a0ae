"""Chroma away, hanging, or something else: what is held goes on, stale, and recovers."""

import asyncio

import httpx
import pytest

from functions.ask.holder import CorpusHolder
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.ask.corpus.rows import Between, Writer, has_vectors, texts, until
from tests.processes import Chroma, free_port


async def test_while_chroma_was_never_there_every_question_is_told_so_after_one_try(settings: Settings) -> None:
    tries: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        tries.append(request.url.path)
        raise httpx.ConnectTimeout("as a server that hangs", request=request)

    holder = CorpusHolder(Store(settings, httpx.MockTransport(refuse)), "m")
    found = await asyncio.gather(*(holder.current() for _ in range(32)), return_exceptions=True)
    assert {type(one) for one in found} == {StoreUnreachable}
    assert len(tries) == 1


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
    monkeypatch.setattr("functions.ask.holder.time.time", lambda: now)
    await holder.current()
    assert holder.as_of == "1970-01-01T00:00:00Z"
    now = 86_400.0
    own_chroma.stop()
    await holder.current()
    assert holder.as_of == "1970-01-01T00:00:00Z"
    own_chroma.start()
    await holder.current()
    assert holder.as_of == "1970-01-02T00:00:00Z"


@pytest.mark.parametrize("reply", [b"{}", b"[]", b'{"id": 5}', b"<html>", b"\xff", b'"x"'])
async def test_a_server_that_is_not_chroma_is_an_unreachable_store(reply: bytes) -> None:
    wire = httpx.MockTransport(lambda request: httpx.Response(200, content=reply))
    store = Store(Settings(chroma_url=f"http://127.0.0.1:{free_port()}"), wire)
    with pytest.raises(StoreUnreachable):
        await CorpusHolder(store, "m").current()


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
