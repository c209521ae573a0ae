"""CloudEvent request → what it says, typed, or a problem that says what was wrong and what is accepted.

CloudEvents 1.0 over HTTP, binary and structured (https://github.com/cloudevents/spec, http-protocol-binding). Who may
send is checked first (access.py), the body is read no further than the limit, and the type chooses the reader in
functions/ingest/events/.
"""

import json
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from cloudevents import exceptions
from cloudevents.http import from_http
from starlette.requests import ClientDisconnect, Request

from functions.ingest import access
from functions.ingest.events import Envelope, Event, Published, Received, Reconcile, Withdrawn, azure, github, own, s3
from functions.ingest.events.fields import order
from functions.ingest.events.own import PUBLISHED, RECONCILE, WITHDRAWN
from functions.ingest.events.ping import PING, ping
from functions.ingest.media import essence, is_json
from functions.shared.problem import Malformed, Problem, Refused, TooLarge, WrongMediaType
from functions.shared.settings import Settings

__all__ = ["PUBLISHED", "WITHDRAWN", "Event", "Published", "Reconcile", "Withdrawn", "event", "order"]

Reader = Callable[[Envelope, Settings], Received]
# What JSON may add around a document of the largest size: base64 or escapes, and the other fields.
JSON_FACTOR, JSON_MARGIN = 2, 65_536


def readers(settings: Settings) -> dict[str, Reader]:
    """Who reads which type. One that ends in a colon stands for all types that begin with it."""
    prefix = settings.event_type_prefix
    return {
        f"{prefix}.{PUBLISHED}": own.published,
        f"{prefix}.{WITHDRAWN}": own.withdrawn,
        f"{prefix}.{RECONCILE}": own.reconcile,
        PING: ping,
        azure.CREATED: azure.created,
        azure.DELETED: azure.deleted,
        s3.CREATED: s3.changed,
        s3.REMOVED: s3.changed,
        **dict.fromkeys(github.PUSHES, github.pushed),
    }


async def event(request: Request, settings: Settings) -> Received:
    """What `request` says. Raises a Problem: 401 and 403 for the sender, other 4xx for the event."""
    headers = dict(request.headers)
    signed = access.check_sender(headers, settings)
    structured = _check_mode(headers)
    body = await _body(request, settings, structured)
    if signed:
        access.check_signature(headers, body, structured, settings)
    attributes, data = _unpack(headers, body, structured)
    reader = _reader(attributes["type"], settings)
    data_type = attributes.get("datacontenttype") or ("application/json" if structured else "")
    return reader(Envelope(attributes, data, data_type), settings)


def _reader(event_type: str, settings: Settings) -> Reader:
    accepted = readers(settings)
    family = event_type[: event_type.find(":") + 1]
    if found := accepted.get(event_type) or accepted.get(family or event_type):
        return found
    told = ", ".join(f"{name}*" if name.endswith(":") else name for name in accepted)
    raise Refused(f"Events of type {event_type[:200]} are not accepted. Accepted: {told}.")


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


def _unpack(headers: Mapping[str, str], body: bytes, structured: bool) -> tuple[dict[str, str], bytes]:
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
        attributes = {name: unquote(str(value)) for name, value in attributes.items()}
    attributes = {name: str(value) for name, value in attributes.items()}
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


def _too_large(settings: Settings) -> Problem:
    return TooLarge(f"The document is too large: at most {settings.max_document_bytes} bytes are accepted.")
