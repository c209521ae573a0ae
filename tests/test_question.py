"""One question's whole way, through real processes: the upper rungs, their failures, and a Chroma that dies."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.ask.cli import events
from tests.conftest import MODEL, feed
from tests.fake_llms import KEY, Script, two_models
from tests.processes import Chroma, Function, wait_until

WHERE = {"question": "Where does Vivek work?"}


@dataclass
class World:
    """ask with both model servers behind it."""

    ask: Function
    hosted: Script = field(default_factory=Script)
    local: Script = field(default_factory=Script)

    def post(self, **body: Any) -> dict[str, Any]:
        reply = httpx.post(self.ask.url, json=WHERE | body, timeout=30)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def stream(self, **body: Any) -> list[tuple[str, Any]]:
        with httpx.stream("POST", self.ask.url, json=WHERE | {"stream": True} | body, timeout=30) as reply:
            return list(events(reply.iter_lines()))


@pytest.fixture
def world(start_function: Callable[..., Function], fed: dict[str, str]) -> Iterator[World]:
    with two_models() as (main, fallback, models):
        waits = {"FIRST_TOKEN_S": "1.5", "STALL_S": "0.5"}
        yield World(start_function("ask", fed | models | waits), main, fallback)


def test_the_hosted_model_answers_from_numbered_passages(world: World) -> None:
    record = world.post()
    assert (record["provider"], record["degraded"], record["answered"]) == ("hosted", False, True)
    assert record["model"] == "mistralai/Mistral-7B-Instruct-v0.2"
    assert record["answer"] == "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."
    assert record["usage"] == {"prompt_tokens": 321, "completion_tokens": 9}
    asked = world.hosted.asked[0]["messages"]
    assert [message["role"] for message in asked] == ["user"]
    assert "[1] Data Scientist at VitaScale › Current job" in asked[0]["content"]
    assert "Where does Vivek work?" in asked[0]["content"]


def test_tokens_arrive_apart(world: World) -> None:
    world.hosted.gap_s = 0.1
    arrived = []
    with httpx.stream("POST", world.ask.url, json=WHERE | {"stream": True}, timeout=30) as reply:
        for name, _ in events(reply.iter_lines()):
            arrived.append((name, time.monotonic()))
    tokens = [moment for name, moment in arrived if name == "token"]
    assert len(tokens) >= 6
    # Sent 0.1 s apart; had anything on the way collected them, they would have come at once.
    assert tokens[-1] - tokens[0] > 0.3


def test_the_conversation_goes_along(world: World) -> None:
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, ask away."}]
    world.post(history=history)
    assert [message["role"] for message in world.hosted.asked[0]["messages"]] == ["user", "assistant", "user"]


def test_when_the_hosted_model_dies_before_a_word_the_local_one_answers(world: World) -> None:
    world.hosted.status = 503
    record = world.post()
    assert (record["provider"], record["model"], record["degraded"]) == ("local", "tinyllama", True)
    assert world.local.asked[0]["options"]["num_ctx"] == 2048


def test_when_it_dies_in_mid_answer_the_page_is_told_to_drop_the_text(world: World) -> None:
    world.hosted.cut_after = 5
    received = world.stream()
    names = [name for name, _ in received]
    assert names.count("reset") == 1
    text = ""
    for name, data in received:
        text = "" if name == "reset" else text + data["text"] if name == "token" else text
    assert text == received[-1][1]["answer"]
    assert received[-1][1]["provider"] == "local"


def test_a_json_caller_never_sees_a_mixture(world: World) -> None:
    world.hosted.cut_after = 5
    assert world.post()["answer"] == "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."


def test_with_every_model_dead_the_documents_are_quoted(world: World) -> None:
    world.hosted.status, world.local.status = 500, 500
    record = world.post()
    assert (record["provider"], record["degraded"], record["answered"]) == ("extractive", True, True)
    assert "VitaScale GmbH in Mainz" in record["answer"]


def test_a_question_without_evidence_costs_no_model_call(world: World) -> None:
    record = world.post(question="What is the capital of France?")
    assert record["answered"] is False
    assert world.hosted.asked == world.local.asked == []


def test_a_visitor_who_leaves_cancels_the_request_upstream(world: World) -> None:
    world.hosted.pieces, world.hosted.gap_s = ["Vivek "] * 200, 0.05
    with httpx.stream("POST", world.ask.url, json=WHERE | {"stream": True}, timeout=30) as reply:
        next(name for name, _ in events(reply.iter_lines()) if name == "token")
    wait_until(lambda: world.hosted.cancelled == 1, 5, "the cancellation upstream")


def test_a_json_caller_who_leaves_cancels_it_too(world: World) -> None:
    world.hosted.pieces, world.hosted.gap_s = ["Vivek "] * 200, 0.05
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(world.ask.url, json=WHERE, timeout=0.7)
    wait_until(lambda: world.hosted.cancelled == 1, 5, "the cancellation upstream")


def test_an_invented_citation_is_dropped(world: World) -> None:
    world.hosted.pieces = ["Vivek works as a Data Scientist at VitaScale ", "[1][9]", "."]
    assert world.post()["answer"] == "Vivek works as a Data Scientist at VitaScale [1]."


def test_the_key_is_in_no_log_line(world: World) -> None:
    world.hosted.status, world.hosted.body = 401, json.dumps({"error": f"bad key {KEY}"})
    world.post()
    assert KEY not in world.ask.log.read_text()


class TestWithoutChroma:
    """Chroma dies while everything is warm: ask goes on from memory, ingest says later, health says so."""

    @pytest.fixture
    def parts(
        self, own_chroma: Chroma, start_function: Callable[[str, Mapping[str, str]], Function]
    ) -> dict[str, Function]:
        settings = {"CHROMA_URL": own_chroma.url, "CHROMA_TIMEOUT_S": "2", "MODEL_DIR": str(MODEL)}
        ingest = start_function("ingest", settings)
        feed(ingest.url)
        return {"ingest": ingest, **{name: start_function(name, settings) for name in ("ask", "health")}}

    def test_everything_stays_polite_and_recovers(self, own_chroma: Chroma, parts: dict[str, Function]) -> None:
        def ask() -> dict[str, Any]:
            reply = httpx.post(parts["ask"].url, json=WHERE, timeout=30)
            assert reply.status_code == 200
            return dict(reply.json())

        def publish() -> httpx.Response:
            headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/test", "ce-subject": "extra"}
            headers |= {"ce-type": "com.vivekpadayattil.document.published.v1", "content-type": "text/markdown"}
            return httpx.post(parts["ingest"].url, content=b"# Extra\n\nA late addition.", headers=headers, timeout=30)

        first = ask()
        assert first["degraded"] is False
        own_chroma.stop()
        wait_until(lambda: ask()["degraded"], 5, "ask noticing that Chroma is gone")
        without = ask()
        assert without["answer"] == first["answer"]
        assert without["corpus_version"] == first["corpus_version"]
        refused = publish()
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        report = httpx.get(parts["health"].url, timeout=10)
        assert (report.status_code, report.json()["status"]) == (503, "fail")

        own_chroma.start()
        wait_until(lambda: not ask()["degraded"], 10, "ask finding Chroma again")
        assert publish().status_code == 200
        assert httpx.get(parts["health"].url, timeout=10).json()["status"] == "pass"

    def test_a_cold_ask_without_chroma_hands_out_the_contact_card(
        self, tmp_path: Path, start_function: Callable[[str, Mapping[str, str]], Function]
    ) -> None:
        ask = start_function("ask", {"CHROMA_URL": "http://127.0.0.1:9", "CHROMA_TIMEOUT_S": "1"})
        record = httpx.post(ask.url, json=WHERE, timeout=30).json()
        assert (record["provider"], record["answered"], record["degraded"]) == ("contact", False, True)
        assert "https://vivekpadayattil.com" in record["answer"]
