"""The dead-letter logger: one log line for each event that the Broker gave up on.

    POST /   a CloudEvent, binary or structured   204; its attributes are logged, its data never is:
                                                  a refused document is often refused for what it holds
             anything else                        400 problem+json

The Broker adds `knativeerrordest` (who did not take the event) and `knativeerrorcode` (with which
status) to what it sends here. Settings: LOG_LEVEL.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import unquote

import functions_framework.aio
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from functions.shared import metrics
from functions.shared.problem import Malformed, MethodNotAllowed, Problem, problem_response

log = logging.getLogger(__name__)

# What is logged. A fixed list, so that a producer cannot smuggle data in as an attribute of its own.
LOGGED = ("type", "source", "subject", "id", "time", "knativeerrordest", "knativeerrorcode", "traceparent")
STATUSES = {str(status.value) for status in HTTPStatus}
LONGEST = 500  # characters of one attribute


async def warm() -> None:
    """The counter stands at 0 before the first letter: one that appears as 1 would be no increase."""
    metrics.dead_letters()


@functions_framework.aio.http
async def dead_letter(request: Request) -> Response:
    """Log the event's attributes."""
    try:
        event = await attributes(request)
    except Problem as problem:
        return problem_response(problem)
    metrics.dead_letters().labels(_code(event)).inc()
    log.error("dead letter", extra={f"event_{name}": event[name][:LONGEST] for name in LOGGED if name in event})
    return Response(status_code=204)  # a body that is no CloudEvent would count as a failure


def _code(event: Mapping[str, str]) -> str:
    """The status as a label: one a producer made up must not make a series."""
    code = event.get("knativeerrorcode", "")
    return code if code in STATUSES else "none"


async def attributes(request: Request) -> Mapping[str, str]:
    """The event's context attributes, of either content mode. Raises Malformed, MethodNotAllowed."""
    if request.method != "POST":
        raise MethodNotAllowed("Dead letters arrive by POST.")
    if request.headers.get("content-type", "").startswith("application/cloudevents+json"):
        found = _structured(await request.body())
    else:
        found = {name[3:]: unquote(value) for name, value in request.headers.items() if name.startswith("ce-")}
    if "type" not in found:
        raise Malformed("No CloudEvent: the attribute `type` is missing.")
    return found


def _structured(body: bytes) -> Mapping[str, str]:
    try:
        envelope = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("No CloudEvent: the body is not a JSON object.") from None
    return {name: str(envelope[name]) for name in LOGGED if name in envelope}
