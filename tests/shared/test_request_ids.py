"""Every request has an id and a trace: in the reply's header, and in each line it logs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import Function, free_port, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
def health(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    settings = {"CHROMA_URL": f"http://127.0.0.1:{free_port()}"}
    with Function("health", tmp_path_factory.mktemp("health"), settings) as function:
        yield function


def logged(function: Function, request_id: str) -> dict[str, Any]:
    """The line of the request with that id."""

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in Path(function.log).read_text().splitlines()]
        return [line for line in found if line["message"] == "request" and line["request_id"] == request_id]

    wait_until(lines, 10, "the line of the request")
    (line,) = lines()
    return line


def test_the_id_of_the_caller_is_returned_and_logged_with_what_was_asked_and_how_it_went(health: Function) -> None:
    response = httpx.get(f"{health.url}/nowhere", headers={"X-Request-Id": "page-42"})
    assert response.headers["x-request-id"] == "page-42"
    line = logged(health, "page-42")
    assert (line["method"], line["path"], line["status"], line["level"]) == ("GET", "/nowhere", 404, "info")
    assert line["ms"] > 0


@pytest.mark.parametrize("given", ["", "x" * 129, "two words", 'a"b', "ü", "a;b"])
def test_an_id_that_is_none_is_replaced_by_one_of_ours(health: Function, given: str) -> None:
    response = httpx.get(health.url, headers={"X-Request-Id": given.encode()})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


@pytest.mark.parametrize("header", ["traceparent", "ce-traceparent"])
def test_without_an_id_the_trace_is_the_id_whoever_brings_it(health: Function, header: str) -> None:
    response = httpx.get(health.url, headers={header: f"00-{TRACE}-b7ad6b7169203331-01"})
    assert response.headers["x-request-id"] == TRACE


def test_each_request_without_an_id_gets_its_own(health: Function) -> None:
    assert len({httpx.get(health.url).headers["x-request-id"] for _ in range(3)}) == 3


def test_the_trace_of_the_caller_goes_on_with_a_span_of_ours(health: Function) -> None:
    headers = {"X-Request-Id": "traced", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    httpx.get(health.url, headers=headers)
    version, trace, span, flags = logged(health, "traced")["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != "b7ad6b7169203331"


@pytest.mark.parametrize(
    "given", ["", "nonsense", f"00-{'0' * 32}-b7ad6b7169203331-01", f"ff-{TRACE}-b7ad6b7169203331-01"]
)
def test_without_one_a_trace_begins(health: Function, given: str) -> None:
    response = httpx.get(health.url, headers={"traceparent": given})
    trace = logged(health, response.headers["x-request-id"])["traceparent"]
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", trace)
    assert TRACE not in trace


def test_probes_leave_no_line(health: Function) -> None:
    httpx.get(f"{health.url}/readyz", headers={"X-Request-Id": "probe"})
    httpx.get(health.url, headers={"X-Request-Id": "after"})
    logged(health, "after")
    assert '"probe"' not in health.log.read_text()
