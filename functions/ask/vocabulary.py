"""The words of a corpus, where those that a slip may have come from are found without a look at each."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

# Shorter words have too many neighbours.
SHORTEST = 4


class Vocabulary:
    """Words in lower case, how often each occurs, and which of them are written with a capital somewhere."""

    def __init__(self, counts: Mapping[str, int], names: Collection[str] = ()) -> None:
        """`names` are those written with a capital."""
        self.counts, self.names = counts, frozenset(names)
        by_length: dict[int, list[str]] = {}
        for word in counts:
            if len(word) >= SHORTEST and word.isalpha():
                by_length.setdefault(len(word), []).append(word)
        self._of_length = {length: _Words(words) for length, words in by_length.items()}

    def near(self, word: str, most: int) -> Iterator[str]:
        """All words that up to `most` slips turn into `word`, and more; of two slips none is in the first letter."""
        for length in range(len(word) - most, len(word) + most + 1):
            if words := self._of_length.get(length):
                yield from words.near(word, most)


class _Words:
    """Words of one length. 100,000 of them are compared in half a millisecond."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._letters = np.array([_letters(word) for word in words], np.uint64)
        self._firsts = np.array([ord(word[0]) for word in words], np.uint32)

    def near(self, word: str, most: int) -> Iterator[str]:
        # A slip changes no more than two of the letters that occur.
        near = np.bitwise_count(self._letters ^ np.uint64(_letters(word))) <= 2 * most
        if most > 1:  # a slip in the first letter and another one elsewhere is seldom the same word
            near &= self._firsts == ord(word[0])
        return (self._words[number] for number in np.flatnonzero(near).tolist())


def _letters(word: str) -> int:
    """The letters that occur in a word, a bit each; some share one."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits
