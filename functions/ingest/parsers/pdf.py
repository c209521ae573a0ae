"""PDF → sections, by pypdf (https://pypdf.readthedocs.io).

A PDF knows no headings: a line is taken for one when its type is larger than the text's, or when it is short
and set in bold or in capitals.
"""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from functions.ingest.parsers import Parsed
from functions.ingest.parsers.lines import Line, flow
from functions.ingest.parsers.outline import Outline
from functions.shared.problem import Problem, Refused

MOST_PAGES = 500
LONGEST_HEADING = 90
# Type this much larger than the text's makes a heading.
LARGER = 1.1
_BOLD = re.compile(r"bold|black|heavy|-bd\b", re.IGNORECASE)
_BULLETS = re.compile(r"[•\x7f–*-]|\(cid:\d+\)|\d{1,2}[.)]")
_PAGE_NUMBER = re.compile(r"(?:page|seite|p\.|s\.)?\s*\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?", re.IGNORECASE)
_NO_TITLE = re.compile(r"(?:untitled|unspecified|\(.*\)|microsoft \w+ - .*|.*\.(?:docx?|pdf|odt|tex))?", re.IGNORECASE)


def pdf(content: bytes) -> Parsed:
    """A PDF, its title from its metadata, else from its first heading.

    Raises Refused when it is broken, encrypted, too long, or holds no text.
    """
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refused("The PDF is encrypted: only documents that open without a password are accepted.")
        if len(reader.pages) > MOST_PAGES:
            raise Refused(f"The PDF has {len(reader.pages)} pages: at most {MOST_PAGES} are accepted.")
        lines = [line for number, page in enumerate(reader.pages) for line in _lines(page, number)]
        title = str((reader.metadata.title if reader.metadata else None) or "").strip()
    except Problem:
        raise
    except Exception as cause:  # a broken file makes pypdf raise whatever its parser stumbles over
        raise Refused(f"The PDF cannot be read ({type(cause).__name__}): it is broken or encrypted.") from cause
    if not lines:
        raise Refused("The PDF holds no text: a scan needs text recognition before it is sent.")
    outline = Outline()
    flow(_with_levels(_without_furniture(lines)), outline)
    return Parsed(outline.sections(), outline.first_heading if _NO_TITLE.fullmatch(title) else title)


def _lines(page: Any, number: int) -> list[Line]:
    """The page's lines in the order of its content; cells on one baseline are joined."""
    fragments: list[Line] = []

    def visit(text: str, matrix: Any, text_matrix: Any, font: Any, size: float) -> None:
        if text:
            x = text_matrix[4] * matrix[0] + matrix[4]
            y = text_matrix[5] * matrix[3] + matrix[5]
            points = abs(size * text_matrix[3] * matrix[3]) or abs(size)
            bold = bool(font and _BOLD.search(str(font.get("/BaseFont", ""))))
            fragments.append(Line(text, x, y, round(points, 1), bold, number))

    page.extract_text(visitor_text=visit)
    lines: list[Line] = []
    for printed in _split_lines(fragments):
        if lines and abs(lines[-1].y - printed.y) < 1 and printed.x > lines[-1].x:
            parting = " " if lines[-1].text[-1] in ",;:|–-•\x7f" or printed.text[0] in ",;.|–" else ", "
            text = f"{lines[-1].text}{parting}{printed.text}"
            row = lines[-1].row or not _BULLETS.fullmatch(lines[-1].text)
            lines[-1] = replace(lines[-1], text=text, bold=lines[-1].bold and printed.bold, row=row)
        else:
            lines.append(printed)
    return lines


def _split_lines(fragments: Sequence[Line]) -> list[Line]:
    """Fragments put together up to each line break."""
    lines: list[Line] = []
    open_line: list[Line] = []
    for fragment in fragments:
        *ended, rest = fragment.text.split("\n")
        for piece in ended:
            lines += _whole([*open_line, replace(fragment, text=piece)])
            open_line = []
        open_line.append(replace(fragment, text=rest))
    return lines + _whole(open_line)


def _whole(pieces: Sequence[Line]) -> list[Line]:
    text = " ".join("".join(piece.text for piece in pieces).split())
    told = [piece for piece in pieces if piece.text.strip()]
    if not text:
        return []
    return [replace(told[0], text=text, bold=all(piece.bold for piece in told), size=max(p.size for p in told))]


def _without_furniture(lines: Sequence[Line]) -> list[Line]:
    """Without page numbers, and without what stands at the same height of most of three or more pages."""
    pages = lines[-1].page + 1
    places = {(line.text, round(line.y), line.page) for line in lines}
    seen = Counter((text, y) for text, y, _ in places)
    kept = [line for line in lines if pages < 3 or seen[line.text, round(line.y)] <= pages // 2]
    heights: dict[int, list[float]] = {}
    for line in kept:
        heights.setdefault(line.page, []).append(line.y)
    return [
        line
        for line in kept
        if not (_PAGE_NUMBER.fullmatch(line.text) and line.y in (min(heights[line.page]), max(heights[line.page])))
    ]


def _with_levels(lines: Sequence[Line]) -> list[Line]:
    """Levels by size of type, then capitals, then bold."""
    weight: Counter[float] = Counter()
    for line in lines:
        weight[line.size] += len(line.text)
    body = max(weight, key=lambda size: weight[size])
    bold_share = sum(len(line.text) for line in lines if line.bold) / sum(weight.values())
    larger = sorted((size for size in weight if size >= body * LARGER), reverse=True)
    return [replace(line, level=_level(line, body, larger, bold_share < 0.4)) for line in lines]


def _level(line: Line, body: float, larger: Sequence[float], bold_tells: bool) -> int:
    text = line.text
    if len(text) > LONGEST_HEADING or not any(letter.isalpha() for letter in text) or text[0] in "•\x7f-–*":
        return 0
    if line.size in larger:
        return larger.index(line.size) + 1
    if line.size < body or text[-1] in ".,;:!?" or not bold_tells:
        return 0
    letters = [letter for letter in text if letter.isalpha()]
    if len(letters) >= 4 and text.isupper() and not any(letter.isdigit() for letter in text):
        return len(larger) + 1
    return len(larger) + 2 if line.bold else 0
