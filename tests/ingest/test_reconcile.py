"""A whole source against the store, over a real Chroma: added, changed, removed, and what stays."""

import json
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from functions.ingest.connection import open_client
from functions.ingest.listing import Folder, Look, folder_source
from functions.ingest.reconcile import Report, listing_of, reconcile
from functions.ingest.upsert import Upserter, Written
from functions.shared.embed import Embedder, Encoded
from functions.shared.problem import Problem, Refused, StoreUnreachable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import TOKENS_SUFFIX, Store
from tests.conftest import MODEL, START
from tests.fake_s3 import KEY, REGION, SECRET, FakeS3
from tests.ingest.events import PREFIX, headers, published, withdrawn
from tests.processes import Process, free_port, wait_until


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


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / f"{name}.md").write_text(f"# {name}\n\n" + "\n\n".join(lines))


class Source:
    """A folder and the store that follows it."""

    def __init__(self, folder: Path, settings: Settings, upserter: Upserter) -> None:
        self.folder, self.settings, self.upserter = folder, settings, upserter

    def reconcile(self, *, force: bool = False, dry_run: bool = False) -> Report:
        listing = Folder(self.folder, folder_source(self.folder))
        return reconcile("", self.settings, listing=listing, upserter=self.upserter, force=force, dry_run=dry_run)

    async def texts(self) -> dict[str, list[str]]:
        store = Store(self.settings)
        head = await store.head()
        found: dict[str, list[str]] = {}
        for row in await store.rows(head) if head else []:
            found.setdefault(row.chunk.document, []).append(row.chunk.text)
        await store.close()
        return found

    async def version(self) -> str:
        store = Store(self.settings)
        head = await store.head()
        await store.close()
        return head.corpus_version if head else ""


@pytest.fixture
def source(folder: Path, settings: Settings, upserter: Upserter) -> Source:
    return Source(folder, settings, upserter)


async def test_everything_is_added_and_then_nothing_is_done(source: Source) -> None:
    report = source.reconcile()
    assert (report.added, report.unchanged, report.embedded) == (["d0", "d1", "d2", "d3"], 0, 4)
    assert await source.texts() == {f"d{n}": [f"Document number {n}."] for n in range(4)}
    before = await source.version()
    again = source.reconcile()
    assert (again.unchanged, again.moved, again.embedded) == (4, False, 0)
    assert await source.version() == before
    assert str(again) == "4 documents, 4 unchanged."


async def test_what_changed_is_changed_and_what_is_gone_is_removed(source: Source) -> None:
    source.reconcile()
    write(source.folder, "d1", "Another text.")
    (source.folder / "d2.md").unlink()
    write(source.folder, "d4", "New.")
    report = source.reconcile()
    assert (report.added, report.changed, report.removed, report.unchanged) == (["d4"], ["d1"], ["d2"], 2)
    assert sorted(await source.texts()) == ["d0", "d1", "d3", "d4"]
    assert (await source.texts())["d1"] == ["Another text."]


async def test_a_plan_is_only_a_plan(source: Source) -> None:
    source.reconcile()
    before, version = await source.texts(), await source.version()
    write(source.folder, "d1", "Another text.")
    (source.folder / "d2.md").unlink()
    report = source.reconcile(dry_run=True)
    assert (report.changed, report.removed, report.moved) == (["d1"], ["d2"], False)
    assert (await source.texts(), await source.version()) == (before, version)


async def test_more_than_three_in_ten_are_removed_only_by_force(source: Source) -> None:
    source.reconcile()
    for gone in ("d0", "d1"):
        (source.folder / f"{gone}.md").unlink()
    report = source.reconcile()
    assert (report.removed, report.kept) == ([], ["d0", "d1"])
    assert "--force" in str(report)
    assert len(await source.texts()) == 4
    assert source.reconcile(force=True).removed == ["d0", "d1"]
    assert sorted(await source.texts()) == ["d2", "d3"]


async def test_an_empty_folder_empties_nothing(source: Source) -> None:
    source.reconcile()
    for file in source.folder.iterdir():
        file.unlink()
    assert len(source.reconcile().kept) == 4
    assert len(await source.texts()) == 4


class Cut(Folder):
    """A folder of which not all could be listed."""

    def look(self) -> Look:
        whole = super().look()
        return Look(whole.places[:-1], ("the disk is on fire.",))


async def test_after_an_incomplete_listing_nothing_is_removed_not_even_by_force(source: Source) -> None:
    source.reconcile()
    write(source.folder, "d0", "Another text.")
    listing = Cut(source.folder, folder_source(source.folder))
    report = reconcile("", source.settings, listing=listing, upserter=source.upserter, force=True)
    assert (report.changed, report.removed, report.kept) == (["d0"], [], ["d3"])
    assert str(report).endswith("1 that are gone stay, because the listing is incomplete: the disk is on fire.")
    assert "d3" in await source.texts()


