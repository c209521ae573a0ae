"""The site's server configuration under a real nginx, before a scripted ask, with a name server of its own."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.knative.rendered import functions
from tests.knative.scripted_ask import ScriptedAsk
from tests.nginx import ASK, NameServer, Site
from tests.processes import ROOT, Process


@pytest.fixture
def ask() -> Iterator[ScriptedAsk]:
    server = ScriptedAsk()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer(ASK)
    yield server
    server.close()


@pytest.fixture
def site(tmp_path: Path, ask: ScriptedAsk, names: NameServer) -> Iterator[Site]:
    running = Site(tmp_path, ask.port, names)
    yield running
    running.process.stop()


def policy_of_the_page() -> str:
    found = re.search(
        r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', (ROOT / "site/index.html").read_text()
    )
    assert found, "index.html has no policy of its own"
    return found[1]


SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


def test_nginx_finds_no_fault_with_the_configuration(site: Site, tmp_path: Path) -> None:
    with Process([*site.command, "-t"], tmp_path / "check.log") as check:
        assert check.wait() == 0, check.log.read_text()
    assert "warn" not in (tmp_path / "check.log").read_text()


@pytest.mark.parametrize("path", ["/", "/index.html", "/ask-portfolio.js", "/no-such-page", "/api/search"])
def test_every_answer_carries_the_security_headers_and_the_policy(site: Site, path: str) -> None:
    headers = httpx.get(f"{site.url}{path}").headers
    assert {name: headers[name] for name in SECURITY} == SECURITY
    assert headers["content-security-policy"] == f"{policy_of_the_page()}; frame-ancestors 'none'"
    assert "/" not in headers["server"]  # no version


def test_the_page_is_served_as_it_is_and_asked_about_again(site: Site) -> None:
    first = httpx.get(f"{site.url}/")
    assert first.text == (ROOT / "site/index.html").read_text()
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.headers["cache-control"] == "no-cache"
    again = httpx.get(f"{site.url}/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_text_is_compressed(site: Site) -> None:
    answer = httpx.get(f"{site.url}/ask-portfolio.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("path", ["/.git/config", "/.env", "/no-such-page", "/../knative/site/nginx.conf"])
def test_nothing_else_is_served(site: Site, path: str) -> None:
    assert httpx.get(f"{site.url}{path}").status_code in {400, 404}


@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        ("/api/", "/"),
        ("/api/search", "/search"),
        ("/api/v1/chat/completions?a=1&b=c%20d", "/v1/chat/completions?a=1&b=c%20d"),
        ("/api/.well-known/x", "/.well-known/x"),
    ],
)
def test_ask_is_behind_api_without_the_prefix_and_under_its_own_name(
    site: Site, ask: ScriptedAsk, path: str, arrives: str
) -> None:
    answer = httpx.post(f"{site.url}{path}", json={"question": "Where?"}, headers={"Host": "example.org"})
    assert (answer.status_code, answer.text) == (200, "ok")
    ((asked, headers),) = ask.seen
    assert asked == f"POST {arrives} HTTP/1.1"
    assert headers["host"] == ASK
    assert headers["content-type"] == "application/json"
    assert "connection" not in headers or headers["connection"] == "keep-alive"


def test_the_visitors_address_is_added_at_the_right(site: Site, ask: ScriptedAsk) -> None:
    httpx.get(f"{site.url}/api/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert ask.seen[0][1]["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"


def test_a_claimed_address_never_stands_at_the_right(site: Site, ask: ScriptedAsk) -> None:
    claims = [
        ("X-Forwarded-For", "198.51.100.1"),
        ("X-Forwarded-For", "198.51.100.2, 127.0.0.1"),
        ("X-Real-IP", "1.2.3.4"),
    ]
    httpx.get(f"{site.url}/api/", headers=[*claims, ("Forwarded", "for=198.51.100.3")])
    headers = ask.seen[0][1]
    assert headers["x-forwarded-for"] == "198.51.100.1, 198.51.100.2, 127.0.0.1, 127.0.0.1"
    httpx.get(f"{site.url}/api/")
    assert ask.seen[1][1]["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize("path", ["/ask-portfolio.js", "/ask-portfolio.js?bubble", "/chat.js", "/subject.json"])
def test_any_page_may_load_what_the_element_is_made_of(site: Site, path: str) -> None:
    headers = httpx.get(f"{site.url}{path}", headers={"Origin": "https://elsewhere.example"}).headers
    assert headers.get_list("access-control-allow-origin") == ["*"]
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize("path", ["/", "/index.html", "/page.css", "/api/search", "/api/openapi.json", "/api/x.js"])
def test_nothing_else_may_be_read_by_another_page_unless_ask_says_so(site: Site, path: str) -> None:
    headers = httpx.get(f"{site.url}{path}", headers={"Origin": "https://elsewhere.example"}).headers
    assert "access-control-allow-origin" not in headers


def test_trace_context_passes_through(site: Site, ask: ScriptedAsk) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    httpx.get(f"{site.url}/api/", headers={"traceparent": trace})
    assert ask.seen[0][1]["traceparent"] == trace


@pytest.mark.parametrize("framing", ["in-chunks", "until-close"])
def test_a_stream_arrives_event_by_event(site: Site, ask: ScriptedAsk, framing: str) -> None:
    # ask sends its second event only when the first has been read here: a proxy that holds back gets neither.
    accept = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    with httpx.stream("GET", f"{site.url}/api/stream-{framing}", headers=accept, timeout=20) as answer:
        assert "content-encoding" not in answer.headers
        lines = answer.iter_lines()
        assert next(line for line in lines if line.startswith("data:")) == "data: first"
        ask.first_was_read.set()
        assert next(line for line in lines if line.startswith("data:")) == "data: second"


def test_what_ask_says_about_its_own_answer_stands(site: Site) -> None:
    headers = httpx.get(f"{site.url}/api/own-policy").headers
    assert headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert headers.get_list("cache-control") == ["no-store"]
    assert httpx.get(f"{site.url}/api/busy").headers.get_list("retry-after") == ["7"]


def test_an_unreachable_ask_is_a_problem_document_and_no_error_page(site: Site, ask: ScriptedAsk) -> None:
    ask.shutdown()
    ask.server_close()
    answer = httpx.post(f"{site.url}/api/", json={})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["status"] == 503
    assert answer.json()["type"] == "urn:portfolio:problem:unavailable"
    assert httpx.get(f"{site.url}/").status_code == 200  # the page still stands


def test_the_site_starts_before_ask_has_a_name_and_finds_it_later(
    tmp_path: Path, ask: ScriptedAsk, names: NameServer
) -> None:
    names.known = False
    site = Site(tmp_path, ask.port, names)
    try:
        assert httpx.get(f"{site.url}/").status_code == 200
        assert httpx.get(f"{site.url}/api/").status_code == 503
        names.known = True
        site.process.wait_for(lambda: httpx.get(f"{site.url}/api/").status_code == 200, "ask being found", 30)
    finally:
        site.process.stop()


def test_a_body_too_large_is_refused_as_a_problem_document(site: Site, ask: ScriptedAsk) -> None:
    answer = httpx.post(f"{site.url}/api/", content=b"x" * 300_000)
    assert (answer.status_code, answer.json()["title"]) == (413, "Too large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert ask.seen == []


def test_the_log_holds_neither_addresses_nor_queries(site: Site) -> None:
    httpx.get(
        f"{site.url}/api/search?q=private", headers={"User-Agent": "secret-agent", "X-Forwarded-For": "203.0.113.9"}
    )
    httpx.get(f"{site.url}/livez")
    site.process.stop()
    log = (site.folder / "access.log").read_text()
    assert re.search(r'"GET /\S*search" 200 ', log)
    assert not re.search(r"private|secret-agent|203\.0\.113\.9|127\.0\.0\.1|livez", log)


def test_nginx_waits_longer_than_ask_may_take() -> None:
    found = re.search(r"proxy_read_timeout (\d+)s;", (ROOT / "knative/site/nginx.conf").read_text())
    assert found
    assert int(found[1]) > functions("knative/base")["ask"]["spec"]["template"]["spec"]["timeoutSeconds"]
