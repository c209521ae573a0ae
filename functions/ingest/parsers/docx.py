"""Word's DOCX → sections: the package checked (package.py), turned into HTML by Mammoth, and read as HTML.

So headings, lists, tables and links follow the rules of a page (https://github.com/mwilliamson/python-mammoth). Where
nobody used heading styles, a short paragraph set in bold is a heading; where a table's first row is bold, it is its
header. Hidden, deleted and commented text, headers, footers and pictures are left out, and so are notes' numbers.
"""

import re
from io import BytesIO
from typing import Any

from functions.ingest.parsers import Parsed
from functions.ingest.parsers.html import read
from functions.ingest.parsers.package import opened
from functions.shared.problem import Refused

# As Word names them in every language, as LibreOffice does, and as converters translate them.
_HEADINGS = [(name.format(n), n) for n in range(1, 7) for name in ("heading {}", "Heading {}", "Überschrift {}")]
_STYLES = "\n".join(
    ["p[style-name='Title'] => h1:fresh", "p[style-name='Titel'] => h1:fresh"]
    + [f"p[style-name='{name}'] => h{level}:fresh" for name, level in _HEADINGS]
    + [
        f"p:{kind}-list({depth}) => {'ul|ol > li > ' * (depth - 1)}{tag} > li:fresh"
        for kind, tag in (("unordered", "ul"), ("ordered", "ol"))
        for depth in range(1, 6)
    ]
)
_BOLD_HEADING = "heading 2"
LONGEST_HEADING = 80
_NOTE_MARK = re.compile(
    r'<sup><a href="#(?:foot|end)note-[^>]*>\[\d+\]</a></sup>|<a href="#(?:foot|end)note-ref-[^>]*>↑</a>'
)
_NO_TITLE = re.compile(
    r"(?:untitled|document\d*|dokument\d*|word document|microsoft word.*|.*\.(?:docx?|dotx|pdf))?", re.I
)


def docx(content: bytes) -> Parsed:
    """A document, its title from its properties, else from its first heading.

    Raises Refused when it is broken, encrypted, or would unpack to too much.
    """
    package = opened(content)
    try:
        html = _html(package.content)
    except RecursionError:
        raise Refused("The DOCX nests its elements too deep to be a document that somebody wrote.") from None
    except Exception as cause:  # Mammoth was made for good documents: what it raises for others is of any kind
        raise Refused("The DOCX cannot be read: it is broken, or no Word document.") from cause
    outline = read(_NOTE_MARK.sub("", html))
    title = "" if _NO_TITLE.fullmatch(package.title) else package.title
    return Parsed(outline.sections(), title or outline.first_heading, updated=package.updated)


def _html(content: bytes) -> str:
    import mammoth  # 70 ms

    converted = mammoth.convert_to_html(
        BytesIO(content),
        style_map=_STYLES,
        include_default_style_map=False,
        include_embedded_style_map=False,
        transform_document=_told_by_type,
        convert_image=lambda image: [],
    )
    return str(converted.value)


def _told_by_type(document: Any) -> Any:
    """Headings and header rows that are only set in bold."""
    from mammoth.documents import Paragraph, Table
    from mammoth.transforms import get_descendants_of_type

    names = {name.casefold() for name, _ in _HEADINGS}
    styled = any((p.style_name or "").casefold() in names for p in get_descendants_of_type(document, Paragraph))
    children = []
    for child in document.children:
        if isinstance(child, Table):
            child = _with_header(child)
        elif isinstance(child, Paragraph) and not styled and _is_bold_heading(child):
            child = child.copy(style_id=None, style_name=_BOLD_HEADING)
        children.append(child)
    return document.copy(children=children)


def _is_bold_heading(paragraph: Any) -> bool:
    text, bold = _type(paragraph)
    short = 0 < len(text) <= LONGEST_HEADING and text[-1] not in ".,;!?"
    return bold and short and paragraph.numbering is None and any(letter.isalpha() for letter in text)


def _with_header(table: Any) -> Any:
    first = table.children[0] if len(table.children) > 1 else None
    if first is None or not all(_type(cell)[1] for cell in first.children):
        return table
    return table.copy(children=[first.copy(is_header=True), *table.children[1:]])


def _type(element: Any) -> tuple[str, bool]:
    """The text of an element, and whether all of it is bold."""
    from mammoth.documents import Run, Text
    from mammoth.transforms import get_descendants_of_type

    told = [
        ("".join(text.value for text in get_descendants_of_type(run, Text)), run.is_bold)
        for run in get_descendants_of_type(element, Run)
    ]
    said = [(text, bold) for text, bold in told if text.strip()]
    return "".join(text for text, _ in said).strip(), bool(said) and all(bold for _, bold in said)
