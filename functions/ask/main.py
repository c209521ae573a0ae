"""ask: a visitor's question over HTTP, answered from the documents.

    POST /              {"question", "history"?, "top_k"?, "stream"?} → one JSON record, or server-sent events
                        (`"stream": true` or `Accept: text/event-stream`): sources, token…, reset?, done | error
    POST /search        {"query", "top_k"?} → the passages alone
    POST /feedback      {"id", "verdict": "up" | "down"} → 204
    GET  /warm          204 when everything behind the first answer is open
    GET  /openapi.json  all of this, from the types that validate it; GET /docs to read and try it out

The same answers in the words of others (functions/ask/contracts/), each imported when it is first asked for:

    POST /v1/chat/completions, GET /v1/models    OpenAI's
    POST /chat                                   AI SDK's UI message stream, for useChat
    POST /mcp                                    Model Context Protocol: the tools ask and search

Problems are application/problem+json (functions/shared/problem.py), 429 for a visitor who asks too much among them.
Settings: CHROMA_*, MODEL_*, CORPUS_DIR, the ladder's, the evidence threshold, limits, cache and budget
(functions/shared/settings.py).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import functions_framework.aio
import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from functions.ask import contracts
from functions.ask.answer import answer, spoken_in
from functions.ask.feedback import read_feedback, record
from functions.ask.find import search
from functions.ask.language import spoken
from functions.ask.outcome import asked, turned_away
from functions.ask.parts import Parts, open_parts
from functions.ask.question import Question, read_question, read_search
from functions.ask.stream import JSON, SERVER_SENT, Face, respond
from functions.shared import metrics
from functions.shared.languages import note
from functions.shared.problem import EXCEPTION_HANDLERS, StoreUnreachable, on_unknown
from functions.shared.settings import Settings

log = logging.getLogger(__name__)

Handler = Callable[[Request, Exception], Awaitable[Response]]


@functions_framework.aio.http  # type: ignore[arg-type]  # any ASGI app is a reply
async def ask(request: Request) -> Starlette:
    """The function: every path of the table above."""
    return _app


async def _answer(request: Request) -> ASGIApp:
    return await _reply(request, _read, "sse" if "text/event-stream" in request.headers.get("accept", "") else "json")


async def _read(request: Request) -> tuple[Question, Face]:
    question = await read_question(request)
    return question, SERVER_SENT if question.stream else JSON


async def _completion(request: Request) -> ASGIApp:
    from functions.ask.contracts import openai

    return await _reply(request, openai.read, "openai")


async def _chat(request: Request) -> ASGIApp:
    from functions.ask.contracts import ui_stream

    return await _reply(request, ui_stream.read, "ui")


async def _models(request: Request) -> Response:
    from functions.ask.contracts import openai

    return Response(openai.models(request.path_params.get("model")), media_type="application/json")


async def _mcp(request: Request) -> ASGIApp:
    mcp = await contracts.load("mcp")
    served: ASGIApp = mcp.serve(request, _parts)
    return served


async def _reply(
    request: Request, read: Callable[[Request], Awaitable[tuple[Question, Face]]], contract: str
) -> ASGIApp:
    """Read, admit, answer: the same for every contract."""
    with turned_away(contract):
        question, face = await read(request)
        language = note(request, spoken_in(question))
        parts = await _parts()
        place = await parts.limits.admit(request)
    events = asked(answer(parts, question, language), question, spoken_in(question), face.contract, parts.settings)
    return await place.until_sent(respond(request, events, question.stream, parts.settings.ping_s, face))


async def _search(request: Request) -> Response:
    wanted = await read_search(request)
    note(request, spoken([wanted.query]))
    parts = await _parts()
    with await parts.limits.admit(request):
        return _json(await search(parts, wanted))


async def _feedback(request: Request) -> Response:
    feedback = await read_feedback(request)
    await (await _parts()).limits.admit_verdict(request)
    record(feedback)
    return Response(status_code=204)


async def _warm(request: Request) -> Response:
    await warm()
    (await _parts()).ladder.load()
    return Response(status_code=204)


async def _openapi(request: Request) -> Response:
    from functions.ask.contracts import openapi

    return _json(openapi.document())


async def _docs(request: Request) -> Response:
    from functions.ask.contracts.docs import docs

    return docs(request.path_params.get("file"))


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


def _told(handler: Handler) -> Handler:
    """The same problem, in the shape that clients of its path read."""

    async def told(request: Request, error: Exception) -> Response:
        problem = await handler(request, error)
        if not request.url.path.startswith("/v1/"):
            return problem
        from functions.ask.contracts import openai

        return openai.in_its_shape(problem)

    return told


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
        Route("/docs", _docs, methods=["GET"]),
        Route("/docs/{file}", _docs, methods=["GET"]),
        Route("/v1/chat/completions", _completion, methods=["POST"]),
        Route("/v1/models", _models, methods=["GET"]),
        Route("/v1/models/{model:path}", _models, methods=["GET"]),
        Route("/chat", _chat, methods=["POST"]),
        Route("/mcp", _mcp, methods=["POST"]),
    ],
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origins=[origin.strip() for origin in _settings.cors_origins.split(",") if origin.strip()],
            allow_methods=["GET", "POST"],
            allow_headers=["*"],  # the clients of OpenAI and MCP bring a dozen of their own; none opens anything
            expose_headers=["Retry-After", "X-Request-Id"],
        ),
        # Starlette's own place for these is outside of CORS: a browser could not read that something broke.
        Middleware(ExceptionMiddleware, handlers={Exception: _told(on_unknown)}),
    ],
    exception_handlers={kind: _told(handler) for kind, handler in EXCEPTION_HANDLERS.items()},
)
