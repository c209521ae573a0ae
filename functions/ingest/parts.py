"""What an event needs, each opened on first use and kept for the life of the process."""

from functools import cache

import anyio

from functions.ingest.gauges import Gauges
from functions.ingest.personal import Redactor
from functions.ingest.privacy import open_redactor
from functions.ingest.recalibrate import Recalibration
from functions.ingest.upsert import Upserter
from functions.shared.embed import open_bulk_embedder
from functions.shared.settings import Settings

AT_ONCE = 16


@cache
def settings() -> Settings:
    """Read once, on first use."""
    return Settings.read()


@cache
def redactor() -> Redactor:
    """What is taken out of documents, and what the contact card lets stay."""
    return open_redactor(settings())


@cache
def upserter() -> Upserter:
    """The model and the connection, opened by the first event or by `warm`. A failure is not kept."""
    return Upserter(settings(), open_bulk_embedder(settings()))


@cache
def recalibration() -> Recalibration:
    """The evidence threshold follows the corpus, outside the replies."""
    return Recalibration(settings(), upserter())


@cache
def gauges() -> Gauges:
    """What the metrics port says of the corpus."""
    return Gauges(upserter())


@cache
def few_at_a_time() -> anyio.CapacityLimiter:
    """Events that are worked on together share the store's requests; each holds its document in memory."""
    return anyio.CapacityLimiter(AT_ONCE)


def version() -> str:
    """The corpus version that readers were last told of from here."""
    return upserter().told if upserter.cache_info().currsize else ""
