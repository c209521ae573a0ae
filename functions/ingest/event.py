"""CloudEvent request → Published or Withdrawn, or a problem that says what was wrong and what is accepted.

CloudEvents 1.0 over HTTP, binary and structured (https://github.com/cloudevents/spec, http-protocol-binding).
The subject is the document's id. A published document travels as its own bytes, or inside JSON data
`{"content", "content_type", "title", "uri", "audience", "version"}`; beside raw bytes the last four may be
extension attributes of the same names. JSON with `basics` is itself a document: a JSON Resume.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import msgspec
from cloudevents import exceptions
from cloudevents.http import from_http
from starlette.requests import ClientDisconnect, Request

from functions.ingest.media import RESUME, essence, is_json
from functions.ingest.privacy import audience
from functions.shared.problem import Malformed, Problem, Refused, TooLarge, WrongMediaType
from functions.shared.records import Audience
from functions.shared.settings import Settings

PUBLISHED = "document.published.v1"
WITHDRAWN = "document.withdrawn.v1"
# What JSON may add around a document of the largest size: base64 or escapes, and the other fields.
JSON_FACTOR, JSON_MARGIN = 2, 65_536
LONGEST_ID = 500


@dataclass(frozen=True, slots=True)
class Event:
    """What both kinds say. `time` is UTC with six decimals, so that text order is time order."""

    event_id: str
    source: str
    document: str
    time: str
    version: str  # as `order` writes it, empty when the event gives none


@dataclass(frozen=True, slots=True)
class Published(Event):
    """A document as it now reads. Empty title, uri and audience are left to the document itself."""

    content: bytes
    content_type: str  # with its parameters
    title: str = ""
    uri: str = ""
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn(Event):
    """A document that is no more."""


class Resume(msgspec.Struct):
    """What tells a JSON Resume from JSON around a document."""

    basics: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Data(msgspec.Struct):
    """JSON data of either kind."""

    content: str = ""
    content_type: str = "text/markdown"
    title: str = ""
    uri: str = ""
    audience: str = ""
    version: int | str = ""


async def event(request: Request, settings: Settings) -> Published | Withdrawn:
    """The event that `request` carries. Raises Malformed, WrongMediaType, TooLarge or Refused."""
    headers = dict(request.headers)
    structured = _check_mode(headers)
    attributes, body = _unpack(headers, await _body(request, settings, structured), structured)
    kind = _kind(attributes["type"], settings)
    data_type = attributes.get("datacontenttype") or ("application/json" if structured else "")
    data = _data(attributes, body, data_type)
    head = {
        "event_id": attributes["id"],
        "source": attributes["source"],
        "document": _document(attributes),
        "time": _time(attributes["time"]),
        "version": order(data.version),
    }
    if kind == WITHDRAWN:
        return Withdrawn(**head)
    if not body:
        raise Malformed(f"The event has no data: {kind} carries the document's bytes, or JSON with its `content`.")
    content, content_type = _content(data, body, data_type)
    if len(content) > settings.max_document_bytes:
        raise _too_large(settings)
    return Published(
        **head,
        content=content,
        content_type=content_type,
        title=data.title,
        uri=data.uri,
        audience=audience(data.audience) if data.audience else None,
    )


def order(version: int | str) -> str:
    """A version as text whose order is the version's: runs of digits compare as numbers ("1.10" after "1.9")."""
    return re.sub(r"\d+", lambda digits: digits[0].lstrip("0").rjust(20, "0"), str(version).strip())


def _check_mode(headers: Mapping[str, str]) -> bool:
    """True for structured mode, False for binary; anything else is a problem."""
    media_type = essence(headers.get("content-type", ""))
    if media_type == "application/cloudevents-batch+json":
        raise WrongMediaType("A batch of events is not accepted: send one CloudEvent a request.")
    if media_type == "application/cloudevents+json":
        return True
    if media_type.startswith("application/cloudevents"):
        raise WrongMediaType(f"{media_type} is not accepted: structured events are application/cloudevents+json.")
    if not any(name.startswith("ce-") for name in headers):
        raise WrongMediaType(
            "This is no CloudEvent: send `ce-` headers around the document (binary mode)"
            " or application/cloudevents+json (structured mode)."
        )
    if missing := [f"ce-{name}" for name in ("specversion", "type", "source", "id") if not headers.get(f"ce-{name}")]:
        raise Malformed(f"The event lacks {', '.join(missing)}: binary mode needs each as a header.")
    return False


async def _body(request: Request, settings: Settings, structured: bool) -> bytes:
    """The body, read no further than the limit."""
    limit = settings.max_document_bytes
    if structured or is_json(request.headers.get("content-type", "")):
        limit = limit * JSON_FACTOR + JSON_MARGIN
    if int(request.headers.get("content-length", "0")) > limit:
        raise _too_large(settings)
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                raise _too_large(settings)
    except ClientDisconnect:
        raise Malformed("The request ended before its body did.") from None
    return bytes(body)


