"""What an event says, typed. One file an origin, each from an `Envelope` to one of these.

Published    a document as it now reads; the bytes travelled in the event, or were fetched
Withdrawn    a document that is no more
Located      a document that lies somewhere: functions/ingest/fetch.py makes a Published or Withdrawn of it
Several      what one push did to several documents; it may be none
Reconcile    compare a whole source with the store
"""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.shared.records import Audience


@dataclass(frozen=True, slots=True)
class Envelope:
    """A CloudEvent taken apart: its attributes, and its data as they travelled."""

    attributes: Mapping[str, str]
    body: bytes
    data_type: str  # media type of the body with its parameters, empty when nobody said

    def text(self, name: str) -> str:
        """An attribute, empty when it is not there."""
        return self.attributes.get(name, "")


@dataclass(frozen=True, slots=True)
class Event:
    """What all kinds say. `time` is UTC with six decimals, so that text order is time order."""

    event_id: str
    source: str
    document: str
    time: str
    version: str  # text whose order is the version's, empty when the event gives none


@dataclass(frozen=True, slots=True)
class Published(Event):
    """A document as it now reads. Empty title, uri and audience are left to the document itself."""

    content: bytes
    content_type: str  # with its parameters
    title: str = ""
    uri: str = ""
    audience: Audience | None = None
    found_at: str = ""  # where it was fetched: its uri when neither the event nor the document names one
    validator: str = ""  # tells at the next fetch whether the document has changed


@dataclass(frozen=True, slots=True)
class Withdrawn(Event):
    """A document that is no more."""


@dataclass(frozen=True, slots=True)
class Located(Event):
    """A document to be fetched: https://…, or s3://bucket/key."""

    location: str
    title: str = ""
    uri: str = ""
    audience: Audience | None = None
    contents: str = ""  # path and query below GitHub's API, where the location is a file there
    state: bool = False  # the event says that the place changed, not how: nothing there means withdrawn


Change = Published | Withdrawn | Located


@dataclass(frozen=True, slots=True)
class Several:
    """What one push did."""

    event_id: str
    source: str
    changes: tuple[Located | Withdrawn, ...]


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Compare one whole source with the store: a folder, or an address that SOURCES names."""

    event_id: str
    source: str


Received = Change | Several | Reconcile
