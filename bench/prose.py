"""The corpus of 1,000 passages that warm latency, load and memory are measured on."""

import math
from collections.abc import Container, Iterator
from functools import cache
from pathlib import Path

from bench import texts
from bench.client import Reply, good
from bench.parts import load, place, sized, written
from functions.ingest.chunk import chunk
from functions.ingest.event import Published
from functions.ingest.parse import parse
from functions.shared.records import Chunk
from functions.shared.settings import Settings

PASSAGES = sized(1000, 120)


@cache
def documents(passages: int = PASSAGES) -> dict[str, str]:
    """As many articles as make that many passages; Markdown by id."""
    found: dict[str, str] = {}
    count = 0
    for name, text in texts.corpus():
        found[name] = text
        count += len(chunks(name, text))
        if count >= passages:
            return found
    raise AssertionError("the corpus has no end")


def chunks(name: str, text: str) -> list[Chunk]:
    """A document's passages, as ingest parts it."""
    event = Published("", "/bench", name, "", "", content=text.encode(), content_type="text/markdown")
    return chunk(parse(event), Settings())


def loaded(folder: Path, chroma_url: str, passages: dict[str, str]) -> dict[str, str]:
    """The documents in Chroma, by `make ingest`; the settings with which ask finds them."""
    settings = place(chroma_url)
    load(written(passages, folder / "prose"), settings)
    return settings


def bodies(count: int, stream: bool = False, about: Container[str] = ()) -> Iterator[dict[str, object]]:
    """So many requests: the questions about some documents, by default all, over and over in their order."""
    asked = texts.questions(about or documents())
    repeated = asked * math.ceil(count / len(asked))
    return ({"question": question, "stream": stream} for question in repeated[:count])


def by_model(replies: list[Reply]) -> list[Reply]:
    """Those that the language model wrote; the others were refused before it was asked, or quoted."""
    records = good(replies)
    written = [reply for reply, record in zip(replies, records, strict=True) if record["provider"] == "hosted"]
    if not written:
        raise SystemExit(f"the language model wrote none of {len(replies)} answers, the first is {records[0]}")
    return written
