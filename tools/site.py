"""The static site for `make run`: site/ as it is, told where ask lives and whose bot it is.

    SITE_PORT=8080 ASK_PORT=8081 python -m tools.site     serve
    python -m tools.site --write                          bring site/subject.json up to corpus/subject.yaml

In the cluster nginx serves the same files and ask is a path of the same origin; here it is another origin.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.shared.settings import Settings
from functions.shared.subject import read_subject


def create_app(settings: Settings, ask_port: str) -> Starlette:
    """The site with its two generated files, never cached: whoever edits the page wants to see it."""

    async def config(request: Request) -> Response:
        host = request.url.hostname or "127.0.0.1"
        host = f"[{host}]" if ":" in host else host
        return Response(f'export default {{ endpoint: "http://{host}:{ask_port}/" }};\n', media_type="text/javascript")

    async def subject(request: Request) -> Response:
        return JSONResponse(subject_document(settings, bool(settings.featherless_api_key)))

    routes = [
        Route("/config.js", config),
        Route("/subject.json", subject),
        Mount("/", StaticFiles(directory="site", html=True)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(_Uncached)])


def subject_document(settings: Settings, hosted: bool) -> dict[str, object]:
    """subject.json: the published part of the subject, and the service outside that may see a question."""
    where = urlsplit(settings.hosted_base_url).hostname or ""
    service = "Featherless" if f".{where}".endswith(".featherless.ai") else where
    used = hosted and settings.llm_strategy != "ollama-only"
    return read_subject(settings.corpus_dir).published() | {"services": {"hosted": service if used else ""}}


def write(settings: Settings) -> None:
    """The file that the site's image carries. There the hosted model is configured."""
    document = json.dumps(subject_document(settings, hosted=True), indent=2, ensure_ascii=False)
    Path("site/subject.json").write_text(document + "\n", encoding="utf-8")


class _Uncached:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def revalidated(message: dict) -> None:  # type: ignore[type-arg]
            if message["type"] == "http.response.start":
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
