"""The languages we have words of our own in, and which of them a caller wants."""

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

OURS = ("en", "de")


def preferred(accept: str) -> str:
    """The one of ours that an Accept-Language header (RFC 9110, 12.5.4) likes best; empty where it names none."""
    liked: dict[str, float] = {}
    for part in accept.lower().split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().partition("-")[0]
        name, _, weight = parameter.strip().partition("=")
        quality = _quality(weight) if name.strip() == "q" else 1.0
        if language in OURS and quality > 0:
            liked[language] = max(quality, liked.get(language, 0.0))
    return max(liked, key=lambda language: liked[language], default="")


def _quality(weight: str) -> float:
    try:
        return float(weight)
    except ValueError:
        return 0.0


def note(request: HTTPConnection, language: str) -> str:
    """Remember what the question of `request` is in; what says nothing (und) leaves it to the header. The result."""
    if language in OURS:
        request.state.language = language
    return wanted(request) or language


def wanted(request: HTTPConnection) -> str:
    """The language of the question as far as it was read, else the header's; empty where neither tells."""
    noted: str = getattr(request.state, "language", "")
    return noted or preferred(Headers(raw=list(request.scope.get("headers", []))).get("accept-language", ""))
