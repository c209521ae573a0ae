"""SOURCES: the places an event may make ingest fetch from. Without it an event could send us anywhere.

https://account.blob.core.windows.net/container/     what lies below
s3://bucket/folder/
https://github.com/owner/repository/tree/branch/folder
https://example.org/cv.html                          this page and what lies below it
"""

import re

import httpx

from functions.shared.problem import Refused
from functions.shared.settings import Settings

# A server may take these for path steps or separators after we have looked.
_DISGUISED = re.compile(r"%2e|%2f|%5c|\\", re.IGNORECASE)
# GitHub shows folders under /tree/ and files under /blob/.
_TREE = re.compile(r"^(/[^/]+/[^/]+)/tree/")


def checked(location: str, settings: Settings) -> str:
    """`location` in its normal form. Raises Refused unless SOURCES covers it."""
    if covers(location, settings):
        return str(httpx.URL(location))
    if not settings.sources:
        raise Refused("SOURCES is empty: nothing is fetched. It lists the places that events may point at.")
    shown = location.partition("?")[0][:200]  # a query may hold a signature
    raise Refused(f"{shown} is not below any of SOURCES: only from there documents are fetched.")


def covers(location: str, settings: Settings) -> bool:
    """Whether `location` lies at or below a source."""
    url = _parsed(location)
    return url is not None and any(_below(url, source) for source in _sources(settings))


def names(place: str, settings: Settings) -> bool:
    """Whether `place` is, lies below, or holds a source."""
    url = _parsed(place)
    return url is not None and any(_below(url, source) or _below(source, url) for source in _sources(settings))


def reconcilable(source: str, settings: Settings) -> str:
    """A source to reconcile: CORPUS_DIR when none is named. Raises Refused for a folder or place of no one's choice."""
    source = source.strip()
    if source in ("", settings.corpus_dir):
        return settings.corpus_dir
    if not covers(source, settings):
        raise Refused(
            f"The source {source[:200]!r} is not accepted: it is CORPUS_DIR ({settings.corpus_dir}), or lies below"
            " one of SOURCES."
        )
    return source


def _sources(settings: Settings) -> list[httpx.URL]:
    return [url for source in settings.sources.replace(",", " ").split() if (url := _parsed(source))]


def _parsed(location: str) -> httpx.URL | None:
    try:
        url = httpx.URL(location)
    except (httpx.InvalidURL, ValueError):
        return None
    secret = url.userinfo or url.fragment
    plain = url.scheme in ("https", "http", "s3") and url.host and not secret and not _DISGUISED.search(location)
    return url if plain else None


def _below(url: httpx.URL, source: httpx.URL) -> bool:
    if (url.scheme, url.host, url.port) != (source.scheme, source.host, source.port):
        return False
    path, above = _path(url), _path(source)
    return path == above or path.startswith(f"{above.rstrip('/')}/")


def _path(url: httpx.URL) -> str:
    raw = url.raw_path.decode("ascii").partition("?")[0]
    return _TREE.sub(r"\1/blob/", raw) if url.scheme != "s3" else raw
