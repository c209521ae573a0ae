"""Audiences, and personal data wherever a document can hold it: text, headings, title, link, id."""

from pathlib import Path

import pytest

from functions.ingest.personal import Redactor
from functions.ingest.privacy import LONGEST_TITLE, audience, check_id, open_redactor, privacy
from functions.shared.problem import Refused
from functions.shared.records import Document, Section
from functions.shared.settings import Settings

PHONE, EMAIL, ADDRESS, BIRTH = "[phone removed]", "[e-mail removed]", "[address removed]", "[date of birth removed]"
REDACTOR = Redactor("DE")


def document(*sections: Section, **more: str) -> Document:
    fields = {"title": "CV", "uri": "https://example.org/cv", **more}
    return Document(id="cv", sections=sections, **fields)  # type: ignore[arg-type]


def test_title_uri_and_headings_are_redacted_and_headings_counted_once() -> None:
    found = privacy(
        document(
            Section(("Call 0170 1234567", "A"), "x"),
            Section(("Call 0170 1234567", "B"), "y"),
            title="CV of jane@example.org",
            uri="https://example.org/?mail=jane@example.org",
        ),
        REDACTOR,
    )
    assert found.document.title == f"CV of {EMAIL}"
    assert "jane" not in found.document.uri
    assert [section.path[0] for section in found.document.sections] == [f"Call {PHONE}"] * 2
    assert found.redactions == {"phone": 1, "email": 2}


@pytest.mark.parametrize(
    ("title", "heading", "anchor", "kept"),
    [
        pytest.param("CV", "Summer", "summer", "summer", id="nothing private"),
        pytest.param("CV", "Religion: Jedi", "about", "", id="of a heading that had something"),
        pytest.param("CV", "Summer", "a-12-34-56", "", id="digits"),
        pytest.param("CV", "Summer", "jane@example.org", "", id="an address"),
        pytest.param("CV of jane@example.org", "Summer", "summer", "", id="in a document whose title had something"),
    ],
)
def test_an_anchor_stays_only_where_it_can_tell_nothing(title: str, heading: str, anchor: str, kept: str) -> None:
    found = privacy(document(Section((heading,), "x", anchor=anchor), title=title), REDACTOR)
    assert found.document.sections[0].anchor == kept


def test_a_document_for_nobody_must_not_be_indexed() -> None:
    with pytest.raises(Refused, match="never"):
        privacy(document(Section((), "x"), audience="never"), REDACTOR)


def test_a_document_on_request_is_kept_out_and_listed() -> None:
    found = privacy(document(Section((), "x"), audience="on-request"), REDACTOR)
    assert (found.document.sections, found.withheld) == ((), ("CV",))


def test_sections_that_are_not_public_are_kept_out_and_listed_without_personal_data() -> None:
    found = privacy(
        document(
            Section((), "Hi"),
            Section(("Salary",), "High", "on-request"),
            Section(("Salary", "a@b.de"), "Higher", "on-request"),
        ),
        REDACTOR,
    )
    assert found.document.sections == (Section((), "Hi"),)
    assert found.withheld == ("Salary", EMAIL)


def test_the_owner_may_allow_a_kind() -> None:
    found = privacy(
        document(Section((), "a@b.de 0170 1234567")), open_redactor(Settings(allow_personal_data="email, phone"))
    )
    assert (found.document.sections[0].text, found.redactions) == ("a@b.de 0170 1234567", {})


def texts(*sections: Section, **more: str) -> list[str]:
    return [section.text for section in privacy(document(*sections, **more), REDACTOR).document.sections]


def test_sections_are_counted_by_the_audience_that_keeps_them_out() -> None:
    found = privacy(
        document(Section((), "Hi"), Section(("A",), "x", "on-request"), Section(("B",), "y", "never")), REDACTOR
    )
    assert found.kept_out == {"on-request": 1, "never": 1}
    whole = privacy(document(Section((), "x"), Section(("B",), "y", "never"), audience="on-request"), REDACTOR)
    assert whole.kept_out == {"on-request": 1, "never": 1}


