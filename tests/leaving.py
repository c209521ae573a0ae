"""Callers who leave: cancelled at every turn of the event loop that a request takes, and what they leave open."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

# A request takes some fifty turns: somebody leaves at each of them, most often at the first ones.
TURNS = [turn for step in range(1, 8) for turn in range(0, 60, step)]
AT_ONCE = 8


async def leave_at_every_turn(ask: Callable[[], Coroutine[Any, Any, object]], insist: bool = False) -> None:
    """Several at a time: what one leaves behind may be what another waits for.

    `insist`: each is cancelled again while it closes what it holds open.
    """
    for at in range(0, len(TURNS), AT_ONCE):
        await asyncio.gather(*(_leave(ask, turn, insist) for turn in TURNS[at : at + AT_ONCE]))


async def _leave(ask: Callable[[], Coroutine[Any, Any, object]], turn: int, insist: bool) -> None:
    asking = asyncio.create_task(ask())
    for _ in range(turn):
        await asyncio.sleep(0)
    asking.cancel()
    if insist:
        await asyncio.sleep(0)
        asking.cancel()
    await asyncio.wait([asking])


async def until_open(port: int, most: int, timeout_s: float = 30.0) -> None:
    """Wait until this process has no more than `most` connections to a loopback port, as the kernel counts them."""
    async with asyncio.timeout(timeout_s):
        while (count := connections(port)) > most:
            print(f"{count} connections are open")
            await asyncio.sleep(0.1)


def connections(port: int, pid: int | str = "self") -> int:
    """How many of a process are open to a loopback port, those that the other side has closed among them."""
    ours = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):  # closed meanwhile
            ours.add(os.readlink(f"/proc/{pid}/fd/{name}"))
    lines = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return sum(f"socket:[{line[9]}]" in ours and line[2].endswith(f":{port:04X}") for line in lines)
