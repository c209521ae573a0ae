import pytest

from functions.ingest.sources import checked, covers, names
from functions.shared.problem import Refused
from functions.shared.settings import Settings

SETTINGS = Settings(
    sources="https://acct.blob.core.windows.net/docs/, s3://bucket/cv https://github.com/me/site/tree/main/docs"
    " https://example.org/cv.html"
)


@pytest.mark.parametrize(
    "location",
    [
        "https://acct.blob.core.windows.net/docs/a/b.pdf",
        "https://ACCT.blob.core.windows.net:443/docs/a.md",
        "s3://bucket/cv/a%20b.pdf",
        "s3://bucket/cv",
        "https://github.com/me/site/blob/main/docs/a.md",
        "https://example.org/cv.html",
        "https://example.org/cv.html?print=1",
    ],
)
def test_what_lies_below_a_source_is_covered(location: str) -> None:
    assert covers(location, SETTINGS)


@pytest.mark.parametrize(
    "location",
    [
        "https://acct.blob.core.windows.net/docs2/a.md",
        "https://acct.blob.core.windows.net/docs/../private/a.md",
        "https://acct.blob.core.windows.net/docs/%2e%2e/private/a.md",
        "https://acct.blob.core.windows.net/docs/..%2fprivate/a.md",
        "https://acct.blob.core.windows.net/docs/..\\private",
        "https://acct.blob.core.windows.net.evil.example/docs/a.md",
        "https://acct.blob.core.windows.net@evil.example/docs/a.md",
        "https://acct.blob.core.windows.net:8443/docs/a.md",
        "http://acct.blob.core.windows.net/docs/a.md",
        "s3://bucket2/cv/a.md",
        "https://github.com/me/site/blob/other/docs/a.md",
        "https://example.org/cv.html5",
        "https://example.org/",
        "//example.org/cv.html",
        "file:///docs/a.md",
        "",
        "https://[broken",
    ],
)
def test_nothing_else_is(location: str) -> None:
    assert not covers(location, SETTINGS)
    with pytest.raises(Refused, match="SOURCES"):
        checked(location, SETTINGS)


def test_a_repository_is_named_when_a_source_lies_in_it() -> None:
    assert names("https://github.com/me/site", SETTINGS)
    assert not names("https://github.com/me/site2", SETTINGS)


def test_what_a_query_may_hold_shows_in_no_message() -> None:
    with pytest.raises(Refused) as caught:
        checked("https://elsewhere.example/a?sig=secret", SETTINGS)
    assert "secret" not in caught.value.detail


def test_without_sources_nothing_is_fetched() -> None:
    with pytest.raises(Refused, match="SOURCES is empty"):
        checked("https://example.org/cv.html", Settings())
