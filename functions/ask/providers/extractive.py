"""The rung that needs no language model: the sentences that carry the proof, each with its number."""

from collections.abc import Sequence

from functions.ask.language import language
from functions.ask.phrases import phrase
from functions.ask.quotes import Quote

MODEL = "quoted"


def quote(quotes: Sequence[Quote], asked_in: str = "und") -> str:
    """The answer: best sentence first, every sentence followed by the number of its passage.

    Quotes in another language than the question's are introduced as such.
    """
    text = " ".join(f"{_closed(one.text)} [{one.n}]" for one in quotes)
    preface = phrase("quoted", asked_in)
    return f"{preface} {text}" if preface and language(text) != asked_in else text


def _closed(text: str) -> str:
    """A list item or a heading-like line ends without a full stop; in running text it needs one."""
    return text if text.endswith((".", "!", "?", "…", ".”", '."')) else f"{text}."
