"""One check a part, against a real Chroma and small scripted servers; each cause told apart."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from functions.health.checks import Check
from functions.health.probes import probe
from functions.shared.settings import Settings
from tests.processes import Chroma, free_port

KEY = "the-secret-key"


def row(chroma: Chroma, collection: str) -> None:
    """A collection with one passage in it."""
    base = f"{chroma.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    made = httpx.post(base, json={"name": collection}).json()
    added = {"ids": ["a"], "embeddings": [[1.0, 0.0]], "documents": ["x"], "metadatas": [{"live": True}]}
    httpx.post(f"{base}/{made['id']}/add", json=added).raise_for_status()


@pytest.fixture
def filled(settings: Settings, chroma: Chroma) -> Settings:
    """Settings that lead to a corpus, and to nothing else."""
    row(chroma, settings.chroma_collection)
    return settings


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def trickling() -> Iterator[str]:
    """The address of a server whose reply never ends: a byte now and then, each in time."""
    ended = threading.Event()

    def trickle(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while not ended.wait(0.2):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=trickle, args=(listening,))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
        with socket.create_connection(listening.getsockname()[:2]):
            thread.join(5)


async def found(settings: Settings, part: str) -> Check:
    return next(check for check in await probe(settings) if check.part == part)


def hosted(settings: Settings, url: str) -> Settings:
    return replace(settings, featherless_api_key=KEY, hosted_base_url=url)


async def test_a_corpus_with_passages_passes(filled: Settings) -> None:
    check = await found(filled, "corpus")
    assert (check.status, check.output) == ("pass", "")
    assert check.milliseconds > 0


async def test_a_corpus_that_was_never_ingested_is_a_warning(settings: Settings) -> None:
    check = await found(settings, "corpus")
    assert (check.status, check.output) == ("warn", "Nothing is ingested yet: visitors get the contact card.")


async def test_chroma_away_is_a_failure(settings: Settings) -> None:
    check = await found(replace(settings, chroma_url=f"http://127.0.0.1:{free_port()}"), "corpus")
    assert (check.status, check.output[:23]) == ("fail", "Chroma does not answer:")


@pytest.mark.parametrize("reply", ["{}", "[]", "<html>", '{"id": 5}'])
async def test_something_else_on_chroma_s_port_is_a_failure(
    settings: Settings, httpserver: HTTPServer, reply: str
) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data(reply)
    check = await found(replace(settings, chroma_url=httpserver.url_for("").rstrip("/")), "corpus")
    assert check.status == "fail"


@pytest.mark.parametrize("fixture", ["silent", "trickling"])
@pytest.mark.parametrize("part", ["corpus", "hosted", "local"])
async def test_a_part_that_hangs_does_not_hang_the_report(
    filled: Settings, request: pytest.FixtureRequest, part: str, fixture: str
) -> None:
    url = request.getfixturevalue(fixture)
    field: dict[str, dict[str, Any]] = {
        "corpus": {"chroma_url": url},
        "hosted": {"hosted_base_url": url, "featherless_api_key": KEY},
        "local": {"ollama_host": url},
    }
    check = await found(replace(filled, **field[part]), part)
    if (part, fixture) != ("hosted", "trickling"):  # its status has come, and nothing else is asked of it
        assert check.status == ("fail" if part == "corpus" else "warn")


async def test_a_hosted_model_that_lists_its_models_passes(filled: Settings, httpserver: HTTPServer) -> None:
    authorised = {"Authorization": f"Bearer {KEY}"}
    httpserver.expect_request("/v1/models", headers=authorised).respond_with_json({"data": []})
    check = await found(hosted(filled, httpserver.url_for("/v1/")), "hosted")
    assert (check.status, check.output) == ("pass", "")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "The hosted model refuses our key (401): a lower rung answers."),
        (403, "The hosted model refuses our key (403): a lower rung answers."),
        (404, "The hosted model answers 404: a lower rung answers."),
        (429, "The hosted model answers 429: a lower rung answers."),
        (500, "The hosted model answers 500: a lower rung answers."),
        (302, "The hosted model answers 302: a lower rung answers."),
    ],
)
async def test_a_hosted_model_that_refuses_is_a_warning_with_its_cause(
    filled: Settings, httpserver: HTTPServer, status: int, said: str
) -> None:
    httpserver.expect_request("/models").respond_with_data(KEY, status=status, headers={"Location": "/elsewhere"})
    check = await found(hosted(filled, httpserver.url_for("")), "hosted")
    assert (check.status, check.output) == ("warn", said)


@pytest.mark.parametrize("body", ["<html>", "[]", "null", '{"data": null}', "x" * 5_000_000])
async def test_only_the_status_of_the_hosted_model_counts(filled: Settings, httpserver: HTTPServer, body: str) -> None:
    httpserver.expect_request("/models").respond_with_data(body)
    assert (await found(hosted(filled, httpserver.url_for("")), "hosted")).status == "pass"


@pytest.mark.parametrize("key", [KEY, "schlüssel", "two\nlines"])
async def test_a_hosted_model_out_of_reach_is_a_warning_whatever_the_key(filled: Settings, key: str) -> None:
    settings = replace(hosted(filled, f"http://127.0.0.1:{free_port()}"), featherless_api_key=key)
    check = await found(settings, "hosted")
    assert (check.status, check.output) == ("warn", "The hosted model is unreachable: a lower rung answers.")


@pytest.mark.parametrize("names", [["tinyllama:latest"], ["phi3", "tinyllama"]])
async def test_ollama_with_the_model_passes(filled: Settings, httpserver: HTTPServer, names: list[str]) -> None:
    httpserver.expect_request("/api/tags").respond_with_json({"models": [{"name": name} for name in names]})
    check = await found(replace(filled, ollama_host=httpserver.url_for("/")), "local")
    assert (check.status, check.output) == ("pass", "")


async def test_ollama_may_be_named_without_http_as_ollama_itself_does(filled: Settings, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/tags").respond_with_json({"models": [{"name": "tinyllama:latest"}]})
    check = await found(replace(filled, ollama_host=f"127.0.0.1:{httpserver.port}"), "local")
    assert (check.status, check.output) == ("pass", "")


@pytest.mark.parametrize(
    "body", [{"models": []}, {"models": None}, {}, [], {"models": [None, "x", {}]}, {"models": [{"name": "phi3"}]}]
)
async def test_ollama_without_the_model_is_a_warning(filled: Settings, httpserver: HTTPServer, body: object) -> None:
    httpserver.expect_request("/api/tags").respond_with_data(json.dumps(body), content_type="application/json")
    check = await found(replace(filled, ollama_host=httpserver.url_for("")), "local")
    assert (check.status, check.output) == (
        "warn",
        "Ollama has not pulled tinyllama: there is no fallback model.",
    )


@pytest.mark.parametrize("status", [0, 404, 500])
async def test_ollama_away_is_a_warning(filled: Settings, httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/api/tags").respond_with_data("", status=status or 200)
    url = httpserver.url_for("") if status else f"http://127.0.0.1:{free_port()}"
    check = await found(replace(filled, ollama_host=url), "local")
    assert (check.status, check.output) == ("warn", "Ollama does not answer: there is no fallback model.")


@pytest.mark.parametrize(
    ("strategy", "parts"),
    [
        ("hybrid", ["corpus", "hosted", "local"]),
        ("featherless-only", ["corpus", "hosted"]),
        ("ollama-only", ["corpus", "local"]),
    ],
)
async def test_only_configured_rungs_are_asked(filled: Settings, strategy: str, parts: list[str]) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    settings = replace(hosted(filled, nowhere), ollama_host=nowhere, llm_strategy=strategy)
    assert [check.part for check in await probe(settings)] == parts
    bare = replace(settings, featherless_api_key="", ollama_host="")
    assert [check.part for check in await probe(bare)] == ["corpus"]


@pytest.mark.parametrize("url", ["http://[", "nonsense", "http://"])
async def test_an_address_that_is_none_is_reported_not_raised(filled: Settings, url: str) -> None:
    assert (await found(hosted(filled, url), "hosted")).status == "warn"
    assert (await found(replace(filled, ollama_host=url), "local")).status == "warn"
    assert (await found(replace(filled, chroma_url=url), "corpus")).status == "fail"
