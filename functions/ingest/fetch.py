"""A document that an event points at → its bytes.

Over https and from public addresses only (network.py), unless PRIVATE_HOSTS lists the host. The readers of events have
held the place against SOURCES; a redirect is held against them here.
At most MAX_DOCUMENT_BYTES within FETCH_TIMEOUT_S. A document that has not changed since it was last read is not sent
again: its ETag or Last-Modified stands in the ledger. Refused is for good; Unavailable says that it may work later.
"""

import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import unquote

import anyio
import httpcore
import httpx

from functions.ingest import validators
from functions.ingest.events import Located, Published, Withdrawn
from functions.ingest.media import by_name, essence
from functions.ingest.network import CheckedTransport
from functions.ingest.privacy import audience
from functions.ingest.sources import checked
from functions.ingest.stores import Question, question
from functions.shared.problem import Refused, TooLarge, Unavailable, WrongMediaType
from functions.shared.settings import Settings

MOST_REDIRECTS = 5
# Seconds to connect, and between two pieces; the whole has FETCH_TIMEOUT_S.
PATIENCE_S = 10.0
_REDIRECTS = (301, 302, 303, 307, 308)
_LATER = (408, 425, 429)
# Types that servers give to files they do not know.
_UNTOLD = ("", "application/octet-stream", "binary/octet-stream", "text/plain", "application/zip", "text/x-markdown")
_TRANSPORT_ERRORS = (
    httpx.TransportError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ConnectionNotAvailable,
)
# An answer that refuses is read no further: for its error code.
_SHORT = 4096


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: its bytes where the status is 200."""

    response: httpx.Response
    body: bytes
    asked: Question


async def fetch(
    located: Located, validator: str, settings: Settings, network: httpcore.AsyncNetworkBackend | None = None
) -> Published | Withdrawn | None:
    """The document; Withdrawn when its store no longer has it; None when it is what `validator` was given for.

    Raises Refused, TooLarge or WrongMediaType for good, Unavailable for now.
    """
    asked = question(located, settings)
    mark = validators.mark_of(located, settings)
    found = await _get(asked, validators.condition(validator, mark), settings, network)
    if found.response.status_code == 304:
        return None
    if located.state and asked.gone(found.response, found.body):
        return Withdrawn(located.event_id, located.source, located.document, located.time, located.version)
    _check_status(found, located)
    return _published(located, found, mark)


async def _get(
    asked: Question, headers: Mapping[str, str], settings: Settings, network: httpcore.AsyncNetworkBackend | None
) -> Found:
    """The answer at the end of the redirects, all within FETCH_TIMEOUT_S."""
    private = frozenset(host.strip().lower() for host in settings.private_hosts.split(",") if host.strip())
    with _reached(asked.url):
        async with _client(private, network) as client:
            with anyio.fail_after(settings.fetch_timeout_s):
                for _ in range(MOST_REDIRECTS + 1):
                    _check_scheme(asked.url, private)
                    found = await _once(client, asked, headers, settings)
                    if found.response.status_code not in _REDIRECTS:
                        return found
                    asked = _redirected(found, settings)
    raise Refused(f"{_shown(asked.url)} redirects more than {MOST_REDIRECTS} times.")


@asynccontextmanager
async def _client(
    private: frozenset[str], network: httpcore.AsyncNetworkBackend | None
) -> AsyncIterator[httpx.AsyncClient]:
    transport = CheckedTransport(private, network)
    headers = {"User-Agent": "portfolio-ingest", "Accept": "*/*", "Accept-Encoding": "identity"}
    async with httpx.AsyncClient(
        transport=transport, headers=headers, timeout=PATIENCE_S, trust_env=False, follow_redirects=False
    ) as client:
        yield client


async def _once(client: httpx.AsyncClient, asked: Question, headers: Mapping[str, str], settings: Settings) -> Found:
    request = client.build_request("GET", asked.url, headers={**asked.headers, **headers})
    response = await client.send(request, auth=asked.auth, stream=True)
    try:
        limit = settings.max_document_bytes if response.status_code == 200 else _SHORT
        if response.status_code == 200 and int(response.headers.get("content-length", "0")) > limit:
            raise _too_large(settings)
        body = bytearray()
        async for piece in _pieces(response):
            body += piece
            if len(body) > limit and response.status_code == 200:
                raise _too_large(settings)
            if len(body) > limit:
                break
        return Found(response, bytes(body), asked)
    finally:
        await response.aclose()


async def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body, unpacked by no more than a mebibyte at a time: a small answer may hold a very large one."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", "", "aws-chunked"):
        async for piece in response.aiter_raw():
            yield piece
        return
    if encoding not in ("gzip", "x-gzip"):
        raise WrongMediaType(f"The document is encoded as {encoding[:40]!r}: gzip and none are accepted.")
    unpacker = zlib.decompressobj(wbits=31)
    async for piece in response.aiter_raw():
        while piece:
            yield unpacker.decompress(piece, 2**20)
            piece = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise httpx.RemoteProtocolError("the answer ended early")


def _redirected(found: Found, settings: Settings) -> Question:
    """Where a page sends us. Nothing that was meant for the first host goes along."""
    here = found.asked.url
    if not found.asked.page:
        raise Refused(f"{_shown(here)} redirects, which its store should not: the endpoint, region or name is another.")
    try:
        there = here.join(found.response.headers.get("location", ""))
    except (httpx.InvalidURL, ValueError):
        raise Refused(f"{_shown(here)} redirects to what is no address.") from None
    return Question(httpx.URL(checked(str(there.copy_with(fragment=None)), settings)), page=True)


def _check_scheme(url: httpx.URL, private: frozenset[str]) -> None:
    if url.scheme != "https" and not (url.scheme == "http" and url.host.lower() in private):
        raise Refused(f"{_shown(url)} is not https: nothing is fetched from there unless PRIVATE_HOSTS lists its host.")


def _check_status(found: Found, located: Located) -> None:
    status, headers = found.response.status_code, found.response.headers
    if status == 200:
        return
    told = f"{_shown(found.asked.url)} answers {status}"
    spent = status == 403 and (headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers)
    if status >= 500 or status in _LATER or spent:
        raise Unavailable(f"{told}: the document is tried again later.", retry_after_s=_pause(headers))
    if status in (401, 403):
        raise Refused(f"{told}: the credentials in the settings do not open it, or there are none.")
    raise Refused(f"{told}: there is no document at {located.location[:200]}.")


def _pause(headers: httpx.Headers) -> int:
    given = headers.get("retry-after", "")
    return min(int(given), 300) if given.isascii() and given.isdigit() else 5


def _published(located: Located, found: Found, mark: str) -> Published:
    """The document with what its store says of it; what the event says comes first."""
    said = _said(found)
    return Published(
        event_id=located.event_id,
        source=located.source,
        document=located.document,
        time=located.time,
        version=located.version,
        content=found.body,
        content_type=_content_type(located, found),
        title=located.title or said.get("title", ""),
        uri=located.uri or said.get("uri", ""),
        audience=located.audience or (audience(said["audience"]) if said.get("audience") else None),
        found_at=located.location if located.contents or found.asked.page else "",
        validator=validators.validator(found.response.headers, mark),
    )


def _said(found: Found) -> dict[str, str]:
    """The owner's metadata on an object."""
    prefix = found.asked.meta
    names = ("title", "uri", "audience") if prefix else ()
    return {name: unquote(found.response.headers.get(prefix + name, "")) for name in names}


