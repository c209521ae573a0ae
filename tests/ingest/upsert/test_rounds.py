"""Events of several documents in one round of requests, long documents in bounded ones."""

import pytest

from functions.ingest import vectors
from functions.ingest.change import DOCUMENTS_AT_ONCE, ROWS_AT_ONCE, Change, Written, portions
from functions.ingest.upsert import Upserter
from functions.shared.problem import StoreUnreachable, Unavailable
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX
from tests.ingest.events import published, withdrawn
from tests.ingest.upsert.stored import Counting, chunks, ids, ledger_of, texts


def test_events_of_several_documents_share_one_round_of_requests(
    settings: Settings, upserter: Upserter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chromadb.api.models.Collection import Collection

    upserter.upsert(published("x"), chunks("One."))
    added = []
    real = Collection.add
    monkeypatch.setattr(Collection, "add", lambda self, **rows: (added.append(self.name), real(self, **rows)))
    names = [f"d{n}" for n in range(10)]
    done = upserter.write([Change(published("x", document=name), chunks(name, document=name)) for name in names])
    assert [one.outcome for one in done if isinstance(one, Written)] == ["indexed"] * 10
    assert len({one.corpus_version for one in done if isinstance(one, Written)}) == 1
    assert len(added) == 3


async def test_a_document_that_somebody_else_writes_does_not_hold_up_the_others(
    settings: Settings, upserter: Upserter
) -> None:
    upserter.upsert(published("x", document="a"), chunks("One.", document="a"))
    ledger = ledger_of(settings)
    ledger.take(list(ledger.read(["a"]).values()), {"a": 1})
    held, done = upserter.write(
        [
            Change(published("x", document="a", minute=1), chunks("Two.", document="a")),
            Change(published("x", document="b"), chunks("Three.", document="b")),
        ]
    )
    assert isinstance(held, Unavailable)
    assert isinstance(done, Written)
    assert await texts(settings) == ["One.", "Three."]


def test_a_portion_has_each_document_once_and_not_too_many_rows() -> None:
    def change(document: str, rows: int = 1) -> Change:
        return Change(published("x", document=document), chunks(*["x"] * rows, document=document))

    twice = [change("a"), change("b"), change("a")]
    assert list(portions(twice)) == [twice[:2], twice[2:]]
    large = [change("a"), change("b", ROWS_AT_ONCE + 1), change("c")]
    assert [len(one) for one in portions(large)] == [1, 1, 1]
    many = [change(str(n)) for n in range(DOCUMENTS_AT_ONCE + 1)]
    assert [len(one) for one in portions(many)] == [DOCUMENTS_AT_ONCE, 1]


def test_a_long_document_is_embedded_in_bounded_batches(
    settings: Settings, upserter: Upserter, model: Counting
) -> None:
    many = chunks(*(f"Sentence number {n}." for n in range(150)))
    assert upserter.upsert(published("x"), many).embedded == 150
    assert vectors.AT_ONCE < 150
    assert upserter.upsert(withdrawn(minute=1), [], "withdrawn").retired == 150


@pytest.mark.parametrize(("suffix", "verb"), [("", "add"), ("", "modify"), (LEDGER_SUFFIX, "upsert")])
async def test_an_event_whose_round_failed_may_come_again_at_once(
    settings: Settings, upserter: Upserter, monkeypatch: pytest.MonkeyPatch, suffix: str, verb: str
) -> None:
    from chromadb.api.models.Collection import Collection

    upserter.upsert(published("x"), chunks("One."))
    real = getattr(Collection, verb)

    def failing(collection: Collection, *args: object, **kwargs: object) -> object:
        if collection.name == settings.chroma_collection + suffix:
            raise ConnectionError("the disk is full")
        return real(collection, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Collection, verb, failing)
        with pytest.raises((ConnectionError, StoreUnreachable)):
            upserter.upsert(published("x", minute=1), chunks("Two."))
    assert upserter.upsert(published("x", minute=1), chunks("Two.")).outcome in ("indexed", "unchanged")
    assert await texts(settings) == ["Two."]


def test_the_turns_of_a_document_that_changes_often_do_not_pile_up(settings: Settings, upserter: Upserter) -> None:
    for minute in range(20):
        upserter.upsert(published("x", minute=minute), chunks(f"{minute}."))
    assert len(ids(settings, LEDGER_SUFFIX)) <= 10
