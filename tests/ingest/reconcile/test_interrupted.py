"""A run that is cut off, raced or killed: the next one completes it."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from functions.ingest.change import Written
from functions.ingest.connection import open_client
from functions.ingest.listing import folder_source
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder, Encoded
from functions.shared.problem import Problem, StoreUnreachable
from functions.shared.store import TOKENS_SUFFIX
from tests.conftest import MODEL
from tests.ingest.events import published
from tests.ingest.reconcile.followed import Source, chunk_of, write
from tests.processes import Process, wait_until


async def test_an_event_that_came_while_the_folder_was_read_is_newer(source: Source) -> None:
    source.reconcile()
    (source.folder / "d0.md").unlink()
    name = folder_source(source.folder)
    source.upserter.upsert(
        published("x", document="d0", source=name, minute=59, year="2099"), [chunk_of("d0", "Newer.")]
    )
    assert source.reconcile().removed == []
    assert (await source.texts())["d0"] == ["Newer."]


class Interrupted(BaseException):
    """Ctrl-C."""


class Weary:
    """The real model, until it was asked for this many texts."""

    def __init__(self, real: Embedder, texts: int) -> None:
        self._real, self.left = real, texts
        self.name, self.dimension, self.encode, self.knows = real.name, real.dimension, real.encode, real.knows

    def encode_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        self.left -= len(texts)
        if self.left < 0:
            raise Interrupted
        return self._real.encode_tokens(texts)


async def test_an_interrupted_run_goes_on_without_embedding_again(
    source: Source, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ingest.change.DOCUMENTS_AT_ONCE", 2)
    with pytest.raises(Interrupted):
        Source(source.folder, source.settings, Upserter(source.settings, Weary(embedder, 3))).reconcile()
    assert len(await source.texts()) == 2
    report = source.reconcile()
    assert (report.unchanged, len(report.added), report.embedded) == (2, 2, 2)


def test_matrices_of_content_that_never_came_to_be_are_swept_after_an_hour(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.reconcile()
    name = source.settings.chroma_collection + TOKENS_SUFFIX
    tokens = open_client(source.settings).get_collection(name, embedding_function=None)
    for key, made in (("0" * 32, 1), ("1" * 32, 2**31 - 1)):
        tokens.add(ids=[key], embeddings=[[1.0, 0.0]], metadatas=[{"matrix": "x", "made": made}])
    source.reconcile()
    left = set(tokens.get(include=[])["ids"])
    assert ("0" * 32 in left, "1" * 32 in left, len(left)) == (False, True, 5)


def test_a_document_somebody_else_writes_is_named_and_the_others_are_done(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = source.upserter.write

    def one_held(changes: Sequence[object]) -> list[Written | Problem]:
        done = real(changes)  # type: ignore[arg-type]
        return [StoreUnreachable("held"), *done[1:]]

    monkeypatch.setattr(source.upserter, "write", one_held)
    report = source.reconcile()
    assert (report.failed, report.added) == ({"d0": "held"}, ["d1", "d2", "d3"])


async def test_a_process_that_is_killed_half_way_leaves_what_the_next_run_completes(
    source: Source, tmp_path: Path
) -> None:
    for number in range(150):
        write(source.folder, f"more{number:03}", f"Line {number} of many.")
    environment = {
        "CHROMA_URL": source.settings.chroma_url,
        "CHROMA_COLLECTION": source.settings.chroma_collection,
        "MODEL_DIR": str(MODEL),
    }
    command = [sys.executable, "-m", "functions.ingest.cli", str(source.folder)]
    with Process(command, tmp_path / "out", environment) as child:
        wait_until(lambda: "embedded" in child.log.read_text() or child.returncode is not None)
        child.signal(signal.SIGKILL)
        child.wait()
    report = source.reconcile()
    assert report.unchanged + len(report.added) + len(report.changed) + len(report.failed) == 154
    wait_until(lambda: not source.reconcile().failed, timeout_s=90)  # what it was writing is held until its turn ends
    assert len(await source.texts()) == 154
