"""The `chromadb` client, as ingest writes with it: opened late, bounded in time, its failures as ours."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from functions.ingest.ledger import Ledger
from functions.shared.problem import Problem, StoreUnreachable, Unavailable
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, LEDGER_SUFFIX, TOKENS_SUFFIX

# Before every write Chroma reads what its index has not on disk yet, and matrices are long: with its usual 1,000 rows a
# write took ten times as long as one into an empty collection.
MATRICES_UNSYNCED = 100
# Seconds one request may take; the longest, 5,000 rows added, was measured at 20.
REQUEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Collections:
    """What one corpus is kept in."""

    passages: Any
    tokens: Any
    ledger: Ledger


def open_client(settings: Settings) -> Any:
    """The `chromadb` client, imported here: it takes half a second (https://docs.trychroma.com).

    Raises StoreUnreachable.
    """
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    check(settings)  # making a client asks the server, and waits for ever
    where = urlsplit(settings.chroma_url)
    client = chromadb.HttpClient(
        host=where.hostname or "127.0.0.1",
        port=where.port or (443 if where.scheme == "https" else 80),
        ssl=where.scheme == "https",
        settings=ChromaSettings(anonymized_telemetry=False),
    )
    # The client waits for ever and has no setting for it; a Chroma that hangs must become a 503.
    server: Any = client
    server._server._session.timeout = httpx.Timeout(REQUEST_S, connect=settings.chroma_timeout_s)
    return client


def collection(client: Any, name: str, fields: dict[str, Any] | None = None, of_matrices: bool = False) -> Any:
    """A collection, made if missing: cosine space, and no embedding function, since vectors come from our model."""
    often = {"sync_threshold": MATRICES_UNSYNCED} if of_matrices else {}
    found = client.get_or_create_collection(
        name, metadata=fields, embedding_function=None, configuration={"hnsw": {"space": "cosine", **often}}
    )
    if of_matrices and found.configuration_json["hnsw"]["sync_threshold"] != MATRICES_UNSYNCED:
        found.modify(configuration={"hnsw": often})  # made by an older version of this code
    return found


def existing(client: Any, name: str) -> Any:
    """The collection, or None."""
    from chromadb.errors import NotFoundError

    with suppress(NotFoundError):
        return client.get_collection(name, embedding_function=None)
    return None


def open_collections(client: Any, name: str, model: str) -> Collections:
    """The collections of one corpus, made when they are missing. Raises Unavailable for those of another model.

    Not Refused: the event is good, and the Broker would throw away what it refused.
    """
    made = {"model": model, "layout": LAYOUT}
    passages = collection(client, name, made)
    stored = {key: (passages.metadata or {}).get(key, value) for key, value in made.items()}
    if stored != made:
        raise Unavailable(
            f"The collection {name} holds vectors of {stored['model']} in layout {stored['layout']}, this ingest"
            f" writes {made['model']} in layout {made['layout']}: `make reindex` embeds every passage anew, or name"
            " another CHROMA_COLLECTION and send every document again.",
            retry_after_s=60,
        )
    tokens = collection(client, name + TOKENS_SUFFIX, of_matrices=True)
    return Collections(passages, tokens, Ledger(collection(client, name + LEDGER_SUFFIX)))


def check(settings: Settings) -> None:
    """Raises StoreUnreachable when nothing answers, or something else than Chroma."""
    url = settings.chroma_url.rstrip("/")
    try:
        reply = httpx.get(f"{url}/api/v2/heartbeat", timeout=settings.chroma_timeout_s, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as cause:
        raise StoreUnreachable(f"Chroma at {url} does not answer.") from cause
    if reply.status_code >= 500:
        raise StoreUnreachable(f"Chroma at {url} answered {reply.status_code}.")
    try:
        beats = "nanosecond heartbeat" in reply.json()
    except (ValueError, TypeError):
        beats = False
    if not beats:
        raise StoreUnreachable(f"What answers at {url} is not Chroma.")


@contextmanager
def reachable(settings: Settings) -> Iterator[None]:
    """Chroma's failures become StoreUnreachable."""
    from chromadb.errors import ChromaError

    try:
        yield
    except Problem:
        raise
    except (httpx.HTTPError, OSError) as cause:
        raise StoreUnreachable(f"Chroma at {settings.chroma_url} does not answer.") from cause
    except ChromaError as cause:
        raise StoreUnreachable(f"Chroma at {settings.chroma_url} answered: {cause}.") from cause
    except Exception as cause:
        # The client raises ValueError for "no connection" and a bare Exception for other answers; on what is not
        # Chroma's it stumbles in any way.
        if type(cause) is not Exception and "connect" not in str(cause):
            check(settings)
            raise
        raise StoreUnreachable(f"Chroma at {settings.chroma_url} does not answer as it should.") from cause
