import pytest

from functions.ingest.personal import redact
from functions.ingest.privacy import privacy
from functions.shared.problem import Refused
from functions.shared.records import Document, Section
from functions.shared.settings import Settings

PHONE, EMAIL, ADDRESS, BIRTH = (
    "[phone removed]",
    "[e-mail removed]",
    "[address removed]",
    "[date of birth removed]",
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Call +49 170 1234567 or 0170 1234567.", f"Call {PHONE} or {PHONE}."),
        ("(06131) 123-456, 06131/123456", f"{PHONE}, {PHONE}"),
        ("Phone: 555-123-4567; mobile 98765 43210", f"Phone: {PHONE}; mobile {PHONE}"),
        ("0049 6131 555555 and +1 (555) 010-0199", f"{PHONE} and {PHONE}"),
        ("Phone: 98765 43210\n06/2023 – present", f"Phone: {PHONE}\n06/2023 – present"),
        ("Tel. 06131 12-2019, +49 170 1234567 06/2023", f"Tel. {PHONE}, {PHONE} 06/2023"),
        ("Handy: 0171/2345678", f"Handy: {PHONE}"),
        ("Mail jane.doe+x@mail.example.com.", f"Mail {EMAIL}."),
        ("jane (at) example.com, jane [at] example [dot] org", f"{EMAIL}, {EMAIL}"),
        ("Write to jane at example dot com today.", f"Write to {EMAIL} today."),
        ("Musterstraße 12, 55116 Mainz", ADDRESS),
        ("Er wohnt Musterweg 3.", f"Er wohnt {ADDRESS}."),
        ("Mozartstr. 4-6, 80331 München", ADDRESS),
        ("Am Markt 3, 55116 Mainz. Lange Straße 12a.", f"{ADDRESS}. {ADDRESS}."),
        ("Kaiser-Wilhelm-Ring 5, D-55118 Mainz", ADDRESS),
        ("Musterstraße 12\n55116 Mainz", ADDRESS),
        ("He lives at 12 Main Street, Springfield 12345.", f"He lives at {ADDRESS}."),
        ("221B Baker Street, London NW1 6XE", ADDRESS),
        ("12 Oak Drive, Austin, TX 78701", ADDRESS),
        ("14 MG Road, Mumbai 400001", ADDRESS),
        ("Address: Flat 4, Rose Villa, Navi Mumbai 400703", f"Address: {ADDRESS}"),
        ("Anschrift: Irgendwo 5, Mainz", f"Anschrift: {ADDRESS}"),
        ("Postfach 12 34", ADDRESS),
        ("Date of birth: 1 January 1990", f"Date of birth: {BIRTH}"),
        ("Date of birth\n1990-01-01", f"Date of birth\n{BIRTH}"),
        ("DOB 01/02/1990", f"DOB {BIRTH}"),
        ("Birthday: January 5, 1990", f"Birthday: {BIRTH}"),
        ("He was born on 01.01.1990 in Mumbai.", f"He was born on {BIRTH} in Mumbai."),
        ("Born in Mumbai, India on 1 January 1990.", f"Born in Mumbai, India on {BIRTH}."),
        ("Geboren am 1. Januar 1990 in Mainz.", f"Geboren am {BIRTH} in Mainz."),
        ("geb. 1.1.1990, Geburtsdatum: 1.1.1990", f"geb. {BIRTH}, Geburtsdatum: {BIRTH}"),
        ("* 01.01.1990", BIRTH),
    ],
)
def test_personal_data_gives_way_to_a_note(text: str, left: str) -> None:
    assert redact(text, "DE")[0] == left


