"""Whose question it is: behind proxies, counted from the right, and never what a visitor claims."""

import pytest
from starlette.requests import Request

from functions.ask.visitor import _warn, network


def asked(peer: str | None, *forwarded: str, **more: str) -> Request:
    """A request from `peer` with these X-Forwarded-For lines."""
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    headers += [(name.encode(), value.encode()) for name, value in more.items()]
    return Request({"type": "http", "headers": headers, "client": (peer, 1) if peer else None})


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_this_machine_itself_has_no_limit(peer: str) -> None:
    assert network(asked(peer), 0) is None


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_a_proxy_on_this_machine_is_not_this_machine(peer: str) -> None:
    assert network(asked(peer, "203.0.113.7"), 1) == "203.0.113.7"
    assert network(asked(peer), 1) is not None
    assert network(asked(peer, "127.0.0.1"), 1) == "127.0.0.1"


def test_a_proxy_nobody_told_of_gives_all_its_visitors_one_limit() -> None:
    assert network(asked("127.0.0.1", "203.0.113.7"), 0) == network(asked("127.0.0.1", "203.0.113.8"), 0) == "127.0.0.1"


def test_its_owner_is_told_so_once_and_not_at_every_question(caplog: pytest.LogCaptureFixture) -> None:
    _warn.cache_clear()
    for visitor in range(3):
        network(asked("127.0.0.1", f"203.0.113.{visitor}"), 0)
    (told,) = caplog.messages
    assert "TRUSTED_PROXIES" in told


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, ["198.51.100.1"], "10.0.0.9"),
        (1, ["203.0.113.7"], "203.0.113.7"),
        (1, ["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        (1, ["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
        (2, ["203.0.113.7, 10.0.0.8"], "203.0.113.7"),
        (2, ["6.6.6.6, 7.7.7.7, 203.0.113.7, 10.0.0.8"], "203.0.113.7"),
        (3, ["6.6.6.6,203.0.113.7,10.0.0.7,10.0.0.8"], "203.0.113.7"),
    ],
)
def test_the_visitor_stands_that_many_places_from_the_right(proxies: int, forwarded: list[str], found: str) -> None:
    assert network(asked("10.0.0.9", *forwarded), proxies) == found


@pytest.mark.parametrize("forwarded", [[], ["203.0.113.7"], ["not an address, 10.0.0.8"], ["unknown, 10.0.0.8"]])
def test_without_a_believable_address_only_the_peer_is_known(forwarded: list[str]) -> None:
    assert network(asked("10.0.0.9", *forwarded), 2) == "10.0.0.9"


def test_a_connection_without_a_peer_shares_one_name() -> None:
    assert network(asked(None), 0) == network(asked(None), 1) == "unknown"


def test_the_forwarded_header_is_the_visitors_own_claim() -> None:
    assert network(asked("10.0.0.9", "203.0.113.7", forwarded="for=6.6.6.6"), 1) == "203.0.113.7"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("203.0.113.7:4711", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:CB00:7107", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:4711", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2::9]"', "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_one_network_has_one_name_however_it_is_written(written: str, found: str) -> None:
    assert network(asked("10.0.0.9", written), 1) == found


def test_neighbouring_networks_are_told_apart() -> None:
    one, other = asked("10.0.0.9", "2001:db8:1:2::1"), asked("10.0.0.9", "2001:db8:1:3::1")
    assert network(one, 1) != network(other, 1)
