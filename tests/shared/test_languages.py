"""Which language a caller wants to be told in."""

import pytest

from functions.shared.languages import preferred


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("fr, de;q=0.5, en;q=0.4", "de"),
        ("fr", ""),
        ("", ""),
        ("*", ""),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=x, en", "en"),
        (";;,,q=1;", ""),
        ("den", ""),
    ],
)
def test_the_best_liked_of_ours(accept: str, language: str) -> None:
    assert preferred(accept) == language
