"""The page in a real browser against the real ask, as `make run` serves them: two origins, no key."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import needs
from tests.processes import Function, Process, free_port
from tests.site.test_page import CHROMIUM


@pytest.fixture
def site(tmp_path: Path, start_function: Callable[..., Function], fed: dict[str, str]) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    ask = start_function("ask", {**fed, "CORS_ORIGINS": url})
    ports = {"SITE_PORT": str(port), "ASK_PORT": str(ask.port)}
    with Process([sys.executable, "-m", "tools.site"], tmp_path / "site.log", ports) as process:
        process.wait_for(lambda: httpx.get(url).is_success, "the site")
        yield url


@pytest.fixture
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    needs(chromium, "Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        yield browser.new_page()
        browser.close()


def test_a_visitor_asks_and_gets_a_cited_answer_from_the_documents(page: Page, site: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(site)
    expect(page.locator("footer")).to_contain_text("Your question stays on this server.")
    page.get_by_role("button", name="Where does Vivek work?").click()
    expect(page.locator("ask-portfolio[state=idle] .turns")).to_contain_text("VitaScale GmbH in Mainz")
    expect(page.locator(".turns")).to_contain_text("Data Scientist at VitaScale › Current job")
    expect(page.locator(".turns")).to_contain_text("quoted from the documents")
    page.get_by_role("textbox").fill("Which football club does he support?")
    page.keyboard.press("Enter")
    expect(page.locator(".turns")).to_contain_text("I could not find that in my documents.")
    assert said == []
