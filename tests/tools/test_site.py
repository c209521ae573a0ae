"""The site of `make run` over a real socket: the page, what is made for it, and ask behind it."""

import asyncio
import json
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from functions.shared.settings import Settings
from functions.shared.subject import read_subject
from tests.fake_llms import KEY, serving
from tests.processes import ROOT, Process, free_port, wait_until
from tools.site import create_app

PUBLISHED = read_subject(str(ROOT / "corpus")).published()
KEYED = Settings(featherless_api_key=KEY)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the tool reads; it looks in the folder it was started from."""
    for name in ("site", "corpus"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    with serving(create_app(Settings(), "8081")) as url:
        yield url


def subject(settings: Settings) -> dict:
    with serving(create_app(settings, "8081")) as url:
        return httpx.get(f"{url}/subject.json").json()


class Ask:
    """What stands behind /api/: remembers what it was asked, streams its second event only when told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes, Headers]] = []
        self.port = ""
        self.first_was_read, self.left = threading.Event(), threading.Event()
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST", "OPTIONS"])])

    async def _answer(self, request: Request) -> Response:
        self.seen.append((request.method, str(request.url).partition("/")[2], await request.body(), request.headers))
        if request.url.path == "/stream":
            return StreamingResponse(self._events(), media_type="text/event-stream")
        return Response('{"status":429}', 429, {"Retry-After": "7", "Content-Type": "application/problem+json"})

    async def _events(self) -> AsyncIterator[bytes]:
        yield b"data: first\n\n"
        try:
            while not self.first_was_read.is_set():
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.left.set()
            raise
        yield b"data: second\n\n"


@pytest.fixture
def ask() -> Iterator[Ask]:
    ask = Ask()
    with serving(ask.app) as url:
        ask.port = url.rpartition(":")[2]
        yield ask


@pytest.fixture
def whole(ask: Ask) -> Iterator[str]:
    with serving(create_app(Settings(), ask.port)) as url:
        yield url


def test_ask_is_behind_api_as_it_is(whole: str, ask: Ask) -> None:
    headers = {"Traceparent": "00-1-2-01", "Accept-Language": "de"}
    reply = httpx.post(f"{whole}/api/search?a=1&b=c%20d", json={"query": "Wo?"}, headers=headers)
    assert (reply.status_code, reply.json()) == (429, {"status": 429})
    assert (reply.headers["retry-after"], reply.headers["content-type"]) == ("7", "application/problem+json")
    assert "cache-control" not in reply.headers
    ((method, address, body, asked),) = ask.seen
    assert (method, body) == ("POST", b'{"query":"Wo?"}')
    assert address.endswith("/search?a=1&b=c%20d")
    assert (asked["content-type"], asked["traceparent"], asked["accept-language"]) == (
        "application/json",
        "00-1-2-01",
        "de",
    )


def test_a_stream_passes_event_by_event(whole: str, ask: Ask) -> None:
    with httpx.stream("GET", f"{whole}/api/stream", timeout=20) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in reply.iter_lines() if line)
        assert next(lines) == "data: first"
        ask.first_was_read.set()
        assert next(lines) == "data: second"


def test_a_visitor_who_leaves_ends_the_request_behind(whole: str, ask: Ask) -> None:
    with httpx.stream("GET", f"{whole}/api/stream", timeout=20) as reply:
        assert next(line for line in reply.iter_lines() if line) == "data: first"
    wait_until(ask.left.is_set, what="ask noticing")


def test_an_unreachable_ask_is_a_problem_and_the_page_still_stands() -> None:
    with serving(create_app(Settings(), str(free_port()))) as url:
        reply = httpx.post(f"{url}/api/", json={})
        assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
        assert reply.headers["retry-after"]
        assert httpx.get(url).status_code == 200


def test_the_page_says_whose_it_is_without_a_script(site: str, folder: Path) -> None:
    file = folder / "corpus" / "subject.yaml"
    text = file.read_text(encoding="utf-8").replace("name: Vivek Padayattil", 'name: "Nora <b>Ø"', 1)
    file.write_text(text.replace("website or his GitHub", "lawyer & his cat", 1), "utf-8")
    page = httpx.get(site).text
    assert "<h1>Nora &lt;b&gt;Ø</h1>" in page
    assert "<title>Ask about Nora &lt;b&gt;Ø</title>" in page
    assert "his lawyer &amp; his cat" in page
    assert httpx.get(f"{site}/index.html").text == page


