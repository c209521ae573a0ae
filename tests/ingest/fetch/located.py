"""Events that point at a document, and settings that let a test's server be fetched from."""

from typing import Any

from pytest_httpserver import HTTPServer

from functions.ingest.events import Located, Published
from functions.ingest.fetch import fetch
from functions.shared.settings import Settings

MARKDOWN = "text/markdown; charset=utf-8"


def located(location: str, **more: Any) -> Located:
    return Located("1", "/tests", "doc", "2026-01-01T00:00:00.000000Z", "", location, **more)


def at(server: HTTPServer, **more: Any) -> Settings:
    """Settings that let this server be fetched from, whatever it takes."""
    return Settings(sources=server.url_for("/"), private_hosts="localhost", **{"max_document_bytes": 1000, **more})


async def got(location: str, settings: Settings, validator: str = "", **more: Any) -> Published:
    found = await fetch(located(location, **more), validator, settings)
    assert isinstance(found, Published)
    return found
