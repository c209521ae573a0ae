"""Visitors who leave at any moment of a request take their connection to the model with them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import pytest

from functions.ask.providers import Writing
from functions.ask.providers.hosted import Hosted
from functions.ask.providers.local import Local
from functions.shared.settings import Settings
from tests.ask.providers.openai_wire import KEY, MESSAGES
from tests.faults.table import hang
from tests.faults.wire import ANSWERS, Behaviour, Side, Wire, answer
from tests.leaving import leave_at_every_turn, until_open


def opened(side: Side, url: str) -> Hosted | Local:
    if side == "hosted":
        return Hosted(Settings(featherless_api_key=KEY, hosted_base_url=f"{url}/v1"))
    return Local(Settings(ollama_host=url))


async def written(provider: Hosted | Local) -> str:
    stream = cast("AsyncGenerator[str, None]", provider.write(MESSAGES, 50, Writing()))
    async with aclosing(stream) as pieces:
        return "".join([piece async for piece in pieces])


@pytest.mark.parametrize("insist", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("behaviour", [answer, hang], ids=["that answers", "that hangs"])
@pytest.mark.parametrize("side", ["hosted", "local"])
async def test_no_connection_to_a_model_outlives_the_visitor(side: Side, behaviour: Behaviour, insist: bool) -> None:
    with Wire(side).running() as wire:
        wire.behaviour = behaviour
        provider = opened(side, wire.url)
        await leave_at_every_turn(lambda: written(provider), insist)
        await until_open(wire.port, 0)
        wire.behaviour = answer
        assert await asyncio.gather(*(written(provider) for _ in range(4))) == [ANSWERS[side]] * 4
        await provider.close()
        await until_open(wire.port, 0)


async def test_whoever_closes_a_provider_gives_its_kept_connection_back() -> None:
    text = b"data: " + b'{"choices": [{"delta": {"content": "Hi"}}]}' + b"\n\ndata: [DONE]\n\n"
    head = b"HTTP/1.1 200 -\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(text)
    given_back = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + text)
        await reader.read()  # until the caller ends it
        given_back.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        provider = opened("hosted", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert await written(provider) == "Hi"
        assert not given_back.is_set()
        await provider.close()
        await asyncio.wait_for(given_back.wait(), 20)
