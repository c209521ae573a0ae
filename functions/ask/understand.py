"""A question as it was typed → what retrieval looks for: a follow-up written out, German glossed, slips mended."""

from collections.abc import Sequence

from functions.ask.corpus import Corpus
from functions.ask.followup import written_out
from functions.ask.language import language
from functions.ask.lexical import WORD
from functions.ask.question import Turn
from functions.ask.retrieve import Query, read_query
from functions.ask.spelling import joined, mend
from functions.shared.embed import Embedder
from functions.shared.subject import Subject


def understand(
    corpus: Corpus, embedder: Embedder, subject: Subject, question: str, history: Sequence[Turn] = ()
) -> Query:
    """The question after the model. Blocking: 2–5 ms."""
    names, has = subject.names(), corpus.lexical.has
    text = written_out(_in_full(question, subject), history, names)
    if language(text) == "de":
        from functions.ask.gloss import gloss  # its dictionary is for those who need it

        text = gloss(text, has)
    text = joined(text, has)
    text = mend(text, lambda: corpus.words, lambda word: has(word) or embedder.knows(word))
    return read_query(embedder, text, names)


def _in_full(question: str, subject: Subject) -> str:
    """The bare name is a question too."""
    words = [word.lower() for word in WORD.findall(question)]
    return f"Who is {subject.name}?" if words and subject.names().issuperset(words) else question
