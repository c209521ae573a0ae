"""Sections → chunks of whole sentences, about `chunk_size` characters each.

A chunk never crosses a heading. Within a section, paragraphs and lists stay whole where they fit; a longer
one is parted between sentences or items, and its last sentences are repeated in the next chunk as far as
`chunk_overlap` allows. LangChain's splitter interface is kept, so that another splitter may take its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from langchain_core.documents import Document as LangChainDocument
from langchain_text_splitters import TextSplitter

from functions.ingest.anchors import link
from functions.ingest.contents import with_contents
from functions.shared.problem import Refused
from functions.shared.records import Chunk, Document
from functions.shared.sentences import sentences
from functions.shared.settings import Settings

# One upsert holds a whole document, and Chroma takes 5,461 rows a request.
MOST_CHUNKS = 5000
# A block that exceeds the size by no more than this stays whole, and so does the end of a section.
LEEWAY = 1.25
# A rest shorter than this part of the size is too little to be read alone.
SHORT = 3
# A sentence is cut only when it alone is this many times the size.
LONGEST_SENTENCE = 4
# A line that introduces a list is repeated above each of its parts up to this length.
LONGEST_INTRODUCTION = 80


def chunk(document: Document, settings: Settings) -> list[Chunk]:
    """The document's chunks in reading order. Raises Refused when there are more than 5,000."""
    splitter = SentenceSplitter(
        chunk_size=settings.chunk_size, chunk_overlap=min(settings.chunk_overlap, settings.chunk_size)
    )
    sections = [
        LangChainDocument(
            page_content=section.text, metadata={"section": " › ".join(section.path), "anchor": section.anchor}
        )
        for section in with_contents(document).sections
    ]
    pieces = splitter.split_documents(sections)
    if len(pieces) > MOST_CHUNKS:
        raise Refused(
            f"The document makes {len(pieces)} passages: at most {MOST_CHUNKS} are accepted, so divide the document."
        )
    return [
        Chunk(
            document=document.id,
            position=position,
            title=document.title,
            uri=link(document, piece.metadata["anchor"], piece.metadata["section"], piece.page_content),
            section=piece.metadata["section"],
            text=piece.page_content,
            updated=document.updated,
        )
        for position, piece in enumerate(pieces)
    ]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is not parted: a sentence, a list item with those below it, or a block that fits.

    `introduction` is the first line of its list, or the item it stands below.
    """

    start: int
    end: int
    block: int
    introduction: str = ""


class SentenceSplitter(TextSplitter):
    """Parts text between sentences, by preference between blocks (parted by an empty line)."""

    def split_text(self, text: str) -> list[str]:
        """Chunks of `text`, in order."""
        groups = self._settle(list(self._pack(_introduced(text, list(self._pieces(text))))))
        return [self._render(text, group) for group in groups]

    def _pieces(self, text: str) -> Iterator[_Piece]:
        start = 0
        for number, block in enumerate(text.split("\n\n")):
            spans = [(start + a, start + b) for a, b in sentences(block)]
            start += len(block) + 2
            if spans and self._fits(spans):
                yield _Piece(spans[0][0], spans[-1][1], number)
            else:
                yield from self._parts(text, spans, number)

    def _fits(self, spans: Sequence[tuple[int, int]]) -> bool:
        return spans[-1][1] - spans[0][0] <= self._chunk_size * LEEWAY

    def _parts(self, text: str, spans: Sequence[tuple[int, int]], number: int) -> Iterator[_Piece]:
        """The items of a long list, the sentences of a long paragraph or item."""
        first = text[slice(*spans[0])] if spans else ""
        introduction = first if first.endswith(":") and len(first) <= LONGEST_INTRODUCTION else ""
        for item in _items(text, spans):
            above = introduction if item[0] != spans[0] else ""
            if self._fits(item) and ("\n" in text[item[0][0] : item[-1][1]] or len(item) < len(spans)):
                yield _Piece(item[0][0], item[-1][1], number, above)
                continue
            outer = text[slice(*item[0])]
            nested = len(item) > 1 and text[item[0][1]] == "\n" and len(outer) <= LONGEST_INTRODUCTION
            for place, (a, b) in enumerate(item):
                for c, d in self._cut(text, a, b):
                    yield _Piece(c, d, number, outer if nested and place else above)

    def _cut(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A sentence as it is; one beyond all measure at its commas or spaces, or anywhere."""
        while end - start > self._chunk_size * LONGEST_SENTENCE:
            window = text[start : start + self._chunk_size]
            at = max(window.rfind(mark) + len(mark) for mark in (", ", "; "))
            at = at if at > self._chunk_size // 2 else window.rfind(" ") + 1 or self._chunk_size
            yield start, start + len(window[:at].rstrip())
            start += at
        yield start, end

    def _pack(self, pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
        """Fill up to the size; a new chunk begins with what may overlap."""
        group: list[_Piece] = []
        for piece in pieces:
            if group and piece.end - group[0].start > self._chunk_size:
                yield group
                group = self._overlap(group, piece)
            group.append(piece)
        if group:
            yield group

    def _overlap(self, group: Sequence[_Piece], following: _Piece) -> list[_Piece]:
        """The last sentences of `group`, as long as they are of the same paragraph and fit."""
        kept: list[_Piece] = []
        for piece in reversed(group[1:]):
            too_long = (
                following.end - piece.start > self._chunk_size or group[-1].end - piece.start > self._chunk_overlap
            )
            if too_long or piece.block != following.block or piece.introduction:
                break
            kept.insert(0, piece)
        return kept

    def _settle(self, groups: list[list[_Piece]]) -> list[list[_Piece]]:
        """A rest too short to be read alone joins the chunk before it, or takes a piece of it where both do not fit."""
        if len(groups) < 2:
            return groups
        *head, last, rest = groups
        if rest[-1].end - rest[0].start >= self._chunk_size / SHORT:
            return groups
        if rest[-1].end - last[0].start <= self._chunk_size * LEEWAY:
            return [*head, [*last, *(piece for piece in rest if piece.start >= last[-1].end)]]
        if len(last) > 1 and rest[0].start >= last[-1].end and rest[-1].end - last[-1].start <= self._chunk_size:
            return [*head, last[:-1], [last[-1], *rest]]
        return groups

    def _render(self, text: str, group: Sequence[_Piece]) -> str:
        told = text[group[0].start : group[-1].end]
        return f"{group[0].introduction}\n{told}" if group[0].introduction else told


def _items(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Spans by line, a line with the deeper ones below it."""
    item: list[tuple[int, int]] = []
    for start, end in spans:
        line = text.rfind("\n", 0, start) + 1
        begins = not text[line:start].strip() and (start == line or not item)
        if item and begins:
            yield item
            item = []
        item.append((start, end))
    if item:
        yield item


def _introduced(text: str, pieces: Sequence[_Piece]) -> list[_Piece]:
    """Pieces, a short paragraph that ends with a colon with what it introduces."""
    told: list[_Piece] = []
    for piece in pieces:
        last = told[-1] if told else None
        line = text[last.start : last.end] if last else ""
        if last and last.block != piece.block and line.endswith(":") and len(line) <= LONGEST_INTRODUCTION:
            told[-1] = replace(piece, start=last.start)
        else:
            told.append(piece)
    return told
