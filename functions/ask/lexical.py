"""Text → terms, and BM25 over them (Robertson and Zaragoza, 2009; idf as Lucene has it).

Terms are words in lower case without stop words, stemmed by Snowball. k1 and b are those that
Anserini found best for short passages.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import Stemmer

from functions.shared.embed import Floats

K1, B = 0.9, 0.4

# A word may hold digits and end in + or #, so that "C++" and "C#" are not "C".
WORD = re.compile(r"[^\W_]+[+#]*")

# Words that say how a question is asked, not what it is about; the last line is what an apostrophe parts off.
STOP_WORDS = frozenset(
    """
    a about above across after again all also am an and any anyone anything are as at be been before being below
    between both but by can could describe did do does doing done ever explain for from further get gets give
    given gives had has have having he her here hers him his how i if in into is it its itself just know known
    knows let like may me might moment more most much must my no nor not now of off on once only or other our
    out over own please same shall she should show so some something such tell than that the their them then
    there these they thing things this those through to too under until up us use used uses using very was we
    were what when where whether which while who whom whose why will with would you your
    s t d ll re ve m
    """.split()
)

_ACRONYMS = re.compile(r"[b-df-hj-np-tv-xz]{2,}[b-df-hj-np-rtv-xz]s")  # llms; not css

_stemmer = Stemmer.Stemmer("english")


def composed(text: str) -> str:
    """A letter and its accent as one character: apart, as some keyboards and PDFs send them, the accent parts words."""
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The term of one word, empty for a stop word."""
    lower = word.lower()
    if lower in STOP_WORDS:
        return ""
    # The stemmer takes no plural off what has no vowel.
    return lower[:-1] if _ACRONYMS.fullmatch(lower) else str(_stemmer.stemWord(lower))


def terms(text: str) -> list[str]:
    """All terms of `text`, in order, repeats kept."""
    return [term for word in WORD.findall(composed(text)) if (term := stem(word))]


class Bm25:
    """An inverted index over n texts; scores are exact for every text."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index `texts`; a text's number is its position."""
        self._n = len(texts)
        lengths = np.zeros(self._n, np.float32)
        postings: dict[str, tuple[list[int], list[int]]] = {}
        for number, text in enumerate(texts):
            counts = Counter(terms(text))
            lengths[number] = counts.total()
            for term, count in counts.items():
                numbers, frequencies = postings.setdefault(term, ([], []))
                numbers.append(number)
                frequencies.append(count)
        norms = K1 * (1 - B + B * lengths / max(float(lengths.mean()) if self._n else 1.0, 1e-9))
        self._postings = {
            term: _weighted(numbers, frequencies, norms) for term, (numbers, frequencies) in postings.items()
        }

    def has(self, word: str) -> bool:
        """Whether some text has a word of this term."""
        return stem(word) in self._postings

    def with_all(self, wanted: Iterable[str]) -> list[int]:
        """Numbers of the texts that have every one of some terms, in their order; none for no terms."""
        held = [self._postings.get(term) for term in wanted]
        if not held or None in held:
            return []
        found = [numbers for numbers, _ in filter(None, held)]
        return sorted(set(found[0].tolist()).intersection(*(numbers.tolist() for numbers in found[1:])))

    def idf(self, term: str) -> float:
        """Inverse document frequency, above 0; highest for a term that no text has."""
        held = self._postings.get(term)
        frequency = 0 if held is None else len(held[0])
        return math.log1p((self._n - frequency + 0.5) / (frequency + 0.5))

    def scores(self, query: Iterable[str], share: Callable[[str], float] = lambda term: 1.0) -> Floats:
        """BM25 of every text for the terms of a query, each by its share; float32 (n,), 0 where no term occurs."""
        scores = np.zeros(self._n, np.float32)
        for term in set(query):
            if held := self._postings.get(term):
                numbers, weights = held
                scores[numbers] += share(term) * self.idf(term) * weights
        return scores


def _weighted(numbers: list[int], frequencies: list[int], norms: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
    """Postings of one term with the saturated term frequency already worked out."""
    rows = np.asarray(numbers, np.int32)
    tf = np.asarray(frequencies, np.float32)
    return rows, tf / (tf + norms[rows])
