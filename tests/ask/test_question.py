"""Request → Question, or a problem that says what was wrong."""

import asyncio
import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from functions.ask.question import MAX_BODY_BYTES, Question, Search, Turn, read_question, read_search
from functions.shared.problem import Malformed, Problem, Refused, TooLarge, WrongMediaType

JSON = {"content-type": "application/json"}


def request(*parts: bytes, headers: dict[str, str] = JSON) -> Request:
    """A POST whose body comes in `parts`."""
    messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return messages.pop(0)

    raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


def read(body: object, **headers: str) -> Question:
    """The question in a body, given as bytes or as what becomes JSON."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return asyncio.run(read_question(request(raw, headers=JSON | headers)))


def test_the_question_alone_gets_the_defaults() -> None:
    assert read({"question": "Where does Nora work?"}) == Question("Where does Nora work?", [], 4, False)


def test_every_field_is_read() -> None:
    body = {
        "question": "And since when?",
        "history": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "In Bergen."}],
        "top_k": 10,
        "stream": True,
    }
    turns = [Turn("user", "Where?"), Turn("assistant", "In Bergen.")]
    assert read(body) == Question("And since when?", turns, 10, True)


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json, text/event-stream;q=0.9"])
def test_an_accept_header_for_events_makes_it_stream(accept: str) -> None:
    assert read({"question": "x", "stream": False}, accept=accept).stream


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_any_other_accept_header_does_not(accept: str) -> None:
    assert not read({"question": "x"}, accept=accept).stream


def test_unknown_fields_are_ignored() -> None:
    assert read({"question": "x", "temperature": 2, "history": [{"role": "user", "content": "y", "id": 1}]}) == (
        Question("x", [Turn("user", "y")])
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"question": "x" * 2000}, id="2000 characters"),
        pytest.param({"question": "😀" * 2000}, id="2000 characters outside the BMP"),
        pytest.param({"question": "x", "history": [{"role": "user", "content": "y"}] * 20}, id="20 turns"),
        pytest.param({"question": "x", "history": [{"role": "user", "content": "y" * 8000}]}, id="a long turn"),
        pytest.param({"question": "x", "top_k": 1}, id="top_k 1"),
        pytest.param({"question": "x\u0000\u200b"}, id="control characters"),
    ],
)
def test_what_is_within_the_limits_is_taken(body: dict[str, object]) -> None:
    assert read(body).question == body["question"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param({}, "question", id="no question"),
        pytest.param({"question": ""}, "question", id="empty"),
        pytest.param({"question": " \n\t\u00a0"}, "question", id="blank"),
        pytest.param({"question": "x" * 2001}, "question", id="2001 characters"),
        pytest.param({"question": 5}, "question", id="a number"),
        pytest.param({"question": None}, "question", id="null"),
        pytest.param({"question": ["x"]}, "question", id="a list"),
        pytest.param({"question": "x", "history": [{"role": "user", "content": "y"}] * 21}, "history", id="21 turns"),
        pytest.param({"question": "x", "history": [{"role": "system", "content": "y"}]}, "history", id="a system role"),
        pytest.param({"question": "x", "history": [{"role": "user"}]}, "history", id="a turn without content"),
        pytest.param({"question": "x", "history": [{"role": "user", "content": "y" * 8001}]}, "history", id="too long"),
        pytest.param({"question": "x", "history": {}}, "history", id="history is no list"),
        pytest.param({"question": "x", "top_k": 0}, "top_k", id="top_k 0"),
        pytest.param({"question": "x", "top_k": 11}, "top_k", id="top_k 11"),
        pytest.param({"question": "x", "top_k": 10**30}, "top_k", id="top_k huge"),
        pytest.param({"question": "x", "top_k": "4"}, "top_k", id="top_k a string"),
        pytest.param({"question": "x", "stream": 1}, "stream", id="stream a number"),
        pytest.param([], "object", id="a list instead of an object"),
        pytest.param("x", "object", id="a string instead of an object"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_field_named(body: object, names: str) -> None:
    raw = json.dumps(body).encode()
    with pytest.raises(Refused, match=names) as refused:
        read(raw)
    assert refused.value.status == 422


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"question": "x"', id="cut"),
        pytest.param(b'{"question": "x"} and more', id="more after it"),
        pytest.param(b"question=x", id="a form"),
        pytest.param(b'{"question": "\xff"}', id="no UTF-8"),
        pytest.param(b'{"question": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'\xef\xbb\xbf{"question": "x"}', id="a byte order mark"),
        pytest.param(b'{"question": NaN}', id="NaN"),
        pytest.param(b'{"question": "x", "more": ' + b"[" * 200_000, id="nested too deep in an unknown field"),
    ],
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed) as malformed:
        read(body)
    assert malformed.value.status == 400


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_another_media_type_is_refused_with_415(media_type: str) -> None:
    with pytest.raises(WrongMediaType, match="application/json"):
        read({"question": "x"}, **{"content-type": media_type})


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_written_with_parameters_and_in_capitals(media_type: str) -> None:
    assert read({"question": "x"}, **{"content-type": media_type}).question == "x"


def test_a_body_without_a_media_type_is_taken_for_json() -> None:
    assert asyncio.run(read_question(request(b'{"question": "x"}', headers={}))).question == "x"


def test_a_question_in_many_pieces_is_put_together() -> None:
    assert asyncio.run(read_question(request(b'{"quest', b'ion": "\xc3', b'\xa9"}'))).question == "é"


def test_a_body_over_the_limit_is_refused_without_reading_on() -> None:
    taken: list[int] = []

    async def receive() -> Message:
        taken.append(1)
        return {"type": "http.request", "body": b" " * 100_000, "more_body": True}  # without an end

    endless = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)
    with pytest.raises(TooLarge, match=str(MAX_BODY_BYTES)) as problem:
        asyncio.run(read_question(endless))
    assert problem.value.status == 413
    assert len(taken) == 3


def test_a_search_is_read_and_limited_alike() -> None:
    def search(body: object) -> Search:
        return asyncio.run(read_search(request(msgspec.json.encode(body))))

    assert search({"query": "drones"}) == Search("drones", 4)
    for body in ({"query": " "}, {"query": "x", "top_k": 11}, {"question": "drones"}):
        with pytest.raises(Refused, match=r"query|top_k"):
            search(body)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "question": ANY_JSON | st.text(max_size=20),
        "query": ANY_JSON | st.text(max_size=20),
        "history": ANY_JSON | st.lists(st.fixed_dictionaries({"role": ANY_JSON, "content": ANY_JSON}), max_size=3),
        "top_k": ANY_JSON | st.integers(-2, 12),
        "stream": ANY_JSON,
    },
)


@pytest.mark.parametrize(("reader", "kind"), [(read_question, Question), (read_search, Search)])
@given(body=ANY_JSON | FIELDS)
def test_any_json_gives_a_record_or_a_problem_of_the_caller(
    reader: Callable[[Request], object], kind: type, body: object
) -> None:
    raw = json.dumps(body).encode()  # half surrogates and all
    try:
        found = asyncio.run(reader(request(raw)))
    except Problem as problem:
        status = problem.status
    else:
        status = 400 if isinstance(found, kind) else 500
    assert 400 <= status < 500


@given(st.binary(max_size=60))
def test_any_bytes_give_a_problem_of_the_caller(body: bytes) -> None:
    with pytest.raises(Problem) as problem:
        read(body)
    assert 400 <= problem.value.status < 500
