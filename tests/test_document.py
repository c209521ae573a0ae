"""The whole document: real ingest, real Chroma, read back through what ask reads with."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings
from functions.shared.store import Row, Store
from tests.conftest import START
from tests.ingest.events import WITHDRAWN, headers
from tests.processes import Chroma, Function

V1 = "# Work\n\nJane worked at Acme.\n\n## Skills\n\n- Python\n- SQL\n\n## Place\n\nShe lives in Mainz.\n"
V2 = "# Work\n\nJane works at Globex.\n\n## Skills\n\n- Python\n- SQL\n"


class Ingest:
    """A running ingest and the store behind it."""

    def __init__(self, function: Function, settings: Settings) -> None:
        self.function = function
        self.store = Store(settings)

    async def send(self, content: str, minute: int = 0, **event: str) -> httpx.Response:
        async with httpx.AsyncClient(timeout=60) as client:
            return await client.post(
                self.function.url, content=content, headers=headers(event.pop("subject", "work"), minute, **event)
            )

    async def rows(self) -> list[Row]:
        head = await self.store.head()
        return sorted(await self.store.rows(head), key=lambda row: row.chunk.id) if head else []

    async def texts(self) -> list[str]:
        return [row.chunk.text for row in await self.rows()]

    async def version(self) -> str:
        head = await self.store.head()
        return head.corpus_version if head else ""


@pytest.fixture
async def ingest(settings: Settings, start_function: START) -> AsyncIterator[Ingest]:
    environment = {"CHROMA_URL": settings.chroma_url, "CHROMA_COLLECTION": settings.chroma_collection}
    running = Ingest(start_function("ingest", environment), settings)
    yield running
    await running.store.close()


async def test_a_published_document_is_searchable_by_section(ingest: Ingest) -> None:
    assert (await ingest.send(V1)).json()["chunks"] == 3
    assert [(row.chunk.heading, row.chunk.text) for row in await ingest.rows()] == [
        ("Work", "Jane worked at Acme."),
        ("Work › Skills", "- Python\n- SQL"),
        ("Work › Place", "She lives in Mainz."),
    ]


async def test_an_identical_republish_embeds_nothing_and_does_not_move_the_corpus_version(ingest: Ingest) -> None:
    await ingest.send(V1)
    before, version = await ingest.rows(), await ingest.version()
    assert (await ingest.send(V1, minute=1)).status_code == 204
    assert (await ingest.rows(), await ingest.version()) == (before, version)


async def test_a_replacement_leaves_nothing_stale(ingest: Ingest) -> None:
    await ingest.send(V1)
    version = await ingest.version()
    report = (await ingest.send(V2, minute=1)).json()
    assert (report["embedded"], report["reused"], report["retired"]) == (1, 1, 1)
    assert await ingest.texts() == ["Jane works at Globex.", "- Python\n- SQL"]
    assert report["corpus_version"] == await ingest.version() != version


async def test_a_withdrawn_document_is_gone_and_stays_gone_when_an_older_event_arrives(ingest: Ingest) -> None:
    await ingest.send(V1)
    assert (await ingest.send("", minute=2, kind=WITHDRAWN)).status_code == 200
    assert await ingest.texts() == []
    assert (await ingest.send(V2, minute=1)).status_code == 204
    assert await ingest.texts() == []


async def test_the_newest_event_wins_in_whatever_order_they_arrive(ingest: Ingest) -> None:
    for minute in (3, 1, 5, 2, 4):
        await ingest.send(f"# Work\n\nText of minute {minute}.", minute=minute)
    assert await ingest.texts() == ["Text of minute 5."]


async def test_documents_do_not_touch_each_other(ingest: Ingest) -> None:
    await ingest.send(V1, subject="a")
    await ingest.send(V2, subject="a/b")
    await ingest.send("", minute=1, subject="a", kind=WITHDRAWN)
    assert {row.chunk.document for row in await ingest.rows()} == {"a/b"}


async def test_nothing_private_reaches_the_store(ingest: Ingest) -> None:
    private = "0170 1234567, jane@example.org, Musterstraße 12, 55116 Mainz, born on 1 January 1990"
    await ingest.send(f"# Jane {private}\n\nReach her: {private}.\n\n## Pay\n<!-- audience: never -->\n\nSecret.\n")
    told = " ".join(f"{row.chunk.heading} {row.chunk.text} {row.chunk.uri}" for row in await ingest.rows())
    assert "Reach her" in told
    for canary in ("1234567", "jane@", "Musterstra", "1990", "Secret"):
        assert canary not in told


async def test_a_reader_that_polls_all_the_time_never_sees_a_mixture(ingest: Ingest) -> None:
    versions = {n: [f"Version {n}, line {line} of the text." for line in range(3 + 4 * (n % 3))] for n in range(12)}
    allowed = {tuple(lines) for lines in versions.values()} | {()}
    done = asyncio.Event()
    seen: list[tuple[str, ...]] = []

    async def poll() -> None:
        while not done.is_set():
            seen.append(tuple(await ingest.texts()))

    reader = asyncio.create_task(poll())
    for minute, lines in versions.items():
        content = "# Work\n\n" + "\n\n".join(f"## Part {n}\n\n{line}" for n, line in enumerate(lines))
        assert (await ingest.send(content, minute=minute)).status_code == 200
    done.set()
    await reader
    assert set(seen) <= allowed
    assert len(set(seen)) > 3, "the reader was too slow to prove anything"


async def test_without_chroma_events_are_answered_later_and_accepted_when_it_is_back(
    own_chroma: Chroma, start_function: START
) -> None:
    settings = Settings(chroma_url=own_chroma.url, chroma_collection=f"t{uuid.uuid4().hex}")
    environment = {"CHROMA_URL": settings.chroma_url, "CHROMA_COLLECTION": settings.chroma_collection}
    ingest = Ingest(start_function("ingest", environment), settings)
    assert (await ingest.send(V1)).status_code == 200
    own_chroma.stop()
    later = await ingest.send(V2, minute=1)
    assert (later.status_code, later.headers["content-type"]) == (503, "application/problem+json")
    assert later.headers["retry-after"]
    with pytest.raises(StoreUnreachable):
        await ingest.rows()
    own_chroma.start()
    assert (await ingest.send(V2, minute=1)).status_code == 200
    assert await ingest.texts() == ["Jane works at Globex.", "- Python\n- SQL"]
    await ingest.store.close()
