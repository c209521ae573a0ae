"""What "the first one", "the last of them" or "the latter" means: an item of the list in the answer before."""

import re

# Which item, and the words that say so; English and German.
_ORDINALS = (
    (0, r"first|former|erste[nrsm]?"),
    (1, r"second|zweite[nrsm]?"),
    (2, r"third|dritte[nrsm]?"),
    (3, r"fourth|vierte[nrsm]?"),
    (-1, r"last|latter|letzte[nrsm]?"),
)
# Nothing but "one" or "of them" follows: "the first job" names what it means.
_POINTING = tuple(
    (
        number,
        re.compile(
            rf"\b(?:the|der|die|das|dem|den|vom|zum|beim)\s+(?:{words})"
            r"(?:\s+(?:one|of\s+(?:them|these|those|the\s+\w+)|davon|von\s+(?:ihnen|diesen)))?"
            r"(?=\W*\Z|\s+(?:for|in|at|with|like|about|as|from|run|work|use|is|was|für|in|bei|mit|an)\b)",
            re.I,
        ),
    )
    for number, words in _ORDINALS
)
# What introduces the items of a sentence: a colon, else a verb of being or holding, else the subject and its verb.
_INTRODUCED = (
    re.compile(r":\s+"),
    re.compile(r"\b(?:is|are|was|were|includes?|comprises?)\s+"),
    re.compile(r"\A\S+\s+(?:has\s+)?\w+(?:ed|s)\s+(?:the\s+\w+\s+)?"),
)
_BETWEEN = re.compile(r"\s*,\s+(?:(?:and|or|und|oder)\s+)?|\s+(?:and|or|und|oder)\s+")
_ARTICLE = re.compile(r"\A(?:an?|the|four|five|three|two)\s+", re.I)
# Longer than this it is a clause and not an item.
MOST_WORDS = 8


def resolved(question: str, answer: str) -> str:
    """The question with the item in the place of the words that point at it; empty when none is meant or found."""
    for number, pattern in _POINTING:
        if found := pattern.search(question):
            listed = items(answer)
            if number >= len(listed) or not listed:
                return ""
            return f"{question[: found.start()]}{listed[number]}{question[found.end() :]}"
    return ""


def items(answer: str) -> list[str]:
    """The items of the first list in an answer; none where there is no list."""
    for sentence in re.split(r"(?<=[.!?])\s+", answer):
        for match in (match for pattern in _INTRODUCED for match in pattern.finditer(sentence)):
            told = sentence[match.end() :]
            parts = told.split(";") if ";" in told else _BETWEEN.split(told)
            parts = [_ARTICLE.sub("", part.strip(" .")) for part in parts]
            if len(parts) > 1 and all(0 < len(part.split()) <= MOST_WORDS for part in parts):
                return parts
    return []
