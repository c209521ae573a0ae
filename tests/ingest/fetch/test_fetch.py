"""A page is fetched: its type, whether it changed, redirects, sizes, and which failures are worth another try."""

import gzip
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

from functions.ingest.fetch import fetch
from functions.shared.problem import Problem, Refused, TooLarge, Unavailable, WrongMediaType
from functions.shared.settings import Settings
from tests.ingest.fetch.located import MARKDOWN, at, got, located
from tests.processes import free_port


async def test_a_page_is_fetched_with_where_it_was_found(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/cv.md").respond_with_data(b"# CV", content_type=MARKDOWN)
    found = await got(httpserver.url_for("/cv.md"), at(httpserver), title="My CV")
    assert (found.content, found.content_type, found.title) == (b"# CV", MARKDOWN, "My CV")
    assert (found.uri, found.found_at) == ("", httpserver.url_for("/cv.md"))


@pytest.mark.parametrize(
    ("name", "told", "taken"),
    [
        ("cv.md", "text/plain; charset=utf-8", MARKDOWN),
        ("cv.pdf", "application/octet-stream", "application/pdf"),
        ("cv.pdf", "text/html", "text/html"),
        ("cv", "text/plain", "text/plain"),
    ],
)
async def test_a_type_that_tells_nothing_gives_way_to_the_name(
    httpserver: HTTPServer, name: str, told: str, taken: str
) -> None:
    httpserver.expect_request(f"/{name}").respond_with_data(b"x", content_type=told)
    assert (await got(httpserver.url_for(f"/{name}"), at(httpserver))).content_type == taken


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        ({"ETag": '"v1"', "Last-Modified": "Mon, 05 Jan 2026 00:00:00 GMT"}, {"If-None-Match": '"v1"'}),
        (
            {"Last-Modified": "Mon, 05 Jan 2026 00:00:00 GMT"},
            {"If-Modified-Since": "Mon, 05 Jan 2026 00:00:00 GMT"},
        ),
    ],
)
async def test_what_has_not_changed_is_not_sent_again(
    httpserver: HTTPServer, sent: dict[str, str], asked: dict[str, str]
) -> None:
    page, settings = httpserver.url_for("/cv.md"), at(httpserver)
    httpserver.expect_ordered_request("/cv.md").respond_with_data(b"# CV", headers=sent, content_type=MARKDOWN)
    httpserver.expect_ordered_request("/cv.md", headers=asked).respond_with_data(status=304)
    first = await got(page, settings)
    assert await fetch(located(page), first.validator, settings) is None
    httpserver.check()


async def test_a_validator_holds_only_for_the_settings_it_was_given_under(httpserver: HTTPServer) -> None:
    page, settings = httpserver.url_for("/cv.md"), at(httpserver)
    httpserver.expect_request("/cv.md").respond_with_data(b"# CV", headers={"ETag": '"v1"'}, content_type=MARKDOWN)
    first = await got(page, settings)
    await got(page, replace(settings, allow_personal_data="phone"), first.validator)
    await got(page, settings, first.validator, title="Another")
    assert all("If-None-Match" not in request.headers for request, _ in httpserver.log)


async def test_a_redirect_within_the_sources_is_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/old").respond_with_data(status=301, headers={"Location": "new.md#top"})
    httpserver.expect_request("/new.md").respond_with_data(b"# CV", content_type=MARKDOWN)
    assert (await got(httpserver.url_for("/old"), at(httpserver))).content == b"# CV"


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "https://elsewhere.example/", "file:///etc/passwd", "//10.0.0.1/", ""],
)
async def test_a_redirect_to_anywhere_else_is_refused(httpserver: HTTPServer, target: str) -> None:
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": target})
    with pytest.raises(Refused, match=r"SOURCES|more than 5"):
        await fetch(located(httpserver.url_for("/old")), "", at(httpserver))


async def test_a_redirect_to_an_allowed_name_with_a_private_address_is_refused(httpserver: HTTPServer) -> None:
    inner = f"https://127.0.0.1:{httpserver.port}/inner"
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": inner})
    settings = replace(at(httpserver), sources=f"{httpserver.url_for('/')} {inner}")
    with pytest.raises(Refused, match="no public address"):
        await fetch(located(httpserver.url_for("/old")), "", settings)


