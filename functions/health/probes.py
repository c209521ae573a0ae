"""One check a part: is it there, and how fast does it answer? No tokens are spent and no model is woken."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx

from functions.health.checks import TIMEOUT_S, Check
from functions.health.pods import ask, ingest
from functions.shared.chroma import Chroma
from functions.shared.problem import StoreUnreachable
from functions.shared.redis import Lost, Redis
from functions.shared.settings import BadSetting, Settings

Probe = Callable[[Settings], Awaitable[Check]]


async def probe(settings: Settings) -> list[Check]:
    """All parts at once; takes as long as the slowest, at most two seconds."""
    probes: list[Probe] = [_corpus]
    if settings.llm_strategy != "ollama-only" and settings.featherless_api_key:
        probes.append(_hosted)
    if settings.llm_strategy != "featherless-only" and settings.ollama_host:
        probes.append(_local)
    if settings.redis_url:
        probes.append(_cache)
    if settings.ask_metrics_url:
        probes.append(ask)
    if settings.ingest_metrics_url:
        probes.append(ingest)
    return [check for checks in await asyncio.gather(*(_timed(one, settings) for one in probes)) for check in checks]


async def _timed(one: Probe, settings: Settings) -> list[Check]:
    started = time.perf_counter()
    check = await one(settings)
    return [Check(check.part, check.status, check.output, round((time.perf_counter() - started) * 1000, 1))]


async def _corpus(settings: Settings) -> Check:
    """Chroma, and whether there is a corpus in it."""
    try:
        chroma = Chroma(settings)
    except httpx.InvalidURL:
        return Check("corpus", "fail", f"CHROMA_URL={settings.chroma_url!r} is no address.")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            found = await chroma.collection(settings.chroma_collection)
            if found is None or not await chroma.count(found["id"]):
                return Check("corpus", "warn", "Nothing is ingested yet: visitors get the contact card.")
    except (StoreUnreachable, TimeoutError) as cause:
        answers = isinstance(cause, StoreUnreachable) and "not Chroma" in cause.detail
        what = "What answers at CHROMA_URL is not Chroma" if answers else "Chroma does not answer"
        return Check("corpus", "fail", f"{what}: ask goes on from memory only, ingest refuses.")
    finally:
        await chroma.close()
    return Check("corpus", "pass")


async def _hosted(settings: Settings) -> Check:
    """Listing models costs nothing and loads none. The list itself may be megabytes, and stays where it is."""
    headers = {"Authorization": f"Bearer {settings.featherless_api_key}"}
    status, _ = await _get(f"{settings.hosted_base_url.rstrip('/')}/models", headers, read=False)
    if not status:
        return Check("hosted", "warn", "The hosted model is unreachable: a lower rung answers.")
    if status in (401, 403):
        return Check("hosted", "warn", f"The hosted model refuses our key ({status}): a lower rung answers.")
    if status != 200:
        return Check("hosted", "warn", f"The hosted model answers {status}: a lower rung answers.")
    return Check("hosted", "pass")


async def _local(settings: Settings) -> Check:
    """Ollama lists its models without loading one."""
    status, body = await _get(f"{settings.ollama_url}/api/tags", {})
    if status != 200:
        return Check("local", "warn", "Ollama does not answer: there is no fallback model.")
    if settings.ollama_model.removesuffix(":latest") not in _names(body):
        return Check("local", "warn", f"Ollama has not pulled {settings.ollama_model}: there is no fallback model.")
    return Check("local", "pass")


async def _cache(settings: Settings) -> Check:
    """Redis, and what follows where it is away."""
    lost = "nothing is kept for the next who asks, and each pod counts its own visitors"
    if settings.llm_calls_per_day or settings.llm_tokens_per_day:
        lost += "; no language model is asked, because nobody can say what is left of the day's budget"
    try:
        redis = Redis(replace(settings, redis_timeout_s=TIMEOUT_S))
    except BadSetting as problem:
        return Check("cache", "warn", str(problem))
    try:
        await redis.command("PING")
    except Lost:
        return Check("cache", "warn", f"Redis does not answer: {lost}.")
    finally:
        await redis.close()
    return Check("cache", "pass")


def _names(body: object) -> set[str]:
    """The models of Ollama's list; none where it is no such list."""
    models = body.get("models") if isinstance(body, dict) else None
    given = [model.get("name") for model in models or [] if isinstance(model, dict)]
    return {str(name).removesuffix(":latest") for name in given}


async def _get(url: str, headers: dict[str, str], read: bool = True) -> tuple[int, object]:
    """(status, JSON body if it is read), or (0, None) when nothing answers in time."""
    try:
        # httpx bounds each read and not the whole
        async with (
            asyncio.timeout(TIMEOUT_S),
            httpx.AsyncClient(timeout=TIMEOUT_S) as http,
            http.stream("GET", url, headers=headers) as response,
        ):
            if not (read and response.is_success):
                return response.status_code, None
            return response.status_code, json.loads(await response.aread())
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError):
        return 0, None
