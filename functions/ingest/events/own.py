"""Our own types: document.published.v1, document.withdrawn.v1 and corpus.reconcile.v1 below EVENT_TYPE_PREFIX.

The subject is the document's id. A published document travels as its own bytes, or inside JSON data
`{"content", "content_type", "title", "uri", "audience", "version"}`; beside raw bytes the last four may be
extension attributes of the same names. JSON with `basics` is itself a document: a JSON Resume. JSON with a `uri` and
no `content` asks to fetch the document from there. A reconcile names its source in the subject or in the data.
"""

import msgspec

from functions.ingest.events import Envelope, Located, Published, Reconcile, Withdrawn
from functions.ingest.events.fields import data, head, order
from functions.ingest.media import RESUME, essence, is_json
from functions.ingest.privacy import audience
from functions.ingest.sources import checked, reconcilable
from functions.shared.problem import Malformed, Refused, TooLarge, WrongMediaType
from functions.shared.settings import Settings

PUBLISHED = "document.published.v1"
WITHDRAWN = "document.withdrawn.v1"
RECONCILE = "corpus.reconcile.v1"


class Resume(msgspec.Struct):
    """What tells a JSON Resume from JSON around a document."""

    basics: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Data(msgspec.Struct):
    """JSON data of a document's event."""

    content: str = ""
    content_type: str = ""  # Markdown, or what a fetch finds
    title: str = ""
    uri: str = ""
    audience: str = ""
    version: int | str = ""


class Source(msgspec.Struct):
    """JSON data of a reconcile."""

    source: str = ""


def published(envelope: Envelope, settings: Settings) -> Published | Located:
    """A document, or where it lies. Raises Malformed, Refused, TooLarge or WrongMediaType."""
    told = _data(envelope)
    fields = head(envelope, envelope.text("subject"), order(told.version))
    if not envelope.body:
        raise Malformed(
            f"The event has no data: {envelope.text('type')} carries the document's bytes, or JSON with its `content`."
        )
    fields |= {
        "title": told.title,
        "uri": told.uri,
        "audience": audience(told.audience) if told.audience else None,
    }
    if told.uri and is_json(envelope.data_type) and not told.content and told.content_type != RESUME:
        return Located(**fields, location=checked(told.uri, settings))
    content, content_type = _content(told, envelope)
    if len(content) > settings.max_document_bytes:
        raise TooLarge(f"The document is too large: at most {settings.max_document_bytes} bytes are accepted.")
    return Published(**fields, content=content, content_type=content_type)


def withdrawn(envelope: Envelope, settings: Settings) -> Withdrawn:
    """A document that is no more. Raises Malformed."""
    return Withdrawn(**head(envelope, envelope.text("subject"), order(_data(envelope).version)))


def reconcile(envelope: Envelope, settings: Settings) -> Reconcile:
    """A source to compare, by default CORPUS_DIR. Raises Malformed or Refused."""
    told = data(envelope, Source).source if envelope.body and is_json(envelope.data_type) else ""
    source = reconcilable(told or envelope.text("subject"), settings)
    return Reconcile(envelope.text("id"), source)


def _data(envelope: Envelope) -> Data:
    """The fields around the document: from JSON data, else from extension attributes."""
    beside = {name: envelope.text(name) for name in ("title", "uri", "audience", "version")}
    if not envelope.body or not is_json(envelope.data_type):
        return Data(**beside)
    resume = essence(envelope.data_type) == RESUME
    if resume or data(envelope, Resume).basics is not msgspec.UNSET:
        return Data(content_type=RESUME, **beside)
    return data(envelope, Data)


def _content(told: Data, envelope: Envelope) -> tuple[bytes, str]:
    if not envelope.data_type:
        raise WrongMediaType("The event has no content type: binary mode names it in Content-Type.")
    if not is_json(envelope.data_type):
        return envelope.body, envelope.data_type
    if told.content_type == RESUME and not told.content:
        return envelope.body, RESUME
    if not told.content.strip():
        raise Refused(
            "JSON data needs a `content` with the document's text, or a `uri` to fetch it from;"
            " other formats travel as raw bytes."
        )
    # It has been decoded already, whatever its charset was.
    return told.content.encode("utf-8", "replace"), essence(told.content_type or "text/markdown")
