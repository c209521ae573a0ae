"""Blocks of a CV → sections that can be quoted alone.

An entry (a job, a degree, a project) is a heading with a period beside, in or below it. Employer and place below
the title join it, and the period stands in the text: "Data Engineer, Quayline Analytics, Bremen, 02/2020 – 05/2023".
A list of short items becomes one line under the name of its group: "Programming: Python, SQL, Scala".
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from functions.ingest.parsers.dates import split_period
from functions.ingest.parsers.lines import TIGHT, Block, Line, blocks, write
from functions.ingest.parsers.names import PARTS, capitalised
from functions.ingest.parsers.outline import Outline
from functions.shared.records import Section

# What stands below a title and above its text: so many lines, each so long at most.
MOST_HEADS, LONGEST_HEAD = 2, 80
# A list whose items are no longer than this is told as one line of no more than that.
LONGEST_ITEM, LONGEST_LIST = 60, 280
# Lines without bullets are a list when none is longer than this.
LONGEST_BARE = 40
_FINISHED = re.compile(r"[.!?:;]\Z")
# What ends a part that a comma of ours follows: what parted it before, or a stop, unless that of an abbreviation.
_LOOSE = re.compile(r"(?:\s*[,;:|·•]|\s[-–—]|(?<=[^\W\d_A-Z]{4})\.|(?<=\d)\.)+\Z")
# Looked for in so many characters at the end: from every blank of a long text on would take seconds.
_END = 40


def as_sections(lines: Sequence[Line]) -> tuple[Section, ...]:
    """The sections of one stream of text."""
    outline = Outline()
    write(_entries(_lowered(_groups(blocks(lines)))), outline, paged=True)
    return tuple(replace(section, text=_as_line(section)) for section in outline.sections())


def _groups(found: Sequence[Block]) -> list[Block]:
    """A bold name over a line that is no sentence is the name of a group: "Cloud: Azure, AWS"."""
    told: list[Block] = []
    for block, after in pairwise([*found, None]):
        last = told[-1] if told else None
        ends = after is None or after.level or after.first.stress
        if last and block and ends and last.level and _is_group(last, block):
            told[-1] = Block(f"{last.text}: {block.text}", replace(last.first, level=0, row=True), block.last)
        elif block:
            told.append(_named(block))
    return told


def _named(block: Block) -> Block:
    """A bold name and a list on one line, parted by a colon."""
    name, text = block.first.stress, block.text
    rest = text.removeprefix(f"{name} ")
    listed = ", " in rest and rest[0].isupper() and not _FINISHED.search(rest)
    if block.level or block.is_item or not name or rest == text or not name[-1].isalnum() or not listed:
        return block
    return replace(block, text=f"{name}: {rest}", first=replace(block.first, row=True))


def _is_group(name: Block, block: Block) -> bool:
    return (
        name.first.bold
        and name.first.size == block.first.size
        and not (name.first.section or _period(name))
        and not (block.level or block.is_item or block.first.row or _period(block) or _FINISHED.search(block.text))
    )


def _entries(found: Sequence[Block]) -> list[Block]:
    """Blocks with the heads of entries put together."""
    told: list[Block] = []
    number = 0
    while number < len(found):
        heads = _heads(found, number)
        after = number + len(heads)
        if heads:
            told += _entry(heads, found[after : after + 1])
            joined = told[-1].last is not heads[-1].last  # with the paragraph that follows
            number = after + joined
        else:
            told.append(_dated(found[number]))
            number += 1
    return told


def _dated(block: Block) -> Block:
    """A block of no entry with the period that stood beside it."""
    dates = block.first.dates
    return replace(block, text=f"{_bare(block.text)}, {dates}") if dates and dates not in block.text else block


def _bare(text: str) -> str:
    """A text that a comma of ours may follow."""
    return text[:-_END] + _LOOSE.sub("", text[-_END:])


def _heads(found: Sequence[Block], number: int) -> list[Block]:
    """The blocks from `number` on that are the head of an entry; none where no entry begins."""
    title = found[number]
    if not title.level or title.first.section:
        return []
    heads = [title]
    for block in found[number + 1 : number + 1 + MOST_HEADS]:
        if not (_is_head(block) or _goes_on(heads[-1], block)) or (
            _period(block) and any(_period(head) for head in heads)
        ):
            break
        heads.append(block)
    while heads and not any(_period(head) for head in heads):
        heads.pop()
    return heads


def _is_head(block: Block) -> bool:
    one_line = block.first is block.last
    return one_line and not (
        block.level
        or block.is_item
        or block.first.stress.endswith(":")
        or len(block.text) > LONGEST_HEAD
        or _FINISHED.search(block.text)
    )


def _goes_on(head: Block, block: Block) -> bool:
    """Whether `block` is the second line of a title that has its period beside the first."""
    near = 0 < head.last.y - block.first.y < TIGHT * head.first.size and head.first.page == block.first.page
    return bool(head.first.dates) and head.level == block.level and not block.first.dates and near


def _period(block: Block) -> str:
    return block.first.dates or split_period(block.text)[1]


def _entry(heads: Sequence[Block], following: Sequence[Block]) -> list[Block]:
    """A heading and the text it opens."""
    names = [_name(head) for head in heads]
    title = ", ".join(name for name in names if name)
    period = next((period for head in heads if (period := _period(head))), "")
    whole = f"{title}, {period}" if period not in title else title
    first, last = heads[0].first, heads[-1].last
    body = following[0] if following else None
    if body is None or body.level:
        if len(heads) == 1:  # nothing below it: a line of its section
            return [Block(whole, replace(first, level=0, row=True, text=whole), last)]
    elif not body.is_item and not body.first.stress.endswith(":") and not body.first.row:
        return [
            Block(title, replace(first, text=title), last),
            Block(f"{whole}: {body.text}", replace(body.first, text=whole), body.last),
        ]
    return [
        Block(title, replace(first, text=title), first),
        Block(whole, replace(first, level=0, row=False, text=whole), last),
    ]


def _name(head: Block) -> str:
    """A head without its period; one in brackets stays, as it belongs to a name: "GridPulse (2024)"."""
    text, period = split_period(head.text)
    if head.first.dates or (period and head.text.endswith((")", "]"))):
        text = head.text
    return ", ".join(filter(None, (_bare(part) for part in PARTS.split(text))))


def _lowered(found: Sequence[Block]) -> list[Block]:
    """Headings in capitals as names; a word that the text has in capitals too keeps them."""
    shouted = {
        word for block in found if not block.text.isupper() for word in re.findall(r"\w+", block.text) if word.isupper()
    }
    return [
        replace(block, text=capitalised(block.text, shouted)) if block.level and block.text.isupper() else block
        for block in found
    ]


def _as_line(section: Section) -> str:
    """The text of a section; one list of short items under its heading as one line."""
    told = [item.rstrip(" ,") for item in _bare_items(section.text)]
    if not section.path or len(told) < 2 or told[0].startswith(section.path[-1]):
        return section.text
    line = f"{section.path[-1]}: {('; ' if any(', ' in item for item in told) else ', ').join(told)}"
    short = all(len(item) <= LONGEST_ITEM and not _FINISHED.search(item) for item in told)
    return line if short and len(line) <= LONGEST_LIST else section.text


def _bare_items(text: str) -> list[str]:
    """The items of a text that is one list, or nothing but short lines; empty for any other."""
    items = text.split("\n")
    if all(item.startswith("- ") for item in items):
        return [item[2:] for item in items]
    lines = text.split("\n\n")
    bare = all(len(line) <= LONGEST_BARE and not re.search(r"\n|\d{4}|[@:]", line) for line in lines)
    return lines if bare else []
