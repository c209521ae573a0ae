"""What a question about a person asks for, and under which heading that stands.

"Who employs him?" shares no word with "Work experience", nor "hobbies" with "Interests"; a small model does not
see it either. A word of a question counts as met by a heading of its topic, and by nothing else: what the rest of
the question asks for must still be proven.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

# topic: words of questions, words of headings; English and German
_TOPICS = {
    "about": (
        r"yourself|introduce|background|summary|overview|profile|bio|vorstellen|person",
        r"about|profile|summary|overview|who|über|profil|zusammenfassung",
    ),
    "work": (
        r"work\w*|jobs?|positions?|roles?|employ(?:s|ed|er|ers|ing|ment)?|compan(?:y|ies)|careers?|occupation|profession|wages|living"
        r"|arbeit\w*|beruf\w*|firma|stelle|arbeitgeber",
        r"work|experience|employment|career|jobs?|position|berufserfahrung|erfahrung|werdegang",
    ),
    "education": (
        r"degrees?|stud(?:y|ied|ies)|universit\w+|college|graduat\w+|schools?|academic"
        r"|educat\w+|diploma|undergraduate|studier\w*|studium|abschluss|ausbildung",
        r"education|studies|degrees?|academic|ausbildung|studium|bildung",
    ),
    "permission": (
        r"visas?|sponsor\w*|permits?|permission|permitted|eligib\w+|authori[sz]\w+|visum|arbeitserlaubnis",
        r"work (?:permits?|eligibility|authori[sz]ation)|permission|visas?|aufenthalt\w*|arbeitserlaubnis",
    ),
    "projects": (r"projects?|projekte?n?", r"projects?|projekte?"),
    "skills": (
        r"skills?|strengths?|tools?|platforms?|technolog\w+|program(?:ming)?|frameworks?|librar\w+|stack|famil\w+|proficient|expert\w*|kenntnisse",
        r"skills?|technolog\w+|tools?|frameworks?|expertise|competenc\w+|stack|kenntnisse|fähigkeiten",
    ),
    "languages": (
        r"languages?|speaks?|spoken|tongues?|fluent\w*|native|sprach\w*|spricht",
        r"languages?|sprachen",
    ),
    "certificates": (
        r"certif\w+|qualif\w+|exams?|accredit\w+|licen[cs]es?|zertifi\w+",
        r"certif\w+|qualifications?|licen[cs]es?|zertifikate",
    ),
    "interests": (
        r"hobb\w+|interests?|leisure|spare|tinker\w*|fun|pastimes?|freizeit|interessen",
        r"interests?|hobbies|leisure|side projects|freizeit|interessen",
    ),
    "contact": (
        r"contact|reach|touch|email|e-mail|linkedin|kontakt\w*|erreich\w*",
        r"contact|connect|kontakt",
    ),
    "awards": (r"awards?|prizes?|honou?rs?|won|preise?|auszeichnung\w*", r"awards?|honou?rs?|prizes?|auszeichnungen"),
    "publications": (
        r"publi\w+|papers?|articles?|wrote|written|talks?|conferences?|lectur\w+|speech\w*|vortr\w+",
        r"publications?|papers|articles|talks|conferences?|lectures|speaking|vorträge",
    ),
    "volunteering": (
        r"volunt\w+|honorary|charit\w+|unpaid|ehrenamt\w*",
        r"volunteer\w*|voluntary|community|engagement|ehrenamt\w*",
    ),
    "references": (
        r"colleagues?|coworkers?|clients?|customers?|testimonials?|recommend\w*|praise\w*|kolleg\w+",
        r"testimonials?|references|recommendations?|voices|(?:others|people|colleagues) say|referenzen|stimmen",
    ),
}
# Words of questions, and what stands for them in the line of a CV; the model knows few of these abbreviations.
_WORDS = {
    "now": (
        r"current(?:ly)?|now|nowadays|today|moment|present(?:ly)?|derzeit\w*|aktuell\w*|heute|momentan",
        r"present|current(?:ly)?|now|today|ongoing|heute|derzeit|aktuell",
    ),
    "bachelor": (r"bachelor\w*|batchelor\w*|undergraduate", r"bachelor|b\.?\s?sc|b\.?\s?eng|b\.?\s?tech|b\.?\s?[ae]"),
    "master": (r"masters?|postgraduate", r"master|m\.?\s?sc|m\.?\s?eng|m\.?\s?tech|mba|m\.?\s?a"),
    "stack": (
        r"technolog\w+|tools?|stack|frameworks?|librar\w+|technologien",
        r"(?:tech )?stack|built with|technologies",
    ),
    "doctorate": (r"doctora\w+|phd|promotion|promoviert", r"ph\.?\s?d|doctora\w+|dr\.?-ing|dr"),
}
# What questions are made of, for whoever mistypes it; a corpus need not have these words.
COMMON = frozenset(
    """which where when what about know knows speak speaks happened current currently position experience employer
    employed company career responsible responsibilities education university degree graduate graduated qualification
    qualifications certificate certificates certification certifications language languages technology technologies
    programming framework frameworks hobbies interests project projects published publications volunteering award awards
    thesis address telephone salary manager""".split()
)
# Words with which a question about work asks for something else than today's job.
_NOT_PRESENT = frozenset(
    """did was were had worked been before previous previously first last former formerly earlier past ever other
    all how why can could would should with there then jobs roles positions companies employers war hatte""".split()
)
_LISTS = re.compile(
    r"\b(?:companies|employers|firms|organi[sz]ations|jobs|positions|roles|projects"
    r"|firmen|unternehmen|arbeitgeber|stellen|projekte|werdegang)\b"
    r"|\bwhere (?:has|have) \w+(?: \w+){0,2} worked\b|\b(?:work|career|job) history\b",
    re.I,
)
_ASKED = {topic: re.compile(rf"(?:{asked})\Z", re.I) for topic, (asked, _) in _TOPICS.items()}
_ASKED |= {word: re.compile(rf"(?:{asked})\Z", re.I) for word, (asked, _) in _WORDS.items()}
_WRITTEN = {word: re.compile(rf"\b(?:{written})\b", re.I) for word, (_, written) in _WORDS.items()}
_HEADED = {topic: re.compile(rf"\b(?:{headed})\b", re.I) for topic, (_, headed) in _TOPICS.items()}


@lru_cache(maxsize=10_000)
def of_word(word: str) -> frozenset[str]:
    """Topics that a word of a question may ask for."""
    return frozenset(topic for topic, pattern in _ASKED.items() if pattern.match(word))


def present_work(words: Sequence[str], content: Sequence[str]) -> bool:
    """Whether a question asks for today's job and for nothing else ("Where does she work?", "her current role").

    `words` are all of the question, `content` those of them that are neither stop words nor the subject's name.
    """
    topics = [of_word(word) for word in content]
    return (
        any("work" in one for one in topics)
        and all(one & {"work", "now"} or word.lower() == "title" for one, word in zip(topics, content, strict=True))
        and _NOT_PRESENT.isdisjoint(word.lower() for word in words)
    )


def asks_for_list(question: str) -> bool:
    """Whether a question asks for all jobs or all projects."""
    return _LISTS.search(question) is not None


@lru_cache(maxsize=10_000)
def of_heading(heading: str) -> frozenset[str]:
    """Topics that a heading announces."""
    return frozenset(topic for topic, pattern in _HEADED.items() if pattern.search(heading))


def written(topic: str, text: str) -> list[tuple[int, int]]:
    """Where a word that stands for the topic is in `text`; nowhere for a topic that only headings announce."""
    return [match.span() for match in _WRITTEN[topic].finditer(text)] if topic in _WRITTEN else []
