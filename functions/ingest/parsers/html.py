"""HTML → sections, by Lexbor (https://selectolax.readthedocs.io).

What a reader sees is kept: headings, paragraphs, lists, tables, code. Navigation, scripts, forms and whatever
is hidden is not. `<!-- audience: … -->` below a heading gives the section its audience.
"""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from functions.ingest.anchors import anchor_id, github_slug
from functions.ingest.parsers import Parsed
from functions.ingest.parsers.outline import Outline
from functions.ingest.privacy import audience
from functions.shared.problem import Refused

_DROPPED = frozenset(
    """script style noscript template nav footer svg math iframe object canvas video audio form button select
    textarea input dialog head map""".split()
)
_BOILERPLATE_ROLES = frozenset(("navigation", "contentinfo", "search", "dialog", "alert"))
_INLINE = frozenset(
    """a abbr b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp small span strike strong
    sub sup time tt u var wbr br -text""".split()
)
_HEADING = re.compile(r"h([1-6])")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# "## Work {#work}": how Markdown dialects name a heading.
_NAMED = re.compile(r" \{#[\w.:-]+\}\Z")
_CONTAINERS = frozenset(("section", "article", "div", "header"))
_AUDIENCE = re.compile(r"\s*audience\s*:(.*)", re.IGNORECASE | re.DOTALL)
_AUDIENCE_COMMENT = re.compile(r"<!--\s*audience\s*:", re.IGNORECASE)


def html(text: str) -> Parsed:
    """A page, its title from `<title>`, else from its first heading. Raises Refused."""
    outline = read(text)
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    found = _squeeze(title.text()) if title else ""
    return Parsed(outline.sections(), found or outline.first_heading, updated=_modified(tree))


def read(text: str, github: bool = False) -> Outline:
    """The outline of a page's body; with `github`, headings without an id get GitHub's. Raises Refused."""
    outline = Outline()
    body = LexborHTMLParser(text).body
    try:
        if body:
            _Walk(outline, github).blocks(body)
    except RecursionError:
        raise Refused("The page nests its elements too deep to be a document that somebody wrote.") from None
    # What is meant to keep something private must not be lost in a place nobody looks at.
    if len(_AUDIENCE_COMMENT.findall(text)) > outline.audiences:
        raise _misplaced()
    return outline


