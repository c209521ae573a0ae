"""The classic stack over HTTP, with an environment of its own (bench/classic/requirements.txt, `make classic`).

CLASSIC_DATA=FOLDER PORT=8000 python -m bench.classic.app

POST /           {"question", "top_k"?} → {"answer", "sources"}: the best passage is the answer, there is no model
POST /documents  [{"id", "title", "text"}] → {"chunks"}
"""

import os

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

from bench.classic.rag import Rag

app = FastAPI()
rag = Rag(os.environ["CLASSIC_DATA"])


class Question(BaseModel):
    """What is asked."""

    question: str = Field(min_length=1, max_length=2000)
    top_k: int = Field(4, ge=1, le=10)


class Posted(BaseModel):
    """A document."""

    id: str
    title: str
    text: str


@app.post("/")
def ask(question: Question) -> dict[str, object]:
    """FastAPI runs this in a thread: embedding blocks."""
    found = rag.search(question.question, question.top_k)
    sources = [
        {"title": document.metadata["title"], "text": document.page_content, "score": score}
        for document, score in found
    ]
    return {"answer": sources[0]["text"] if sources else "I do not know.", "sources": sources}


@app.post("/documents")
def add(documents: list[Posted]) -> dict[str, int]:
    """Searchable when this is answered."""
    return {"chunks": rag.add([{"id": d.id, "title": d.title, "text": d.text} for d in documents])}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning")