def test_the_heading_of_a_section_for_nobody_is_not_told() -> None:
    found = privacy(document(Section((), "Hi"), Section(("My divorce",), "y", "never")), REDACTOR)
    assert found.withheld == ()


@pytest.mark.parametrize(
    ("heading", "text", "left"),
    [
        ("Date of birth", "3 May 1990", BIRTH),
        ("Geburtsdatum", "3. Mai 1990 in Mainz", f"{BIRTH} in Mainz"),
        ("Phone", "98765 43210", PHONE),
        ("Anschrift", "Am Pegelstein 27b\n22999 Hamburg", ADDRESS),
        ("Steuer-ID", "12 345 678 901", "[number removed]"),
        ("Familienstand", "ledig", "[personal status removed]"),
        ("IBAN", "DE00 2005 0550 0417 3920 42", "[account removed]"),
    ],
)
def test_a_heading_is_the_label_of_what_stands_below_it(heading: str, text: str, left: str) -> None:
    found = privacy(document(Section((heading,), text)), REDACTOR)
    assert found.document.sections == (Section((heading,), left),)
    assert sum(found.redactions.values()) == 1


def test_what_a_label_gave_away_is_taken_out_where_it_stands_without_one() -> None:
    assert texts(
        Section(("A",), "Jane Doe, 03.05.1990, NX7R42K18"),
        Section(("B",), "Geburtsdatum: 03.05.1990\nPassport no. NX7R42K18"),
        title="Jane 03.05.1990",
    ) == [
        "Jane Doe, [date of birth removed], [number removed]",
        "Geburtsdatum: [date of birth removed]\nPassport no. [number removed]",
    ]


def test_title_headings_and_what_is_withheld_lose_it_too_and_each_place_is_counted() -> None:
    found = privacy(
        document(
            Section(("A",), "Date of birth: 03.05.1990"),
            Section(("Since 03.05.1990",), "x"),
            Section(("Of 03.05.1990",), "y", "on-request"),
            title="o" * (LONGEST_TITLE - 10) + ", 03.05.1990",
        ),
        REDACTOR,
    )
    assert found.document.title == f"{'o' * (LONGEST_TITLE - 10)}, {BIRTH}"[:LONGEST_TITLE]
    assert [section.path for section in found.document.sections] == [("A",), (f"Since {BIRTH}",)]
    assert found.withheld == (f"Of {BIRTH}",)
    assert found.redactions == {"birthday": 4}


def test_what_a_withheld_heading_gave_away_is_taken_out_of_what_is_public() -> None:
    assert texts(Section((), "Met on 03.05.1990."), Section(("Born on 03.05.1990",), "x", "on-request")) == [
        f"Met on {BIRTH}."
    ]


def test_headings_that_are_withheld_twice_are_listed_once() -> None:
    one, other = (Section(("Salary",), text, "on-request") for text in ("2024", "2025"))
    assert privacy(document(one, other), REDACTOR).withheld == ("Salary",)


@pytest.mark.parametrize(
    ("labelled", "bare", "left"),
    [
        ("Phone: 471 113", "Room A, 471-113.", f"Room A, {PHONE}."),
        ("Passport no. CFGH1J2K3M4", "Shown: cfgh1j2k3m4.", "Shown: [number removed]."),
        ("Born on 3 May 1990", "Photo, 3 May 1990, Mainz", f"Photo, {BIRTH}, Mainz"),
        ("Mail: jane.doe@example.org", "jane.doe example.org", "[e-mail removed]"),
        ("Phone: 471 113\nPhone: 471 113 99", "Ring 471 113 99.", f"Ring {PHONE}."),
        ("Phone: 471 113 99\nPhone: 471 113", "Ring 471 113 99.", f"Ring {PHONE}."),
    ],
)
def test_what_is_so_much_its_own_is_the_same_however_it_is_written(labelled: str, bare: str, left: str) -> None:
    assert texts(Section(("A",), labelled), Section(("B",), bare))[1] == left


