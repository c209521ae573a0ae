"""What was before or after a job that is named, asked without a conversation.

"What did he do before VitaScale?" is met best by what he did at VitaScale. It is "and before that?" after an answer
about that job; so it is read as that, and as nothing else.
"""

import re
from collections.abc import Iterator

from functions.ask.corpus import Corpus
from functions.ask.durations import spans
from functions.ask.lexical import WORD, stem, terms
from functions.ask.question import Turn
from functions.ask.topics import of_heading, of_word
from functions.shared.records import Chunk
from functions.shared.sentences import sentences

_NAMED = re.compile(
    r"(?P<rest>.+?) (?P<way>before|prior to|after|vor|nach) "
    r"(?:(?:joining|leaving|working (?:at|for|with)|starting (?:at|with)"
    r"|(?:he|she|they|you) (?:joined|left|was at|were at|worked (?:at|for))"
    r"|(?:his|her|their|your|seiner|ihrer|deiner|der) (?:time|job|work|zeit) (?:at|with|bei)) )?"
    r"(?P<what>.+?)[\s?!.]*",
    re.I,
)
_AGAIN = {"before": "And before that?", "prior to": "And before that?", "vor": "Und davor?"}
_AND_THEN = {"after": "And after that?", "nach": "Und danach?"}
# Words beside that make it no other question: which job right before, was hat er gemacht.
_BESIDE = frozenset(
    """right just directly immediately straight direkt unmittelbar gleich was wo er sie hat hatte war macht machte
    gemacht tat getan welche welchen""".split()
)


def conversation(question: str, corpus: Corpus, names: frozenset[str]) -> list[Turn]:
    """The conversation that a question for what was before or after a named job stands for.

    Its last turn is the question. Empty for any other question, and where the corpus does not tell when that job was.
    """
    found = _NAMED.fullmatch(" ".join(question.split()))
    if found is None or not _asks_for_work(found["rest"], names):
        return []
    if not (told := next(_told(corpus, set(terms(found["what"]))), "")):
        return []
    again = (_AGAIN | _AND_THEN)[found["way"].lower()]
    return [Turn("user", "Where does he work?"), Turn("assistant", told), Turn("user", again)]


def _asks_for_work(rest: str, names: frozenset[str]) -> bool:
    words = [word for word in WORD.findall(rest.lower()) if word not in names | _BESIDE]
    return all("work" in of_word(word) for word in words if stem(word))


def _told(corpus: Corpus, what: set[str]) -> Iterator[str]:
    """Sentences about a job whose time is told, with all the terms of its name; those of a job's own section first."""
    if not what:
        return
    for chunk in sorted((row.chunk for row in corpus.rows), key=lambda chunk: not what <= set(terms(chunk.heading))):
        for sentence in (chunk.text[start:end] for start, end in sentences(chunk.text)):
            if what <= set(terms(sentence)) and any(spans(sentence)) and _is_about_work(chunk, sentence):
                yield sentence


def _is_about_work(chunk: Chunk, sentence: str) -> bool:
    return "work" in of_heading(chunk.heading) or any("work" in of_word(word) for word in WORD.findall(sentence))
