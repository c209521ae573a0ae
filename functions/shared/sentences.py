"""Where sentences begin and end, for English and German professional prose.

A line border is always a sentence border, so that list items, table rows and headings stay apart;
whoever reads hard-wrapped text unwraps it first. Within a line a full stop ends a sentence only when
what stands before it is no abbreviation and what follows looks like a beginning. In doubt two sentences
stay together: a quotation that is too long reads better than half of one. A question that opens a line stays with
the sentence that answers it.
"""

import re

# What ingest puts in the place of personal data (functions/ingest/personal.py): the sentence around it is withheld.
REDACTED = re.compile(r"\[[a-z -]{3,25} removed\]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A terminator with its closing quotes, then white space; or an ideographic one, which needs none.
_STOP = re.compile(r"(?P<mark>[.!?…]+)[\"'”’»«)\]]*(?=\s)|[。！？]+")
_LAST_WORD = re.compile(r"[\w.&/+]*\Z")
_NEXT_WORD = re.compile(r"[\"'“„‘»«(\[]*(?P<word>\w*)")
_DOTTED = re.compile(r"(?:\w{1,4}\.)+[^\W\d]{1,4}")  # B.E, M.Sc, Ph.D, U.S

# Characters looked at on either side of a terminator.
_NEAR = 80

# A name or an example follows, never a sentence.
_LEADING = _words("""dr prof mr mrs ms mx hr fr dipl ing st mt vs ca approx incl inkl excl exkl eg ie zb dh ua sog bzw
    vgl cf resp gem geb e.g i.e z.b d.h u.a o.ä i.d.r a.k.a c.f""")
# A number follows, or it is a sentence that ends in an ordinary word ("no.", "state of the art.").
_BEFORE_NUMBER = _words("""no nr art abs kap fig abb tab vol pp tel max min
    jan feb mar apr jun jul aug sep sept okt oct nov dez dec""")
# These end a sentence as often as not: only a word that opens sentences decides it.
_TRAILING = _words("gmbh ltd inc corp co llc plc pvt ag kg mbh etc usw al univ dept sr jr bsc msc mba phd")
_OPENERS = _words("""he she it they we i you his her its their our my this that these those the a an in on at from since
    after before during while when where as for with by to there here then later today currently and but also both
    er sie es wir ich ihr sein seine ihre mein meine dies diese dieser dieses das der die den dem ein eine im am
    an auf bei mit von seit nach vor während als wenn dort hier dann heute derzeit außerdem und aber""")


def sentences(text: str) -> list[tuple[int, int]]:
    """Character spans [start, end), in order, without the white space around them.

    Together they cover everything in `text` that is not white space. Never raises.
    """
    spans: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n\r\f\v\u2028\u2029]+", text):
        start = line.start()
        for stop in _STOP.finditer(text, line.start(), line.end()):
            before = text[max(start, stop.start() - _NEAR) : stop.start()]
            rest = text[stop.end() : min(line.end(), stop.end() + _NEAR)].lstrip()
            if _ends(before, stop["mark"], rest) and not (stop["mark"] == "?" and rest and start == line.start()):
                _add(spans, text, start, stop.end())
                start = stop.end()
        _add(spans, text, start, line.end())
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    kept = text[start:end]
    if stripped := kept.strip():
        begin = start + len(kept) - len(kept.lstrip())
        spans.append((begin, begin + len(stripped)))


def _ends(before: str, mark: str | None, rest: str) -> bool:
    """Whether a sentence ends with `mark`, which stands between `before` and `rest` of the same line."""
    if mark is None:
        return True
    following = _NEXT_WORD.match(rest)
    word = following["word"] if following else ""
    if not rest or word[:1].islower():
        return False
    return mark != "." or not _abbreviates(before, word)


def _abbreviates(before: str, following: str) -> bool:
    """Whether the full stop after `before` belongs to its last word."""
    found = _LAST_WORD.search(before)
    last = found[0].lower() if found else ""
    opens = following.lower() in _OPENERS
    if last in _LEADING:
        return True
    if last in _BEFORE_NUMBER or last.endswith("str"):  # "Musterstr. 12"
        return following[:1].isdigit()
    if last.isdigit() and len(last) <= 2:  # "1. Januar", "3. Semester"; "2. An item" opens its line
        return not opens or not before[: -len(last)].strip(" \t([-–•*")
    if len(last) == 1 and last.isalpha():  # an initial, but "the letter C. It is"
        return not opens
    return not opens and (last in _TRAILING or _DOTTED.fullmatch(last) is not None)
