"""ingest: a document's event → event → fetch → parse → privacy → chunk → embed → upsert.

POST /  a CloudEvent 1.0, binary or structured (functions/ingest/event.py lists the types, events/ how they are read)
    <prefix>.document.published.v1   the document named by the subject now reads like this, or lies there
    <prefix>.document.withdrawn.v1   it is no more
    <prefix>.corpus.reconcile.v1, dev.knative.sources.ping   compare a source with the store
    blob, object and push events     the documents they name are fetched or withdrawn
OPTIONS /  the handshake of web hooks, for the origins in WEBHOOK_ORIGINS
200  a CloudEvent, binary: <prefix>.document.indexed.v1 or .removed.v1, its JSON data the report of what was done:
     passages by what became of them, redactions by kind, sections kept out by audience, headings of those on request
204  nothing to do: the document stands like this already, or a newer event came first; and every push and reconcile
4xx  problem+json: the event or document is refused, the detail says why and what is accepted
503  problem+json with Retry-After: Chroma, the model, the document's place or a turn at it is not to be had now

Never another 2xx body: a Broker takes it for a failure and delivers the event again.
Settings: those of README's table from EVENT_TYPE_PREFIX to WEBHOOK_ORIGINS, CHROMA_* and MODEL_*.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

import functions_framework.aio
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.ingest import access
from functions.ingest.change import Written
from functions.ingest.chunk import chunk
from functions.ingest.event import event
from functions.ingest.events import Change, Located, Published, Reconcile, Several, Withdrawn
from functions.ingest.fetch import fetch
from functions.ingest.parse import parse
from functions.ingest.parts import few_at_a_time, gauges, recalibration, redactor, settings, upserter, version
from functions.ingest.privacy import check_id, privacy, shown_id
from functions.ingest.report import note, reply, report_of, told
from functions.shared import metrics
from functions.shared.problem import EXCEPTION_HANDLERS, Problem, Refused, StoreUnreachable, Unavailable

log = logging.getLogger("functions.ingest")


async def take(request: Request) -> Response:
    """One event; what follows the corpus is told if that changed, as a refused document may do too."""
    before = version()
    try:
        return await _answer(request)
    finally:
        if version() != before:
            recalibration().changed()
            gauges().changed()


async def _answer(request: Request) -> Response:
    """One event: read, done, answered."""
    started = time.perf_counter()
    try:
        received = await event(request, settings())
    except Problem as problem:
        note("unknown", started, told(problem, redactor()))
        raise
    if isinstance(received, Reconcile):
        return await _reconciled(received, started)
    if isinstance(received, Several):
        return await _all(received.changes)
    return reply(await _settle(received), settings())


async def _settle(change: Change) -> dict[str, Any]:
    """The report of one document, noted; a problem is noted too."""
    started = time.perf_counter()
    kind = "withdrawn" if isinstance(change, Withdrawn) else "published"
    try:
        found = await _brought(change) if isinstance(change, Located) else change
        if isinstance(found, Written):
            report = report_of(change, found)
        else:
            async with few_at_a_time():
                report = await to_thread.run_sync(apply, found)
    except Problem as problem:
        note(kind, started, {"document": shown_id(change.document, redactor()), **told(problem, redactor())})
        raise
    note(kind, started, report)
    return report


async def _brought(located: Located) -> Published | Withdrawn | Written:
    """The document from where it lies; Written when there is nothing more to do."""
    check_id(located.document, redactor())
    standing = await to_thread.run_sync(lambda: upserter().standing(located.document))
    if standing.is_newer_than(located):
        return Written("stale", "")
    validator = standing.validator if standing.state == "live" else ""
    found = await fetch(located, validator, settings())
    if found is None:
        return await to_thread.run_sync(lambda: upserter().confirm(located))
    return found


async def _all(changes: Sequence[Located | Withdrawn]) -> Response:
    """Every document of a push. One that fails keeps none of the others from being done, and the same push again does
    no harm to those: so "later" for any is "later" for all, and what is refused is told when all else is done.
    """
    later: list[Unavailable] = []
    refused: list[tuple[str, Problem]] = []
    for change in changes:
        try:
            await _settle(change)
        except Unavailable as problem:
            later.append(problem)
        except Problem as problem:
            refused.append((shown_id(change.document, redactor()), problem))
    if later:
        detail = f"{len(later)} of {len(changes)} documents are not done yet, the first because: {later[0].detail}"
        raise Unavailable(detail, retry_after_s=max(problem.retry_after_s for problem in later))
    if refused:
        first = " ".join(f"{document}: {problem.detail}" for document, problem in refused[:10])
        raise Refused(f"{len(refused)} of {len(changes)} documents are refused, the others done. {first}")
    return Response(status_code=204)


async def _reconciled(asked: Reconcile, started: float) -> Response:
    """A source against the store; the log tells what was done."""
    try:
        from functions.ingest.reconcile import reconcile  # most events need neither its listings nor its plan

        report = await to_thread.run_sync(lambda: reconcile(asked.source, settings(), upserter=upserter()))
    except Problem as problem:
        note("reconcile", started, told(problem, redactor()))
        raise
    note("reconcile", started, {"outcome": "reconciled", "report": str(report)})
    for document, detail in report.failed.items():
        log.warning("not reconciled", extra={"document": document, "detail": detail})
    return Response(status_code=204)


async def introduce(request: Request) -> Response:
    """An origin that asks whether it may send."""
    granted = access.grant(request.headers.get("webhook-request-origin", ""), settings())
    return Response(status_code=200, headers=granted)


def apply(received: Published | Withdrawn) -> dict[str, Any]:
    """The report of an event's document. Blocking."""
    return withdraw(received) if isinstance(received, Withdrawn) else publish(received)


def publish(published: Published) -> dict[str, Any]:
    """The report of a published document."""
    check_id(published.document, redactor())
    document = parse(published)
    try:
        screened = privacy(document, redactor())
    except Refused:
        withdraw(published)  # it may have been public before
        raise
    chunks = chunk(screened.document, settings())
    written = upserter().upsert(published, chunks)
    report = report_of(published, written)
    return report | {
        "redactions": screened.redactions,
        "withheld": list(screened.withheld),
        "kept_out": screened.kept_out,
    }


def withdraw(withdrawn: Withdrawn | Published) -> dict[str, Any]:
    """The report of a withdrawn document. One whose id would be refused leaves no tombstone unless it is there."""
    try:
        check_id(withdrawn.document, redactor())
    except Refused:
        if not upserter().standing(withdrawn.document).state:
            return {"outcome": "unchanged"}
    return report_of(withdrawn, upserter().upsert(withdrawn, [], state="withdrawn"))


async def warm() -> None:
    """Open what the first event needs. Chroma may start after us: the event asks again. Raises ModelUnusable."""
    metrics.ingest()
    try:
        await to_thread.run_sync(upserter)
    except StoreUnreachable as problem:
        log.warning("not ready for events yet", extra={"detail": problem.detail})


async def close() -> None:
    """What is still due before the pod goes."""
    if recalibration.cache_info().currsize:
        await recalibration().close()


app = Starlette(
    routes=[Route("/", take, methods=["POST"]), Route("/", introduce, methods=["OPTIONS"])],
    exception_handlers=EXCEPTION_HANDLERS,
)


@functions_framework.aio.http
async def ingest(request: Request) -> Any:
    """The function: every request goes to the app above."""
    return app
