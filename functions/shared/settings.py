"""Every setting of every function: one frozen `Settings`, built once from the environment.

A setting is read from the variable that bears its name in capitals. README's table is made from
this class (`python -m functions.shared.settings`).
"""

import dataclasses
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class BadSetting(ValueError):
    """A variable holds what its setting cannot take; the message names key, value and what is accepted."""


# What a text has to be, where not any will do: a pattern, and how the message says it.
Shape = tuple[re.Pattern[str], str]
URL = (
    re.compile(
        r"https?://(?:[\w-]{1,63}(?:\.[\w-]{1,63})*\.?|\[[0-9A-Fa-f:.]+\])"
        r"(?::(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?(?:/\S*)?"
    ),
    "an address such as http://host:8000",
)
KEY = (re.compile(r"[!-~]+"), "a key of printable ASCII characters without blanks")
REDIS = (re.compile(r"rediss?://[!-~]+|unix://[!-~]+"), "an address such as redis://host:6379/0")
SIGNING = (
    re.compile(r"whsec_(?:[A-Za-z0-9+/]{4}){8,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"),
    "whsec_ and at least 24 random bytes in base64",
)
SECRET = (KEY, REDIS, SIGNING)  # a key does not go into a log, not even a wrong one
DURATION = (
    re.compile(r"-?\d+(?:\.\d+)?(?:ms|s|m|h)?"),
    "a time such as 5m, in seconds where it has no unit; -1 is for ever",
)
# The password in an address.
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*(?=@)")


