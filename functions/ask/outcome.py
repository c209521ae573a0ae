"""What becomes of a question, for the metrics and, where the owner wants it, for the log.

A line "question" tells what was asked, a line "unanswered" what the documents do not answer, with language and reason.
The words are in them with LOG_QUESTIONS=true only, and never what is personal in them. `make unanswered` lists them.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from functions.ask.question import Question
from functions.ask.stream import Done, Events
from functions.shared import metrics
from functions.shared.problem import Problem
from functions.shared.records import Answer
from functions.shared.settings import Settings

if TYPE_CHECKING:
    from functions.ingest.personal import Redactor

log = logging.getLogger(__name__)

ASKED, UNANSWERED = "question", "unanswered"


async def asked(events: Events, question: Question, language: str, contract: str, settings: Settings) -> Events:
    """The same events; the outcome is counted and logged. A visitor who leaves is no outcome."""
    words = await _words(question, settings)
    if words:
        log.info(ASKED, extra=words)
    try:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    _count(event.answer, contract)
                    if reason := _unanswered(event.answer):
                        metrics.ask().unanswered.labels(language, reason).inc()
                        log.info(UNANSWERED, extra={"language": language, "reason": reason, **words})
                yield event
    except Exception:
        metrics.ask().requests.labels("failed", "extractive", contract).inc()
        raise


def _count(answer: Answer, contract: str) -> None:
    outcome = "answered" if answer.answered else "refused"
    metrics.ask().requests.labels(outcome, answer.provider, contract).inc()


def _unanswered(answer: Answer) -> str:
    """Why the documents do not answer; empty where they do, and where they were out of reach."""
    if answer.answered or answer.provider == "contact":
        return ""
    return "no evidence" if answer.provider == "extractive" else "declined"


async def _words(question: Question, settings: Settings) -> dict[str, str]:
    """What the log may hold of a question."""
    if settings.log_questions != "true":
        return {}
    return {"question": await asyncio.to_thread(without_personal, question.question, settings.phone_region)}


def without_personal(text: str, region: str) -> str:
    """`text` with notes in place of personal data, of the visitor or of anybody. Blocking: 3.6 µs a character."""
    return _redactor(region).redact(text)[0]


@cache
def _redactor(region: str) -> "Redactor":
    from functions.ingest.personal import Redactor  # only where questions are logged

    return Redactor(region)


@contextmanager
def turned_away(contract: str) -> Iterator[None]:
    """Count a question that a problem ends before it is asked."""
    try:
        yield
    except Problem as problem:
        outcome = "limited" if problem.status == 429 else "failed" if problem.status >= 500 else "invalid"
        metrics.ask().requests.labels(outcome, "extractive", contract).inc()
        raise
