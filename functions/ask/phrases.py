"""What the bot says in its own words, in the language of the question; what it quotes stays as it was written."""

from functions.shared.subject import Subject

_PHRASES = {
    "en": {
        "refusal": "I could not find that in my documents.",
        "nothing yet": "I have no documents yet.",
        "unreachable": "I cannot reach my documents right now.",
        "quoted": "",
        "again": " Try again in {s} seconds.",
        "language": "English",
    },
    "de": {
        "refusal": "Das konnte ich in meinen Unterlagen nicht finden.",
        "nothing yet": "Ich habe noch keine Unterlagen.",
        "unreachable": "Ich kann meine Unterlagen gerade nicht erreichen.",
        "quoted": "In meinen Unterlagen steht, im Original:",
        "again": " Versuchen Sie es in {s} Sekunden noch einmal.",
        "language": "German",
    },
}

LANGUAGES = tuple(_PHRASES)


def phrase(name: str, language: str) -> str:
    """A phrase by its name above, in English for a language that has none."""
    return _PHRASES.get(language, _PHRASES["en"])[name]


def contact(subject: Subject, language: str) -> str:
    """The contact card. Without `contact_de` a German one has the paragraph as it is: it may hold the only address."""
    if language != "de":
        return subject.contact_text()
    return f"So erreichen Sie {subject.name}:\n{subject.contact_text('de')}"
