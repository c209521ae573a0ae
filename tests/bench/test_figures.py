"""What the benches compute from what they measured."""

import math

import pytest

from bench.figures import Row, latencies, markdown, percentile, ratio, row_of, shown, spread, table

HUNDRED = [float(number) for number in range(100, 0, -1)]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        (HUNDRED, 0.95, 95.0),
        (HUNDRED, 0.5, 50.0),
        (HUNDRED, 1.0, 100.0),
        (HUNDRED, 0.0, 1.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([3.0, 1.0, 2.0], 0.95, 3.0),
        (
            [float(number) for number in range(1, 21)],
            0.95,
            19.0,
        ),  # 0.95 × 20 is a little more than 19 in floating point
        ([7.0], 0.95, 7.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_ratio_says_how_many_times() -> None:
    assert ratio(6.0, 1.5) == 4.0
    assert ratio(1.0, 0.0) == math.inf


def test_a_spread_is_median_and_range() -> None:
    assert spread([3.0, 1.0, 2.0, 10.0]) == {"median": 2.5, "min": 1.0, "max": 10.0, "runs": 4}


def test_latencies_are_milliseconds() -> None:
    assert latencies([0.010, 0.020, 0.030]) == {"p50_ms": 20.0, "p95_ms": 30.0}


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(2.51, "missed"), (2.504, "missed"), (2.5, "must"), (2.01, "must"), (2.0, "stretch"), (None, "not measured")],
)
def test_a_bound_holds_for_what_was_measured_and_not_for_what_is_shown(value: float | None, verdict: str) -> None:
    assert Row("cold start", value, "×", must=2.5, stretch=2.0).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(9.9, "missed"), (10.0, "must"), (50.0, "must")])
def test_a_lower_bound_without_a_stretch_is_met_from_it_on(value: float, verdict: str) -> None:
    assert Row("faster", value, "×", must=10.0, at_least=True).verdict == verdict


def test_a_row_without_bounds_has_no_verdict() -> None:
    assert Row("p99", 12.0, "ms").verdict == ""


def test_a_row_comes_back_from_json() -> None:
    row = Row("faster", 4.5, "×", 4, 5, at_least=True, told="1 and 4.5 s")
    assert row.as_json()["verdict"] == "must"
    assert row_of(row.as_json()) == row


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345.6, "12,346"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.123, "0.12"),
        (3.0, "3"),
        (-12.34, "-12.3"),
    ],
)
def test_figures_are_shown_with_the_digits_that_mean_something(value: float, text: str) -> None:
    assert shown(value) == text


def test_the_table_says_what_was_measured_what_is_asked_and_whether_it_is_met() -> None:
    rows = [
        Row("cold start / floor", 2.345, "×", 2.5, 2.0, told="0.6 s"),
        Row("faster than classic", 3.9, "×", 4, 5, at_least=True),
        Row("image", None, "MB", 600, 450, told="no network"),
        Row("p99", 20.0, "ms"),
    ]
    assert table(rows) == (
        "| figure              | measured | must     | stretch  | met          | behind it  |\n"
        "| ------------------- | -------- | -------- | -------- | ------------ | ---------- |\n"
        "| cold start / floor  | 2.35 ×   | ≤ 2.50 × | ≤ 2 ×    | must         | 0.6 s      |\n"
        "| faster than classic | 3.90 ×   | ≥ 4 ×    | ≥ 5 ×    | no           |            |\n"
        "| image               | –        | ≤ 600 MB | ≤ 450 MB | not measured | no network |\n"
        "| p99                 | 20 ms    |          |          |              |            |"
    )
    assert "behind it" not in table(rows, told=False)


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert markdown(["a", "bcdef"], [["xyz12", "1"]]).splitlines() == [
        "| a     | bcdef |",
        "| ----- | ----- |",
        "| xyz12 | 1     |",
    ]
