"""The CVs of the two made-up people of tests/canaries.py, full of private data, in every format there is."""

import io
import json
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.canaries import NAME
from tests.quality import second_cv


def write_documents(folder: Path) -> None:
    """Both people's documents, in every format there is."""
    folder.mkdir(parents=True)
    second_cv.make_cv(folder / "oldenbroek.pdf")
    source = Path(__file__).parent / "quality" / "data" / "second" / "portfolio.html"
    (folder / "oldenbroek-portfolio.html").write_bytes(source.read_bytes())
    (folder / "oldenbroek-notes.txt").write_text(_NOTES, encoding="utf-8")
    (folder / "oldenbroek.resume.json").write_text(json.dumps(_RESUME), encoding="utf-8")
    (folder / "hallbrink-lebenslauf.pdf").write_bytes(_german_pdf())
    (folder / "hallbrink-seite.html").write_text(_german_page(), encoding="utf-8")
    (folder / "hallbrink.md").write_text(_GERMAN_MARKDOWN, encoding="utf-8")


_NOTES = """Marit Oldenbroek
27 Larkspur Crescent, Leeds LS6 4QX

Before Hamburg she lived in Leeds and led the data team of Quayline. Reach her there on 07700 900461
or, from abroad, +44 (0)7700 900 461.

Born: March 14, 1988. National Insurance number: QQ 63 21 94 C.
Bank: GB85 ZZZZ 9920 1048 2736 15.
"""
_RESUME = {
    "basics": {
        "name": "Marit Oldenbroek",
        "label": "Senior Data Engineer",
        "email": "marit.oldenbroek@example.org",
        "phone": "+49 171 3920042",
        "url": "https://www.oldenbroek.example/?mail=hello%40oldenbroek.example",
        "summary": "At Halyard Grid Services. Call 0171 / 392 00 42 or write to marit.oldenbroek@example.org.",
        "location": {
            "address": "Am Pegelstein 27b",
            "postalCode": "22999",
            "city": "22999 Hamburg",
            "countryCode": "DE",
        },
        "profiles": [{"network": "WhatsApp", "username": "+491713920042", "url": "https://wa.me/491713920042"}],
    },
    "work": [
        {
            "name": "Halyard Grid Services",
            "position": "Senior Data Engineer",
            "startDate": "2023-06",
            "summary": "Runs the metering platform. Office phone 040-66969-417.",
            "highlights": ["Wrote to hello (at) oldenbroek (dot) example every week", "Passport NX7R42K18 for travel"],
        }
    ],
    "references": [{"name": "R. Achterberg", "reference": "She expects 91,400 a year."}],
}


def _german_pdf() -> bytes:
    """A CV as word processors print it: contact block beside the text, and private data in the file's own fields."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(f"Lebenslauf {NAME}, jorun.hallbrink@briefkasten.example, 0176 04069057")
    canvas.setAuthor("jorun.hallbrink@briefkasten.example")
    canvas.setSubject("Geboren am 17.09.1987 in Tveitsund")
    canvas.setKeywords(["C9Z4KT7W2", "DE78 9999 9999 0473 9200 58"])
    y = 790.0
    for text, size, x in _PDF_LINES:
        canvas.setFont("Helvetica-Bold" if size > 10 else "Helvetica", size)
        canvas.drawString(x, y, text)
        if text != "Geburtsdatum":  # its value stands on the same line, as in a table
            y -= size * 1.6
    canvas.save()
    return out.getvalue()


_PDF_LINES = [
    (NAME, 22, 60),
    ("Kranichufer 83c", 10, 60),
    ("67998 Speyer", 10, 60),
    ("Mobil 0176 / 040 690 57 · Tel. +49 69 90009-482", 10, 60),
    ("jorun.hallbrink@briefkasten.example", 10, 60),
    ("PERSÖNLICHE DATEN", 13, 60),
    ("Geburtsdatum", 10, 60),
    ("17.09.1987", 10, 220),
    ("Geburtsort: Tveitsund", 10, 60),
    ("Familienstand: verwitwet, drei Töchter", 10, 60),
    ("Konfession: altkatholisch", 10, 60),
    ("Staatsangehörigkeit: isländisch", 10, 60),
    ("BERUFSERFAHRUNG", 13, 60),
    ("03/2016 – heute  Prüfingenieurin, Kupferwerk Nordhafen, Emden", 10, 60),
    ("• Wirbelstromprüfung von 14 Walzlinien eingeführt, Ausschuss um 31 Prozent gesenkt.", 10, 60),
    ("• Leitet ein Team von sieben Prüferinnen und Prüfern.", 10, 60),
    ("BANKVERBINDUNG", 13, 60),
    ("IBAN DE78 9999 9999 0473 9200 58, BIC XKRADEFF500", 10, 60),
    ("Reisepass Nr. C9Z4KT7W2 · Steuer-ID 47 036 892 816", 10, 60),
    ("Sozialversicherungsnummer 53 170987 H 012", 10, 60),
]


def _german_page() -> str:
    hidden = "".join(f"&#{ord(letter)};" for letter in "jh-privat@briefkasten.example")
    return f"""<!doctype html><html lang="de"><head><meta charset="utf-8">
