"""Which language a question is in."""

import pytest

from functions.ask.language import language, spoken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where does Vivek work?", "en"),
        ("Wo arbeitet Vivek?", "de"),
        ("welche sprachen spricht er", "de"),
        ("Was ist das für ein System?", "de"),
        ("What was it about?", "en"),
        ("Universität Siegen", "de"),
        ("Kubernetes?", "und"),
        ("", "und"),
        ("職歴は？", "und"),
    ],
)
def test_a_question_is_told_by_its_commonest_words(text: str, expected: str) -> None:
    assert language(text) == expected


def test_what_says_too_little_speaks_as_the_conversation_did() -> None:
    assert spoken(["Kubernetes?", "Und wo?", "Where does he work?"]) == "de"
    assert spoken(["Kubernetes?"]) == "und"