@pytest.mark.parametrize(
    ("labelled", "ordinary"),
    [
        ("Year of birth: 1990\n\nSingle", "Built in 1990, a single page."),
        ("Born: May 1990", "Employed since May 1990."),
        ("Born: 13.5.90", "Version 13.5.90"),
        ("Phone: 12 345", "Postal code 12345"),
        ("Mail: a@b.io", "A bio of him."),
        ("Phone: 471 113", "Articles 9471113 and 4711130, A471113."),
        ("Born: 03.05.1990", "Pages 03 ....... 05 ....... 1990"),
    ],
)
def test_what_may_be_something_else_is_no_reason_to_take_it_out_elsewhere(labelled: str, ordinary: str) -> None:
    assert texts(Section(("A",), labelled), Section(("B",), ordinary))[1] == ordinary


def test_of_a_directory_nobody_is_forgotten() -> None:
    days = [
        f"{day:02}.{month:02}.{year}" for year in range(1950, 1960) for month in range(1, 13) for day in (3, 14, 25)
    ]
    labelled, bare = ("\n".join(f"{label}{day}" for day in days) for label in ("Born: ", "In the photo: "))
    assert texts(Section(("A",), labelled), Section(("B",), bare))[1] == "\n".join(
        [f"In the photo: {BIRTH}"] * len(days)
    )


def test_a_link_with_personal_data_is_left_out_as_a_whole() -> None:
    for uri in (
        "https://example.org/?mail=jane%40example.org",
        "https://example.org/cv?tel=%2B49171392004%32",
        "https://wa.me/491713920042",
        "https://example.org/jane@example.org/cv",
    ):
        found = privacy(document(Section((), "x"), uri=uri), REDACTOR)
        assert found.document.uri == ""
        assert sum(found.redactions.values()) == 1


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org/cv/2018-2022?id=1234567",
        "https://doi.org/10.1007/978-3-030-12345-6_7",
        "https://www.linkedin.com/in/jane-doe-123456789/",
        "/cv#work-2019",
    ],
)
def test_an_ordinary_link_stays(uri: str) -> None:
    assert privacy(document(Section((), "x"), uri=uri), REDACTOR).document.uri == uri


def test_a_title_is_cut_after_it_is_redacted() -> None:
    """Half a number is private, too."""
    found = privacy(document(Section((), "x"), title=f"{'A' * 190} 0170 1234567"), REDACTOR)
    assert len(found.document.title) == 200
    assert "0170" not in found.document.title


@pytest.mark.parametrize("name", ["cv-jane@example.org", "cv/jane%40example.org", "cv/0170-1234567", "+491713920042"])
def test_an_id_with_personal_data_is_refused_without_repeating_it(name: str) -> None:
    with pytest.raises(Refused) as refused:
        check_id(name, REDACTOR)
    assert name not in refused.value.detail


@pytest.mark.parametrize(
    "name",
    ["work/vita-scale", "cv-2023-05-01", "2018-2022/report", "blog/2023/11/05/post-12345", "DP-100", "über/mich"],
)
def test_an_ordinary_id_is_accepted(name: str) -> None:
    check_id(name, REDACTOR)


def test_what_the_contact_card_says_is_public(tmp_path: Path) -> None:
    card = (Path("corpus") / "subject.yaml").read_text().replace("through his website", "at jane@example.org")
    (tmp_path / "subject.yaml").write_text(card)
    redactor = open_redactor(Settings(corpus_dir=str(tmp_path)))
    told = privacy(document(Section((), "Write to Jane@Example.org or other@example.org.")), redactor)
    assert told.document.sections[0].text == f"Write to Jane@Example.org or {EMAIL}."
    assert told.redactions == {"email": 1}


def test_without_a_contact_card_nothing_is_public(tmp_path: Path) -> None:
    assert open_redactor(Settings(corpus_dir=str(tmp_path))).public == frozenset()


@pytest.mark.parametrize("written", ["jane@example.org", "for 0170 1234567", "a" * 30])
def test_an_audience_that_may_be_private_is_not_repeated(written: str) -> None:
    with pytest.raises(Refused, match="it is public, on-request, never") as refused:
        audience(written)
    assert written not in refused.value.detail
