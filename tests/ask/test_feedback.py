"""POST /feedback over a real socket: what is taken, counted, logged and refused."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import START
from tests.processes import Function, RedisServer


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


def test_a_visitor_may_judge_as_often_as_ask_and_neither_takes_from_the_other(
    start_function: START, fed: dict[str, str], redis: RedisServer
) -> None:
    settings = {**fed, "RATE_LIMIT_PER_HOUR": "2", "TRUSTED_PROXIES": "1", "REDIS_URL": redis.url}
    pods = [start_function("ask", {**settings, "REDIS_TIMEOUT_S": "3"}) for _ in range(2)]
    own = start_function("ask", {**fed, "RATE_LIMIT_PER_HOUR": "2", "TRUSTED_PROXIES": "1"})
    verdict = {"id": "a1", "verdict": "up"}
    for one, other in (pods, (own, own)):
        visitor = {"X-Forwarded-For": "203.0.113.7"}
        where = {"question": "Where does Vivek work?"}
        for _ in range(3):
            wrong = httpx.post(f"{one.url}/feedback", json={"id": "a1"}, headers=visitor, timeout=30)
            assert wrong.status_code == 422, "a typing mistake costs nothing"
        given = [httpx.post(f"{pod.url}/feedback", json=verdict, headers=visitor, timeout=30) for pod in (one, other)]
        assert [reply.status_code for reply in given] == [204, 204]
        refused = httpx.post(f"{one.url}/feedback", json=verdict, headers=visitor, timeout=30)
        assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
        assert 1500 < int(refused.headers["retry-after"]) <= 1800
        assert refused.json()["detail"] == "I take 2 verdicts an hour from one visitor, and you have given as many."
        assert httpx.post(one.url, json=where, headers=visitor, timeout=30).status_code == 200
        elsewhere = {"X-Forwarded-For": "203.0.113.8"}
        assert httpx.post(f"{other.url}/feedback", json=verdict, headers=elsewhere, timeout=30).status_code == 204
    assert counted(own, "up") == 3, "what is refused is not counted"