def _unpack(headers: Mapping[str, str], body: bytes, structured: bool) -> tuple[dict[str, Any], bytes]:
    """The attributes, and the data as bytes: raw, or the JSON text that stood under `data`."""
    if structured:
        _check_json(body)  # the SDK's own message would repeat the document
    try:
        # The data is left as it came: the SDK would turn what it cannot parse into something else silently.
        parsed = from_http(dict(headers), body, data_unmarshaller=lambda data: data)
    except exceptions.GenericException as cause:
        raise Malformed(f"The event cannot be read: {cause}.") from cause
    except (ValueError, AttributeError, TypeError) as cause:
        raise Malformed("The event cannot be read as one CloudEvent 1.0.") from cause
    attributes = {name: value for name, value in dict(parsed.get_attributes()).items() if value is not None}
    for name in ("type", "source", "id", "time", "subject", "datacontenttype"):
        value = attributes.get(name, "-")
        if not isinstance(value, str) or not value or not value.isprintable():
            raise Malformed(f"The event's `{name}` is empty or no printable text.")
    if not structured:  # the HTTP binding percent-encodes header values
        attributes |= {name: unquote(value) for name, value in attributes.items() if isinstance(value, str)}
    data = parsed.get_data() or b""
    if isinstance(data, bytes):
        return attributes, data
    media_type = essence(attributes.get("datacontenttype", "application/json"))
    return attributes, _json_text(data, media_type)


def _check_json(body: bytes) -> None:
    try:
        whole = isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        raise Malformed("The event cannot be read: it is not the JSON object of one CloudEvent 1.0 in UTF-8.")


def _json_text(data: str, media_type: str) -> bytes:
    """Structured mode: JSON stays JSON text, a JSON string under another media type is the document itself."""
    if is_json(media_type):
        return data.encode()
    value = json.loads(data)
    if not isinstance(value, str):
        raise Malformed(f"The event's data is {media_type}, so `data` must be a string, or bytes in `data_base64`.")
    return value.encode("utf-8", "replace")


def _kind(event_type: str, settings: Settings) -> str:
    accepted = {f"{settings.event_type_prefix}.{kind}": kind for kind in (PUBLISHED, WITHDRAWN)}
    if event_type not in accepted:
        raise Refused(f"Events of type {event_type} are not accepted. Accepted: {', '.join(accepted)}.")
    return accepted[event_type]


def _document(attributes: Mapping[str, Any]) -> str:
    subject = str(attributes.get("subject", "")).strip()
    if not subject:
        raise Malformed("The event has no subject: it must be the document's id.")
    if len(subject) > LONGEST_ID or not subject.isprintable():
        raise Malformed(f"The subject is no document id: at most {LONGEST_ID} printable characters are accepted.")
    return subject


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (ValueError, OverflowError):
        raise Malformed("The event's time is no RFC 3339 time such as 2026-01-31T12:00:00Z.") from None


def _data(attributes: Mapping[str, Any], body: bytes, data_type: str) -> Data:
    """The fields around the document: from JSON data, else from extension attributes."""
    beside = {name: _text(attributes, name) for name in ("title", "uri", "audience", "version")}
    if not body or not is_json(data_type):
        return Data(**beside)
    try:
        if essence(data_type) == RESUME or msgspec.json.decode(body, type=Resume).basics is not msgspec.UNSET:
            return Data(content_type=RESUME, **beside)
        return msgspec.json.decode(body, type=Data)
    except msgspec.ValidationError as cause:
        raise Malformed(f"The event's data is not as it should be: {cause}.") from cause
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise Malformed(f"The event's data is {data_type}, but not JSON in UTF-8: {cause}.") from cause


def _text(attributes: Mapping[str, Any], name: str) -> str:
    return str(attributes.get(name, ""))


def _content(data: Data, body: bytes, data_type: str) -> tuple[bytes, str]:
    if not data_type:
        raise WrongMediaType("The event has no content type: binary mode names it in Content-Type.")
    if not is_json(data_type):
        return body, data_type
    if data.content_type == RESUME and not data.content:
        return body, RESUME
    if not data.content.strip():
        raise Refused("JSON data needs a `content` with the document's text; other formats travel as raw bytes.")
    # It has been decoded already, whatever its charset was.
    return data.content.encode("utf-8", "replace"), essence(data.content_type)


def _too_large(settings: Settings) -> Problem:
    return TooLarge(f"The document is too large: at most {settings.max_document_bytes} bytes are accepted.")
