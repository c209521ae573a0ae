"""POST /chat: an answer as the UI message stream (v1) of Vercel's AI SDK.

It takes what `useChat` sends, {"messages": [{"role", "parts": [{"type": "text", "text"}]}]}, and always streams. Behind
the site's nginx the path is /api/chat, which is where `useChat` asks by default. The last user message is the question,
user and assistant messages before it the history, of which the text counts. A file from the user is refused.

    start, start-step, source-url…, text-start, text-delta…, text-end, finish-step, finish, [DONE]

Another rung takes over: reset-step, which drops the parts of the step, then the sources again and the new text. Readers
older than AI SDK 7 do not know that part, and take the stream for broken. The record but text and sources is the
`messageMetadata` of finish. A source without an address is a source-document, as the protocol has it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
from starlette.requests import Request

from functions.ask.contracts.conversation import last_question
from functions.ask.question import Question, Turn, read_body
from functions.ask.stream import Done, Event, Reset, Sources, Token
from functions.shared.problem import Problem, Refused
from functions.shared.records import Answer, Source

TEXT = "answer"


class UIPart(msgspec.Struct, frozen=True):
    """A part of a message; only those of type text are understood."""

    type: str
    text: str = ""


class UIMessage(msgspec.Struct, frozen=True):
    """One message of the conversation."""

    role: Literal["system", "user", "assistant"]
    parts: list[UIPart]

    def text(self) -> str:
        """Its text. Raises Refused for a file of the user's."""
        if self.role == "user" and (other := next((p.type for p in self.parts if p.type == "file"), "")):
            raise Refused(
                f"A part of type {other!r} is not understood; send parts of type 'text'.",
                de=f"Ein Teil vom Typ {other!r} wird nicht verstanden; senden Sie Teile vom Typ 'text'.",
            )
        return "".join(part.text for part in self.parts if part.type == "text")


class UIRequest(msgspec.Struct, frozen=True):
    """The part of `useChat`'s request that counts here."""

    messages: list[UIMessage]


async def read(request: Request) -> tuple[Question, "UIStream"]:
    """The question in a request of `useChat`, and how its answer is written. Raises as `read_body`."""
    asked = await read_body(request, UIRequest)
    turns = [Turn(m.role, m.text()) for m in asked.messages if m.role == "user" or m.role == "assistant"]
    return last_question(turns, stream=True), UIStream()


class UIStream:
    """The parts of one message."""

    contract = "ui"
    headers: Mapping[str, str] = {"x-vercel-ai-ui-message-stream": "v1"}

    def __init__(self) -> None:
        self._begun = self._writing = self._again = False
        self._sources: list[Source] = []

    def event(self, event: Event) -> bytes:
        end = b"data: [DONE]\n\n" if isinstance(event, Done) else b""
        return b"".join(_data(part) for part in self._parts(event)) + end

    def broken(self, problem: Problem) -> bytes:
        return _data({"type": "error", "errorText": problem.detail}) + b"data: [DONE]\n\n"

    def _parts(self, event: Event) -> Iterator[dict[str, Any]]:
        if not self._begun:
            self._begun = True
            yield {"type": "start"}
            yield {"type": "start-step"}
        match event:
            case Sources(sources):
                self._sources, self._again = sources, False
                yield from map(_source, sources)
            case Token(text):
                if self._again:
                    self._again = False
                    yield from map(_source, self._sources)
                if not self._writing:
                    self._writing = True
                    yield {"type": "text-start", "id": TEXT}
                yield {"type": "text-delta", "id": TEXT, "delta": text}
            case Reset():
                self._writing, self._again = False, True
                yield {"type": "reset-step"}
            case Done(answer):
                yield from self._end(answer)

    def _end(self, answer: Answer) -> Iterator[dict[str, Any]]:
        if self._writing:
            yield {"type": "text-end", "id": TEXT}
        yield {"type": "finish-step"}
        record: dict[str, Any] = msgspec.to_builtins(answer)
        metadata = {name: value for name, value in record.items() if name not in ("answer", "sources")}
        yield {"type": "finish", "finishReason": "stop", "messageMetadata": metadata}


def _source(source: Source) -> dict[str, Any]:
    told = {"n": source.n, "section": source.section, "snippet": source.snippet, "score": source.score}
    more = {"title": source.title, "providerMetadata": {"portfolio": told}}
    if not source.uri:
        return {"type": "source-document", "sourceId": source.id, "mediaType": "text/plain"} | more
    return {"type": "source-url", "sourceId": source.id, "url": source.uri} | more


def _data(part: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % msgspec.json.encode(part)
