"""One model server of either kind, and ladders that lead to it alone."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from functions.ask.ladder import Ladder
from functions.ask.providers import open_providers
from functions.shared.settings import Settings
from tests.ask.rung.world import World
from tests.fake_llms import KEY
from tests.faults.wire import Wire


@pytest.fixture
def hosted() -> Iterator[World]:
    with Wire("hosted").running() as wire:
        yield World(wire, Settings(featherless_api_key=KEY, hosted_base_url=wire.url, breaker_failures=1))


@pytest.fixture
def local() -> Iterator[World]:
    with Wire("local").running() as wire:
        yield World(wire, Settings(ollama_host=wire.url, breaker_failures=1))


@pytest.fixture(params=["hosted", "local"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def climbing() -> AsyncIterator[Callable[[Settings], Ladder]]:
    opened: list[Ladder] = []

    def open_ladder(settings: Settings) -> Ladder:
        opened.append(Ladder(open_providers(settings), settings))
        return opened[-1]

    yield open_ladder
    for ladder in opened:
        await ladder.close()
