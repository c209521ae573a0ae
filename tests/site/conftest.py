"""A browser, and a scripted ask on another origin; one of each for a file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.site.browser import Visit, chromium
from tests.site.fake_ask import FakeAsk


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAsk]:
    with FakeAsk() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def visit(browser: Browser, fake: FakeAsk) -> Iterator[Visit]:
    fake.reset()
    visit = Visit(browser, fake.url)
    yield visit
    visit.close()
