"""Passages, and an answer that cites them, checked to its end."""

import asyncio

from functions.ask.citations import Citations
from functions.ask.support import Support
from functions.shared.embed import Embedder
from functions.shared.matrix import quantise
from functions.shared.records import Chunk, Passage


def passage(n: int, text: str) -> Passage:
    return Passage(Chunk(f"d{n}", 0, "Work", "https://example.org/", "", text, "2026-01-31"), 0.9, n)


PASSAGES = [
    passage(1, "Nora works at Harbour Robotics in Bergen since March 2021."),
    passage(2, "Her thesis detects cracks in concrete with 91 % accuracy."),
    passage(3, "She sails an old wooden boat [the Havørn] on weekends."),
    passage(4, "She studied cybernetics at NTNU in Trondheim from August 2013 to June 2018."),
]

SUBJECT = frozenset({"nora"})


def support(embedder: Embedder, passages: list[Passage]) -> Support:
    """The passages as retrieval hands them on."""
    encoded = embedder.encode_tokens([one.chunk.indexed_text for one in passages])
    return Support(passages, [quantise(one) for one in encoded], embedder, SUBJECT)


async def feed(proofs: Support, pieces: tuple[str, ...]) -> Citations:
    citations = Citations(proofs)
    shown = "".join([await citations.feed(piece) for piece in pieces]) + await citations.finish()
    assert shown == citations.text
    return citations


def checked(proofs: Support, *pieces: str) -> Citations:
    """An answer that came in `pieces`, to its end."""
    return asyncio.run(feed(proofs, pieces))


def shown(proofs: Support, text: str) -> str:
    return checked(proofs, text).text
