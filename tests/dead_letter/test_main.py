"""The dead-letter logger, as its pod runs it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import Function

BINARY = {
    "ce-specversion": "1.0",
    "ce-type": "com.vivekpadayattil.document.published.v1",
    "ce-source": "/corpus",
    "ce-id": "7",
    "ce-subject": "lebenslauf%20m%C3%A4rz",
    "ce-knativeerrordest": "http://ingest.portfolio.svc.cluster.local",
    "ce-knativeerrorcode": "422",
    "ce-knativeerrordata": "c2VjcmV0",
    "content-type": "text/markdown",
}


@pytest.fixture(scope="module")
def logger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    with Function("dead_letter", tmp_path_factory.mktemp("dead_letter"), {}) as running:
        yield running  # type: ignore[misc]


def letters(logger: Function) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in Path(logger.log).read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["message"] == "dead letter"]


def test_a_dead_letter_is_one_line_with_its_attributes_and_why(logger: Function) -> None:
    answer = httpx.post(logger.url, headers=BINARY, content=b"# Secret\n+49 151 1234567")
    assert (answer.status_code, answer.content) == (204, b"")
    line = letters(logger)[-1]
    assert line["level"] == "error"
    assert {key: value for key, value in line.items() if key.startswith("event_")} == {
        "event_type": "com.vivekpadayattil.document.published.v1",
        "event_source": "/corpus",
        "event_subject": "lebenslauf märz",
        "event_id": "7",
        "event_knativeerrordest": "http://ingest.portfolio.svc.cluster.local",
        "event_knativeerrorcode": "422",
    }


def test_a_structured_event_is_read_as_well(logger: Function) -> None:
    event = {"specversion": "1.0", "type": "t", "source": "s", "id": "8", "data": {"phone": "+49 151 1234567"}}
    headers = {"content-type": "application/cloudevents+json; charset=utf-8"}
    assert httpx.post(logger.url, headers=headers, content=json.dumps(event)).status_code == 204
    assert letters(logger)[-1]["event_id"] == "8"


def test_no_data_is_ever_logged(logger: Function) -> None:
    smuggled = {**BINARY, "ce-comment": "private", "ce-id": "9" * 2_000}
    assert httpx.post(logger.url, headers=smuggled, content=b"private").status_code == 204
    text = Path(logger.log).read_text()
    assert "private" not in text
    assert "c2VjcmV0" not in text
    assert "1234567" not in text
    assert len(letters(logger)[-1]["event_id"]) == 500


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("GET", {}, b"", 405),
        ("POST", {}, b"hello", 400),
        ("POST", {"content-type": "application/cloudevents+json"}, b"[]", 400),
        ("POST", {"content-type": "application/cloudevents+json"}, b"\xff{", 400),
        ("POST", {"content-type": "application/cloudevents+json"}, b"{}", 400),
    ],
)
def test_what_is_no_event_is_refused_and_not_logged(
    logger: Function, method: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    before = len(letters(logger))
    answer = httpx.request(method, logger.url, headers=headers, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert len(letters(logger)) == before
