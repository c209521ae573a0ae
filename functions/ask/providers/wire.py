"""What may go wrong between httpx and a provider, as the causes of the ladder."""

import ssl
from collections.abc import AsyncIterator

import httpx

from functions.ask.providers import ConnectionLost, ProviderFailed

# httpx has one class for a server that says nothing and for one that says nonsense.
SILENT_END = "Server disconnected without sending a response"


def failure(error: Exception, replied: bool) -> ProviderFailed:
    """The cause behind an error of httpx; `replied`: the head of a reply had come."""
    name = type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return ProviderFailed("connect", "no connection")
    if isinstance(error, httpx.TimeoutException):
        return ProviderFailed("timeout", name)
    if isinstance(error, httpx.DecodingError):
        return ProviderFailed("malformed", str(error)[:80])
    lost = isinstance(error, httpx.ReadError | httpx.WriteError) or SILENT_END in str(error)
    return ConnectionLost(name) if lost and not replied else ProviderFailed("cut", name)


def verification(url: str) -> ssl.SSLContext | bool:
    """What all clients of an address verify its server with; reading the authorities anew for each takes 20 ms."""
    return httpx.create_ssl_context() if url.lower().startswith("https:") else False


class Bounded(httpx.AsyncByteStream):
    """A reply that may not be longer than `most` bytes: a line without an end would fill memory."""

    def __init__(self, stream: httpx.AsyncByteStream, most: int) -> None:
        self._stream, self._left = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._left -= len(part)
            if self._left < 0:
                raise httpx.DecodingError("a reply without end")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
