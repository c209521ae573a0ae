"""Request → Question, or a problem that says what was wrong and what is accepted."""

from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request

from functions.shared.problem import Malformed, Refused, TooLarge, WrongMediaType

# Twenty turns of the longest answers with room to spare; anything larger is not a conversation.
MAX_BODY_BYTES = 256_000
# Characters of a question and of an earlier turn; earlier turns.
MAX_QUESTION, MAX_TURN, MAX_TURNS = 2000, 8000, 20

T = TypeVar("T")


class Turn(msgspec.Struct, frozen=True):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Meta(max_length=MAX_TURN)]


class Question(msgspec.Struct, frozen=True):
    """A visitor's question. Unknown fields are ignored, so that newer callers meet older servers."""

    question: Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION, description="What the visitor wants to know.")]
    history: Annotated[list[Turn], Meta(max_length=MAX_TURNS, description="Earlier turns, oldest first.")] = []
    top_k: Annotated[int, Meta(ge=1, le=10, description="Passages an answer may draw on.")] = 4
    stream: Annotated[bool, Meta(description="Server-sent events instead of one JSON document.")] = False


class Search(msgspec.Struct, frozen=True):
    """A search for passages, without an answer."""

    query: Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION, description="What to look for.")]
    top_k: Annotated[int, Meta(ge=1, le=10, description="Passages to return.")] = 4


async def read_question(request: Request) -> Question:
    """The question in the body of `request`. Raises Malformed, TooLarge, WrongMediaType, Refused."""
    question = await read_body(request, Question)
    if not question.question.strip():
        raise Refused(
            "The field `question` is blank. Ask something, in 1 to 2000 characters.",
            de="Das Feld `question` ist leer. Fragen Sie etwas, in 1 bis 2000 Zeichen.",
        )
    if "text/event-stream" in request.headers.get("accept", ""):
        return msgspec.structs.replace(question, stream=True)
    return question


async def read_search(request: Request) -> Search:
    """The search in the body of `request`. Raises as `read_question` does."""
    search = await read_body(request, Search)
    if not search.query.strip():
        raise Refused(
            "The field `query` is blank. Search for something, in 1 to 2000 characters.",
            de="Das Feld `query` ist leer. Suchen Sie etwas, in 1 bis 2000 Zeichen.",
        )
    return search


async def read_body(request: Request, kind: type[T]) -> T:
    """The body of `request` as a `kind`. Raises Malformed, TooLarge, WrongMediaType, Refused."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise WrongMediaType(
            f"The body is {media_type or 'of no type'}; send application/json.",
            de=f"Die Anfrage ist {media_type or 'ohne Typ'}; senden Sie application/json.",
        )
    body = await _body(request)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as problem:
        from functions.ask.german import misfit

        raise Refused(
            f"The body does not fit: {problem}. /openapi.json has the schema.",
            de=f"Die Anfrage passt nicht: {misfit(str(problem))}. Das Schema steht in /openapi.json.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise Malformed(f"The body is not JSON: {problem}.", de=f"Die Anfrage ist kein JSON: {problem}.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.", de="Die Anfrage ist zu tief verschachtelt.") from None


async def _body(request: Request) -> bytes:
    """The body, read no further than the limit."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise TooLarge(
                f"The body is larger than {MAX_BODY_BYTES} bytes.",
                de=f"Die Anfrage ist größer als {MAX_BODY_BYTES} Bytes.",
            )
        parts.append(part)
    return b"".join(parts)
