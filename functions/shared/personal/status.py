"""Civil status: nationality, family, religion, gender and place of birth, under their label, in English and German."""

import re
from collections.abc import Iterator

from functions.shared.personal.words import Span, lazily

_LABEL = (
    r"nationality|citizenship|(?:marital|family|civil|relationship) status|religion|denomination|caste"
    r"|ethnicity|race|blood group|place of birth|birth ?place"
    r"|(?:father|mother|spouse|husband|wife)'?s? ?(?:full )?name|nationalität|staatsangehörigkeit"
    r"|staatsbürgerschaft|familienstand|zivilstand|konfession"
    r"|religionszugehörigkeit|geschlecht|geburtsort|geburtsname|schwerbehinderung|grad der behinderung"
    r"|name (?:des vaters|der mutter)"
)
# These begin ordinary sentences as well: only a colon makes them labels.
_VAGUE = r"children|gender|sex|kinder|disability|eltern"
_MARRIED = r"married|divorced|widowed|verheiratet|geschieden|verwitwet"
_ALONE = rf"{_MARRIED}|unmarried|single|ledig|male|female|männlich|weiblich"
_STATUS = (
    lazily(
        rf"^[ \t•*-]{{0,4}}(?P<hit>(?:{_LABEL}|{_VAGUE})[ \t]{{0,3}}[:-][ \t]"
        r"(?:[^\n;.]|\.(?=\S)|(?<=\b[A-Z])\.){1,80})",
        re.I | re.M,
    ),
    lazily(
        rf"\b(?P<hit>(?:{_LABEL}|{_VAGUE})[ \t]{{0,3}}:[ \t]{{0,3}}(?:[^\n;.,|·]"
        rf"|\.(?=\S)|(?<=\b[A-Z])\.){{1,60}}(?:, ?[a-zäöü][\w -]{{1,30}}(?=$|[|·;.]))?)",
        re.I | re.M,
    ),
    # cells of a table's row; a label with its value on the next line
    lazily(rf"^[ \t•*-]{{0,4}}(?P<hit>(?:{_LABEL})[;,] [^\n;,.]{{2,40}}(?:, [^\n;,.]{{2,30}})?)$", re.I | re.M),
    lazily(rf"^[ \t•*-]{{0,4}}(?P<hit>(?:{_LABEL})[ \t]{{0,3}}:?[ \t]{{0,3}}\n{{1,2}}[^\n;.:]{{2,40}})$", re.I | re.M),
    lazily(
        rf"^[ \t•*-]{{0,4}}(?P<hit>(?:{_ALONE})(?:(?:[,;] | (?:with|mit|since|seit) )[^\n.]{{0,40}})?)$", re.I | re.M
    ),
    lazily(rf"(?:^|[|·•]) ?(?P<hit>(?:{_ALONE})(?:, [^\n|·•]{{0,30}})?) ?(?=$|[|·•])", re.I | re.M),
    lazily(rf"\b(?P<hit>(?:is|am|i'm|bin|ist) (?:happily |glücklich |seit \d{{4}} )?(?:{_MARRIED})\b)", re.I),
)


def status(text: str) -> Iterator[Span]:
    """Spans of what the labels say, with the labels."""
    for pattern in _STATUS:
        for found in pattern().finditer(text):
            yield found.start("hit"), found.start("hit") + len(found["hit"].rstrip())
