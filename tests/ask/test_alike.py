"""Questions of one kind are listed together, those of different kinds apart, however many there are."""

from functions.ask.alike import groups
from functions.ask.logged import Unanswered
from functions.shared.embed import Embedder
from functions.shared.settings import Settings

LICENCE = ["Does Vivek have a driving licence?", "Does he hold a driver's license?", "Is Vivek allowed to drive?"]
SALARY = ["What salary does he expect?", "What are his salary expectations?", "Welches Gehalt erwartet er?"]
# Chosen with these in view: at 0.5 of the way no two kinds meet, and 0.71 of the pairs of a kind do.
KINDS = [
    [*LICENCE, "Can he drive a car?"],
    SALARY,
    ["Does he know Rust?", "Has Vivek programmed in Rust?", "Any experience with Rust?"],
    ["Has he used Terraform?", "Does Vivek know Terraform?", "Terraform experience?"],
    ["Who is his manager?", "What is the name of his boss?"],
    ["Does he play an instrument?", "Which musical instrument does Vivek play?"],
]


def test_questions_of_one_kind_meet_and_those_of_different_kinds_do_not(embedder: Embedder) -> None:
    kind_of = {question: number for number, kind in enumerate(KINDS) for question in kind}
    asked = [Unanswered(one, "de" if "Gehalt" in one else "en", "no evidence", "2026-01-31T12:00") for one in kind_of]
    found = groups(asked, embedder, Settings())
    assert all(len({kind_of[one.question] for one in group.questions}) == 1 for group in found)
    assert sum(len(group.questions) for group in found) == len(asked)
    assert len(found) <= 1.5 * len(KINDS)


def test_many_questions_are_no_trouble(embedder: Embedder) -> None:
    asked = [Unanswered(f"Does he know tool {n % 500}?", "en", "no evidence", "2026-01-31T12:00") for n in range(5000)]
    assert sum(len(group.questions) for group in groups(asked, embedder, Settings())) == 5000
