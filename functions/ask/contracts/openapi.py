"""GET /openapi.json: OpenAPI 3.1 from the types that validate requests and shape replies."""

from functools import cache
from typing import Any

import msgspec

from functions.ask.contracts.openai import ChatRequest
from functions.ask.contracts.ui_stream import UIRequest
from functions.ask.feedback import Feedback
from functions.ask.question import Question, Search
from functions.shared.records import Answer, SearchResults

PROBLEMS = {
    "400": "The body is not JSON.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "The body does not fit the schema.",
    "429": "More than one visitor may ask; Retry-After says when to come back.",
    "503": "A part that this needs is away; Retry-After says when to come back.",
}


# Others describe these; what a field of ours adds is in functions/ask/contracts/openai.py.
OPENAI = {
    "application/json": {"schema": {"type": "object", "description": "OpenAI's chat.completion object."}},
    "text/event-stream": {"schema": {"type": "string", "description": "OpenAI's chat.completion.chunk objects."}},
}


UI = {"text/event-stream": {"schema": {"type": "string", "description": "UI message stream parts, version 1."}}}


class ProblemDocument(msgspec.Struct, frozen=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


@cache
def document() -> dict[str, Any]:
    """The whole document, ready for JSON."""
    kinds = [Question, Answer, Search, SearchResults, Feedback, ProblemDocument, ChatRequest, UIRequest]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    question, answer, search, results, feedback, problem, chat, ui = schemas
    refused = {
        status: {"description": text, "content": {"application/problem+json": {"schema": problem}}}
        for status, text in PROBLEMS.items()
    }
    errors = {
        status: {"description": text, "content": {"application/json": {"schema": {"type": "object"}}}}
        for status, text in PROBLEMS.items()
    }
    streamed = {"schema": {"type": "string", "description": "Events: sources, token, reset, done, error."}}
    replies = {"application/json": {"schema": answer}, "text/event-stream": streamed}
    return {
        "openapi": "3.1.0",
        "info": {"title": "ask", "version": "0.1.0", "description": "Questions about one person, answered and cited."},
        "servers": [{"url": ".", "description": "Where this document lies."}],
        "paths": {
            "/": {"post": _operation("ask", "Ask a question", question, replies, refused)},
            "/search": {
                "post": _operation(
                    "search", "Find passages", search, {"application/json": {"schema": results}}, refused
                )
            },
            "/feedback": {"post": _feedback(feedback, refused)},
            "/v1/chat/completions": {
                "post": _operation("complete", "Ask as OpenAI's clients do", chat, OPENAI, errors)
            },
            "/chat": {"post": _operation("chat", "Ask as useChat of the AI SDK does", ui, UI, refused)},
            "/v1/models": {"get": _listing("models", "The models of that contract: one")},
            "/warm": {
                "get": {
                    "operationId": "warm",
                    "summary": "Open everything behind the first answer",
                    "responses": {"204": {"description": "Ready."}, "503": refused["503"]},
                }
            },
        },
        "components": {"schemas": components},
    }


def _feedback(body: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    operation = _operation("feedback", "Say whether an answer was of use", body, {}, refused)
    noted = {"204": {"description": "Noted."}}
    return operation | {"responses": noted | refused}


def _listing(name: str, summary: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": {"description": "Done.", "content": content}},
    }


def _operation(
    name: str, summary: str, body: dict[str, Any], replies: dict[str, Any], refused: dict[str, Any]
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "Done.", "content": replies}, **refused},
    }
