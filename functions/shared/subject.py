"""Whose bot it is: `corpus/subject.yaml`, read once and passed as an argument.

The prompt names the subject, the contact rung hands out the card, the page shows the published part.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from functions.shared.settings import BadSetting

FILE = "subject.yaml"

Text = Annotated[str, msgspec.Meta(min_length=1)]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]\S*$")]
OptionalUrl = Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s/]\S*)?$")]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}$")]


@dataclass(frozen=True, slots=True)
class Link:
    """A public place of the subject."""

    label: Text
    url: Url


@dataclass(frozen=True, slots=True)
class Subject:
    """The keys of `subject.yaml`; the file itself says what each is for."""

    name: Text
    tagline: Text
    links: tuple[Link, ...]
    starters: tuple[Text, ...]
    short_name: Text
    pronouns: Text
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1)]
    topics: tuple[Text, ...]
    contact: Text
    starters_by_language: dict[Language, tuple[Text, ...]] = field(default_factory=dict)
    contact_de: str = ""
    imprint: OptionalUrl = ""
    privacy: OptionalUrl = ""

    def contact_text(self, language: str = "en") -> str:
        """The contact card as plain text: the paragraph, in German where there is one, then one line a link."""
        paragraph = self.contact_de if language == "de" and self.contact_de else self.contact
        lines = "\n".join(f"{link.label}: {link.url}" for link in self.links)
        return f"{paragraph}\n\n{lines}" if lines else paragraph

    def card(self) -> str:
        """All that the contact card says, in every language: what in it is personal is public."""
        return f"{self.contact_text()}\n\n{self.contact_de}"

    def names(self) -> frozenset[str]:
        """Words a question may use for the subject, in lower case."""
        parts = re.findall(r"[^\W\d_]+", f"{self.name} {self.short_name}".lower())
        return frozenset(parts) | {"mr", "mrs", "ms", "sir", "herr", "frau", "candidate", "applicant"}

    def published(self) -> dict[str, object]:
        """What the page may show, ready for JSON."""
        translated = {language: list(questions) for language, questions in self.starters_by_language.items()}
        return {
            "name": self.name,
            "tagline": self.tagline,
            "links": [{"label": link.label, "url": link.url} for link in self.links],
            "starters": list(self.starters),
            "imprint": self.imprint,
            "privacy": self.privacy,
            **({"starters_by_language": translated} if translated else {}),
        }


def read_subject(corpus_dir: str | Path) -> Subject:
    """The subject of the corpus in `corpus_dir`. Raises BadSetting, naming file, key and what is accepted."""
    path = Path(corpus_dir) / FILE
    given = _load(path)
    _check_keys(path, "", given, Subject)
    links = given["links"]
    for position, link in enumerate(links if isinstance(links, list) else []):
        _check_keys(path, f"links[{position}]", link, Link)
    try:
        return msgspec.convert(given, Subject)
    except msgspec.ValidationError as cause:
        # msgspec writes "Expected … - at `$.links[0].url`"
        problem, _, place = str(cause).partition(" - at ")
        raise BadSetting(f"{path}: {place.replace('$.', '')} is not accepted: {problem}.") from cause


def _load(path: Path) -> Mapping[str, object]:
    import yaml  # here, so that a cold start pays for it only where a subject is read

    try:
        given = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe
    except OSError as cause:
        raise BadSetting(
            f"{path} cannot be read ({cause.strerror}): CORPUS_DIR takes a folder with a {FILE}."
        ) from cause
    except (yaml.YAMLError, UnicodeError) as cause:
        raise BadSetting(f"{path} is not YAML in UTF-8: {' '.join(str(cause).split())}.") from cause
    if not isinstance(given, dict):
        raise BadSetting(f"{path} is not accepted: it takes one `key: value` for each of {_names(Subject)}.")
    return given


def _check_keys(path: Path, place: str, given: object, record: type[Subject] | type[Link]) -> None:
    """Neither a key too few nor one too many: a mistyped key would otherwise be silently without effect."""
    where = f"{path}: `{place}`" if place else f"{path}"
    if not isinstance(given, dict):
        raise BadSetting(f"{where} is not accepted: it takes the keys {_names(record)}.")
    known = {key.name: key.default is key.default_factory is dataclasses.MISSING for key in dataclasses.fields(record)}
    for faulty, fault in (
        ([key for key in given if key not in known], "does not know"),
        ([key for key, needed in known.items() if needed and key not in given], "lacks"),
    ):
        if faulty:
            keys = ", ".join(f"`{key}`" for key in faulty)
            raise BadSetting(f"{where} {fault} {keys}: the keys are {_names(record)}.")


def _names(record: type[Subject] | type[Link]) -> str:
    return ", ".join(field.name for field in dataclasses.fields(record))
