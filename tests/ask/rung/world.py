"""One rung over real sockets: how it is climbed, and what its server does."""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from functions.ask.breaker import State
from functions.ask.ladder import Compose, Ladder, Step, Written
from functions.ask.providers import Message
from functions.shared.settings import Settings
from tests.ask.test_ladder import EVIDENCE
from tests.faults.table import refuse
from tests.faults.wire import Talk, Wire, answer

MESSAGES: list[Message] = [{"role": "user", "content": "Where does Vivek work? " * 20}]


@dataclass
class World:
    """A model server and the settings that lead to it alone; its breaker opens at once."""

    wire: Wire
    settings: Settings


async def climb(ladder: Ladder, compose: Compose = lambda provider: MESSAGES, spent_s: float = 0.0) -> list[Step]:
    return [step async for step in ladder.climb(EVIDENCE, compose, spent_s=spent_s)]


async def written(ladder: Ladder, compose: Compose = lambda provider: MESSAGES, spent_s: float = 0.0) -> Written:
    last = (await climb(ladder, compose, spent_s))[-1]
    assert isinstance(last, Written)
    return last


async def half_open(world: World, climbing: Callable[[Settings], Ladder]) -> Ladder:
    world.wire.behaviour = refuse(500)
    ladder = climbing(replace(world.settings, breaker_cooldown_s=0.01))
    await written(ladder)
    await until(lambda: ladder.rungs[0].breaker.state is State.HALF_OPEN)
    return ladder


async def until(happens: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happens():
            await asyncio.sleep(0.005)


class Gate:
    """A model that answers when it is told to; knows how many wait inside at most."""

    def __init__(self) -> None:
        self.open, self.inside, self.most = False, 0, 0

    async def does(self, talk: Talk) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        while not self.open:
            await asyncio.sleep(0.005)
        self.inside -= 1
        await answer(talk)


async def reset(talk: Talk) -> None:
    """As the kernel does it for a process that died: with a reset, where closing alone would be an end in order."""
    talk.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.cut()
