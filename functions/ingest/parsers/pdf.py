"""PDF → sections. A PDF knows no lines, columns or headings: all of them are found again from where glyphs stand.

    glyphs → cells → columns → lines → blocks → entries → sections

A line is taken for a heading when its type is larger than the text's, or when it is short and set in bold or in
capitals.
"""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from threading import Lock

from functions.ingest.parsers import Parsed
from functions.ingest.parsers.cells import CELL_GAP, Cell, cells
from functions.ingest.parsers.columns import in_order, rows
from functions.ingest.parsers.dates import is_period, split_period
from functions.ingest.parsers.entries import SECTION, as_sections, capitalised
from functions.ingest.parsers.glyphs import read
from functions.ingest.parsers.lines import Line
from functions.shared.problem import Refused
from functions.shared.records import Section

# PDFium is not made for several threads.
_PDFIUM = Lock()

LONGEST_HEADING = 90
# Type this much larger than the text's makes a heading.
LARGER = 1.1
# Where more of the text is bold than this, bold says nothing.
MOST_BOLD = 0.5
# In sizes of type: a gap this wide on a line parts cells of a table, or a title from its dates.
ROW_GAP = 2.2
# Headers and footers stand within so many points of the first or last line of a page.
MARGIN = 30.0
_PAGE_NUMBER = re.compile(
    r"(?:[-–|]\s*)?(?:(?:page|seite|p\.|s\.)\s*\d{1,4}|\d{1,3})(?:\s*(?:/|\||of|von)\s*\d{1,4})?(?:\s*[-–|])?",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"(?:untitled|unspecified|resume|résumé|cv|curriculum vitae|lebenslauf"
    r"|\(.*\)|microsoft \w+ - .*|.*\.(?:docx?|pdf|odt|tex))?",
    re.IGNORECASE,
)


def pdf(content: bytes) -> Parsed:
    """A PDF, its title from its metadata, else its largest heading.

    Raises Refused when it is broken, encrypted, too long, or holds no text.
    """
    with _PDFIUM:
        pages = read(content)
    found = _without_furniture([cells(glyphs, number) for number, glyphs in enumerate(pages.glyphs)])
    streams = [_with_levels([_line(row) for region in stream for row in rows(region)]) for stream in in_order(found)]
    if not streams:
        raise Refused("The PDF holds no text: a scan needs text recognition before it is sent.")
    sections: list[Section] = []
    for stream in streams:
        sections += as_sections(stream)
    title = "" if _NO_TITLE.fullmatch(pages.title) else pages.title
    return Parsed(tuple(sections), title or _largest_heading(streams))


