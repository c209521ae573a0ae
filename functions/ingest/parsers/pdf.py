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
from functions.ingest.parsers.dates import is_period
from functions.ingest.parsers.entries import as_sections
from functions.ingest.parsers.glyphs import read
from functions.ingest.parsers.headings import LONGEST_HEADING, with_levels
from functions.ingest.parsers.lines import Line
from functions.ingest.parsers.names import GENERIC, capitalised
from functions.ingest.parsers.shapes import Rule
from functions.ingest.parsers.tables import in_lines
from functions.shared.problem import Refused
from functions.shared.records import Section

# PDFium is not made for several threads.
_PDFIUM = Lock()

# In sizes of type: a gap this wide on a line parts cells of a table, or a title from its dates.
ROW_GAP = 2.2
# A word in capitals is no abbreviation from so many letters on.
FEWEST_CAPITALS = 4
# A heading's rule goes on so far past its text, or begins no further from it, in points: others underline.
RULE = 40.0
# Headers and footers stand within so many points of the first or last line of a page.
MARGIN = 30.0
_PAGE_NUMBER = re.compile(
    r"(?:[-–|]\s*)?(?:(?:page|seite|p\.|s\.)\s*\d{1,4}|\d{1,3})(?:\s*(?:/|\||of|von)\s*\d{1,4})?(?:\s*[-–|])?",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"(?:untitled|unspecified|\(.*\)|microsoft \w+ - .*|.*\.(?:docx?|pdf|odt|tex|html?|pages|indd))?", re.IGNORECASE
)


def pdf(content: bytes) -> Parsed:
    """A PDF, its title from its metadata, else its largest heading.

    Raises Refused when it is broken, encrypted, too long, or holds no text.
    """
    with _PDFIUM:
        pages = read(content)
    found = _without_furniture([cells(glyphs, number) for number, glyphs in enumerate(pages.glyphs)])
    tables = [in_lines(page, rules) for page, rules in zip(found, pages.rules, strict=True)]
    streams = [
        with_levels([_ruled(_line(row), pages.rules) for region in stream for row in rows(region)])
        for stream in in_order(tables)
    ]
    if not streams:
        raise Refused("The PDF holds no text: a scan needs text recognition before it is sent.")
    sections: list[Section] = []
    for stream in streams:
        sections += as_sections(stream)
    return Parsed(tuple(sections), _title(pages.title, streams))


def _without_furniture(pages: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """Without page numbers and what stands beside them, and without lines repeated at the edge of most pages."""
    edges = [_edges(page) for page in pages]
    seen = Counter(place for edge in edges for place in {_place(cell) for cell in edge})
    often = {place for place, count in seen.items() if count >= max(2, len(pages) // 2 + 1)}
    kept: list[list[Cell]] = []
    name = max(pages[0], key=lambda cell: (cell.size, cell.y), default=None) if pages else None
    for page, edge in zip(pages, edges, strict=True):
        numbered = {cell.y for cell in edge if _PAGE_NUMBER.fullmatch(cell.text)}
        text = Counter(cell.size for cell in page for _ in cell.text).most_common(1)
        dropped = {
            cell
            for cell in edge
            if (_place(cell) in often and (cell.page or cell.size <= text[0][0]))
            or (name and cell.page and cell.size < name.size and _bears(cell.text, name.text))
            or (cell.y in numbered and cell.size <= text[0][0] and len(cell.text) < LONGEST_HEADING)
        }
        kept.append([cell for cell in page if cell not in dropped])
    return kept


def _bears(text: str, name: str) -> bool:
    """Whether a line at the edge of a page repeats the name at the top of the first, with little beside it."""
    return name.casefold() in text.casefold() and len(text) < len(name) + 40


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
    dates, room = "", 0.0
    if len(told) > 1 and is_period(told[-1].text) and told[-1].gap > ROW_GAP / 2 * told[-1].size:
        room = told[-1].x
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
        row=parted or bool(dates) or first.row,
        italic=all(cell.italic for cell in told),
        end=row[-1].end,
        stress=first.stress or (first.text if first.bold and not bold else ""),
        dates=dates.strip("()[]"),
        room=room,
        caps=_in_capitals(text) or all(cell.small_caps for cell in told),
        colour=first.colour,
        goes_on=first.goes_on,
        begins=first.begins,
        ends=told[-1].ends,
    )


def _in_capitals(text: str) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    return text.isupper() and letters >= FEWEST_CAPITALS and not any(letter.isdigit() for letter in text)


def _ruled(line: Line, pages: Sequence[Sequence[Rule]]) -> Line:
    """With whether a rule stands below it, or goes on where it ends."""
    rules = [rule for rule in pages[line.page] if rule.end > line.x]
    boxed = any(0.6 * line.size < rule.y - line.y < 2.2 * line.size and rule.x < line.x + 1 for rule in rules)
    below = any(
        0 < line.y - rule.y < line.size and rule.x < line.x + line.size and rule.end > line.right + RULE
        for rule in rules
    )
    after = any(
        0 <= rule.y - line.y < line.size and 0 < rule.x - line.right < RULE and rule.end - rule.x > RULE
        for rule in rules
    )
    return replace(line, ruled=not line.row and ((below and not boxed) or after))


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


def _title(stated: str, streams: Sequence[Sequence[Line]]) -> str:
    """What the document calls itself, unless that says nothing; then its largest heading."""
    if not (_NO_TITLE.fullmatch(stated) or GENERIC.fullmatch(stated)):
        return stated
    headings = [line for stream in streams for line in stream if line.level and not line.dates]
    largest = max(headings, key=lambda line: (line.size, -line.page), default=Line("", 0, 0, 0))
    return capitalised(largest.text, set()) if largest.text.isupper() else largest.text
