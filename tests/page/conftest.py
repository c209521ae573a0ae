"""The page in a real browser, before real nginx, before the real ask: only the language models are scripted."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from pytest_httpserver import HTTPServer

from tests.site.browser import Visit, chromium
from tests.site.stack import Stack, stack


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[HTTPServer]:
    """Somebody else's site."""
    with HTTPServer(port=0) as server:
        yield server


@pytest.fixture(scope="module")
def world(fed: dict[str, str], elsewhere: HTTPServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {**fed, "CORS_ORIGINS": elsewhere.url_for("").rstrip("/"), "FIRST_TOKEN_S": "60", "STALL_S": "60"}
    with stack(tmp_path_factory.mktemp("stack"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(bfcache=True) as started:
        yield started


@pytest.fixture
def visit(browser: Browser, world: Stack) -> Iterator[Visit]:
    world.reset()
    visit = Visit(browser, world.url)
    yield visit
    visit.close()
