"""A German question → the English words for it, one by one.

The model knows English, and so do most corpora: word for word is enough to find the passage (dictionary-based query
translation; Pirkola, 1998). The dictionary holds what people ask about a professional life. A compound is taken apart.
A word that is not there stays as it is, for it may be a name, and what no passage has speaks against an answer; unless
it is long and one slip away from one that is there.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import Stemmer

from functions.ask.spelling import distance

_WORD = re.compile(r"[^\W\d_]+")

# English: German words, any inflected form of which the stemmer leads here.
_ENTRIES = Path(__file__).with_name("glossary.txt")

# What joins the parts of a compound.
_JOINTS = ("", "s", "es", "n", "en", "er")
_SHORTEST_PART = 3
# Letters from which on a slip is forgiven: shorter words have too many neighbours.
_LONG = 7


def gloss(text: str, has: Callable[[str], bool] = lambda word: False) -> str:
    """`text` with every German word replaced that is known here, and not to the corpus (`has`) itself."""

    def english(match: re.Match[str]) -> str:
        word = match.group()
        return word if has(word) else _english(word) or word

    return _WORD.sub(english, text)


@cache
def _dictionary() -> dict[str, str]:
    """By German stem; the first entry of a stem wins."""
    stemmed: dict[str, str] = {}
    for entry in _ENTRIES.read_text(encoding="utf-8").splitlines():
        english, _, german = entry.partition(":")
        for word in german.split():
            stemmed.setdefault(_stem(word), english.strip())
    return stemmed


@cache
def _english(word: str) -> str:
    """The English for one word, or for the parts of a compound; empty where it, or a part, is not known."""
    known = _dictionary()
    if found := known.get(_stem(word)):
        return found
    lower = _spelt(word)
    return _compound(lower) or _misspelt(_stem(word)) or _compound(lower, _misspelt)


def _compound(lower: str, otherwise: Callable[[str], str] = lambda stem: "") -> str:
    """The English for the parts of a compound; `otherwise` looks for a part that is not known."""
    known = _dictionary()
    for cut in range(len(lower) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        second = known.get(_stem(lower[cut:]))
        if second and (first := _first_part(lower[:cut]) or otherwise(lower[:cut])):
            return f"{first} {second}"
    return ""


def _misspelt(stem: str) -> str:
    """The English for the one known word that is a slip away; empty where there is none, or several that differ."""
    if len(stem) < _LONG:
        return ""
    near = {english for known, english in _dictionary().items() if _is_slip(stem, known)}
    return near.pop() if len(near) == 1 else ""


def _is_slip(stem: str, known: str) -> bool:
    """Whether a letter was left out, doubled or swapped within a word; another letter is mostly another word."""
    if len(known) < _LONG - 1 or stem[-1] != known[-1]:
        return False
    return (len(stem) != len(known) or sorted(stem) == sorted(known)) and distance(stem, known, 1) <= 1


def _first_part(text: str) -> str:
    known = _dictionary()
    for joint in _JOINTS:
        if text.endswith(joint) and (found := known.get(_stem(text[: len(text) - len(joint)]))):
            return found
    return ""


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("german")


def _stem(word: str) -> str:
    return str(_stemmer().stemWord(_spelt(word)))


def _spelt(word: str) -> str:
    """In lower case, with the umlauts of a keyboard that has none left as they are typed: both meet."""
    lower = word.lower().replace("ß", "ss")
    return lower.translate(_UMLAUTS)


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
