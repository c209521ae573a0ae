"""Whose address counts, along the whole way of knative/README.md: every hop adds what it is called from, in its own
spelling, real nginx stands in its place and the real ask counts with the TRUSTED_PROXIES of the overlay.

What a hop adds is read from its source: Envoy with use_remote_address appends the address of its peer after a comma;
Go's httputil.ReverseProxy with a Director, which activator and queue-proxy are, appends it after a comma and a space.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.conftest import MODEL
from tests.knative.rendered import settings_of
from tests.nginx import ASK, NameServer, Site
from tests.processes import Function

# Linux has all of 127.0.0.0/8 on its loopback, so that each hop and each visitor can be somebody else.
VISITOR, NEIGHBOUR = "127.0.9.1", "127.0.9.2"
ENVOY, GO = ",", ", "
QUESTION = {"question": "Where does Vivek work?"}


class Hop(ThreadingHTTPServer):
    """A reverse proxy that adds its peer to X-Forwarded-For and calls on from an address of its own."""

    daemon_threads = True

    def __init__(self, address: str, target: str, separator: str) -> None:
        self.separator = separator
        self.http = httpx.Client(base_url=target, transport=httpx.HTTPTransport(local_address=address), timeout=60)
        super().__init__((address, 0), Passing)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]}:{self.server_address[1]}"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.http.close()


class Passing(BaseHTTPRequestHandler):
    server: Hop

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers.pop("connection", None)
        before = headers.get("x-forwarded-for")
        peer = self.client_address[0]
        headers["x-forwarded-for"] = f"{before}{self.server.separator}{peer}" if before else peer
        body = self.rfile.read(int(headers.get("content-length", "0")))
        answer = self.server.http.post(self.path, content=body, headers=headers)
        self.send_response(answer.status_code)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Nothing is written."""


@dataclass
class Way:
    """Where visitors come in."""

    door: str

    def asks(self, visitor: str, claimed: str = "") -> int:
        """The status of a question from an address that claims to be asked for another one."""
        headers = {"X-Forwarded-For": claimed} if claimed else {}
        with httpx.Client(transport=httpx.HTTPTransport(local_address=visitor), timeout=60) as http:
            return http.post(f"{self.door}/api/", json=QUESTION, headers=headers).status_code


@contextmanager
def way(folder: Path, environment: dict[str, str], kourier_first: bool) -> Iterator[Way]:
    """visitor → [Kourier →] nginx → Kourier's inner gateway → activator → queue-proxy → ask."""
    names = NameServer(ASK)
    with ExitStack() as parts:

        def hop(address: str, target: str, separator: str) -> Hop:
            made = Hop(address, target, separator)
            parts.callback(made.stop)
            return made

        parts.callback(names.close)
        ask = parts.enter_context(Function("ask", folder, environment))
        queue_proxy = hop("127.0.0.1", ask.url, GO)
        activator = hop("127.0.2.3", queue_proxy.url, GO)
        # nginx finds the gateway under ask's name, which its name server gives 127.0.0.1.
        inner = hop("127.0.0.1", activator.url, ENVOY)
        site = Site(folder, inner.server_address[1], names)
        parts.callback(site.process.stop)
        yield Way(hop("127.0.2.1", site.url, ENVOY).url if kourier_first else site.url)


@pytest.fixture
def environment(fed: dict[str, str]) -> dict[str, str]:
    return {**fed, "MODEL_DIR": str(MODEL), "RATE_LIMIT_PER_HOUR": "2", "ANSWER_CACHE": "off"}


WAYS = pytest.mark.parametrize(("overlay", "kourier_first"), [("overlays/hetzner", True), ("overlays/local", False)])


@WAYS
def test_a_visitor_is_who_they_are_whatever_they_claim(
    overlay: str, kourier_first: bool, environment: dict[str, str], tmp_path: Path
) -> None:
    counted = {**environment, "TRUSTED_PROXIES": settings_of(overlay)["TRUSTED_PROXIES"]}
    with way(tmp_path, counted, kourier_first) as there:
        # Each question claims to come from somebody else, through a chain as long as the real one.
        claims = [", ".join([f"198.51.100.{number}"] * 6) for number in range(4)]
        assert [there.asks(VISITOR, claim) for claim in claims] == [200, 200, 429, 429]
        # And nobody pays for it who comes from elsewhere.
        assert [there.asks(NEIGHBOUR) for _ in range(3)] == [200, 200, 429]


@WAYS
def test_one_proxy_too_few_makes_all_visitors_one_and_one_too_many_believes_a_claim(
    overlay: str, kourier_first: bool, environment: dict[str, str], tmp_path: Path
) -> None:
    # So the number is neither: what the test above finds is found with this one alone.
    right = int(settings_of(overlay)["TRUSTED_PROXIES"])
    for wrong, expected in ((right - 1, [200, 200, 429]), (right + 1, [200, 200, 200])):
        folder = tmp_path / str(wrong)
        folder.mkdir()
        with way(folder, {**environment, "TRUSTED_PROXIES": str(wrong)}, kourier_first) as there:
            visitors = [VISITOR, VISITOR, NEIGHBOUR] if wrong < right else [VISITOR] * 3
            claims = [f"198.51.100.{number}" for number in range(3)]
            found = [there.asks(one, claim) for one, claim in zip(visitors, claims, strict=True)]
            assert found == expected, wrong
