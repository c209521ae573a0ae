"""Language model servers for the tests: real sockets, scripted answers, and the refusals of the real ones."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

KEY = "rc_test_key_5c1f"
ANSWER = ["Vivek ", "works ", "as a Data ", "Scientist at ", "VitaScale GmbH", " in Mainz", ", Germany", " [1]", "."]
WHOLE = "".join(ANSWER)


@dataclass
class Script:
    """What the server does next; a test changes it between questions. A gate among the pieces waits to be opened."""

    pieces: list[str | threading.Event] = field(default_factory=lambda: list(ANSWER))
    gap_s: float = 0.0  # before every piece
    status: int = 200
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None  # pieces, then the connection just ends
    raw: bytes | None = None  # sent as the whole stream, whatever it is
    hang: bool = False  # accept, and never say a word
    echo: bool = False  # answer with the prompt, whatever it says
    truncate_prompt: bool = False  # Ollama: cut it without saying so
    asked: list[dict] = field(default_factory=list)
    cancelled: int = 0  # streams whose reader left


class _Socket(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test process keeps its own."""


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """An ASGI app on a free loopback port, in a thread; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = _Socket(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
    listening.close()


def hosted(script: Script) -> Starlette:
    """POST /v1/chat/completions and GET /v1/models as Featherless has them."""

    async def completions(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"message": f"bad key {request.headers.get('authorization')}"}}, 401)
        body = await request.json()
        script.asked.append(body)
        if refusal := _template_refuses(body["messages"]):
            return JSONResponse({"error": {"message": refusal, "type": "invalid_request_error"}}, 400)
        told = " ".join(message["content"] for message in body["messages"])
        pieces = [f"{word} " for word in told.split()] if script.echo else script.pieces
        return await _reply(request, script, _chunks(script, pieces, body["model"]), "text/event-stream")

    async def models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": []})

    return Starlette(routes=[Route("/v1/chat/completions", completions, methods=["POST"]), Route("/v1/models", models)])


def ollama(script: Script) -> Starlette:
    """POST /api/chat and GET /api/tags as Ollama has them, with tinyllama pulled."""

    async def chat(request: Request) -> Response:
        body = await request.json()
        script.asked.append(body)
        if body["model"] != "tinyllama":
            return JSONResponse({"error": f"model '{body['model']}' not found"}, 404)
        return await _reply(request, script, _parts(script, body), "application/x-ndjson")

    async def tags(request: Request) -> Response:
        return JSONResponse({"models": [{"name": "tinyllama:latest", "model": "tinyllama:latest"}]})

    return Starlette(routes=[Route("/api/chat", chat, methods=["POST"]), Route("/api/tags", tags)])


@contextmanager
def two_models() -> Iterator[tuple[Script, Script, dict[str, str]]]:
    """A hosted and a local model: what each does, and the settings that lead to them."""
    main, fallback = Script(), Script()
    with serving(hosted(main)) as hosted_url, serving(ollama(fallback)) as ollama_url:
        settings = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{hosted_url}/v1", "OLLAMA_HOST": ollama_url}
        yield main, fallback, settings


def _template_refuses(messages: list[dict]) -> str:
    """Mistral's chat template: user and assistant alternate from a user's turn on, and there is no system role."""
    for position, message in enumerate(messages):
        if message["role"] != ("user", "assistant")[position % 2]:
            return "Conversation roles must alternate user/assistant/user/assistant/..."
    return "" if messages and messages[-1]["role"] == "user" else "the last message must be the user's"


async def _reply(request: Request, script: Script, stream: AsyncIterator[bytes], media_type: str) -> Response:
    if script.hang:
        while not await request.is_disconnected():
            await asyncio.sleep(0.01)
        script.cancelled += 1
        return PlainTextResponse("", 499)
    if script.status != 200:
        return Response(script.body, script.status, script.headers, "application/json")
    return StreamingResponse(_watched(script, stream), headers=script.headers, media_type=media_type)


async def _watched(script: Script, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if script.raw is not None:
        yield script.raw
        return
    sent = 0
    try:
        async for part in stream:
            if script.cut_after is not None and sent >= script.cut_after:
                raise ConnectionAbortedError("cut, as scripted")
            yield part
            sent += 1
    except asyncio.CancelledError:
        script.cancelled += 1
        raise


async def _spoken(script: Script, pieces: Sequence[str | threading.Event]) -> AsyncIterator[str]:
    """The pieces in their time; a gate belongs to the test's thread."""
    for piece in pieces:
        if isinstance(piece, str):
            await asyncio.sleep(script.gap_s)
            yield piece
        else:
            while not piece.is_set():
                await asyncio.sleep(0.01)


async def _chunks(script: Script, pieces: Sequence[str | threading.Event], model: str) -> AsyncIterator[bytes]:
    def chunk(delta: dict, finish: str | None = None, usage: dict | None = None) -> bytes:
        body = {
            "object": "chat.completion.chunk",
            "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
        return f"data: {json.dumps(body | ({'usage': usage} if usage else {}))}\n\n".encode()

    async for piece in _spoken(script, pieces):
        yield chunk({"content": piece})
    yield chunk({}, "stop", {"prompt_tokens": 321, "completion_tokens": len(pieces)})
    yield b"data: [DONE]\n\n"


async def _parts(script: Script, body: dict) -> AsyncIterator[bytes]:
    def part(content: str, **more: object) -> bytes:
        message = {"role": "assistant", "content": content}
        return json.dumps({"model": body["model"], "message": message, "done": False, **more}).encode() + b"\n"

    async for piece in _spoken(script, script.pieces):
        yield part(piece)
    tokens = sum(len(message["content"]) for message in body["messages"]) // 4
    if script.truncate_prompt:
        tokens = 16
    yield part("", done=True, done_reason="stop", prompt_eval_count=tokens, eval_count=len(script.pieces))
