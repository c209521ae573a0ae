"""Trace context, as a request or an event brings it."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import Chroma, Function

ID = "0af7651916cd43dd8448eb211c80319c"
TRACE = f"00-{ID}-b7ad6b7169203331-01"
EVENT = {
    "ce-specversion": "1.0",
    "ce-type": "com.vivekpadayattil.document.published.v1",
    "ce-source": "/tests",
    "ce-id": "1",
    "ce-time": "2026-11-22T00:00:00Z",
    "content-type": "text/markdown",
}


def lines(function: Function, message: str) -> list[dict[str, Any]]:
    logged = [json.loads(line) for line in Path(function.log).read_text().splitlines() if line.startswith("{")]
    return [line for line in logged if line["message"] == message]


@pytest.fixture
def ingest(start_function: Callable[..., Function], chroma: Chroma) -> Function:
    return start_function("ingest", {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": f"t{uuid.uuid4().hex}"})


@pytest.mark.parametrize("header", ["traceparent", "ce-traceparent"])
def test_an_events_trace_is_in_its_log_line_and_in_the_reply(ingest: Function, header: str) -> None:
    reply = httpx.post(ingest.url, headers={**EVENT, "ce-subject": header, header: TRACE}, content=b"# A\n\nText.")
    assert (reply.status_code, reply.headers["ce-traceparent"]) == (200, TRACE)
    (line,) = lines(ingest, "event")
    assert line["request_id"] == ID


def test_one_request_does_not_inherit_the_trace_of_the_one_before(ingest: Function) -> None:
    with httpx.Client() as client:  # one connection
        client.post(ingest.url, headers={**EVENT, "ce-subject": "a", "traceparent": TRACE}, content=b"# A\n\nText.")
        reply = client.post(ingest.url, headers={**EVENT, "ce-subject": "b"}, content=b"# B\n\nText.")
    assert "ce-traceparent" not in reply.headers
    first, second = lines(ingest, "event")
    assert first["request_id"] == ID
    trace = second["traceparent"].split("-")[1]
    assert re.fullmatch("[0-9a-f]{32}", trace)
    assert trace not in (ID, "0" * 32)
    assert second["request_id"] == reply.headers["x-request-id"] == trace


@pytest.mark.parametrize("given", ["", "junk", f"ff-{ID}-b7ad6b7169203331-01", f"00-{'0' * 32}-b7ad6b7169203331-01"])
def test_what_is_no_trace_context_goes_nowhere(ingest: Function, given: str) -> None:
    headers = {**EVENT, "ce-subject": "none", "traceparent": given}
    reply = httpx.post(ingest.url, headers=headers, content=b"# A\n\nText.")
    assert reply.status_code == 200
    assert "ce-traceparent" not in reply.headers


def test_a_dead_letter_names_its_trace(start_function: Callable[..., Function]) -> None:
    logger = start_function("dead_letter", {})
    httpx.post(logger.url, headers={**EVENT, "ce-traceparent": TRACE}, content=b"x")
    (line,) = lines(logger, "dead letter")
    assert (line["event_traceparent"], line["request_id"]) == (TRACE, ID)
