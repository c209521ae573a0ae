"""A made-up person in a dozen passages, with vectors and token matrices, and the wire to a Chroma that holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import httpx
import msgspec

from functions.ask.corpus import Corpus
from functions.ask.lexical import Bm25
from functions.ask.retrieve import Candidate
from functions.shared.embed import Embedder, Encoded, Floats
from functions.shared.matrix import pack, quantise
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import Head, Row, Store
from tests.processes import free_port

PASSAGES = {
    "job": (
        "Work",
        "Harbour Robotics",
        "Nora works as a computer vision engineer at Harbour Robotics in Bergen, Norway, since March 2021. "
        "She leads the team that inspects ship hulls with drones.",
    ),
    "intern": (
        "Work",
        "Internship",
        "In 2018 Nora was an intern at Sildal Foods in Stavanger. "
        "She sorted herring with a camera. "
        "After that she became their first data engineer.",
    ),
    "study": ("Education", "", "Nora holds a master's degree in cybernetics from NTNU in Trondheim, finished in 2018."),
    "school": ("Education", "School", "She went to school in Molde, where she won a chess tournament."),
    "thesis": (
        "Thesis",
        "",
        "Her thesis detects cracks in concrete with a U-Net. It reached 91 % accuracy on 4,000 photographs.",
    ),
    "c++": ("Skills", "Programming", "She writes C++ for embedded boards and Python for everything else."),
    "tools": ("Skills", "Tools", "Her daily tools are PyTorch, OpenCV, ROS 2, Docker and Kubernetes."),
    "languages": ("Languages", "", "Nora speaks Norwegian natively, English fluently and some German."),
    "hobby": ("Life", "Free time", "On weekends she sails an old wooden boat and bakes cardamom buns."),
    "prize": ("Awards", "", "In 2022 she received the Nordic Vision Prize for the drone inspections."),
    "talk": ("Talks", "", "She spoke about rust detection at a conference in Oslo."),
    "open": ("Projects", "hullscan", "hullscan is an open-source library for stitching underwater images."),
}
HEAD = Head("the-collection", "version-1", "the-model")
GENERATION = "generation-1"


def row(name: str) -> Row:
    """One passage as it is read from Chroma."""
    title, section, text = PASSAGES[name]
    chunk = Chunk(name, 0, title, f"https://example.org/{name}", section, text, "2026-01-31")
    return Row(chunk, chunk.content_hash(HEAD.model), GENERATION, 1)


ROWS = tuple(row(name) for name in PASSAGES)


def corpus(embedder: Embedder | None = None) -> Corpus:
    """All passages; with an embedder their vectors, too."""
    texts = [one.chunk.indexed_text for one in ROWS]
    whole = Corpus(HEAD, ROWS, Bm25(texts))
    return replace(whole, vectors=embedder.encode(texts)) if embedder else whole


def candidate(name: str, fused: float = 0.5) -> Candidate:
    return Candidate(row(name), 0.5, fused)


def name(one: Candidate) -> str:
    """Which passage a candidate is."""
    return one.row.chunk.document


class Watched:
    """The real model, and what it was asked to encode."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        return self._embedder.encode(texts)

    def encode_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        self.texts += texts
        return self._embedder.encode_tokens(texts)


def without_chroma() -> Store:
    """A reader whose Chroma is not there."""
    return Store(Settings(chroma_url=f"http://127.0.0.1:{free_port()}"))


class Wire(httpx.MockTransport):
    """Chroma's side of the wire: answers with these hits and matrices, and counts what it was asked for."""

    def __init__(
        self, matrices: Mapping[str, str] | None = None, hits: list[tuple[str, str, float]] | None = None
    ) -> None:
        """`matrices`: packed, by content hash. `hits`: (row id, generation, cosine)."""
        self._matrices, self._hits = matrices or {}, hits or []
        self.asked: list[str] = []
        self.included: list[list[str]] = []  # what each search wanted to know of its hits
        super().__init__(self._answer)

    def store(self) -> Store:
        return Store(Settings(), transport=self)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "GET":
            return httpx.Response(200, json={"id": "the-tokens", "name": "the-tokens", "metadata": None})
        if path.endswith("/query"):
            self.included.append(msgspec.json.decode(request.content)["include"])
            keys, generations, cosines = zip(*self._hits, strict=True) if self._hits else ((), (), ())
            found = {
                "ids": [keys],
                "metadatas": [[{"generation": generation} for generation in generations]],
                "distances": [[1 - cosine for cosine in cosines]],
            }
            return httpx.Response(200, json=found)
        wanted = msgspec.json.decode(request.content)["ids"]
        self.asked += wanted
        held = [key for key in wanted if key in self._matrices]
        return httpx.Response(200, json={"ids": held, "metadatas": [{"matrix": self._matrices[key]} for key in held]})


def packed(embedder: Embedder) -> dict[str, str]:
    """The token matrix of every passage, as ingest stores it."""
    encoded = embedder.encode_tokens([one.chunk.indexed_text for one in ROWS])
    return {one.hash: pack(quantise(tokens)) for one, tokens in zip(ROWS, encoded, strict=True)}
