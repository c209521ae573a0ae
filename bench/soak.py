"""Minutes of mixed load on a real ask while its models and Chroma fail and recover: does anything fail or grow?

    python -m bench.soak [--minutes 10] [--visitors 8]

Visitors ask as JSON, as streams and in the contracts of others, search, send nonsense and leave in mid-answer, without
a pause. Every three seconds another fault of tests/faults/table.py is switched on, on one model or both, or off again;
now and then Chroma is killed and comes back. Limits are scaled down to fit. The run passes when every reply was an
answer or a polite refusal, the memory of the last third is within 5 % of the middle third's, no more descriptors
are open than there were, on average and at most, and no connection to a model is open when all have left. The last
line is one JSON document.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.visits import QUESTIONS, VISITS
from tests.conftest import MODEL, feed
from tests.fake_llms import KEY
from tests.faults.table import FAULTS
from tests.faults.wire import Wire, answer
from tests.leaving import connections
from tests.processes import Chroma, Function

FAULT_S, CHROMA_EVERY_S, CHROMA_AWAY_S = 3.0, 45.0, 5.0
# Longer than an answer may take whose visitor has just left.
SETTLE_S = 10.0
SETTINGS = {
    "FIRST_TOKEN_S": "2",
    "STALL_S": "0.5",
    "TOTAL_S": "4",
    "BREAKER_COOLDOWN_S": "1",
    "CHROMA_TIMEOUT_S": "2",
    "ANSWER_CACHE": "off",
    "RATE_LIMIT_PER_HOUR": "0",
    "OPEN_ANSWERS": "0",
    "LOG_LEVEL": "ERROR",
}


@dataclass
class Tally:
    """What came of the load, and what the process looked like each second."""

    replies: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    faults: int = 0
    rss_mb: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    left_open: int = 0  # connections to the models, in the end


@dataclass
class World:
    """The parts, and when to stop."""

    ask: Function
    chroma: Chroma
    wires: list[Wire]
    until: float
    tally: Tally = field(default_factory=Tally)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.until


async def visitor(world: World, number: int) -> None:
    """One visitor after the other, from the same chair."""
    chance = random.Random(number)
    async with httpx.AsyncClient(base_url=world.ask.url, timeout=60) as http:
        while not world.over:
            kind = chance.choice(["json", "json", "sse", "sse", *VISITS])
            try:
                await asyncio.wait_for(VISITS[kind](http, chance.choice(QUESTIONS)), 60)
                world.tally.replies[kind] += 1
            except Exception as cause:
                world.tally.failures.append(f"{kind}: {type(cause).__name__}: {cause}")


async def faults(world: World) -> None:
    """Another fault every few seconds, on either model or both; as often none."""
    chance = random.Random(7)
    down: set[int] = set()
    while not world.over:
        for number, wire in enumerate(world.wires):
            if number in down:
                await asyncio.to_thread(wire.up)
                down.discard(number)
            fault = chance.choice(FAULTS) if chance.random() < 0.5 else None
            wire.behaviour = (fault and fault.does) or answer
            if fault:
                world.tally.faults += 1
                if fault.does is None:
                    await asyncio.to_thread(wire.down)
                    down.add(number)
        await asyncio.sleep(FAULT_S)


async def chroma_dies(world: World) -> None:
    for turn in itertools.count():
        await asyncio.sleep(min(CHROMA_EVERY_S, max(0.0, world.until - time.monotonic())))
        if world.over:
            return
        await asyncio.to_thread(world.chroma.kill if turn % 2 else world.chroma.stop)
        world.tally.faults += 1
        await asyncio.sleep(CHROMA_AWAY_S)
        await asyncio.to_thread(world.chroma.start)


async def watch(world: World) -> None:
    """The process, once a second."""
    while not world.over:
        world.tally.rss_mb.append(_rss_mb(world.ask.pid))
        world.tally.descriptors.append(len(os.listdir(f"/proc/{world.ask.pid}/fd")))
        await asyncio.sleep(1)


async def settle(world: World) -> None:
    """The models' servers close every connection after one reply: what is open once nobody asks is lost."""
    until = time.monotonic() + SETTLE_S
    while time.monotonic() < until:
        world.tally.left_open = sum(connections(wire.port, world.ask.pid) for wire in world.wires)
        if not world.tally.left_open:
            return
        await asyncio.sleep(0.2)


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024


def report(tally: Tally, minutes: float, visitors: int) -> bool:
    """Print it; whether the run passed."""
    third = len(tally.rss_mb) // 3
    middle, last = tally.rss_mb[third : 2 * third], tally.rss_mb[2 * third :]
    growth = statistics.mean(last) / statistics.mean(middle) - 1
    opened = tally.descriptors[third : 2 * third], tally.descriptors[2 * third :]
    most, usual = [max(part) for part in opened], [round(statistics.mean(part), 1) for part in opened]
    total = sum(tally.replies.values()) + len(tally.failures)
    figures = {
        "minutes": minutes,
        "visitors": visitors,
        "replies": total,
        "by_kind": dict(tally.replies),
        "failed": len(tally.failures),
        "faults_switched_on": tally.faults,
        "rss_mb_thirds": [round(statistics.mean(part), 1) for part in (tally.rss_mb[:third], middle, last)],
        "rss_growth": round(growth, 4),
        "descriptors_mean_middle_last": usual,
        "descriptors_most_middle_last": most,
        "connections_left_open": tally.left_open,
        "cores": os.cpu_count(),
    }
    for name, value in figures.items():
        print(f"{name:30} {value}")
    for failure in tally.failures[:20]:
        print(f"  {failure[:200]}")
    # Each visitor has a connection, and each answer up to two behind it: the most open at once varies by that.
    flat = most[1] <= most[0] + 2 * visitors and usual[1] <= usual[0] + visitors
    passed = not tally.failures and growth <= 0.05 and flat and not tally.left_open
    print("passed" if passed else "FAILED")
    print(json.dumps(figures | {"passed": passed}))
    return passed


async def run(world: World, visitors: int) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(visitors):
            group.create_task(visitor(world, number))
        for work in (faults, chroma_dies, watch):
            group.create_task(work(world))
    await settle(world)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--visitors", type=int, default=8)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, chroma = Path(name), Chroma(Path(name))
        chroma.start()
        stack.callback(chroma.stop)
        wires = [stack.enter_context(Wire(side).running()) for side in ("hosted", "local")]
        environment = {"CHROMA_URL": chroma.url, "MODEL_DIR": str(MODEL), **SETTINGS}
        with Function("ingest", folder, environment) as ingest:
            feed(ingest.url)
        environment |= {
            "FEATHERLESS_API_KEY": KEY,
            "HOSTED_BASE_URL": f"{wires[0].url}/v1",
            "OLLAMA_HOST": wires[1].url,
        }
        with Function("ask", folder, environment) as ask:
            world = World(ask, chroma, wires, time.monotonic() + given.minutes * 60)
            asyncio.run(run(world, given.visitors))
            alive = ask.returncode is None
        passed = report(world.tally, given.minutes, given.visitors)
    sys.exit(0 if passed and alive else 1)


if __name__ == "__main__":
    main()
