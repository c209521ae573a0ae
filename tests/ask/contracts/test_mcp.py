"""The bot as tools of the Model Context Protocol, asked by the official client over real sockets."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import httpx
import httpx2
import jsonschema
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from functions.shared.records import Answer
from tests.ask.contracts.conftest import World
from tests.processes import ROOT, Function, wait_until

WHERE = {"question": "Where does Vivek work?"}
# The handshake of 2025, and the protocol without one of 2026.
ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"])


async def call(url: str, tool: str, arguments: dict[str, Any], mode: str = "auto") -> CallToolResult:
    async with Client(f"{url}/mcp", mode=mode) as client:
        return await client.call_tool(tool, arguments)


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@ERAS
async def test_it_offers_ask_and_search(ask: Function, mode: str) -> None:
    async with Client(f"{ask.url}/mcp", mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "search"}
    assert set(tools["ask"].input_schema["properties"]) == {"question", "history", "top_k"}
    assert tools["ask"].annotations
    assert tools["ask"].annotations.read_only_hint
    for tool in tools.values():
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert tool.output_schema


@ERAS
async def test_an_answer_is_text_for_the_model_and_a_record_for_the_program(ask: Function, mode: str) -> None:
    result = await call(ask.url, "ask", WHERE, mode)
    record = result.structured_content
    assert not result.is_error
    assert "VitaScale" in record["answer"]
    assert record["sources"][0]["uri"] in text(result)
    assert text(result).startswith(record["answer"])
    assert set(record) == {field.name for field in fields(Answer)}


async def test_a_search_gives_passages(ask: Function) -> None:
    result = await call(ask.url, "search", {"query": "breath alcohol accuracy", "top_k": 3})
    assert len(result.structured_content["results"]) == 3
    assert "88%" in result.structured_content["results"][0]["snippet"]
    assert result.structured_content["results"][2]["snippet"] in text(result)


async def test_a_question_without_evidence_is_refused_in_words(ask: Function) -> None:
    result = await call(ask.url, "ask", {"question": "Which football club does Vivek support?"})
    assert text(result) == "I could not find that in my documents."
    assert result.structured_content["answered"] is False


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("ask", {"question": " "}, "blank"),
        ("ask", {}, "missing required field `question`"),
        ("ask", {"question": "Where?", "top_k": 11}, "top_k"),
        ("search", {"query": 5}, "Expected `str`"),
    ],
)
async def test_bad_arguments_are_told_to_the_model(
    ask: Function, tool: str, arguments: dict[str, Any], words: str
) -> None:
    result = await call(ask.url, tool, arguments)
    assert result.is_error
    assert words in text(result)


async def test_there_is_no_other_tool(ask: Function) -> None:
    async with Client(f"{ask.url}/mcp") as client:
        with pytest.raises(MCPError, match="there are 'ask' and 'search'"):
            await client.call_tool("delete_everything", {})


def test_without_the_package_a_caller_is_told_its_name() -> None:
    script = (
        "import asyncio, sys; sys.modules['mcp'] = None; from functions.ask.contracts import load\n"
        "try: asyncio.run(load('mcp'))\n"
        "except Exception as problem: print(problem.status, problem)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "501 This needs the package 'mcp', which is not installed here.\n"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_neither_an_endless_stream_nor_a_session_to_end(ask: Function, method: str) -> None:
    reply = httpx.request(method, f"{ask.url}/mcp", headers={"Accept": "text/event-stream"}, timeout=10)
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


async def test_calls_count_for_the_visitor_s_limit_and_listing_does_not(ask: Function) -> None:
    async with httpx2.AsyncClient(headers={"X-Forwarded-For": "203.0.113.9"}, timeout=30) as http:
        transport = streamable_http_client(f"{ask.url}/mcp", http_client=http)
        async with Client(transport) as client:
            for _ in range(4):
                await client.list_tools()
            results = [await client.call_tool("search", {"query": "work"}) for _ in range(3)]
    assert [result.is_error for result in results] == [False, False, True]
    assert "Try again in" in text(results[2])


@ERAS
async def test_a_client_that_leaves_cancels_the_request_upstream(world: World, mode: str) -> None:
    world.hosted.pieces, world.hosted.gap_s = ["Vivek "] * 400, 0.05
    calling = asyncio.create_task(call(world.ask.url, "ask", WHERE, mode))
    await asyncio.to_thread(wait_until, lambda: world.hosted.asked, 30, "the request upstream")
    calling.cancel()
    await asyncio.wait({calling})
    await asyncio.to_thread(wait_until, lambda: world.hosted.cancelled == 1, 20, "the cancellation upstream")


async def test_it_is_counted_as_this_contract(ask: Function) -> None:
    def counted(outcome: str) -> float:
        labels = f'contract="mcp",outcome="{outcome}",provider="extractive"'
        return ask.sample(f"portfolio_ask_requests_total{{{labels}}}")

    before = counted("answered"), counted("invalid")
    await call(ask.url, "ask", WHERE)
    await call(ask.url, "ask", {})
    assert (counted("answered"), counted("invalid")) == (before[0] + 1, before[1] + 1)


async def test_the_functions_framework_command_serves_it_too(
    fed: dict[str, str], serve_plain: Callable[..., str]
) -> None:
    url = await asyncio.to_thread(serve_plain, "ask", {**fed, "PYTHONPATH": str(ROOT)})  # has no lifespan
    assert "VitaScale" in text(await call(url, "ask", WHERE))
