"""The error tree and its HTTP face."""

import json
import logging

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.shared import problem
from functions.shared.problem import EXCEPTION_HANDLERS, Problem, problem_response

FAMILY = [
    ("Malformed", 400, "malformed-request"),
    ("Unauthorized", 401, "unauthorized"),
    ("Forbidden", 403, "forbidden"),
    ("NotFound", 404, "not-found"),
    ("MethodNotAllowed", 405, "method-not-allowed"),
    ("TooLarge", 413, "too-large"),
    ("WrongMediaType", 415, "unsupported-media-type"),
    ("Refused", 422, "refused"),
    ("TooMany", 429, "too-many-questions"),
    ("Internal", 500, "internal-error"),
    ("NotInstalled", 501, "not-installed"),
    ("Unavailable", 503, "unavailable"),
    ("StoreUnreachable", 503, "store-unreachable"),
    ("ModelUnusable", 503, "model-unusable"),
]


def everything(kind: type[Problem] = Problem) -> set[str]:
    """The names of all problems of the tree, without those that another module adds for its own."""
    own = (child for child in kind.__subclasses__() if child.__module__ == problem.__name__)
    return {kind.__name__}.union(*map(everything, own))


async def reply(error: Exception, method: str = "GET", path: str = "/") -> httpx.Response:
    """What a caller of an app that raises `error` gets."""

    async def fail(request: Request) -> Response:
        raise error

    app = Starlette(routes=[Route("/", fail, methods=["GET"])], exception_handlers=EXCEPTION_HANDLERS)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://ask") as http:
        return await http.request(method, path)


@pytest.mark.parametrize(("name", "status", "slug"), FAMILY)
async def test_each_problem_has_its_status_and_type(name: str, status: int, slug: str) -> None:
    kind: type[Problem] = getattr(problem, name)
    response = await reply(kind("Because."))
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": f"urn:portfolio:problem:{slug}",
        "title": kind.title,
        "status": status,
        "detail": "Because.",
    }


def test_the_tree_drawn_in_the_docstring_is_the_tree() -> None:
    drawn = {line.split("──")[1].split()[0] for line in (problem.__doc__ or "").splitlines() if "──" in line}
    assert drawn | {"Problem"} == everything()
    assert drawn == {name for name, _, _ in FAMILY}


async def test_what_comes_later_says_when() -> None:
    assert (await reply(problem.Unavailable("Later.", retry_after_s=30))).headers["retry-after"] == "30"
    assert (await reply(problem.StoreUnreachable("Later."))).headers["retry-after"] == "5"
    assert (await reply(problem.TooMany("Too many."))).headers["retry-after"] == "5"
    assert "retry-after" not in (await reply(problem.Refused("No."))).headers


def test_further_members_travel_along() -> None:
    document = json.loads(problem_response(problem.Refused("No.", reasons=["a", "b"])).body)
    assert document["reasons"] == ["a", "b"]


async def test_a_path_that_is_not_there_is_a_problem() -> None:
    response = await reply(AssertionError(), path="/nowhere")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert response.json()["detail"] == "GET /nowhere: Not Found."


async def test_a_method_that_is_not_there_is_a_problem_and_says_what_is_allowed() -> None:
    response = await reply(AssertionError(), method="DELETE")
    assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_an_unknown_error_is_logged_with_its_traceback_and_says_nothing_internal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        response = await reply(KeyError("the secret"))
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in response.text
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [KeyError]