def _content_type(located: Located, found: Found) -> str:
    told: str = found.response.headers.get("content-type", "")
    named = by_name(unquote(httpx.URL(located.location).path))
    if named and (found.asked.by_name or essence(told) in _UNTOLD):
        return named
    if not told:
        raise WrongMediaType("The document has no content type, and its name tells none.")
    return told


def _shown(url: httpx.URL) -> str:
    """An address for a message: without its query, which may hold a signature."""
    return str(url.copy_with(query=None))[:200]


def _too_large(settings: Settings) -> TooLarge:
    return TooLarge(f"The document is too large: at most {settings.max_document_bytes} bytes are accepted.")


@contextmanager
def _reached(url: httpx.URL) -> Iterator[None]:
    """The network's failures as ours."""
    try:
        yield
    except TimeoutError as cause:
        raise Unavailable(f"{_shown(url)} takes too long.") from cause
    except zlib.error as cause:
        raise Refused(f"{_shown(url)} says gzip and sends something else.") from cause
    except _TRANSPORT_ERRORS as cause:
        if _is_certificate(cause):
            raise Refused(f"{_shown(url)} has no valid certificate.") from cause
        raise Unavailable(f"{_shown(url)} does not answer ({type(cause).__name__}).") from cause


def _is_certificate(cause: BaseException | None) -> bool:
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
