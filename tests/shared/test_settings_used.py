"""Every setting that README names is read by some function: one that nobody reads would be a promise without effect."""

import ast
from dataclasses import fields
from functools import cache

import pytest

from functions.shared.settings import Settings
from tests.processes import ROOT

# What the ladder, its limits and its caches are to be tuned by, without a change of code.
TUNED = {
    "llm_strategy",
    "first_token_s",
    "stall_s",
    "total_s",
    "breaker_failures",
    "breaker_window_s",
    "breaker_cooldown_s",
    "hosted_in_flight",
    "ollama_in_flight",
    "hosted_context_tokens",
    "ollama_context_tokens",
    "ollama_keep_alive",
    "ollama_warm",
    "redis_url",
    "answer_cache",
    "answer_cache_s",
    "rate_limit_per_hour",
    "open_answers",
    "trusted_proxies",
    "llm_calls_per_day",
    "llm_tokens_per_day",
    "log_questions",
    "drain_s",
}
NAMES = [field.name for field in fields(Settings)]


@cache
def read() -> frozenset[str]:
    """Names that the functions' code reads off settings, whatever holds them there."""
    found = set()
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Attribute):
                continue
            holder = ast.unparse(node.value).removesuffix("()").rpartition(".")[2]
            if holder in ("settings", "_settings") or (holder == "self" and path.name == "settings.py"):
                found.add(node.attr)
    return frozenset(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_read_somewhere(name: str) -> None:
    assert name in read()


def test_what_is_to_be_tuned_is_a_setting() -> None:
    assert set(NAMES) >= TUNED


def test_a_setting_that_nobody_reads_would_be_found() -> None:
    assert "a_setting_nobody_reads" not in read()