async def test_after_a_document_that_cannot_be_read_nothing_is_removed(source: Source) -> None:
    source.reconcile()
    (source.folder / "d0.md").unlink()
    (source.folder / "d1.md").unlink()
    (source.folder / "d1.md").symlink_to(source.folder / "nowhere.md")
    report = source.reconcile(force=True)
    assert list(report.failed) == ["d1"]
    assert (report.removed, report.kept) == ([], ["d0"])
    assert len(await source.texts()) == 4


async def test_documents_of_other_sources_are_left_to_them(source: Source) -> None:
    source.upserter.upsert(published("x", document="theirs", source="/else"), [chunk_of("theirs", "Theirs.")])
    source.upserter.upsert(published("x", document="d0", source="/else"), [chunk_of("d0", "Theirs too.")])
    report = source.reconcile(force=True)
    assert (report.elsewhere, report.added) == ({"d0": "/else"}, ["d1", "d2", "d3"])
    (source.folder / "d0.md").unlink()
    assert source.reconcile(force=True).removed == []
    assert (await source.texts())["d0"] == ["Theirs too."]
    assert "theirs" in await source.texts()


async def test_what_another_source_withdrew_is_not_brought_back(source: Source) -> None:
    source.reconcile()
    source.upserter.upsert(withdrawn("d0", minute=59, source="/owner", year="2099"), [], "withdrawn")
    report = source.reconcile()
    assert report.elsewhere == {"d0": "/owner"}
    assert "d0" not in await source.texts()


async def test_what_the_source_removed_comes_back_with_it(source: Source) -> None:
    source.reconcile()
    text = (source.folder / "d0.md").read_text()
    (source.folder / "d0.md").unlink()
    assert source.reconcile().removed == ["d0"]
    (source.folder / "d0.md").write_text(text)
    assert source.reconcile().added == ["d0"]
    assert "d0" in await source.texts()


async def test_a_document_that_turns_never_is_refused_and_removed(source: Source) -> None:
    source.reconcile()
    (source.folder / "d0.md").write_text("---\naudience: never\n---\nPrivate.")
    report = source.reconcile()
    assert report.removed == ["d0"]
    assert "audience is never" in report.failed["d0"]
    assert "d0" not in await source.texts()
    assert source.reconcile().removed == []


async def test_a_document_that_is_refused_keeps_none_of_the_others_out(source: Source) -> None:
    (source.folder / "d1.md").write_text("---\naudience: all\n---\nx")
    report = source.reconcile()
    assert (report.added, list(report.failed)) == (["d0", "d2", "d3"], ["d1"])


async def test_a_name_with_personal_data_is_refused_and_not_repeated(source: Source) -> None:
    write(source.folder, "cv 0170 1234567", "Text.")
    report = source.reconcile()
    assert (len(report.added), list(report.failed)) == (4, ["[id with personal data]"])
    assert "1234567" not in str(report.failed)


async def test_an_event_that_came_while_the_folder_was_read_is_newer(source: Source) -> None:
    source.reconcile()
    (source.folder / "d0.md").unlink()
    name = folder_source(source.folder)
    source.upserter.upsert(
        published("x", document="d0", source=name, minute=59, year="2099"), [chunk_of("d0", "Newer.")]
    )
    assert source.reconcile().removed == []
    assert (await source.texts())["d0"] == ["Newer."]


def chunk_of(document: str, text: str) -> Chunk:
    return Chunk(document, 0, "Title", "", "", text)


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
    monkeypatch.setattr("functions.ingest.upsert.DOCUMENTS_AT_ONCE", 2)
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


def test_a_source_is_a_folder_a_bucket_or_a_list_and_the_default_is_the_corpus(tmp_path: Path) -> None:
    settings = Settings(corpus_dir=str(tmp_path))
    assert listing_of("", settings) == Folder(tmp_path, folder_source(tmp_path))
    fetch = lambda address, validator: None  # noqa: E731
    assert type(listing_of("s3://b/p", settings, fetch)).__name__ == "Bucket"
    assert type(listing_of("https://h/map.xml", settings, fetch)).__name__ == "Site"
    with pytest.raises(Refused, match="is no folder"):
        reconcile(str(tmp_path / "none"), settings)


def test_without_chroma_it_can_be_tried_later(folder: Path, embedder: Embedder) -> None:
    with pytest.raises(StoreUnreachable):
        reconcile(str(folder), Settings(chroma_url=f"http://127.0.0.1:{free_port()}", model_dir=str(MODEL)))


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


