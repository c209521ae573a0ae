"""Content types taken apart."""

from email.message import Message

# No registered type; what the JSON Resume community uses.
RESUME = "application/vnd.jsonresume+json"


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
