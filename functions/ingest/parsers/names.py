"""What CVs call themselves and their sections, in English and German. It breaks ties where type alone does not tell."""

import re

# A document's name for itself, which says nothing about whose it is.
GENERIC = re.compile(
    r"(?:my |mein )?(?:resume|résumé|cv|c\.v\.|curriculum vitae|lebenslauf)(?:[ _-]*(?:20\d\d|final|new|neu|v?\d))*",
    re.IGNORECASE,
)
# "Engineer | Acme": parts set beside each other.
PARTS = re.compile(r"\s+[|•·]\s+")
_BEFORE = (
    r"(?:work|professional|relevant|further|other|additional|key|core|selected|recent|personal|technical|academic"
    r"|career|employment|volunteer|voluntary|teaching|research|industry|special|main|my|computer|foreign|language"
    r"|beruflich\w*|schulisch\w*|akademisch\w*|persönlich\w*|praktisch\w*|fachlich\w*|besonder\w*|weiter\w*"
    r"|sonstig\w*|ehrenamtlich\w*|ausgewählt\w*|wissenschaftlich\w*|it|edv)"
)
_ENGLISH = (
    r"(?:experiences?|employment|career|work|history|education|training|qualifications?|background|studies|skills?"
    r"|competenc\w+|expertise|technologies|tools|languages?|projects?|profile|summary|objective|statement|overview"
    r"|about|about me|contact|details|information|certificat\w+|licen[cs]es?|courses?|awards?|hono(?:u)?rs"
    r"|achievements|publications?|talks|presentations|patents|volunteer\w*|activities|engagement|interests|hobbies"
    r"|references|memberships?|internships?|personal)"
)
_GERMAN = (
    r"(?:berufserfahrung(?:en)?|berufspraxis|berufstätigkeit|erfahrung(?:en)?|praxiserfahrung|werdegang"
    r"|ausbildung(?:en)?|schulbildung|schule|bildung|bildungsweg|studium|promotion|weiterbildung(?:en)?"
    r"|fortbildung(?:en)?|qualifikation(?:en)?|(?:\w{2,14}-?)?kenntnisse|fähigkeiten|kompetenzen|sprachen|projekte"
    r"|profil|kurzprofil|zusammenfassung|über mich|kontakt|kontaktdaten|daten|angaben|zertifikate|zertifizierungen"
    r"|lizenzen|auszeichnungen|preise|stipendien|publikationen|veröffentlichungen|vorträge|praktika|praktikum"
    r"|interessen|hobb(?:ie|y)s|ehrenamt|tätigkeiten|referenzen|mitgliedschaften|wehrdienst|zivildienst|führerschein)"
)
_SECTION = re.compile(
    rf"(?:{_BEFORE}[ -]){{0,2}}(?:{_ENGLISH}|{_GERMAN})(?: (?:&|and|und|/|\+) [\w ,&/-]{{2,40}})?:?", re.IGNORECASE
)
# Short words that are no abbreviations.
_WORDS = frozenset("me my us we i".split())
_LOW = frozenset("of and in for the to with at on und der die das für mit im in".split())


def names_section(text: str) -> bool:
    """Whether `text` is what CVs call a section."""
    return _SECTION.fullmatch(text.strip()) is not None


def capitalised(text: str, shouted: set[str]) -> str:
    """A line in capitals as a name, but for the words `shouted`."""

    def lowered(found: re.Match[str]) -> str:
        word = found[0]
        if word.lower() in _LOW and found.start():
            return word.lower()
        short = len(word) < 3 and word.lower() not in _WORDS
        return word if word in shouted or short else word.capitalize()

    return re.sub(r"\w+", lowered, text)
