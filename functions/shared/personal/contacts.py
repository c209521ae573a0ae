"""E-mail addresses and telephone numbers as they are written in running text, obfuscated ones too."""

import re
from collections.abc import Iterator

from functions.shared.personal.words import COUNTED, MEANS, Span, lazily

_START = r"(?<![\w.+%'&~@-])"
_LOCAL = rf"{_START}[\w.+%'&~-]{{1,64}}"
_HOST = r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[^\W\d_]{2,24}(?!\w)"
_OPEN, _SHUT = r"\s{0,3}[(\[{<]\s{0,3}", r"\s{0,3}[)\]}>]\s{0,3}"
_AT = rf"(?:{_OPEN}(?:at|ät|@|a){_SHUT}|\s[-_*|/]{{1,2}}\s?(?:at|ät)\s?[-_*|/]{{1,2}}\s?)"
_DOT = (
    rf"(?:\.|\s{{1,3}}\.\s{{1,3}}|{_OPEN}(?:dot|punkt|point|\.){_SHUT}|\s{{0,3}}[-_*|/]?\s?\b(?:dot|punkt"
    rf"|point)\b\s?[-_*|/]?\s{{0,3}})"
)
_WORD_DOT = r"\s{1,3}(?:dot|punkt)\s{1,3}"
_PROVIDER = (
    r"(?:g(?:oogle)?mail|gmx|web|outlook|hotmail|live|yahoo|icloud|me|proton(?:mail)?|t-online|posteo|mailbox|aol"
    r"|freenet|arcor|rediffmail|fastmail|zoho|bluewin|orange|wanadoo|mail)\.[a-z]{2,3}(?:\.[a-z]{2})?"
)
_EMAILS = (
    # jane@example.org, mailto:jane%40example.org, jane@ example.org; not git@github.com:…, not @jane@social.example
    lazily(rf"(?:mailto:)?(?!git@){_LOCAL}(?:@|%40|&#64;|&commat;)\s?{_HOST}", re.I),
    # jane (at) example (dot) org
    lazily(rf"{_LOCAL}(?:{_DOT}[\w+%-]{{1,64}}){{0,3}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,4}}", re.I),
    # jane at example dot com; jane-at-example-dot-com
    lazily(
        rf"(?<![\w.+%-])(?:[\w+%-]{{1,64}}{_WORD_DOT}){{0,3}}[\w.+%-]{{1,64}}(?:\s{{1,3}}(?:at|ät)\s{{1,3}}"
        rf"|[-_](?:at|ät)[-_]|\s?@\s?)[\w-]{{1,63}}(?:(?:{_WORD_DOT}|[-_](?:dot|punkt)[-_])[\w-]{{1,63}}){{1,4}}",
        re.I,
    ),
    # E-Mail: jane at example.org; jane.doe at gmail.com; jane.doe @ example.org
    lazily(
        rf"\be-?mail(?:[ -]?(?:adresse|address))?{MEANS}(?P<hit>[\w.+%-]{{1,64}}\s{{0,3}}(?:@|\bat\b"
        rf"|\bät\b)\s{{0,3}}{_HOST})",
        re.I,
    ),
    lazily(rf"{_START}(?=[\w.+%-]{{0,63}}[\d._]){_LOCAL}\s{{1,3}}(?:@|at|ät)\s{{1,3}}{_PROVIDER}(?!\w)", re.I),
    lazily(
        rf"(?<![\w.@-])(?![\w-]{{1,20}}\.(?:js|net|io|ai|py|rs|ts)\s)[^\W\d_]{{2,30}}\.[^\W\d_]{{2,30}}\s@\s{_HOST}",
        re.I,
    ),
)


def emails(text: str) -> Iterator[Span]:
    """Spans of e-mail addresses."""
    for pattern in _EMAILS:
        for found in pattern().finditer(text):
            yield found.span("hit" if "hit" in found.re.groupindex else 0)


