"""/docs in a real browser: it renders under its own policy, from this server alone, and a question can be tried out."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes import ROOT, Function
from tests.site.browser import chromium
from tests.site.stack import stack


@pytest.fixture(params=["at ask itself", "behind the site's nginx"])
def address(request: pytest.FixtureRequest, fed: dict[str, str], tmp_path: Path) -> Iterator[str]:
    if request.param == "at ask itself":
        yield request.getfixturevalue("ask").url
        return
    with stack(tmp_path, fed, models=False) as site:
        yield f"{site.url}api"


def test_it_shows_every_operation_and_tries_one_out(address: str) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(f"{address}/docs")
        search = page.locator("#operations-default-search")
        search.wait_for()
        assert page.locator(".opblock").count() == 7
        search.click()
        search.get_by_role("button", name="Try it out").click()
        search.locator("textarea").fill('{"query": "breath alcohol accuracy"}')
        with page.expect_response(f"{address}/search") as found:
            search.get_by_role("button", name="Execute").click()
        assert found.value.ok
    assert complaints == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def test_its_policy_stands_and_it_has_no_other_files(ask: Function) -> None:
    policy = httpx.get(f"{ask.url}/docs").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert httpx.get(f"{ask.url}/docs/swagger-ui.css").headers["content-type"].startswith("text/css")
    assert httpx.get(f"{ask.url}/docs/index.css").status_code == 404


def test_without_the_package_a_caller_is_told_its_name() -> None:
    script = (
        "import importlib.util; real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'swagger_ui' else real(name, *more)\n"
        "from functions.ask.contracts.docs import docs\n"
        "try: docs(None)\n"
        "except Exception as problem: print(problem.status, problem)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("501 This needs the package swagger-ui-py")
