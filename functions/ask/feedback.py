"""POST /feedback: whether an answer was of use, counted and logged with the answer's id. Nothing is kept."""

import logging
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request

from functions.ask.question import read_body
from functions.shared import metrics

log = logging.getLogger(__name__)


class Feedback(msgspec.Struct, frozen=True):
    """A visitor's verdict on one answer."""

    id: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)", description="The answer's id, as its record has it.")
    ]
    verdict: Annotated[Literal["up", "down"], Meta(description="Of use, or not.")]


async def read_feedback(request: Request) -> Feedback:
    """The verdict in the body of `request`. Raises Malformed, TooLarge, WrongMediaType, Refused."""
    return await read_body(request, Feedback)


def record(feedback: Feedback) -> None:
    """Count and log it."""
    metrics.ask().feedback.labels(feedback.verdict).inc()
    log.info("feedback", extra={"answer_id": feedback.id, "verdict": feedback.verdict})
