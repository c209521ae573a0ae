import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from starlette.requests import Request

from functions.ingest.event import Published, Withdrawn, event, order
from functions.shared.problem import Malformed, Problem, Refused, TooLarge, WrongMediaType
from functions.shared.settings import Settings
from tests.ingest.events import PUBLISHED, WITHDRAWN, headers

SETTINGS = Settings(max_document_bytes=1000)
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
ATTRIBUTES = {
    "specversion": "1.0",
    "type": PUBLISHED,
    "source": "/tests",
    "id": "1",
    "time": "2026-01-01T01:00:00+01:00",
    "subject": "cv",
}


async def read(sent: Mapping[str, str], *pieces: bytes) -> Any:
    """The event of a request whose body arrives in pieces; reading past the last is an error."""
    left = list(pieces) or [b""]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()]
    return await event(Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive), SETTINGS)


async def structured(**changes: Any) -> Any:
    body = {**ATTRIBUTES, **changes}
    return await read(
        STRUCTURED, json.dumps({name: value for name, value in body.items() if value is not None}).encode()
    )


async def test_a_binary_event_carries_the_documents_bytes() -> None:
    assert await read(headers("work/vita"), b"# Wo", b"rk") == Published(
        "work/vita-0", "/tests", "work/vita", "2026-01-01T00:00:00.000000Z", "", b"# Work", "text/markdown"
    )


async def test_a_binary_event_with_json_data_names_what_the_document_does_not() -> None:
    data = {
        "content": "Grüße",
        "content_type": "text/plain",
        "title": "CV",
        "uri": "https://example.org/cv",
        "audience": "on-request",
        "version": 7,
    }
    found = await read(headers("cv", content_type="application/json"), json.dumps(data).encode())
    assert found.content == "Grüße".encode()
    assert (found.content_type, found.title, found.uri) == ("text/plain", "CV", "https://example.org/cv")
    assert found.audience == "on-request"
    assert found.version == order("7")


@pytest.mark.parametrize("content_type", ["application/json", "application/vnd.jsonresume+json; charset=utf-8"])
async def test_json_with_basics_is_a_document_itself(content_type: str) -> None:
    body = json.dumps({"basics": {"name": "Jane"}, "content": 3, "version": {}}).encode()
    found = await read(headers("cv", content_type=content_type) | {"ce-title": "CV", "ce-audience": "never"}, body)
    assert (found.content, found.content_type) == (body, "application/vnd.jsonresume+json")
    assert (found.title, found.audience) == ("CV", "never")


async def test_a_structured_event_carries_a_resume_as_its_data_or_as_content() -> None:
    resume = {"basics": {"name": "Jane"}}
    assert json.loads((await structured(data=resume)).content) == resume
    inside = await structured(data={"content": json.dumps(resume), "content_type": "application/json", "title": "CV"})
    assert (json.loads(inside.content), inside.content_type, inside.title) == (resume, "application/json", "CV")


async def test_extension_attributes_stand_beside_raw_bytes() -> None:
    sent = headers("cv", content_type="application/pdf") | {"ce-title": "Lebenslauf%20%C3%BC", "ce-audience": "never"}
    found = await read(sent, b"%PDF")
    assert (found.title, found.audience) == ("Lebenslauf ü", "never")


async def test_header_values_are_percent_decoded() -> None:
    assert (await read(headers("über/mich"), b"x")).document == "über/mich"


async def test_a_structured_event_carries_text_json_or_base64() -> None:
    text = await structured(datacontenttype="text/markdown", data="# Hi")
    assert (text.content, text.content_type) == (b"# Hi", "text/markdown")
    assert (await structured(data={"content": "# Hi", "title": "T"})).title == "T"
    raw = await structured(datacontenttype="application/pdf", data_base64=base64.b64encode(b"\x00\xff").decode())
    assert raw.content == b"\x00\xff"


async def test_times_are_made_comparable() -> None:
    assert (await structured(datacontenttype="text/plain", data="x")).time == "2026-01-01T00:00:00.000000Z"


async def test_an_event_without_a_time_is_as_new_as_its_arrival() -> None:
    sent = {name: value for name, value in headers("cv").items() if name != "ce-time"}
    assert (await read(sent, b"x")).time > "2026-01-02"


async def test_a_withdrawn_document_needs_no_data() -> None:
    assert isinstance(await read(headers("cv", kind=WITHDRAWN)), Withdrawn)
    assert (await structured(type=WITHDRAWN, data={"version": "3"})).version == order(3)