class _Walk:
    def __init__(self, outline: Outline, github: bool) -> None:
        self._outline = outline
        self._slugs: dict[str, int] | None = {} if github else None

    def blocks(self, parent: LexborNode) -> None:
        """Blocks go to the outline one by one; runs of inline content between them are paragraphs."""
        run = ""
        for node in _children(parent):
            if _is_inline(node):
                run += _inline(node, self._outline)
                continue
            self._outline.paragraph(_tidy(run))
            run = ""
            self._block(node)
        self._outline.paragraph(_tidy(run))

    def _block(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "-comment":
            _apply_audience(node, self._outline)
        elif heading := _HEADING.fullmatch(tag):
            self._heading(int(heading[1]), node)
        elif tag in ("ul", "ol", "menu"):
            self._list(node, 0)
        elif tag == "table":
            self._table(node)
        elif tag == "dl":
            self._definitions(node)
        elif tag == "pre":
            self._outline.paragraph(node.text().strip("\n"))
        else:
            self.blocks(node)

    def _heading(self, level: int, node: LexborNode) -> None:
        comments = [child for child in _children(node) if child.tag == "-comment"]
        text = _squeeze("".join(_inline(child) for child in _children(node)))
        text, _, named = text.rstrip("}").partition(" {#") if _NAMED.search(text) else (text, "", "")
        slug = github_slug(text, self._slugs) if self._slugs is not None else ""
        if text:
            self._outline.heading(level, text, anchor_id(named or _id(node)) or slug)
        for comment in comments:
            _apply_audience(comment, self._outline)

    def _list(self, node: LexborNode, indent: int) -> None:
        number = int(start) if (start := node.attributes.get("start") or "1").isdigit() else 1
        for child in _children(node):
            if child.tag == "-comment":
                _apply_audience(child, self._outline)
            elif child.tag in ("ul", "ol"):  # not allowed there, and common
                self._list(child, indent + 1)
            elif not _is_inline(child):
                self._item(child, indent, f"{number}." if node.tag == "ol" else "-")
                number += 1
        if indent == 0:
            self._outline.end_list()

    def _item(self, node: LexborNode, indent: int, marker: str) -> None:
        nested = [child for child in _children(node) if child.tag in ("ul", "ol")]
        text = _lines(node, self._outline, without=("ul", "ol"))
        lead = "  " * indent
        self._outline.item(f"{lead}{marker} {text}".replace("\n", f"\n{lead}  ") if text else "")
        for inner in nested:
            self._list(inner, indent + 1)

    def _table(self, node: LexborNode) -> None:
        """Each row is a line that can be read alone: "Language: German; Level: B2"."""
        if node.css_first("h1, h2, h3, h4, h5, h6"):  # it lays the page out
            for cell in node.css("td, th"):
                if _table_of(cell) == node.mem_id:
                    self.blocks(cell)
            return
        header: list[str] = []
        for row in node.css("tr"):
            cells = [(cell.tag, _flat(cell, self._outline)) for cell in _children(row) if cell.tag in ("th", "td")]
            if not header and cells and all(tag == "th" for tag, _ in cells):
                header = [text for _, text in cells]
                continue
            names = header if len(header) == len(cells) else [""] * len(cells)
            told = [f"{name}: {text}" if name else text for name, (_, text) in zip(names, cells, strict=True) if text]
            label = len(told) == 2 and not any(names) and cells[0][0] == "th"
            self._outline.item((": " if label else "; ").join(told))
        self._outline.end_list()

    def _definitions(self, node: LexborNode) -> None:
        terms: list[str] = []
        described = False
        for child in node.css("dt, dd"):
            text = _flat(child, self._outline)
            if child.tag == "dd":
                self._outline.item(f"{', '.join(terms)}: {text}" if terms else text)
            else:
                terms = [text] if described else [*terms, text]
            described = child.tag == "dd"
        self._outline.end_list()


def _id(heading: LexborNode) -> str:
    """The id by which a heading is reached: its own, one inside it, or that of the part of the page it opens."""
    inner = heading.css_first("[id], a[name]")
    if found := heading.attributes.get("id") or (
        inner and (inner.attributes.get("id") or inner.attributes.get("name"))
    ):
        return found
    above = heading.parent
    while above is not None and above.tag in _CONTAINERS:
        first = above.css_first("h1, h2, h3, h4, h5, h6")
        if first is None or first.mem_id != heading.mem_id:
            break
        if found := above.attributes.get("id"):
            return found
        above = above.parent
    return ""


def visible(text: str) -> str:
    """All text of a page's body, its white space squeezed: to look words up in."""
    body = LexborHTMLParser(text).body
    return _squeeze(body.text(separator="")) if body else ""


def _table_of(cell: LexborNode) -> int:
    """Which table a cell is of: tables stand in tables."""
    above = cell.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above.mem_id if above is not None else 0


def _children(node: LexborNode) -> Iterator[LexborNode]:
    """What a reader sees of it, and the comments."""
    child = node.child
    while child is not None:
        if not _dropped(child):
            yield child
        child = child.next


def _dropped(node: LexborNode) -> bool:
    if node.tag in _DROPPED:
        return True
    if node.tag is None or node.tag.startswith("-"):
        return False
    attributes = node.attributes
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in _BOILERPLATE_ROLES
        or _HIDDEN_STYLE.search(attributes.get("style") or "") is not None
    )


def _is_inline(node: LexborNode) -> bool:
    """Inline elements that wrap a block, as a link around a card does, count as blocks."""
    return node.tag in _INLINE and (node.tag == "-text" or all(_is_inline(child) for child in _children(node)))


def _inline(node: LexborNode, outline: Outline | None = None) -> str:
    """The text of inline content; a vertical tab stands for a line break that is meant."""
    if node.tag == "-text":
        return re.sub(r"\s+", " ", node.text_content or "")
    if node.tag == "-comment":
        if outline is not None:
            _apply_audience(node, outline)
        return ""
    if node.tag == "br":
        return "\v"
    text = "".join(_inline(child, outline) for child in _children(node))
    before = node.prev
    # Tags and pills: only style sheets keep <span>Python</span><span>SQL</span> apart.
    return f" {text}" if node.tag == "span" and before is not None and before.tag == "span" else text


def _lines(node: LexborNode, outline: Outline, without: tuple[str, ...] = ()) -> str:
    """The text of an element that may hold blocks, a line for each."""
    text = ""
    for child in _children(node):
        if child.tag in without:
            continue
        if _is_inline(child) or child.tag == "-comment":
            text += _inline(child, outline)
        else:
            text += f"\v{_lines(child, outline, without)}\v"
    return _tidy(text)


def _flat(node: LexborNode, outline: Outline) -> str:
    return ", ".join(_lines(node, outline).split("\n"))


def _tidy(text: str) -> str:
    lines = (_squeeze(line) for line in text.replace("\n", "\v").split("\v"))
    return "\n".join(line for line in lines if line)


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _apply_audience(comment: LexborNode, outline: Outline) -> None:
    found = _AUDIENCE.fullmatch(comment.comment_content or "")
    if found and not outline.audience(audience(found[1])):
        raise _misplaced()


def _misplaced() -> Refused:
    return Refused("An audience comment must stand directly below the heading of the section it is for.")


def _modified(tree: LexborHTMLParser) -> str:
    """The date of the last change as the page states it, or empty."""
    meta = tree.css_first('meta[property="article:modified_time"], meta[name="last-modified"]')
    found = re.match(r"\d{4}-\d{2}-\d{2}", (meta.attributes.get("content") or "") if meta else "")
    return found[0] if found else ""
