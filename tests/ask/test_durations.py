"""The length of a span is counted in code, and only when the sentence names exactly one."""

from datetime import date

import pytest

from functions.ask.durations import ASKS, NEVER, duration, goes_on, spans

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("sentence", "length"),
    [
        ("He has held the position since June 2023.", "3 years and 5 months so far, as of November 2026"),
        ("She worked there from July 2016 to August 2018.", "2 years and 2 months"),
        ("06/2023 – Present: Senior Data Engineer", "3 years and 5 months so far, as of November 2026"),
        ("The project ran from 09/2020 to 08/2021.", "1 year"),
        ("Seit März 2020 in Hamburg.", "6 years and 8 months so far, as of November 2026"),
        ("2021-03 to 2021-03", "1 month"),
        ("2016–2018", "about 2 years"),
        ("since 2019", "about 7 years so far, as of November 2026"),
        ("Between May 2019 and April 2020 she led it.", "1 year"),
    ],
)
def test_one_span_is_counted_in_years_and_months_both_ends_included(sentence: str, length: str) -> None:
    assert duration(sentence, TODAY) == length


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "He started in June 2023.",
        "From 2016 to 2018 in Mumbai and from 2019 to 2020 in Siegen.",
        "It ended before it began: from May 2020 to April 2019.",
        "since December 2026",
        "Version 2.0 to 3.0, 13/2020 to 14/2020",
    ],
)
def test_no_span_several_or_an_impossible_one_count_nothing(sentence: str) -> None:
    assert duration(sentence, TODAY) == ""


def test_it_knows_a_question_for_a_length() -> None:
    assert ASKS.search("How long was he there?")
    assert ASKS.search("How many years did she work at X?")
    assert ASKS.search("Wie lange war er dort?")
    assert not ASKS.search("When did he start?")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("from July 2016 to August 2018", [((2016, 7), (2018, 8))]),
        ("2012 – 2014; 03/2021 – Present", [((2012, 1), (2014, 12)), ((2021, 3), NEVER)]),
        ("since June 2023", [((2023, 6), NEVER)]),
        ("in 2018", []),
    ],
)
def test_every_span_of_a_text_is_told_by_its_months(text: str, named: list[object]) -> None:
    assert list(spans(text)) == named


@pytest.mark.parametrize(
    ("text", "is_open"),
    [("Nurse, 04/2021 – present", True), ("since June 2023", True), ("2012 – 2014", False), ("Nurse", False)],
)
def test_a_span_without_an_end_goes_on(text: str, is_open: bool) -> None:
    assert goes_on(text) is is_open
