"""The passages the answers cite."""

import pytest

from functions.ask.support import Support
from functions.shared.embed import Embedder
from tests.ask.citations.checked import PASSAGES, support


@pytest.fixture(scope="session")
def four(embedder: Embedder) -> Support:
    return support(embedder, PASSAGES)
