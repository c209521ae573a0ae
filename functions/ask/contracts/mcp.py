"""POST /mcp: the bot as tools of the Model Context Protocol, over its streamable HTTP.

    ask     {"question", "history"?, "top_k"?} → the record, its text and sources also as text
    search  {"query", "top_k"?} → passages, also as text

Every request stands alone: no session, so a pod may end between two of them, and the manager of the `mcp` package lives
for one request. A GET would be a stream without end that holds a pod up; it is answered 405, as the protocol allows.
Calls of a tool count for the visitor's limits, what a client asks before (initialize, tools/list) does not. A problem
is the result of the call, with `isError`, as the protocol wants it.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    TextContent,
    Tool,
    ToolAnnotations,
)
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.ask.answer import answer, spoken_in
from functions.ask.find import search
from functions.ask.outcome import asked, turned_away
from functions.ask.parts import Parts
from functions.ask.phrases import phrase
from functions.ask.question import MAX_BODY_BYTES, Question, Search
from functions.ask.stream import last
from functions.shared.languages import note, wanted
from functions.shared.problem import Problem, Refused, TooMany, Unavailable, broken
from functions.shared.records import Answer, SearchResults, Source

log = logging.getLogger(__name__)
logging.getLogger("mcp").setLevel(logging.WARNING)  # it tells of every manager that starts and ends

Opening = Callable[[], Awaitable[Parts]]


def serve(request: Request, parts: Opening) -> ASGIApp:
    """The reply to one request. `parts` opens what a tool needs, when one is called."""

    async def tools(context: Any, params: Any) -> ListToolsResult:
        return ListToolsResult(tools=TOOLS)

    async def call(context: Any, params: CallToolRequestParams) -> CallToolResult:
        return await _call(request, parts, params.name, params.arguments or {})

    server: Server[Any] = Server("portfolio", on_list_tools=tools, on_call_tool=call)
    manager = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=MAX_BODY_BYTES)

    async def replied(scope: Scope, receive: Receive, send: Send) -> None:
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    return replied


async def _call(request: Request, parts: Opening, name: str, arguments: dict[str, Any]) -> CallToolResult:
    tool = {"ask": _ask, "search": _search}.get(name)
    if not tool:
        raise MCPError(INVALID_PARAMS, f"There is no tool {name!r}, there are 'ask' and 'search'.")
    try:
        return await tool(request, parts, arguments)
    except Problem as problem:
        return _failed(problem.told_in(wanted(request)), wanted(request))
    except Exception:
        log.exception("the tool %s broke", name)
        return _failed(broken().told_in(wanted(request)), wanted(request))


async def _ask(request: Request, opening: Opening, arguments: dict[str, Any]) -> CallToolResult:
    with turned_away("mcp"):
        question = _read(arguments, Question)
        language = note(request, spoken_in(question))
        parts = await opening()
        place = await parts.limits.admit(request)
    with place:
        record = await last(
            asked(answer(parts, question, language), question, spoken_in(question), "mcp", parts.settings)
        )
    listed = "\n".join(f"[{source.n}] {_named(source)}" for source in record.sources)
    return _told(f"{record.answer}\n\n{listed}" if listed else record.answer, record)


async def _search(request: Request, opening: Opening, arguments: dict[str, Any]) -> CallToolResult:
    wanted = _read(arguments, Search)
    parts = await opening()
    with await parts.limits.admit(request):
        found = await search(parts, wanted)
    return _told("\n\n".join(f"{_named(source)}\n{source.snippet}" for source in found.results), found)


def _read(arguments: dict[str, Any], kind: type[msgspec.Struct]) -> Any:
    """The arguments of a call as a `kind`. Raises Refused."""
    try:
        read = msgspec.convert(arguments, kind)
    except msgspec.ValidationError as problem:
        from functions.ask.german import misfit

        raise Refused(
            f"The arguments do not fit: {problem}. The tool's input schema says what is accepted.",
            de=f"Die Argumente passen nicht: {misfit(str(problem))}. Das Schema des Werkzeugs sagt, was passt.",
        ) from None
    if not str(getattr(read, kind.__struct_fields__[0])).strip():
        name = kind.__struct_fields__[0]
        raise Refused(
            f"The argument `{name}` is blank. It takes 1 to 2000 characters.",
            de=f"Das Argument `{name}` ist leer. Es braucht 1 bis 2000 Zeichen.",
        )
    return read


def _named(source: Source) -> str:
    return " ".join(part for part in (source.title, source.uri) if part)


def _told(text: str, record: Answer | SearchResults) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], structured_content=msgspec.to_builtins(record))


def _failed(problem: Problem, language: str) -> CallToolResult:
    when = ""
    if isinstance(problem, TooMany | Unavailable):
        when = phrase("again", language).format(s=problem.retry_after_s)
    return CallToolResult(content=[TextContent(text=problem.detail + when)], is_error=True)


def _schema(kind: Any, *unused: str) -> dict[str, Any]:
    """The JSON Schema of `kind` with an object at its root, as the protocol wants it, without `unused` fields."""
    schema = msgspec.json.schema(kind)
    parts = schema.pop("$defs")
    root: dict[str, Any] = parts.pop(schema["$ref"].rpartition("/")[2])
    root["properties"] = {name: field for name, field in root["properties"].items() if name not in unused}
    return root | ({"$defs": parts} if parts else {})


def _tool(name: str, description: str, arguments: dict[str, Any], result: Any) -> Tool:
    hints = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    output = _schema(result)
    return Tool(name=name, description=description, input_schema=arguments, output_schema=output, annotations=hints)


TOOLS = [
    _tool(
        "ask",
        "Ask about this person's professional life: work, projects, skills, education, languages. The answer comes "
        "from the person's own documents and cites them by number; what they do not say is not answered "
        "(`answered` is false).",
        _schema(Question, "stream"),
        Answer,
    ),
    _tool("search", "Find the passages of the person's documents that fit best.", _schema(Search), SearchResults),
]
