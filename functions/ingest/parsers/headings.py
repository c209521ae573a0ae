"""Which lines are headings, and of which level: told by their type against that of the text.

    type larger than the text's > capitals, small capitals > bold, a colour of its own > a period beside the line

Lines of one style, many of which bear names of sections or have a rule below, are the headings of sections, whatever
their size: what is larger and comes after the first of them stands below them, such as titles of jobs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from functions.ingest.parsers.dates import is_period, split_period
from functions.ingest.parsers.lines import Line
from functions.ingest.parsers.names import GENERIC, PARTS, capitalised, names_section

LONGEST_HEADING = 90
# Type this much larger than the text's makes a heading; capitals may be this much smaller.
LARGER, SMALLER = 1.1, 0.8
# Where more of the text is bold than this, bold says nothing.
MOST_BOLD = 0.5
# A style is that of sections when so many of its lines, and this share, have the name of one or a rule below;
# from the second share on all of its lines are.
FEWEST, SHARE, ALL = 2, 0.25, 0.6
# White above a heading that nothing else tells, in times of the usual leading.
WHITE = 1.3

Style = tuple[float, bool, bool, bool, int]  # size, capitals, bold, italic, colour
_Rank = tuple[float, float]  # of a level: the smaller the higher


@dataclass(frozen=True, slots=True)
class _Text:
    """How the text of a stream is set."""

    size: float
    colour: int
    bold_tells: bool


def with_levels(lines: Sequence[Line]) -> list[Line]:
    """`lines` with their levels, and with those marked that open a section."""
    text = _text(lines)
    styles = [_style(line, text) for line in lines]
    opening = _opening(lines, styles, text)
    ranks = [_rank(line, after, text) for line, after in pairwise([*lines, None]) if line]
    ranks = _ordered(ranks, opening, text)
    levels = {rank: level for level, rank in enumerate(sorted({rank for rank in ranks if rank}), 1)}
    told = [
        replace(line, level=levels[rank] if rank else 0, section=_is_section(line, rank, number, opening))
        for number, (line, rank) in enumerate(zip(lines, ranks, strict=True))
    ]
    return _role(_without_dated_heads(told), text)


def _text(lines: Sequence[Line]) -> _Text:
    weight: Counter[float] = Counter()
    colours: Counter[int] = Counter()
    for line in lines:
        weight[line.size] += len(line.text)
    body = max(weight, key=lambda size: weight[size])
    text = [line for line in lines if line.size < body * LARGER]
    for line in text:
        colours[line.colour] += len(line.text)
    bold = sum(len(line.text) for line in text if line.bold) / sum(len(line.text) for line in text)
    return _Text(body, colours.most_common(1)[0][0], bold < MOST_BOLD)


def _style(line: Line, text: _Text) -> Style:
    """What tells its type; a colour only where nothing else does."""
    told = line.caps or line.bold or line.size >= text.size * LARGER
    return line.size, line.caps, line.bold, line.italic, text.colour if told else line.colour


def _may_head(line: Line) -> bool:
    text = line.text
    return (
        len(text) <= LONGEST_HEADING
        and any(letter.isalpha() for letter in text)
        and text[0] not in "•\x7f-–*"
        and not line.goes_on
        and not re.search(r"\S@\S", text)
    )


def _opening(lines: Sequence[Line], styles: Sequence[Style], text: _Text) -> set[int]:
    """Which lines open sections."""
    by_style: defaultdict[Style, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if _may_head(line) and not line.row and line.size >= text.size * SMALLER and _unfinished(line.text):
            by_style[styles[number]].append(number)
    found: set[int] = set()
    for style, numbers in by_style.items():
        plain = style[1:3] == (False, False) and style[0] < text.size * LARGER and style[4] == text.colour
        known = [number for number in numbers if names_section(lines[number].text) or lines[number].ruled]
        known = [number for number in known if not plain or lines[number].ruled or _set_off(lines, number)]
        if plain or not text.bold_tells:
            found |= set(known) if len(known) > FEWEST else set()
        elif len(known) >= FEWEST and len(known) >= SHARE * len(numbers):
            undated = {number for number in numbers if number in known or not _dated(lines, number)}
            ruled = sum(lines[number].ruled for number in known) >= 0.5 * len(known)
            apart = style[0] >= text.size * LARGER or style[1]
            every = apart or (len(known) >= ALL * len(undated) and not ruled)
            found |= undated if every else set(known)
    return found


def _dated(lines: Sequence[Line], number: int) -> bool:
    """Whether a period stands in the line or below it."""
    below = lines[number + 1] if number + 1 < len(lines) else None
    return bool(split_period(lines[number].text)[1]) or (
        below is not None and bool(below.dates or is_period(below.text))
    )


def _is_section(line: Line, rank: _Rank | None, number: int, opening: set[int]) -> bool:
    """Whether it opens a section; where no style is that of sections, capitals and a usual name do."""
    named = (line.caps and not line.dates) or names_section(line.text)
    return number in opening if opening else rank is not None and named


def _unfinished(text: str) -> bool:
    return text[-1] not in ".,;!?" and not (text[-1] == ":" and not names_section(text))


def _set_off(lines: Sequence[Line], number: int) -> bool:
    """Whether white stands above the line, more than between the lines of the text."""
    line = lines[number]
    if number == 0 or lines[number - 1].page != line.page:
        return True
    gaps = [above.y - below.y for above, below in pairwise(lines) if above.page == below.page and above.y > below.y]
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 0.0
    return lines[number - 1].y - line.y > WHITE * usual or lines[number - 1].y < line.y


def _rank(line: Line, after: Line | None, text: _Text) -> _Rank | None:
    """Where the line stands by its type alone; None for text."""
    told = line.text
    if not _may_head(line):
        return None
    if line.size >= text.size * LARGER:
        return 0, -line.size
    if line.size < text.size * (SMALLER if line.caps else 1) or (told[-1] in ".,;:!?" and not line.dates):
        return None
    if text.bold_tells and line.caps and line.size >= text.size:
        return 2, 0
    if text.bold_tells and (line.bold or (line.stress and _is_title(line, after))):
        return 3, 0
    return (4, 0) if line.dates and not names_section(told) else None


def _is_title(line: Line, after: Line | None) -> bool:
    """Whether bold words begin an entry: a period stands beside them, or below when something else does."""
    title, period = split_period(line.text)
    below = line.row and after is not None and after.dates and not (after.stress or after.bold)
    return bool(line.dates or (period and title == line.stress) or below)


def _ordered(ranks: Sequence[_Rank | None], opening: set[int], text: _Text) -> list[_Rank | None]:
    """Ranks, those of headings that come after the first section's below it."""
    if not opening:
        return list(ranks)
    start = min(opening)
    before = {rank for number, rank in enumerate(ranks) if rank and rank[0] == 0 and number < start}
    sizes = [rank[1] for number in opening if (rank := ranks[number]) and rank[0] == 0]
    section: _Rank = (0, max(sizes)) if sizes else (1, 0)
    told: list[_Rank | None] = []
    for number, rank in enumerate(ranks):
        if number in opening:
            told.append(rank if rank and rank[0] == 0 and rank[1] <= section[1] else section)
        elif rank and rank[0] == 0 and (rank not in before or rank == section) and number > start:
            told.append((1.5, rank[1]))
        else:
            told.append(rank)
    return told


