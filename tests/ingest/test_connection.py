"""The collections as ingest opens them."""

from functions.ingest.connection import MATRICES_UNSYNCED, collection, open_client, open_collections
from functions.shared.settings import Settings
from functions.shared.store import TOKENS_SUFFIX


def synced_after(settings: Settings, suffix: str = "") -> int:
    found = open_client(settings).get_collection(settings.chroma_collection + suffix, embedding_function=None)
    return int(found.configuration_json["hnsw"]["sync_threshold"])


def test_matrices_reach_the_disk_sooner_than_chroma_would_have_it(settings: Settings) -> None:
    open_collections(open_client(settings), settings.chroma_collection, "model")
    assert MATRICES_UNSYNCED < 1000
    assert synced_after(settings, TOKENS_SUFFIX) == MATRICES_UNSYNCED


def test_those_of_an_older_version_are_told_so_and_keep_their_rows(settings: Settings) -> None:
    client = open_client(settings)
    name = settings.chroma_collection + TOKENS_SUFFIX
    collection(client, name, {"evidence_threshold": 0.7}).add(ids=["a"], embeddings=[[1.0, 0.0]])
    assert synced_after(settings, TOKENS_SUFFIX) == 1000
    opened = open_collections(client, settings.chroma_collection, "model")
    assert synced_after(settings, TOKENS_SUFFIX) == MATRICES_UNSYNCED
    assert opened.tokens.get(include=[])["ids"] == ["a"]
    assert client.get_collection(name, embedding_function=None).metadata == {"evidence_threshold": 0.7}
