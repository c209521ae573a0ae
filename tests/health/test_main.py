"""health over HTTP, as the process a pod runs, against a real Chroma and scripted model servers."""

import subprocess
import sys
import uuid
from collections.abc import Iterator

import httpx
import pytest
from pytest_httpserver import HTTPServer

from tests.conftest import START
from tests.health.test_probes import KEY, row
from tests.processes import CLEAN, ROOT, Chroma, Function, RedisServer, free_port

NO_REDIS = "No Redis: each pod keeps its own answers, limits and budget."


@pytest.fixture
def collection(chroma: Chroma) -> str:
    """The name of a collection with one passage."""
    name = f"t{uuid.uuid4().hex}"
    row(chroma, name)
    return name


@pytest.fixture
def models(httpserver: HTTPServer) -> Iterator[HTTPServer]:
    """A hosted API and an Ollama, both well; any other path is an error of the test."""
    httpserver.expect_request("/v1/models").respond_with_json({"data": []})
    httpserver.expect_request("/api/tags").respond_with_json({"models": [{"name": "tinyllama:latest"}]})
    yield httpserver
    httpserver.check()


def both(models: HTTPServer) -> dict[str, str]:
    return {
        "FEATHERLESS_API_KEY": KEY,
        "HOSTED_BASE_URL": models.url_for("/v1"),
        "OLLAMA_HOST": models.url_for("/"),
    }


def report(function: Function) -> tuple[int, dict[str, object]]:
    """Status code and body; every reply bears the media type and never the key."""
    response = httpx.get(function.url)
    assert response.headers["content-type"] == "application/health+json"
    assert response.headers["cache-control"] == "max-age=5"
    assert KEY not in response.text + str(response.headers)
    return response.status_code, response.json()


def statuses(body: dict[str, object]) -> dict[str, str]:
    checks = body["checks"]
    assert isinstance(checks, dict)
    return {name.removesuffix(":responseTime"): check[0]["status"] for name, check in checks.items()}


def test_all_parts_there_is_a_pass_and_200(
    start_function: START, chroma: Chroma, collection: str, models: HTTPServer
) -> None:
    health = start_function("health", {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": collection, **both(models)})
    status, body = report(health)
    assert (status, body["status"], body["notes"]) == (200, "pass", [NO_REDIS])
    assert statuses(body) == {"corpus": "pass", "hosted": "pass", "local": "pass"}


def test_no_model_is_woken(start_function: START, chroma: Chroma, collection: str, models: HTTPServer) -> None:
    health = start_function("health", {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": collection, **both(models)})
    for _ in range(3):
        report(health)
    asked = sorted((request.method, request.path) for request, _ in models.log)
    assert asked == [("GET", "/api/tags")] * 3 + [("GET", "/v1/models")] * 3


def test_what_is_not_configured_is_a_note_and_no_fault(start_function: START, chroma: Chroma, collection: str) -> None:
    health = start_function("health", {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": collection})
    status, body = report(health)
    assert (status, body["status"], statuses(body)) == (200, "pass", {"corpus": "pass"})
    assert body["notes"] == [
        "No key for the hosted model: that rung is left out.",
        "No Ollama server: that rung is left out.",
        NO_REDIS,
    ]


def test_a_lower_rung_is_a_warning_and_200(start_function: START, chroma: Chroma, collection: str) -> None:
    environment = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"http://127.0.0.1:{free_port()}"}
    health = start_function("health", {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": collection, **environment})
    status, body = report(health)
    assert (status, body["status"], statuses(body)) == (200, "warn", {"corpus": "pass", "hosted": "warn"})


def test_chroma_away_is_a_failure_and_503_and_it_recovers(
    start_function: START, own_chroma: Chroma, models: HTTPServer
) -> None:
    row(own_chroma, "own")
    health = start_function("health", {"CHROMA_URL": own_chroma.url, "CHROMA_COLLECTION": "own", **both(models)})
    assert report(health)[0] == 200
    own_chroma.stop()
    status, body = report(health)
    assert (status, body["status"]) == (503, "fail")
    assert statuses(body) == {"corpus": "fail", "hosted": "pass", "local": "pass"}
    own_chroma.start()
    assert report(health)[0] == 200


def test_redis_away_is_a_warning_that_says_what_follows_and_it_recovers(
    start_function: START, chroma: Chroma, collection: str, redis: RedisServer
) -> None:
    environment = {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": collection, "REDIS_URL": redis.url}
    health = start_function("health", environment | {"LLM_CALLS_PER_DAY": "5"})
    status, body = report(health)
    assert (status, statuses(body)) == (200, {"corpus": "pass", "cache": "pass"})
    assert NO_REDIS not in body["notes"]
    redis.kill()
    status, body = report(health)
    assert (status, body["status"], statuses(body)) == (200, "warn", {"corpus": "pass", "cache": "warn"})
    output = body["checks"]["cache:responseTime"][0]["output"]
    assert "each pod counts its own visitors" in output
    assert "no language model is asked" in output
    redis.start()
    assert statuses(report(health)[1])["cache"] == "pass"


def test_only_get_on_its_one_path_is_served(start_function: START) -> None:
    health = start_function("health", {})
    for method, path, status in (("POST", "/", 405), ("DELETE", "/", 405), ("GET", "/other", 404)):
        response = httpx.request(method, f"{health.url}{path}")
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


def test_it_imports_neither_numpy_nor_onnxruntime_nor_chromadb() -> None:
    program = (
        "import asyncio, sys;"
        "from functions.health.probes import probe; from functions.shared.settings import Settings;"
        "from functions.shared.serve import create_app; create_app('health', 'functions/health/main.py', 0);"
        f"asyncio.run(probe(Settings(chroma_url='http://127.0.0.1:{free_port()}')));"
        "unneeded = {'numpy', 'onnxruntime', 'chromadb', 'tokenizers', 'langchain_core', 'redis'};"
        "print(sorted(unneeded & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
