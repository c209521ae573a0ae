"""The description of the API is valid and says what is enforced."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
import pytest

from functions.ask.contracts.openapi import PROBLEMS, document
from functions.ask.question import Question, Search
from functions.shared import problem
from functions.shared.records import Answer, Source, Usage

DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
METHODS = {"get", "post"}
PATHS = {"/", "/search", "/feedback", "/warm", "/v1/chat/completions", "/v1/models", "/chat"}


def inside(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from inside(value)
    elif isinstance(node, list):
        for value in node:
            yield from inside(value)


def operations() -> list[dict[str, Any]]:
    return [op for path in DOCUMENT["paths"].values() for method, op in path.items() if method in METHODS]


def check(name: str, instance: object) -> None:
    """Raise where `instance` does not fit the schema `name` of the document."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema).validate(instance)


def test_it_has_what_openapi_3_1_requires() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(DOCUMENT["info"])
    assert set(DOCUMENT["paths"]) == PATHS
    for operation in operations():
        assert operation["responses"]
        for status, response in operation["responses"].items():
            assert 200 <= int(status) < 600
            assert response["description"]
    names = [operation["operationId"] for operation in operations()]
    assert len(set(names)) == len(names)


def test_every_reference_leads_to_a_schema_and_every_schema_is_valid() -> None:
    references = [node["$ref"] for node in inside(DOCUMENT) if "$ref" in node]
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in SCHEMAS
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_it_is_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(DOCUMENT)) == DOCUMENT


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"question": "x"}, True),
        ({"question": "x" * 2000}, True),
        ({"question": "x" * 2001}, False),
        ({"question": ""}, False),
        ({}, False),
        ({"question": "x", "top_k": 1}, True),
        ({"question": "x", "top_k": 10}, True),
        ({"question": "x", "top_k": 0}, False),
        ({"question": "x", "top_k": 11}, False),
        ({"question": "x", "stream": True, "more": 1}, True),
        ({"question": "x", "stream": "yes"}, False),
        ({"question": "x", "history": [{"role": "user", "content": "y" * 8000}] * 20}, True),
        ({"question": "x", "history": [{"role": "user", "content": "y" * 8001}]}, False),
        ({"question": "x", "history": [{"role": "user", "content": "y"}] * 21}, False),
        ({"question": "x", "history": [{"role": "system", "content": "y"}]}, False),
    ],
)
def test_the_limits_told_are_those_enforced(body: dict[str, object], fits: bool) -> None:
    for accept in (lambda: check("Question", body), lambda: msgspec.convert(body, Question)):
        if fits:
            accept()
        else:
            with pytest.raises((jsonschema.ValidationError, msgspec.ValidationError)):
                accept()


def test_the_defaults_told_are_those_taken() -> None:
    question, search = SCHEMAS["Question"]["properties"], SCHEMAS["Search"]["properties"]
    taken = Question("x")
    assert question["top_k"]["default"] == search["top_k"]["default"] == taken.top_k == Search("x").top_k == 4
    assert question["stream"]["default"] == taken.stream is False
    assert question["history"]["default"] == taken.history == []


def test_replies_and_problems_fit_their_schemas() -> None:
    source = Source(1, "a#00000", "A", "", "", "x", 0.5)
    answer = Answer("1", "x [1]", [source], True, "hosted", "m", False, False, "v", {"total": 1.0}, Usage(1, 2))
    check("Answer", msgspec.to_builtins(answer))
    check("SearchResults", {"results": [msgspec.to_builtins(source)], "corpus_version": "v", "degraded": False})
    check("ProblemDocument", problem.Refused("No.").document())


def test_every_problem_of_the_tree_that_a_caller_can_meet_is_told() -> None:
    kinds = [problem.Malformed, problem.TooLarge, problem.WrongMediaType, problem.Refused, problem.TooMany]
    kinds += [problem.Unavailable]
    assert set(PROBLEMS) == {str(kind.status) for kind in kinds}
