"""Misspelt words of a question → the words of the corpus they were meant to be.

Only a word that neither the corpus nor the model knows is a candidate: the model's vocabulary holds the
thirty thousand commonest English words whole, so "guitar" stays "guitar" in a corpus without music, and
"kubernets" does not. The distance is optimal string alignment (an insertion, a deletion, a substitution or
two neighbours swapped), one for short words, two for long ones.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from functions.ask.lexical import WORD, stem

_PAIR = re.compile(r"\b([^\W\d_]{2,})[ -](?=([^\W\d_]{2,})\b)")

SHORTEST = 4
LONG = 8  # from this length on two slips are forgiven


def mend(
    text: str,
    words: Callable[[], Mapping[str, int]],
    is_word: Callable[[str], bool],
    names: Callable[[], Collection[str]] | None = None,
) -> str:
    """`text` with its misspelt words replaced.

    `words` counts the corpus's words, in lower case, and is called only for a word that needs it; `is_word` says
    whether a word, in lower case, is one. With `names`, the words that the corpus writes with a capital, a name
    inside the text becomes one of these only: "Orlan" is no slip for "organ".
    """
    replaced, position = "", 0
    for match in WORD.finditer(text):
        word = match.group().lower()
        if match.group().isupper():
            continue  # an abbreviation: one letter off is another one
        if len(word) < SHORTEST or not word.isalpha() or not stem(word) or is_word(word):
            continue
        known = words()
        if names and match.group()[0].isupper() and text[: match.start()].strip():
            known = {name: known.get(name, 0) for name in names()}
        if word not in known and (meant := _nearest(word, known)):
            replaced += text[position : match.start()] + meant
            position = match.end()
    return replaced + text[position:]


def _nearest(word: str, known: Mapping[str, int]) -> str:
    """The nearest known word, of several the commonest; empty when none is near."""
    most = 2 if len(word) >= LONG else 1
    letters = _letters(word)
    best: tuple[int, bool, int, str] | None = None
    for other, count in known.items():
        if abs(len(other) - len(word)) > most or len(other) < SHORTEST or not other.isalpha():
            continue
        # A slip in the first letter and another one elsewhere is seldom the same word.
        if other[0] != word[0] and most > 1:
            continue
        # A slip changes no more than two of the letters that occur: this spares most words the distance.
        if (letters ^ _letters(other)).bit_count() > 2 * most:
            continue
        away = distance(word, other, most)
        # Of two words as near, letters in the wrong order are likelier than a wrong letter.
        if away <= most and (best is None or (away, sorted(other) != sorted(word), -count, other) < best):
            best = (away, sorted(other) != sorted(word), -count, other)
    return best[3] if best else ""


@lru_cache(maxsize=50_000)
def _letters(word: str) -> int:
    """The letters that occur in a word, a bit each; some share one."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


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
