"""A remote reranker changes the order of the passages and nothing else, and fails open."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from functions.ask.remote_rerank import RemoteReranker
from functions.ask.rerank import Ranked
from functions.ask.retrieve import Candidate
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import Row
from tests.leaving import leave_at_every_turn, until_open
from tests.processes import free_port


def ranked(*texts: str) -> list[Ranked]:
    rows = [Row(Chunk("d", n, "T", "", "", text), text, "g", 1) for n, text in enumerate(texts)]
    return [Ranked(Candidate(row, 0.5, 0.5), 0.5, None, None, None) for row in rows]  # type: ignore[arg-type]


def texts(order: list[Ranked]) -> list[str]:
    return [one.candidate.row.chunk.text for one in order]


@pytest.fixture
async def reranker(httpserver: HTTPServer) -> AsyncIterator[RemoteReranker]:
    settings = Settings(
        rerank_url=httpserver.url_for("/rerank"), rerank_api_key="k", rerank_model="m", rerank_timeout_s=0.5
    )
    opened = RemoteReranker(settings)
    yield opened
    await opened.close()


async def test_the_servers_order_is_taken_and_the_rest_follows(
    httpserver: HTTPServer, reranker: RemoteReranker
) -> None:
    results = {"results": [{"index": 0, "relevance_score": 0.1}, {"index": 2, "relevance_score": 0.9}]}
    wanted = {"model": "m", "query": "Where?", "documents": ["T\na", "T\nb", "T\nc"], "top_n": 3}
    httpserver.expect_request("/rerank", json=wanted, headers={"Authorization": "Bearer k"}).respond_with_json(results)
    assert texts(await reranker.reorder("Where?", ranked("a", "b", "c"))) == ["c", "a", "b"]


@pytest.mark.parametrize(
    "reply",
    [
        Response(status=500),
        Response("<html>", content_type="text/html"),
        Response("[]", content_type="application/json"),
        Response('{"results": [{"index": 7, "relevance_score": 1}]}', content_type="application/json"),
        Response('{"results": [{"index": "a", "relevance_score": 1}]}', content_type="application/json"),
        Response('{"results": [{"index": 1}]}', content_type="application/json"),
        Response('{"results": null}', content_type="application/json"),
    ],
)
async def test_anything_else_leaves_the_order_as_it_was(
    httpserver: HTTPServer, reranker: RemoteReranker, reply: Any
) -> None:
    httpserver.expect_request("/rerank").respond_with_response(reply)
    assert texts(await reranker.reorder("Where?", ranked("a", "b"))) == ["a", "b"]


async def test_a_server_that_is_gone_leaves_the_order_as_it_was() -> None:
    reranker = RemoteReranker(Settings(rerank_url=f"http://127.0.0.1:{free_port()}/rerank"))
    assert texts(await reranker.reorder("Where?", ranked("a", "b"))) == ["a", "b"]
    await reranker.close()


async def test_visitors_who_leave_cost_no_connection(httpserver: HTTPServer, reranker: RemoteReranker) -> None:
    httpserver.expect_request("/rerank").respond_with_json({"results": []})
    for insist in (False, True):
        await leave_at_every_turn(lambda: reranker.reorder("Where?", ranked("a", "b")), insist)
    await until_open(httpserver.port, 0)