def test_versions_order_as_people_count() -> None:
    assert order("1.9") < order("1.10") < order("2") < order(10)
    assert order("v2") < order("v10")
    assert order(7) == order(" 007 ")
    assert order("") == ""


@pytest.mark.parametrize(
    ("sent", "body", "problem", "says"),
    [
        ({"content-type": "text/markdown"}, b"x", WrongMediaType, "no CloudEvent"),
        ({"content-type": "application/cloudevents-batch+json"}, b"[]", WrongMediaType, "one CloudEvent a request"),
        ({"content-type": "application/cloudevents+xml"}, b"<x/>", WrongMediaType, "application/cloudevents+json"),
        ({"ce-specversion": "1.0", "ce-id": "1", "content-type": "text/plain"}, b"x", Malformed, "ce-type, ce-source"),
        (headers("cv") | {"ce-specversion": "9.9"}, b"x", Malformed, "specversion"),
        (headers("cv") | {"ce-subject": " "}, b"x", Malformed, "no subject"),
        (headers("a%0Ab") | {"ce-subject": "a%0Ab"}, b"x", Malformed, "subject"),
        (headers("x" * 501), b"x", Malformed, "500"),
        (headers("cv") | {"ce-time": "yesterday"}, b"x", Malformed, "RFC 3339"),
        (headers("cv") | {"ce-time": "2026-01-01T00:00:00"}, b"x", Malformed, "RFC 3339"),
        (headers("cv", kind="com.example.other"), b"x", Refused, PUBLISHED),
        (headers("cv", kind="com.vivekpadayattil.document.published.v2"), b"x", Refused, WITHDRAWN),
        (headers("cv", kind="com.amazonaws.s3.ObjectRestore:Post"), b"{}", Refused, "com.amazonaws.s3.ObjectCreated:*"),
        (headers("cv", kind="Microsoft.Storage.BlobRenamed"), b"{}", Refused, "Microsoft.Storage.BlobCreated"),
        (headers("cv"), b"", Malformed, "no data"),
        (headers("cv") | {"ce-audience": "nobody"}, b"x", Refused, "public, on-request, never"),
        (headers("cv", content_type="application/json"), b"{broken", Malformed, "not JSON"),
        (headers("cv", content_type="application/json"), b'{"content": "\xff"}', Malformed, "UTF-8"),
        (headers("cv", content_type="application/json"), b'{"content": 3}', Malformed, "content"),
        (headers("cv", content_type="application/json"), b'{"title": "CV"}', Refused, "needs a `content`"),
        (headers("cv", content_type="application/json"), b'{"uri": "https://x.org"}', Refused, "SOURCES is empty"),
        (STRUCTURED, b"{broken", Malformed, "CloudEvent"),
        (STRUCTURED, b"\xff\xfe", Malformed, "UTF-8"),
        (STRUCTURED, b"[1]", Malformed, "CloudEvent"),
        (STRUCTURED, b'{"specversion": "1.0", "type": "t"}', Malformed, "required"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_bad_event_is_a_precise_problem(
    sent: dict[str, str], body: bytes, problem: type[Problem], says: str
) -> None:
    with pytest.raises(problem) as caught:
        await read(sent, body)
    assert type(caught.value) is problem
    assert says in caught.value.detail


async def test_structured_text_data_must_be_a_string() -> None:
    with pytest.raises(Malformed, match="must be a string"):
        await structured(datacontenttype="text/plain", data={"a": 1})


async def test_a_structured_event_without_an_id_names_it() -> None:
    with pytest.raises(Malformed, match="id"):
        await structured(id=None, data="x")


async def test_a_body_over_the_limit_is_refused_before_it_is_read_whole() -> None:
    with pytest.raises(TooLarge, match="1000 bytes"):
        await read(headers("cv"), b"x" * 600, b"x" * 600, b"never read")


async def test_a_declared_length_over_the_limit_is_refused_unread() -> None:
    async def receive() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")

    raw = [(name.encode(), value.encode()) for name, value in (headers("cv") | {"content-length": "1001"}).items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw}
    with pytest.raises(TooLarge):
        await event(Request(scope, receive), SETTINGS)  # type: ignore[arg-type]


async def test_base64_may_exceed_the_limit_by_what_it_adds_and_no_more() -> None:
    def encoded(size: int) -> str:
        return base64.b64encode(b"x" * size).decode()

    assert len((await structured(datacontenttype="text/plain", data_base64=encoded(1000))).content) == 1000
    with pytest.raises(TooLarge):
        await structured(datacontenttype="text/plain", data_base64=encoded(1001))
