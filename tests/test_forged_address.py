"""A visitor's claim about their own address, through real nginx to the real ask, does not escape the hourly limit."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.site.browser import Visit, ask, chromium, stage, state
from tests.site.stack import Stack, stack


@pytest.fixture(scope="module")
def limited(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {**fed, "RATE_LIMIT_PER_HOUR": "3", "TRUSTED_PROXIES": "1"}
    with stack(tmp_path_factory.mktemp("limited"), settings, models=False) as running:
        yield running


def test_a_forged_address_does_not_escape_the_limit_and_the_page_says_how_long_to_wait(limited: Stack) -> None:
    def status(number: int) -> int:
        claims = [("X-Forwarded-For", f"198.51.100.{number}"), ("X-Real-IP", f"198.51.100.{number}")]
        headers = [*claims, ("Forwarded", f"for=198.51.100.{number}")]
        return httpx.post(f"{limited.url}api/", json={"question": "Where?"}, headers=headers, timeout=30).status_code

    assert [status(number) for number in range(5)] == [200, 200, 200, 429, 429]
    with chromium() as browser:
        visit = Visit(browser, limited.url)
        page = visit()
        ask(page)
        state(page, "failed")
        expect(stage(page)).to_contain_text("Ask again in ")
        visit.expected_errors = 1  # Chromium itself reports the 429
        visit.close()
