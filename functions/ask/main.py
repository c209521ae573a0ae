"""ask: a visitor's question over HTTP, answered from the documents.

    POST /              {"question", "history"?, "top_k"?, "stream"?} → one JSON record, or server-sent events
                        (`"stream": true` or `Accept: text/event-stream`): sources, token…, reset?, done | error
    POST /search        {"query", "top_k"?} → the passages alone
    POST /feedback      {"id", "verdict": "up" | "down"} → 204
    GET  /warm          204 when everything behind the first answer is open
    GET  /openapi.json  all of this, from the types that validate it

Problems are application/problem+json (functions/shared/problem.py), 429 for a visitor who asks too much among them.
Settings: CHROMA_*, MODEL_*, CORPUS_DIR, the ladder's, the evidence threshold, limits, cache and budget
(functions/shared/settings.py).
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import functions_framework.aio
import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from functions.ask.answer import Trace, answer, counted, find, source, spoken_in
from functions.ask.contracts import openapi
from functions.ask.feedback import take_feedback
from functions.ask.parts import Parts, open_parts
from functions.ask.question import Question, read_question, read_search
from functions.ask.stream import respond
from functions.shared import metrics
from functions.shared.problem import EXCEPTION_HANDLERS, Problem, StoreUnreachable
from functions.shared.settings import Settings

log = logging.getLogger(__name__)


@functions_framework.aio.http  # type: ignore[arg-type]  # any ASGI app is a reply
async def ask(request: Request) -> Starlette:
    """The function: every path of the table above."""
    return _app


async def _answer(request: Request) -> ASGIApp:
    with _turned_away(request):
        question = await read_question(request)
        parts = await _parts()
        place = await parts.limits.admit(request)
    if parts.settings.log_questions == "true":
        log.info("question", extra={"question": question.question})
    events = counted(answer(parts, question), "sse" if question.stream else "json", spoken_in(question))
    return await place.until_sent(respond(request, events, question.stream, parts.settings.ping_s))


@contextmanager
def _turned_away(request: Request) -> Iterator[None]:
    """Count a question that a problem ends before it is asked."""
    try:
        yield
    except Problem as problem:
        outcome = "limited" if problem.status == 429 else "failed" if problem.status >= 500 else "invalid"
        contract = "sse" if "text/event-stream" in request.headers.get("accept", "") else "json"
        metrics.ask().requests.labels(outcome, "extractive", contract).inc()
        raise


async def _search(request: Request) -> Response:
    search = await read_search(request)
    parts, trace = await _parts(), Trace()
    with await parts.limits.admit(request):
        corpus, trace.degraded = await parts.corpus.current()
        evidence = await find(parts, corpus, Question(search.query, top_k=search.top_k), trace)
    results = [source(passage) for passage in evidence.passages]
    return _json({"results": results, "corpus_version": corpus.version, "degraded": trace.degraded})


async def _feedback(request: Request) -> Response:
    await take_feedback(request)
    return Response(status_code=204)


async def _warm(request: Request) -> Response:
    await warm()
    (await _parts()).ladder.load()
    return Response(status_code=204)


async def _openapi(request: Request) -> Response:
    return _json(openapi.document())


def _json(data: object) -> Response:
    return Response(msgspec.json.encode(data), media_type="application/json")


async def warm() -> None:
    """Open what the first answer needs. Raises ModelUnusable; a Chroma that is still away may come later."""
    parts = await _parts()
    metrics.ask()
    try:
        await parts.corpus.current()
    except StoreUnreachable as problem:
        log.warning("no corpus yet: %s", problem.detail)


async def close() -> None:
    """Give back every connection."""
    global _open
    if _open:
        await _open.close()
        _open = None


_settings = Settings.read()
_open: Parts | None = None
_opening = asyncio.Lock()


async def _parts() -> Parts:
    """The parts, opened once by whoever comes first."""
    global _open
    async with _opening:
        if _open is None:
            _open = await open_parts(_settings)
        return _open


_app = Starlette(
    routes=[
        Route("/", _answer, methods=["POST"]),
        Route("/search", _search, methods=["POST"]),
        Route("/feedback", _feedback, methods=["POST"]),
        Route("/warm", _warm, methods=["GET"]),
        Route("/openapi.json", _openapi, methods=["GET"]),
    ],
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origins=[origin.strip() for origin in _settings.cors_origins.split(",") if origin.strip()],
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type"],
            expose_headers=["Retry-After", "X-Request-Id"],
        )
    ],
    exception_handlers=EXCEPTION_HANDLERS,
)
