"""The page's own server with an ask that says what a test tells it to: scripted server-sent events on a real socket."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

import uvicorn
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from tests.processes import ROOT, free_port, wait_until

# What a script is made of: bytes to send, seconds to pause, or a gate that the test opens.
Step = bytes | float | threading.Event
Message = MutableMapping[str, Any]
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "content-type",
    "access-control-expose-headers": "retry-after",
}


def event(name: str, data: object) -> bytes:
    """One server-sent event as ask writes it."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def source(n: int, **changes: object) -> dict[str, object]:
    """A source as ask describes it."""
    return {
        "n": n,
        "id": f"work#{n:05d}",
        "title": "Work",
        "uri": "https://example.org/work",
        "section": f"Job {n}",
        "snippet": f"What job {n} was about.",
        "score": 0.8,
        **changes,
    }


def record(answer: str, *sources: dict[str, object], **changes: object) -> dict[str, object]:
    """The data of a `done` event."""
    return {
        "id": "a1",
        "answer": answer,
        "sources": list(sources),
        "answered": True,
        "provider": "hosted",
        "model": "mistral-7b",
        "degraded": False,
        "cached": False,
        "corpus_version": "v1",
        "timings_ms": {},
        "usage": {"prompt_tokens": 0, "completion_tokens": 0},
        **changes,
    }


def answering(*tokens: str, sources: tuple[dict[str, object], ...] = (), **changes: object) -> list[Step]:
    """The script of a whole answer without gaps."""
    done = event("done", record("".join(tokens), *sources, **changes))
    return [event("sources", list(sources)), *(event("token", {"text": token}) for token in tokens), done]


def quiet_script() -> list[Step]:
    """The beginning of an answer that never goes on."""
    return [event("sources", []), event("token", {"text": "Half a sent"}), threading.Event()]


class FakeAsk:
    """site/ at /, ask at /api/. `script` answers the next questions; `problem`, when set, is said instead."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._files = StaticFiles(directory=ROOT / "site", html=True)
        options: dict[str, Any] = {"host": "127.0.0.1", "port": self.port, "log_level": "error", "lifespan": "off"}
        self._server = uvicorn.Server(uvicorn.Config(self._app, interface="asgi3", **options))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self.reset()

    def reset(self) -> None:
        """Forget everything: a test starts from nothing."""
        self.script: list[Step] = []
        self.problem: tuple[int, dict[str, str], bytes] | None = None
        self.questions: list[dict[str, Any]] = []
        self.warmed = 0
        self.asleep: threading.Event | None = None  # a gate before a warm is answered
        self.hold: threading.Event | None = None  # a gate before the answer's first byte
        self.feedback: list[dict[str, Any]] = []
        self.pages: dict[str, bytes] = {}  # further pages, by path
        self.left = threading.Event()  # set when a visitor leaves before the end

    def __enter__(self) -> "FakeAsk":
        self._thread.start()
        wait_until(lambda: self._server.started, what="the fake ask")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(5)

    async def _app(
        self,
        scope: Message,
        receive: Callable[[], Coroutine[Any, Any, Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        async def start(status: int, headers: dict[str, str]) -> None:
            pairs = [(key.encode(), value.encode()) for key, value in {**CORS, **headers}.items()]
            await send({"type": "http.response.start", "status": status, "headers": pairs})

        async def body(chunk: bytes = b"", more: bool = False) -> None:
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

        if scope["path"] in self.pages:
            await start(200, {"content-type": "text/html; charset=utf-8"})
            await body(self.pages[scope["path"]])
            return
        if not scope["path"].startswith("/api/"):
            try:
                await self._files(scope, receive, send)  # type: ignore[arg-type]
            except HTTPException as missing:
                await start(missing.status_code, {})
                await body()
            return
        if scope["method"] != "POST":
            self.warmed += scope["method"] == "GET" and scope["path"] == "/api/warm"
            if scope["path"] == "/api/warm":
                await _passed(self.asleep)
            await start(204, {})
            await body()
            return
        asked = b""
        more = True
        while more:
            message = await receive()
            asked += message.get("body", b"")
            more = message.get("more_body", False)
        if scope["path"] == "/api/feedback" and not self.problem:
            self.feedback.append(json.loads(asked))
            await start(204, {})
            await body()
            return
        self.questions.append(json.loads(asked))
        if self.problem:
            status, headers, content = self.problem
            await start(status, {"content-type": "application/problem+json", **headers})
            await body(content)
            return
        await _passed(self.hold)
        await start(200, {"content-type": "text/event-stream", "cache-control": "no-cache"})
        speaking = asyncio.create_task(self._speak(list(self.script), body))
        leaving = asyncio.create_task(receive())
        await asyncio.wait({speaking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not speaking.done():
            self.left.set()
        speaking.cancel()
        leaving.cancel()

    async def _speak(self, script: list[Step], body: Callable[..., Awaitable[None]]) -> None:
        for step in script:
            match step:
                case bytes():
                    await body(step, True)
                case threading.Event():
                    await _passed(step)
                case _:
                    await asyncio.sleep(step)
        await body()


async def _passed(gate: threading.Event | None) -> None:
    while gate and not gate.is_set():  # the gate belongs to the test's thread
        await asyncio.sleep(0.01)
