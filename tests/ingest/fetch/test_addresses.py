"""A name is resolved once, its addresses checked, and a checked one connected to."""

import socket
import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpcore
import pytest
import trustme
from pytest_httpserver import HTTPServer

from functions.ingest import network as connections
from functions.ingest.events import Published
from functions.ingest.fetch import fetch
from functions.shared.problem import Refused
from functions.shared.settings import Settings
from tests.ingest.fetch.located import MARKDOWN, located
from tests.processes import free_port


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
