"""Markdown: sections, front matter, audiences, lists, tables, code."""

import pytest

from functions.shared.problem import Refused
from functions.shared.records import Section
from tests.ingest.parse.parsed import markdown


def test_markdown_sections_have_their_heading_path_without_the_title() -> None:
    found = markdown("# CV\n\nHello.\n\n## Work\n\nAcme.\n\n### Tasks\n\nETL.\n\n## Skills\n\nPython.\n")
    assert found.title == "CV"
    assert found.sections == (
        Section((), "Hello."),
        Section(("Work",), "Acme."),
        Section(("Work", "Tasks"), "ETL."),
        Section(("Skills",), "Python."),
    )


def test_front_matter_names_title_uri_date_and_audience() -> None:
    found = markdown(
        "---\ntitle: My CV\nuri: https://example.org/cv\nupdated: 2026-01-31\nAudience: On-Request\nother: 1\n---\nHi\n"
    )
    assert (found.title, found.uri, found.updated) == ("My CV", "https://example.org/cv", "2026-01-31")
    assert found.audience == "on-request"


@pytest.mark.parametrize(
    ("front", "says"),
    [
        ("title: [", "not valid YAML"),
        ("audience: friends", "public, on-request, never"),
        ("audience:", "public, on-request, never"),
        ("- a list", "key: value"),
        ("title: {a: 1}", "one line of text"),
        ("updated: soon", "2026-01-31"),
        ("uri: javascript:alert(1)", "http or https"),
    ],
)
def test_bad_front_matter_is_refused_with_what_is_accepted(front: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        markdown(f"---\n{front}\n---\nText\n")


def test_front_matter_that_is_never_closed_is_refused() -> None:
    with pytest.raises(Refused, match="never closed"):
        markdown("---\naudience: never\n\nMy salary.\n")


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert markdown("---\n\nText.\n").sections == (Section((), "Text."),)


def test_hard_wrapped_paragraphs_are_unwrapped_and_meant_breaks_kept() -> None:
    assert (
        markdown("One line\ngoes on.\\\nSecond line.\n\nNext.").sections[0].text
        == "One line goes on.\nSecond line.\n\nNext."
    )


def test_lists_stay_with_the_line_that_introduces_them() -> None:
    found = markdown("Skills:\n\n- Python,\n  SQL\n- ML\n  - NLP\n\n1. One\n2. Two\n\nAfter.")
    assert found.sections[0].text == "Skills:\n- Python, SQL\n- ML\n  - NLP\n\n1. One\n2. Two\n\nAfter."


def test_links_keep_their_text_and_autolinks_their_address() -> None:
    found = markdown("See [my site](https://a.b/c), <https://d.e/f> and `code` or **bold**.")
    assert found.sections[0].text == "See my site, https://d.e/f and code or bold."


def test_table_rows_read_alone() -> None:
    found = markdown("| Language | Level |\n| --- | --- |\n| German | B2 |\n| English | fluent |\n")
    assert found.sections[0].text == "Language: German; Level: B2\nLanguage: English; Level: fluent"


def test_code_is_kept_as_it_is() -> None:
    assert markdown("```python\ndef f():\n    return 1\n```\n").sections[0].text == "def f():\n    return 1"


def test_a_section_may_carry_its_own_audience_and_hands_it_down() -> None:
    found = markdown(
        "# CV\n\nHi.\n\n## Salary\n<!-- audience: on-request -->\nHigh.\n\n### Bonus\n\nYes.\n\n"
        "#### Secret <!-- audience: never -->\n\nNo.\n\n## Work\n\nAcme."
    )
    assert [(section.path, section.audience) for section in found.sections] == [
        ((), "public"),
        (("Salary",), "on-request"),
        (("Salary", "Bonus"), "on-request"),
        (("Salary", "Bonus", "Secret"), "never"),
        (("Work",), "public"),
    ]


def test_a_section_cannot_be_more_public_than_the_one_around_it() -> None:
    found = markdown("# CV\nHi.\n## A\n<!-- audience: never -->\n### B\n<!-- audience: public -->\nText.")
    assert found.sections[-1].audience == "never"


@pytest.mark.parametrize(
    "text",
    [
        "## Salary\n\nHigh.\n\n<!-- audience: never -->\n",
        "High. <!-- audience: never -->\n",
        "<!-- audience: never -->\n# CV\n",
        "- High <!-- audience: never -->\n",
        "## Salary\n<!-- audience: family -->\nHigh.\n",
    ],
)
def test_an_audience_that_would_have_no_effect_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="audience"):
        markdown(text)


def test_headings_without_text_become_lines_of_the_section_above() -> None:
    found = markdown("# CV\nHi.\n## Projects\n### Tracker\n### Dashboard\n")
    assert found.sections[-1] == Section(("Projects",), "Tracker\nDashboard")
