import json
from typing import Any

import pytest

from functions.ingest.events import Envelope, Located, Several, Withdrawn
from functions.ingest.events.azure import created, deleted
from functions.shared.problem import Malformed, Problem, Refused, TooLarge
from functions.shared.settings import Settings

URL = "https://my-storage-account.blob.core.windows.net/testcontainer/new-file.txt"
SETTINGS = Settings(sources="https://my-storage-account.blob.core.windows.net/testcontainer/", max_document_bytes=10**6)


def envelope(**changes: Any) -> Envelope:
    """An event as Microsoft documents it for the CloudEvents schema."""
    data = {
        "api": "PutBlockList",
        "clientRequestId": "6d79dbfb-0e37-4fc4-981f-442c9ca65760",
        "requestId": "831e1650-001e-001b-66ab-eeb76e000000",
        "eTag": '"0x8D4BCC2E4835CD0"',
        "contentType": "text/plain",
        "contentLength": 524288,
        "blobType": "BlockBlob",
        "url": URL,
        "sequencer": "00000000000004420000000000028963",
        "storageDiagnostics": {"batchId": "b68529f3-68cd-4744-baa4-3c0498ec19f0"},
    }
    attributes = {
        "source": "/subscriptions/{id}/resourceGroups/Storage/providers/Microsoft.Storage/storageAccounts/a",
        "subject": "/blobServices/default/containers/test-container/blobs/new-file.txt",
        "type": "Microsoft.Storage.BlobCreated",
        "time": "2017-06-26T18:41:00.9584103Z",
        "id": "831e1650-001e-001b-66ab-eeb76e069631",
    }
    return Envelope(attributes, json.dumps(data | changes).encode(), "application/json")


def test_a_created_blob_is_to_be_fetched() -> None:
    found = created(envelope(), SETTINGS)
    assert isinstance(found, Located)
    assert (found.document, found.location, found.state) == (URL, URL, True)
    assert found.time == "2017-06-26T18:41:00.958410Z"
    assert found.version == "00000000000004420000000000028963"


def test_a_deleted_blob_is_withdrawn_and_later_than_its_creation() -> None:
    found = deleted(envelope(api="DeleteBlob", sequencer="0000000000000442000000000002A5CA"), SETTINGS)
    assert isinstance(found, Withdrawn)
    assert found.document == URL
    assert found.version > created(envelope(), SETTINGS).version  # type: ignore[union-attr]


def test_a_data_lake_file_is_the_same_document_and_waits_until_it_is_written() -> None:
    there = URL.replace(".blob.", ".dfs.")
    opened = created(envelope(url=there, api="CreateFile", contentLength=0, contentOffset=0), SETTINGS)
    assert isinstance(opened, Several)
    assert opened.changes == ()
    written = created(envelope(url=there, api="FlushWithClose"), SETTINGS)
    assert isinstance(written, Located)
    assert written.document == URL


@pytest.mark.parametrize(
    ("changes", "problem", "says"),
    [
        ({"url": "https://elsewhere.example/testcontainer/new-file.txt"}, Refused, "SOURCES"),
        ({"url": URL.replace("testcontainer", "testcontainer2")}, Refused, "SOURCES"),
        ({"url": URL.replace("https://", "https://user:secret@")}, Refused, "SOURCES"),
        ({"url": 3}, Malformed, "url"),
        ({"contentLength": 10**6 + 1}, TooLarge, "at most 1000000"),
    ],
)
def test_a_bad_blob_event_is_a_precise_problem(changes: dict[str, Any], problem: type[Problem], says: str) -> None:
    with pytest.raises(problem, match=says):
        created(envelope(**changes), SETTINGS)
