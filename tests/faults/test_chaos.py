"""Chroma, Redis, the hosted and the local model are killed in every order; every question in between is answered."""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.ask.cli import events
from tests.conftest import MODEL, feed, needs
from tests.fake_llms import KEY
from tests.faults.wire import Wire
from tests.processes import Chroma, Function, RedisServer, wait_until

QUESTIONS = ["Where does Vivek work?", "Which languages does Vivek speak?", "What is the capital of France?"]
PARTS = ("chroma", "redis", "hosted", "local")
# Behind a proxy, so that every question is counted; limits and a budget that nobody reaches, both kept in Redis.
VISITOR = {"X-Forwarded-For": "203.0.113.7"}
KEPT = {
    "TRUSTED_PROXIES": "1",
    "RATE_LIMIT_PER_HOUR": "1000000",
    "LLM_CALLS_PER_DAY": "1000000",
    "REDIS_TIMEOUT_S": "2",
}
RUNGS = ["hosted", "local", "extractive"]


@dataclass
class World:
    """Everything behind ask, each of which can be killed and raised."""

    ask: Function
    chroma: Chroma
    redis: RedisServer
    hosted: Wire
    local: Wire

    def kill(self, part: str) -> None:
        if part in ("hosted", "local"):
            self._wire(part).down()
        else:
            self._server(part).kill()

    def restart(self, part: str) -> None:
        if part in ("hosted", "local"):
            self._wire(part).up()
        else:
            self._server(part).start()

    def _wire(self, part: str) -> Wire:
        return self.hosted if part == "hosted" else self.local

    def _server(self, part: str) -> Chroma | RedisServer:
        return self.chroma if part == "chroma" else self.redis

    def ask_everything(self, http: httpx.Client) -> list[dict[str, Any]]:
        """Every question both ways; each gets one record, or a problem that says when to come back."""
        records = []
        for question in QUESTIONS:
            records.append(polite(http.post(self.ask.url, json={"question": question})))
            with http.stream("POST", self.ask.url, json={"question": question, "stream": True}) as stream:
                received = list(events(stream.iter_lines()))
            assert [name for name, _ in received].count("done") == 1
            assert received[-1][0] == "done"
            records.append(received[-1][1])
        return [record for record in records if record]


def polite(reply: httpx.Response) -> dict[str, Any]:
    """The record; nothing for a refusal, which has to be one."""
    if reply.status_code == 200:
        assert reply.json()["answer"]
        return dict(reply.json())
    assert reply.status_code in (429, 503), reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert int(reply.headers["retry-after"]) > 0
    return {}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    needs(shutil.which("redis-server"), "redis-server is not installed")
    folder: Path = tmp_path_factory.mktemp("chaos")
    with ExitStack() as stack:
        chroma = Chroma(folder)
        chroma.start()
        stack.callback(chroma.stop)
        redis = RedisServer(folder)
        redis.start()
        stack.callback(redis.kill)
        hosted, local = (stack.enter_context(Wire(side).running()) for side in ("hosted", "local"))
        settings = {"CHROMA_URL": chroma.url, "MODEL_DIR": str(MODEL), "CHROMA_TIMEOUT_S": "2"}
        with Function("ingest", folder, settings) as ingest:
            feed(ingest.url)
        settings |= {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{hosted.url}/v1", "OLLAMA_HOST": local.url}
        settings |= {"BREAKER_COOLDOWN_S": "0.2", "FIRST_TOKEN_S": "6", "STALL_S": "3", "ANSWER_CACHE": "off"}
        settings |= {"REDIS_URL": redis.url, **KEPT}
        yield World(stack.enter_context(Function("ask", folder, settings)), chroma, redis, hosted, local)


@pytest.mark.parametrize("order", list(itertools.permutations(PARTS)), ids=" ".join)
def test_every_question_is_answered_or_politely_refused(world: World, order: tuple[str, ...]) -> None:
    with httpx.Client(timeout=60, headers=VISITOR) as http:
        dead: set[str] = set()
        for part in order:
            world.kill(part)
            dead.add(part)
            records = world.ask_everything(http)
            best = next(rung for rung in RUNGS if rung not in dead)
            answered = [record for record in records if record["answered"]]
            assert len(answered) == 4, "what the documents answer is answered, from memory if need be"
            assert {record["provider"] for record in answered} <= {best, "extractive"}
            # What cannot be counted is not spent: without Redis no language model is asked.
            if "redis" in dead or dead >= {"hosted", "local"}:
                assert {record["provider"] for record in answered} == {"extractive"}
        for part in order:
            world.restart(part)
            assert world.ask_everything(http)

        def well() -> bool:
            record = polite(http.post(world.ask.url, json={"question": QUESTIONS[0]}))
            return record["provider"] == "hosted" and not record["degraded"]

        wait_until(well, 60, "everything being as before")
