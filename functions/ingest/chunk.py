"""Sections → chunks of whole sentences, about `chunk_size` characters each.

A chunk never crosses a heading. Within a section, paragraphs and lists stay whole where they fit; a longer
one is parted between sentences or items, and its last sentences are repeated in the next chunk as far as
`chunk_overlap` allows. LangChain's splitter interface is kept, so that another splitter may take its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from langchain_core.documents import Document as LangChainDocument
from langchain_text_splitters import TextSplitter

from functions.ingest.anchors import link
from functions.shared.problem import Refused
from functions.shared.records import Chunk, Document
from functions.shared.sentences import sentences
from functions.shared.settings import Settings

# One upsert holds a whole document, and Chroma takes 5,461 rows a request.
MOST_CHUNKS = 5000
# A block that exceeds the size by no more than this stays whole, and so does the rest of a section.
LEEWAY = 1.25
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
        for section in document.sections
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
    """What is not parted: a sentence, a list item, or a block that fits. `introduction` is its list's first line."""

    start: int
    end: int
    block: int
    introduction: str = ""


class SentenceSplitter(TextSplitter):
    """Parts text between sentences, by preference between blocks (parted by an empty line)."""

    def split_text(self, text: str) -> list[str]:
        """Chunks of `text`, in order."""
        groups = self._settle(list(self._pack(list(self._pieces(text)))))
        return [self._render(text, group) for group in groups]

    def _pieces(self, text: str) -> Iterator[_Piece]:
        start = 0
        for number, block in enumerate(text.split("\n\n")):
            spans = [(start + a, start + b) for a, b in sentences(block)]
            start += len(block) + 2
            if spans and spans[-1][1] - spans[0][0] <= self._chunk_size * (LEEWAY if "\n" in block else 1):
                yield _Piece(spans[0][0], spans[-1][1], number)
                continue
            introduction = text[slice(*spans[0])] if spans else ""
            is_list = introduction.endswith(":") and len(introduction) <= LONGEST_INTRODUCTION
            for a, b in spans:
                for c, d in self._cut(text, a, b):
                    yield _Piece(c, d, number, introduction if is_list and c > spans[0][0] else "")

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
        """A short rest joins the chunk before it."""
        if len(groups) > 1:
            *head, last, rest = groups
            short = rest[-1].end - rest[0].start < self._chunk_size / 4
            if short and rest[-1].end - last[0].start <= self._chunk_size * LEEWAY:
                return [*head, [*last, *(piece for piece in rest if piece.start >= last[-1].end)]]
        return groups

    def _render(self, text: str, group: Sequence[_Piece]) -> str:
        told = text[group[0].start : group[-1].end]
        return f"{group[0].introduction}\n{told}" if group[0].introduction else told
