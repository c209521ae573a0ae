"""Something else has Chroma's port: every function says so, and goes on once Chroma is there."""

import re
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from functions.ingest.connection import open_client, open_collections, reachable
from functions.shared.problem import Refused, StoreUnreachable
from functions.shared.settings import Settings
from functions.shared.store import Head, Store
from tests.conftest import START
from tests.ingest.events import headers
from tests.processes import Chroma

# What may answer there: a status, a body.
OTHERS = {
    "a web page": (200, "<!doctype html><p>It works!"),
    "a web site without such a page": (404, "<h1>404"),
    "another API": (200, '{"version": "1.0"}'),
    "a list": (200, "[]"),
    "a number": (200, "7"),
    "an API without such a path": (404, '{"detail": "Not Found"}'),
    "a redirect": (301, ""),
}
each_other = pytest.mark.parametrize(("status", "body"), OTHERS.values(), ids=OTHERS.keys())
IS_NOT = "is not Chroma|answered 301"


def instead(server: HTTPServer, status: int, body: str) -> Settings:
    """Settings with `server` in Chroma's place, which replies the same to everything."""
    server.clear()
    server.expect_request(re.compile(".*")).respond_with_data(body, status)
    return Settings(chroma_url=server.url_for("").rstrip("/"))


@each_other
async def test_readers_are_told_and_never_that_nothing_was_ingested(
    httpserver: HTTPServer, status: int, body: str
) -> None:
    reader = Store(instead(httpserver, status, body))
    head = Head("6f5c6f4e-3b0c-4a52-9b8f-111111111111", "", "")
    for call in (reader.head(), reader.threshold(), reader.matrices(["0"])):
        with pytest.raises(StoreUnreachable, match=IS_NOT):
            await call
    if status == 200:
        for later in (reader.rows(head), reader.vectors(head, ["a"])):
            with pytest.raises(StoreUnreachable, match=IS_NOT):
                await later
    await reader.close()


@each_other
def test_the_writer_is_told_at_its_start(httpserver: HTTPServer, status: int, body: str) -> None:
    with pytest.raises(StoreUnreachable, match="is not Chroma"):
        open_client(instead(httpserver, status, body))


@each_other
def test_the_writer_is_told_when_it_happens_later(
    httpserver: HTTPServer, chroma: Chroma, status: int, body: str
) -> None:
    client: Any = open_client(Settings(chroma_url=chroma.url))
    settings = instead(httpserver, status, body)
    client._server._api_url = f"{settings.chroma_url}/api/v2"
    with pytest.raises(StoreUnreachable), reachable(settings):
        open_collections(client, "portfolio", "m")


def test_a_server_that_says_nothing_does_not_hold_up_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(StoreUnreachable, match="does not answer"):
            open_client(Settings(chroma_url=f"http://127.0.0.1:{port}", chroma_timeout_s=0.2))


def test_our_own_problems_and_mistakes_are_not_taken_for_chromas(chroma: Chroma) -> None:
    settings = Settings(chroma_url=chroma.url)
    with pytest.raises(Refused, match="connection"), reachable(settings):
        raise Refused("A document about connections.")
    with pytest.raises(KeyError), reachable(settings):
        raise KeyError("ours")


def test_every_function_says_so_and_goes_on_once_chroma_is_there(start_function: START, tmp_path: Path) -> None:
    chroma = Chroma(tmp_path)
    settings = {"CHROMA_URL": chroma.url}
    event = {"content": "# Work\n\nVivek works at VitaScale in Mainz.", "headers": headers("about.md"), "timeout": 30}
    where = {"question": "Where does Vivek work?"}
    with HTTPServer(host="127.0.0.1", port=chroma.port) as other:
        instead(other, *OTHERS["a web page"])
        ingest, ask, health = (start_function(target, settings) for target in ("ingest", "ask", "health"))
        refused = httpx.post(ingest.url, **event)  # type: ignore[arg-type]
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json()["detail"] == f"What answers at {chroma.url} is not Chroma."
        record = httpx.post(ask.url, json=where, timeout=30).json()
        assert (record["provider"], record["degraded"]) == ("contact", True)
        told = httpx.get(health.url, timeout=30)
        assert (told.status_code, told.json()["status"]) == (503, "fail")
        assert "What answers at CHROMA_URL is not Chroma" in told.text
    chroma.start()
    try:
        assert httpx.post(ingest.url, **event).json()["outcome"] == "indexed"  # type: ignore[arg-type]
        assert "VitaScale" in httpx.post(ask.url, json=where, timeout=30).json()["answer"]
    finally:
        chroma.stop()
