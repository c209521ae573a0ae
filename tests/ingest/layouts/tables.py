"""CVs with something at the margin: periods, labels, names of sections."""

from reportlab.lib.colors import HexColor

from tests.ingest.layouts.sheet import BLUE, LEFT, PICTURES, RIGHT, SERIF, SERIF_ITALIC, UNICODE, Sheet, register
from tests.ingest.printed import BOLD, ITALIC, PLAIN


def moderncv() -> bytes:
    """LaTeX's moderncv: dates and labels end at a gutter, headings and text begin behind it."""
    gutter, text = 150.0, 160.0
    sheet = Sheet()
    sheet.line(LEFT, "Katya Morozow", SERIF, 28)
    sheet.line(LEFT, "Hydrologist", SERIF_ITALIC, 14, colour=BLUE)

    def heading(name: str) -> None:
        sheet.down(8)
        sheet.canvas.setFillColor(HexColor(BLUE))
        sheet.canvas.rect(LEFT, sheet.y, gutter - LEFT, 3, stroke=0, fill=1)
        sheet.line(text, name, SERIF, 14, colour=BLUE)

    def entry(left: str, told: str) -> None:
        sheet.ends(gutter, left, SERIF)
        sheet.filled(text, told, font=SERIF)

    heading("Experience")
    entry("2019–2024", "Hydrologist, Elbe River Board, Magdeburg.")
    sheet.bullet(text, "Forecasts the crest of a flood five days ahead.", font=SERIF)
    sheet.bullet(text, "Runs 60 gauges.", font=SERIF)
    entry("2016–2019", "Field Assistant, Institute of Rivers, Koblenz.")
    sheet.bullet(text, "Measured 1,100 cross-sections from a boat.", font=SERIF)
    heading("Education")
    entry("2013–2016", "MSc Hydrology, University of Freiburg")
    heading("Computer skills")
    entry("Modelling", "HEC-RAS, MIKE 11, Delft3D")
    entry(
        "Programming",
        "Python, Fortran, R, and enough C to read what others wrote twenty years ago for gauges that still send",
    )
    entry("Maps", "QGIS")
    heading("Languages")
    entry("Russian", "Native")
    entry("German", "C2")
    entry("English", "C1")
    return sheet.pdf()


MODERNCV = {
    "": "Katya Morozow, Hydrologist",
    "Experience › Hydrologist, Elbe River Board, Magdeburg": "Hydrologist, Elbe River Board, Magdeburg, 2019–2024\n"
    "- Forecasts the crest of a flood five days ahead.\n- Runs 60 gauges.",
    "Experience › Field Assistant, Institute of Rivers, Koblenz": "Field Assistant, Institute of Rivers, Koblenz,"
    " 2016–2019\n- Measured 1,100 cross-sections from a boat.",
    "Education": "MSc Hydrology, University of Freiburg, 2013–2016",
    "Computer skills": "Modelling: HEC-RAS, MIKE 11, Delft3D\nProgramming: Python, Fortran, R, and enough C to read"
    " what others wrote twenty years ago for gauges that still send\nMaps: QGIS",
    "Languages": "Russian: Native\nGerman: C2\nEnglish: C1",
}


def german_table() -> bytes:
    """A German CV in two pages: periods at the margin, some in two lines, a running head, numbered pages."""
    value = 170.0
    sheet = Sheet("Lebenslauf")

    def footer(number: int) -> None:
        sheet.canvas.setFillColor(HexColor("#000000"))
        sheet.canvas.setFont(PLAIN, 8)
        sheet.canvas.drawRightString(RIGHT, 30, f"Seite {number} von 2")

    def heading(text: str) -> None:
        sheet.down(8)
        sheet.line(LEFT, text, BOLD, 11)
        sheet.down(2)

    footer(1)
    sheet.line(LEFT, "Lebenslauf", BOLD, 18)
    sheet.line(LEFT, "Friederike Aumüller", BOLD, 14)
    heading("Persönliche Daten")
    for label, told in (("Geburtsdatum:", "03.05.1987"), ("Familienstand:", "ledig"), ("E-Mail:", "fa@example.org")):
        sheet.at(LEFT, label)
        sheet.line(value, told)
    heading("Berufserfahrung")
    sheet.at(LEFT, "seit 04/2019")
    sheet.line(value, "Leiterin Qualitätssicherung", BOLD)
    sheet.line(value, "Molkerei Ostallgäu eG, Marktoberdorf")
    sheet.bullet(value, "Verantwortet die Prüfung von 900 Tonnen Käse im Jahr.")
    sheet.bullet(value, "Führte das Labor durch drei Audits nach IFS.")
    sheet.down(4)
    sheet.at(LEFT, "10/2014 –")
    sheet.line(value, "Laborantin", BOLD)
    sheet.at(LEFT, "03/2019")
    sheet.line(value, "Sennerei Bergwies, Oberstdorf")
    sheet.bullet(value, "Untersuchte Milch auf Hemmstoffe.")
    sheet.turn()
    footer(2)
    sheet.canvas.setFont(ITALIC, 8)
    sheet.canvas.drawString(LEFT, 815, "Lebenslauf Friederike Aumüller")
    heading("Ausbildung")
    sheet.at(LEFT, "2011 – 2014")
    sheet.line(value, "Ausbildung zur Milchwirtschaftlichen Laborantin", BOLD)
    sheet.line(value, "Berufsschule Kempten")
    heading("Kenntnisse")
    for label, told in (
        ("EDV", "SAP QM, LIMS, Excel"),
        ("Sprachen", "Deutsch (Muttersprache), Englisch (B2)"),
        ("Führerschein", "Klasse B"),
    ):
        sheet.at(LEFT, label)
        sheet.line(value, told)
    return sheet.pdf()


