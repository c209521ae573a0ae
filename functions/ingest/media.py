"""Content types taken apart."""

import re
from email.message import Message
from pathlib import PurePosixPath

# No registered type; what the JSON Resume community uses.
RESUME = "application/vnd.jsonresume+json"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# What files are called.
MEDIA_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".markdown": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".docx": DOCX,
    ".json": "application/json",
}
# Other JSON is data that somebody keeps beside the documents.
_RESUME_NAME = re.compile(r"(?:.*\.)?resume\.json", re.IGNORECASE)


def essence(content_type: str) -> str:
    """The media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def charset(content_type: str) -> str:
    """The charset parameter, or empty."""
    header = Message()
    header["Content-Type"] = content_type
    return str(header.get_param("charset", "") or "")


def is_json(content_type: str) -> bool:
    """Whether it is JSON that is no CloudEvent itself."""
    media_type = essence(content_type)
    return media_type in ("application/json", "text/json") or (
        media_type.endswith("+json") and not media_type.startswith("application/cloudevents")
    )


def by_name(path: str) -> str:
    """The content type that a file's name tells; empty for what is no document."""
    name = PurePosixPath(path)
    suffix = name.suffix.lower()
    return "" if suffix == ".json" and not _RESUME_NAME.fullmatch(name.name) else MEDIA_TYPES.get(suffix, "")
