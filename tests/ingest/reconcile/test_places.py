"""A folder, a bucket or a list: where a source is, and what may start a reconcile."""

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from functions.ingest.listing import Folder, folder_source
from functions.ingest.reconcile import listing_of, reconcile
from functions.ingest.upsert import Upserter
from functions.shared.problem import Refused
from functions.shared.settings import Settings
from tests.conftest import START
from tests.fake_s3 import KEY, REGION, SECRET, FakeS3
from tests.ingest.events import PREFIX, headers
from tests.ingest.reconcile.followed import Source


def test_a_source_is_a_folder_a_bucket_or_a_list_and_the_default_is_the_corpus(tmp_path: Path) -> None:
    settings = Settings(corpus_dir=str(tmp_path))
    assert listing_of("", settings) == Folder(tmp_path, folder_source(tmp_path))
    fetch = lambda address, validator: None  # noqa: E731
    assert type(listing_of("s3://b/p", settings, fetch)).__name__ == "Bucket"
    assert type(listing_of("https://h/map.xml", settings, fetch)).__name__ == "Site"
    with pytest.raises(Refused, match="is no folder"):
        reconcile(str(tmp_path / "none"), settings)


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
