"""The static site for `make run`, on one origin with ask as nginx has it in the cluster, and whose bot it is.

    SITE_PORT=8080 ASK_PORT=8081 python -m tools.site     serve
    python -m tools.site --write                          bring site/ up to corpus/subject.yaml

What the page says without a script stands in marked blocks of site/index.html; what the chat says, in subject.json.
"""

import json
import os
import sys
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.shared.problem import Unavailable, problem_response
from functions.shared.settings import Settings
from functions.shared.subject import Subject, read_subject
from tools.readme import replaced

INDEX = Path("site/index.html")
SCRIPTLESS = "The chat that answers questions about this work needs JavaScript; the links above do not."
# What belongs to one connection only.
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


def create_app(settings: Settings, ask_port: str) -> Starlette:
    """The site with its generated parts, never cached: whoever edits the page wants to see it."""
    ask = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{ask_port}", timeout=httpx.Timeout(310, connect=5), trust_env=False
    )

    async def index(request: Request) -> Response:
        return HTMLResponse(page(read_subject(settings.corpus_dir)))

    async def subject(request: Request) -> Response:
        return JSONResponse(subject_document(settings, bool(settings.featherless_api_key)))

    async def api(request: Request) -> Response:
        return await forward(ask, request)

    routes = [
        Route("/", index),
        Route("/index.html", index),
        Route("/subject.json", subject),
        Route("/api/{path:path}", api, methods=["GET", "POST", "OPTIONS"]),
        Mount("/", StaticFiles(directory="site", html=True)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(_Uncached)])


async def forward(ask: httpx.AsyncClient, request: Request) -> Response:
    """What ask replies to `request`, piece by piece as it comes."""
    path, query = request.scope["raw_path"].removeprefix(b"/api"), request.scope["query_string"]
    url = ask.base_url.copy_with(raw_path=path + (b"?" + query if query else b""))
    headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
    asked = ask.build_request(request.method, url, headers=headers, content=await request.body())
    try:
        reply = await ask.send(asked, stream=True)
    except httpx.TransportError:
        return problem_response(Unavailable("The chatbot cannot be reached just now. Try again in a few seconds."))
    kept = {name: value for name, value in reply.headers.items() if name not in HOP_BY_HOP}
    return StreamingResponse(_pieces(reply), reply.status_code, kept)


async def _pieces(reply: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in reply.aiter_raw():
            yield piece
    finally:
        await reply.aclose()


def page(subject: Subject) -> str:
    """index.html for `subject`: what search engines and visitors without a script read."""
    name, tagline = escape(subject.name), escape(subject.tagline)
    head = (
        f'  <meta name="description" content="Ask about the professional life of {name} and get short answers with '
        f'their sources.">\n  <title>Ask about {name}</title>'
    )
    links = "\n".join(
        f'          <li><a href="{escape(link.url)}">{escape(link.label)}</a></li>' for link in subject.links
    )
    card = f"""\
      <header slot="header">
        <p aria-hidden="true"><b>visitor@portfolio:~$</b> cat about</p>
        <h1>{name}</h1>
        <p>{tagline}</p>
        <ul>
{links}
        </ul>
        <p class="scriptless">{escape(subject.contact.strip())}</p>
        <p class="scriptless">{SCRIPTLESS}</p>
      </header>"""
    template = INDEX.read_text(encoding="utf-8")
    return replaced(replaced(template, "subject", head), "card", card)


def subject_document(settings: Settings, hosted: bool) -> dict[str, object]:
    """subject.json: the published part of the subject, and the service outside that may see a question."""
    where = urlsplit(settings.hosted_base_url).hostname or ""
    service = "Featherless" if f".{where}".endswith(".featherless.ai") else where
    used = hosted and settings.llm_strategy != "ollama-only"
    return read_subject(settings.corpus_dir).published() | {"services": {"hosted": service if used else ""}}


def write(settings: Settings) -> None:
    """The files that the site's image carries. There the hosted model is configured."""
    document = json.dumps(subject_document(settings, hosted=True), indent=2, ensure_ascii=False)
    Path("site/subject.json").write_text(document + "\n", encoding="utf-8")
    INDEX.write_text(page(read_subject(settings.corpus_dir)), encoding="utf-8")


class _Uncached:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def revalidated(message: Message) -> None:
            if message["type"] == "http.response.start" and not scope["path"].startswith("/api/"):
                message["headers"].append((b"cache-control", b"no-cache"))
            await send(message)

        await self.app(scope, receive, revalidated)


if __name__ == "__main__" and "--write" in sys.argv:
    write(Settings.read())
elif __name__ == "__main__":
    uvicorn.run(
        create_app(Settings.read(), os.environ["ASK_PORT"]),
        host="127.0.0.1",
        port=int(os.environ["SITE_PORT"]),
        log_level="warning",
    )
