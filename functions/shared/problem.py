"""The error tree and its HTTP face, RFC 9457 problem+json.

    Problem                     a caller is told: status, title, detail
    ├── Malformed         400   the request cannot be read as what it claims to be
    ├── Unauthorized      401   the sender has not shown who it is
    ├── Forbidden         403   the sender is known and may not do this
    ├── NotFound          404   no such path
    ├── MethodNotAllowed  405   the path exists, the method does not
    ├── TooLarge          413   more bytes than the setting allows
    ├── WrongMediaType    415   a content type nobody here reads
    ├── Refused           422   understood, and not accepted: the detail says why and what is
    ├── TooMany           429   more than one visitor may have, Retry-After says when
    ├── Internal          500   our mistake; the log has the traceback, the caller has nothing internal
    ├── NotInstalled      501   this part is optional, and its package is not here
    └── Unavailable       503   try later, Retry-After says when
        ├── StoreUnreachable    Chroma does not answer
        └── ModelUnusable       no embedding model in the configured folder

Steps raise meaning; only this file and each function's `main.py` know status codes. What a visitor may see is said in
German as well (`de`), beside the English, and told in the language of the question or of Accept-Language.
"""

import copy
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar, Self

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from functions.shared.languages import wanted

log = logging.getLogger(__name__)


class Problem(Exception):
    """What a caller is told. `detail` is one or two sentences: what was wrong, and what is accepted."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    retry_after_s: int = 0  # seconds, sent as Retry-After; 0: nothing is said

    def __init__(self, detail: str, retry_after_s: int | None = None, *, de: str = "", **extra: object) -> None:
        """`de`: the detail in German. `extra` becomes further members of the problem document."""
        super().__init__(detail)
        self.detail = detail
        if retry_after_s is not None:
            self.retry_after_s = retry_after_s
        self.de = de
        self.language = "en"
        self.extra = extra

    def told_in(self, language: str) -> Self:
        """The same problem with its detail in `language`, where it has words for that."""
        if language != "de" or not self.de:
            return self
        told = copy.copy(self)
        told.detail, told.language = self.de, "de"
        return told

    @property
    def slug(self) -> str:
        """The last part of the problem type: the title in kebab case."""
        return self.title.lower().replace(" ", "-")

    @property
    def headers(self) -> Mapping[str, str]:
        """Response headers that belong to this problem."""
        return {"Retry-After": str(self.retry_after_s)} if self.retry_after_s else {}

    def document(self) -> dict[str, object]:
        """The problem+json body, also the data of an `error` event."""
        return {
            "type": f"urn:portfolio:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }


class Malformed(Problem):
    """The request cannot be read as what it claims to be."""

    status, title = 400, "Malformed request"


class Unauthorized(Problem):
    """The sender has not shown who it is."""

    status, title = 401, "Unauthorized"

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge that RFC 9110 asks for."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(Problem):
    """The sender is known and may not do this."""

    status, title = 403, "Forbidden"


class NotFound(Problem):
    """No such path."""

    status, title = 404, "Not found"


class MethodNotAllowed(Problem):
    """The path exists, the method does not."""

    status, title = 405, "Method not allowed"


class TooLarge(Problem):
    """More bytes than the setting allows."""

    status, title = 413, "Too large"


class WrongMediaType(Problem):
    """A content type nobody here reads."""

    status, title = 415, "Unsupported media type"


class Refused(Problem):
    """Understood, and not accepted."""

    status, title = 422, "Refused"


class TooMany(Problem):
    """More than one visitor may have."""

    status, title = 429, "Too many questions"
    retry_after_s = 5


class Internal(Problem):
    """Our mistake."""

    status, title = 500, "Internal error"


class NotInstalled(Problem):
    """An optional part whose package is not here."""

    status, title = 501, "Not installed"


class Unavailable(Problem):
    """Try later."""

    status, title = 503, "Unavailable"
    retry_after_s = 5


class StoreUnreachable(Unavailable):
    """Chroma does not answer, or not in time."""

    title = "Store unreachable"


class ModelUnusable(Unavailable):
    """No embedding model, or a damaged one, in the configured folder."""

    title = "Model unusable"


def problem_response(problem: Problem) -> Response:
    """The HTTP face of a problem."""
    body = msgspec.json.encode(problem.document())
    headers = {**problem.headers, "Content-Language": problem.language}
    return Response(body, problem.status, headers, "application/problem+json")


async def on_problem(request: Request, error: Exception) -> Response:
    """Starlette exception handler for the family above."""
    assert isinstance(error, Problem)
    return problem_response(error.told_in(wanted(request)))


_GERMAN = {404: "nicht vorhanden", 405: "so lässt sich das nicht aufrufen", 413: "zu groß"}


def broken() -> Internal:
    """What a caller is told of a mistake of ours."""
    return Internal(
        "Something broke on our side. It has been logged.",
        de="Bei uns ist etwas schiefgegangen. Der Fehler ist notiert.",
    )


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405 in the same dress, its headers kept."""
    assert isinstance(error, HTTPException)
    of_status: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed, 413: TooLarge}
    phrase = HTTPStatus(error.status_code).phrase
    asked = f"{request.method} {request.url.path}"
    problem = of_status.get(error.status_code, Malformed)(
        f"{asked}: {phrase}.", de=f"{asked}: {_GERMAN.get(error.status_code, phrase)}."
    )
    response = problem_response(problem.told_in(wanted(request)))
    response.headers.update(error.headers or {})
    return response


async def on_gone(request: Request, error: Exception) -> Response:
    """The caller hung up before the reply: nobody reads this one, and nothing is wrong."""
    return Response(status_code=499)


async def on_unknown(request: Request, error: Exception) -> Response:
    """Anything else: the traceback to the log, nothing internal to the caller."""
    log.error("unhandled error on %s", request.url.path, exc_info=error)
    return problem_response(broken().told_in(wanted(request)))


EXCEPTION_HANDLERS = {
    Problem: on_problem,
    HTTPException: on_http_exception,
    ClientDisconnect: on_gone,
    Exception: on_unknown,
}
