"""A few hundred of the requests that `make fuzz` sends by the thousand."""

from pathlib import Path

from tests.faults.fuzz import faults, fuzz
from tests.processes import Function


def test_no_request_that_the_schema_allows_or_forbids_ends_in_a_500(fed: dict[str, str], tmp_path: Path) -> None:
    with Function("ask", tmp_path, {**fed, "RATE_LIMIT_PER_HOUR": "0"}) as ask:
        seen = fuzz(ask.url, 200, 1)
    assert faults(seen) == 0, seen
    assert sum(seen.values()) >= 200
    assert seen["200"] > 20, "some of them are questions"
    assert seen["422"] > 20, "and some are none"
