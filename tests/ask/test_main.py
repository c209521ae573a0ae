"""ask as a process over real sockets: the contract of POST /, /search, /warm and /openapi.json."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.ask.cli import events
from tests.processes import ROOT, Function


@pytest.fixture(scope="module")
def ask(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    environment = {**fed, "CORS_ORIGINS": "https://example.org, http://127.0.0.1:8080"}
    with Function("ask", tmp_path_factory.mktemp("ask"), environment) as function:
        yield function


def post(ask: Function, path: str = "/", **more: Any) -> httpx.Response:
    return httpx.post(f"{ask.url}{path}", timeout=30, **more)


def test_a_question_is_answered_as_one_record(ask: Function) -> None:
    reply = post(ask, json={"question": "Where does Vivek work?"})
    assert reply.status_code == 200
    record = reply.json()
    assert set(record) == {
        *("id", "answer", "sources", "answered", "provider", "model", "degraded", "cached"),
        *("corpus_version", "timings_ms", "usage", "as_of"),
    }
    assert "VitaScale" in record["answer"]
    assert "[1]" in record["answer"]
    assert (record["answered"], record["provider"], record["degraded"], record["cached"]) == (
        True,
        "extractive",
        False,
        False,
    )
    assert [source["n"] for source in record["sources"]] == [1, 2, 3, 4]
    first = record["sources"][0]
    assert set(first) == {"n", "id", "title", "uri", "section", "snippet", "score"}
    assert first["uri"].startswith("https://")
    assert set(record["timings_ms"]) >= {"embed", "retrieve", "rerank", "evidence", "first_token", "total"}


@pytest.mark.parametrize("asked", [{"headers": {"Accept": "text/event-stream"}}, {}])
def test_a_stream_has_sources_then_tokens_then_the_record(ask: Function, asked: dict[str, Any]) -> None:
    body = {"question": "Which languages does he speak?"} | ({} if asked else {"stream": True})
    with httpx.stream("POST", ask.url, json=body, timeout=30, **asked) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["x-accel-buffering"] == "no"
        assert reply.headers["cache-control"] == "no-cache"
        received = list(events(reply.iter_lines()))
    names = [name for name, _ in received]
    assert names[0] == "sources"
    assert names[-1] == "done"
    assert set(names[1:-1]) == {"token"}
    record = received[-1][1]
    assert "".join(data["text"] for name, data in received if name == "token") == record["answer"]
    assert received[0][1] == record["sources"]


def test_a_question_without_evidence_is_refused_politely(ask: Function) -> None:
    record = post(ask, json={"question": "Which football club does Vivek support?"}).json()
    assert record["answer"] == "I could not find that in my documents."
    assert (record["answered"], record["provider"], record["sources"]) == (False, "extractive", [])
    assert record["degraded"] is False


def test_a_refusal_streams_like_an_answer(ask: Function) -> None:
    body = {"question": "Which football club does Vivek support?", "stream": True}
    with httpx.stream("POST", ask.url, json=body, timeout=30) as reply:
        received = list(events(reply.iter_lines()))
    assert [name for name, _ in received] == ["sources", "token", "done"]
    assert received[0][1] == []
    assert received[1][1]["text"] == received[2][1]["answer"]


def test_top_k_bounds_the_sources(ask: Function) -> None:
    assert len(post(ask, json={"question": "Where does Vivek work?", "top_k": 2}).json()["sources"]) == 2


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b'{"question": "', 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b'{"quesion": "Where?"}', 422, "missing required field `question`"),
        (b'{"question": "   "}', 422, "blank"),
        (b'{"question": 5}', 422, "Expected `str`"),
        (json.dumps({"question": "x" * 2001}).encode(), 422, "2000"),
        (b'{"question": "Where?", "top_k": 11}', 422, "top_k"),
        (b'{"question": "Where?", "history": [{"role": "system", "content": "x"}]}', 422, "history"),
        (json.dumps({"question": "Where?", "x": "y" * 300_000}).encode(), 413, "256000 bytes"),
    ],
)
def test_bad_input_gets_a_problem_that_says_what_was_wrong(
    ask: Function, content: bytes, status: int, words: str
) -> None:
    reply = post(ask, content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert words in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 405), ("POST", "/warm", 405), ("GET", "/nope", 404)]
)
def test_wrong_paths_and_methods_are_problems_too(ask: Function, method: str, path: str, status: int) -> None:
    reply = httpx.request(method, f"{ask.url}{path}")
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert "allow" in reply.headers or status == 404


def test_a_form_is_not_a_question(ask: Function) -> None:
    reply = post(ask, data={"question": "Where?"})
    assert reply.status_code == 415
    assert "send application/json" in reply.json()["detail"]


def test_search_gives_the_passages_without_an_answer(ask: Function) -> None:
    found = post(ask, "/search", json={"query": "breath alcohol accuracy", "top_k": 3}).json()
    assert len(found["results"]) == 3
    assert "88%" in found["results"][0]["snippet"]
    assert found["degraded"] is False
    assert found["corpus_version"]


def test_warm_answers_204(ask: Function) -> None:
    assert httpx.get(f"{ask.url}/warm").status_code == 204


def test_openapi_describes_the_replies_as_they_are(ask: Function) -> None:
    document = httpx.get(f"{ask.url}/openapi.json").json()
    record = post(ask, json={"question": "Where does Vivek work?"}).json()
    assert set(document["components"]["schemas"]["Answer"]["properties"]) == set(record)
    assert set(document["paths"]) >= {"/", "/search", "/feedback", "/warm", "/v1/chat/completions"}


def test_only_configured_origins_may_read_answers_in_a_browser(ask: Function) -> None:
    ours = post(ask, json={"question": "Where?"}, headers={"Origin": "https://example.org"})
    assert ours.headers["access-control-allow-origin"] == "https://example.org"
    assert "access-control-allow-credentials" not in ours.headers
    assert "Origin" in ours.headers["vary"]
    for stranger in ("https://evil.example", "null", "https://example.org.evil.example", "http://example.org"):
        other = post(ask, json={"question": "Where?"}, headers={"Origin": stranger})
        assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize("path", ["/", "/search", "/feedback", "/chat", "/v1/chat/completions", "/mcp"])
def test_a_preflight_lets_configured_origins_send_what_clients_send(ask: Function, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "content-type,authorization,x-stainless-lang,mcp-protocol-version"
    allowed = httpx.options(f"{ask.url}{path}", headers=asked | {"Origin": "http://127.0.0.1:8080"})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert "access-control-allow-credentials" not in allowed.headers
    assert {"GET", "POST"} == set(allowed.headers["access-control-allow-methods"].split(", "))
    assert set(asked["Access-Control-Request-Headers"].split(",")) <= set(
        allowed.headers["access-control-allow-headers"].replace(" ", "").split(",")
    )
    refused = httpx.options(f"{ask.url}{path}", headers=asked | {"Origin": "https://evil.example"})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    deleting = asked | {"Access-Control-Request-Method": "DELETE", "Origin": "https://example.org"}
    assert httpx.options(f"{ask.url}{path}", headers=deleting).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/", 422), ("GET", "/nope", 404), ("GET", "/", 405), ("GET", "/v1/x", 404)]
)
def test_a_browser_may_read_what_was_wrong(ask: Function, method: str, path: str, status: int) -> None:
    body = {"json": {}} if method == "POST" else {}
    reply = httpx.request(method, f"{ask.url}{path}", headers={"Origin": "https://example.org"}, **body)
    assert reply.status_code == status
    assert reply.headers["access-control-allow-origin"] == "https://example.org"
    assert "Retry-After" in reply.headers["access-control-expose-headers"]


@pytest.mark.parametrize(("path", "member"), [("/", "detail"), ("/v1/chat/completions", "error")])
def test_a_browser_may_read_that_something_broke(
    fed: dict[str, str], tmp_path: Path, serve_plain: Callable[..., str], path: str, member: str
) -> None:
    # Without a lifespan that would end the process, a folder without a subject is found with the first question.
    broken = {"CORPUS_DIR": str(tmp_path), "CORS_ORIGINS": "https://example.org", "PYTHONPATH": str(ROOT)}
    url = serve_plain("ask", fed | broken)
    asked = {"question": "Where?", "messages": [{"role": "user", "content": "Where?"}]}
    reply = httpx.post(f"{url}{path}", json=asked, headers={"Origin": "https://example.org"}, timeout=60)
    assert reply.status_code == 500
    assert reply.headers["access-control-allow-origin"] == "https://example.org"
    assert member in reply.json()
    assert str(tmp_path) not in reply.text


def test_outcomes_are_counted(ask: Function) -> None:
    port = next(json.loads(line)["port"] for line in ask.log.read_text().splitlines() if "metrics served" in line)

    def value(labels: str) -> float:
        lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
        sample = f"portfolio_ask_requests_total{{{labels}}}"
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(sample))

    answered = 'contract="json",outcome="answered",provider="extractive"'
    invalid = 'contract="json",outcome="invalid",provider="extractive"'
    before = value(answered), value(invalid)
    post(ask, json={"question": "Where does Vivek work?"})
    post(ask, json={})
    assert (value(answered), value(invalid)) == (before[0] + 1, before[1] + 1)


def test_the_functions_framework_command_serves_it_too(
    fed: dict[str, str], tmp_path: Path, serve_plain: Callable[..., str]
) -> None:
    url = serve_plain("ask", fed)
    record = httpx.post(url, json={"question": "Where does Vivek work?"}, timeout=60).json()
    assert "VitaScale" in record["answer"]