def test_the_subject_is_what_is_published_of_it_and_no_more() -> None:
    told = subject(Settings())
    assert told.pop("services") == {"hosted": ""}
    assert told == PUBLISHED


def test_an_edited_subject_is_told_without_a_restart(site: str, folder: Path) -> None:
    file = folder / "corpus" / "subject.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("name: Vivek Padayattil", "name: Nora Ø", 1), "utf-8")
    assert httpx.get(f"{site}/subject.json").json()["name"] == "Nora Ø"


@pytest.mark.parametrize(
    ("settings", "service"),
    [
        (Settings(), ""),
        (KEYED, "Featherless"),
        (Settings(featherless_api_key=KEY, hosted_base_url="https://api.example.org:8443/v1"), "api.example.org"),
        (Settings(featherless_api_key=KEY, hosted_base_url="https://notfeatherless.ai/v1"), "notfeatherless.ai"),
        (Settings(hosted_base_url="https://api.example.org/v1"), ""),
        (Settings(featherless_api_key=KEY, llm_strategy="ollama-only"), ""),
        (Settings(featherless_api_key=KEY, llm_strategy="featherless-only"), "Featherless"),
    ],
    ids=["no key", "key", "another host", "a host of like name", "another host, no key", "ollama-only", "hosted only"],
)
def test_the_page_names_the_service_that_may_see_a_question(settings: Settings, service: str) -> None:
    assert subject(settings)["services"] == {"hosted": service}


def test_no_answer_holds_the_key() -> None:
    with serving(create_app(KEYED, "8081")) as url:
        for path in ("subject.json", "", "nowhere"):
            reply = httpx.get(f"{url}/{path}")
            assert KEY not in reply.text + str(reply.headers)


@pytest.mark.parametrize("path", ["", "index.html", "chat.js", "page.css", "icon.svg", "subject.json"])
def test_every_file_is_served_and_asked_for_again_each_time(site: str, path: str) -> None:
    reply = httpx.get(f"{site}/{path}")
    assert reply.status_code == 200
    assert reply.headers.get_list("cache-control") == ["no-cache"]


@pytest.mark.parametrize("path", ["index.html", "chat.js", "page.css", "icon.svg", "words.js"])
def test_files_come_as_they_are(site: str, path: str) -> None:
    assert httpx.get(f"{site}/{path}").content == (ROOT / "site" / path).read_bytes()


def test_an_edited_file_is_seen_by_whoever_held_the_old_one(site: str, folder: Path) -> None:
    first = httpx.get(f"{site}/page.css")
    (folder / "site" / "page.css").write_text("body { color: red }\n", "utf-8")
    again = httpx.get(f"{site}/page.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.text) == (200, "body { color: red }\n")


@pytest.mark.parametrize("path", ["nowhere", "../corpus/subject.yaml", "%2e%2e/corpus/subject.yaml"])
def test_what_is_not_in_the_site_is_not_found(site: str, path: str) -> None:
    assert httpx.get(f"{site}/{path}").status_code == 404


def test_the_committed_subject_is_what_write_makes(folder: Path) -> None:
    written = folder / "site" / "subject.json"
    written.unlink()
    index = folder / "site" / "index.html"
    index.write_text(index.read_text("utf-8").replace("<h1>Vivek", "<h1>Nobody"), "utf-8")
    environment = {"PYTHONPATH": str(ROOT), "CORPUS_DIR": str(folder / "corpus")}
    command = ["/bin/sh", "-c", 'cd "$0" && exec "$1" -m tools.site --write', str(folder), sys.executable]
    with Process(command, folder / "write.log", environment) as process:
        assert process.wait() == 0, process.log.read_text()
    assert written.read_bytes() == (ROOT / "site" / "subject.json").read_bytes()
    assert index.read_bytes() == (ROOT / "site" / "index.html").read_bytes()
    assert json.loads(written.read_text("utf-8"))["services"] == {"hosted": "Featherless"}
