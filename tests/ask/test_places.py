"""How many answers a visitor may have under way in one process."""

import pytest
from starlette.requests import Request

from functions.ask.limits import Limits
from functions.shared.problem import TooMany
from functions.shared.settings import Settings


def request_from(address: str) -> Request:
    return Request({"type": "http", "headers": [], "client": (address, 1)})


async def test_as_many_answers_under_way_as_the_owner_says_and_with_0_any_number() -> None:
    limits = Limits(Settings(open_answers=2, rate_limit_per_hour=0), None)
    places = [await limits.admit(request_from("203.0.113.7")) for _ in range(2)]
    with pytest.raises(TooMany):
        await limits.admit(request_from("203.0.113.7"))
    places[0].release()
    places[0].release()  # again does nothing
    await limits.admit(request_from("203.0.113.7"))
    with pytest.raises(TooMany):
        await limits.admit(request_from("203.0.113.7"))
    endless = Limits(Settings(open_answers=0, rate_limit_per_hour=0), None)
    for _ in range(100):
        await endless.admit(request_from("203.0.113.7"))


async def test_visitors_whose_answers_have_ended_take_no_memory() -> None:
    limits = Limits(Settings(), None)
    for place in [await limits.admit(request_from(f"203.0.113.{number}")) for number in range(100)]:
        place.release()
    assert not limits._open
