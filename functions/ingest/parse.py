"""Bytes by media type → a Document of titled sections."""

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import get_args
from urllib.parse import unquote, urlsplit

from functions.ingest.event import Published
from functions.ingest.media import DOCX, RESUME, charset, essence
from functions.ingest.parsers import Parsed
from functions.shared.problem import Malformed, Refused, WrongMediaType
from functions.shared.records import Audience, Document, Section

_HTML_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# Characters nobody sees: they would hide a telephone number from the redaction and a word from the search.
_CONTROL = re.compile(
    r"[\x00-\x08\x0e-\x1f\x80-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# "０１５１", "＠": the same characters for East Asian columns.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


def parse(published: Published) -> Document:
    """The document in `published`. Raises WrongMediaType, Malformed or Refused, each saying what is accepted."""
    media_type = essence(published.content_type)
    if media_type not in _PARSERS:
        raise WrongMediaType(f"Documents of type {media_type} are not accepted. Accepted: {', '.join(_PARSERS)}.")
    parsed = _PARSERS[media_type](published)
    if not any(section.text for section in parsed.sections):
        raise Refused("The document holds no text.")
    title = clean(published.title or parsed.title).strip() or _prettified(published.document)
    uri = _checked_uri(published.uri or parsed.uri or published.found_at)
    return Document(
        id=published.document,
        title=title,
        uri=uri,
        sections=_below(title, parsed.sections),
        audience=_stricter(published.audience or "public", parsed.audience),
        updated=parsed.updated,
        page=_page(published) if media_type == "text/html" and uri.startswith("https:") else "",
    )


def _markdown(published: Published) -> Parsed:
    from functions.ingest.parsers.markdown import markdown

    text = _decoded(published)
    parsed = markdown(text)
    on_github = published.found_at.startswith("https://github.com/") and not (published.uri or parsed.uri)
    return markdown(text, github=True) if on_github else parsed


def _html(published: Published) -> Parsed:
    from functions.ingest.parsers.html import html

    return html(_decoded(published))


def _page(published: Published) -> str:
    from functions.ingest.parsers.html import visible

    return visible(_decoded(published))


def _plain(published: Published) -> Parsed:
    from functions.ingest.parsers.text import text

    return text(_decoded(published))


def _pdf(published: Published) -> Parsed:
    from functions.ingest.parsers.pdf import pdf

    return pdf(published.content)


def _docx(published: Published) -> Parsed:
    from functions.ingest.parsers.docx import docx

    return docx(published.content)


def _resume(published: Published) -> Parsed:
    from functions.ingest.parsers.resume import resume

    return resume(_decoded(published))


_PARSERS: dict[str, Callable[[Published], Parsed]] = {
    "text/markdown": _markdown,
    "text/plain": _plain,
    "text/html": _html,
    "application/pdf": _pdf,
    DOCX: _docx,
    "application/json": _resume,
    RESUME: _resume,
}


def _decoded(published: Published) -> str:
    """Text by the charset that is named, else as UTF-8; new lines and odd characters made uniform."""
    content = published.content
    named = charset(published.content_type)
    if not named and essence(published.content_type) == "text/html" and (meta := _HTML_CHARSET.search(content[:2048])):
        named = meta[1].decode()
    try:
        text = content.decode("utf-8-sig" if not named or named.lower() in ("utf-8", "utf8") else _codec(named))
    except UnicodeDecodeError as cause:
        raise Malformed(
            f"The document is not valid {named or 'UTF-8'}: byte {cause.start} cannot be read."
            " Another encoding is named by the `charset` of its content type."
        ) from cause
    return clean(text)


def _codec(named: str) -> str:
    try:
        found = codecs.lookup(named)
        if not found._is_text_encoding:
            raise LookupError
        return found.name
    except LookupError:
        raise WrongMediaType(f"The charset {named!r} is not known. UTF-8 always is.") from None


def clean(text: str) -> str:
    """Text with uniform new lines, composed letters, and without control characters and ligatures."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", text.translate(_LIGATURES).translate(_FULL_WIDTH))


def _below(title: str, sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Paths without a heading that only repeats the title, and without one that all sections share."""
    firsts = {section.path[:1] for section in sections}
    shared = firsts.pop() if len(firsts) == 1 else None

    def trimmed(section: Section) -> Section:
        path = tuple(clean(heading) for heading in section.path)
        repeats = path and path[0].casefold() in title.casefold()
        if repeats or (section.path[:1] == shared and len(path) > 1):
            path = path[1:]
        return replace(section, path=path, text=clean(section.text))

    return tuple(trimmed(section) for section in sections if section.text)


def _stricter(first: Audience, second: Audience) -> Audience:
    return max(first, second, key=get_args(Audience).index)


def _checked_uri(uri: str) -> str:
    uri = uri.strip()
    try:
        scheme = urlsplit(uri).scheme
    except ValueError:
        scheme = "?"
    if scheme not in ("", "http", "https") or not uri.isprintable() or " " in uri:
        told = f" with the scheme {scheme}" if scheme.isalpha() and scheme not in ("http", "https") else ""
        raise Refused(f"The uri{told} is not accepted: it is an http or https address, or a path, without blanks.")
    return uri


def _prettified(document: str) -> str:
    """The last part of an id in words: work/vita-scale.md → Vita scale."""
    name = re.sub(r"\.\w{1,5}$", "", document.rstrip("/").rpartition("/")[2])
    name = unquote(name) if "://" in document else name
    words = re.sub(r"[-_\s]+", " ", name).strip()
    return words[:1].upper() + words[1:] or document
