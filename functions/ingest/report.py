"""What came of an event: its report, told to the sender, the log and the metrics."""

import logging
import time
from typing import Any
from urllib.parse import quote

from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent
from starlette.responses import Response

from functions.ingest.change import Written
from functions.ingest.events import Change
from functions.ingest.personal import Redactor
from functions.shared import metrics, trace
from functions.shared.problem import Problem, Unavailable
from functions.shared.settings import Settings

log = logging.getLogger("functions.ingest")


def report_of(done: Change, written: Written) -> dict[str, Any]:
    """What was done to one document."""
    return {
        "document": done.document,
        "outcome": written.outcome,
        "chunks": written.chunks,
        "embedded": written.embedded,
        "reused": written.reused,
        "retired": written.retired,
        "corpus_version": written.corpus_version,
    }


def reply(report: dict[str, Any], settings: Settings) -> Response:
    """An event about the document, or an empty 204."""
    outcome = report["outcome"]
    if outcome not in ("indexed", "removed"):
        return Response(status_code=204)
    attributes = {
        "type": f"{settings.event_type_prefix}.document.{outcome}.v1",
        "source": "/ingest",
        "subject": quote(report["document"], safe="/:@ "),
        "datacontenttype": "application/json",
        **trace.extension(),
    }
    headers, body = to_binary(CloudEvent(attributes, report))
    return Response(body, headers=headers)


def note(kind: str, started: float, about: dict[str, Any]) -> None:
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


def told(problem: Problem, redactor: Redactor) -> dict[str, Any]:
    """For the log; the detail goes to the caller and the dead letters as well."""
    problem.detail, _ = redactor.redact(problem.detail)
    return {"outcome": "later" if isinstance(problem, Unavailable) else "refused", "detail": problem.detail}
