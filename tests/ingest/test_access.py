import time
from collections.abc import Callable
from typing import Any

import pytest

from functions.ingest.access import check_sender, check_signature, grant, sign
from functions.shared.problem import Forbidden, Problem, Unauthorized
from functions.shared.settings import BadSetting, Settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = b'{"specversion": "1.0"}'
TOKEN = Settings(ingest_token="a-token")
SIGNED = Settings(ingest_secret=SECRET)
BOTH = Settings(ingest_token="a-token", ingest_secret=SECRET)
Headers = dict[str, str] | Callable[[], dict[str, str]]


def signature(secret: str = SECRET, body: bytes = BODY, age_s: int = 0, message: str = "msg_1") -> dict[str, str]:
    stamp = str(int(time.time()) - age_s)
    told = sign(secret, message, stamp, body)
    return {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": told}


def signed(more: dict[str, str] | None = None, **how: Any) -> Callable[[], dict[str, str]]:
    """Headers that are signed when the test runs: what is signed at import is too old by the end of a long run."""
    return lambda: signature(**how) | (more or {})


def check(headers: dict[str, str], settings: Settings, body: bytes = BODY, structured: bool = True) -> None:
    if check_sender(headers, settings):
        check_signature(headers, body, structured, settings)


def test_signatures_are_those_of_standard_webhooks() -> None:
    """The example that its libraries publish."""
    told = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("headers", "settings"),
    [
        ({}, Settings()),
        ({"authorization": "Bearer a-token"}, TOKEN),
        ({"authorization": "bearer  a-token"}, BOTH),
        (signed(), SIGNED),
        (signed(), BOTH),
    ],
    ids=["nothing asked", "token", "token or signature", "signature", "signature or token"],
)
def test_a_sender_who_shows_what_is_asked_may_send(headers: Headers, settings: Settings) -> None:
    check(headers() if callable(headers) else headers, settings)


def test_one_of_several_signatures_is_enough_while_a_secret_is_replaced() -> None:
    good, other = signature(), signature(OTHER)["webhook-signature"]
    check(good | {"webhook-signature": f"{other} v1a,x {good['webhook-signature']}"}, SIGNED)


@pytest.mark.parametrize(
    ("headers", "settings", "problem", "says"),
    [
        ({}, TOKEN, Unauthorized, "a bearer token is needed"),
        ({}, SIGNED, Unauthorized, "webhook-signature"),
        ({}, BOTH, Unauthorized, "a bearer token or a signature"),
        ({"authorization": "Bearer other"}, TOKEN, Unauthorized, "not the one"),
        ({"authorization": "Bearer "}, TOKEN, Unauthorized, "not the one"),
        ({"authorization": "Bearer ü"}, TOKEN, Unauthorized, "not the one"),
        ({"authorization": "Basic a-token"}, TOKEN, Unauthorized, "needed"),
        ({"authorization": "Bearer a-token"}, SIGNED, Unauthorized, "needed"),
        (signed(), TOKEN, Unauthorized, "a bearer token is needed"),
        (signed({"authorization": "Bearer other"}), BOTH, Unauthorized, "not the one"),
        (signed(secret=OTHER), SIGNED, Unauthorized, "does not hold"),
        (signed(body=b"other"), SIGNED, Unauthorized, "does not hold"),
        (signed({"webhook-id": "msg_2"}), SIGNED, Unauthorized, "does not hold"),
        (signed({"webhook-timestamp": "1"}), SIGNED, Unauthorized, "does not hold"),
        (signed({"webhook-signature": ""}), SIGNED, Unauthorized, "is missing"),
        ({"webhook-signature": "v1,x"}, SIGNED, Unauthorized, "webhook-id, webhook-timestamp is missing"),
        (signed(age_s=400), SIGNED, Forbidden, "300 s"),
        (signed(age_s=-400), SIGNED, Forbidden, "300 s"),
    ],
)
def test_any_other_sender_may_not(headers: Headers, settings: Settings, problem: type[Problem], says: str) -> None:
    with pytest.raises(problem, match=says) as caught:
        check(headers() if callable(headers) else headers, settings)
    assert type(caught.value) is problem


def test_a_signature_may_be_as_old_as_the_setting_says() -> None:
    check(signature(age_s=400), Settings(ingest_secret=SECRET, signature_tolerance_s=3600))


def test_headers_that_are_not_signed_say_nothing() -> None:
    with pytest.raises(Forbidden, match="structured"):
        check(signature(), SIGNED, structured=False)


def test_an_origin_on_the_list_is_granted() -> None:
    settings = Settings(webhook_origins="eventgrid.azure.net, other.example")
    assert grant("eventgrid.azure.net", settings) == {
        "Allow": "POST",
        "WebHook-Allowed-Origin": "eventgrid.azure.net",
        "WebHook-Allowed-Rate": "120",
    }


@pytest.mark.parametrize("origin", ["", "evil.example", "eventgrid.azure.net.evil.example", "*"])
def test_any_other_origin_is_not(origin: str) -> None:
    with pytest.raises(Forbidden, match="WEBHOOK_ORIGINS"):
        grant(origin, Settings(webhook_origins="eventgrid.azure.net"))
    with pytest.raises(Forbidden):
        grant(origin, Settings())


@pytest.mark.parametrize("secret", ["short", "whsec_abc", "whsec_" + "ü" * 40])
def test_a_secret_that_is_none_stops_the_start_and_is_not_shown(secret: str) -> None:
    with pytest.raises(BadSetting, match="whsec_ and at least 24") as caught:
        Settings.read({"INGEST_SECRET": secret})
    assert secret not in str(caught.value)
