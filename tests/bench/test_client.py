"""The load generator and the language model of the benches, over real sockets."""

import asyncio
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bench.client import Connection, flood, good
from bench.llm import Llm, quoted
from bench.warm import LLM_BODY
from tests.fake_llms import serving


class Echo:
    """Says what it was asked, whole or in pieces, and how many were asked at once."""

    def __init__(self) -> None:
        self.open = self.most = 0
        self.app = Starlette(routes=[Route("/", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0.01)
        self.open -= 1
        if body.get("stream"):
            return StreamingResponse(self._pieces(), media_type="text/event-stream")
        return JSONResponse(body, 429 if body.get("bad") else 200)

    async def _pieces(self):
        yield b"event: sources\n\n"
        await asyncio.sleep(0.05)
        yield b"event: to"
        yield b"ken\n\n"
        await asyncio.sleep(0.05)
        yield b"event: done\n\n"


def test_all_are_asked_once_and_no_more_at_once_than_wanted() -> None:
    echo = Echo()
    with serving(echo.app) as url:
        replies, seconds = asyncio.run(flood(url, ({"n": n} for n in range(40)), 4))
    assert sorted(record["n"] for record in good(replies)) == list(range(40))
    assert echo.most == 4
    assert seconds > 0


def test_the_first_token_is_timed_though_its_mark_comes_in_two_pieces() -> None:
    async def one(url: str):
        connection = Connection(url)
        replies = [await connection.post({"stream": True}, b"event: token") for _ in range(2)]
        connection.close()
        return replies

    with serving(Echo().app) as url:
        replies = asyncio.run(one(url))
    for reply in replies:
        assert reply.body == b"event: sources\n\nevent: token\n\nevent: done\n\n"
        assert 0.05 <= reply.first_s < reply.seconds


def test_a_request_that_fails_ends_the_bench() -> None:
    with serving(Echo().app) as url:
        replies, _ = asyncio.run(flood(url, [{"n": 1}, {"bad": True}], 1))
    with pytest.raises(SystemExit, match="1 of 2 requests failed: 429"):
        good(replies)


def test_the_language_model_takes_as_long_as_it_is_told_to(tmp_path: Path) -> None:
    with Llm(tmp_path, 100) as llm:
        replies, _ = asyncio.run(flood(f"{llm.url}/v1/chat/completions", [LLM_BODY] * 8, 4))
    assert {reply.status for reply in replies} == {200}
    assert min(reply.seconds for reply in replies) >= 0.1
    assert all(reply.body.endswith(b"data: [DONE]\n\n") for reply in replies)


def test_the_language_model_quotes_the_first_passage_with_its_number() -> None:
    prompt = "\n[1] Title › Part (as of 2026):\nIt rises, e.g. in a bog. Then it falls.\n\n[2] B:\nC.\n\nQuestion: Q?"
    assert quoted(prompt) == "It rises, e.g. in a bog [1]."
