"""Which questions are alike, told by the model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.ask.gloss import gloss
from functions.ask.lexical import WORD
from functions.ask.logged import Unanswered
from functions.shared.embed import Embedder, Floats
from functions.shared.settings import Settings
from functions.shared.subject import read_subject

# How far from questions that have nothing in common to the very same question two questions count as alike.
ALIKE = 0.5
# Questions that have nothing in common: how alike a model finds them is where its scale begins.
UNLIKE = (
    "Which languages does he speak?",
    "When is the office open?",
    "Has she ever been to Japan?",
    "What does a day of work cost?",
    "Is there a photograph of the building?",
    "Who invented the telephone?",
    "Do you like jazz?",
    "How many people are in the team?",
)


@dataclass
class Group:
    """Questions that are alike, the most typical one first."""

    questions: list[Unanswered]


def groups(questions: Sequence[Unanswered], embedder: Embedder, settings: Settings) -> list[Group]:
    """The questions by what they ask for, largest group first."""
    names = read_subject(settings.corpus_dir).names()
    by_text: dict[str, list[Unanswered]] = {}
    for one in questions:
        by_text.setdefault(_comparable(one, names), []).append(one)
    often = sorted(by_text, key=lambda text: -len(by_text[text]))
    vectors = embedder.encode(often)
    near = alike_from(embedder)
    found = [Group([one for at in members for one in by_text[often[at]]]) for members in _gathered(vectors, near)]
    return sorted(found, key=lambda group: (-len(group.questions), group.questions[0].time))


def _comparable(one: Unanswered, names: frozenset[str]) -> str:
    """What a question asks, without whom it is about, which would make all alike; German in English words."""
    text = gloss(one.question) if one.language == "de" else one.question
    words = " ".join(WORD.findall(text))
    kept = " ".join(word for word in WORD.findall(text) if word.lower() not in names)
    return (kept or words or text).casefold()


def alike_from(embedder: Embedder) -> float:
    """The cosine from which this model finds two questions alike: on its own scale, for each has another."""
    vectors = embedder.encode([" ".join(WORD.findall(text)).casefold() for text in UNLIKE])
    cosines = (vectors @ vectors.T)[np.triu_indices(len(UNLIKE), 1)]
    unlike = float(cosines.mean())
    return unlike + ALIKE * (1 - unlike)


def _gathered(vectors: Floats, near: float) -> list[list[int]]:
    """Rows by the nearest middle of a group; who is near none begins one. Two passes: the first moves the middles."""
    middles: list[Floats] = []
    for vector in vectors:
        at = _nearest(vector, middles)
        if at is None or float(middles[at] @ vector) / float(np.linalg.norm(middles[at])) < near:
            middles.append(vector.copy())
        else:
            middles[at] += vector
    members: list[list[int]] = [[] for _ in middles]
    for number, vector in enumerate(vectors):
        at = _nearest(vector, middles)
        assert at is not None
        members[at].append(number)
    typical = [
        sorted(rows, key=lambda row: -float(vectors[row] @ middle))
        for rows, middle in zip(members, middles, strict=True)
    ]
    return [rows for rows in typical if rows]


def _nearest(vector: Floats, middles: Sequence[Floats]) -> int | None:
    if not middles:
        return None
    every = np.stack(middles)
    return int(np.argmax(every @ vector / np.linalg.norm(every, axis=1)))
