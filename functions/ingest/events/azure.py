"""Azure Event Grid's blob events in the CloudEvents schema.

https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage. The blob's address is the document's id; its
`sequencer` orders the events of one blob by plain text order.
"""

import msgspec

from functions.ingest.events import Envelope, Located, Several, Withdrawn
from functions.ingest.events.fields import data, head
from functions.ingest.sources import checked
from functions.shared.problem import TooLarge
from functions.shared.settings import Settings

CREATED = "Microsoft.Storage.BlobCreated"
DELETED = "Microsoft.Storage.BlobDeleted"


class Blob(msgspec.Struct, rename="camel"):
    """The data of both, as far as they are read."""

    url: str
    api: str = ""
    content_length: int = 0
    sequencer: str = ""


def created(envelope: Envelope, settings: Settings) -> Located | Several:
    """A blob to fetch; nothing for a Data Lake file that was opened and not yet written."""
    blob = data(envelope, Blob)
    location = _location(blob, settings)
    if blob.api == "CreateFile" and not blob.content_length:
        return Several(envelope.text("id"), envelope.text("source"), ())
    if blob.content_length > settings.max_document_bytes:
        raise TooLarge(f"The blob has {blob.content_length} bytes: at most {settings.max_document_bytes} are accepted.")
    return Located(**head(envelope, location, blob.sequencer), location=location, state=True)


def deleted(envelope: Envelope, settings: Settings) -> Withdrawn:
    """A blob that is no more."""
    blob = data(envelope, Blob)
    return Withdrawn(**head(envelope, _location(blob, settings), blob.sequencer))


def _location(blob: Blob, settings: Settings) -> str:
    """One address for a file, whichever of the two APIs it was written with."""
    return checked(blob.url.replace(".dfs.core.", ".blob.core.", 1), settings)
