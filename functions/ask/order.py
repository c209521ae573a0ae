"""What was before or after a job that is named, asked without a conversation.

"What did he do before VitaScale?" is met best by what he did at VitaScale. It is "and before that?" after an answer
about that job; so it is read as that, and as nothing else.
"""

import re
from collections.abc import Iterable, Iterator

from functions.ask.corpus import Corpus
from functions.ask.durations import spans
from functions.ask.lexical import WORD, stem, terms
from functions.ask.question import Turn
from functions.ask.topics import of_heading, of_word
from functions.shared.records import Chunk
from functions.shared.sentences import sentences

_NAMED = re.compile(
    r"(?P<rest>(?:(?:for )?(?:what|where|which)|was|wo|(?:für )?welche[nrs]?)\b.*?) "
    r"(?P<way>before|prior to|after|vor|nach) "
    r"(?:(?:joining|leaving|working (?:at|for|with)|starting (?:at|with)"
    r"|(?:he|she|they|you) (?:joined|left|was at|were at|worked (?:at|for))"
    r"|(?:his|her|their|your|seiner|ihrer|deiner|der) (?:time|job|work|zeit) (?:at|with|bei)) )?"
    r"(?P<what>.+?)(?: (?:gemacht|getan|gearbeitet))?[\s?!.]*",
    re.I,
)
_EARLIER = {"before": "And before that?", "prior to": "And before that?", "vor": "Und davor?"}
_LATER = {"after": "And after that?", "nach": "Und danach?"}
# Words beside that make it no other question: which job right before, was hat er gemacht.
_BESIDE = frozenset(
    """right just directly immediately straight direkt unmittelbar gleich was wo er sie hat hatte war macht machte
    gemacht tat getan welche welchen für""".split()
)
# Stop words that make it one.
_OTHERWISE = frozenset("who whom whose how why when out not no".split())
# Passages with all words of a name; what so many have is no name of a job.
MOST_NAMED = 50

Month = tuple[int, int]
Told = tuple[str, tuple[Month, Month]]  # a sentence, and the time that it names


def conversation(question: str, corpus: Corpus, names: frozenset[str]) -> list[Turn]:
    """The conversation that a question for what was before or after a named job stands for.

    Its last turn is the question. Empty for any other question, and where the corpus does not tell when that job was,
    or the name may stand for several. Blocking: below 1 ms.
    """
    found = _NAMED.fullmatch(" ".join(question.split()))
    if found is None or not _asks_for_work(found["rest"], names):
        return []
    told = _told(corpus, frozenset(terms(found["what"])))
    if not told or not _is_one(told):
        return []
    again = (_EARLIER | _LATER)[found["way"].lower()]
    return [Turn("user", "Where does he work?"), Turn("assistant", told[0][0]), Turn("user", again)]


def _asks_for_work(rest: str, names: frozenset[str]) -> bool:
    words = [word for word in WORD.findall(rest.lower()) if word not in names | _BESIDE]
    return _OTHERWISE.isdisjoint(words) and all("work" in of_word(word) for word in words if stem(word))


def _told(corpus: Corpus, what: frozenset[str]) -> list[Told]:
    """What is told of a job whose name has these terms: in its own section, or else anywhere."""
    numbers = corpus.lexical.with_all(what)
    if len(numbers) > MOST_NAMED or all(term.isdigit() or of_word(term) for term in what):
        return []
    chunks = [corpus.rows[number].chunk for number in numbers]
    own = [chunk for chunk in chunks if what <= set(terms(chunk.heading))]
    return list(_sentences(own, what)) or list(_sentences(chunks, what))


def _sentences(chunks: Iterable[Chunk], what: frozenset[str]) -> Iterator[Told]:
    for chunk in chunks:
        for sentence in (chunk.text[start:end] for start, end in sentences(chunk.text)):
            if (
                what <= set(terms(sentence))
                and _is_about_work(chunk, sentence)
                and (span := next(spans(sentence), None))
            ):
                yield sentence, span


def _is_one(told: list[Told]) -> bool:
    """Whether all that is told of a name may be of one job: at the same time as the first."""
    (_, (first, last)), *others = told
    return all(start <= last and first <= end for _, (start, end) in others)


def _is_about_work(chunk: Chunk, sentence: str) -> bool:
    return "work" in of_heading(chunk.heading) or any("work" in of_word(word) for word in WORD.findall(sentence))
