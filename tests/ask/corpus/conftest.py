"""A collection written as ingest leaves it, read without waiting."""

import pytest

from functions.ask import holder
from functions.shared.settings import Settings
from tests.ask.corpus.rows import Writer


@pytest.fixture
def writer(settings: Settings) -> Writer:
    return Writer(settings)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chroma is asked for a new version each time, not once a second."""
    monkeypatch.setattr(holder, "RECHECK_S", 0.0)
