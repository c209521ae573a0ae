"""Any OpenAI-compatible API over httpx (https://platform.openai.com/docs/api-reference/chat/streaming).

Featherless by default (https://featherless.ai/docs/api-reference-error-codes): a model that is not loaded yet answers
400 "This Model is Cold / Not Ready for Inference"; that means "not now", every other 400 that our request was wrong.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any, Literal

import httpx
import msgspec

from functions.ask.providers import Cause, Message, ProviderFailed, Writing, model_name, rest_s, tokens
from functions.ask.providers.wire import failure, verification
from functions.shared.lines import Lines
from functions.shared.records import Usage
from functions.shared.settings import Settings

TEMPERATURE = 0.1
# A line longer than this is no chat chunk; reading on would only fill memory.
MAX_LINE_BYTES = 1_000_000
# Words about the model alone: a server that repeats a question about cold weather has not said that the model is.
COLD = re.compile(
    r"\bmodel[ _](?:\S+ ){0,4}?(?:cold|not.{0,3}ready|loading|warming|not (?:\w+ )?(?:available|loaded))\b", re.I
)
CAUSES: dict[int, Cause] = {401: "auth", 402: "auth", 403: "auth", 408: "timeout", 429: "limited"}
# The end of the body comes with the last event, or at once after it. Opening a connection anew takes as long.
END_S = 0.1
# Of a refusal only this much is read: enough for its reason.
REFUSAL_BYTES = 2000


class Hosted:
    """The main model."""

    name: Literal["hosted"] = "hosted"

    def __init__(self, settings: Settings) -> None:
        self.model = settings.hosted_model
        self.context_tokens = settings.hosted_context_tokens
        self._url = settings.hosted_base_url.rstrip("/") + "/chat/completions"
        self._headers = {
            "Authorization": f"Bearer {settings.featherless_api_key}",
            "Content-Type": "application/json",
        }
        # The ladder watches the time between tokens; this only bounds a connection that never opens.
        self._timeout = httpx.Timeout(None, connect=settings.first_token_s)
        self._verify = verification(self._url)
        self._lines = Lines(self._client, httpx.AsyncClient.aclose)

    async def close(self) -> None:
        """Give the connections back."""
        await self._lines.close()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers=self._headers, timeout=self._timeout, verify=self._verify)

    async def write(self, messages: Sequence[Message], max_tokens: int, writing: Writing) -> AsyncIterator[str]:
        """Stream the answer's text. Raises ProviderFailed."""
        asked = {"model": self.model, "messages": list(messages), "max_tokens": max_tokens}
        body = msgspec.json.encode({**asked, "temperature": TEMPERATURE, "stream": True})
        replied = False
        try:
            async with self._lines.taken() as http, http.stream("POST", self._url, content=body) as response:
                replied = True
                if response.is_error:
                    raise await _refusal(response)
                async for piece in _pieces(response, writing):
                    yield piece
        except (httpx.HTTPError, httpx.InvalidURL) as cause:
            raise failure(cause, replied) from cause


async def _refusal(response: httpx.Response) -> ProviderFailed:
    text = (await _beginning(response)).decode("utf-8", "replace")
    status = response.status_code
    cause = CAUSES.get(status, "server" if status >= 500 else "bad_request")
    if status == 400 and COLD.search(text):
        cause = "cold"
    # The body may repeat our key or the visitor's question: its words stay out of the log.
    return ProviderFailed(cause, f"status {status}", rest_s(response.headers.get("retry-after", "")))


async def _beginning(response: httpx.Response) -> bytes:
    text = b""
    async for part in response.aiter_bytes():
        text += part
        if len(text) >= REFUSAL_BYTES:
            break
    return text[:REFUSAL_BYTES]


async def _pieces(response: httpx.Response, writing: Writing) -> AsyncIterator[str]:
    """The text as it comes. What came in one read is one piece: each costs its checks, and the busier this process is
    the more tokens a read brings. A stream that ends without saying so was cut.
    """
    stream, reads = _Stream(writing), _lines(response)
    async for lines in reads:
        text, failed = stream.read(lines)
        if text:
            yield text
        if failed:
            raise failed
        if stream.done:
            await _to_the_end(reads)
            return
    if not stream.finished:
        raise ProviderFailed("cut", "the stream ended early")


async def _to_the_end(reads: AsyncIterator[list[bytes]]) -> None:
    """A connection serves the next request only when its reply was read to the end; the answer is whole already."""
    with suppress(TimeoutError, httpx.HTTPError, ProviderFailed):
        async with asyncio.timeout(END_S):
            async for _ in reads:
                pass


class _Stream:
    """Lines of the stream → text; notes who writes, and what it costs."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self.finished = self.done = False

    def read(self, lines: Sequence[bytes]) -> tuple[str, ProviderFailed | None]:
        """The text in some lines, and what stopped it."""
        pieces: list[str] = []
        try:
            for line in lines:
                if not self.done and line.startswith(b"data:"):
                    pieces += self._event(line[5:].strip())
        except ProviderFailed as failed:
            return "".join(pieces), failed
        return "".join(pieces), None

    def _event(self, data: bytes) -> list[str]:
        """The texts of one server-sent event; OpenAI's stream has one `data:` line an event."""
        self.done = data == b"[DONE]"
        if self.done:
            return []
        try:
            chunk: Any = msgspec.json.decode(data)
            if chunk.get("error"):
                raise ProviderFailed("server", "error inside the stream")
            _note(chunk, self._writing)
            return [text for choice in chunk["choices"] if (text := self._text(choice))]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, RecursionError) as cause:
            raise ProviderFailed("malformed", "not a chat chunk") from cause

    def _text(self, choice: Any) -> str:
        self.finished = self.finished or bool(choice.get("finish_reason"))
        text = (choice.get("delta") or {}).get("content") or ""
        if not isinstance(text, str):
            raise TypeError("content is no text")
        return text


def _note(chunk: Any, writing: Writing) -> None:
    if (model := chunk.get("model")) != writing.model:
        writing.model = model_name(model, writing.model)
    if isinstance(usage := chunk.get("usage"), dict):
        writing.usage = Usage(tokens(usage.get("prompt_tokens")), tokens(usage.get("completion_tokens")))


async def _lines(response: httpx.Response) -> AsyncIterator[list[bytes]]:
    """The whole lines that each read completes."""
    if "text/event-stream" not in response.headers.get("content-type", ""):
        raise ProviderFailed("malformed", "not an event stream")
    rest = b""
    async for part in response.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            raise ProviderFailed("malformed", "endless line")
        yield lines
