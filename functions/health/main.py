"""health: is every part there?

    GET /   application/health+json (draft-inadarei-api-health-check): pass and warn are 200, fail is 503

`fail` means that a visitor cannot be answered from the documents, `warn` that the answer comes from below
the best configured rung. It asks each part itself and never ask or ingest, which it would wake from zero; only the
metrics ports of pods that are up anyway are read, where ASK_METRICS_URL and INGEST_METRICS_URL name them.
"""

import functions_framework.aio
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.health.checks import Check, Status
from functions.health.probes import probe
from functions.shared.problem import EXCEPTION_HANDLERS
from functions.shared.settings import Settings

# Probes of one monitor must not become load: what was found a moment ago still holds.
HEADERS = {"Cache-Control": "max-age=5"}


@functions_framework.aio.http  # type: ignore[arg-type]  # any ASGI app is a reply
async def health(request: Request) -> Starlette:
    """The function: one path."""
    return _app


async def _health(request: Request) -> Response:
    checks = await probe(_settings)
    status = worst(checks)
    report = {
        "status": status,
        "description": "Parts behind the portfolio chatbot",
        "notes": _notes(_settings),
        "checks": {f"{check.part}:responseTime": [_detail(check)] for check in checks},
    }
    return Response(msgspec.json.encode(report), 503 if status == "fail" else 200, HEADERS, "application/health+json")


def worst(checks: list[Check]) -> Status:
    """The status of the whole is that of its worst part."""
    found = {check.status for check in checks}
    return "fail" if "fail" in found else "warn" if "warn" in found else "pass"


def _detail(check: Check) -> dict[str, object]:
    shown: dict[str, object] = {"status": check.status, "observedValue": check.milliseconds, "observedUnit": "ms"}
    return shown | ({"output": check.output} if check.output else {})


def _notes(settings: Settings) -> list[str]:
    """What is configured away rather than broken."""
    notes = []
    if not settings.featherless_api_key and settings.llm_strategy != "ollama-only":
        notes.append("No key for the hosted model: that rung is left out.")
    if not settings.ollama_host and settings.llm_strategy != "featherless-only":
        notes.append("No Ollama server: that rung is left out.")
    if not settings.redis_url:
        notes.append("No Redis: each pod keeps its own answers, limits and budget.")
    return notes


_settings = Settings.read()
_app = Starlette(
    routes=[Route("/", _health, methods=["GET"])],
    exception_handlers=EXCEPTION_HANDLERS,
)
