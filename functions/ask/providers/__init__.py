"""The contract of a rung that writes with a language model, and `open_providers`, which opens the configured ones.

messages in, pieces of text out, ProviderFailed for everything else
"""

import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict

from functions.shared.records import NO_USAGE, Usage
from functions.shared.settings import Settings

Cause = Literal[
    "connect", "auth", "timeout", "limited", "cold", "server", "malformed", "stall", "cut", "bad_request",
    "budget", "busy", "window", "unsafe",
]  # fmt: skip


class Message(TypedDict):
    """One chat message. Roles alternate, the first is the user's: Mistral's template refuses a system role."""

    role: Literal["user", "assistant"]
    content: str


class ProviderFailed(Exception):
    """A rung cannot write, or not to the end. `cause` is the label of the fail-over metric."""

    def __init__(self, cause: Cause, detail: str, retry_after_s: float = 0.0) -> None:
        """`retry_after_s`: what the provider asked for, 0 when it asked for nothing."""
        super().__init__(f"{cause}: {detail}")
        self.cause = cause
        self.retry_after_s = retry_after_s


class ConnectionLost(ProviderFailed):
    """The connection broke before the first byte of a reply: mostly one that was kept too long. Worth a second try."""

    def __init__(self, detail: str) -> None:
        super().__init__("connect", detail)


@dataclass
class Writing:
    """What a provider says of its answer while it streams; read when the stream has ended."""

    usage: Usage = NO_USAGE
    model: str = ""


def tokens(count: object) -> int:
    """A count of tokens as some server sent it; what is none counts as 0."""
    return count if type(count) is int and 0 < count < 10**9 else 0


def model_name(told: object, asked: str) -> str:
    """The model as its server names it, which is who really wrote; `asked` where that is no name of a model."""
    return told if isinstance(told, str) and re.fullmatch(r"[\w.:/@+-]{1,128}", told, re.ASCII) else asked


def rest_s(retry_after: str) -> float:
    """Retry-After in seconds from now, whether it says seconds or a date; what is neither counts as not said."""
    told = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,6}", told):
        return float(told)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


class Provider(Protocol):
    """A language model behind some API."""

    @property
    def name(self) -> Literal["hosted", "local"]:
        """The rung's name, in replies and metrics."""
        ...

    @property
    def model(self) -> str:
        """The model's name as its server knows it."""
        ...

    @property
    def context_tokens(self) -> int:
        """The model's window, tokens."""
        ...

    def write(self, messages: Sequence[Message], max_tokens: int, writing: Writing) -> AsyncIterator[str]:
        """Stream the answer's text. Raises ProviderFailed. Closing the iterator cancels the request upstream."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


def open_providers(settings: Settings) -> list[Provider]:
    """The configured rungs above the extractive one, best first. Opens no connection."""
    providers: list[Provider] = []
    if settings.llm_strategy != "ollama-only" and settings.featherless_api_key:
        from functions.ask.providers.hosted import Hosted

        providers.append(Hosted(settings))
    if settings.llm_strategy != "featherless-only" and settings.ollama_host:
        from functions.ask.providers.local import Local

        providers.append(Local(settings))
    return providers
