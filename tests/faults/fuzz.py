"""Thousands of requests made from ask's own /openapi.json, sound ones and broken ones: none may end in a 500.

    python -m tests.faults.fuzz [--cases 5000] [--seed 1]

Starts Chroma, ingests corpus/, starts ask without a model, and sends what schemathesis makes up for every operation.
Prints how many requests got which status, and leaves with 1 when one of them was a 5xx other than 503 or broke the
connection.
"""

import argparse
import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from tests.processes import Chroma, Function

METHODS = schemathesis.GenerationMode
# What schemathesis cannot know: bodies that are no JSON at all.
ODD_BODIES = [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"question": "\\ud800"}', b"[" * 100_000, b"0" * 300_000]


def fuzz(url: str, cases: int, number: int) -> Counter[str]:
    """How often each status came, and "broken" for replies that never did. At least `cases` requests."""
    seen: Counter[str] = Counter()
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    for body in ODD_BODIES:
        for path in ("/", "/search"):
            headers = {"content-type": "application/json"}
            seen[str(httpx.post(f"{url}{path}", content=body, headers=headers, timeout=60).status_code)] += 1
    operations = [result.ok() for result in schema.get_all_operations()]
    each = -(-cases // (2 * sum(bool(operation.body) for operation in operations)))
    for operation in operations:
        for mode in (METHODS.POSITIVE, METHODS.NEGATIVE):
            # Nothing can be wrong about a request that has neither parameters nor a body.
            with contextlib.suppress(Unsatisfiable):
                _run(operation.as_strategy(generation_mode=mode), each, number, seen)
    return seen


def _run(strategy: st.SearchStrategy[schemathesis.Case], cases: int, number: int, seen: Counter[str]) -> None:
    @seed(number)
    @settings(max_examples=cases, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=strategy)
    def send(case: schemathesis.Case) -> None:
        try:
            response = case.call(timeout=60)
        except Exception as cause:
            seen[f"broken: {type(cause).__name__}"] += 1
            return
        seen[str(response.status_code)] += 1
        if response.status_code == 500:
            print("500:", case.as_curl_command(), file=sys.stderr)

    send()


def faults(seen: Mapping[str, int]) -> int:
    """Replies that nobody may get."""
    return sum(
        count for status, count in seen.items() if status.startswith("broken") or status in ("500", "502", "504")
    )


def main() -> None:
    """The whole run."""
    from tests.conftest import MODEL, feed

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    given_arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, chroma = Path(name), Chroma(Path(name))
        chroma.start()
        try:
            environment = {"CHROMA_URL": chroma.url, "MODEL_DIR": str(MODEL), "RATE_LIMIT_PER_HOUR": "0"}
            with Function("ingest", folder, environment) as ingest:
                feed(ingest.url)
            with Function("ask", folder, environment) as ask:
                seen = fuzz(ask.url, given_arguments.cases, given_arguments.seed)
        finally:
            chroma.stop()
    for status, count in sorted(seen.items()):
        print(f"{status:10} {count}")
    print(f"{sum(seen.values())} requests, {faults(seen)} faults")
    sys.exit(1 if faults(seen) else 0)


if __name__ == "__main__":
    main()
