"""Documents in the store: written whole, embedded once, replaced, withdrawn, in the order of their events."""

from dataclasses import replace

import numpy as np
import pytest

from functions.ingest.connection import open_client
from functions.ingest.ledger import Entry
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder
from functions.shared.problem import StoreUnreachable, Unavailable
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX, TOKENS_SUFFIX, Store, metadata
from tests.ingest.events import at, published, withdrawn
from tests.ingest.upsert.stored import Counting, chunks, ids, stored, texts
from tests.processes import Chroma, free_port


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


def test_events_compare_by_version_when_both_have_one_else_by_time() -> None:
    stands = Entry("live", at(5), "2")
    assert stands.is_newer_than(withdrawn(minute=9, version="1"))
    assert not stands.is_newer_than(withdrawn(minute=1, version="3"))
    assert stands.is_newer_than(withdrawn(minute=4, version="2"))
    assert not stands.is_newer_than(withdrawn(minute=5, version="2"))
    assert stands.is_newer_than(withdrawn(minute=4))
    assert not Entry().is_newer_than(withdrawn())
