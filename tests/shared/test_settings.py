"""One frozen Settings, read once, with a clear sentence for every bad value."""

import dataclasses
import subprocess
import sys

import pytest

from functions.shared.settings import BadSetting, Settings, table
from tests.processes import CLEAN, ROOT

FIELDS = [field.name for field in dataclasses.fields(Settings)]


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.read({})
    assert settings == Settings()
    assert (settings.chroma_url, settings.metrics_port, settings.llm_strategy) == (
        "http://127.0.0.1:8000",
        9095,
        "hybrid",
    )


def test_an_empty_string_is_the_default() -> None:
    assert Settings.read({name.upper(): "" for name in FIELDS}) == Settings()


def test_each_value_is_converted_to_the_kind_of_its_default() -> None:
    settings = Settings.read({"CHUNK_SIZE": "400", "STALL_S": " 2.5\n", "OLLAMA_MODEL": " qwen2 ", "DRAIN_S": "0"})
    assert (settings.chunk_size, settings.stall_s, settings.ollama_model, settings.drain_s) == (400, 2.5, "qwen2", 0)


def test_variables_that_are_no_setting_are_ignored() -> None:
    assert Settings.read({"PATH": "/bin", "chunk_size": "1"}) == Settings()


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("METRICS_PORT", "abc", "an integer of at least 0 and at most 65535"),
        ("METRICS_PORT", "65536", "an integer of at least 0 and at most 65535"),
        ("CHUNK_SIZE", "49", "an integer of at least 50"),
        ("CHUNK_SIZE", "300.5", "an integer of at least 50"),
        ("STALL_S", "0", "a number of at least 0.01"),
        ("STALL_S", "fast", "a number of at least 0.01"),
        ("STALL_S", "nan", "a number of at least 0.01"),
        ("TOTAL_S", "inf", "a number of at least 0.01"),
        ("MODEL_PRECISION", "fp16", "fp32 or int8"),
        ("LLM_STRATEGY", "Hybrid", "hybrid or featherless-only or ollama-only"),
        ("LOG_LEVEL", "info", "DEBUG or INFO or WARNING or ERROR"),
    ],
)
def test_a_bad_value_names_key_value_and_what_is_accepted(key: str, value: str, accepted: str) -> None:
    with pytest.raises(BadSetting) as bad:
        Settings.read({key: value})
    assert str(bad.value) == f"{key}={value!r} is not accepted: it takes {accepted}."


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().chunk_size = 1  # type: ignore[misc]


def test_the_environment_is_the_process_s_own_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_MODEL", "from-the-shell")
    assert Settings.read().ollama_model == "from-the-shell"
    assert Settings.read({}).ollama_model == "tinyllama"


def test_the_table_has_a_line_for_every_setting_with_its_default_and_choices() -> None:
    lines = table().splitlines()
    assert len(lines) == 2 + len(FIELDS)
    assert "| `CHUNK_SIZE` | `300` | characters a passage aims at |" in lines
    assert "| `OLLAMA_HOST` | – |" in table()
    assert "`hybrid`, `featherless-only`, `ollama-only`" in table()


def test_the_command_prints_the_table() -> None:
    command = [sys.executable, "-m", "functions.shared.settings"]
    done = subprocess.run(command, cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=True)
    assert done.stdout == table() + "\n"


def test_the_readme_has_that_table() -> None:
    assert table() in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", ""),
        ("ollama", "http://ollama:11434"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://ollama/", "http://ollama:11434"),
        ("https://models.example/ollama", "https://models.example/ollama"),
        ("[::1]", "http://[::1]:11434"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_the_ollama_address_is_read_as_ollama_reads_it(host: str, url: str) -> None:
    assert Settings(ollama_host=host).ollama_url == url


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CHROMA_URL", "http://[x", "an address such as"),
        ("HOSTED_BASE_URL", "nonsense", "an address such as"),
        ("HOSTED_BASE_URL", "http://models:65536/v1", "an address such as"),
        ("HOSTED_BASE_URL", "http://models..example/v1", "an address such as"),
        ("FEATHERLESS_API_KEY", "schlüssel", "printable ASCII"),
    ],
)
def test_an_address_or_key_that_cannot_be_one_stops_the_start(name: str, value: str, words: str) -> None:
    with pytest.raises(BadSetting, match=words) as stopped:
        Settings.read({name: value})
    assert name in str(stopped.value)
    assert "KEY" not in name or value not in str(stopped.value)


@pytest.mark.parametrize(
    "url", ["http://a", "https://API.example.org.:65535/v1", "http://10.0.0.1:0", "http://[::1]:8000/v1", "http://a_b"]
)
def test_an_address_that_can_be_one_is_taken(url: str) -> None:
    assert Settings.read({"HOSTED_BASE_URL": url}).hosted_base_url == url
