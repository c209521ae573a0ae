"""Object events of S3 and what speaks like it (MinIO, Ceph), as the CloudEvents adapter for S3 dresses them.

https://github.com/cloudevents/spec/blob/main/cloudevents/adapters/aws-s3.md and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html. The data is one record, or
all of a notification under `Records`. A key comes encoded as in a form. The document's id is s3://bucket/key, and the
`sequencer`, hexadecimal, orders the events of one key.
"""

from urllib.parse import quote, unquote_plus

import msgspec

from functions.ingest.events import Envelope, Located, Several, Withdrawn
from functions.ingest.events.fields import data, head, moment
from functions.ingest.sources import checked
from functions.shared.problem import Malformed, TooLarge
from functions.shared.settings import Settings

CREATED = "com.amazonaws.s3.ObjectCreated:"
REMOVED = "com.amazonaws.s3.ObjectRemoved:"


class Bucket(msgspec.Struct):
    """Where the object lies."""

    name: str


class Object(msgspec.Struct, rename="camel"):
    """What lies there."""

    key: str
    size: int = 0
    version_id: str = ""
    sequencer: str = ""


class S3(msgspec.Struct):
    """The part of a record that tells the object."""

    bucket: Bucket
    object: Object


class Record(msgspec.Struct, rename="camel"):
    """One entry of a notification."""

    s3: S3
    event_name: str = ""
    event_time: str = ""


class Notification(msgspec.Struct):
    """Both shapes the data comes in."""

    records: list[Record] = msgspec.field(default=[], name="Records")
    s3: S3 | None = None
    event_name: str = msgspec.field(default="", name="eventName")
    event_time: str = msgspec.field(default="", name="eventTime")


def changed(envelope: Envelope, settings: Settings) -> Located | Withdrawn | Several:
    """What became of the object or objects. Raises Malformed, Refused or TooLarge."""
    told = data(envelope, Notification)
    records = told.records or ([Record(told.s3, told.event_name, told.event_time)] if told.s3 else [])
    if not records:
        raise Malformed("The event's data has neither `s3` nor `Records`: it is the record of an S3 notification.")
    changes = tuple(_change(envelope, record, settings) for record in records)
    return changes[0] if len(changes) == 1 else Several(envelope.text("id"), envelope.text("source"), changes)


def _change(envelope: Envelope, record: Record, settings: Settings) -> Located | Withdrawn:
    thing = record.s3.object
    name = (record.event_name or envelope.text("type")).rpartition("Object")[2]  # Created:Put, Removed:Delete, …
    key = unquote_plus(thing.key)
    location = checked(f"s3://{record.s3.bucket.name}/{quote(key, safe='/')}", settings)
    time = moment(record.event_time) if record.event_time else ""
    fields = head(envelope, location, thing.sequencer.upper(), time)
    if name.startswith("Removed:") and not _one_version(name, thing):
        return Withdrawn(**fields)
    if thing.size > settings.max_document_bytes:
        raise TooLarge(f"The object has {thing.size} bytes: at most {settings.max_document_bytes} are accepted.")
    return Located(**fields, location=location, state=True)


def _one_version(name: str, thing: Object) -> bool:
    """Whether only a version was deleted: the object may stand, so it is looked at."""
    return name == "Removed:Delete" and thing.version_id not in ("", "null")
