"""POST /feedback over a real socket: what is taken, counted, logged and refused."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.processes import Function


@pytest.fixture(scope="module")
def ask(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    with Function("ask", tmp_path_factory.mktemp("feedback"), fed) as function:
        yield function


def say(ask: Function, body: Any) -> httpx.Response:
    return httpx.post(f"{ask.url}/feedback", json=body, timeout=30)


def logged(ask: Function) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ask.log.read_text().splitlines() if line.startswith("{")]


def counted(ask: Function, verdict: str) -> float:
    port = next(line["port"] for line in logged(ask) if line["message"] == "metrics served")
    sample = f'portfolio_ask_feedback_total{{verdict="{verdict}"}}'
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(sample))


@pytest.mark.parametrize("verdict", ["up", "down"])
def test_a_verdict_on_an_answer_is_counted_and_logged_with_the_answers_id(ask: Function, verdict: str) -> None:
    record = httpx.post(ask.url, json={"question": "Where does Vivek work?"}, timeout=30).json()
    before = counted(ask, verdict)
    reply = say(ask, {"id": record["id"], "verdict": verdict})
    assert (reply.status_code, reply.content) == (204, b"")
    assert counted(ask, verdict) == before + 1
    line = next(line for line in logged(ask) if line.get("answer_id") == record["id"])
    assert (line["message"], line["verdict"], line["level"]) == ("feedback", verdict, "info")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"id": "a1"}, "verdict"),
        ({"verdict": "up"}, "id"),
        ({"id": "a1", "verdict": "sideways"}, "sideways"),
        ({"id": "", "verdict": "up"}, "id"),
        ({"id": "x" * 65, "verdict": "up"}, "id"),
        ({"id": "a1\n", "verdict": "up"}, "id"),
        ({"id": "a b", "verdict": "up"}, "id"),
        ({"id": 5, "verdict": "up"}, "Expected `str`"),
    ],
)
def test_anything_else_is_refused_and_not_counted(ask: Function, body: dict[str, Any], words: str) -> None:
    before = counted(ask, "up")
    reply = say(ask, body)
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert words in reply.json()["detail"]
    assert counted(ask, "up") == before


def test_it_takes_json_only_and_by_post_only(ask: Function) -> None:
    assert httpx.post(f"{ask.url}/feedback", content="id=a1&verdict=up").status_code == 400
    assert httpx.post(f"{ask.url}/feedback", data={"id": "a1", "verdict": "up"}).status_code == 415
    assert httpx.get(f"{ask.url}/feedback").status_code == 405
