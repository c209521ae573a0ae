"""DOCX files as the tests read them: written by python-docx, or put together part by part."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

from docx import Document

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
    '.wordprocessingml.document.main+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="word/document.xml"/></Relationships>',
}


def written(write: Callable[[Any], None]) -> bytes:
    """A document that `write` fills, as python-docx saves it."""
    document = Document()
    document.core_properties.title = ""
    write(document)
    saved = BytesIO()
    document.save(saved)
    return saved.getvalue()


def packed(body: str, **more: str | bytes) -> bytes:
    """The smallest package around a body; `more` adds parts, `/` written as `__` and `.` as `_dot_`."""
    made = BytesIO()
    text = f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    named = {name.replace("__", "/").replace("_dot_", "."): part for name, part in more.items()}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in ({**PARTS, "word/document.xml": text} | named).items():
            archive.writestr(name, part)
    return made.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"
