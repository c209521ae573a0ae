import json
from typing import Any

import pytest

from functions.ingest.events import Envelope, Located, Several, Withdrawn
from functions.ingest.events.s3 import changed
from functions.shared.problem import Malformed, Problem, Refused, TooLarge
from functions.shared.settings import Settings

SETTINGS = Settings(sources="s3://mybucket/cv/", max_document_bytes=5000)


def record(key: str = "cv/HappyFace.pdf", name: str = "ObjectCreated:Put", **thing: Any) -> dict[str, Any]:
    """One record as AWS documents it (notification-content-structure), made-up names kept."""
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-west-2",
        "eventTime": "2026-01-01T00:00:05.000Z",
        "eventName": name,
        "userIdentity": {"principalId": "AIDAJDPLRKLG7UEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "testConfigRule",
            "bucket": {
                "name": "mybucket",
                "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                "arn": "arn:aws:s3:::mybucket",
            },
            "object": {
                "key": key,
                "size": 1024,
                "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
                "sequencer": "0055AED6DCD90281E5",
                **thing,
            },
        },
    }


def minio(*records: dict[str, Any]) -> dict[str, Any]:
    """A notification as MinIO posts it, its records inside."""
    return {"EventName": "s3:ObjectCreated:Put", "Key": "mybucket/cv/HappyFace.pdf", "Records": list(records)}


def read(data: Any, kind: str = "ObjectCreated:Put", settings: Settings = SETTINGS) -> Any:
    attributes = {
        "type": f"com.amazonaws.s3.{kind}",
        "source": "aws:s3.us-west-2.mybucket",
        "id": "C3D13FE58DE4C810.FMyUVURIY8",
        "subject": "cv/HappyFace.pdf",
        "time": "1970-01-01T00:00:00.000Z",
    }
    return changed(Envelope(attributes, json.dumps(data).encode(), "application/json"), settings)


@pytest.mark.parametrize("data", [record(), minio(record())], ids=["a record", "a notification"])
def test_a_created_object_is_to_be_fetched(data: dict[str, Any]) -> None:
    assert read(data) == Located(
        event_id="C3D13FE58DE4C810.FMyUVURIY8",
        source="aws:s3.us-west-2.mybucket",
        document="s3://mybucket/cv/HappyFace.pdf",
        time="2026-01-01T00:00:05.000000Z",
        version="0055AED6DCD90281E5",
        location="s3://mybucket/cv/HappyFace.pdf",
        state=True,
    )


def test_keys_come_encoded_as_in_a_form() -> None:
    found = read(record("cv/Lebenslauf+f%C3%BCr+C%2B%2B%3F.pdf"))
    assert found.location == "s3://mybucket/cv/Lebenslauf%20f%C3%BCr%20C%2B%2B%3F.pdf"


@pytest.mark.parametrize(
    "name", ["ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated", "s3:ObjectRemoved:Delete"]
)
def test_a_removed_object_is_withdrawn(name: str) -> None:
    found = read(record(name=name, versionId="" if name.endswith(":Delete") else "v2"), "ObjectRemoved:Delete")
    assert isinstance(found, Withdrawn)
    assert found.document == "s3://mybucket/cv/HappyFace.pdf"


def test_one_version_removed_leaves_the_object_to_be_looked_at() -> None:
    assert isinstance(read(record(name="ObjectRemoved:Delete"), "ObjectRemoved:Delete"), Located)


def test_several_records_are_several_documents() -> None:
    found = read(minio(record("cv/a.md"), record("cv/b.md", "ObjectRemoved:Delete", versionId="null")))
    assert isinstance(found, Several)
    assert [type(change) for change in found.changes] == [Located, Withdrawn]


def test_the_sequencer_orders_the_events_of_a_key() -> None:
    first, second = (read(record(sequencer=one)).version for one in ("0055aed6dcd90281e5", "0055AED6DCD90281F0"))
    assert first < second


@pytest.mark.parametrize(
    ("data", "problem", "says"),
    [
        ({}, Malformed, "`s3` nor `Records`"),
        ({"s3": {"bucket": {}, "object": {"key": "x"}}}, Malformed, "name"),
        (record("other/cv.pdf"), Refused, "SOURCES"),
        (record("cv/..%2Fother/cv.pdf"), Refused, "SOURCES"),
        (record(size=5001), TooLarge, "at most 5000"),
        ("text", Malformed, "object"),
    ],
)
def test_a_bad_object_event_is_a_precise_problem(data: Any, problem: type[Problem], says: str) -> None:
    with pytest.raises(problem, match=says):
        read(data)
