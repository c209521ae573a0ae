"""Backup and restore over real Chroma servers and real processes: the same answers, or nothing written."""

import json
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from functions.ingest import archive, backup
from functions.ingest.archive import Archive, Damaged
from functions.ingest.backup import CannotRestore, CannotSave, restore, save
from functions.ingest.connection import open_client
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder, Encoded, Floats
from functions.shared.problem import StoreUnreachable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX, THRESHOLD, TOKENS_SUFFIX, Store
from tests.conftest import START
from tests.ingest.events import published, withdrawn
from tests.processes import CLEAN, ROOT, Chroma, free_port

QUESTIONS = (
    "Where does Vivek work?",
    "Which languages does he speak?",
    "What did he study?",
    "What is his shoe size?",
    "When did he work at Furnace Fabrica?",
    "Which projects has he done?",
)
TEXTS = ("He builds pipelines.", "Er lebt in Mainz.", "SQL and Python.")


def chunks(document: str, *texts: str) -> list[Chunk]:
    return [Chunk(document, n, "Title", "https://h/", "Work", text) for n, text in enumerate(texts)]


@pytest.fixture
def upserter(settings: Settings, embedder: Embedder) -> Upserter:
    """A store with two documents, one of them replaced, and a tombstone."""
    made = Upserter(settings, embedder)
    made.upsert(published("x", document="cv"), chunks("cv", "Old.", "Older."))
    made.upsert(published("x", document="cv", minute=1, version="7"), chunks("cv", *TEXTS))
    made.upsert(published("x", document="b"), chunks("b", "B."))
    made.upsert(published("x", document="gone"), chunks("gone", "Gone."))
    made.upsert(withdrawn("gone", minute=2), [], "withdrawn")
    made.store_threshold(0.75)
    return made


@pytest.fixture
def file(tmp_path: Path, settings: Settings, upserter: Upserter) -> Path:
    save(tmp_path / "a.backup", settings)
    return tmp_path / "a.backup"


def elsewhere(settings: Settings) -> Settings:
    """Another, empty place in the same Chroma."""
    return Settings(
        chroma_url=settings.chroma_url, chroma_collection=f"t{uuid.uuid4().hex}", model_dir=settings.model_dir
    )


def contents(settings: Settings, suffix: str) -> dict[str, tuple[Any, ...]]:
    """Every row of a collection."""
    found = open_client(settings).get_collection(settings.chroma_collection + suffix, embedding_function=None)
    include = ["metadatas", "documents", "embeddings"]
    rows = found.get(include=include)
    told = [{k: v for k, v in fields.items() if k != "made"} for fields in rows["metadatas"]]
    vectors = [tuple(vector) for vector in rows["embeddings"]]
    return dict(zip(rows["ids"], zip(told, rows["documents"], vectors, strict=True), strict=True))


def names(settings: Settings) -> set[str]:
    return {one.name for one in open_client(settings).list_collections() if settings.chroma_collection in one.name}


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


