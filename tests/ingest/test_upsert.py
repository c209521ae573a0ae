import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from functions.ingest import vectors
from functions.ingest.connection import open_client
from functions.ingest.event import Event
from functions.ingest.ledger import Entry, Ledger
from functions.ingest.upsert import DOCUMENTS_AT_ONCE, ROWS_AT_ONCE, Change, Upserter, Written, portions
from functions.shared.embed import Embedder, Encoded, Floats
from functions.shared.problem import StoreUnreachable, Unavailable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX, TOKENS_SUFFIX, Row, Store, metadata
from tests.ingest.events import at, published, withdrawn
from tests.processes import Chroma, free_port


def chunks(*texts: str, title: str = "Title", document: str = "doc") -> list[Chunk]:
    return [Chunk(document, position, title, "", "", text) for position, text in enumerate(texts)]


class Counting:
    """The real model, with a list of what it was asked to encode; it may be told to fail."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self.name, self.dimension = real.name, real.dimension
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        return self._real.encode(texts)

    def encode_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        self.encoded += [text.split("\n", 1)[1] for text in texts]
        return self._real.encode_tokens(texts)


@pytest.fixture
def model(embedder: Embedder) -> Counting:
    return Counting(embedder)


@pytest.fixture
def upserter(settings: Settings, model: Counting) -> Upserter:
    return Upserter(settings, model)


async def stored(settings: Settings) -> list[Row]:
    store = Store(settings)
    try:
        head = await store.head()
        return sorted(await store.rows(head), key=lambda row: row.chunk.id) if head else []
    finally:
        await store.close()


async def texts(settings: Settings) -> list[str]:
    return [row.chunk.text for row in await stored(settings)]


def ids(settings: Settings, suffix: str = "") -> list[str]:
    found = open_client(settings).get_collection(settings.chroma_collection + suffix, embedding_function=None)
    return sorted(found.get(include=[])["ids"])


async def test_a_published_document_can_be_read_back_whole(
    settings: Settings, upserter: Upserter, model: Counting
) -> None:
    wanted = chunks("One.", "Two.")
    written = upserter.upsert(published("x"), wanted)
    rows = await stored(settings)
    assert (written.outcome, written.chunks, written.embedded, written.retired) == ("indexed", 2, 2, 0)
    assert [row.chunk for row in rows] == wanted
    assert {row.of for row in rows} == {2}
    assert len({row.generation for row in rows}) == 1
    assert [row.hash for row in rows] == [chunk.content_hash(model.name) for chunk in wanted]


async def test_vectors_and_matrices_are_those_of_the_model(
    settings: Settings, upserter: Upserter, embedder: Embedder
) -> None:
    (wanted,) = chunks("He builds pipelines.")
    upserter.upsert(published("x"), [wanted])
    (encoded,) = embedder.encode_tokens([wanted.indexed_text])
    store = Store(settings)
    head = await store.head()
    assert head is not None
    assert head.model == embedder.name
    (row,) = await store.rows(head)
    np.testing.assert_allclose((await store.vectors(head, [row.id]))[row.id], encoded.vector, atol=1e-6)
    key = wanted.content_hash(embedder.name)
    matrix = (await store.matrices([key]))[key]
    assert np.sum(matrix.floats() * encoded.tokens, axis=1).min() > 0.999
    np.testing.assert_array_equal(matrix.spans, encoded.spans)
    await store.close()


async def test_the_same_document_again_writes_nothing_and_keeps_the_corpus_version(
    settings: Settings, upserter: Upserter, model: Counting
) -> None:
    first = upserter.upsert(published("x"), chunks("One.", "Two."))
    before = await stored(settings)
    again = upserter.upsert(published("x", minute=1), chunks("One.", "Two."))
    assert (again.outcome, again.embedded, again.reused) == ("unchanged", 0, 2)
    assert again.corpus_version == first.corpus_version
    assert await stored(settings) == before
    assert model.encoded == ["One.", "Two."]


async def test_only_new_content_is_embedded_wherever_it_moves(
    settings: Settings, upserter: Upserter, model: Counting
) -> None:
    upserter.upsert(published("x"), chunks("One.", "Two."))
    written = upserter.upsert(published("x", minute=1), chunks("New.", "One.", "Two.", "New."))
    assert model.encoded == ["One.", "Two.", "New."]
    assert (written.embedded, written.chunks) == (1, 4)
    assert await texts(settings) == ["New.", "One.", "Two.", "New."]


async def test_changed_metadata_is_written_without_embedding(settings: Settings, upserter: Upserter) -> None:
    first = upserter.upsert(published("x"), chunks("One."))
    moved = [replace(chunk, uri="https://example.org", updated="2026-01-31") for chunk in chunks("One.")]
    written = upserter.upsert(published("x", minute=1), moved)
    assert (written.outcome, written.embedded) == ("indexed", 0)
    assert written.corpus_version != first.corpus_version
    assert [row.chunk for row in await stored(settings)] == moved


async def test_a_shorter_document_leaves_nothing_behind(
    settings: Settings, upserter: Upserter, model: Counting
) -> None:
    upserter.upsert(published("x"), chunks("One.", "Two.", "Three."))
    written = upserter.upsert(published("x", minute=1), chunks("Four."))
    assert written.retired == 2
    assert await texts(settings) == ["Four."]
    assert [key.partition("@")[0] for key in ids(settings)] == ["doc#00000"]
    assert ids(settings, TOKENS_SUFFIX) == [chunks("Four.")[0].content_hash(model.name)]


async def test_a_matrix_that_another_document_uses_stays(settings: Settings, upserter: Upserter) -> None:
    upserter.upsert(published("x", document="a"), chunks("Same.", document="a"))
    upserter.upsert(published("x", document="b"), chunks("Same.", document="b"))
    upserter.upsert(withdrawn("a", minute=1), [], "withdrawn")
    assert len(ids(settings, TOKENS_SUFFIX)) == 1


async def test_a_withdrawn_document_is_gone_with_everything_computed_from_it(
    settings: Settings, upserter: Upserter
) -> None:
    first = upserter.upsert(published("x"), chunks("One.", "Two."))
    written = upserter.upsert(withdrawn(minute=1), [], "withdrawn")
    assert (written.outcome, written.retired) == ("removed", 2)
    assert written.corpus_version != first.corpus_version
    assert ids(settings) == ids(settings, TOKENS_SUFFIX) == []


async def test_an_older_event_changes_nothing(settings: Settings, upserter: Upserter, model: Counting) -> None:
    upserter.upsert(published("x", minute=2), chunks("New."))
    assert upserter.upsert(published("x", minute=1), chunks("Old.")).outcome == "stale"
    assert upserter.upsert(withdrawn(minute=1), [], "withdrawn").outcome == "stale"
    assert await texts(settings) == ["New."]
    assert model.encoded == ["New."]


async def test_a_withdrawn_document_stays_withdrawn_when_an_older_event_arrives(
    settings: Settings, upserter: Upserter
) -> None:
    upserter.upsert(withdrawn(minute=2), [], "withdrawn")
    assert upserter.upsert(published("x", minute=1), chunks("Old.")).outcome == "stale"
    assert await texts(settings) == []
    assert upserter.upsert(published("x", minute=3), chunks("New.")).outcome == "indexed"


async def test_a_version_decides_before_the_time_does(settings: Settings, upserter: Upserter) -> None:
    upserter.upsert(published("x", minute=1, version="2"), chunks("Two."))
    assert upserter.upsert(published("x", minute=5, version="1"), chunks("One.")).outcome == "stale"
    assert upserter.upsert(withdrawn(minute=6), [], "withdrawn").outcome == "removed"


class Crash(BaseException):
    """The process ends here: no handler of ours may make up for it."""


STEPS = {
    "matrices": (TOKENS_SUFFIX, "add"),
    "the lease": (LEDGER_SUFFIX, "add"),
    "the rows": ("", "add"),
    "the sweep": ("", "delete"),
    "the sweep of matrices": (TOKENS_SUFFIX, "delete"),
    "the corpus version": ("", "modify"),
    "the ledger": (LEDGER_SUFFIX, "upsert"),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("withdraws", [False, True], ids=["replace", "withdraw"])
async def test_a_crash_at_any_step_is_repaired_when_the_event_comes_again(
    settings: Settings, model: Counting, monkeypatch: pytest.MonkeyPatch, step: str, after: bool, withdraws: bool
) -> None:
    wanted = [] if withdraws else chunks("New.", "Two.")
    event: Event = withdrawn(minute=1) if withdraws else published("x", minute=1)
    state = "withdrawn" if withdraws else "live"
    first = Upserter(settings, model).upsert(published("x"), chunks("One.", "Two.", "Three."))

    from chromadb.api.models.Collection import Collection

    suffix, verb = STEPS[step]
    real = getattr(Collection, verb)

    def crashing(self: Collection, *args: object, **kwargs: object) -> object:
        if self.name != settings.chroma_collection + suffix:
            return real(self, *args, **kwargs)
        if after:
            real(self, *args, **kwargs)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Collection, verb, crashing)
        patched.setattr(Ledger, "give_back", lambda self, turns, **fields: None)
        try:
            Upserter(settings, model).upsert(event, wanted, state)
            assert withdraws, "the step was never reached"
            assert step in ("matrices", "the rows")
        except Crash:
            pass
    visible = await texts(settings)
    assert visible in (["One.", "Two.", "Three."], [chunk.text for chunk in wanted])

    # The turn of the dead process has expired by the time the event comes again.
    monkeypatch.setattr("functions.ingest.ledger.time.time", lambda: 4e9)
    again = Upserter(settings, model).upsert(event, wanted, state)
    assert await texts(settings) == [chunk.text for chunk in wanted]
    assert again.corpus_version != first.corpus_version
    assert [key.partition("@")[0] for key in ids(settings)] == [chunk.id for chunk in wanted]
    assert len(ids(settings, TOKENS_SUFFIX)) == len(wanted)
    assert Upserter(settings, model).upsert(event, wanted, state).outcome == "unchanged"


def ledger_of(settings: Settings) -> Ledger:
    name = settings.chroma_collection + LEDGER_SUFFIX
    return Ledger(open_client(settings).get_collection(name, embedding_function=None))


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

    def stand_still(self, suffix: str, verb: str, meanwhile: Callable[[], object]) -> None:
        """Before the next `verb` on that collection, `meanwhile` happens, when the turn has expired."""
        from chromadb.api.models.Collection import Collection

        real = getattr(Collection, verb)

        def waiting(collection: Collection, *args: object, **kwargs: object) -> object:
            if collection.name == self.settings.chroma_collection + suffix:
                self.patch.setattr(Collection, verb, real)
                self.patch.setattr("functions.ingest.ledger.LEASE_S", 1e6)
                meanwhile()
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


async def test_rows_and_entries_of_the_layout_before_turns_are_read_and_replaced(
    settings: Settings, upserter: Upserter, embedder: Embedder
) -> None:
    (old,) = chunks("One.")
    upserter.totals()  # makes the collections
    client = open_client(settings)
    rows, entries = (
        client.get_collection(settings.chroma_collection + suffix, embedding_function=None)
        for suffix in ("", LEDGER_SUFFIX)
    )
    generation = "3f" * 16
    rows.add(
        ids=[old.id],
        documents=[old.text],
        embeddings=embedder.encode([old.indexed_text]),
        metadatas=[metadata(old, old.content_hash(embedder.name), generation, 1)],
    )
    told = {"document": "doc", "kind": "entry", "state": "live", "time": at(1), "version": "", "generation": generation}
    lease = {"document": "doc", "kind": "lease", "number": 4, "holder": "h", "expires": 0.0}
    entries.add(ids=["doc#entry", "doc#lease#4"], embeddings=[[1.0, 0.0]] * 2, metadatas=[told, lease])
    assert await texts(settings) == ["One."]
    assert upserter.upsert(published("x"), chunks("Older.")).outcome == "stale"
    assert upserter.upsert(published("x", minute=2), chunks("One.")).outcome == "unchanged"
    assert upserter.upsert(published("x", minute=3), chunks("Two.", "Three.")).outcome == "indexed"
    assert await texts(settings) == ["Two.", "Three."]
    assert (len(ids(settings)), upserter.totals()) == (2, (2, 1))


def test_a_ledger_that_was_lost_does_not_hide_what_comes_next(settings: Settings, upserter: Upserter) -> None:
    for minute in range(3):
        upserter.upsert(published("x", minute=minute), chunks(f"Text {minute}."))
    open_client(settings).delete_collection(settings.chroma_collection + LEDGER_SUFFIX)
    with pytest.raises(StoreUnreachable):
        upserter.upsert(published("x", minute=3), chunks("New."))
    assert upserter.upsert(published("x", minute=3), chunks("New.")).outcome == "indexed"
    assert [key.partition("@")[0] for key in ids(settings)] == ["doc#00000"]


def test_ids_that_look_like_rows_of_the_ledger_keep_apart(settings: Settings, upserter: Upserter) -> None:
    for name in ("a", "a#entry", "a#lease#1", "a#00000"):
        upserter.upsert(published("x", document=name), chunks("One.", document=name))
        assert upserter.upsert(published("x", document=name), chunks("One.", document=name)).outcome == "unchanged"
    assert upserter.totals() == (4, 4)


def test_a_collection_of_another_model_is_left_alone(settings: Settings, upserter: Upserter, model: Counting) -> None:
    upserter.upsert(published("x"), chunks("One."))
    other = Counting(model)
    other.name = "other-model"
    with pytest.raises(Unavailable, match=r"holds vectors of .*CHROMA_COLLECTION"):
        Upserter(settings, other).upsert(published("x", minute=1), chunks("One."))


def test_collections_made_anew_are_found_again(settings: Settings, upserter: Upserter) -> None:
    upserter.upsert(published("x"), chunks("One."))
    client = open_client(settings)
    for suffix in ("", TOKENS_SUFFIX, LEDGER_SUFFIX):
        client.delete_collection(settings.chroma_collection + suffix)
    with pytest.raises(StoreUnreachable):
        upserter.upsert(published("x"), chunks("One."))
    assert upserter.upsert(published("x"), chunks("One.")).outcome == "indexed"


def test_an_unreachable_chroma_is_a_problem_to_try_again(model: Counting) -> None:
    settings = Settings(chroma_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StoreUnreachable, match="does not answer"):
        Upserter(settings, model)


def test_a_chroma_that_goes_away_is_a_problem_to_try_again(own_chroma: Chroma, model: Counting) -> None:
    upserter = Upserter(Settings(chroma_url=own_chroma.url), model)
    upserter.upsert(published("x"), chunks("One."))
    own_chroma.stop()
    with pytest.raises(StoreUnreachable):
        upserter.upsert(published("x", minute=1), chunks("Two."))
    own_chroma.start()
    assert upserter.upsert(published("x", minute=1), chunks("Two.")).outcome == "indexed"


def test_a_long_document_is_embedded_in_bounded_batches(
    settings: Settings, upserter: Upserter, model: Counting
) -> None:
    many = chunks(*(f"Sentence number {n}." for n in range(150)))
    assert upserter.upsert(published("x"), many).embedded == 150
    assert vectors.AT_ONCE < 150
    assert upserter.upsert(withdrawn(minute=1), [], "withdrawn").retired == 150


def test_events_compare_by_version_when_both_have_one_else_by_time() -> None:
    stands = Entry("live", at(5), "2")
    assert stands.is_newer_than(withdrawn(minute=9, version="1"))
    assert not stands.is_newer_than(withdrawn(minute=1, version="3"))
    assert stands.is_newer_than(withdrawn(minute=4, version="2"))
    assert not stands.is_newer_than(withdrawn(minute=5, version="2"))
    assert stands.is_newer_than(withdrawn(minute=4))
    assert not Entry().is_newer_than(withdrawn())
