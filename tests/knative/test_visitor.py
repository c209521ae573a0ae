"""The visitor's address along the real path: what each proxy adds, and what ask makes of it with the tree's setting."""

import pytest
from starlette.requests import Request

from functions.ask import visitor
from tests.knative.rendered import settings_of

VISITOR, CLAIM = "203.0.113.9", "198.51.100.1"
# Who is called by whom: each adds the address it is called from (Kourier with use-remote-address; nginx; Go's
# ReverseProxy in activator and queue-proxy).
BEHIND = ["10.42.0.5 kourier", "10.42.0.6 nginx", "10.42.0.5 inner gateway", "10.42.0.7 activator"]


def at_ask(first: str, callers: list[str], claim: str = "") -> Request:
    hops = [*([claim] if claim else []), first, *(caller.split()[0] for caller in callers)]
    headers = [(b"x-forwarded-for", ", ".join(hops).encode())]
    # uvicorn's peer is queue-proxy, in the same pod.
    return Request({"type": "http", "headers": headers, "client": ("127.0.0.1", 40000)})


@pytest.mark.parametrize("claim", ["", CLAIM, f"{CLAIM}, {CLAIM}, {CLAIM}, {CLAIM}, {CLAIM}"])
def test_behind_kourier_the_visitor_is_found_and_no_claim_counts(claim: str) -> None:
    proxies = int(settings_of("overlays/hetzner")["TRUSTED_PROXIES"])
    assert visitor.network(at_ask(VISITOR, BEHIND, claim), proxies) == VISITOR


def test_through_a_forwarded_port_it_is_the_node_itself() -> None:
    # kubectl port-forward → nginx → inner gateway → activator → queue-proxy
    proxies = int(settings_of("base")["TRUSTED_PROXIES"])
    assert visitor.network(at_ask("127.0.0.1", BEHIND[1:], CLAIM), proxies) == "127.0.0.1"
