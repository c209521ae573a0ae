"""Several writers of one document: one at a time, and the newest event wins however long one stood still."""

import threading
from collections.abc import Callable

import pytest

from functions.ingest.change import Written
from functions.ingest.event import Event
from functions.ingest.ledger import Ledger
from functions.ingest.upsert import Upserter
from functions.shared.problem import Unavailable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX, Store
from tests.ingest.events import published, withdrawn
from tests.ingest.upsert.stored import Counting, Crash, chunks, ids, ledger_of, texts


def test_of_many_writers_of_one_document_one_gets_the_turn(settings: Settings, upserter: Upserter) -> None:
    upserter.upsert(published("x"), chunks("One."))
    ledger = ledger_of(settings)
    page = ledger.read(["doc"])["doc"]
    start, had = threading.Barrier(6), []

    def contend() -> None:
        start.wait()
        had.append(ledger.take([page], {"doc": 1}))

    threads = [threading.Thread(target=contend) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, had)) == [0, 0, 0, 0, 0, 1]
    with pytest.raises(Unavailable, match="Another event"):
        upserter.upsert(published("x", minute=1), chunks("Two."))


def test_a_turn_that_expired_may_be_taken_over(
    settings: Settings, upserter: Upserter, monkeypatch: pytest.MonkeyPatch
) -> None:
    upserter.upsert(published("x"), chunks("One."))
    ledger = ledger_of(settings)
    ledger.take(list(ledger.read(["doc"]).values()), {"doc": 1})
    with pytest.raises(Unavailable):
        upserter.upsert(published("x", minute=1), chunks("Two."))
    monkeypatch.setattr("functions.ingest.ledger.time.time", lambda: 4e9)
    assert upserter.upsert(published("x", minute=1), chunks("Two.")).outcome == "indexed"


