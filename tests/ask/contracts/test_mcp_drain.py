"""The end of a pod that has served MCP: sse-starlette, which comes with it, must not end anybody's stream.

It puts itself between uvicorn and its signals when it is imported, and cuts its own streams once uvicorn wants to exit.
"""

import asyncio
import json
import signal
from typing import Any

import httpx
from mcp import Client
from mcp_types import CallToolResult

from functions.ask.cli import events
from tests.ask.contracts.conftest import World
from tests.fake_llms import ANSWER
from tests.processes import wait_until

WHERE = {"question": "Where does Vivek work?", "stream": True}
TOLD = "".join(ANSWER)


async def call(url: str, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    async with Client(f"{url}/mcp") as client:
        await client.list_tools()  # the client would ask for them after the reply, when the pod takes nothing new
        return await client.call_tool(tool, arguments)


async def test_open_streams_of_every_contract_are_written_to_their_end(world: World) -> None:
    url = world.ask.url
    assert (await call(url, "search", {"query": "work"})).structured_content["results"]
    world.hosted.gap_s = 0.4  # longer in all than sse-starlette takes to look up
    calling = asyncio.create_task(call(url, "ask", {"question": "What does Vivek do at VitaScale?"}))
    chatting = asyncio.create_task(chat(url))
    await asyncio.to_thread(wait_until, lambda: len(world.hosted.asked) == 2, 30, "the models writing")
    received = []
    async with httpx.AsyncClient(timeout=60) as http, http.stream("POST", url, json=WHERE) as reply:
        lines = []
        async for line in reply.aiter_lines():
            lines.append(line)
            if line == "event: token" and "event: token" not in lines[:-1]:
                world.ask.signal(signal.SIGTERM)
        received = list(events(iter(lines)))
    assert (received[-1][0], received[-1][1]["answer"]) == ("done", TOLD)
    result = await calling
    assert not result.is_error
    assert result.structured_content["answer"] == TOLD
    assert await chatting == TOLD
    assert await asyncio.to_thread(world.ask.wait, 60) == 0


async def chat(url: str) -> str:
    """The text of an answer as useChat reads it."""
    message = {"role": "user", "parts": [{"type": "text", "text": "Which company does Vivek work for?"}]}
    async with httpx.AsyncClient(timeout=60) as http:
        told = (await http.post(f"{url}/chat", json={"messages": [message]})).text
    data = [line.removeprefix("data: ") for line in told.splitlines() if line.startswith("data: ")]
    assert data.pop() == "[DONE]"
    return "".join(part.get("delta", "") for part in map(json.loads, data))
