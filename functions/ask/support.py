"""Does a passage say what a sentence says? Its facts must be there, and its words, or near ones, too.

Numbers, dates and names have to occur, and nothing may be said the other way round. Then every word counts by how well
the passage has it: 1 when it occurs, else the best cosine of its tokens among the passage's (late interaction). The
mean and the weakest word must both be good enough. A true sentence refused costs a citation, a false one accepted
misleads: the limits lean to refusing (docs/decisions.md, Citations).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from functions.ask.facts import Bond, Facts, facts, undotted
from functions.ask.language import language
from functions.ask.lexical import STOP_WORDS, WORD, stem
from functions.ask.retrieve import Query, read_query
from functions.shared.embed import Embedder, Floats
from functions.shared.matrix import TokenMatrix
from functions.shared.records import Passage

MEAN_MATCH, WEAKEST_MATCH = 0.8, 0.35
# Without the model, the share of words that have to occur.
SHARE = 0.6

# Short forms whose words a passage may write out; longer ones are found by their initials.
_SHORT = {
    "ai": "artificial intelligence",
    "ml": "machine learning",
    "be": "bachelor of engineering",
    "msc": "master",
    "bsc": "bachelor",
    "phd": "doctor",
}


class Support:
    """The passages of one question, ready to prove sentences. What is costly is done on first use."""

    def __init__(
        self,
        passages: Sequence[Passage],
        matrices: Sequence[TokenMatrix] = (),
        embedder: Embedder | None = None,
        subject: frozenset[str] = frozenset(),
    ) -> None:
        """`matrices` in the order of `passages`; without them or the embedder, words that occur decide alone.

        `subject` are the words for the subject itself: every passage is about that person, so they prove nothing.
        """
        self._texts = {passage.n: _proof(passage) for passage in passages}
        self._matrices = {passage.n: matrix for passage, matrix in zip(passages, matrices, strict=False)}
        self._embedder, self._subject = embedder, subject
        self._said: dict[str, Facts] = {}
        self._looked_into: dict[int, _Known] = {}

    def claims(self, sentence: str) -> bool:
        """Whether a sentence says anything that could be proven."""
        found = self._facts(_english(sentence))
        return bool(found.terms or found.numbers or found.dates or found.months)

    def possible(self, sentence: str, among: Iterable[int] | None = None) -> frozenset[int]:
        """The passages that hold the facts of a sentence, of all by default. Cheap: without the model."""
        found = self._facts(_english(sentence))
        wanted = self._texts.keys() if among is None else self._texts.keys() & set(among)
        return frozenset(n for n in wanted if self._known(n).has(found))

    def invents(self, sentence: str) -> bool:
        """Whether a sentence names a number, a date or a name that is in no passage."""
        found = self._facts(_english(sentence))
        # Mostly the passage that is cited names them all, and the others need not be looked into.
        return not (any(one.names_all(found) for one in self._looked_into.values()) or self._all.names_all(found))

    def needs_model(self, sentence: str, among: Iterable[int] | None = None) -> bool:
        """Whether `proven` will have the model read the sentence: a possible passage lacks one of its words. Cheap."""
        return self._embedder is not None and self._lacking(_english(sentence), among)

    def proven(self, sentence: str, among: Iterable[int] | None = None) -> frozenset[int]:
        """Those of the passages, of all by default, that prove the sentence. Blocking: 2–5 ms if it needs the model."""
        sentence = _english(sentence)
        query = None
        if self._embedder and self._lacking(sentence, among):
            query = read_query(self._embedder, sentence, self._subject)
        found = self._facts(sentence)
        return frozenset(n for n in self.possible(sentence, among) if self._meets(n, found, query))

    def _lacking(self, sentence: str, among: Iterable[int] | None) -> bool:
        found = self._facts(sentence)
        return not all(found.terms <= self._known(n).terms for n in self.possible(sentence, among))

    def _facts(self, sentence: str) -> Facts:
        """What a sentence asserts; each is asked about several times."""
        if sentence not in self._said:
            self._said[sentence] = facts(sentence, self._subject)
        return self._said[sentence]

    def _meets(self, n: int, found: Facts, query: Query | None) -> bool:
        """Whether passage `n` has the words of a sentence, or near ones."""
        missing = found.terms - self._known(n).terms
        matrix = self._matrices.get(n)
        if query is None or matrix is None or not len(matrix.values):
            return len(missing) <= (1 - SHARE) * len(found.terms)
        mean, weakest = match(query, found.terms, missing, matrix)
        return mean >= MEAN_MATCH and weakest >= WEAKEST_MATCH

    def _known(self, n: int) -> "_Known":
        if n not in self._looked_into:
            self._looked_into[n] = _known(self._texts[n])
        return self._looked_into[n]

    @cached_property
    def _all(self) -> "_Known":
        return _together(map(self._known, self._texts))


@lru_cache(maxsize=256)
def _known(text: str) -> "_Known":
    """What a passage says; the next answers cite it too. 1 ms each, about 5 KB."""
    return _Known(text)


class _Known:
    """What a passage says, to look the facts of a sentence up in."""

    def __init__(self, text: str) -> None:
        self._facts = facts(text)
        self._folded = _folded(text)
        words = WORD.findall(undotted(self._folded))
        self._words = frozenset(words)
        self._stems = frozenset(stem(word) for word in words) - {""}
        self._initials = "".join(word[0] for word in words if word not in STOP_WORDS)
        ones = {"1"} if "one" in self._words else set()
        self._dates, self._months_apart = self._facts.dates, self._facts.months
        self._numbers = self._facts.numbers | {year for year, _, _ in self._dates} | ones
        self._months = self._months_apart | {month for _, month, _ in self._dates}

    @property
    def terms(self) -> frozenset[str]:
        """Its words, stemmed."""
        return self._facts.terms

    def has(self, found: Facts) -> bool:
        """Whether every number, date and name of a sentence occurs, and nothing is said the other way round."""
        return self.names_all(found) and not self._denies(found) and not any(map(self._binds_otherwise, found.bonds))

    def names_all(self, found: Facts) -> bool:
        """Whether every number, date and name of a sentence occurs."""
        return (
            found.numbers <= self._numbers
            and found.months <= self._months
            and all(self._has_date(*date) for date in found.dates)
            and all(self._has_name(name) for name in found.names)
        )

    def _denies(self, found: Facts) -> bool:
        """Whether one says "not" of a word and the other does not."""
        denied = set(self._facts.denied)
        if found.denied:
            return not denied or not (self.terms & set(found.denied) <= denied)
        return not found.terms.isdisjoint(denied)

    def _binds_otherwise(self, bond: Bond) -> bool:
        """Whether a term stands beside other numbers only: nine hours and four minutes are not nine minutes."""
        side, number, term = bond
        bound = {other for its, other, word in self._facts.bonds if (its, word) == (side, term)}
        return bool(bound) and number not in bound

    def _has_date(self, year: str, month: int, day: str) -> bool:
        if day:
            return (year, month, day) in self._dates
        # "from February to November 2022"
        apart = month in self._months_apart and year in self._numbers
        return apart or any((year, month) == date[:2] for date in self._dates)

    def _has_name(self, name: str) -> bool:
        """In another case, inflected, as its short form or written out."""
        folded = _folded(name)
        return (
            folded in self._words
            or stem(folded) in self._stems
            or any(_inflected(folded, word) for word in self._words)
            or (folded in _SHORT and _SHORT[folded] in self._folded)
            or (len(name) > 2 and name.isupper() and folded in self._initials)
        )


def _together(known: Iterable[_Known]) -> _Known:
    """What several passages name between them; of one alone more can be asked."""
    whole = _Known("")
    for one in known:
        for name in ("_words", "_stems", "_numbers", "_months", "_months_apart", "_dates"):
            setattr(whole, name, getattr(whole, name) | getattr(one, name))
        whole._folded += f"{one._folded}\n"
        whole._initials += one._initials
    return whole


def match(query: Query, wanted: frozenset[str], missing: frozenset[str], matrix: TokenMatrix) -> tuple[float, float]:
    """How well a passage has the terms `wanted`, of which it lacks some: in the mean, and the weakest."""
    best = (query.encoded.tokens @ matrix.floats().T).max(axis=1)
    matches = [1.0] * len(wanted - missing) + [_best(query, term, best) for term in missing]
    return (sum(matches) / len(matches), min(matches)) if matches else (1.0, 1.0)


def _best(query: Query, term: str, best: Floats) -> float:
    """The mean of the best matches of a term's tokens; 0 for a term beyond the model's window."""
    tokens = [token for token, its in enumerate(query.token_terms) if its == term]
    return float(best[tokens].mean()) if tokens else 0.0


def _inflected(first: str, second: str) -> bool:
    """German and Germany, sensor and sensors."""
    short, long = sorted((first, second), key=len)
    return len(short) >= 4 and len(long) - len(short) <= 2 and long.startswith(short)


def _folded(text: str) -> str:
    """Without case and diacritics."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _proof(passage: Passage) -> str:
    """All that the prompt says of a passage."""
    return f"{passage.chunk.indexed_text} {passage.chunk.updated} {passage.computed}"


def _english(sentence: str) -> str:
    """A German sentence word by word in English, as far as the glossary goes."""
    if language(sentence) != "de":
        return sentence
    from functions.ask.gloss import gloss

    return gloss(sentence)
