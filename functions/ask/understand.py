"""A question as it was typed → what retrieval looks for: German glossed, slips mended, what is carried on added."""

from dataclasses import replace

from functions.ask.corpus import Corpus
from functions.ask.ellipsis import empty
from functions.ask.followup import Reading
from functions.ask.frames import plain
from functions.ask.language import language
from functions.ask.lexical import WORD, stem
from functions.ask.retrieve import Query, read_query
from functions.ask.spelling import joined, mend
from functions.ask.topics import asks_for_list
from functions.shared.embed import Embedder
from functions.shared.subject import Subject


def understand(corpus: Corpus, embedder: Embedder, subject: Subject, reading: Reading) -> Query:
    """The question after the model. Blocking: 2–5 ms."""
    text, alone = _in_full(reading.text, subject), not reading.scope and not reading.carried
    if alone:  # in a conversation somebody else may be meant
        text = plain(text, subject)
    german = language(text) == "de"
    text = _readable(text, german, corpus, embedder)
    lists = asks_for_list(reading.text)  # before its plurals are glossed
    if alone:
        return replace(read_query(embedder, text, subject.names()), lists=lists)
    carried = _readable(" ".join(reading.carried), german, corpus, embedder)
    own = {stem(word) for word in WORD.findall(text)}
    query = read_query(embedder, f"{text} ({carried})" if carried else text, subject.names())
    light = {term for term in own if empty(term)}
    terms = frozenset(stem(word) for word in WORD.findall(carried))
    return replace(query, carried=(terms - own) | light, said=reading.said, lists=lists)


def _readable(text: str, german: bool, corpus: Corpus, embedder: Embedder) -> str:
    """The text in words that the corpus or the model knows."""
    has = corpus.lexical.has
    if german:
        from functions.ask.gloss import gloss  # its dictionary is for those who need it

        text = gloss(text, has)
    # German nouns have capitals that make no name.
    text = mend(
        joined(text, has), lambda: corpus.vocabulary, lambda word: has(word) or embedder.knows(word), not german
    )
    return text.lower() if german else text


def _in_full(question: str, subject: Subject) -> str:
    """The bare name is a question too."""
    words = [word.lower() for word in WORD.findall(question)]
    return f"Who is {subject.name}?" if words and subject.names().issuperset(words) else question
