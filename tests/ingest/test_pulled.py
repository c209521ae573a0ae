"""Documents that an event points at: through a real ingest, into a real Chroma, from servers of our own."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from functions.ingest.access import sign
from tests.conftest import MODEL, START
from tests.fake_s3 import KEY, REGION, SECRET, FakeS3
from tests.ingest.events import PREFIX, PUBLISHED, at, headers
from tests.processes import Chroma, Function

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
REPOSITORY = "https://github.com/me/site"
SHA = "1481a2de7b2a7d02428ad93446ab166be7793fbb"


@dataclass
class World:
    """An ingest, and the one server that is page, account, bucket and GitHub to it."""

    ingest: Function
    server: HTTPServer
    bucket: FakeS3
    chroma: str
    collection: str

    def send(self, kind: str, data: Any, minute: int = 0, **more: str) -> httpx.Response:
        sent = headers("-", minute, kind, "application/json") | more
        return httpx.post(self.ingest.url, content=json.dumps(data), headers=sent, timeout=60)

    def texts(self, document: str) -> list[str]:
        """What readers see of a document."""
        import chromadb

        where = httpx.URL(self.chroma)
        rows = chromadb.HttpClient(host=where.host, port=where.port or 80).get_collection(self.collection)
        found = rows.get(where={"$and": [{"document": document}, {"live": True}]})
        return [str(text) for text in found["documents"] or []]

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.ingest.log.read_text().splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def started(chroma: Chroma, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    collection = f"t{uuid.uuid4().hex}"
    with HTTPServer() as server:
        settings = {
            "CHROMA_URL": chroma.url,
            "CHROMA_COLLECTION": collection,
            "MODEL_DIR": str(MODEL),
            "MAX_DOCUMENT_BYTES": "100000",
            "SOURCES": f"{server.url_for('/site/')} {server.url_for('/acct/docs')} s3://bucket/ {REPOSITORY}/tree/main",
            "PRIVATE_HOSTS": "localhost",
            "S3_ENDPOINT": server.url_for("").rstrip("/"),
            "S3_REGION": REGION,
            "S3_ACCESS_KEY_ID": KEY,
            "S3_SECRET_ACCESS_KEY": SECRET,
            "GITHUB_API_URL": server.url_for("/github"),
            "WEBHOOK_ORIGINS": "eventgrid.azure.net",
        }
        with Function("ingest", tmp_path_factory.mktemp("pulled"), settings) as ingest:
            yield World(ingest, server, FakeS3(), chroma.url, collection)


@pytest.fixture
def world(started: World) -> World:
    """The same processes, a server that knows nothing yet."""
    started.server.clear()
    started.bucket = FakeS3()
    started.server.expect_request(re.compile("^/(bucket|other)/")).respond_with_handler(started.bucket)
    return started


def thing(key: str, sequencer: str, **more: Any) -> dict[str, Any]:
    return {"s3": {"bucket": {"name": "bucket"}, "object": {"key": key, "sequencer": sequencer, **more}}}


def test_an_object_is_indexed_replaced_and_withdrawn_whatever_order_its_events_come_in(world: World) -> None:
    created, removed = "com.amazonaws.s3.ObjectCreated:Put", "com.amazonaws.s3.ObjectRemoved:Delete"
    document = "s3://bucket/my%20cv.md"
    world.bucket.objects["/bucket/my%20cv.md"] = b"# CV\n\nJane lives in Mainz.", {}
    first = world.send(created, thing("my+cv.md", "0055AED6DCD90281E5"))
    assert (first.status_code, first.headers["ce-type"]) == (200, f"{PREFIX}.document.indexed.v1")
    assert world.texts(document) == ["Jane lives in Mainz."]
    assert world.send(created, thing("my+cv.md", "0055AED6DCD90281E5")).status_code == 204

    del world.bucket.objects["/bucket/my%20cv.md"]
    assert world.send(removed, thing("my+cv.md", "0055AED6DCD90281F0"), minute=1).status_code == 200
    asked = len(world.bucket.asked)
    late = world.send(created, thing("my+cv.md", "0055AED6DCD90281E9"), minute=2)
    assert (late.status_code, world.texts(document), len(world.bucket.asked)) == (204, [], asked)


def test_an_object_that_is_gone_before_it_is_fetched_is_withdrawn(world: World) -> None:
    world.bucket.objects["/bucket/gone.md"] = b"# CV\n\nJane.", {}
    world.send("com.amazonaws.s3.ObjectCreated:Put", thing("gone.md", "01"))
    del world.bucket.objects["/bucket/gone.md"]
    reply = world.send("com.amazonaws.s3.ObjectCreated:Put", thing("gone.md", "02"))
    assert reply.headers["ce-type"] == f"{PREFIX}.document.removed.v1"
    assert world.texts("s3://bucket/gone.md") == []


def test_a_blob_is_indexed_and_withdrawn(world: World) -> None:
    place = world.server.url_for("/acct/docs/cv.md")
    world.server.expect_request("/acct/docs/cv.md").respond_with_data(b"# CV\n\nJane lives in Kiel.")
    structured = {
        "specversion": "1.0",
        "source": "/subscriptions/{id}/resourceGroups/Storage/providers/Microsoft.Storage/storageAccounts/acct",
        "subject": "/blobServices/default/containers/docs/blobs/cv.md",
        "time": "2026-01-01T00:00:00.9584103Z",
    }
    told = {"api": "PutBlob", "contentType": "text/plain", "contentLength": 26, "blobType": "BlockBlob", "url": place}

    def post(kind: str, sequencer: str) -> httpx.Response:
        event = {**structured, "type": kind, "id": sequencer, "data": {**told, "sequencer": sequencer}}
        sent = {"content-type": "application/cloudevents+json; charset=utf-8"}
        return httpx.post(world.ingest.url, content=json.dumps(event), headers=sent, timeout=60)

    assert post("Microsoft.Storage.BlobCreated", "00000000000004420000000000028963").status_code == 200
    assert world.texts(place) == ["Jane lives in Kiel."]
    assert post("Microsoft.Storage.BlobDeleted", "00000000000004420000000000028964").status_code == 200
    assert world.texts(place) == []


def test_event_grid_introduces_itself(world: World) -> None:
    asked = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    reply = httpx.options(world.ingest.url, headers=asked)
    assert (reply.status_code, reply.headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")
    assert reply.headers["webhook-allowed-rate"] == "120"
    other = httpx.options(world.ingest.url, headers={"WebHook-Request-Origin": "evil.example"})
    assert (other.status_code, other.headers["content-type"]) == (403, "application/problem+json")
    assert "webhook-allowed-origin" not in other.headers


def test_a_page_is_fetched_again_only_when_it_has_changed(world: World) -> None:
    page, etag = world.server.url_for("/site/cv.html"), {"ETag": '"v1"', "Content-Type": "text/html"}
    ordered = world.server.expect_ordered_request
    ordered("/site/cv.html").respond_with_data("<p>Jane lives in Bonn.</p>", headers=etag)
    ordered("/site/cv.html", headers={"If-None-Match": '"v1"'}).respond_with_data(status=304)
    ordered("/site/cv.html").respond_with_data("<p>Jane lives in Ulm.</p>", headers=etag | {"ETag": '"v2"'})

    def post(minute: int) -> int:
        return world.send(PUBLISHED, {"uri": page}, minute, **{"ce-subject": "page"}).status_code

    assert [post(1), post(2)] == [200, 204]
    assert world.texts("page") == ["Jane lives in Bonn."]
    assert post(1) == 204  # nothing is asked: a newer event has confirmed the page
    assert post(3) == 200
    assert world.texts("page") == ["Jane lives in Ulm."]
    world.server.check()


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        ({"uri": "https://elsewhere.example/"}, 422, "SOURCES"),
        ({"uri": "http://169.254.169.254/latest/"}, 422, "SOURCES"),
        ({"uri": "/site/missing.md"}, 422, "404"),
        ({"uri": "/site/broken.md"}, 503, "500"),
        ({"uri": "/site/large.md"}, 413, "100000 bytes"),
        ({"uri": "/site/photo.png"}, 415, "image/png"),
    ],
)
def test_what_cannot_be_fetched_is_told_and_writes_nothing(
    world: World, data: dict[str, str], status: int, says: str
) -> None:
    world.server.expect_request("/site/broken.md").respond_with_data(status=500)
    world.server.expect_request("/site/missing.md").respond_with_data(status=404)
    world.server.expect_request("/site/large.md").respond_with_data(b"x" * 100_001)
    world.server.expect_request("/site/photo.png").respond_with_data(b"x", content_type="image/png")
    uri = world.server.url_for(data["uri"]) if data["uri"].startswith("/") else data["uri"]
    reply = world.send(PUBLISHED, {"uri": uri}, **{"ce-subject": f"bad{status}{says}"})
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    assert says in reply.json()["detail"]
    assert world.texts(f"bad{status}{says}") == []


def push(world: World, *paths: str, removed: tuple[str, ...] = (), pushed_at: int = 1_767_225_600) -> httpx.Response:
    body = {
        "ref": "refs/heads/main",
        "after": SHA,
        "repository": {"html_url": REPOSITORY, "pushed_at": pushed_at},
        "commits": [{"added": list(paths), "modified": [], "removed": list(removed)}],
    }
    return world.send("dev.knative.source.github.push", body)


def file(world: World, path: str, text: str = "", status: int = 200) -> None:
    answer = world.server.expect_request(f"/github/repos/me/site/contents/{path}", query_string=f"ref={SHA}")
    answer.respond_with_data(text, status=status, content_type="application/vnd.github.raw+json")


def page(path: str) -> str:
    return f"{REPOSITORY}/blob/main/{path}"


def test_a_push_brings_what_it_can_and_the_rest_when_it_comes_again(world: World) -> None:
    file(world, "a.md", "Jane likes apples.")
    file(world, "b.md", status=500)
    first = push(world, "a.md", "b.md")
    assert first.status_code == 503
    assert "1 of 2 documents" in first.json()["detail"]
    assert (world.texts(page("a.md")), world.texts(page("b.md"))) == (["Jane likes apples."], [])

    world.server.clear()
    file(world, "a.md", "Jane likes apples.")
    file(world, "b.md", "Jane likes bees.")
    again = push(world, "a.md", "b.md")
    assert (again.status_code, again.content) == (204, b"")
    assert world.texts(page("b.md")) == ["Jane likes bees."]
    told = [line for line in world.log() if line.get("document") in (page("a.md"), page("b.md"))]
    assert [line["outcome"] for line in told] == ["indexed", "later", "unchanged", "indexed"]

    gone = push(world, removed=("a.md",), pushed_at=1_767_225_700)
    assert (gone.status_code, world.texts(page("a.md"))) == (204, [])
    late = push(world, "a.md")
    assert (late.status_code, world.texts(page("a.md"))) == (204, [])


def test_a_document_that_is_refused_keeps_no_other_of_the_push_out(world: World) -> None:
    file(world, "never.md", "---\naudience: never\n---\nSecret.")
    file(world, "good.md", "Jane likes cats.")
    reply = push(world, "never.md", "good.md")
    assert reply.status_code == 422
    assert "1 of 2 documents are refused" in reply.json()["detail"]
    assert page("never.md") in reply.json()["detail"]
    assert world.texts(page("good.md")) == ["Jane likes cats."]


def test_an_exposed_ingest_takes_events_only_from_those_who_show_who_they_are(
    start_function: START, chroma: Chroma
) -> None:
    settings = {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": f"t{uuid.uuid4().hex}"}
    running = start_function("ingest", settings | {"INGEST_TOKEN": "a-token", "INGEST_SECRET": SIGNING})

    def post(content: bytes, **sent: str) -> httpx.Response:
        return httpx.post(running.url, content=content, headers=sent, timeout=60)

    plain = headers("cv")
    nothing = post(b"# CV\n\nJane.", **plain)
    assert (nothing.status_code, nothing.headers["www-authenticate"]) == (401, "Bearer")
    assert nothing.headers["content-type"] == "application/problem+json"
    assert post(b"# CV\n\nJane.", **plain, authorization="Bearer other").status_code == 401
    assert post(b"# CV\n\nJane.", **plain, authorization="Bearer a-token").status_code == 200

    event = {"specversion": "1.0", "type": PUBLISHED, "source": "/t", "id": "1", "subject": "signed", "time": at(0)}
    body = json.dumps({**event, "data": {"content": "Jane."}}).encode()

    def signed(age_s: int = 0, content: bytes = body) -> httpx.Response:
        stamp = str(int(time.time()) - age_s)
        told = {"webhook-id": "m1", "webhook-timestamp": stamp, "webhook-signature": sign(SIGNING, "m1", stamp, body)}
        return post(content, **told, **{"content-type": "application/cloudevents+json"})

    assert [signed().status_code, signed().status_code] == [200, 204]
    assert signed(content=body.replace(b"Jane", b"Joan")).status_code == 401
    assert signed(age_s=3600).status_code == 403
    assert "a-token" not in running.log.read_text()