@pytest.mark.parametrize(
    "text",
    [
        "06/2023 – 11/2024, 07/2016 – 08/2018, 10/2018-11/2022",
        "2018-2022, 2018 – 2022, 2019/2020",
        "He holds DP-100 and prepares for AI-102.",
        "VitaScale GmbH, Mainz, Germany; Navi Mumbai, India",
        "06/2012 – 08/2016 B.E. Mechanical Engineering, University of Mumbai",
        "From 01.06.2023 to 30.11.2024 he was in Siegen.",
        "ISBN 978-3-16-148410-0. 100000 rows. Scored 0. 1000000 more.",
        "Recall 0.74 0.90 0.82 at 300/50, 88 % of 1,000 chunks, 100000 rows",
        "Python 3.11.7 on port 8080 at 192.168.178.1, Mistral 7B Instruct v0.2",
        "In 2022 Google Street View was used; 3 Azure services; Windows 10, 64 Bit.",
        "Address: Mainz, Germany. IP address: 10.0.0.1",
        "He holds German permanent residence since 2018.",
        "He is an Engineer at booking.com and uses actions/checkout@v4.",
        "Speicherplatz 5 GB, Platz 1, Rückweg 3, Halle 3, 1000 Besucher",
        "Mobile apps 2018-2022. Call 3 services. HTTP 404 on 2 cores.",
        "On 12 May 2023 he passed; born leaders, 5 of them.",
        "https://github.com/vivupadi/repo/2018-2022",
    ],
)
def test_towns_employers_dates_of_employment_and_figures_stay(text: str) -> None:
    assert redact(text, "DE") == (text, {})


@pytest.mark.parametrize(
    "piece", ["Aa ", "12 ", "1", "a", "Aa-", "a.", "0 ", "address: ", "Born   ", "at ", "Tel 1 ", "(0", "+4 "]
)
def test_an_endless_run_of_anything_is_read_through(piece: str) -> None:
    # With unbounded repetition in the patterns these take minutes each.
    run = (piece * 200_000)[:200_000]
    assert len(redact(run, "DE")[0]) >= len("[phone removed]")


def test_kinds_are_counted() -> None:
    assert redact("0170 1234567, a@b.de, c@d.de", "DE")[1] == {"phone": 1, "email": 2}


def test_allowed_kinds_stay() -> None:
    assert redact("a@b.de 0170 1234567", "DE", frozenset({"email"})) == (f"a@b.de {PHONE}", {"phone": 1})


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
        Settings(),
    )
    assert found.document.title == f"CV of {EMAIL}"
    assert "jane" not in found.document.uri
    assert [section.path[0] for section in found.document.sections] == [f"Call {PHONE}"] * 2
    assert found.redactions == {"phone": 1, "email": 2}


def test_a_document_for_nobody_must_not_be_indexed() -> None:
    with pytest.raises(Refused, match="never"):
        privacy(document(Section((), "x"), audience="never"), Settings())


def test_a_document_on_request_is_kept_out_and_listed() -> None:
    found = privacy(document(Section((), "x"), audience="on-request"), Settings())
    assert (found.document.sections, found.withheld) == ((), ("CV",))


def test_sections_that_are_not_public_are_kept_out_and_listed_without_personal_data() -> None:
    found = privacy(
        document(
            Section((), "Hi"),
            Section(("Salary",), "High", "on-request"),
            Section(("Salary", "a@b.de"), "Higher", "never"),
        ),
        Settings(),
    )
    assert found.document.sections == (Section((), "Hi"),)
    assert found.withheld == ("Salary", EMAIL)


def test_the_owner_may_allow_a_kind() -> None:
    found = privacy(document(Section((), "a@b.de 0170 1234567")), Settings(allow_personal_data="email, phone"))
    assert (found.document.sections[0].text, found.redactions) == ("a@b.de 0170 1234567", {})


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("k: Phone; v: 98765 43210", "43210"),
        ("Flat 4, Hill Road, Bandra, Mumbai 400050", "400050"),
        ("Write to v dot x at mail dot com", "v dot x"),
    ],
)
def test_other_ways_to_write_them_are_found_too(text: str, private: str) -> None:
    assert private not in redact(text, "DE")[0]