async def test_redirects_end_after_five(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/loop").respond_with_data(status=307, headers={"Location": "/loop"})
    with pytest.raises(Refused, match="more than 5 times"):
        await fetch(located(httpserver.url_for("/loop")), "", at(httpserver))
    assert len(httpserver.log) == 6


def pieces(count: int, size: int, pause_s: float = 0.0) -> Iterator[bytes]:
    for _ in range(count):
        time.sleep(pause_s)
        yield b"x" * size


async def test_a_document_over_the_limit_is_refused_as_soon_as_it_is_told(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/cv.md").respond_with_data(b"x" * 1001)
    with pytest.raises(TooLarge, match="1000 bytes"):
        await fetch(located(httpserver.url_for("/cv.md")), "", at(httpserver))


async def test_a_document_over_the_limit_is_refused_while_it_arrives(httpserver: HTTPServer) -> None:
    sent = Response(pieces(10_000, 1000))
    httpserver.expect_request("/cv.md").respond_with_response(sent)
    with pytest.raises(TooLarge, match="1000 bytes"):
        await fetch(located(httpserver.url_for("/cv.md")), "", at(httpserver))


async def test_gzip_is_unpacked_and_a_bomb_is_not(httpserver: HTTPServer) -> None:
    packed = {"Content-Encoding": "gzip", "Content-Type": "text/markdown"}
    httpserver.expect_request("/cv.md").respond_with_data(gzip.compress(b"# CV"), headers=packed)
    httpserver.expect_request("/bomb.md").respond_with_data(gzip.compress(bytes(50_000_000)), headers=packed)
    httpserver.expect_request("/cut.md").respond_with_data(gzip.compress(b"# CV" * 90)[:-12], headers=packed)
    httpserver.expect_request("/no.md").respond_with_data(b"# CV", headers=packed)
    settings = at(httpserver, max_document_bytes=100_000)
    assert (await got(httpserver.url_for("/cv.md"), settings)).content == b"# CV"
    for name, problem in {"bomb.md": TooLarge, "cut.md": Unavailable, "no.md": Refused}.items():
        with pytest.raises(problem):
            await fetch(located(httpserver.url_for(f"/{name}")), "", settings)


async def test_another_encoding_is_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/cv.md").respond_with_data(b"x", headers={"Content-Encoding": "br"})
    with pytest.raises(WrongMediaType, match="gzip"):
        await fetch(located(httpserver.url_for("/cv.md")), "", at(httpserver))


async def test_a_document_that_drips_is_given_up(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/cv.md").respond_with_response(Response(pieces(100, 1, pause_s=0.05)))
    with pytest.raises(Unavailable, match="too long"):
        await fetch(located(httpserver.url_for("/cv.md")), "", at(httpserver, fetch_timeout_s=0.5))


@pytest.mark.parametrize(
    ("status", "headers", "problem"),
    [
        (400, {}, Refused),
        (401, {}, Refused),
        (403, {}, Refused),
        (404, {}, Refused),
        (410, {}, Refused),
        (204, {}, Refused),
        (206, {}, Refused),
        (408, {}, Unavailable),
        (425, {}, Unavailable),
        (429, {"Retry-After": "7"}, Unavailable),
        (403, {"X-RateLimit-Remaining": "0"}, Unavailable),
        (500, {}, Unavailable),
        (503, {"Retry-After": "7"}, Unavailable),
    ],
)
async def test_an_answer_is_final_or_worth_another_try(
    httpserver: HTTPServer, status: int, headers: dict[str, str], problem: type[Problem]
) -> None:
    httpserver.expect_request("/cv.md").respond_with_data(b"no" * 9000, status=status, headers=headers)
    with pytest.raises(problem, match=str(status)) as caught:
        await fetch(located(httpserver.url_for("/cv.md")), "", at(httpserver))
    assert type(caught.value) is problem
    if "Retry-After" in headers:
        assert caught.value.headers["Retry-After"] == "7"


async def test_a_server_that_is_not_there_is_worth_another_try() -> None:
    place = f"http://localhost:{free_port()}/"
    with pytest.raises(Unavailable, match="does not answer"):
        await fetch(located(place), "", Settings(sources=place, private_hosts="localhost"))


async def test_a_name_without_an_address_is_worth_another_try() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        await fetch(located("https://nowhere.invalid/"), "", Settings(sources="https://nowhere.invalid/"))


async def test_an_answer_that_is_cut_is_worth_another_try(httpserver: HTTPServer) -> None:
    cut = Response(iter([b"# CV"]), headers={"Content-Length": "400"})
    httpserver.expect_request("/cv.md").respond_with_response(cut)
    with pytest.raises(Unavailable, match="does not answer"):
        await fetch(located(httpserver.url_for("/cv.md")), "", at(httpserver))
