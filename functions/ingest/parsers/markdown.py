"""Markdown → sections: front matter by PyYAML, the text by markdown-it (CommonMark with tables).

The text is rendered and read as HTML, so that both formats follow the same rules; links keep their text,
and an autolink its address. `<!-- audience: … -->` directly below a heading gives the section its audience.
"""

import datetime
import re
from typing import Any

import yaml
from markdown_it import MarkdownIt

from functions.ingest.parsers import Parsed
from functions.ingest.parsers.html import read
from functions.ingest.privacy import audience
from functions.shared.problem import Refused

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_UNCLOSED = re.compile(r"\A---[ \t]*\n[\w-]+[ \t]*:")
_ACCEPTED = "title, uri, audience and updated"


def markdown(text: str, github: bool = False) -> Parsed:
    """A document, its title from the front matter, else from its first heading. Raises Refused.

    `github`: it is read there, so its headings have the ids that GitHub gives them.
    """
    fields, body = _split(text)
    outline = read(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(body), github)
    return Parsed(
        sections=outline.sections(),
        title=_text(fields, "title") or outline.first_heading,
        uri=_text(fields, "uri"),
        updated=_date(fields),
        audience=audience(fields["audience"]) if "audience" in fields else "public",
    )


def _split(text: str) -> tuple[dict[str, Any], str]:
    """Front matter and the rest."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        # An audience that is written but not read must not become public.
        if _UNCLOSED.match(text):
            raise Refused("The front matter opens with `---` and is never closed: it ends with a line of `---`.")
        return {}, text
    try:
        fields = yaml.safe_load(found[1])
    except yaml.YAMLError as cause:
        line = getattr(getattr(cause, "problem_mark", None), "line", 0) + 2
        raise Refused(f"The front matter is not valid YAML (line {line}). It takes {_ACCEPTED}.") from cause
    if fields is None:
        return {}, text[found.end() :]
    if not isinstance(fields, dict):
        raise Refused(f"The front matter must be `key: value` lines. It takes {_ACCEPTED}.")
    return {str(key).lower(): value for key, value in fields.items()}, text[found.end() :]


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, (dict, list)):
        raise Refused(f"The front matter's `{name}` must be one line of text.")
    return "" if value is None else " ".join(str(value).split())


def _date(fields: dict[str, Any]) -> str:
    value = fields.get("updated")
    if value is None:
        return ""
    try:
        return datetime.date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise Refused("The front matter's `updated` must be a date such as 2026-01-31.") from None
