"""Every metric's name, help and labels in one place; each function opens its own set.

Label sets are created at 0, so that the first increment is already visible to `rate()`.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

OUTCOMES = ("answered", "refused", "invalid", "limited", "failed")
PROVIDERS = ("hosted", "local", "extractive", "contact")
CONTRACTS = ("json", "sse", "openai", "ui", "mcp")
LLM_PROVIDERS = ("hosted", "local")
# "open": skipped by its breaker; the others are the causes of functions/ask/providers/__init__.py
FAILOVER_CAUSES = tuple(
    "connect auth timeout limited cold server malformed stall cut bad_request budget busy window unsafe open".split()
)
# "joined": read along while the answer was written for another; "bypass": with a history, or with the cache off
CACHE_RESULTS = ("hit", "miss", "joined", "bypass")
STAGES = ("embed", "retrieve", "rerank", "evidence", "prompt")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class AskMetrics:
    """What ask counts and times."""

    requests: Counter
    first_token: Histogram
    total: Histogram
    stage: Histogram
    failovers: Counter
    breaker_state: Gauge
    in_flight: Gauge
    tokens: Counter
    unanswered: Counter
    citations: Counter
    cache: Counter
    feedback: Counter


@dataclass(frozen=True, slots=True)
class IngestMetrics:
    """What ingest counts and times."""

    events: Counter
    chunks: Counter
    redactions: Counter
    event_to_searchable: Histogram
    blocked: Gauge


@dataclass(frozen=True, slots=True)
class CorpusMetrics:
    """The corpus in use, wherever it is used."""

    chunks: Gauge
    documents: Gauge
    version: Gauge
    stale: Gauge


@cache
def ask() -> AskMetrics:
    """The set of ask, registered on first use."""
    made = AskMetrics(
        requests=_counter("ask_requests_total", "Questions by outcome", "outcome", "provider", "contract"),
        first_token=_histogram("ask_first_token_seconds", "Question to first token", "provider"),
        total=_histogram("ask_total_seconds", "Question to last token", "provider"),
        stage=_histogram("ask_stage_seconds", "One step before the ladder", "stage"),
        failovers=_counter("ask_failovers_total", "Steps down the ladder", "from", "cause"),
        breaker_state=_gauge("provider_breaker_state", "0 closed, 1 half-open, 2 open", "provider"),
        in_flight=_gauge("provider_in_flight", "Requests under way", "provider"),
        tokens=_counter("provider_tokens_total", "Tokens as the provider counts them", "provider", "direction"),
        unanswered=_counter("ask_unanswered_total", "Questions the documents do not answer", "language", "reason"),
        citations=_counter("ask_citations_total", "Citation markers of the models", "result"),
        cache=_counter("ask_cache_total", "Questions by what the answer cache did", "result"),
        feedback=_counter("ask_feedback_total", "What visitors thought of answers", "verdict"),
    )
    for outcome, contract in ((o, c) for o in OUTCOMES for c in CONTRACTS):
        for provider in PROVIDERS if outcome in ("answered", "refused") else ("extractive",):
            made.requests.labels(outcome, provider, contract)
    for provider in PROVIDERS:
        made.first_token.labels(provider)
        made.total.labels(provider)
    for provider in LLM_PROVIDERS:
        made.breaker_state.labels(provider)
        made.in_flight.labels(provider)
        made.tokens.labels(provider, "prompt")
        made.tokens.labels(provider, "completion")
        for cause in FAILOVER_CAUSES:
            made.failovers.labels(provider, cause)
    for stage in STAGES:
        made.stage.labels(stage)
    for result in ("kept", "dropped"):
        made.citations.labels(result)
    for result in CACHE_RESULTS:
        made.cache.labels(result)
    for language, reason in product(("en", "de", "und"), ("no evidence", "declined")):
        made.unanswered.labels(language, reason)
    for verdict in ("up", "down"):
        made.feedback.labels(verdict)
    return made


@cache
def ingest() -> IngestMetrics:
    """The set of ingest, registered on first use."""
    made = IngestMetrics(
        events=_counter("ingest_events_total", "Events by type and outcome", "type", "outcome"),
        chunks=_counter("ingest_chunks_total", "Passages by what was done with them", "action"),
        redactions=_counter("ingest_redactions_total", "Personal data cut out before indexing", "kind"),
        event_to_searchable=_histogram("ingest_event_to_searchable_seconds", "Event accepted to answerable"),
        blocked=_gauge("ingest_blocked", "1 while the last document could not be written"),
    )
    for kind in ("published", "withdrawn"):
        for outcome in ("indexed", "unchanged", "removed", "stale", "refused", "later"):
            made.events.labels(kind, outcome)
    made.events.labels("unknown", "refused")
    for outcome in ("reconciled", "refused", "later"):
        made.events.labels("reconcile", outcome)
    for action in ("embedded", "reused", "retired"):
        made.chunks.labels(action)
    for kind in ("phone", "email", "address", "birthday", "account", "paper", "status"):
        made.redactions.labels(kind)
    return made


@cache
def corpus() -> CorpusMetrics:
    """The set of whoever holds the corpus, registered on first use."""
    return CorpusMetrics(
        chunks=_gauge("corpus_chunks", "Passages"),
        documents=_gauge("corpus_documents", "Documents"),
        version=_gauge("corpus_version_info", "1 for the corpus version in use", "version"),
        stale=_gauge("corpus_stale", "1 while Chroma does not answer and memory does"),
    )


@cache
def dead_letters() -> Counter:
    """Events the Broker gave up on, by the status that ended it: 400, 503, …, or "none" without a reply."""
    made = _counter("dead_letters_total", "Events the Broker gave up on", "code")
    for code in ("none", "400", "422", "503"):
        made.labels(code)
    return made


@cache
def cold_start() -> Gauge:
    """Seconds from process start to ready; every function has it."""
    return _gauge("cold_start_seconds", "Process start to ready")


@cache
def redis_up() -> Gauge:
    """Whether Redis answered last, in every function that uses it."""
    return _gauge("redis_up", "1 while Redis answers")


@cache
def tasks() -> Gauge:
    """What the event loop has under way; more and more of them are a leak."""
    return _gauge("asyncio_tasks", "Tasks of the event loop")


def _counter(name: str, doc: str, *labels: str) -> Counter:
    return Counter(f"portfolio_{name}", doc, labels, registry=REGISTRY)


def _gauge(name: str, doc: str, *labels: str) -> Gauge:
    return Gauge(f"portfolio_{name}", doc, labels, registry=REGISTRY)


def _histogram(name: str, doc: str, *labels: str) -> Histogram:
    return Histogram(f"portfolio_{name}", doc, labels, buckets=SECONDS, registry=REGISTRY)
