"""Common ways to ask, as the plain question behind them.

"What does she do?" and "Has he ever worked with Kubernetes?" hold words that stand in no CV, or everywhere in it: they
shape the question, and say nothing of what a passage has to hold. What is left asks for today's job, for the person,
or for a skill.
"""

import re
from functools import lru_cache

from functions.ask.lexical import composed
from functions.shared.subject import Subject

JOB, PLACE, PERSON = "What is the current job?", "Where does he work?", "Who is {name}, by profile and summary?"
SKILL, SKILL_DE, LEVEL = "Does he know {asked}?", "Kennt er {asked}?", "How well does he speak {asked}?"

_EVER = r"(?: (?:ever|also|already|really|any|some|much|good|hands-on|practical|professional|prior))*"
_KNOWING = r"(?:experience|expertise|knowledge|skills) (?:with|of|in|using)"
_AT_HOME = r"(?:familiar|experienced|comfortable|proficient|skilled|versed) (?:with|in|using)"
_USING = r"(?:use|used|work with|worked with|(?:program|programmed|code|coded) in)"
_NOW = (
    r"(?:for a living|for work|professionally|at work|at the moment|(?:right )?now|nowadays|currently|today|these days)"
)
_SCHON = r"(?: (?:schon|bereits|auch|mal|je|jemals|viel|etwas|gut|gute|praktische))*"
_HEUTE = r"(?: (?:beruflich|heute|gerade|derzeit|aktuell|momentan|zurzeit|so))*"
_MIR = r"(?:(?:mir|uns|mal|bitte|etwas|was|mehr|ein bisschen) )*(?:über|von)"
# "a team", "his savings": no names of skills.
_THING = r"(?!(?:an?|the|his|her|their|your|other|people|children|customers|clients|teams)\b)ASKED"
# "How good is his SQL?" is no question for a language one speaks.
_LANGUAGES = (
    "afrikaans|arabic|bengali|bulgarian|cantonese|catalan|chinese|croatian|czech|danish|dutch|english|estonian|farsi"
    "|finnish|french|german|greek|gujarati|hebrew|hindi|hungarian|icelandic|indonesian|irish|italian|japanese|kannada"
    "|korean|latin|latvian|lithuanian|malay|malayalam|mandarin|marathi|norwegian|persian|polish|portuguese|punjabi"
    "|romanian|russian|serbian|slovak|slovenian|spanish|swahili|swedish|tamil|telugu|thai|turkish|ukrainian|urdu"
    "|vietnamese|welsh|yoruba"
)