def rebuilt(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same zip with other contents."""
    with zipfile.ZipFile(file) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    change(parts)
    with zipfile.ZipFile(file, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return file


def put(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.__setitem__(name, content)


def manifest_of(told: Mapping[str, object]) -> Callable[[dict[str, bytes]], None]:
    """Another manifest, with its own checksum right."""
    import hashlib

    def change(parts: dict[str, bytes]) -> None:
        text = json.dumps({**json.loads(parts["manifest.json"]), **told}).encode()
        parts["manifest.json"], parts["manifest.sha256"] = text, hashlib.sha256(text).hexdigest().encode()

    return change


DAMAGE: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "a changed text": (put("passages-00001.jsonl", b"{}"), "passages-00001.jsonl is not what was written"),
    "changed vectors": (put("vectors-00001.npy", b"x"), "vectors-00001.npy is not what was written"),
    "changed matrices": (put("tokens-00001.jsonl", b""), "tokens-00001.jsonl is not what was written"),
    "a changed ledger": (put("ledger-00001.jsonl", b""), "ledger-00001.jsonl is not what was written"),
    "a lost part": (lambda parts: parts.pop("tokens-00001.jsonl"), "it lacks tokens-00001.jsonl"),
    "a changed manifest": (put("manifest.json", b"{}"), "manifest.json is not what was written"),
    "no manifest": (lambda parts: parts.pop("manifest.json"), "has no manifest"),
    "another format": (manifest_of({"format": "x"}), "no backup of this project"),
    "a later version": (manifest_of({"version": 2}), "a backup of version 2, this restores 1"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_file_is_named_before_anything_is_written(
    settings: Settings, file: Path, damage: str
) -> None:
    change, says = DAMAGE[damage]
    there = elsewhere(settings)
    with pytest.raises(Damaged, match=says):
        restore(rebuilt(file, change), there, force=True)
    assert names(there) == set()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(settings: Settings, file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    there = elsewhere(settings)
    with pytest.raises(Damaged, match="is no backup"):
        restore(file, there)
    assert names(there) == set()


def test_no_byte_of_a_part_may_change(settings: Settings, file: Path) -> None:
    with zipfile.ZipFile(file) as whole:
        starts = {one.filename: one.header_offset + 30 + len(one.filename) for one in whole.infolist()}
    content = file.read_bytes()
    for name, start in starts.items():
        file.write_bytes(content[: start + 9] + bytes([content[start + 9] ^ 0x40]) + content[start + 10 :])
        with pytest.raises(Damaged, match=name.replace(".", r"\.")):
            Archive(file)


def test_what_is_no_backup_at_all_is_said_so(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(Damaged, match="There is no file"):
        restore(tmp_path / "none", settings)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(Damaged, match="is no backup"):
        restore(tmp_path / "text", settings)


def test_a_part_that_unpacks_beyond_measure_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_PART", 100)
    with pytest.raises(Damaged, match="larger than any part"):
        Archive(file)


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

    def encode_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        return [
            Encoded(vector, one.tokens[:, :64], one.spans)
            for one, vector in zip(self._real.encode_tokens(texts), self.encode(texts), strict=True)
        ]


async def test_another_model_embeds_every_passage_anew(
    settings: Settings, file: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller = Smaller(embedder)
    monkeypatch.setattr(backup, "open_embedder", lambda settings: smaller)
    there, told = elsewhere(settings), list[str]()
    restore(file, there, told.append)
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


def run(environment: Mapping[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "functions.ingest.backup", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env={**CLEAN, **environment}, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_restore_into_an_empty_chroma_gives_the_same_answers(
    fed: Mapping[str, str], own_chroma: Chroma, tmp_path: Path, start_function: START
) -> None:
    file = tmp_path / "portfolio.backup"
    there = {**fed, "CHROMA_URL": own_chroma.url}
    saved = run(fed, "save", file)
    assert saved.returncode == 0, saved.stderr
    done = run(there, "restore", file)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("holds it now.")
    old, new = start_function("ask", fed), start_function("ask", there)
    answers = [[record(ask.url, question) for question in QUESTIONS] for ask in (old, new)]
    assert answers[0] == answers[1]
    assert sum(one["answered"] for one in answers[0]) >= 4


def record(url: str, question: str) -> dict[str, Any]:
    """The answer without what differs from one asking to the next."""
    told = httpx.post(url, json={"question": question}, timeout=60).json()
    return {name: value for name, value in told.items() if name not in ("id", "timings_ms")}


def test_the_command_says_in_a_sentence_what_cannot_be_done(
    fed: Mapping[str, str], own_chroma: Chroma, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("hello")
    empty = {**fed, "CHROMA_URL": own_chroma.url}
    for environment, arguments, says in (
        (empty, ("restore", tmp_path / "text"), "is no backup"),
        (empty, ("save", tmp_path / "b"), "nothing to save"),
        (fed, ("save", tmp_path / "no" / "folder"), "No such file or directory"),
    ):
        done = run(environment, *arguments)
        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr
