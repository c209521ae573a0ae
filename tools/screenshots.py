"""`make screenshots`: the page's main states into docs/, from real answers quoted out of corpus/.

Needs Chromium and nginx. Everything runs on free loopback ports and is gone afterwards.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.processes import ROOT, Chroma, Function
from tests.site.browser import ask, by, chromium
from tests.site.stack import Stack, stack

DOCS = ROOT / "docs"
SOMEBODY = """<!doctype html><title>Somebody</title><h1>Somebody's page</h1>
<p>One line of it puts the chat into the corner.</p><script type="module" src="/ask-portfolio.js?bubble"></script>"""


def main() -> None:
    """Start what a visitor meets, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        chroma = Chroma(Path(folder))
        chroma.start()
        environment = {"CHROMA_URL": chroma.url}
        try:
            with Function("ingest", Path(folder), environment) as ingest:
                command = [sys.executable, "-m", "functions.ingest.cli", "corpus", "--url", ingest.url]
                subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            with stack(Path(folder), environment, models=False) as running:
                take(browser, running)
        finally:
            chroma.stop()


def take(browser: Browser, running: Stack) -> None:
    """One picture a state."""
    page = _page(browser, running, 1000, 800, "dark")
    _ask(page, "How accurate was the breath alcohol prediction?")
    page.locator(".cite").first.click()
    _ask(page, "Which football club does he support?")
    _from_the_first_question(page)
    _keep(page, "page.png")

    _keep(_page(browser, running, 1000, 800, "light"), "page-start.png")

    page = _page(browser, running, 320, 640, "light", locale="de-DE")
    _ask(page, "Bei welcher Firma arbeitet Vivek?")
    _from_the_first_question(page)
    _keep(page, "page-narrow.png")

    page = _page(browser, running, 900, 640, "light")
    page.route("**/somebody", lambda route: route.fulfill(content_type="text/html", body=SOMEBODY))
    page.goto(f"{running.url}somebody")
    page.locator(".launcher").click()
    page.locator(".starters button").first.wait_for()
    _ask(page, "Which languages does Vivek speak?")
    _keep(page, "page-bubble.png")


def _page(browser: Browser, running: Stack, width: int, height: int, scheme: str, locale: str = "en-GB") -> Page:
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=scheme, locale=locale, reduced_motion="reduce")
    page.goto(running.url)
    page.wait_for_load_state("networkidle")
    return page


def _ask(page: Page, question: str) -> None:
    ask(page, question)
    expect(by(page)).not_to_be_empty()
    page.locator("ask-portfolio[state=idle]").wait_for()


def _from_the_first_question(page: Page) -> None:
    page.locator(".screen").evaluate("node => node.scrollTop = node.querySelector('.turn').offsetTop - node.offsetTop")


def _keep(page: Page, name: str) -> None:
    path = DOCS / name
    page.screenshot(path=path)
    print(f"docs/{name}  {path.stat().st_size // 1024} KB")
    page.close()


if __name__ == "__main__":
    main()
