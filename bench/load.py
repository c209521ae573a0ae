"""Under load, on 1,000 passages: CPU a request, requests a second against the classic stack, latency.

    capacity   32 in flight, answers quoted: ask and the classic stack in turns, each with the machine to itself
    sweep      1, 8, 32 and 128 in flight, a language model that takes 0 and 300 ms, and that model asked directly

CPU is what ask's own process used, from /proc; Chroma, the model and the load generator are not in it.
"""

import asyncio
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.classic_stack import Classic
from bench.client import flood, good
from bench.figures import Row, latencies, ratio
from bench.llm import Llm, settings
from bench.parts import Function, Missing, Process, cpu_s, say, settle, sized
from bench.prose import bodies, by_model
from bench.warm import LLM_BODY

IN_FLIGHT = sized(32, 4)
ROUNDS = sized(3, 1)
SWEEP = (1, 8, 32, 128) if not sized(0, 1) else (1, 32)
WAITS_MS = (0, 300)


def measure(folder: Path, environment: Mapping[str, str], documents: Mapping[str, str]) -> dict[str, Any]:
    """Capacity of both, and the sweep of ask."""
    return {"in_flight": IN_FLIGHT, **capacity(folder, environment, documents), "sweep": sweep(folder, environment)}


def capacity(folder: Path, environment: Mapping[str, str], documents: Mapping[str, str]) -> dict[str, Any]:
    """Requests a second and milliseconds of CPU a request: medians of the rounds."""
    taken: dict[str, list[dict[str, float]]] = {"ask": [], "classic": []}
    with Function("ask", folder, environment) as ask:
        asyncio.run(flood(ask.url, bodies(sized(400, 12)), IN_FLIGHT))
        settle(ask.pid)
        try:
            with Classic(folder) as classic:
                classic.add(documents)
                asyncio.run(flood(classic.url, bodies(sized(64, 8)), IN_FLIGHT))
                for _ in range(ROUNDS):
                    taken["ask"].append(_round(ask, ask.url, sized(1000, 24)))
                    taken["classic"].append(_round(classic, classic.url, sized(200, 12)))
        except Missing as reason:
            say(str(reason))
            taken["ask"] = [_round(ask, ask.url, sized(1000, 24)) for _ in range(ROUNDS)]
    return {
        name: {column: round(statistics.median(one[column] for one in rounds), 3) for column in rounds[0]}
        for name, rounds in taken.items()
        if rounds
    }


def _round(process: Process, url: str, count: int) -> dict[str, float]:
    before = cpu_s(process.pid)
    replies, seconds = asyncio.run(flood(url, bodies(count), IN_FLIGHT))
    used = cpu_s(process.pid) - before
    good(replies)
    return {"per_s": count / seconds, "cpu_ms": used * 1000 / count, **latencies([one.seconds for one in replies])}


def sweep(folder: Path, environment: Mapping[str, str]) -> list[dict[str, float]]:
    """One line for each wait and number in flight."""
    lines: list[dict[str, float]] = []
    for wait_ms in WAITS_MS:
        with Llm(folder, wait_ms) as llm, Function("ask", folder, {**environment, **settings(llm.url)}) as ask:
            asyncio.run(flood(ask.url, bodies(sized(400, 12)), 8))
            settle(ask.pid)
            lines += [_line(ask, llm, wait_ms, in_flight) for in_flight in SWEEP]
    return lines


def _line(ask: Function, llm: Llm, wait_ms: int, in_flight: int) -> dict[str, float]:
    """About four seconds of load, and the model's own time at the same number in flight."""
    count = sized(min(1000, max(24, in_flight * (12 if wait_ms else 60))), in_flight)
    own, _ = asyncio.run(flood(f"{llm.url}/v1/chat/completions", [LLM_BODY] * max(in_flight, count // 4), in_flight))
    before = cpu_s(ask.pid)
    replies, seconds = asyncio.run(flood(ask.url, bodies(count), in_flight))
    written = by_model(replies)
    return {
        "llm_ms": wait_ms,
        "in_flight": in_flight,
        "per_s": round(count / seconds, 1),
        **latencies([one.seconds for one in written]),
        "own_p50_ms": latencies([one.seconds for one in own])["p50_ms"],
        "cpu_ms": round((cpu_s(ask.pid) - before) * 1000 / count, 2),
        "written": round(len(written) / count, 3),
    }


def rows(found: dict[str, Any]) -> list[Row]:
    """The figures of the table."""
    ask, classic = found["ask"], found.get("classic")
    name = f"{found['in_flight']} in flight"
    faster = ratio(ask["per_s"], classic["per_s"]) if classic else None
    told = f"{ask['per_s']:.0f} and {classic['per_s']:.0f} a second" if classic else "make classic"
    slow = next(line for line in found["sweep"] if line["llm_ms"] and line["in_flight"] == 32)
    above = ratio(slow["p50_ms"], slow["own_p50_ms"])
    return [
        Row(f"{name}: CPU a request", ask["cpu_ms"], "ms", 5, 4, told=f"{ask['per_s']:.0f} a second"),
        Row(f"{name}: requests a second / classic", faster, "×", 5, 6, at_least=True, told=told),
        Row(
            f"LLM at {slow['llm_ms']} ms, 32 in flight: median answer / the LLM's own",
            above,
            "×",
            1.15,
            1.1,
            told=f"{slow['p50_ms']:.0f} and {slow['own_p50_ms']:.0f} ms",
        ),
    ]
