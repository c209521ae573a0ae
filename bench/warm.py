"""Warm latency on 1,000 passages, one question in flight: what a visitor waits for besides the language model.

    before   from sending a question until the language model has the request: HTTP, embedding, retrieval, re-ranking,
             evidence, prompt and the way to the model; with the token matrices of the questions in memory, and with
             MATRIX_CACHE_MB=1, less than one question's 50 candidates take, so that each fetches its own from Chroma
    token    the first token of the stream, above what the model itself takes for its own, asked directly in turns
    quoted   the whole answer without a language model

Questions are the articles' own (tests/quality), each once before it is timed.
"""

import asyncio
import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.client import Connection, Reply, good
from bench.figures import Row, latencies, percentile
from bench.llm import Llm, settings
from bench.parts import Function, exchange, settle, sized
from bench.prose import bodies

QUESTIONS = sized(300, 12)
STREAMS = sized(60, 5)
WAIT_MS = 300
LLM_BODY = {
    "model": "bench",
    "stream": True,
    "messages": [{"role": "user", "content": "\n[1] A:\nB c.\n\nQuestion: d"}],
}
ACCEPT = "Accept: text/event-stream\r\n"


def measure(folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """p50 and p95 in milliseconds of each."""
    with Llm(folder, 0) as instant, Llm(folder, WAIT_MS) as slow:
        quick = {**environment, **settings(instant.url)}
        with (
            Function("ask", folder, quick) as full,
            Function("ask", folder, {**quick, "MATRIX_CACHE_MB": "1"}) as empty,
            Function("ask", folder, {**environment, **settings(slow.url)}) as patient,
            Function("ask", folder, environment) as quoting,
        ):
            for ask in (full, empty, patient, quoting):
                asyncio.run(answered(ask.url, QUESTIONS))
                settle(ask.pid)
            return {
                "questions": QUESTIONS,
                "before, matrices cached": latencies(asyncio.run(before(full.url, instant.url))),
                "before, no matrix cached": latencies(asyncio.run(before(empty.url, instant.url))),
                "quoted": latencies([reply.seconds for reply in asyncio.run(answered(quoting.url, QUESTIONS))]),
                **asyncio.run(first_token(patient.url, slow.url)),
            }


async def answered(url: str, count: int) -> list[Reply]:
    """One after the other."""
    connection = Connection(url)
    replies = [await connection.post(body) for body in bodies(count)]
    connection.close()
    good(replies)
    return replies


async def before(url: str, llm_url: str) -> list[float]:
    """Seconds from sending until the model has it, of every question that the model is asked."""
    connection = Connection(url)
    taken: list[float] = []
    exchange(llm_url, path="/arrivals")
    for body in bodies(QUESTIONS):
        reply = await connection.post(body)
        good([reply])
        # Outside of what is timed: nothing is in flight while this is asked.
        if arrivals := json.loads(exchange(llm_url, path="/arrivals")[1]):
            taken.append(arrivals[0] - reply.sent)
    connection.close()
    return taken


async def first_token(url: str, llm_url: str) -> dict[str, Any]:
    """The first token through ask and from the model itself, in turns; medians in milliseconds."""
    through, direct = Connection(url), Connection(f"{llm_url}/v1/chat/completions")
    ours: list[float] = []
    own: list[float] = []
    for body in bodies(STREAMS, stream=True):
        own.append((await direct.post(LLM_BODY, b'"content"')).first_s)
        reply = await through.post(body, b"event: token", ACCEPT)
        if b'"provider":"hosted"' in reply.body:
            ours.append(reply.first_s)
    through.close()
    direct.close()
    above = [one - statistics.median(own) for one in ours]
    return {
        "first token above the model's": {
            "median_ms": round(statistics.median(above) * 1000, 2),
            "p95_ms": round(percentile(above, 0.95) * 1000, 2),
            "own_ms": round(statistics.median(own) * 1000, 2),
            "streams": len(ours),
        }
    }


def rows(found: dict[str, Any]) -> list[Row]:
    """The figures of the table."""
    cached, empty = found["before, matrices cached"], found["before, no matrix cached"]
    quoted, token = found["quoted"], found["first token above the model's"]
    return [
        Row("before the LLM, matrices cached, p50", cached["p50_ms"], "ms", 12, 8),
        Row("the same, p95", cached["p95_ms"], "ms", 20, 12),
        Row("before the LLM, no matrix cached, p95", empty["p95_ms"], "ms", 50, 30, told=f"p50 {empty['p50_ms']} ms"),
        Row("a quoted answer, whole, p50", quoted["p50_ms"], "ms", told=f"p95 {quoted['p95_ms']} ms"),
        Row(
            "first token of a stream above the LLM's own",
            token["median_ms"],
            "ms",
            10,
            8,
            told=f"LLM {token['own_ms']:.0f} ms, p95 {token['p95_ms']} ms above it",
        ),
    ]
