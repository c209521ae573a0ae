"""Numbers, dates, names and negations of a text, in one spelling each."""

import pytest

from functions.ask.facts import Facts, canonical, facts


def read(text: str) -> Facts:
    return facts(text, frozenset({"nora"}))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("She leads 14 people.", {"14"}),
        ("She leads fourteen people.", {"14"}),
        ("Twenty-six of sixty boats sank.", {"26", "60"}),
        ("It has 1,340 stars and 6.5 metres.", {"1340", "6.5"}),
        ("It cost 6,5 million.", {"6.5"}),
        ("One of them was hers.", set()),
        ("It took 1 hour.", {"1"}),
        ("1. She leads 14 people.", {"14"}),
        ("- In 2019 she left.", {"2019"}),
        ("Her German is at level B2.", {"2"}),
        ("He listened often.", set()),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text: str, numbers: set[str]) -> None:
    assert read(text).numbers == numbers


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("since June 2023.", {("2023", 6, "")}),
        ("since 06/2023", {("2023", 6, "")}),
        ("since 6.2023", {("2023", 6, "")}),
        ("seit Juni 2023", {("2023", 6, "")}),
        ("in Sept. 2023", {("2023", 9, "")}),
        ("on 1 May 1931", {("1931", 5, "1")}),
        ("on 1st May 1931", {("1931", 5, "1")}),
        ("on May 1, 1931", {("1931", 5, "1")}),
        ("am 01.05.1931", {("1931", 5, "1")}),
        ("1931-05-01", {("1931", 5, "1")}),
        ("marketing 2021", set()),
        ("from 2018 to 2022", set()),
        ("13/2023", set()),
    ],
)
def test_a_date_is_the_same_in_every_spelling(text: str, dates: set[tuple[str, int, str]]) -> None:
    found = read(text)
    assert found.dates == dates
    if dates:
        assert not found.numbers  # its parts count nothing


@pytest.mark.parametrize(
    ("text", "months"),
    [("It ran from January to September 2024.", {1}), ("She may march on. May I?", {5}), ("May she come?", set())],
)
def test_a_month_without_a_year_is_one_when_it_is_written_as_a_name(text: str, months: set[int]) -> None:
    assert read(text).months == months


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Nora works at Harbour Robotics in Bergen.", ["Harbour", "Robotics", "Bergen"]),
        ("Engineers like it.", []),
        ("MySQL, K3s and C++ are used by SVM people.", ["MySQL", "K3s", "C++", "SVM"]),
        ("She holds an M.Sc. of NTNU, finished in June 2018.", ["MSc", "NTNU"]),
        ("Yes, I know that She is Nora.", []),
    ],
)
def test_names_are_capitalised_inside_a_sentence_or_look_like_technology(text: str, names: list[str]) -> None:
    assert list(read(text).names) == names


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("She is not looking for work.", ("look",)),
        ("She no longer sails.", ("sail",)),
        ("She doesn't sail.", ("sail",)),
        ("Sie spricht kein Deutsch.", ("deutsch",)),
        ("She knows nothing of it, and notes it.", ()),
        ("She said no.", ("",)),
    ],
)
def test_a_negation_denies_the_word_after_it(text: str, denied: tuple[str, ...]) -> None:
    assert read(text).denied == denied


def test_a_number_is_bound_to_the_words_beside_it() -> None:
    bonds = read("From nine hours to 4 minutes in 2019.").bonds
    assert bonds == {("after", "9", "hour"), ("before", "4", "hour"), ("after", "4", "minut")}


def test_terms_leave_out_numbers_and_the_subject() -> None:
    assert read("Nora leads fourteen people and 3 boats.").terms == {"lead", "peopl", "boat"}


@pytest.mark.parametrize(
    ("given", "expected"), [("007", "7"), ("0", "0"), ("1,340", "1340"), ("12,34", "12.34"), ("1.5", "1.5")]
)
def test_a_number_has_one_spelling(given: str, expected: str) -> None:
    assert canonical(given) == expected


@pytest.mark.parametrize("text", ["", " ", "\n", "😀", "。", "[]()", "1" * 5000, "May", "C+" * 999, "\u0301"])
def test_no_text_breaks_it(text: str) -> None:
    read(text)
