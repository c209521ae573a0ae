"""The fallback model is loaded behind the scenes, once, and only where its owner wants it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from functions.ask.ladder import Ladder
from functions.ask.providers import open_providers
from functions.shared.settings import Settings
from tests.faults.wire import Talk, Wire


class Ollama:
    """Takes its time to load; counts."""

    def __init__(self) -> None:
        self.asked, self.left, self.loaded = 0, 0, asyncio.Event()
        self.status = 200

    async def does(self, talk: Talk) -> None:
        self.asked += 1
        try:
            while not self.loaded.is_set():
                await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            self.left += 1
            raise
        await talk.refuse(self.status, '{"model": "tinyllama", "response": "", "done": true}')


@pytest.fixture
def ollama() -> Iterator[tuple[Ollama, str]]:
    server = Ollama()
    with Wire("local", server.does).running() as wire:
        yield server, wire.url


@asynccontextmanager
async def opened(url: str, **more: str) -> AsyncIterator[Ladder]:
    settings = Settings(ollama_host=url, **more)  # type: ignore[arg-type]
    ladder = Ladder(open_providers(settings), settings)
    yield ladder
    await ladder.close()


async def until(happens: object) -> None:
    async with asyncio.timeout(20):
        while not happens():  # type: ignore[operator]
            await asyncio.sleep(0.005)


async def test_a_model_is_loaded_once_however_many_wait_and_again_when_it_may_have_gone(
    ollama: tuple[Ollama, str],
) -> None:
    server, url = ollama
    async with opened(url, ollama_warm="true") as ladder:
        for _ in range(3):
            ladder.load()
            await asyncio.sleep(0)
        await until(lambda: server.asked == 1)
        ladder.load()
        server.loaded.set()
        await until(lambda: ladder._loading is None)
        assert server.asked == 1
        ladder.load()
        await until(lambda: server.asked == 2)


async def test_nothing_is_loaded_by_default_or_without_a_fallback_model(ollama: tuple[Ollama, str]) -> None:
    server, url = ollama
    for settings in ({}, {"ollama_warm": "true", "llm_strategy": "featherless-only"}):
        async with opened(url, **settings) as ladder:
            ladder.load()
            assert ladder._loading is None
    assert server.asked == 0


async def test_a_model_that_is_still_loading_at_the_end_is_not_waited_for(ollama: tuple[Ollama, str]) -> None:
    server, url = ollama
    async with opened(url, ollama_warm="true") as ladder:
        ladder.load()
        await until(lambda: server.asked == 1)
    await until(lambda: server.left == 1)


async def test_a_model_that_cannot_be_loaded_is_a_line_in_the_log(
    ollama: tuple[Ollama, str], caplog: pytest.LogCaptureFixture
) -> None:
    server, url = ollama
    server.loaded.set()
    server.status = 500
    async with opened(url, ollama_warm="true") as ladder:
        ladder.load()
        await until(lambda: ladder._loading is None)
    (told,) = [record for record in caplog.records if record.name == "functions.ask.ladder"]
    assert (told.levelno, told.getMessage()) == (logging.WARNING, "the fallback model was not loaded")
