"""Contents encoded ahead of their round: they spare the model work and decide nothing."""

import gc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import numpy as np
import pytest

from functions.ingest.change import ROWS_AT_ONCE, Change, Written
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder, Encoded
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.ingest.events import published, withdrawn
from tests.ingest.upsert.stored import Counting, chunks, ids, stored, texts
from tests.processes import wait_until


def change(document: str, *words: str, minute: int = 0) -> Change:
    return Change(published("x", document=document, minute=minute), chunks(*words, document=document))


async def test_what_was_encoded_ahead_is_stored_and_not_encoded_again(
    settings: Settings, upserter: Upserter, model: Counting, embedder: Embedder
) -> None:
    ready = upserter.ahead([change("a", "One.", "Two."), change("b", "Three.")])
    assert sorted(model.encoded) == ["One.", "Three.", "Two."]
    assert await texts(settings) == []
    done = [one for one in upserter.write(ready) if isinstance(one, Written)]
    assert [(one.outcome, one.embedded) for one in done] == [("indexed", 2), ("indexed", 1)]
    assert len(model.encoded) == 3
    store = Store(settings)
    head = await store.head()
    assert head
    rows = await stored(settings)
    vectors = await store.vectors(head, [row.id for row in rows])
    matrices = await store.matrices([row.hash for row in rows])
    await store.close()
    for row in rows:
        alone = embedder.encode_tokens([row.chunk.indexed_text])[0]
        assert np.allclose(vectors[row.id], alone.vector, atol=1e-5)
        assert np.allclose(matrices[row.hash].floats(), alone.tokens, atol=5e-3)


def test_what_stands_already_is_not_encoded_ahead(upserter: Upserter, model: Counting) -> None:
    upserter.write([change("a", "One."), change("b", "Two.", minute=5)])
    model.encoded.clear()
    ready = upserter.ahead([change("a", "One.", minute=1), change("b", "Two.", minute=4), change("a", minute=2)])
    assert model.encoded == []
    assert [dict(one.encoded) for one in ready] == [{}, {}, {}]


def test_a_content_that_is_on_its_way_is_encoded_once(upserter: Upserter, model: Counting) -> None:
    first = upserter.ahead([change("a", "One.")])
    again = upserter.ahead([change("a", "One."), change("a", "One.", minute=1)])
    assert model.encoded == ["One."]
    assert first[0].encoded.keys() == again[0].encoded.keys() == again[1].encoded.keys()


async def test_what_came_between_decides(settings: Settings, upserter: Upserter, model: Counting) -> None:
    ready = upserter.ahead([change("a", "One.", minute=1)])
    upserter.upsert(withdrawn(document="a", minute=2), [], "withdrawn")
    (late,) = upserter.write(ready)
    assert isinstance(late, Written)
    assert (late.outcome, late.embedded) == ("stale", 0)
    assert await texts(settings) == []
    assert ids(settings, "-tokens") == []


async def test_a_matrix_that_was_deleted_meanwhile_is_stored_again(settings: Settings, upserter: Upserter) -> None:
    upserter.upsert(published("x", document="a"), chunks("One.", document="a"))
    ready = upserter.ahead([change("b", "One.")])
    upserter.upsert(withdrawn(document="a", minute=1), [], "withdrawn")
    assert ids(settings, "-tokens") == []
    upserter.write(ready)
    assert await texts(settings) == ["One."]
    assert len(ids(settings, "-tokens")) == 1


def test_more_than_a_portion_is_not_held_in_memory(upserter: Upserter, model: Counting) -> None:
    long = change("long", *(f"{n}" for n in range(ROWS_AT_ONCE + 1)))
    ready = upserter.ahead([long, change("a", "One.")])
    assert model.encoded == ["One."]
    assert (len(ready[0].encoded), len(ready[1].encoded)) == (0, 1)


def test_nor_more_of_several_changes_together(
    upserter: Upserter, model: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ingest.ahead.ROWS_AT_ONCE", 3)
    ready = upserter.ahead([change("a", "One.", "Two."), change("b", "Three.", "Four."), change("c", "Five.")])
    assert [len(one.encoded) for one in ready] == [2, 0, 1]
    assert sorted(model.encoded) == ["Five.", "One.", "Two."]


def test_what_was_encoded_goes_with_the_last_change_that_holds_it(upserter: Upserter, model: Counting) -> None:
    for _ in range(2):
        upserter.ahead([change("a", "One.")])  # and nobody keeps what came of it
        gc.collect()
    assert model.encoded == ["One.", "One."]


class Held(Counting):
    """Stands still over certain texts until each is let go."""

    def __init__(self, real: Embedder, *texts: str) -> None:
        super().__init__(real)
        self.may_go = {text: Event() for text in texts}

    def encode_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        encoded = super().encode_tokens(texts)
        held = self.may_go.get(texts[0].split("\n", 1)[1])
        assert held is None or held.wait(60)
        return encoded


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request of this process to a server, as it leaves."""
    sent: list[str] = []
    real = httpx.Client.send

    def counted(self: httpx.Client, request: httpx.Request, **how: object) -> httpx.Response:
        sent.append(f"{request.method} {request.url.path}")
        return real(self, request, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.Client, "send", counted)
    return sent


def test_an_event_alone_takes_nine_requests(upserter: Upserter, requests: list[str]) -> None:
    upserter.upsert(published("x"), chunks("The collections are there."))
    requests.clear()
    upserter.upsert(published("x", document="new"), chunks("New.", document="new"))
    assert len(requests) == 9


async def test_eight_events_in_flight_take_two_rounds_of_requests(
    settings: Settings, embedder: Embedder, requests: list[str]
) -> None:
    held = Held(embedder, "first", "second")
    upserter = Upserter(settings, held)
    upserter.upsert(published("x"), chunks("The collections are there."))
    requests.clear()
    with ThreadPoolExecutor(8) as pool:

        def send(name: str) -> Written:
            return upserter.upsert(published("x", document=name), chunks(name, document=name))

        done = [pool.submit(send, "first")]
        wait_until(lambda: "first" in held.encoded)
        done.append(pool.submit(send, "second"))
        wait_until(lambda: "second" in held.encoded)
        done += [pool.submit(send, f"d{n}") for n in range(6)]
        wait_until(lambda: len(upserter._together._unprepared) == 6)
        held.may_go["second"].set()
        wait_until(lambda: len(upserter._together._waiting) == 7)
        held.may_go["first"].set()
        assert [one.result().outcome for one in done] == ["indexed"] * 8
    # Nine a round, and a look ahead of the second for those who came first and for those who came later.
    assert len(requests) == 2 * 9 + 2
    assert len(await texts(settings)) == 9
