"""The bot's own words in the language of the question."""

from functions.ask.phrases import contact, phrase
from functions.ask.providers.extractive import quote
from functions.ask.quotes import Quote
from functions.shared.subject import read_subject
from tests.processes import ROOT


def test_refusals_exist_in_english_and_german_and_english_stands_in() -> None:
    assert phrase("refusal", "en") == phrase("refusal", "und") == "I could not find that in my documents."
    assert phrase("refusal", "de") == "Das konnte ich in meinen Unterlagen nicht finden."


def test_the_contact_card_names_every_link_in_both() -> None:
    subject = read_subject(str(ROOT / "corpus"))
    for language in ("en", "de"):
        assert all(link.url in contact(subject, language) for link in subject.links)


def test_quotes_in_another_language_are_introduced_as_such() -> None:
    english = [Quote(1, "Nora works in Bergen.", 1.0)]
    assert quote(english, "de") == "In meinen Unterlagen steht, im Original: Nora works in Bergen. [1]"
    assert quote(english, "en") == "Nora works in Bergen. [1]"
    assert quote([Quote(1, "Nora arbeitet in Bergen.", 1.0)], "de") == "Nora arbeitet in Bergen. [1]"
