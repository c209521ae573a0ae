"""A small model in Ollama, through its own client (https://docs.ollama.com/api/chat)."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Literal

from functions.ask.providers import Message, ProviderFailed, Writing, tokens
from functions.shared.records import Usage
from functions.shared.settings import Settings

if TYPE_CHECKING:
    from ollama import AsyncClient

TEMPERATURE = 0.1
# Ollama cuts a prompt that does not fit without saying so; a count this far below what the prompt must
# have at the very least (characters a token, no text has more) gives it away.
MOST_CHARACTERS_PER_TOKEN = 12


class Local:
    """The fallback model."""

    name: Literal["local"] = "local"

    def __init__(self, settings: Settings) -> None:
        self.model = settings.ollama_model
        self.context_tokens = settings.ollama_context_tokens
        self._host = settings.ollama_url
        self._opened: AsyncClient | None = None

    async def close(self) -> None:
        """Give the connections back."""
        if self._opened:
            await self._opened._client.aclose()

    async def write(self, messages: Sequence[Message], max_tokens: int, writing: Writing) -> AsyncIterator[str]:
        """Stream the answer's text. Raises ProviderFailed."""
        import httpx
        from ollama import ResponseError

        options = {"num_ctx": self.context_tokens, "num_predict": max_tokens, "temperature": TEMPERATURE}
        done = False
        try:
            stream = await self._client().chat(self.model, list(messages), stream=True, options=options)
            async for part in stream:
                if part.message.content:
                    yield part.message.content
                if part.done:
                    done = True
                    writing.model = part.model or self.model
                    writing.usage = Usage(tokens(part.prompt_eval_count), tokens(part.eval_count))
        except ConnectionError as cause:
            raise ProviderFailed("connect", "no connection") from cause
        except httpx.ConnectError as cause:
            raise ProviderFailed("connect", "no connection") from cause
        except ResponseError as cause:
            raise ProviderFailed(_cause(cause.status_code), f"status {cause.status_code}") from cause
        except httpx.HTTPError as cause:
            raise ProviderFailed("cut", type(cause).__name__) from cause
        except (ValueError, TypeError, AttributeError, RecursionError) as cause:
            # What the client stumbles over: a part that is none, or the body of a refusal.
            if isinstance(refusal := cause.__context__, httpx.HTTPStatusError):
                status = refusal.response.status_code
                raise ProviderFailed(_cause(status), f"status {status}") from cause
            raise ProviderFailed("malformed", "not a chat part") from cause
        if not done:
            raise ProviderFailed("cut", "the stream ended early")
        if _truncated(messages, writing.usage.prompt_tokens):
            raise ProviderFailed("malformed", "the prompt was cut to fit the window")

    def _client(self) -> "AsyncClient":
        if self._opened is None:
            from ollama import AsyncClient  # 0.25 s to import: only when this rung is climbed

            self._opened = AsyncClient(self._host, timeout=None)
        return self._opened


def _cause(status: int) -> Literal["server", "limited", "bad_request", "malformed"]:
    if status == 429:
        return "limited"
    # An error inside a stream has no status; a model that is not pulled is 404, and that is no fault of the prompt.
    return "server" if status >= 500 or status in (-1, 404) else "bad_request"


def _truncated(messages: Sequence[Message], counted: int) -> bool:
    characters = sum(len(message["content"]) for message in messages)
    return 0 < counted < characters / MOST_CHARACTERS_PER_TOKEN
