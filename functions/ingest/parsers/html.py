"""HTML → sections, by Lexbor (https://selectolax.readthedocs.io).

What a reader sees is kept: headings, paragraphs, lists, tables, code. Navigation, scripts, forms and whatever
is hidden is not. `<!-- audience: … -->` below a heading gives the section its audience.
"""

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from functions.ingest.anchors import anchor_id, github_slug
from functions.ingest.parsers import Parsed
from functions.ingest.parsers.nodes import (
    apply_audience,
    children,
    flat,
    inline,
    inside_hidden,
    is_inline,
    lines,
    misplaced,
    squeeze,
    tidy,
)
from functions.ingest.parsers.outline import Outline
from functions.shared.problem import Refused

_HEADING = re.compile(r"h([1-6])")
# "## Work {#work}": how Markdown dialects name a heading.
_NAMED = re.compile(r" \{#[\w.:-]+\}\Z")
_CONTAINERS = frozenset(("section", "article", "div", "header"))
_OPENING_QUOTES = "\"'“„«»‚‘"
_AUDIENCE_COMMENT = re.compile(r"<!--\s*audience\s*:", re.IGNORECASE)


def html(text: str) -> Parsed:
    """A page, its title from `<title>`, else from its first heading. Raises Refused."""
    outline = read(text)
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    found = squeeze(title.text()) if title else ""
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
        raise misplaced()
    return outline


class _Walk:
    def __init__(self, outline: Outline, github: bool) -> None:
        self._outline = outline
        self._slugs: dict[str, int] | None = {} if github else None

    def blocks(self, parent: LexborNode) -> None:
        """Blocks go to the outline one by one; runs of inline content between them are paragraphs."""
        run = ""
        for node in children(parent):
            if is_inline(node):
                run += inline(node, self._outline)
                continue
            self._outline.paragraph(tidy(run))
            run = ""
            self._block(node)
        self._outline.paragraph(tidy(run))

    def _block(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "-comment":
            apply_audience(node, self._outline)
        elif heading := _HEADING.fullmatch(tag):
            self._heading(int(heading[1]), node)
        elif tag in ("ul", "ol", "menu"):
            self._list(node, 0)
        elif tag == "table":
            self._table(node)
        elif tag == "dl":
            self._definitions(node)
        elif tag == "blockquote" or (tag == "figure" and node.css_first("blockquote") is not None):
            self._quotation(node)
        elif tag == "pre":
            self._outline.paragraph(node.text().strip("\n"))
        else:
            self.blocks(node)

    def _heading(self, level: int, node: LexborNode) -> None:
        comments = [child for child in children(node) if child.tag == "-comment"]
        text = squeeze("".join(inline(child) for child in children(node)))
        text, _, named = text.rstrip("}").partition(" {#") if _NAMED.search(text) else (text, "", "")
        slug = github_slug(text, self._slugs) if self._slugs is not None else ""
        if text:
            self._outline.heading(level, text, anchor_id(named or _id(node)) or slug)
        for comment in comments:
            apply_audience(comment, self._outline)

    def _list(self, node: LexborNode, indent: int) -> None:
        number = int(start) if (start := node.attributes.get("start") or "1").isdigit() else 1
        for child in children(node):
            if child.tag == "-comment":
                apply_audience(child, self._outline)
            elif child.tag in ("ul", "ol"):  # not allowed there, and common
                self._list(child, indent + 1)
            elif not is_inline(child):
                self._item(child, indent, f"{number}." if node.tag == "ol" else "-")
                number += 1
        if indent == 0:
            self._outline.end_list()

    def _item(self, node: LexborNode, indent: int, marker: str) -> None:
        nested = [child for child in children(node) if child.tag in ("ul", "ol")]
        text = lines(node, self._outline, without=("ul", "ol"))
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
            cells = [(cell.tag, flat(cell, self._outline)) for cell in children(row) if cell.tag in ("th", "td")]
            if not header and cells and all(tag == "th" for tag, _ in cells):
                header = [text for _, text in cells]
                continue
            names = header if len(header) == len(cells) else [""] * len(cells)
            told = [f"{name}: {text}" if name else text for name, (_, text) in zip(names, cells, strict=True) if text]
            label = len(told) == 2 and not any(names) and cells[0][0] == "th"
            self._outline.item((": " if label else "; ").join(told))
        self._outline.end_list()

    def _definitions(self, node: LexborNode) -> None:
        """Each term and what is said of it as one line: "Areas: Nephrology; Oncology"."""
        terms: list[str] = []
        said: list[str] = []
        for child in node.css("dt, dd"):
            text = flat(child, self._outline)
            if child.tag == "dd":
                said.append(text)
                continue
            if said:
                self._outline.item(_defined(terms, said))
                terms, said = [], []
            terms.append(text)
        self._outline.item(_defined(terms, said))
        self._outline.end_list()

    def _quotation(self, node: LexborNode) -> None:
        """Somebody else's words, after the name of whoever said them."""
        author = _author(node)
        if author is None or node.css_first("h1, h2, h3, h4, h5, h6, ul, ol, table, pre") is not None:
            self.blocks(node)
            return
        name = flat(author, self._outline).lstrip("—–- ").rstrip(" .,:")
        author.decompose()
        text = " ".join(lines(node, self._outline).split("\n"))
        quoted = text if text[:1] in _OPENING_QUOTES else f"“{text}”"
        self._outline.paragraph(f"{name}: {quoted}" if name and text else name or text)


def _author(quotation: LexborNode) -> LexborNode | None:
    """The element that names who is quoted; a work that is cited in the middle is something else."""
    for author in (*quotation.css("figcaption, footer"), *quotation.css("cite")[-1:]):
        last = quotation.text().rstrip().endswith(author.text().rstrip())
        if not inside_hidden(author, quotation) and (last or author.tag != "cite"):
            return author
    return None


def _defined(terms: Sequence[str], said: Sequence[str]) -> str:
    label, text = ", ".join(terms), _in_one_line(said)
    if not label or not text:
        return label or text
    return f"{label} {text}" if label[-1] in "?!:" else f"{label}: {text}"


def _in_one_line(said: Sequence[str]) -> str:
    """Sentences one after the other, words parted by semicolons."""
    told = [text for text in said if text]
    return "".join(
        text if last else f"{text}{' ' if text[-1] in '.!?…' else '; '}"
        for text, last in ((text, number == len(told)) for number, text in enumerate(told, 1))
    )


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
    return squeeze(body.text(separator="")) if body else ""


def _table_of(cell: LexborNode) -> int:
    """Which table a cell is of: tables stand in tables."""
    above = cell.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above.mem_id if above is not None else 0


def _modified(tree: LexborHTMLParser) -> str:
    """The date of the last change as the page states it, or empty."""
    meta = tree.css_first('meta[property="article:modified_time"], meta[name="last-modified"]')
    found = re.match(r"\d{4}-\d{2}-\d{2}", (meta.attributes.get("content") or "") if meta else "")
    return found[0] if found else ""
