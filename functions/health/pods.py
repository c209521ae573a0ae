"""What only ask and ingest see: that a model refuses our requests as wrong, or that Chroma takes no document.

Read from their metrics ports, which wakes no pod and counts as no request (Knative routes only the function's own
port). Pods that are not there have nothing to tell. Of several, every address behind the name is read.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator

import httpx

from functions.health.checks import TIMEOUT_S, Check
from functions.shared.settings import Settings

# A page of metrics is some 30 KB.
MAX_BYTES = 1_000_000
OPEN = 2.0


Sample = tuple[str, dict[str, str], float]


async def ask(settings: Settings) -> Check:
    """How the models do; `pass` when no pod of ask is up."""
    refused: Counter[str] = Counter()
    given_up: set[str] = set()
    for name, labels, value in await _samples(settings.ask_metrics_url):
        if name == "portfolio_ask_failovers_total" and labels.get("cause") == "bad_request":
            refused[labels.get("from", "")] += int(value)
        if name == "portfolio_provider_breaker_state" and value == OPEN:
            given_up.add(labels.get("provider", ""))
    told = [
        f"The {model} model refused {count} of our requests as wrong since ask started: see its log."
        for model, count in sorted(refused.items())
        if count
    ]
    told += [f"The {model} model failed too often and is left alone for a while." for model in sorted(given_up)]
    return Check("ask", "warn" if told else "pass", " ".join(told))


async def ingest(settings: Settings) -> Check:
    """Whether the last document could be written; `pass` when no pod of ingest is up."""
    samples = await _samples(settings.ingest_metrics_url)
    if any(name == "portfolio_ingest_blocked" and value for name, _, value in samples):
        return Check("ingest", "warn", "Chroma did not take the last document: it is away, or its disk is full.")
    return Check("ingest", "pass")


async def _samples(metrics_url: str) -> list[Sample]:
    """The samples of every pod behind the address."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            url = httpx.URL(metrics_url)
            pages = await asyncio.gather(*[_page(url, address) for address in await _addresses(url)])
    except (TimeoutError, httpx.InvalidURL):
        return []
    return [sample for page in pages for sample in _read(page)]


async def _addresses(url: httpx.URL) -> list[str]:
    """Every address behind the name; none where it does not resolve, as with no pod."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, None)
    except OSError:
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def _page(url: httpx.URL, address: str) -> str:
    text = b""
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, verify=False) as http,  # noqa: S501  no secret goes there
            http.stream("GET", url.copy_with(host=address), headers={"Host": url.netloc.decode()}) as response,
        ):
            async for part in response.aiter_bytes():
                text += part
                if len(text) > MAX_BYTES:
                    return ""
    except httpx.HTTPError:
        return ""
    return text.decode("utf-8", "replace")


def _read(page: str) -> Iterator[Sample]:
    from prometheus_client.parser import text_string_to_metric_families

    try:
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                yield sample.name, sample.labels, sample.value
    except (ValueError, KeyError, IndexError):  # something else answers there: it has nothing to tell
        return
