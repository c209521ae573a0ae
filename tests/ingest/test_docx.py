import io
import zipfile
from typing import Any

import pytest

from functions.ingest.parsers.docx import docx
from functions.shared.problem import Refused
from tests.ingest.written import W, packed, paragraph, run, written


def told(content: bytes) -> dict[str, str]:
    return {" › ".join(section.path): section.text for section in docx(content).sections}


def cv(document: Any) -> None:
    document.core_properties.title = "Jane Doe, CV"
    document.add_heading("Jane Doe", 0)
    document.add_paragraph("Data engineer in Mainz.")
    document.add_heading("Experience", 1)
    document.add_heading("VitaScale", 2)
    split = document.add_paragraph("Built ")
    split.add_run("pipe").bold = True
    split.add_run("lines with Azure.")
    document.add_paragraph("Moved to Kafka", style="List Bullet")
    document.add_paragraph("Led three people", style="List Bullet")
    document.add_heading("Languages", 1)
    table = document.add_table(rows=3, cols=2)
    for row, cells in zip(table.rows, [("Language", "Level"), ("German", "B2"), ("Malayalam", "native")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.paragraphs[0].add_run(text).bold = text in ("Language", "Level")


def test_headings_lists_tables_and_runs_are_read() -> None:
    assert told(written(cv)) == {
        "Jane Doe": "Data engineer in Mainz.",
        "Experience › VitaScale": "Built pipelines with Azure.\n\n- Moved to Kafka\n- Led three people",
        "Languages": "Language: German; Level: B2\nLanguage: Malayalam; Level: native",
    }


def test_the_title_is_that_of_the_properties_else_the_first_heading() -> None:
    assert docx(written(cv)).title == "Jane Doe, CV"
    assert docx(written(lambda document: document.add_heading("Jane Doe", 0))).title == "Jane Doe"


def test_the_date_of_the_last_change_is_read() -> None:
    import datetime

    def write(document: Any) -> None:
        document.add_paragraph("Text.")
        document.core_properties.modified = datetime.datetime(2026, 1, 31, 12, 0)

    assert docx(written(write)).updated == "2026-01-31"


def test_numbered_and_nested_lists_keep_their_shape() -> None:
    def item(text: str, level: int, number: int) -> str:
        marks = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr></w:pPr>'
        return f"<w:p>{marks}{run(text)}</w:p>"

    levels = "".join(
        f'<w:abstractNum w:abstractNumId="{n}">'
        + "".join(f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{kind}"/></w:lvl>' for level in (0, 1))
        + "</w:abstractNum>"
        for n, kind in ((1, "bullet"), (2, "decimal"))
    )
    numbers = "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>' for n in (1, 2))
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r9"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/>'
        "</Relationships>"
    )
    body = item("Cloud", 0, 1) + item("Azure", 1, 1) + item("Data", 0, 1)
    body += paragraph(run("Then:")) + item("first", 0, 2) + item("second", 0, 2)
    content = packed(
        body,
        word__numbering_dot_xml=f'<w:numbering xmlns:w="{W}">{levels}{numbers}</w:numbering>',
        word___rels__document_dot_xml_dot_rels=relations,
    )
    assert told(content)[""] == "- Cloud\n  - Azure\n- Data\n\nThen:\n1. first\n2. second"


def test_bold_paragraphs_are_headings_where_nobody_used_heading_styles() -> None:
    bold = "<w:b/>"
    body = paragraph(run("Experience", bold)) + paragraph(run("Works at "), run("VitaScale", bold), run("."))
    body += paragraph(run("Edu", bold), run("cation:", bold)) + paragraph(run("Studied in Kaiserslautern.", bold))
    assert told(packed(body)) == {
        "Experience": "Works at VitaScale.",
        "Education:": "Studied in Kaiserslautern.",
    }


def test_a_link_keeps_its_text() -> None:
    link = f'<w:hyperlink w:anchor="x">{run("her page")}</w:hyperlink>'
    assert told(packed(paragraph(run("See "), link, run(".")))) == {"": "See her page."}


def test_a_table_that_lays_out_the_page_is_read_cell_by_cell() -> None:
    def write(document: Any) -> None:
        left, right = document.add_table(rows=1, cols=2).rows[0].cells
        left.add_paragraph("Skills", style="Heading 1")
        left.add_paragraph("Python and SQL.")
        right.add_paragraph("Work", style="Heading 1")
        right.add_paragraph("VitaScale, since 2023.")

    assert told(written(write)) == {"Skills": "Python and SQL.", "Work": "VitaScale, since 2023."}


def test_text_boxes_are_read_once() -> None:
    box = f"<w:txbxContent>{paragraph(run('In a box.'))}</w:txbxContent>"
    namespaces = (
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    fallback = f"<mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback>"
    both = f'<mc:AlternateContent {namespaces}><mc:Choice Requires="wps">{box}</mc:Choice>{fallback}'
    assert told(packed(paragraph(f"<w:r>{both}</mc:AlternateContent></w:r>"))) == {"": "In a box."}


def test_what_nobody_sees_is_not_read() -> None:
    hidden, shown = run("Salary: 90,000.", "<w:vanish/>"), run(" shown", '<w:vanish w:val="0"/>')
    deleted = '<w:del w:id="1" w:author="a"><w:r><w:delText>Old employer.</w:delText></w:r></w:del>'
    inserted = f'<w:ins w:id="2" w:author="a">{run(" and new")}</w:ins>'
    body = paragraph(run("Plain"), hidden, shown, deleted, inserted)
    assert told(packed(body)) == {"": "Plain shown and new"}
    wide = f'<?xml version="1.0" encoding="UTF-16"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    assert told(packed("", word__document_dot_xml=wide.encode("utf-16"))) == {"": "Plain shown and new"}


def test_marks_of_notes_are_left_out() -> None:
    notes = f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="1">{paragraph(run("A note."))}</w:footnote></w:footnotes>'
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r9"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/>'
        "</Relationships>"
    )
    content = packed(
        paragraph(run("Said"), '<w:r><w:footnoteReference w:id="1"/></w:r>', run(".")),
        word__footnotes_dot_xml=notes,
        word___rels__document_dot_xml_dot_rels=relations,
    )
    assert told(content) == {"": "Said.\n\n1. A note."}


def encrypted() -> bytes:
    content = bytearray(packed(paragraph(run("x"))))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = content.find(mark)
        content[at + (6 if mark[2] == 3 else 8)] |= 1
    return bytes(content)


def with_entry(size: int, name: str = "word/media/image1.png", how_many: int = 1) -> bytes:
    made = io.BytesIO(packed(paragraph(run("x"))))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(how_many):
            with archive.open(f"{number}{name}", "w") as entry:
                for _ in range(size // 1_000_000):
                    entry.write(bytes(1_000_000))
    return made.getvalue()


LAUGHS = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
DEEP = "<w:p>" + "<w:smartTag>" * 20_000 + "</w:smartTag>" * 20_000 + "</w:p>"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "broken, or no DOCX"),
        (b"PK\x03\x04", "broken, or no DOCX"),
        (packed(paragraph(run("x")))[:-30], "broken, or no DOCX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "encrypted, or Word's format"),
        (encrypted(), "encrypted"),
        (packed("<w:p>"), "no XML"),
        (packed("", word__document_dot_xml="<html/>"), "no Word document"),
        (packed("", word__document_dot_xml=LAUGHS + "<w>&b;</w>"), "document type"),
        (packed("", word__document_dot_xml=(LAUGHS + "<w>&b;</w>").encode("utf-16")), "document type"),
        (packed("", word__styles_dot_xml=OUTSIDE + "<w>&a;</w>"), "document type"),
        (packed(paragraph(run("x" * 6_000_000))), "unpacks to too much"),
        (with_entry(200_000_000), "unpacks to too much"),
        (with_entry(50_000_000), "200 times"),
        (with_entry(0, how_many=2001), "2000"),
        (packed(DEEP), r"too deep|no Word document"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_what_is_no_document_is_refused_and_says_why(content: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        docx(content)


def test_an_entry_that_lies_about_its_size_is_not_unpacked() -> None:
    content = bytearray(packed(paragraph(run("x" * 4_000_000))))
    at = content.rfind(b"PK\x01\x02", 0, content.rfind(b"word/document.xml"))
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    with pytest.raises(Refused, match="broken"):
        docx(bytes(content))
