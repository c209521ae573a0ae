"""A backup of a store with two documents, one of them replaced, and a tombstone."""

from pathlib import Path

import pytest

from functions.ingest.backup import save
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder
from functions.shared.settings import Settings
from tests.ingest.backup.saved import TEXTS, chunks
from tests.ingest.events import published, withdrawn


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
