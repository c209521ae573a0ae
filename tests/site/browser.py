"""Chromium for the page's tests: one browser a module, pages that are watched, axe-core."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.conftest import needs
from tests.processes import ROOT

AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# What only a script run by hostile text would leave behind, and what the policy reported.
WATCH = """
    window.hurt = [];
    for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = (what) => window.hurt.push(String(what));
    window.violations = [];
    const note = (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`);
    addEventListener("securitypolicyviolation", note);
"""


@contextmanager
def chromium(*, bfcache: bool = False) -> Iterator[Browser]:
    """A browser. Playwright turns the back/forward cache off unless told otherwise."""
    path = shutil.which("chromium")
    needs(path, "Chromium is missing: apt-get install chromium")
    expect.set_options(timeout=20_000)  # a loaded machine is slow
    options: dict[str, Any] = {"ignore_default_args": ["--disable-back-forward-cache"]} if bfcache else {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM, **options)
        yield browser
        browser.close()


class Visit:
    """Open pages, watched: afterwards nothing may have run, been blocked or been complained about."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.expected_errors = 0
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.said: list[str] = []

    def __call__(self, width: int = 1000, height: int = 800, path: str = "", **options: Any) -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, **{"locale": "en-GB"} | options
        )
        context.add_init_script(WATCH)
        self._contexts.append(context)
        return self.open(context, path)

    def open(self, context: BrowserContext, path: str = "") -> Page:
        """Another page of the same visitor."""
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.goto(self.address + path)
        return page

    def close(self) -> None:
        pages = [page for context in self._contexts for page in context.pages]
        hurt = [page.evaluate("[window.hurt, window.violations]") for page in pages]
        for context in self._contexts:
            context.close()
        assert all(found in ([[], []], [None, None]) for found in hurt), hurt
        assert len(self.said) == self.expected_errors, self.said


def field(page: Page) -> Locator:
    return page.locator("ask-portfolio textarea")


def ask(page: Page, question: str = "Where does Vivek work?") -> None:
    field(page).fill(question)
    page.locator(".send").click()


def ask_by_script(page: Page, question: str) -> None:
    """Ask, and wait until all is said. A text field would take control characters out of the question."""
    page.evaluate("question => document.querySelector('ask-portfolio').ask(question)", question)


def answer(page: Page) -> Locator:
    return page.locator(".turn:last-child .answer")


def by(page: Page) -> Locator:
    return page.locator(".turn:last-child .by")


def stage(page: Page) -> Locator:
    return page.locator(".turn:last-child .stage")


def state(page: Page, name: str) -> None:
    expect(page.locator("ask-portfolio")).to_have_attribute("state", name)


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def assert_accessible(page: Page, name: str) -> None:
    """axe-core finds nothing. It goes in by `evaluate`: the page's policy forbids a script tag."""
    page.evaluate(f"() => {{ {_axe()} }}")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [
        f"{name}: {rule['id']} ({rule['impact']}): {rule['help']}: {[node['target'] for node in rule['nodes']]}"
        for rule in found["violations"]
    ]
    if told:
        pytest.fail("\n".join(told))
    assert found["testEngine"]["name"] == "axe-core"


def needs_axe() -> None:
    """axe-core is fetched by `make test` where npm is there."""
    needs(AXE.is_file(), "axe-core is missing: npm ci --prefix tests/node")
