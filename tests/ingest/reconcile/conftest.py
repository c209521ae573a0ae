"""A folder of four documents and the store that follows it."""

from pathlib import Path

import pytest

from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder
from functions.shared.settings import Settings
from tests.ingest.reconcile.followed import Source, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    root.mkdir()
    for number in range(4):
        write(root, f"d{number}", f"Document number {number}.")
    return root


@pytest.fixture
def upserter(settings: Settings, embedder: Embedder) -> Upserter:
    return Upserter(settings, embedder)


@pytest.fixture
def source(folder: Path, settings: Settings, upserter: Upserter) -> Source:
    return Source(folder, settings, upserter)
