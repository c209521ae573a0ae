"""A DOCX's package, looked at before anybody unpacks it (ECMA-376, part 2): a zip of XML parts.

Measured with Mammoth: a megabyte of XML takes 55 MB of memory while it is read. So what counts is what it unpacks to.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from xml.etree import ElementTree
from xml.parsers import expat

from functions.shared.problem import Refused

MOST_ENTRIES = 2000
# Bytes, unpacked: of everything, and of the XML that is read.
MOST_UNPACKED, MOST_XML = 100_000_000, 5_000_000
# XML of documents that somebody wrote was seen at 5 to 30; a part that exceeds both was made to be a bomb.
MOST_RATIO, LEAST_BOMB = 200, 1_000_000
_OLE = b"\xd0\xcf\x11\xe0"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC, _DCTERMS = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}"
_CORE = "docProps/core.xml"


@dataclass(frozen=True, slots=True)
class Package:
    """The parts that are read, packed again, and what the document says of itself. `updated`: a date or empty."""

    content: bytes
    title: str = ""
    updated: str = ""


def opened(content: bytes) -> Package:
    """The package without hidden text. Raises Refused."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _check_sizes(archive.infolist())
            return _copied({name: archive.read(name) for name in _read(archive.namelist())})
    # NotImplementedError is zipfile's own, for a way of compressing that it does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as cause:
        if content.startswith(_OLE):
            raise Refused(
                "The document is encrypted, or Word's format from before 2007: a DOCX without a password is accepted."
            ) from cause
        raise Refused("The DOCX cannot be read: it is broken, or no DOCX.") from cause
    except (ElementTree.ParseError, expat.ExpatError, LookupError, ValueError) as cause:
        raise Refused("The DOCX cannot be read: one of its parts is no XML.") from cause


def _read(names: list[str]) -> set[str]:
    return {name for name in names if name.endswith((".xml", ".rels"))}


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """By what the directory says: zipfile never unpacks more of an entry than it says."""
    if len(entries) > MOST_ENTRIES:
        raise Refused(f"The DOCX has {len(entries)} parts: at most {MOST_ENTRIES} are accepted.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("The DOCX is encrypted: only documents that open without a password are accepted.")
    xml = sum(entry.file_size for entry in entries if _read([entry.filename]))
    if xml > MOST_XML or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Refused(
            f"The DOCX unpacks to too much: at most {MOST_XML} bytes of text and {MOST_UNPACKED} in all are accepted."
        )
    for entry in entries:
        if entry.file_size > LEAST_BOMB and entry.file_size > MOST_RATIO * entry.compress_size:
            raise Refused(
                f"The DOCX's part {entry.filename[:100]!r} unpacks to more than {MOST_RATIO} times its size:"
                " that is no document that somebody wrote."
            )


def _copied(parts: dict[str, bytes]) -> Package:
    """The parts in a package of their own, hidden text cut out."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, part in parts.items():
            _check_part(part)
            archive.writestr(
                name,
                _without_hidden(part) if name.startswith("word/") and b"vanish" in part.replace(b"\0", b"") else part,
            )
    core = ElementTree.fromstring(parts[_CORE]) if _CORE in parts else ElementTree.Element("none")  # noqa: S314
    modified = re.match(r"\d{4}-\d\d-\d\d", core.findtext(f"{_DCTERMS}modified") or "")
    title = " ".join((core.findtext(f"{_DC}title") or "").split())
    return Package(made.getvalue(), title, modified[0] if modified else "")


def _check_part(part: bytes) -> None:
    """No document type, so no entities: a package may have none, and they could unpack to anything or read files."""

    def refuse(*_: object) -> None:
        raise Refused("The DOCX declares a document type, which no Word document does.")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(part, True)


def _without_hidden(part: bytes) -> bytes:
    root = ElementTree.fromstring(part)  # noqa: S314 (checked above)
    for parent in list(root.iter()):
        for run in parent.findall(f"{_W}r"):
            shown = run.find(f"{_W}rPr/{_W}vanish")
            if shown is not None and shown.get(f"{_W}val", "1") not in ("0", "false", "off"):
                parent.remove(run)
    return ElementTree.tostring(root)