def _without_dated_heads(lines: list[Line]) -> list[Line]:
    """A period beside the line below a title is the title's: "Hamburg      2019 – 2022"."""
    told = lines[:1]
    for above, line in pairwise(lines):
        title = above.level and not above.section and not above.dates and above.y - line.y < 2 * line.size
        below = title and line.dates and above.level < line.level and not split_period(above.text)[1]
        told.append(replace(line, level=0) if below and not (line.bold or line.caps or line.stress) else line)
    return told


def _role(lines: list[Line], text: _Text) -> list[Line]:
    """The line below a name at the top says what the person is: no heading, and better with the name."""
    if len(lines) < 3 or not lines[0].level or lines[0].section or lines[1].section or lines[1].size == lines[0].size:
        return lines
    name, role = lines[:2]
    if GENERIC.fullmatch(name.text) and role.level and role.size >= text.size * LARGER:
        return _role(lines[1:], text)  # "Lebenslauf", and the name below it
    alone = sum(line.level == role.level for line in lines) == 1 and lines[2].level
    headed = 0 < name.level < role.level and (alone or any(line.section for line in lines[2:]))
    plain = not role.level and name.size >= 1.5 * text.size and _is_role(role.text)
    if names_section(role.text) or role.bold > name.bold or not (headed or plain):
        return lines
    called = capitalised(name.text, set()) if name.caps else name.text
    told = replace(role, text=f"{called}, {PARTS.sub(', ', role.text)}", level=0, row=True)
    return [name, told, *lines[2:]]


def _is_role(text: str) -> bool:
    return len(text) <= 80 and not re.search(r"[@\d]|www\.|https?:", text) and text[-1] not in ".,;:!?"
