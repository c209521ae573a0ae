"""Misspelt words of a question → the words of the corpus they were meant to be.

Only a word that neither the corpus nor the model knows is a candidate: the model's vocabulary holds the
thirty thousand commonest English words whole, so "guitar" stays "guitar" in a corpus without music, and
"kubernets" does not. The distance is optimal string alignment (an insertion, a deletion, a substitution or
two neighbours swapped), one for short words, two for long ones.
"""

import re
from collections.abc import Callable, Container
from functools import lru_cache

from functions.ask.lexical import WORD, stem
from functions.ask.vocabulary import SHORTEST, Vocabulary

_PAIR = re.compile(r"\b([^\W\d_]{2,})[ -](?=([^\W\d_]{2,})\b)")

LONG = 8  # from this length on two slips are forgiven


def mend(text: str, vocabulary: Callable[[], Vocabulary], is_word: Callable[[str], bool], names: bool = False) -> str:
    """`text` with its misspelt words replaced.

    `vocabulary` is called only for a word that needs it; `is_word` says whether a word, in lower case, is one. With
    `names`, a name inside the text becomes only a word that is written with a capital: "Orlan" is no slip for "organ".
    """
    replaced, position = "", 0
    for match in WORD.finditer(text):
        word = match.group().lower()
        if match.group().isupper():
            continue  # an abbreviation: one letter off is another one
        if len(word) < SHORTEST or not word.isalpha() or not stem(word) or is_word(word):
            continue
        known, is_name = vocabulary(), names and match.group()[0].isupper() and text[: match.start()].strip() != ""
        allowed = known.names if is_name else known.counts
        if word not in allowed and (meant := _nearest(word, known, allowed)):
            replaced += text[position : match.start()] + meant
            position = match.end()
    return replaced + text[position:]


def _nearest(word: str, known: Vocabulary, allowed: Container[str]) -> str:
    """The nearest allowed word, of several the commonest; empty when none is near."""
    most = 2 if len(word) >= LONG else 1
    best: tuple[int, bool, int, str] | None = None
    for other in known.near(word, most):
        if other not in allowed:
            continue
        away = distance(word, other, most)
        # Of two words as near, letters in the wrong order are likelier than a wrong letter.
        if away <= most and (best is None or (away, sorted(other) != sorted(word), -known.counts[other], other) < best):
            best = (away, sorted(other) != sorted(word), -known.counts[other], other)
    return best[3] if best else ""


@lru_cache(maxsize=10_000)
def distance(a: str, b: str, most: int) -> int:
    """Optimal string alignment distance, or `most` + 1 as soon as it is certain to exceed `most`."""
    older: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        older, above = above, row
    return above[-1]


def joined(text: str, has: Callable[[str], bool]) -> str:
    """`text` with words put together that the corpus writes as one: "Vita Scale" where it knows only "VitaScale"."""

    def one_word(match: re.Match[str]) -> str:
        first, second = match[1], match[2]
        if not (stem(first) and stem(second)):  # "for the" is no "forth"
            return match[0]
        return first if has(first + second) and not (has(first) and has(second)) else match[0]

    return _PAIR.sub(one_word, text)
