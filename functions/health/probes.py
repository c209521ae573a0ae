"""One check a part: is it there, and how fast does it answer? No tokens are spent and no model is woken."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from functions.shared.chroma import Chroma
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings

Status = Literal["pass", "warn", "fail"]
# A health endpoint that hangs is no health endpoint.
TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """The state of one part. `output` says what is wrong and what follows from it; empty when nothing is."""

    part: str
    status: Status
    output: str = ""
    milliseconds: float = 0.0


Probe = Callable[[Settings], Awaitable[Check]]


async def probe(settings: Settings) -> list[Check]:
    """All parts at once; takes as long as the slowest, at most two seconds."""
    probes: list[Probe] = [_corpus]
    if settings.llm_strategy != "ollama-only" and settings.featherless_api_key:
        probes.append(_hosted)
    if settings.llm_strategy != "featherless-only" and settings.ollama_host:
        probes.append(_local)
    return [check for checks in await asyncio.gather(*(_timed(one, settings) for one in probes)) for check in checks]


async def _timed(one: Probe, settings: Settings) -> list[Check]:
    started = time.perf_counter()
    check = await one(settings)
    return [Check(check.part, check.status, check.output, round((time.perf_counter() - started) * 1000, 1))]


async def _corpus(settings: Settings) -> Check:
    """Chroma, and whether there is a corpus in it."""
    chroma = Chroma(settings)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            found = await chroma.collection(settings.chroma_collection)
            if found is None or not await chroma.count(found["id"]):
                return Check("corpus", "warn", "Nothing is ingested yet: visitors get the contact card.")
    except (StoreUnreachable, TimeoutError):
        return Check("corpus", "fail", "Chroma does not answer: ask goes on from memory only, ingest refuses.")
    finally:
        await chroma.close()
    return Check("corpus", "pass")


async def _hosted(settings: Settings) -> Check:
    """Listing models costs nothing and loads none."""
    headers = {"Authorization": f"Bearer {settings.featherless_api_key}"}
    status, _ = await _get(f"{settings.hosted_base_url.rstrip('/')}/models", headers)
    if status in (401, 403):
        return Check("hosted", "warn", f"The hosted model refuses our key ({status}): a lower rung answers.")
    if status >= 400:
        return Check("hosted", "warn", f"The hosted model answers {status}: a lower rung answers.")
    return Check("hosted", "pass") if status else Check("hosted", "warn", "The hosted model is unreachable.")


async def _local(settings: Settings) -> Check:
    """Ollama lists its models without loading one."""
    status, body = await _get(f"{settings.ollama_host.rstrip('/')}/api/tags", {})
    if status != 200:
        return Check("local", "warn", "Ollama does not answer: there is no fallback model.")
    names = {str(model.get("name", "")).removesuffix(":latest") for model in body.get("models", [])}
    if settings.ollama_model.removesuffix(":latest") not in names:
        return Check("local", "warn", f"Ollama has not pulled {settings.ollama_model}: there is no fallback model.")
    return Check("local", "pass")


async def _get(url: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """(status, JSON body), or (0, {}) when nothing answers in time."""
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as http:
            response = await http.get(url, headers=headers)
        body = response.json() if response.is_success else {}
        return response.status_code, body if isinstance(body, dict) else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return 0, {}