# The first word; what follows, with SUBJECT and WHOSE for the words for the person; the plain question.
_FRAMES = (
    ("what", rf"(?:do|does|is|are) SUBJECT (?:do|doing)(?: {_NOW})*", JOB),
    ("was", rf"(?:(?:macht|machst|tut) SUBJECT|machen sie){_HEUTE}", JOB),
    ("was", r"(?:(?:ist|bist) SUBJECT|sind sie) von beruf", JOB),
    ("where", rf"(?:is|are) SUBJECT(?: {_NOW})?(?: (?:based|located))(?: {_NOW})?", PLACE),
    ("who", r"(?:is|are) SUBJECT", PERSON),
    ("wer", r"(?:(?:ist|bist) SUBJECT|sind sie)", PERSON),
    ("tell|talk", r"(?:me )?(?:(?:a little bit|a bit|a little|something|more|all) )*about SUBJECT", PERSON),
    ("introduce|present|describe|summarize|summarise|outline", "SUBJECT", PERSON),
    ("summarize|summarise|outline", r"WHOSE (?:career|profile|cv|resume|background|experience)", PERSON),
    ("erzähl|erzähle|sag", rf"{_MIR} SUBJECT", PERSON),
    ("erzählen|sagen", rf"sie {_MIR} (?:sich|SUBJECT)", PERSON),
    ("mir|uns", r"(?:bitte |kurz )?(?:etwas|was|mehr) (?:über|von) SUBJECT (?:erzählen|sagen)", PERSON),
    ("dich|sich", r"(?:bitte |kurz )*(?:vorstellen|beschreiben)", PERSON),
    ("stell|stelle|beschreib|beschreibe", r"SUBJECT(?: (?:bitte|kurz|mal))*(?: vor)?", PERSON),
    ("do|does|has|have|did", rf"SUBJECT(?: (?:have|had|got|gained))?{_EVER} {_KNOWING} ASKED", SKILL),
    ("is|are", rf"SUBJECT{_EVER} {_AT_HOME} ASKED", SKILL),
    ("do|does|has|have|did|can|could", rf"SUBJECT{_EVER} {_USING} {_THING}", SKILL),
    ("how", rf"(?:good|fluent) is WHOSE (?P<asked>{_LANGUAGES})", LEVEL),
    (
        "hat|hast|haben",
        rf"(?:SUBJECT|sie){_SCHON} (?:erfahrung(?:en)?|kenntnisse) (?:mit|in|im umgang mit) ASKED",
        SKILL_DE,
    ),
    ("hat|hast|haben", rf"(?:SUBJECT|sie){_SCHON} mit {_THING} gearbeitet", SKILL_DE),
    ("kennt|kennst|kennen", rf"(?:SUBJECT|sie) (?:sich|dich){_SCHON} mit ASKED aus", SKILL_DE),
    ("kann|kannst|können", rf"(?:SUBJECT|sie){_SCHON} mit ASKED umgehen", SKILL_DE),
)
_POLITE = re.compile(
    r"(?:please |(?:can|could|would) you (?:please )?"
    r"|(?:kannst|könntest) du (?:bitte )?|(?:können|könnten) sie (?:bitte )?)",
    re.I,
)
# Whoever asks speaks to the person, or of it; to somebody else "she" is somebody else.
_SPOKEN_TO = "you|yourself|du|dich|dir"
_SPOKEN_OF = {"he": "he|him|er|ihn|ihm", "she": "she|her|sie|ihr", "they": "they|them"}


def plain(question: str, subject: Subject) -> str:
    """The plain question behind one that is asked without a conversation, or `question` as it is."""
    words = " ".join(composed(question).split()).replace("’", "'").strip(" ?!.")
    for text in (words, _POLITE.sub("", words, count=1)):
        opener = text.partition(" ")[0].lower()
        for number, (openers, _, asked) in enumerate(_FRAMES):
            if opener in openers.split("|") and (
                found := _pattern(number, subject.names(), subject.pronouns).fullmatch(text)
            ):
                return asked.format(name=subject.name, **found.groupdict())
    return question


@lru_cache(maxsize=2 * len(_FRAMES))
def _pattern(number: int, names: frozenset[str], pronouns: str) -> re.Pattern[str]:
    """Compiled when a question first begins like it: all of them would take 12 ms of the first answer."""
    openers, frame, _ = _FRAMES[number]
    own = re.findall(r"\w+", pronouns.lower())
    spoken_of = [words for pronoun, words in _SPOKEN_OF.items() if pronoun in own] or list(_SPOKEN_OF.values())
    word = "|".join(re.escape(name) for name in sorted(names) if len(name) > 1)
    called = rf"(?:the )?(?:\w')?(?:{word})(?:[ -](?:\w')?(?:{word}))*"
    slots = {
        "SUBJECT": rf"(?:{'|'.join([_SPOKEN_TO, *spoken_of])}|{called})",
        "WHOSE": rf"(?:his|her|their|your|{called}(?:'s?|s))",
        "ASKED": r"(?P<asked>\S.*)",
    }
    for slot, pattern in slots.items():
        frame = frame.replace(slot, pattern)
    return re.compile(rf"(?:{openers}) {frame}", re.I)
