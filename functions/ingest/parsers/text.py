"""Plain text → one section, its hard line breaks undone."""

from functions.ingest.parsers import Parsed
from functions.ingest.parsers.lines import Line, blocks, write
from functions.ingest.parsers.outline import Outline


def text(content: str) -> Parsed:
    """Paragraphs are parted by empty lines; lines that begin with a bullet or a number are list items."""
    outline = Outline()
    rows = content.expandtabs().split("\n")
    lines = [
        Line(row.strip(), x=len(row) - len(row.lstrip()), y=-float(number), size=2)
        for number, row in enumerate(rows)
        if row.strip()
    ]
    write(blocks(lines), outline)
    return Parsed(outline.sections())