def _without_furniture(pages: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """Without page numbers and what stands beside them, and without lines repeated at the edge of most pages."""
    edges = [_edges(page) for page in pages]
    seen = Counter(place for edge in edges for place in {_place(cell) for cell in edge})
    often = {place for place, count in seen.items() if count >= max(2, len(pages) // 2 + 1)}
    kept: list[list[Cell]] = []
    for page, edge in zip(pages, edges, strict=True):
        numbered = {cell.y for cell in edge if _PAGE_NUMBER.fullmatch(cell.text)}
        text = Counter(cell.size for cell in page for _ in cell.text).most_common(1)
        dropped = {
            cell
            for cell in edge
            if (_place(cell) in often and (cell.page or cell.size <= text[0][0]))
            or (cell.y in numbered and cell.size <= text[0][0] and len(cell.text) < LONGEST_HEADING)
        }
        kept.append([cell for cell in page if cell not in dropped])
    return kept


def _edges(page: Sequence[Cell]) -> list[Cell]:
    """The first and the last lines."""
    if not page:
        return []
    top, bottom = max(cell.y for cell in page), min(cell.y for cell in page)
    return [cell for cell in page if cell.y > top - MARGIN or cell.y < bottom + MARGIN]


def _place(cell: Cell) -> tuple[str, int, int]:
    return re.sub(r"\d+", "#", cell.text), round(cell.x), round(cell.y)


def _line(row: Sequence[Cell]) -> Line:
    """Cells on one baseline as a line, a period at either end kept apart."""
    told = list(row)
    dates = ""
    if len(told) > 1 and is_period(told[-1].text) and told[-1].gap > ROW_GAP / 2 * told[-1].size:
        dates = told.pop().text
    elif len(told) > 1 and is_period(told[0].text):
        dates = told.pop(0).text
    text, parted = told[0].text, False
    for last, cell in pairwise(told):
        apart = _apart(cell, told)
        stopped = last.text[-1] in ",;:|–-•" or cell.text[0] in ",;.|–"
        text += f"{', ' if apart and not stopped else ' '}{cell.text}"
        parted |= apart
    first = told[0]
    bold = all(cell.bold for cell in told)
    return Line(
        text=_unbraced(text),
        x=first.x,
        y=first.y,
        size=max(cell.size for cell in told),
        bold=bold,
        page=first.page,
        row=parted or bool(dates),
        italic=all(cell.italic for cell in told),
        end=row[-1].end,
        stress=first.stress or (first.text if first.bold and not bold else ""),
        dates=dates.strip("()[]"),
    )


def _apart(cell: Cell, row: Sequence[Cell]) -> bool:
    """Whether the gap before `cell` parts cells of a table; in justified text all gaps of a line are wide."""
    if cell.gap > ROW_GAP * cell.size:
        return True
    spaces = [other.space for other in row if other.space]
    gaps = [other.gap for other in row[1:]]
    usual = max(spaces) if spaces else statistics.median(gaps) if len(gaps) > 1 else 0.0
    return cell.gap > max(CELL_GAP * 1.2 * cell.size, 1.5 * usual)


def _unbraced(text: str) -> str:
    """Without a brace that has no partner."""
    return text.replace("{", "").replace("}", "").strip() if text.count("{") != text.count("}") else text


def _with_levels(lines: Sequence[Line]) -> list[Line]:
    """Levels by size of type, then capitals, then bold, then a period beside the text."""
    weight: Counter[float] = Counter()
    for line in lines:
        weight[line.size] += len(line.text)
    body = max(weight, key=lambda size: weight[size])
    larger = sorted((size for size in weight if size >= body * LARGER), reverse=True)
    text = [line for line in lines if line.size not in larger]
    bold_share = sum(len(line.text) for line in text if line.bold) / sum(len(line.text) for line in text)
    return _role([replace(line, level=_level(line, body, larger, bold_share < MOST_BOLD)) for line in lines])


def _level(line: Line, body: float, larger: Sequence[float], bold_tells: bool) -> int:
    text = line.text
    if len(text) > LONGEST_HEADING or not any(letter.isalpha() for letter in text) or text[0] in "•\x7f-–*":
        return 0
    if line.size in larger:
        return larger.index(line.size) + 1
    if line.size < body or (text[-1] in ".,;:!?" and not line.dates):
        return 0
    letters = [letter for letter in text if letter.isalpha()]
    if bold_tells and len(letters) >= 4 and text.isupper() and not any(letter.isdigit() for letter in text):
        return len(larger) + 1
    title, period = split_period(text) if line.stress else ("", "")
    if bold_tells and (line.bold or (line.stress and (line.dates or (period and title == line.stress)))):
        return len(larger) + 2
    return len(larger) + 3 if line.dates and not SECTION.fullmatch(text) else 0


def _role(lines: list[Line]) -> list[Line]:
    """The line below a name at the top says what the person is: no heading, and better with the name."""
    if len(lines) < 3 or not 0 < lines[0].level < lines[1].level or lines[1].size == lines[0].size:
        return lines
    alone = sum(line.level == lines[1].level for line in lines) == 1
    if not alone or not lines[2].level or SECTION.fullmatch(lines[1].text) or lines[1].bold > lines[0].bold:
        return lines
    told = replace(lines[1], text=f"{lines[0].text}, {lines[1].text}", level=0, row=True)
    return [lines[0], told, *lines[2:]]


def _largest_heading(streams: Sequence[Sequence[Line]]) -> str:
    headings = [line for stream in streams for line in stream if line.level and not line.dates]
    largest = max(headings, key=lambda line: (line.size, -line.page), default=Line("", 0, 0, 0)).text
    return capitalised(largest, set()) if largest.isupper() else largest
