"""The bot behind the AI SDK's useChat: what the published package's own schema and chat make of the stream."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from functions.ask.contracts.ui_stream import UIStream
from functions.ask.stream import Done, Event, Reset, Sources, Token
from functions.shared.problem import Internal
from functions.shared.records import Answer, Source
from tests.ask.contracts.conftest import World
from tests.processes import Function

NODE = Callable[..., Any]
WHERE = {"messages": [{"role": "user", "parts": [{"type": "text", "text": "Where does Vivek work?"}]}]}
WRITTEN = "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."
SOURCE = Source(1, "work#00000", "Work", "https://example.org/", "Job", "Vivek works.", 0.9)
ANSWER = Answer("7", "He works [1].", [SOURCE], True, "local", "m", True, False, "v")


def written(*events: Event) -> list[dict[str, Any]]:
    """The parts of a stream of `events`, less the [DONE] at its end."""
    stream = UIStream()
    lines = b"".join(map(stream.event, events)).decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


def kinds(parts: list[dict[str, Any]]) -> list[str]:
    return [part["type"] for part in parts]


def test_the_sdk_s_schema_accepts_every_part_and_its_chat_shows_the_answer(ask: Function, node: NODE) -> None:
    made = node("ui.mjs", ask.url)
    assert (made["header"], made["faults"], made["status"]) == ("v1", [], "ready")
    names = kinds(made["chunks"])
    assert names[:3] == ["start", "start-step", "source-url"]
    assert names[-3:] == ["text-end", "finish-step", "finish"]
    _, answer, _, follow_up = made["messages"]
    texts = [part["text"] for part in answer["parts"] if part["type"] == "text"]
    assert len(texts) == 1
    assert "VitaScale" in texts[0]
    assert next(part["url"] for part in answer["parts"] if part["type"] == "source-url").startswith("https://")
    assert answer["metadata"]["provider"] == "extractive"
    assert "Malayalam" in next(part["text"] for part in follow_up["parts"] if part["type"] == "text")


def test_after_a_fail_over_mid_stream_the_chat_shows_one_text_and_its_sources_once(world: World, node: NODE) -> None:
    world.hosted.cut_after = 6
    made = node("ui.mjs", world.ask.url)
    assert made["faults"] == []
    assert "reset-step" in kinds(made["chunks"])
    parts = made["messages"][1]["parts"]
    assert [part["text"] for part in parts if part["type"] == "text"] == [WRITTEN]
    ids = [part["sourceId"] for part in parts if part["type"] == "source-url"]
    assert len(ids) == len(set(ids)) == 4


def test_a_reset_drops_the_text_and_brings_the_sources_again() -> None:
    parts = written(Sources([SOURCE]), Token("He w"), Reset(), Token("He works [1]."), Done(ANSWER))
    again = ["reset-step", "source-url", "text-start", "text-delta", "text-end", "finish-step", "finish"]
    assert kinds(parts) == ["start", "start-step", "source-url", "text-start", "text-delta", *again]


def test_a_refusal_after_a_reset_has_no_sources() -> None:
    parts = written(Sources([SOURCE]), Token("He w"), Reset(), Sources([]), Token("No."), Done(ANSWER))
    assert "source-url" not in kinds(parts)[kinds(parts).index("reset-step") :]


def test_a_source_without_an_address_is_a_document() -> None:
    parts = written(Sources([Source(1, "a#0", "A", "", "", "x", 0.5)]), Token("x [1]."), Done(ANSWER))
    assert next(part for part in parts if part["type"] == "source-document")["mediaType"] == "text/plain"


def test_a_stream_that_breaks_ends_with_the_error() -> None:
    assert UIStream().broken(Internal("Sorry.")) == b'data: {"type":"error","errorText":"Sorry."}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "missing required field `messages`"),
        ({"messages": []}, "No message of the user"),
        ({"messages": [{"role": "user", "parts": [{"type": "file", "url": "data:,x"}]}]}, "'file'"),
    ],
)
def test_bad_input_is_a_problem(ask: Function, body: dict[str, Any], words: str) -> None:
    reply = httpx.post(f"{ask.url}/chat", json=body, timeout=30)
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert words in reply.json()["detail"]


def test_it_is_counted_as_this_contract(ask: Function) -> None:
    name = 'portfolio_ask_requests_total{contract="ui",outcome="answered",provider="extractive"}'
    before = ask.sample(name)
    assert httpx.post(f"{ask.url}/chat", json=WHERE, timeout=30).headers["x-accel-buffering"] == "no"
    assert ask.sample(name) == before + 1