@pytest.fixture
def remote(settings: Settings, httpserver: HTTPServer) -> tuple[Settings, FakeS3]:
    """A bucket and a site on one server, and the settings that let them be read."""
    bucket = FakeS3()
    httpserver.expect_request(re.compile("^/bucket/")).respond_with_handler(bucket)
    return replace(
        settings,
        sources=f"{httpserver.url_for('/site/')} s3://bucket/cv",
        private_hosts="localhost",
        s3_endpoint=httpserver.url_for("").rstrip("/"),
        s3_region=REGION,
        s3_access_key_id=KEY,
        s3_secret_access_key=SECRET,
    ), bucket


def test_a_bucket_is_reconciled_through_signed_requests(remote: tuple[Settings, FakeS3], upserter: Upserter) -> None:
    settings, bucket = remote
    names = ["a b.md", "b.md", "c.md", "d.md"]
    bucket.objects = {f"/bucket/cv/{quote(name)}": (f"# {name}\n\nText of {name}.".encode(), {}) for name in names}
    bucket.objects["/bucket/cv-2/x.md"] = (b"not ours", {})
    report = reconcile("s3://bucket/cv", settings, upserter=upserter)
    assert report.added == [f"s3://bucket/cv/{quote(name)}" for name in names]
    again = reconcile("s3://bucket/cv", settings, upserter=upserter)
    assert (again.unchanged, again.moved) == (4, False)
    assert bucket.asked[-1].headers["If-None-Match"]  # what has not changed is not sent again
    del bucket.objects["/bucket/cv/b.md"]
    bucket.objects["/bucket/cv/c.md"] = (b"# c.md\n\nAnother text.", {})
    changed = reconcile("s3://bucket/cv", settings, upserter=upserter)
    assert (changed.changed, changed.removed, changed.unchanged) == (
        ["s3://bucket/cv/c.md"],
        ["s3://bucket/cv/b.md"],
        2,
    )


def test_an_object_its_owner_calls_private_is_not_indexed(remote: tuple[Settings, FakeS3], upserter: Upserter) -> None:
    settings, bucket = remote
    bucket.objects["/bucket/cv/a.md"] = (b"# A\n\nPrivate.", {"x-amz-meta-audience": "never"})
    report = reconcile("s3://bucket/cv", settings, upserter=upserter)
    assert (report.added, list(report.failed)) == ([], ["s3://bucket/cv/a.md"])


def test_a_site_is_reconciled_by_its_list(
    remote: tuple[Settings, FakeS3], upserter: Upserter, httpserver: HTTPServer
) -> None:
    settings, _ = remote
    pages = {name: httpserver.url_for(f"/site/{name}.md") for name in "abcd"}
    for name in pages:
        httpserver.expect_request(f"/site/{name}.md").respond_with_data(
            f"# {name}\n\nPage {name}.", content_type="text/markdown"
        )
    lists = [list(pages.values()), list(pages.values())[:3], [*pages.values(), httpserver.url_for("/private.md")]]
    source = httpserver.url_for("/site/list.txt")
    httpserver.expect_request("/site/list.txt").respond_with_handler(lambda request: Response("\n".join(lists.pop(0))))
    assert reconcile(source, settings, upserter=upserter).added == list(pages.values())
    assert reconcile(source, settings, upserter=upserter).removed == [pages["d"]]
    last = reconcile(source, settings, upserter=upserter)
    assert last.added == [pages["d"]]
    assert "not below any of SOURCES" in last.problems[0]


def test_a_place_outside_sources_is_refused(settings: Settings, upserter: Upserter) -> None:
    for source in ("s3://other/cv", "https://example.org/sitemap.xml"):
        with pytest.raises(Refused, match="SOURCES"):
            reconcile(source, settings, upserter=upserter)


async def test_an_event_or_a_tick_reconciles_the_corpus_folder(
    source: Source, start_function: START, folder: Path
) -> None:
    running = start_function(
        "ingest",
        {
            "CHROMA_URL": source.settings.chroma_url,
            "CHROMA_COLLECTION": source.settings.chroma_collection,
            "CORPUS_DIR": str(folder),
        },
    )

    def tick(kind: str) -> int:
        sent = {name: value for name, value in headers("-", kind=kind).items() if name != "ce-subject"}
        return httpx.post(
            running.url, content=b"{}", headers={**sent, "content-type": "application/json"}, timeout=60
        ).status_code

    assert tick("dev.knative.sources.ping") == 204
    assert len(await source.texts()) == 4
    (folder / "d0.md").unlink()
    assert tick(f"{PREFIX}.corpus.reconcile.v1") == 204
    assert sorted(await source.texts()) == ["d1", "d2", "d3"]
    told = [json.loads(line) for line in running.log.read_text().splitlines() if '"reconciled"' in line]
    assert [line["report"] for line in told] == [
        "4 documents, 0 unchanged, 4 added.",
        "3 documents, 3 unchanged, 1 removed.",
    ]