def setting(
    default: object,
    doc: str,
    *,
    choices: tuple[str, ...] = (),
    least: float | None = None,
    most: float = math.inf,
    shape: Shape | None = None,
) -> Any:
    """A field with its default, its line in README and the values it accepts; never infinity."""
    metadata = {"doc": doc, "choices": choices, "least": least, "most": most, "shape": shape}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """See README, "Settings"."""

    # where things are
    chroma_url: str = setting("http://127.0.0.1:8000", "Chroma server", shape=URL)
    chroma_collection: str = setting("portfolio", "collection of passages; its siblings add `-tokens` and `-ledger`")
    chroma_timeout_s: float = setting(5.0, "seconds before a Chroma request counts as lost", least=0.01)
    model_dir: str = setting("model", "folder written by `make model`")
    model_precision: str = setting("fp32", "which exported model embeds documents", choices=("fp32", "int8"))
    question_precision: str = setting("int8", "which embeds questions, at half the CPU", choices=("fp32", "int8"))
    corpus_dir: str = setting("corpus", "folder with `subject.yaml` and the documents")
    metrics_port: int = setting(9095, "Prometheus metrics; 0 takes any free port", least=0, most=65535)
    cors_origins: str = setting("", "origins that may call ask from a browser, separated by commas")
    log_level: str = setting("INFO", "least level logged", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    log_questions: str = setting("false", "whether logs hold what visitors ask", choices=("false", "true"))
    ask_metrics_url: str = setting("", "where health reads what only ask sees, such as requests refused", shape=URL)
    ingest_metrics_url: str = setting("", "where health reads whether ingest could write", shape=URL)

    # documents
    event_type_prefix: str = setting("com.vivekpadayattil", "prefix of our own CloudEvent types")
    max_document_bytes: int = setting(10_000_000, "largest document that ingest reads", least=1)
    chunk_size: int = setting(300, "characters a passage aims at", least=50)
    chunk_overlap: int = setting(50, "characters that neighbouring passages may share, whole sentences only", least=0)
    allow_personal_data: str = setting(
        "", "kinds never redacted, by commas: phone, email, address, birthday, account, paper, status"
    )
    phone_region: str = setting("DE", "country assumed for telephone numbers without a prefix")

    # places to fetch documents from
    sources: str = setting(
        "", "addresses below which events may point: https, s3://bucket/…, GitHub folders; by commas"
    )
    private_hosts: str = setting("", "hosts of these that may be in a private network and over plain http, by commas")
    fetch_timeout_s: float = setting(30.0, "seconds one document may take to arrive", least=0.01)
    blob_endpoint: str = setting("", "Azure storage account that the next two are for", shape=URL)
    blob_sas_token: str = setting("", "its shared access signature, `sv=…&sig=…`", shape=KEY)
    blob_bearer_token: str = setting("", "or a bearer token for it", shape=KEY)
    s3_endpoint: str = setting("https://s3.amazonaws.com", "S3 or what speaks like it, path style", shape=URL)
    s3_region: str = setting("us-east-1", "its region")
    s3_access_key_id: str = setting("", "key for it; without one it is asked unsigned", shape=KEY)
    s3_secret_access_key: str = setting("", "its secret", shape=KEY)
    github_api_url: str = setting("https://api.github.com", "GitHub's API", shape=URL)
    github_token: str = setting("", "token for it; without one only public repositories are read", shape=KEY)

    # who may send documents; without any of these everybody who reaches ingest, so keep it inside the cluster
    ingest_token: str = setting("", "bearer token that senders show", shape=KEY)
    ingest_secret: str = setting("", "or secret they sign with, by Standard Webhooks: `whsec_…`", shape=SIGNING)
    signature_tolerance_s: float = setting(300.0, "seconds after which a signature is too old", least=1)
    webhook_origins: str = setting("", "origins that may register as senders, such as eventgrid.azure.net; by commas")

    # retrieval
    candidates: int = setting(50, "passages that late interaction re-ranks", least=1)
    matrix_cache_mb: int = setting(192, "memory for token matrices", least=1)
    evidence_threshold: float = setting(
        0.0, "least evidence (about 0..1.5) before a question is answered; 0: as measured on the corpus", least=0
    )

    rerank_url: str = setting("", "server with the common rerank API; without it the order is ours alone", shape=URL)
    rerank_model: str = setting("", "model named to that server")
    rerank_api_key: str = setting("", "its key, if it wants one", shape=KEY)
    rerank_timeout_s: float = setting(1.0, "seconds it may take before the order stays as it was", least=0.01)

    # the ladder
    llm_strategy: str = setting(
        "hybrid", "rungs above the extractive one", choices=("hybrid", "featherless-only", "ollama-only")
    )
    featherless_api_key: str = setting("", "key of the hosted model; without it that rung is left out", shape=KEY)
    hosted_base_url: str = setting("https://api.featherless.ai/v1", "any OpenAI-compatible API", shape=URL)
    hosted_model: str = setting("mistralai/Mistral-7B-Instruct-v0.2", "main model")
    hosted_context_tokens: int = setting(8192, "window of the main model", least=256)
    hosted_in_flight: int = setting(
        32, "requests to it at once; times the pods of ask no more than its plan allows", least=1
    )
    ollama_host: str = setting("", "Ollama server of the fallback model; without it that rung is left out")
    ollama_model: str = setting("tinyllama", "fallback model")
    ollama_context_tokens: int = setting(2048, "window of the fallback model", least=256)
    ollama_in_flight: int = setting(4, "requests to it at once", least=1)
    ollama_keep_alive: str = setting("5m", "how long Ollama keeps the model loaded after a question", shape=DURATION)
    ollama_warm: str = setting("false", "whether `GET /warm` has Ollama load the model", choices=("false", "true"))
    max_answer_tokens: int = setting(400, "longest answer of a model", least=1)
    rewrite_follow_ups: str = setting(
        "false", "whether a model writes a follow-up out before it is looked up", choices=("false", "true")
    )
    first_token_s: float = setting(12.0, "seconds all rungs together have for the first token", least=0.01)
    stall_s: float = setting(10.0, "seconds between two tokens before the rung counts as dead", least=0.01)
    total_s: float = setting(60.0, "seconds one answer of a model may take", least=0.01)
    breaker_failures: int = setting(3, "failures that open a provider's breaker", least=1)
    breaker_window_s: float = setting(60.0, "seconds in which they must fall", least=0.01)
    breaker_cooldown_s: float = setting(30.0, "seconds until an open breaker lets one trial through", least=0.01)

    # what may be asked, and what it may cost
    redis_url: str = setting("", "Redis or Valkey that all pods share; without it each pod keeps its own", shape=REDIS)
    redis_timeout_s: float = setting(0.25, "seconds before a Redis request counts as lost", least=0.01)
    answer_cache: str = setting("on", "whether an answer serves the next who asks the same", choices=("on", "off"))
    answer_cache_s: int = setting(86_400, "seconds an answer is kept at most", least=1)
    rate_limit_per_hour: int = setting(30, "questions a visitor may ask; 0 for any number; none on loopback", least=0)
    open_answers: int = setting(4, "answers a visitor may have under way in a pod; 0 for any number", least=0)
    trusted_proxies: int = setting(0, "proxies in front of ask that add to X-Forwarded-For", least=0)
    llm_calls_per_day: int = setting(0, "calls of language models in a UTC day; 0 for any number", least=0)
    llm_tokens_per_day: int = setting(0, "their tokens, prompts and answers; 0 for any number", least=0)

    # the wire
    ping_s: float = setting(15.0, "seconds of silence before a stream gets a comment line", least=0.01)
    drain_s: int = setting(240, "seconds open streams have after SIGTERM", least=0)

    @property
    def ollama_url(self) -> str:
        """OLLAMA_HOST as Ollama itself reads it: scheme and port may be left out."""
        if not self.ollama_host:
            return ""
        scheme, _, rest = self.ollama_host.rpartition("://")
        host, slash, path = rest.rstrip("/").partition("/")
        port = "" if ":" in host.rpartition("]")[2] or scheme == "https" else ":11434"
        return f"{scheme or 'http'}://{host}{port}{slash}{path}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every key and every password in an address: what may be in no log, no reply and no metric."""
        found: list[str] = []
        for field in dataclasses.fields(self):
            value = str(getattr(self, field.name))
            found += [value] if field.metadata["shape"] in (KEY, SIGNING) else _PASSWORD.findall(value)
        return tuple(secret.rpartition(":")[2] for secret in found if secret)

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `environment`, by default the process's own. Raises BadSetting."""
        environment = os.environ if environment is None else environment
        given: dict[str, Any] = {
            field.name: _convert(field, environment[field.name.upper()])
            for field in dataclasses.fields(cls)
            if environment.get(field.name.upper(), "") != ""
        }
        return cls(**given)


def _convert(field: "dataclasses.Field[Any]", raw: str) -> object:
    kind: Callable[[str], object] = type(field.default)
    choices, least = field.metadata["choices"], field.metadata["least"]
    try:
        value = kind(raw.strip())
    except ValueError:
        raise _bad(field, raw) from None
    if choices and value not in choices:
        raise _bad(field, raw)
    if (shape := field.metadata["shape"]) and not shape[0].fullmatch(str(value)):
        raise _bad(field, "…" if shape in SECRET else _PASSWORD.sub("…", raw))
    if least is not None and (not least <= float(str(value)) <= field.metadata["most"] or value == math.inf):
        raise _bad(field, raw)
    return value


def _bad(field: "dataclasses.Field[Any]", raw: str) -> BadSetting:
    choices, least = field.metadata["choices"], field.metadata["least"]
    accepted = " or ".join(choices) if choices else f"{'an integer' if isinstance(field.default, int) else 'a number'}"
    if shape := field.metadata["shape"]:
        accepted = shape[1]
    if least is not None:
        accepted += f" of at least {least:g}"
    if field.metadata["most"] < math.inf:
        accepted += f" and at most {field.metadata['most']:.0f}"
    return BadSetting(f"{field.name.upper()}={raw!r} is not accepted: it takes {accepted}.")


def table() -> str:
    """README's settings table, in Markdown."""
    rows = [
        f"| `{field.name.upper()}` | {f'`{field.default}`' if field.default != '' else '–'} | {_meaning(field)} |"
        for field in dataclasses.fields(Settings)
    ]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows])


def _meaning(field: "dataclasses.Field[Any]") -> str:
    choices = field.metadata["choices"]
    return f"{field.metadata['doc']}{': ' + ', '.join(f'`{choice}`' for choice in choices) if choices else ''}"


if __name__ == "__main__":
    print(table())
