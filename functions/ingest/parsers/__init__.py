"""One file per format, each with one verb: bytes or text → `Parsed`. `functions/ingest/parse.py` chooses.

A parser answers with what the document itself says; what it cannot read is Refused, with the reason.
"""

from dataclasses import dataclass

from functions.shared.records import Audience, Section


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a document says about itself. Empty fields: it does not say."""

    sections: tuple[Section, ...]
    title: str = ""
    uri: str = ""
    updated: str = ""
    audience: Audience = "public"
