"""Many changes after another: one portion is written while the next is read."""

import threading
from collections.abc import Iterator

import pytest

from functions.ingest import change as limits
from functions.ingest.change import Change, Written
from functions.ingest.load import load
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings
from tests.ingest.events import published
from tests.ingest.upsert.stored import chunks, texts


@pytest.fixture
def upserter(settings: Settings, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> Upserter:
    monkeypatch.setattr(limits, "DOCUMENTS_AT_ONCE", 2)
    return Upserter(settings, embedder)


def change(document: str, text: str, minute: int = 0) -> Change:
    return Change(published("x", document=document, minute=minute), chunks(text, document=document))


async def test_each_change_is_reported_once_in_its_order(settings: Settings, upserter: Upserter) -> None:
    changes = [change(f"d{n}", f"{n}.") for n in range(5)]
    done = list(load(changes, upserter))
    assert [one.event.document for one, _, _ in done] == ["d0", "d1", "d2", "d3", "d4"]
    assert {found for _, found, _ in done} == {"new"}
    assert all(isinstance(written, Written) and written.embedded == 1 for *_, written in done)
    assert await texts(settings) == ["0.", "1.", "2.", "3.", "4."]
    mixed = [changes[0], change("d1", "Other.", minute=1), changes[2], changes[3], change("d5", "5.")]
    again = [(found, isinstance(written, Written) and written.outcome) for _, found, written in load(mixed, upserter)]
    same = ("unchanged", False)
    assert again == [same, ("changed", "indexed"), same, same, ("new", "indexed")]


async def test_a_document_that_comes_twice_is_compared_with_what_was_written(
    settings: Settings, upserter: Upserter
) -> None:
    changes = [change("a", "One."), change("a", "Two.", minute=1), change("a", "Two.", minute=2)]
    assert [found for _, found, _ in load(changes, upserter)] == ["new", "changed", "unchanged"]
    assert await texts(settings) == ["Two."]


async def test_the_next_portion_is_read_while_one_is_written(
    settings: Settings, upserter: Upserter, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = threading.Event()
    real = upserter.write
    monkeypatch.setattr(upserter, "write", lambda some: (read.wait(30), real(some))[1])

    def changes() -> Iterator[Change]:
        yield from (change(f"d{n}", f"{n}.") for n in range(4))
        read.set()

    assert len(list(load(changes(), upserter))) == 4
    assert len(await texts(settings)) == 4


def test_nothing_is_written_for_a_plan(upserter: Upserter) -> None:
    done = list(load([change(f"d{n}", f"{n}.") for n in range(3)], upserter, dry_run=True))
    assert [(found, written) for _, found, written in done] == [("new", None)] * 3
    assert upserter.totals() == (0, 0)


def test_a_store_that_goes_away_ends_it(upserter: Upserter, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(changes: object) -> list[Written]:
        raise StoreUnreachable("Chroma at nowhere does not answer.")

    monkeypatch.setattr(upserter, "write", gone)
    with pytest.raises(StoreUnreachable):
        list(load([change("a", "One.")], upserter))