<title>{NAME} · 0176-04069057</title>
<meta name="author" content="jorun.hallbrink@briefkasten.example">
<meta name="geo.placename" content="Kranichufer 83c, 67998 Speyer"></head><body>
<h1>{NAME}</h1>
<p>Prüfingenieurin am Kupferwerk Nordhafen. Schreiben Sie an <a href="mailto:jorun.hallbrink@briefkasten.example"
title="jorun.hallbrink@briefkasten.example">meine Adresse</a>, an {hidden} oder an
j.hallbrink (at) postfach (punkt) example.</p>
<p>Anruf: <a href="tel:+4917604069057">0176&#8203;04069057</a> oder ０６９&nbsp;９０００９&nbsp;４８２.</p>
<img src="foto.jpg" alt="{NAME}, geboren am 17. September 1987, Tel. 030 23125 733" title="0176 04069057">
<h2>Steckbrief</h2>
<table><tr><td>Geburtsdatum</td><td>17.09.1987</td></tr>
<tr><td>Anschrift</td><td>Kranichufer 83c</td><td>67998 Speyer</td></tr>
<tr><td>Telefon</td><td>030/23125733</td></tr><tr><td>Familienstand</td><td>verwitwet, drei Töchter</td></tr>
<tr><td>Konfession</td><td>altkatholisch</td></tr></table>
<table><tr><th>Name</th><th>Geburtstag</th><th>Mobil</th><th>E-Mail</th></tr>
<tr><td>{NAME}</td><td>17. September 1987</td><td>0176 04069057</td>
<td>jorun.hallbrink@briefkasten.example</td></tr></table>
<dl><dt>Staatsangehörigkeit</dt><dd>isländisch</dd><dt>Geburtsort</dt><dd>Tveitsund</dd></dl>
<p>Adresse:<br>Kranichufer 83c<br>67998 Speyer</p>
<h3>Telefon 030 23125 733</h3><p>Werktags ab 18 Uhr.</p>
<p>Kreditkarte 4556 7375 8689 9855, Konto DE78999999990473920058 (XKRADEFF500)</p>
<!-- geboren 17.09.1987 in Tveitsund -->
<p hidden>Steuer-ID 47 036 892 816</p>
<h2>Beruf</h2><p>Seit März 2016 führt {NAME} die Wirbelstromprüfung im Kupferwerk Nordhafen in Emden.</p>
</body></html>"""


_GERMAN_MARKDOWN = """---
title: "Lebenslauf Jorun Hallbrink (geb. 17.09.1987)"
uri: https://hallbrink.example/cv?tel=%2B4917604069057&mail=jorun.hallbrink%40briefkasten.example
---
# Jorun Hallbrink

Prüfingenieurin am Kupferwerk Nordhafen in Emden, seit März 2016. Sie hat dort die Wirbelstromprüfung eingeführt.

<jorun.hallbrink@briefkasten.example> oder [Anruf](tel:+4917604069057 "0176 04069057"),
Festnetz +49 (0)69 9 00 09 - 482.
Sie wohnt am Kranichufer 83c in 67998 Speyer.

![Jorun, 0176 04069057](foto.jpg "Kranichufer 83c")

## Geburtsdatum

17. September 1987

## Anschrift

Kranichufer 83c
67998 Speyer

### Steuer-ID

47 036 892 816

## Kennzahlen

| Angabe | Wert |
| --- | --- |
| Geburtsdatum | 1987-09-17 |
| Reisepass | C9Z4KT7W2 |
| Telefon | 0 30 / 231 25 - 733 |

* 17.09.1987

## Gehalt von jorun.hallbrink@briefkasten.example

<!-- audience: on-request -->

Wunschgehalt 83.650 Euro.

## Zerwürfnis mit der Werksleitung

<!-- audience: never -->

Das Zerwürfnis mit der Werksleitung begann 2021.
"""
