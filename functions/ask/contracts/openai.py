"""POST /v1/chat/completions, GET /v1/models: the bot as OpenAI's clients know a model.

The last user message is the question, user and assistant messages before it the history. What else a caller says of the
model is not taken: system messages, because the bot's instructions are its own, tools, sampling and unknown fields. Any
`model` is accepted, there is only one.

The reply has each cited source in `annotations`, in the stream in the chunk with the `finish_reason`; start and end are
those of its number in the text, in code points. The whole record but the text is in a field of our own, `portfolio`.
Nothing in this contract takes back a text, so the stream says nothing until the rung that writes has finished.
"""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from functions.ask.contracts.conversation import last_question
from functions.ask.question import Question, Turn, read_body
from functions.ask.stream import Done, Event
from functions.shared.problem import NotFound, Problem, Refused
from functions.shared.records import Answer, Usage

MODEL = "portfolio"
NUMBER = re.compile(r"\[(\d+)\]")


class Part(msgspec.Struct, frozen=True):
    """A piece of a message; only those of type text are understood."""

    type: str
    text: str = ""


class Message(msgspec.Struct, frozen=True):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    def text(self) -> str:
        """Its text. Raises Refused for a picture, a sound or a file."""
        if not isinstance(self.content, list):
            return self.content or ""
        if other := next((part.type for part in self.content if part.type != "text"), ""):
            raise Refused(
                f"A content part of type {other!r} is not understood; send parts of type 'text'.",
                de=f"Ein Teil vom Typ {other!r} wird nicht verstanden; senden Sie Teile vom Typ 'text'.",
            )
        return "".join(part.text for part in self.content)


class StreamOptions(msgspec.Struct, frozen=True):
    """What a stream tells besides the text."""

    include_usage: bool | None = None


class ChatRequest(msgspec.Struct, frozen=True):
    """The part of OpenAI's request that counts here."""

    messages: list[Message]
    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None


async def read(request: Request) -> tuple[Question, "Completion"]:
    """The question in a chat completion request, and how its answer is written. Raises as `read_body`."""
    asked = await read_body(request, ChatRequest)
    if asked.n not in (None, 1):
        raise Refused(
            f"`n` is {asked.n}; there is one answer to a question, so 1 is accepted.",
            de=f"`n` ist {asked.n}; auf eine Frage gibt es eine Antwort, also wird 1 angenommen.",
        )
    turns = [Turn(m.role, m.text()) for m in asked.messages if m.role == "user" or m.role == "assistant"]
    with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
    return last_question(turns, bool(asked.stream)), Completion(with_usage)


class Completion:
    """A chat.completion object, or its chunks."""

    contract = "openai"
    headers: Mapping[str, str] = {}

    def __init__(self, with_usage: bool = False) -> None:
        """`with_usage`: a stream ends with a chunk that has the tokens."""
        self._with_usage = with_usage

    def event(self, event: Event) -> bytes:
        if not isinstance(event, Done):
            return b""
        return b"".join(_data(chunk) for chunk in self._chunks(event.answer)) + b"data: [DONE]\n\n"

    def broken(self, problem: Problem) -> bytes:
        return _data({"error": _error(problem.document(), problem.status)})

    def record(self, answer: Answer) -> bytes:
        message = {"role": "assistant", "content": answer.answer, "refusal": None, "annotations": annotations(answer)}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        more = {"usage": _usage(answer.usage), "portfolio": _portfolio(answer)}
        return msgspec.json.encode(_head(answer, "chat.completion") | {"choices": [choice]} | more)

    def _chunks(self, answer: Answer) -> Iterator[dict[str, Any]]:
        head = _head(answer, "chat.completion.chunk") | ({"usage": None} if self._with_usage else {})
        yield head | {"choices": [_delta({"role": "assistant", "content": answer.answer})]}
        yield head | {
            "choices": [_delta({"annotations": annotations(answer)}, "stop")],
            "portfolio": _portfolio(answer),
        }
        if self._with_usage:
            yield head | {"choices": [], "usage": _usage(answer.usage)}


def annotations(answer: Answer) -> list[dict[str, Any]]:
    """Where the text cites a source that has an address."""
    sources = {source.n: source for source in answer.sources}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": number.start(),
                "end_index": number.end(),
                "url": source.uri,
                "title": source.title,
            },
        }
        for number in NUMBER.finditer(answer.answer)
        if (source := sources.get(int(number[1]))) and source.uri
    ]


def models(model: str | None = None) -> bytes:
    """The list of models, or one of them. Raises NotFound."""
    if model not in (None, MODEL):
        raise NotFound(
            f"There is no model {model!r}, there is {MODEL!r}.", de=f"Es gibt kein Modell {model!r}, nur {MODEL!r}."
        )
    one = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
    return msgspec.json.encode(one if model else {"object": "list", "data": [one]})


def in_its_shape(problem: Response) -> Response:
    """A problem+json reply as OpenAI's clients read errors; status and headers stay."""
    error = _error(msgspec.json.decode(problem.body), problem.status_code)
    headers = {name: value for name, value in problem.headers.items() if name not in ("content-type", "content-length")}
    return Response(msgspec.json.encode({"error": error}), problem.status_code, headers, "application/json")


def _error(document: Mapping[str, Any], status: int) -> dict[str, Any]:
    kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    code = document["type"].rpartition(":")[2].replace("-", "_")
    return {"message": document["detail"], "type": kind, "param": None, "code": code}


def _head(answer: Answer, kind: str) -> dict[str, Any]:
    head = {"id": f"chatcmpl-{answer.id}", "object": kind, "created": int(time.time()), "model": MODEL}
    return head | {"system_fingerprint": answer.corpus_version}


def _delta(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _usage(usage: Usage) -> dict[str, int]:
    """As the rung's provider counted; an answer that no language model wrote took none."""
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _portfolio(answer: Answer) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(answer)
    return {name: value for name, value in record.items() if name not in ("answer", "usage")}


def _data(data: object) -> bytes:
    return b"data: %s\n\n" % msgspec.json.encode(data)
