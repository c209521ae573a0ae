"""What a source holds: folders as they are, buckets and sites through a fetch that a real server answers."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from functions.ingest.event import Published
from functions.ingest.ledger import Entry
from functions.ingest.listing import Bucket, Fetch, Folder, Look, Place, Site, Unreadable, folder_source
from functions.shared.problem import Refused, Unavailable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "my cv"
    (root / "wörk").mkdir(parents=True)
    (root / ".git").mkdir()
    for name in ("cv.md", "note.txt", "wörk/acme.html", "me.resume.json"):
        (root / name).write_text("text")
    for ignored in ("README.md", "subject.yaml", "photo.jpg", ".git/x.md", ".hidden.md", "data.json"):
        (root / ignored).write_text("no")
    return root


def ids(look: Look) -> list[str]:
    return [place.document for place in look.places]


def test_documents_of_every_kind_are_found_and_others_left_out(folder: Path) -> None:
    look = Folder(folder, "/f").look()
    assert (ids(look), look.problems) == (["cv", "me.resume", "note", "wörk/acme"], ())


def test_a_file_is_read_with_its_kind(folder: Path) -> None:
    listing = Folder(folder, folder_source(folder))
    published = listing.read(listing.look().places[0], "")
    assert (published.document, published.content, published.content_type) == (
        "cv",
        b"text",
        "text/markdown; charset=utf-8",
    )
    assert published.source == "/folder/my%20cv"


def test_two_files_of_one_id_are_a_problem(folder: Path) -> None:
    (folder / "cv.txt").write_text("other")
    look = Folder(folder, "/f").look()
    assert ids(look).count("cv") == 1
    assert look.problems == ("cv.txt and cv.md would have the same id cv: rename one of them.",)


def test_a_folder_that_vanishes_while_it_is_read_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def vanishing(path: str | os.PathLike[str]) -> object:
        if Path(path).name == "wörk":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    look = Folder(folder, "/f").look()
    assert "wörk/acme" not in ids(look)
    assert look.problems[0].endswith("wörk cannot be read: Permission denied.")


def test_a_file_that_is_gone_is_unreadable_and_no_folder_is_refused(folder: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        Folder(folder, "/f").read(Place("x", str(folder / "x.md")), "")
    with pytest.raises(Refused, match="is no folder"):
        Folder(folder / "none", "/f").look()


def fetch_from(server: HTTPServer) -> Fetch:
    """Addresses of any host, answered by the server at hand."""

    def fetch(address: str, validator: str) -> Published | None:
        url = httpx.URL(address)
        try:
            reply = httpx.get(server.url_for("/" + url.host + url.raw_path.decode()), timeout=5)
        except httpx.HTTPError as cause:
            raise Unavailable("not there") from cause
        if reply.is_error:
            raise Unavailable(f"{address} answers {reply.status_code}.")
        return Published("1", "/s", address, "", "", reply.content, reply.headers["content-type"])

    return fetch


def bucket(keys: list[str], size: int, broken_after: int = 99) -> Callable[[Request], Response]:
    """ListObjectsV2 of these keys, `size` a page."""

    def answer(request: Request) -> Response:
        query = parse_qs(request.query_string.decode())
        assert query["list-type"] == ["2"]
        start = int(query.get("continuation-token", ["0"])[0])
        mine = [key for key in keys if key.startswith(query.get("prefix", [""])[0])]
        page, more = mine[start : start + size], start + size < len(mine)
        if start >= broken_after:
            return Response(status=503)
        items = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in page)
        token = f"<NextContinuationToken>{start + size}</NextContinuationToken>" if more else ""
        body = (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>"
        )
        return Response(body, content_type="application/xml")

    return answer


KEYS = ["cv/a b.md", "cv/b.pdf", "cv/photo.jpg", "cv/ü.txt", "cv-2/x.md", "other/x.md"]


def test_a_bucket_is_listed_page_by_page_below_its_prefix(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/docs/").respond_with_handler(bucket(KEYS, 2))
    look = Bucket("s3://docs/cv", fetch_from(httpserver)).look()
    assert (ids(look), look.problems) == (
        ["s3://docs/cv/a%20b.md", "s3://docs/cv/b.pdf", "s3://docs/cv/%C3%BC.txt"],
        (),
    )


def test_a_listing_that_breaks_off_says_so(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/docs/").respond_with_handler(bucket(KEYS, 2, broken_after=2))
    look = Bucket("s3://docs/cv", fetch_from(httpserver)).look()
    assert len(look.places) == 2
    assert "s3://docs/cv could not be listed" in look.problems[0]


def test_what_is_no_listing_is_a_problem(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/docs/").respond_with_data("hello", content_type="text/plain")
    assert "no XML" in Bucket("s3://docs/cv", fetch_from(httpserver)).look().problems[0]


def test_a_bucket_owns_what_lies_below_it_whoever_sent_the_event() -> None:
    mine = Bucket("s3://docs/cv", lambda address, validator: None)
    assert mine.owns("s3://docs/cv/a.md", Entry(source="aws:s3"))
    assert not mine.owns("s3://docs/cv2/a.md", Entry(source="aws:s3"))
    assert not mine.owns("about", Entry(source="s3://docs/cv"))


def test_a_site_is_listed_by_its_sitemaps(httpserver: HTTPServer) -> None:
    ns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    index = f"<sitemapindex {ns}><sitemap><loc>https://h/pages.xml</loc></sitemap></sitemapindex>"
    pages = f"<urlset {ns}><url><loc>https://h/a</loc></url><url><loc> https://h/b </loc></url></urlset>"
    httpserver.expect_request("/h/map.xml").respond_with_data(index, content_type="application/xml")
    httpserver.expect_request("/h/pages.xml").respond_with_data(pages, content_type="application/xml")
    look = Site("https://h/map.xml", fetch_from(httpserver)).look()
    assert (ids(look), look.problems) == (["https://h/a", "https://h/b"], ())


def test_a_site_is_listed_by_a_text_file(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/h/list.txt").respond_with_data("# mine\nhttps://h/a\n/b\n\nhttps://evil/c\n")
    look = Site("https://h/list.txt", fetch_from(httpserver)).look()
    assert ids(look) == ["https://h/a", "https://h/b"]
    assert look.problems == ("https://evil/c is of another host than https://h/list.txt.",)


def test_a_list_that_cannot_be_read_is_a_problem(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/h/map.xml").respond_with_data("gone", status=404)
    look = Site("https://h/map.xml", fetch_from(httpserver)).look()
    assert look.places == ()
    assert "could not be read" in look.problems[0]
