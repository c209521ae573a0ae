"""What the tests of upsert write, and how they read what is stored."""

from collections.abc import Sequence

from functions.ingest.connection import open_client
from functions.ingest.ledger import Ledger
from functions.shared.embed import Embedder, Encoded, Floats
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX, Row, Store


def chunks(*texts: str, title: str = "Title", document: str = "doc") -> list[Chunk]:
    return [Chunk(document, position, title, "", "", text) for position, text in enumerate(texts)]


class Crash(BaseException):
    """The process ends here: no handler of ours may make up for it."""


class Counting:
    """The real model, with a list of what it was asked to encode; it may be told to fail."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self.name, self.dimension = real.name, real.dimension
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        return self._real.encode(texts)

    def encode_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        self.encoded += [text.split("\n", 1)[1] for text in texts]
        return self._real.encode_tokens(texts)


async def stored(settings: Settings) -> list[Row]:
    store = Store(settings)
    try:
        head = await store.head()
        return sorted(await store.rows(head), key=lambda row: row.chunk.id) if head else []
    finally:
        await store.close()


async def texts(settings: Settings) -> list[str]:
    return [row.chunk.text for row in await stored(settings)]


def ids(settings: Settings, suffix: str = "") -> list[str]:
    found = open_client(settings).get_collection(settings.chroma_collection + suffix, embedding_function=None)
    return sorted(found.get(include=[])["ids"])


def ledger_of(settings: Settings) -> Ledger:
    name = settings.chroma_collection + LEDGER_SUFFIX
    return Ledger(open_client(settings).get_collection(name, embedding_function=None))
