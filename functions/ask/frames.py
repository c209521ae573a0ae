"""Common ways to ask, as the plain question behind them.

"What does she do?" and "Has he ever worked with Kubernetes?" hold words that stand in no CV, or everywhere in it: they
shape the question, and say nothing of what a passage has to hold. What is left asks for today's job, for the person,
or for a skill.
"""

import re
from collections.abc import Collection
from functools import lru_cache

JOB, PLACE, PERSON = "What is the current job?", "Where does he work?", "Who is {name}, in summary?"
SKILL, SKILL_DE, LEVEL = "Does he know {asked}?", "Kennt er {asked}?", "How well does he speak {asked}?"

_EVER = r"(?: (?:ever|also|already|really|any|some|much|good|hands-on|practical|professional|prior))*"
_KNOWING = r"(?:experience|expertise|knowledge|skills) (?:with|of|in|using)"
_AT_HOME = r"(?:familiar|experienced|comfortable|proficient|skilled|versed|fluent) (?:with|in|using)"
_USING = r"(?:use|used|handle|work with|worked with|(?:program|programmed|code|coded) in)"
_NOW = (
    r"(?:for a living|for work|professionally|at work|at the moment|(?:right )?now|nowadays|currently|today|these days)"
)
_SCHON = r"(?: (?:schon|bereits|auch|mal|je|jemals|viel|etwas|gut|gute|praktische))*"

# The first word; what follows, with SUBJECT and WHOSE for the words for the person; the plain question.
_FRAMES = (
    ("what", rf"(?:do|does|is|are) SUBJECT (?:do|doing)(?: {_NOW})*", JOB),
    ("was", r"(?:macht|machst|tut) SUBJECT(?: (?:beruflich|heute|gerade|derzeit|aktuell|momentan|zurzeit|so))*", JOB),
    ("was", r"(?:ist|bist) SUBJECT von beruf", JOB),
    ("where", rf"(?:is|are) SUBJECT(?: {_NOW})?(?: (?:based|located))(?: {_NOW})?", PLACE),
    ("who", r"(?:is|are) SUBJECT", PERSON),
    ("wer", r"(?:ist|bist) SUBJECT", PERSON),
    ("tell|talk", r"(?:me )?(?:(?:a little bit|a bit|a little|something|more|all) )*about SUBJECT", PERSON),
    ("introduce|present|describe|summarize|summarise|outline", "SUBJECT", PERSON),
    ("summarize|summarise|outline", r"WHOSE (?:career|profile|cv|resume|background|experience)", PERSON),
    ("erzähl|erzähle|sag", r"(?:(?:mir|uns|mal|bitte|etwas|was|mehr|ein bisschen) )*(?:über|von) SUBJECT", PERSON),
    ("mir|uns", r"(?:bitte |kurz )?(?:etwas|was|mehr) (?:über|von) SUBJECT (?:erzählen|sagen)", PERSON),
    ("stell|stelle|beschreib|beschreibe", r"SUBJECT(?: (?:bitte|kurz|mal))*(?: vor)?", PERSON),
    ("do|does|has|have|did", rf"SUBJECT(?: (?:have|had|got|gained))?{_EVER} {_KNOWING} ASKED", SKILL),
    ("is|are", rf"SUBJECT{_EVER} {_AT_HOME} ASKED", SKILL),
    ("do|does|has|have|did|can|could", rf"SUBJECT{_EVER} {_USING} ASKED", SKILL),
    ("how", r"(?:good|fluent) is WHOSE ASKED", LEVEL),
    ("hat|hast", rf"SUBJECT{_SCHON} (?:erfahrung(?:en)?|kenntnisse) (?:mit|in|im umgang mit) ASKED", SKILL_DE),
    ("hat|hast", rf"SUBJECT{_SCHON} mit ASKED gearbeitet", SKILL_DE),
    ("kennt|kennst", rf"SUBJECT (?:sich|dich){_SCHON} mit ASKED aus", SKILL_DE),
    ("kann|kannst", rf"SUBJECT{_SCHON} mit ASKED umgehen", SKILL_DE),
)
_POLITE = re.compile(r"(?:please |(?:can|could|would) you (?:please )?|(?:kannst|könntest) du (?:bitte )?)", re.I)
_PRONOUNS = "he|him|she|her|they|them|you|yourself|er|ihn|ihm|sie|ihr|du|dich|dir"


def plain(question: str, names: Collection[str], name: str) -> str:
    """The plain question, or `question` as it is. `names` are the words for the subject, `name` is its full name."""
    words = " ".join(question.split()).replace("’", "'").strip(" ?!.")
    for text in (words, _POLITE.sub("", words, count=1)):
        opener = text.partition(" ")[0].lower()
        for number, (openers, _, asked) in enumerate(_FRAMES):
            if opener in openers.split("|") and (found := _pattern(number, frozenset(names)).fullmatch(text)):
                return asked.format(name=name, **found.groupdict())
    return question


@lru_cache(maxsize=2 * len(_FRAMES))
def _pattern(number: int, names: frozenset[str]) -> re.Pattern[str]:
    """Compiled when a question first begins like it: all of them would take 30 ms of the first answer."""
    openers, frame, _ = _FRAMES[number]
    called = "|".join(map(re.escape, sorted(names)))
    slots = {
        "SUBJECT": rf"(?:{_PRONOUNS}|(?:the )?(?:{called})(?: (?:{called}))*)",
        "WHOSE": rf"(?:his|her|their|your|(?:(?:{called}) )*(?:{called})'s)",
        "ASKED": r"(?P<asked>\S.*)",
    }
    for slot, pattern in slots.items():
        frame = frame.replace(slot, pattern)
    return re.compile(rf"(?:{openers}) {frame}", re.I)
