import gzip
import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpcore
import pytest
import trustme
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

from functions.ingest import network as connections
from functions.ingest.events import Located, Published, Withdrawn
from functions.ingest.fetch import fetch
from functions.shared.problem import Problem, Refused, TooLarge, Unavailable, WrongMediaType
from functions.shared.settings import Settings
from tests.fake_s3 import KEY, REGION, SECRET, FakeS3
from tests.processes import free_port

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


# where may be connected to


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]"]
)
async def test_this_machine_is_not_reached_under_any_name(httpserver: HTTPServer, host: str) -> None:
    place = f"https://{host}:{httpserver.port}/"
    with pytest.raises(Refused, match="no public address"):
        await fetch(located(place), "", Settings(sources=place))
    assert httpserver.log == []


PRIVATE = """10.0.0.1 192.168.1.1 172.16.0.1 100.64.0.1 169.254.169.254 224.0.0.1 168.63.129.16 [fd00:ec2::254]
    [fe80::1] [64:ff9b::7f00:1] [2002:7f00:1::] [::ffff:169.254.169.254] [fec0::1] [::127.0.0.1]"""


@pytest.mark.parametrize("host", PRIVATE.split())
async def test_private_addresses_are_refused(host: str) -> None:
    with pytest.raises(Refused, match="no public address"):
        await fetch(located(f"https://{host}/"), "", Settings(sources=f"https://{host}/"))


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200"]
)
async def test_where_clouds_hand_out_credentials_no_setting_helps(host: str) -> None:
    settings = Settings(sources=f"http://{host}/", private_hosts=host.strip("[]"))
    with pytest.raises(Refused, match="no public address"):
        await fetch(located(f"http://{host}/latest/meta-data/"), "", settings)


async def test_plain_http_is_for_private_hosts_only(httpserver: HTTPServer) -> None:
    place = httpserver.url_for("/")
    with pytest.raises(Refused, match="not https"):
        await fetch(located(place), "", Settings(sources=place))
    assert httpserver.log == []