class Paused:
    """A writer that stands still before one of its requests, for longer than its turn lasts."""

    def __init__(self, settings: Settings, model: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.model, self.patch = settings, model, monkeypatch

    def stand_still(self, suffix: str, verb: str, meanwhile: Callable[[], object], after: bool = False) -> None:
        """Before (or `after`) the next `verb` on that collection, `meanwhile` happens, when the turn has expired."""
        from chromadb.api.models.Collection import Collection

        real = getattr(Collection, verb)

        def waiting(collection: Collection, *args: object, **kwargs: object) -> object:
            if collection.name == self.settings.chroma_collection + suffix:
                self.patch.setattr(Collection, verb, real)
                self.patch.setattr("functions.ingest.ledger.LEASE_S", 1e6)
                done = real(collection, *args, **kwargs) if after else None
                meanwhile()
                if after:
                    return done
            return real(collection, *args, **kwargs)

        self.patch.setattr("functions.ingest.ledger.LEASE_S", -1.0)
        self.patch.setattr(Collection, verb, waiting)

    def write(self, event: Event, wanted: list[Chunk], state: str = "live") -> Written:
        return Upserter(self.settings, self.model).upsert(event, wanted, state)


@pytest.fixture
def paused(settings: Settings, model: Counting, monkeypatch: pytest.MonkeyPatch) -> Paused:
    writer = Paused(settings, model, monkeypatch)
    writer.write(published("x"), chunks("One."))
    return writer


PAUSES = [("", "add"), ("", "delete"), ("", "modify"), (LEDGER_SUFFIX, "upsert")]


@pytest.mark.parametrize("pause", PAUSES)
async def test_a_writer_that_stood_still_does_not_overwrite_a_newer_document(
    paused: Paused, settings: Settings, pause: tuple[str, str]
) -> None:
    late, newer = published("x", minute=1), published("x", minute=2)
    paused.stand_still(*pause, lambda: paused.write(newer, chunks("Three.", "Four.")))
    with pytest.raises(Unavailable):
        paused.write(late, chunks("Two."))
    assert await texts(settings) == ["Three.", "Four."]
    assert paused.write(late, chunks("Two.")).outcome == "stale"
    assert await texts(settings) == ["Three.", "Four."]
    assert [key.partition("@")[0] for key in ids(settings)] == ["doc#00000", "doc#00001"]
    assert paused.write(newer, chunks("Three.", "Four.")).outcome == "unchanged"


@pytest.mark.parametrize("pause", PAUSES)
async def test_a_writer_that_stood_still_does_not_bring_back_a_withdrawn_document(
    paused: Paused, settings: Settings, pause: tuple[str, str]
) -> None:
    late, newer = published("x", minute=1), withdrawn(minute=2)
    paused.stand_still(*pause, lambda: paused.write(newer, [], "withdrawn"))
    with pytest.raises(Unavailable):
        paused.write(late, chunks("Two."))
    assert await texts(settings) == ids(settings) == []
    assert paused.write(late, chunks("Two.")).outcome == "stale"


@pytest.mark.parametrize("pause", PAUSES)
async def test_a_newer_event_that_changes_nothing_outlives_a_writer_that_stood_still(
    paused: Paused, settings: Settings, pause: tuple[str, str]
) -> None:
    late, newer = published("x", minute=1), published("x", minute=2)
    paused.stand_still(*pause, lambda: paused.write(newer, chunks("One.")))
    with pytest.raises(Unavailable):
        paused.write(late, chunks("Two."))
    assert await texts(settings) == ["One."]
    assert paused.write(late, chunks("Two.")).outcome == "stale"
    assert await texts(settings) == ["One."]


@pytest.mark.parametrize("pause", PAUSES)
async def test_the_same_event_delivered_again_while_a_writer_stands_still_is_applied_once(
    paused: Paused, settings: Settings, pause: tuple[str, str]
) -> None:
    event = published("x", minute=1)
    paused.stand_still(*pause, lambda: paused.write(event, chunks("Two.")))
    with pytest.raises(Unavailable):
        paused.write(event, chunks("Two."))
    assert await texts(settings) == ["Two."]
    assert paused.write(event, chunks("Two.")).outcome == "unchanged"
    assert len(ids(settings)) == 1


@pytest.mark.parametrize("pause", [("", "delete"), ("", "modify"), (LEDGER_SUFFIX, "upsert")])
async def test_a_withdrawal_that_stood_still_loses_against_a_newer_document(
    paused: Paused, settings: Settings, pause: tuple[str, str]
) -> None:
    late = withdrawn(minute=2)
    paused.stand_still(*pause, lambda: paused.write(published("x", minute=3), chunks("Three.")))
    with pytest.raises(Unavailable):
        paused.write(late, [], "withdrawn")
    assert await texts(settings) == ["Three."]
    assert paused.write(late, [], "withdrawn").outcome == "stale"


async def test_a_withdrawal_that_an_older_document_overtook_is_applied_when_it_comes_again(
    paused: Paused, settings: Settings
) -> None:
    later = withdrawn(minute=5)
    paused.stand_still(LEDGER_SUFFIX, "upsert", lambda: paused.write(published("x", minute=4), chunks("Four.")))
    with pytest.raises(Unavailable):
        paused.write(later, [], "withdrawn")
    assert paused.write(later, [], "withdrawn").outcome == "removed"
    assert await texts(settings) == ids(settings) == []


async def test_a_late_row_of_a_dead_writer_is_cleared_away_by_the_next_delivery(
    settings: Settings, upserter: Upserter, model: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    upserter.upsert(published("x"), chunks("One."))
    late = published("x", minute=1)
    paused = Paused(settings, model, monkeypatch)

    def overtake_and_die() -> None:
        paused.write(published("x", minute=2), chunks("One."))
        monkeypatch.setattr(Ledger, "overtaken", lambda self, turns: (_ for _ in ()).throw(Crash()))

    with monkeypatch.context() as patched:
        paused.patch = patched
        paused.stand_still("", "add", overtake_and_die)
        with pytest.raises(Crash):
            paused.write(late, chunks("Two."))
    monkeypatch.undo()
    assert len(ids(settings)) == 2
    assert Upserter(settings, model).upsert(late, chunks("Two.")).outcome == "stale"
    assert (await texts(settings), len(ids(settings))) == (["One."], 1)


async def test_readers_are_told_when_a_late_writer_takes_back_what_it_showed(
    paused: Paused, settings: Settings
) -> None:
    versions: list[str] = []
    withdrawing = withdrawn(minute=2)
    paused.stand_still("", "add", lambda: versions.append(paused.write(withdrawing, [], "withdrawn").corpus_version))
    with pytest.raises(Unavailable):
        paused.write(published("x", minute=1), chunks("Two."))
    store = Store(settings)
    head = await store.head()
    await store.close()
    assert head
    assert head.corpus_version not in versions


async def test_a_late_writer_takes_nothing_back_that_the_next_may_rely_on(
    paused: Paused, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = published("x", minute=1)

    def die_before_the_end() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "finish", lambda self, entries, over=True: (_ for _ in ()).throw(Crash()))
            patched.setattr(Ledger, "give_back", lambda self, turns, **fields: None)
            with pytest.raises(Crash):
                paused.write(event, chunks("Two."))

    with monkeypatch.context() as paused.patch:
        paused.stand_still("", "add", die_before_the_end, after=True)
        with pytest.raises(Unavailable):
            paused.write(event, chunks("Two."))
    assert await texts(settings) == ["Two."]
