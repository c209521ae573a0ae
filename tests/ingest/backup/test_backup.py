"""Backup and restore over a real Chroma: everything comes back, or nothing is written."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.api.models.Collection import Collection

from functions.ingest import backup
from functions.ingest import restore as module
from functions.ingest.backup import CannotSave, save
from functions.ingest.connection import MATRICES_UNSYNCED, open_client
from functions.ingest.restore import CannotRestore, restore
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder, Encoded, Floats
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX, THRESHOLD, TOKENS_SUFFIX, Store
from tests.ingest.backup.saved import TEXTS, chunks, contents, elsewhere, names
from tests.ingest.events import published
from tests.processes import free_port


def test_every_row_vector_matrix_and_entry_comes_back(settings: Settings, file: Path) -> None:
    there = elsewhere(settings)
    told: list[str] = []
    restore(file, there, told.append)
    for suffix in ("", TOKENS_SUFFIX):
        assert contents(there, suffix) == contents(settings, suffix)
    standing = {
        key: row for key, row in contents(settings, LEDGER_SUFFIX).items() if row[0]["state"] in ("live", "withdrawn")
    }
    assert contents(there, LEDGER_SUFFIX) == standing
    assert "4 passages" in told[0]
    assert names(there) == {there.chroma_collection + suffix for suffix in ("", TOKENS_SUFFIX, LEDGER_SUFFIX)}


def test_what_a_restore_that_died_left_beside_the_store_is_not_mixed_in(settings: Settings, file: Path) -> None:
    there = elsewhere(settings)
    for suffix in ("", TOKENS_SUFFIX, LEDGER_SUFFIX):
        left = open_client(there).create_collection(f"{there.chroma_collection}{suffix}.restore")
        left.add(ids=["left"], embeddings=[[1.0, 0.0]], metadatas=[{"document": "left"}])
    restore(file, there)
    for suffix in ("", TOKENS_SUFFIX):
        assert contents(there, suffix) == contents(settings, suffix)
    assert "left" not in contents(there, LEDGER_SUFFIX)
    assert names(there) == {there.chroma_collection + suffix for suffix in ("", TOKENS_SUFFIX, LEDGER_SUFFIX)}


def test_collections_keep_what_is_told_of_them(settings: Settings, file: Path) -> None:
    there = elsewhere(settings)
    restore(file, there)
    client, old = open_client(there), open_client(settings)
    for suffix in ("", TOKENS_SUFFIX):
        before = old.get_collection(settings.chroma_collection + suffix, embedding_function=None).metadata
        assert client.get_collection(there.chroma_collection + suffix, embedding_function=None).metadata == before
    assert before == {THRESHOLD: 0.75}


def test_events_go_on_where_they_were(settings: Settings, file: Path, embedder: Embedder) -> None:
    there = elsewhere(settings)
    restore(file, there)
    made = Upserter(there, embedder)
    assert made.upsert(published("x", document="cv", minute=5, version="6"), chunks("cv", "x")).outcome == "stale"
    assert made.upsert(published("x", document="gone", minute=1), chunks("gone", "x")).outcome == "stale"
    again = made.upsert(published("x", document="cv", minute=6, version="8"), chunks("cv", *TEXTS))
    assert (again.outcome, again.embedded) == ("unchanged", 0)
    assert made.upsert(published("x", document="cv", minute=7, version="9"), chunks("cv", "New.")).outcome == "indexed"
    assert len([row for row in contents(there, "").values() if row[0]["document"] == "cv"]) == 1


def test_a_turn_under_way_is_not_taken_along(settings: Settings, upserter: Upserter, tmp_path: Path) -> None:
    from functions.ingest.ledger import Ledger

    ledger = Ledger(
        open_client(settings).get_collection(settings.chroma_collection + LEDGER_SUFFIX, embedding_function=None)
    )
    ledger.take(list(ledger.read(["cv"]).values()), {"cv": 2})
    save(tmp_path / "b", settings)
    there = elsewhere(settings)
    restore(tmp_path / "b", there)
    assert {row[0]["expires"] for row in contents(there, LEDGER_SUFFIX).values()} == {0.0}


def test_a_store_that_holds_something_is_replaced_only_by_force(
    settings: Settings, file: Path, embedder: Embedder
) -> None:
    there = elsewhere(settings)
    Upserter(there, embedder).upsert(published("x", document="other"), chunks("other", "Other."))
    before = contents(there, "")
    with pytest.raises(CannotRestore, match=r"hold 3 rows: --force replaces them\."):
        restore(file, there)
    assert contents(there, "") == before
    restore(file, there, force=True)
    assert contents(there, "") == contents(settings, "")
    assert len(names(there)) == 3


def test_restored_matrices_reach_the_disk_as_often_as_ingested_ones(settings: Settings, file: Path) -> None:
    there = elsewhere(settings)
    restore(file, there)
    matrices = open_client(there).get_collection(there.chroma_collection + TOKENS_SUFFIX, embedding_function=None)
    assert matrices.configuration_json["hnsw"]["sync_threshold"] == MATRICES_UNSYNCED


class Smaller:
    """Another model: the first 64 dimensions of the real one."""

    name, dimension = "smaller@1", 64

    def __init__(self, real: Embedder) -> None:
        self._real = real

    def knows(self, word: str) -> bool:
        return self._real.knows(word)

    def encode(self, texts: Sequence[str]) -> Floats:
        cut = self._real.encode(texts)[:, :64]
        return np.asarray(cut / np.linalg.norm(cut, axis=1, keepdims=True), np.float32)

    def encode_tokens(self, texts: Sequence[str], questions: bool = False) -> list[Encoded]:
        return [
            Encoded(vector, one.tokens[:, :64], one.spans)
            for one, vector in zip(self._real.encode_tokens(texts, questions), self.encode(texts), strict=True)
        ]


async def test_another_model_embeds_every_passage_anew(
    settings: Settings, file: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller = Smaller(embedder)
    monkeypatch.setattr(module, "open_bulk_embedder", lambda settings: smaller)
    there, told = elsewhere(settings), list[str]()
    await asyncio.to_thread(restore, file, there, told.append)  # it measures the threshold in a loop of its own
    assert f"The vectors are those of {embedder.name} (384 dimensions), the model here is smaller@1 (64)" in told[1]
    store = Store(there)
    head = await store.head()
    assert head
    rows = await store.rows(head)
    vectors = await store.vectors(head, [row.id for row in rows])
    await store.close()
    assert head.model == "smaller@1"
    assert sorted(row.chunk.text for row in rows) == sorted([*TEXTS, "B."])
    assert {row.hash for row in rows} == set(contents(there, TOKENS_SUFFIX))
    for row in rows:
        assert row.hash == row.chunk.content_hash("smaller@1")
        np.testing.assert_allclose(vectors[row.id], smaller.encode([row.chunk.indexed_text])[0], atol=1e-5)
    before = open_client(settings).get_collection(settings.chroma_collection, embedding_function=None).metadata
    assert head.corpus_version != before["corpus_version"]
    assert Upserter(there, smaller).upsert(published("x", document="b", minute=9), chunks("b", "B.")).embedded == 0


def test_pages_and_parts_of_any_size_hold_the_same(
    settings: Settings, upserter: Upserter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGE", 2)
    manifest = save(tmp_path / "b", settings)
    assert sum(name.startswith("passages-") for name in manifest.parts) == 2
    there = elsewhere(settings)
    restore(tmp_path / "b", there)
    assert contents(there, "") == contents(settings, "")


def test_a_corpus_that_changes_while_it_is_saved_is_saved_again(
    settings: Settings, upserter: Upserter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = backup._whole, []

    def busy(seen: Any) -> bool:
        tries.append(1)
        if len(tries) == 1:
            upserter.upsert(published("x", document="b", minute=8), chunks("b", "Changed."))
            return False
        return real(seen)

    monkeypatch.setattr(backup, "_whole", busy)
    save(tmp_path / "b", settings)
    assert len(tries) == 2
    there = elsewhere(settings)
    restore(tmp_path / "b", there)
    assert "Changed." in {row[1] for row in contents(there, "").values()}


def test_a_document_that_is_replaced_between_two_collections_is_saved_whole_or_not_at_all(
    settings: Settings, upserter: Upserter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: Embedder
) -> None:
    real, newer = Collection.get, published("x", document="b", minute=8)

    def get(collection: Collection, *args: Any, **kwargs: Any) -> Any:
        if collection.name == settings.chroma_collection and "embeddings" in kwargs.get("include", []):
            monkeypatch.setattr(Collection, "get", real)  # the ledger has been read
            upserter.upsert(newer, chunks("b", "Changed."))
        return real(collection, *args, **kwargs)

    monkeypatch.setattr(Collection, "get", get)
    save(tmp_path / "b", settings)
    there = elsewhere(settings)
    restore(tmp_path / "b", there)
    assert "Changed." in {row[1] for row in contents(there, "").values()}
    restored = Upserter(there, embedder)
    assert restored.upsert(newer, chunks("b", "Changed.")).outcome == "unchanged"
    assert restored.upsert(published("x", document="b", minute=7), chunks("b", "Older.")).outcome == "stale"


def test_a_corpus_that_never_rests_is_not_saved_and_leaves_no_file(
    settings: Settings, upserter: Upserter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_whole", lambda seen: False)
    with pytest.raises(CannotSave, match="three times"):
        save(tmp_path / "b", settings)
    assert list(tmp_path.iterdir()) == []


def test_without_a_corpus_or_a_chroma_it_is_said_so(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CannotSave, match="nothing to save"):
        save(tmp_path / "b", settings)
    with pytest.raises(StoreUnreachable):
        save(tmp_path / "b", Settings(chroma_url=f"http://127.0.0.1:{free_port()}"))
    assert list(tmp_path.iterdir()) == []
