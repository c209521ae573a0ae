"""Connections for fetching: to addresses that were looked at, and to no others.

A name is resolved once, every address it has is checked, and the connection goes to a checked address. Checking the
name first and connecting to the name later would leave time for it to change its answer.
"""

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from functools import cache

import anyio
import httpcore
import httpx

from functions.shared.problem import Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Where clouds hand out credentials, or what a host may not want anybody to reach, whatever a setting allows.
_NEVER = [
    ipaddress.ip_network(network)
    for network in ("169.254.0.0/16", "fe80::/10", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::/32")
]


class CheckedTransport(httpx.AsyncBaseTransport):
    """httpx over httpcore, with `CheckedNetwork` below it."""

    def __init__(self, private_hosts: Iterable[str], inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        """`inner` opens the connections, by default real ones."""
        network = CheckedNetwork(private_hosts, inner or httpcore.AnyIOBackend())
        self._pool = httpcore.AsyncConnectionPool(ssl_context=_certificates(), network_backend=network)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request, as httpx asks for it. Raises httpcore's errors, and Refused."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(response.stream, AsyncIterable)
        return httpx.Response(response.status, headers=response.headers, stream=_Stream(response))

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._pool.aclose()


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections to public addresses; to private ones of `private_hosts` only."""

    def __init__(self, private_hosts: Iterable[str], inner: httpcore.AsyncNetworkBackend) -> None:
        self._private_hosts = frozenset(private_hosts)
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature is httpcore's)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address of `host` that answers. Raises Refused, or httpcore's ConnectError."""
        addresses = await _resolve(host, port)
        for address in addresses:
            self._check(host, address)
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def _check(self, host: str, text: str) -> None:
        address = ipaddress.ip_address(text)
        if host.lower() in self._private_hosts and not _forbidden(_meant(address)):
            return
        if not is_public(address):
            raise Refused(
                f"{host} is at {text}, which is no public address: nothing is fetched from there."
                " PRIVATE_HOSTS lists hosts of one's own that may be."
            )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise Refused("Nothing is fetched from a socket of this machine.")

    async def sleep(self, seconds: float) -> None:
        """As httpcore asks for it."""
        await self._inner.sleep(seconds)


class _Stream(httpx.AsyncByteStream):
    """A response's body between the two libraries."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._response.aclose()


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could be meant."""
    address = _meant(address)
    odd = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return address.is_global and not odd and not _forbidden(address)


def _forbidden(address: Address) -> bool:
    return any(address in network for network in _NEVER)


def _meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that leads there."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as cause:
        raise httpcore.ConnectError(f"{host} has no address") from cause
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


@cache
def _certificates() -> ssl.SSLContext:
    """Certificate authorities as httpx knows them; SSL_CERT_FILE names others."""
    return httpx.create_ssl_context()
