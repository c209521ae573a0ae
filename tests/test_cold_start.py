"""The way to the first answer imports only what that answer needs: a cold start is felt by a visitor."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.processes import Function

FORBIDDEN = {"chromadb", "langchain_core", "langchain_text_splitters", "fastapi", "ollama", "openai", "mcp", "torch"}
FORBIDDEN |= {"jsonschema", "pydantic", "sse_starlette", "swagger_ui", "cryptography"}
FORBIDDEN |= {"sentence_transformers", "transformers", "pypdfium2", "phonenumbers", "pandas", "scipy", "redis"}


def imported(log: Path) -> set[str]:
    """Top-level packages in the output of `python -X importtime`."""
    names = re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s+([\w.]+)$", log.read_text(), re.M)
    return {name.partition(".")[0] for name in names}


@pytest.fixture
def ask(start_function: Callable[..., Function], fed: dict[str, str]) -> Function:
    return start_function("ask", {**fed, "PYTHONPROFILEIMPORTTIME": "1"})


def test_the_first_answer_imports_nothing_it_does_not_need(ask: Function) -> None:
    reply = httpx.post(ask.url, json={"question": "Where does Vivek work?"}, timeout=30).json()
    assert reply["answered"]
    assert "VitaScale" in reply["answer"]
    packages = imported(ask.log)
    assert packages >= {"onnxruntime", "starlette", "functions_framework"}  # the list is a list
    assert packages & FORBIDDEN == set()
    assert re.findall(r"functions\.ask\.contracts\.\w+", ask.log.read_text()) == []


def test_a_configured_but_unused_fallback_is_not_imported_either(
    start_function: Callable[..., Function], fed: dict[str, str]
) -> None:
    ask = start_function("ask", {**fed, "PYTHONPROFILEIMPORTTIME": "1", "OLLAMA_HOST": "http://127.0.0.1:9"})
    reply = httpx.post(ask.url, json={"question": "Does Vivek play the guitar?"}, timeout=30).json()
    assert not reply["answered"]
    assert "ollama" not in imported(ask.log)
