"""How many answers a visitor may have under way in one process."""

import pytest
from starlette.requests import Request

from functions.ask.limits import Limits
from functions.shared.problem import TooMany
from functions.shared.redis import Redis
from functions.shared.settings import Settings
from tests.processes import RedisServer


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


async def test_with_0_questions_an_hour_any_number_is_taken_in_redis_too(redis: RedisServer) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))
    limits = Limits(Settings(rate_limit_per_hour=0, open_answers=0), client)
    for _ in range(40):
        await limits.admit(request_from("203.0.113.7"))
        await limits.admit_verdict(request_from("203.0.113.7"))
    await client.close()


async def test_pods_of_one_installation_know_a_visitor_by_one_name_and_others_by_another(redis: RedisServer) -> None:
    async def names(**settings: str) -> set[str]:
        client = Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))
        await Limits(Settings(**settings), client).admit(request_from("203.0.113.7"))  # type: ignore[arg-type]
        await client.close()
        return set(redis.command("KEYS", "*").split())

    one = await names(featherless_api_key="a")
    assert await names(featherless_api_key="a") == one
    assert len(await names(featherless_api_key="b")) == len(one) + 1
    assert len(await names()) == len(one) + 2
    assert len(await names(redis_url="redis://:secret@redis:6379/0")) == len(one) + 3
