"""Dates and periods as CVs print them, in English and German: "06/2021 – Present", "seit März 2020", "(2024)"."""

import re

_MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz?|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?"
    r"|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_YEAR = r"(?:19|20)\d\d"
_DATE = (
    rf"(?:(?:{_MONTH}|{_SEASON}),?\s{{0,2}}'?(?:{_YEAR}|\d\d)(?!\d)|(?:0?[1-9]|1[0-2])\s?[/.]\s?{_YEAR}"
    rf"|(?:0?[1-9]|1[0-2])/\d\d(?!\d)|{_YEAR}[-/.](?:0[1-9]|1[0-2])(?!\d)|{_YEAR})"
)
_NOW = r"(?:present|today|now|current|ongoing|to date|heute|jetzt|aktuell|laufend)"
_PERIOD = (
    rf"(?:(?:since|from|seit|ab|until|bis|expected)\s{{1,2}}{_DATE}"
    rf"|{_DATE}(?:\s{{0,3}}(?:[-–—−]|to|until|till|bis)\s{{0,3}}(?:{_DATE}|{_NOW}))?(?:\s{{0,2}}[-–—](?=\s*$))?)"
)
_BORDER = r"[\s,;|·•(\[:–—-]"
_WHOLE = re.compile(rf"[(\[]?(?P<period>{_PERIOD})[)\]]?", re.IGNORECASE)
_AT_END = re.compile(rf"(?P<text>.*?\S)\s?{_BORDER}+(?P<period>{_PERIOD})\s?[)\]]?", re.IGNORECASE)
_AT_START = re.compile(rf"(?P<period>{_PERIOD})(?:\s?[|,;:·–—-]\s?|\s+)(?P<text>[^\W\d_].*)", re.IGNORECASE)
# "PresentData Scientist": the period was set right before the title.
_GLUED = re.compile(rf"(?P<period>{_DATE}\s?[-–—]\s?(?i:{_NOW}))(?P<text>[A-ZÄÖÜ].*)")


def is_period(text: str) -> bool:
    """Whether `text` is a date or a period and nothing else."""
    return _WHOLE.fullmatch(text.strip()) is not None


def split_period(text: str) -> tuple[str, str]:
    """`text` without the period at one of its ends, and the period; empty where there is none."""
    text = text.strip()
    if whole := _WHOLE.fullmatch(text):
        return "", whole["period"]
    for pattern in (_GLUED, _AT_END, _AT_START):
        if found := pattern.fullmatch(text):
            return found["text"].rstrip(" ,;|·–—-"), found["period"]
    return text, ""
