"""What a reader sees of an HTML element: its children, and its text in one line or in several."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

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
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_AUDIENCE = re.compile(r"\s*audience\s*:(.*)", re.IGNORECASE | re.DOTALL)


def children(node: LexborNode) -> Iterator[LexborNode]:
    """What a reader sees of it, and the comments."""
    child = node.child
    while child is not None:
        if not _dropped(child):
            yield child
        child = child.next


def _dropped(node: LexborNode) -> bool:
    if node.tag in _DROPPED:
        return True
    return node.tag is not None and not node.tag.startswith("-") and _hidden(node)


def _hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in _BOILERPLATE_ROLES
        or _HIDDEN_STYLE.search(attributes.get("style") or "") is not None
    )


def is_inline(node: LexborNode) -> bool:
    """Inline elements that wrap a block, as a link around a card does, count as blocks."""
    return node.tag in _INLINE and (node.tag == "-text" or all(is_inline(child) for child in children(node)))


def inline(node: LexborNode, outline: Outline | None = None) -> str:
    """The text of inline content; a vertical tab stands for a line break that is meant."""
    if node.tag == "-text":
        return re.sub(r"\s+", " ", node.text_content or "")
    if node.tag == "-comment":
        if outline is not None:
            apply_audience(node, outline)
        return ""
    if node.tag == "br":
        return "\v"
    text = "".join(inline(child, outline) for child in children(node))
    before = node.prev
    # Tags and pills: only style sheets keep <span>Python</span><span>SQL</span> apart.
    return f" {text}" if node.tag == "span" and before is not None and before.tag == "span" else text


def lines(node: LexborNode, outline: Outline, without: tuple[str, ...] = ()) -> str:
    """The text of an element that may hold blocks, a line for each."""
    text = ""
    for child in children(node):
        if child.tag in without:
            continue
        if is_inline(child) or child.tag == "-comment":
            text += inline(child, outline)
        else:
            text += f"\v{lines(child, outline, without)}\v"
    return tidy(text)


def flat(node: LexborNode, outline: Outline) -> str:
    return ", ".join(lines(node, outline).split("\n"))


def tidy(text: str) -> str:
    lines = (squeeze(line) for line in text.replace("\n", "\v").split("\v"))
    return "\n".join(line for line in lines if line)


def squeeze(text: str) -> str:
    return " ".join(text.split())


def apply_audience(comment: LexborNode, outline: Outline) -> None:
    found = _AUDIENCE.fullmatch(comment.comment_content or "")
    if found and not outline.audience(audience(found[1])):
        raise misplaced()


def misplaced() -> Refused:
    return Refused("An audience comment must stand directly below the heading of the section it is for.")


def inside_hidden(node: LexborNode, above: LexborNode) -> bool:
    inner: LexborNode | None = node
    while inner is not None and inner.mem_id != above.mem_id:
        if _hidden(inner):
            return True
        inner = inner.parent
    return False
