"""What readers go by: the corpus version in the metadata of the passages' collection."""

import uuid
from typing import Any

from functions.ingest.connection import Collections
from functions.shared.embed import Embedder
from functions.shared.store import LAYOUT


class Readers:
    """Whoever holds the corpus in memory; every visible change is told them by a version of its own."""

    def __init__(self, client: Any, embedder: Embedder) -> None:
        """`client` is that of `open_client`."""
        self._client, self._embedder = client, embedder
        self.told = ""  # the version that they were last told of from here

    def tell(self, opened: Collections) -> str:
        """Tell them that what they hold is old; the new version."""
        version = uuid.uuid4().hex
        opened.passages.modify(metadata={"corpus_version": version, "model": self._embedder.name, "layout": LAYOUT})
        self.told = version
        return version

    def version(self, opened: Collections) -> str:
        """What stands there now, whoever told it."""
        fields = self._client.get_collection(opened.passages.name, embedding_function=None).metadata or {}
        return str(fields.get("corpus_version", ""))
