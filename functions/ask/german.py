"""What msgspec says of a body that does not fit, in German."""

import re

_PATTERNS = tuple(
    (re.compile(pattern), german)
    for pattern, german in (
        (r"Expected `(.+?)` of length >= (\d+)", r"erwartet wird `\1` von mindestens \2 Länge"),
        (r"Expected `(.+?)` of length <= (\d+)", r"erwartet wird `\1` von höchstens \2 Länge"),
        (r"Expected `(.+?)` matching regex (.+?)(?= - at |$)", r"erwartet wird `\1` nach dem Muster \2"),
        (r"Expected `(.+?)` (>=|<=) (\S+)", r"erwartet wird `\1` \2 \3"),
        (r"Expected `(.+?)`, got `(.+?)`", r"erwartet wird `\1`, gekommen ist `\2`"),
        (r"Object missing required field `(.+?)`", r"es fehlt das Feld `\1`"),
        (r"Invalid enum value (.+?)(?= - at |$)", r"\1 gehört nicht zu den erlaubten Werten"),
    )
)


def misfit(english: str) -> str:
    """The sentence in German; one that is not known stays."""
    told = english
    for pattern, german in _PATTERNS:
        told = pattern.sub(german, told)
    return told.replace(" - at `", " – in `")
