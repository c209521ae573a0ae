"""What the bot says in its own words, in the language of the question; what it quotes stays as it was written."""

from functions.shared.subject import Subject

_PHRASES = {
    "en": {
        "refusal": "I could not find that in my documents.",
        "nothing yet": "I have no documents yet.",
        "unreachable": "I cannot reach my documents right now.",
        "quoted": "",
    },
    "de": {
        "refusal": "Das konnte ich in meinen Unterlagen nicht finden.",
        "nothing yet": "Ich habe noch keine Unterlagen.",
        "unreachable": "Ich kann meine Unterlagen gerade nicht erreichen.",
        "quoted": "In meinen Unterlagen steht, im Original:",
    },
}

LANGUAGES = tuple(_PHRASES)


def phrase(name: str, language: str) -> str:
    """A phrase by its name above, in English for a language that has none."""
    return _PHRASES.get(language, _PHRASES["en"])[name]


def contact(subject: Subject, language: str) -> str:
    """The contact card."""
    if language != "de":
        return subject.contact_text()
    return "\n".join([f"So erreichen Sie {subject.name}:", *(f"{link.label}: {link.url}" for link in subject.links)])