class Internet(httpcore.AsyncNetworkBackend):
    """A network in which every address leads to one server; it notes the addresses."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._real = httpcore.AnyIOBackend()
        self.reached: list[str] = []

    async def connect_tcp(self, host: str, port: int, *more: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        self.reached.append(host)
        return await self._real.connect_tcp("127.0.0.1", self._port)


class Names:
    """A resolver that gives its answers one after the other, as one does that is being rebound."""

    def __init__(self, *answers: Iterable[str]) -> None:
        self.left = list(answers)

    def __call__(self, host: Any, port: Any, *more: Any, **options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.left.pop(0)]


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[trustme.CA]:
    """A certificate authority that fetching trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    connections._certificates.cache_clear()
    yield made
    connections._certificates.cache_clear()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[HTTPServer]:
    """An https server whose certificate is for site.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("site.example").configure_cert(context)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        server.expect_request("/cv.md").respond_with_data(b"# CV", content_type=MARKDOWN)
        yield server


async def test_the_address_that_was_checked_is_the_one_that_is_reached(
    secure: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(["93.184.215.14"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    internet = Internet(secure.port)
    settings = Settings(sources="https://site.example/")
    found = await fetch(located("https://site.example/cv.md"), "", settings, internet)
    assert isinstance(found, Published)
    assert internet.reached == ["93.184.215.14"]
    assert names.left == [["127.0.0.1"]]  # nobody asked a second time
    with pytest.raises(Refused, match="no public address"):
        await fetch(located("https://site.example/cv.md"), "", settings, internet)
    assert internet.reached == ["93.184.215.14"]


async def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["93.184.215.14", "10.0.0.1"]))
    internet = Internet(free_port())
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        await fetch(located("https://site.example/"), "", Settings(sources="https://site.example/"), internet)
    assert internet.reached == []


async def test_the_next_address_is_tried_when_one_is_silent(
    secure: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Half(Internet):
        async def connect_tcp(self, host: str, port: int, *more: Any, **options: Any) -> httpcore.AsyncNetworkStream:
            if not self.reached:
                self.reached.append(host)
                raise httpcore.ConnectError
            return await super().connect_tcp(host, port)

    monkeypatch.setattr(socket, "getaddrinfo", Names(["93.184.215.14", "93.184.215.15"]))
    internet = Half(secure.port)
    settings = Settings(sources="https://site.example/")
    assert isinstance(await fetch(located("https://site.example/cv.md"), "", settings, internet), Published)
    assert internet.reached == ["93.184.215.14", "93.184.215.15"]


async def test_a_certificate_for_another_name_is_refused(secure: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["93.184.215.14"]))
    settings = Settings(sources="https://other.example/")
    with pytest.raises(Refused, match="certificate"):
        await fetch(located("https://other.example/cv.md"), "", settings, Internet(secure.port))
    assert secure.log == []


# redirects


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


# limits


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


# for now or for good


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


# stores


@pytest.fixture
def s3(httpserver: HTTPServer) -> FakeS3:
    """A bucket with one object whose key needs encoding."""
    made = FakeS3()
    meta = {"x-amz-meta-title": "M%C3%BCller", "x-amz-meta-audience": "on-request", "x-amz-meta-uri": "/cv"}
    made.objects["/bucket/cv/f%C3%BCr%20C%2B%2B.md"] = b"# CV", meta
    httpserver.expect_request(re.compile(".*")).respond_with_handler(made)
    return made


def bucket(server: HTTPServer, **more: Any) -> Settings:
    keys = {"s3_access_key_id": KEY, "s3_secret_access_key": SECRET, "s3_region": REGION}
    given = {"s3_endpoint": server.url_for("/"), "private_hosts": "localhost", **keys, **more}
    return Settings(sources="s3://bucket/ s3://other/", **given)


OBJECT = "s3://bucket/cv/f%C3%BCr%20C%2B%2B.md"


async def test_an_object_is_asked_for_in_path_style_and_signed(httpserver: HTTPServer, s3: FakeS3) -> None:
    found = await got(OBJECT, bucket(httpserver), state=True)
    assert (found.content, found.content_type) == (b"# CV", MARKDOWN)
    assert (found.title, found.audience, found.uri, found.found_at) == ("Müller", "on-request", "/cv", "")
    assert await fetch(located(OBJECT, state=True), found.validator, bucket(httpserver)) is None


async def test_an_object_that_is_gone_is_withdrawn(httpserver: HTTPServer, s3: FakeS3) -> None:
    found = await fetch(located("s3://bucket/cv/gone.md", state=True), "", bucket(httpserver))
    assert found == Withdrawn("1", "/tests", "doc", "2026-01-01T00:00:00.000000Z", "")
    with pytest.raises(Refused, match="no document"):
        await fetch(located("s3://bucket/cv/gone.md"), "", bucket(httpserver))


async def test_a_bucket_that_is_gone_tells_nothing_of_its_objects(httpserver: HTTPServer, s3: FakeS3) -> None:
    with pytest.raises(Refused, match="404"):
        await fetch(located("s3://other/cv.md", state=True), "", bucket(httpserver))


@pytest.mark.parametrize("wrong", [{"s3_secret_access_key": "wrong"}, {"s3_region": "us-east-1"}])
async def test_a_wrong_key_or_region_is_refused(httpserver: HTTPServer, s3: FakeS3, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused, match="credentials") as caught:
        await fetch(located(OBJECT, state=True), "", bucket(httpserver, **wrong))
    assert SECRET not in caught.value.detail


async def test_half_a_key_is_refused(httpserver: HTTPServer) -> None:
    with pytest.raises(Refused, match="S3_SECRET_ACCESS_KEY"):
        await fetch(located(OBJECT), "", bucket(httpserver, s3_secret_access_key=""))


async def test_a_store_does_not_redirect(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/bucket/cv.md").respond_with_data(status=301, headers={"Location": "/"})
    with pytest.raises(Refused, match="endpoint, region or name"):
        await fetch(located("s3://bucket/cv.md"), "", bucket(httpserver))


def account(server: HTTPServer, **more: Any) -> Settings:
    return replace(at(server), blob_endpoint=server.url_for("/acct").rstrip("/"), **more)


async def test_a_blob_is_asked_for_with_the_shared_access_signature(httpserver: HTTPServer) -> None:
    sas = {"sv": "2024-11-04", "sig": "a+b/c="}
    told = {"x-ms-meta-title": "CV", "Content-Type": "application/octet-stream"}
    httpserver.expect_request("/acct/docs/cv.md", query_string=sas).respond_with_data(b"# CV", headers=told)
    settings = account(httpserver, blob_sas_token="?sv=2024-11-04&sig=a%2Bb%2Fc%3D")
    found = await got(httpserver.url_for("/acct/docs/cv.md"), settings, state=True)
    assert (found.content, found.title, found.uri, found.found_at) == (b"# CV", "CV", "", "")


async def test_a_signature_shows_in_no_message(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/acct/docs/cv.md").respond_with_data(status=403)
    with pytest.raises(Refused) as caught:
        await fetch(located(httpserver.url_for("/acct/docs/cv.md")), "", account(httpserver, blob_sas_token="sig=abc"))
    assert "abc" not in caught.value.detail


async def test_a_blob_is_asked_for_with_a_bearer_token_and_no_other_page_is(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/acct/cv.md", headers={"Authorization": "Bearer tok"}).respond_with_data(b"# CV")
    httpserver.expect_request("/account2/cv.md").respond_with_data(b"# CV")
    settings = account(httpserver, blob_bearer_token="tok")
    await got(httpserver.url_for("/acct/cv.md"), settings)
    await got(httpserver.url_for("/account2/cv.md"), settings)
    assert "Authorization" not in httpserver.log[1][0].headers


@pytest.mark.parametrize(("code", "outcome"), [("BlobNotFound", "Withdrawn"), ("ContainerNotFound", "Refused")])
async def test_a_blob_that_is_gone_is_withdrawn(httpserver: HTTPServer, code: str, outcome: str) -> None:
    told = {"x-ms-error-code": code}
    httpserver.expect_request("/acct/cv.md").respond_with_data(status=404, headers=told)
    try:
        found: Any = await fetch(located(httpserver.url_for("/acct/cv.md"), state=True), "", account(httpserver))
    except Problem as problem:
        found = problem
    assert type(found).__name__ == outcome


async def test_a_file_on_github_is_asked_of_its_api(httpserver: HTTPServer) -> None:
    wanted = {"Authorization": "Bearer tok", "Accept": "application/vnd.github.raw+json"}
    raw = "application/vnd.github.raw+json; charset=utf-8"
    httpserver.expect_request(
        "/repos/me/site/contents/a b.md", query_string="ref=abc", headers=wanted
    ).respond_with_data(b"# CV", content_type=raw)
    page = "https://github.com/me/site/blob/main/a%20b.md"
    settings = replace(at(httpserver), sources="https://github.com/me/", github_api_url=httpserver.url_for(""))
    found = await got(page, replace(settings, github_token="tok"), contents="/repos/me/site/contents/a%20b.md?ref=abc")
    assert (found.content, found.content_type, found.found_at) == (b"# CV", MARKDOWN, page)
