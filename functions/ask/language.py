"""Which language a question is in, by its commonest words: a question is too short for anything statistical."""

import re
from collections.abc import Iterable
from functools import lru_cache

WORD = re.compile(r"[^\W\d_]+")

# Words that only one of the two languages has ("in", "was", "am", "an", "so", "man", "war", "die" are in both).
_WORDS = {
    "en": frozenset(
        """the of and to is are were does did do has have had can could would will with for from his her their your you
        he she it they this that these those what when where which who whom whose why how many much any there been about
        me my i we us our yourself not or by at as than then tell give list know work study""".split()
    ),
    "de": frozenset(
        """der das den dem des ein eine einen einem einer eines und oder ist sind wird werden wurde wurden kann können
        könnte hat haben hatte hatten habe hast bist bin sein seine seinen seinem seiner ihre ihren ihrem ihrer ihm ihn
        ihr er sie es wir ich du dich dir mich mir uns euch wer wen wem wo wann wie warum wieso weshalb welche welcher
        welches welchen welchem wieviel wofür womit wohin woher worüber wodurch nicht kein keine auch noch schon bei mit
        für von vom zum zur auf aus nach über unter zwischen seit vor als wenn dass ob gibt gab macht machte arbeitet
        arbeitete spricht deine deinen deiner dein euer sich dort hier damit davor danach daran davon erzähl sag nenne
        bitte etwas was viele viel jetzt derzeit heute""".split()
    ),
}
_GERMAN_LETTERS = re.compile(r"[äöüß]", re.I)


@lru_cache(maxsize=1024)
def language(text: str) -> str:
    """ISO 639-1 code of the question's language: en, de, or und where nothing tells."""
    words = WORD.findall(text.lower())
    english = sum(word in _WORDS["en"] for word in words)
    german = sum(word in _WORDS["de"] for word in words) + bool(_GERMAN_LETTERS.search(text))
    if english == german:
        return "und"
    return "de" if german > english else "en"


def spoken(texts: Iterable[str]) -> str:
    """The language of the first text that tells, und when none does: a question, then those before it."""
    return next((found for text in texts if (found := language(text)) != "und"), "und")
