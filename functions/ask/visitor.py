"""Whose question is it? The address that the outermost of our own proxies saw, as a network.

Each proxy adds the address it saw at the right end of X-Forwarded-For; with the peer of the connection behind them, the
visitor stands TRUSTED_PROXIES places from the right. What stands further left is the visitor's own claim. `Forwarded`
(RFC 7239) is not read: nginx, Envoy and Knative's proxies pass it on as it came, so it would be a claim as well.
"""

import logging
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.requests import Request

log = logging.getLogger(__name__)

# All visitors whose address cannot be told share one name, and with it one limit.
UNKNOWN = "unknown"


def network(request: Request, proxies: int) -> str | None:
    """An IPv4 address, or the first 64 bits of an IPv6 one (a household has them all); None for this machine itself.

    A header that is shorter than the chain of `proxies` did not come through it: then only the peer is known.
    """
    peer = request.client.host if request.client else ""
    claimed = [part for line in request.headers.getlist("x-forwarded-for") for part in line.split(",")]
    if not proxies and _is_loopback(peer):
        if not claimed:
            return None
        _warn()
    hops = [*claimed, peer]
    return _network(hops[-1 - proxies] if len(hops) > proxies else peer) or _network(peer) or UNKNOWN


@cache
def _warn() -> None:
    """Once a process."""
    log.warning("X-Forwarded-For from a proxy on this machine, but TRUSTED_PROXIES is 0: its visitors share one limit")


def _network(text: str) -> str:
    """The network of an address as proxies write it, with or without a port; empty for what is none."""
    address = _address(text)
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address or "")


def _is_loopback(text: str) -> bool:
    address = _address(text)
    return address is not None and address.is_loopback


def _address(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