_NUMBER = r"[+(]{0,2}\d[\d ()/._-]{3,40}\d"
_EXTENSION = r"(?:\s{0,2}[,;]?\s{0,2}(?:ext\.?|extension|durchwahl|dw|x)\s{0,2}\d{1,5}(?!\w))?"
# After a label for sure, fewer digits are a number too.
_SURE_LABEL = lazily(
    r"(?:\b(?:tele(?:phone|fon)|tel|phone|mob(?:ile?|il)?|handy|cellphone|fax|telefax|whatsapp|ruf(?:nummer)?|fon"
    r"|festnetz|contact\s(?:no|number)|kontaktnummer|durchwahl)\b|[☎📞📱✆✉℡])"
    r"[\ufe0e\ufe0f]?\.?(?:[\s-]{0,3}(?:number|no\.?|nr\.?|nummer|#|\(\w{1,20}\)))?"
    rf"(?P<means>{MEANS})(?P<hit>{_NUMBER}{_EXTENSION})",
    re.I,
)
_LABEL = lazily(
    r"(?:\b(?:ph|cell|signal|telegram|viber|(?:call|reach|anrufen|sms)(?:\s(?:me|us|mich|him|her))?(?:\s(?:at"
    rf"|on|unter))?)\b|(?:^|[|·•,;(/]\s?|- )[tmpfh]\s?:){MEANS}(?P<hit>{_NUMBER}{_EXTENSION})",
    re.I | re.M,
)
_INTERNATIONAL = lazily(
    r"(?<![\w+])(?P<hit>(?:(?:tel|callto|sms):)?\(?(?:\+{1,2}|%2B"
    r"|(?<![.,#-])00(?=[1-9 (]))[\s(]{0,2}[1-9]\d{0,3}[\d ()/._-]{5,20}\d"
    rf"{_EXTENSION})(?![\w%]|[/.]\d)",
    re.I,
)
# +49 170 at the end of a line, 1234567 alone on the next
_BROKEN = lazily(r"(?<![\w+])(?P<hit>(?:\+|00)[1-9][\d ()/-]{1,12}\n{1,2}\d[\d /-]{3,12})(?=\n|$)")
_CHAT_LINK = lazily(r"(?:wa\.me/|tel:|callto:|sms:|phone=)(?P<hit>(?:\+|%2B)?\d[\d-]{5,20})", re.I)
# 555-123-4567, 1-800-555-0199
_AMERICAN = lazily(r"(?<![\w.,/#+-])(?P<hit>(?:1[-. ])?[2-9]\d\d([-.])[2-9]\d\d\2\d{4})(?![\w/]|[.-]\d)")
_DIGIT = (
    r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|null|eins|zwei|zwo|drei|vier|fünf|sechs|sieben|acht"
    r"|neun|\d)"
)
_IS_COUNTED = lazily(rf"\s{{1,2}}{COUNTED}")
_SPOKEN = lazily(rf"\b(?P<hit>(?:(?:plus|double)\s)?{_DIGIT}(?:[\s,-]{{1,3}}{_DIGIT}){{6,20}})\b", re.I)
_SPOKEN_DIGIT = lazily(rf"\b(?!\d){_DIGIT}\b", re.I)
# Ranges of months and years, dates and runs of decimals look like numbers to dial.
NO_PHONE = lazily(
    r"(?<!\d)(?:\d{1,2}\s?[./-]\s?(?:19|20)\d\d(?!\d)|(?:19|20)\d\d\s?[-/.]\s?(?:19|20)?\d\d(?!\d)"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}(?!\d)|(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)|0[.]\d{1,12}\s{0,3}(?:$|[-\s]{1,3}0[.]))"
)
# What such a row of digits is when one of these words stands before it.
_OTHER_NUMBER = lazily(
    r"(?:\b(?:isbn|issn|doi|ean|gtin|imei|orcid|ark|order|invoice|ticket|ref(?:erence)?|bestell\w{0,10}"
    r"|rechnungs?\w{0,8}|auftrags?\w{0,8}"
    r"|(?:teile?|serien|material|sach|chargen|los|projekt|vorgangs|kunden|inventar|geräte)\w{0,8}"
    r"|artikel\w{0,8}|art|aktenzeichen|az|hrb|hra|build|version|rev|pp?|pages?|seiten?|s|vol|no|nr|id|part|serial"
    r"|patent|din|iso|iec|credential|grant|project|arxiv|pmid|article)\b|#|№)[\s.:#-]{0,4}(?:no|nr|number"
    r"|nummer|\d{1,4}[,:(]\s?)?[\s.:#-]{0,4}$",
    re.I,
)


def phones(text: str) -> Iterator[Span]:
    """Spans of telephone numbers that a label, a country's prefix or their grouping gives away."""
    for pattern, least in ((_SURE_LABEL, 5), (_LABEL, 7), (_CHAT_LINK, 6), (_BROKEN, 8), (_AMERICAN, 10)):
        for found in pattern().finditer(text):
            bare = least == 5 and not found["means"].strip() and not found["hit"].startswith(("+", "(", "0"))
            if _IS_COUNTED().match(text, found.end("hit")):
                continue
            if length := dialled(found["hit"], 7 if bare else least):
                yield found.start("hit"), found.start("hit") + length
    for found in _INTERNATIONAL().finditer(text):
        other = found["hit"].startswith("00") and is_other_number(text, found.start("hit"))
        if (length := dialled(found["hit"], 7)) and not other and not re.search(r"0{5}$", found["hit"]):
            yield found.start("hit"), found.start("hit") + length
    for found in _SPOKEN().finditer(text):
        if len(_SPOKEN_DIGIT().findall(found["hit"])) >= 4:
            yield found.span("hit")


def dialled(number: str, least: int = 7) -> int:
    """How many characters of `number` are one of `least` digits or more: a date may follow it, or be all there is."""
    date = NO_PHONE().search(number)
    before = _digits(number[: date.start()]) if date else 0
    if date and before >= 7:
        return len(number[: date.start()].rstrip(" ./-("))
    return len(number) if _digits(number) >= least and (not date or before >= 3) else 0


def is_other_number(text: str, at: int) -> bool:
    """Whether the words before `at` say that the digits there are no telephone number: "ISBN", "order no."."""
    return _OTHER_NUMBER().search(text, max(0, at - 40), at) is not None


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))
