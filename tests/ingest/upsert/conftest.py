"""The real model, counted, over a collection of the test's own."""

import pytest

from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder
from functions.shared.settings import Settings
from tests.ingest.upsert.stored import Counting


@pytest.fixture
def model(embedder: Embedder) -> Counting:
    return Counting(embedder)


@pytest.fixture
def upserter(settings: Settings, model: Counting) -> Upserter:
    return Upserter(settings, model)
