"""ingest: a document's event → event → parse → privacy → chunk → embed → upsert.

POST /  a CloudEvent 1.0, binary or structured (functions/ingest/event.py says how documents travel in it)
    <prefix>.document.published.v1   the document named by the subject now reads like this
    <prefix>.document.withdrawn.v1   it is no more
200  a CloudEvent, binary: <prefix>.document.indexed.v1 or .removed.v1, its JSON data the report of what was done
204  nothing to do: the document stands like this already, or a newer event came first
4xx  problem+json: the event or document is refused, the detail says why and what is accepted
503  problem+json with Retry-After: Chroma, the model or the document's lease is not to be had now

Never another 2xx body: a Broker takes it for a failure and delivers the event again.
Settings: CHROMA_URL, CHROMA_COLLECTION, MODEL_DIR, MODEL_PRECISION, EVENT_TYPE_PREFIX, MAX_DOCUMENT_BYTES,
CHUNK_SIZE, CHUNK_OVERLAP, ALLOW_PERSONAL_DATA, PHONE_REGION.
"""

import logging
import time
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import quote

import anyio
import functions_framework.aio
from anyio import to_thread
from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.ingest.chunk import chunk
from functions.ingest.event import Published, Withdrawn, event
from functions.ingest.parse import parse
from functions.ingest.privacy import privacy
from functions.ingest.upsert import Upserter, Written
from functions.shared import metrics
from functions.shared.embed import open_embedder
from functions.shared.problem import EXCEPTION_HANDLERS, Problem, Refused, StoreUnreachable, Unavailable
from functions.shared.settings import Settings

log = logging.getLogger("functions.ingest")


async def take(request: Request) -> Response:
    """One event: read, done in a thread, answered."""
    started = time.perf_counter()
    kind = "unknown"
    try:
        received = await event(request, settings())
        kind = "withdrawn" if isinstance(received, Withdrawn) else "published"
        async with one_at_a_time():
            report = await to_thread.run_sync(apply, received)
    except Problem as problem:
        outcome = "later" if isinstance(problem, Unavailable) else "refused"
        _note(kind, started, {"outcome": outcome, "detail": problem.detail})
        raise
    _note(kind, started, report)
    return _reply(report)


def apply(received: Published | Withdrawn) -> dict[str, Any]:
    """The report of an event's document. Blocking."""
    return withdraw(received) if isinstance(received, Withdrawn) else publish(received)


def publish(published: Published) -> dict[str, Any]:
    """The report of a published document."""
    document = parse(published)
    try:
        screened = privacy(document, settings())
    except Refused:
        withdraw(published)  # it may have been public before
        raise
    chunks = chunk(screened.document, settings())
    written = upserter().upsert(published, chunks)
    report = _report(published, written)
    return report | {"redactions": screened.redactions, "withheld": list(screened.withheld)}


def withdraw(withdrawn: Withdrawn | Published) -> dict[str, Any]:
    """The report of a withdrawn document."""
    return _report(withdrawn, upserter().upsert(withdrawn, [], state="withdrawn"))


def _report(done: Withdrawn | Published, written: Written) -> dict[str, Any]:
    return {
        "document": done.document,
        "outcome": written.outcome,
        "chunks": written.chunks,
        "embedded": written.embedded,
        "reused": written.reused,
        "retired": written.retired,
        "corpus_version": written.corpus_version,
    }


def _reply(report: dict[str, Any]) -> Response:
    """An event about the document, or an empty 204."""
    outcome = report["outcome"]
    if outcome not in ("indexed", "removed"):
        return Response(status_code=204)
    attributes = {
        "type": f"{settings().event_type_prefix}.document.{outcome}.v1",
        "source": "/ingest",
        "subject": quote(report["document"], safe="/:@ "),
        "datacontenttype": "application/json",
    }
    headers, body = to_binary(CloudEvent(attributes, report))
    return Response(body, headers=headers, background=BackgroundTask(_count, report["corpus_version"]))


def _note(kind: str, started: float, about: dict[str, Any]) -> None:
    """One log line and the counters of one event; never the document's text."""
    seconds = time.perf_counter() - started
    log.info("event", extra={"kind": kind, "seconds": round(seconds, 3), **about})
    counted = metrics.ingest()
    counted.events.labels(kind, about["outcome"]).inc()
    if about["outcome"] != "refused":  # that says nothing of Chroma
        counted.blocked.set(about["outcome"] == "later")
    for action in ("embedded", "reused", "retired"):
        counted.chunks.labels(action).inc(about.get(action, 0))
    for redacted, count in about.get("redactions", {}).items():
        counted.redactions.labels(redacted).inc(count)
    if about["outcome"] in ("indexed", "removed"):
        counted.event_to_searchable.observe(seconds)


def _count(version: str) -> None:
    """The corpus gauges, after the reply. Blocking."""
    with suppress(Problem):
        chunks, documents = upserter().totals()
        corpus = metrics.corpus()
        corpus.chunks.set(chunks)
        corpus.documents.set(documents)
        corpus.version.clear()
        corpus.version.labels(version).set(1)


@cache
def settings() -> Settings:
    """Read once, on first use."""
    return Settings.read()


@cache
def upserter() -> Upserter:
    """The model and the connection, opened by the first event or by `warm`. A failure is not kept."""
    return Upserter(settings(), open_embedder(settings()))


@cache
def one_at_a_time() -> anyio.Lock:
    """Parsing and embedding take all cores there are; events wait their turn."""
    return anyio.Lock()


async def warm() -> None:
    """Open what the first event needs. Chroma may start after us: the event asks again. Raises ModelUnusable."""
    metrics.ingest()
    try:
        await to_thread.run_sync(upserter)
    except StoreUnreachable as problem:
        log.warning("not ready for events yet", extra={"detail": problem.detail})


app = Starlette(routes=[Route("/", take, methods=["POST"])], exception_handlers=EXCEPTION_HANDLERS)


@functions_framework.aio.http
async def ingest(request: Request) -> Any:
    """The function: every request goes to the app above."""
    return app
