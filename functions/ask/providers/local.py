"""A small model in Ollama, through its own client (https://docs.ollama.com/api/chat)."""

import re
from collections.abc import AsyncIterator, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

from functions.ask.providers import Message, ProviderFailed, Writing, model_name, rest_s, tokens
from functions.shared.lines import Lines
from functions.shared.records import Usage
from functions.shared.settings import Settings

if TYPE_CHECKING:
    from ssl import SSLContext

    from httpx import Response
    from ollama import AsyncClient

TEMPERATURE = 0.1
# Ollama cuts a prompt that does not fit without saying so; a count this far below what the prompt must
# have at the very least (characters a token, no text has more) gives it away.
MOST_CHARACTERS_PER_TOKEN = 12
# A thousand times what the longest answer takes.
MAX_REPLY_BYTES = 4_000_000

# The head of the reply to the request under way in this task: the client keeps it to itself.
_head: ContextVar["Response | None"] = ContextVar("head", default=None)


class Local:
    """The fallback model."""

    name: Literal["local"] = "local"

    def __init__(self, settings: Settings) -> None:
        self.model = settings.ollama_model
        self.context_tokens = settings.ollama_context_tokens
        self._host = settings.ollama_url
        self._keep_alive = _keep_alive(settings.ollama_keep_alive)
        self._verify: SSLContext | bool | None = None
        self._lines: Lines[AsyncClient] = Lines(self._client, _close)

    async def close(self) -> None:
        """Give the connections back."""
        await self._lines.close()

    async def load(self) -> None:
        """Make Ollama load the model and keep it for a while, without writing a word. Raises what its client raises."""
        async with self._lines.taken() as ollama:
            await ollama.generate(self.model, keep_alive=self._keep_alive)

    async def write(self, messages: Sequence[Message], max_tokens: int, writing: Writing) -> AsyncIterator[str]:
        """Stream the answer's text. Raises ProviderFailed."""
        import httpx
        from ollama import ResponseError

        from functions.ask.providers.wire import failure

        options = {"num_ctx": self.context_tokens, "num_predict": max_tokens, "temperature": TEMPERATURE}
        done = False
        _head.set(None)
        try:
            async with self._lines.taken() as ollama:
                stream = await ollama.chat(
                    self.model, list(messages), stream=True, options=options, keep_alive=self._keep_alive
                )
                async for part in stream:
                    if part.message.content:
                        yield part.message.content
                    if part.done:
                        done = True
                        writing.model = model_name(part.model, self.model)
                        writing.usage = Usage(tokens(part.prompt_eval_count), tokens(part.eval_count))
        except (ResponseError, ValueError, TypeError, AttributeError, RecursionError) as cause:
            # Also what the client stumbles over: a part that is none, or the body of a refusal.
            raise _refusal(_head.get(), cause) from cause
        except ConnectionError as cause:
            raise ProviderFailed("connect", "no connection") from cause
        except (httpx.HTTPError, httpx.InvalidURL) as cause:
            raise failure(cause, replied=_head.get() is not None) from cause
        if not done:
            raise ProviderFailed("cut", "the stream ended early")
        if _truncated(messages, writing.usage.prompt_tokens):
            raise ProviderFailed("malformed", "the prompt was cut to fit the window")

    def _client(self) -> "AsyncClient":
        from ollama import AsyncClient  # 0.25 s to import: only when this rung is climbed

        from functions.ask.providers.wire import verification

        if self._verify is None:
            self._verify = verification(self._host)
        return AsyncClient(self._host, timeout=None, event_hooks={"response": [_note_head]}, verify=self._verify)


async def _close(ollama: "AsyncClient") -> None:
    await ollama._client.aclose()


async def _note_head(response: "Response") -> None:
    from httpx import AsyncByteStream

    from functions.ask.providers.wire import Bounded

    _head.set(response)
    assert isinstance(response.stream, AsyncByteStream)
    response.stream = Bounded(response.stream, MAX_REPLY_BYTES)


def _refusal(head: "Response | None", error: Exception) -> ProviderFailed:
    from ollama import ResponseError

    if head is not None and head.is_error:
        status = head.status_code
        return ProviderFailed(_cause(status), f"status {status}", rest_s(head.headers.get("retry-after", "")))
    if isinstance(error, ResponseError):
        return ProviderFailed("server", "error inside the stream")
    return ProviderFailed("malformed", "not a chat part")


def _cause(status: int) -> Literal["timeout", "server", "limited", "auth", "bad_request"]:
    known: dict[int, Literal["timeout", "server", "limited", "auth"]] = {
        401: "auth",
        403: "auth",
        # A model that is not pulled: no fault of the prompt.
        404: "server",
        408: "timeout",
        429: "limited",
    }
    return "server" if status >= 500 else known.get(status, "bad_request")


def _keep_alive(told: str) -> str | int:
    """As Ollama takes it: seconds are a number, everything else has its unit."""
    return int(told) if re.fullmatch(r"-?[0-9]+", told) else told


def _truncated(messages: Sequence[Message], counted: int) -> bool:
    characters = sum(len(message["content"]) for message in messages)
    return 0 < counted < characters / MOST_CHARACTERS_PER_TOKEN