GERMAN_TABLE = {
    "Persönliche Daten": "Geburtsdatum: 03.05.1987\nFamilienstand: ledig\nE-Mail: fa@example.org",
    "Berufserfahrung › Leiterin Qualitätssicherung, Molkerei Ostallgäu eG, Marktoberdorf": "Leiterin"
    " Qualitätssicherung, Molkerei Ostallgäu eG, Marktoberdorf, seit 04/2019\n- Verantwortet die Prüfung von 900 Tonnen"
    " Käse im Jahr.\n- Führte das Labor durch drei Audits nach IFS.",
    "Berufserfahrung › Laborantin, Sennerei Bergwies, Oberstdorf": "Laborantin, Sennerei Bergwies, Oberstdorf,"
    " 10/2014 – 03/2019\n- Untersuchte Milch auf Hemmstoffe.",
    "Ausbildung › Ausbildung zur Milchwirtschaftlichen Laborantin, Berufsschule Kempten": "Ausbildung zur"
    " Milchwirtschaftlichen Laborantin, Berufsschule Kempten, 2011 – 2014",
    "Kenntnisse": "EDV: SAP QM, LIMS, Excel\nSprachen: Deutsch (Muttersprache), Englisch (B2)\nFührerschein: Klasse B",
}


def europass() -> bytes:
    """The Europass of the 2000s: everything a label at the gutter and a value behind it."""
    gutter, value = 190.0, 200.0
    sheet = Sheet("Europass CV")
    sheet.ends(gutter, "Curriculum Vitae", BOLD, 12)
    sheet.down(24)
    for block in (
        [("Surname(s) / First name(s)", "Quintela, Brais"), ("Nationality", "Spanish")],
        [("Work experience", "")],
        [
            ("Dates", "05/2014 – 08/2021"),
            ("Occupation or position held", "Sommelier"),
            (
                "Main activities and responsibilities",
                "Bought and kept the wines of a house of 80 seats, and taught six waiters what to say about them",
            ),
            ("Name and address of employer", "Casa Maruxa, Lugo"),
        ],
        [("Education and training", "")],
        [("Dates", "2010 – 2012"), ("Title of qualification awarded", "Higher Technician in Gastronomy")],
        [("Personal skills and competences", "")],
        [("Mother tongue(s)", "Galician"), ("Other language(s)", "English (B2)"), ("Driving licence", "Category B")],
    ):
        sheet.down(6)
        for label, told in block:
            sheet.ends(gutter, label, BOLD if not told else PLAIN, 11 if not told else 10)
            sheet.filled(value, told) if told else sheet.down(15)
    return sheet.pdf()


EUROPASS = {
    "Curriculum Vitae": "Surname(s) / First name(s): Quintela, Brais\nNationality: Spanish",
    "Work experience": "Dates: 05/2014 – 08/2021\nOccupation or position held: Sommelier\nMain activities and"
    " responsibilities: Bought and kept the wines of a house of 80 seats, and taught six waiters what to say about"
    " them\nName and address of employer: Casa Maruxa, Lugo",
    "Education and training": "Dates: 2010 – 2012\nTitle of qualification awarded: Higher Technician in Gastronomy",
    "Personal skills and competences": "Mother tongue(s): Galician\nOther language(s): English (B2)\nDriving licence:"
    " Category B",
}


def margin_headings() -> bytes:
    """Names of sections at the margin, their text beside them; ligatures, soft hyphens and pictured bullets."""
    value = 170.0
    register()
    sheet = Sheet()
    sheet.line(value, "Wanda Piekarz", UNICODE, 20)
    sheet.down(10)

    def section(name: str) -> None:
        sheet.down(10)
        sheet.at(LEFT, name, BOLD)

    def item(*lines: str) -> None:
        sheet.at(value, "n", PICTURES, 8)
        for line in lines:
            sheet.line(value + 12, line, UNICODE)

    section("Profile")
    sheet.line(value, "Pro\ufb01cient \ufb02orist with an eye for certi\ufb01ed seeds, and a gar\u00ad", UNICODE)
    sheet.line(value, "dener at heart. She keeps a list of every frost since 2003.", UNICODE)
    section("Experience")
    sheet.ends(RIGHT, "2015 – 2024", UNICODE)
    sheet.line(value, "Head Gardener", BOLD)
    sheet.line(value, "Ogród Miejski, Gdynia", UNICODE)
    item("Planted 60,000 bulbs with schools and won the city's prize for", "public greens.")
    item("Built an irrigation plan that saves a third of the water by mea-", "suring the soil.")
    section("Interests")
    sheet.line(value, "Herbaria, night trains", UNICODE)
    return sheet.pdf()


MARGIN_HEADINGS = {
    "Profile": "Proficient florist with an eye for certified seeds, and a gardener at heart. She keeps a list of every"
    " frost since 2003.",
    "Experience › Head Gardener, Ogród Miejski, Gdynia": "Head Gardener, Ogród Miejski, Gdynia, 2015 – 2024\n"
    "- Planted 60,000 bulbs with schools and won the city's prize for public greens.\n"
    "- Built an irrigation plan that saves a third of the water by measuring the soil.",
    "Interests": "Herbaria, night trains",
}
