"""CVs in two columns, one of them coloured."""

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4

from tests.ingest.layouts.sheet import BLUE, GREY, LEFT, RIGHT, Sheet, column
from tests.ingest.printed import BOLD, ITALIC, PLAIN


def letter_spaced() -> bytes:
    """Headings with letters set apart, by spaces and by tracking; a coloured column on the right."""
    sheet = Sheet()
    sheet.canvas.setFillColor(HexColor(GREY))
    sheet.canvas.rect(390, 0, A4[0] - 390, A4[1], stroke=0, fill=1)
    sheet.line(LEFT, "S A O I R S E  K E A N E", PLAIN, 22)
    sheet.line(LEFT, "Lighthouse Restoration Architect", PLAIN, 12)

    def main(text: str) -> None:
        sheet.down(10)
        sheet.line(LEFT, " ".join(text), PLAIN, 10)
        sheet.down(3)

    def side(text: str) -> None:
        sheet.down(10)
        sheet.line(410, text, BOLD, 9, spaced=3)
        sheet.down(3)

    start = sheet.y
    main("PROFILE")
    sheet.filled(
        LEFT, "Architect for towers in salt wind. Nine lighthouses on two coasts stand on her lime mortar.", 370
    )
    main("WORK EXPERIENCE")
    sheet.line(LEFT, "Partner, Keane & Lowry Architects, Galway", BOLD)
    sheet.line(LEFT, "March 2017 – present", ITALIC)
    sheet.bullet(LEFT, "Restored the lantern of Inishgort within one season and without scaffolding.", until=370)
    sheet.bullet(LEFT, "Advises the harbour board on lime.", until=370)
    sheet.down(4)
    sheet.line(LEFT, "Architect, Office of Coastal Works, Cork", BOLD)
    sheet.line(LEFT, "2010 – 2017", ITALIC)
    sheet.bullet(LEFT, "Surveyed 31 towers by drone.", until=370)
    main("EDUCATION")
    sheet.line(LEFT, "MArch, University of Limerick", BOLD)
    sheet.line(LEFT, "2004 – 2010", ITALIC)
    with column(sheet, start):
        side("CONTACT")
        sheet.line(410, "saoirse@example.org", PLAIN, 9)
        side("SKILLS")
        for skill in ("Lime mortars", "Survey by drone", "Fresnel lenses", "Building law"):
            sheet.line(410, skill, PLAIN, 9)
        side("LANGUAGES")
        for language in ("Irish", "English", "Breton"):
            sheet.line(410, language, PLAIN, 9)
    return sheet.pdf()


LETTER_SPACED = {
    "": "Saoirse Keane, Lighthouse Restoration Architect",
    "Profile": "Architect for towers in salt wind. Nine lighthouses on two coasts stand on her lime mortar.",
    "Work Experience › Partner, Keane & Lowry Architects, Galway": "Partner, Keane & Lowry Architects, Galway, March"
    " 2017 – present\n- Restored the lantern of Inishgort within one season and without scaffolding.\n- Advises the"
    " harbour board on lime.",
    "Work Experience › Architect, Office of Coastal Works, Cork": "Architect, Office of Coastal Works, Cork,"
    " 2010 – 2017\n- Surveyed 31 towers by drone.",
    "Education › MArch, University of Limerick": "MArch, University of Limerick, 2004 – 2010",
    "Contact": "saoirse@example.org",
    "Skills": "Skills: Lime mortars, Survey by drone, Fresnel lenses, Building law",
    "Languages": "Languages: Irish, English, Breton",
}


def two_columns() -> bytes:
    """A coloured column on the left with a table of lines in the main one; titles larger than the sections' names."""
    main = 220.0
    sheet = Sheet("CV 2024")
    sheet.canvas.setFillColor(HexColor(GREY))
    sheet.canvas.rect(0, 0, 205, A4[1], stroke=0, fill=1)
    sheet.line(main, "Pelle Sandgren", BOLD, 24)
    sheet.down(6)

    def heading(x: float, text: str) -> None:
        sheet.down(8)
        sheet.line(x, text, BOLD, 9, colour=BLUE)
        sheet.down(2)

    start = sheet.y
    heading(main, "EXPERIENCE")
    for title, dates, place, task in (
        ("Bridge Inspector", "2020 – present", "Region Skåne, Malmö", "Inspects 210 bridges by rope and by drone."),
        ("Rope Access Technician", "2014 – 2020", "Vajer AB, Lund", "Painted cables 150 metres above the sound."),
    ):
        sheet.at(main, title, BOLD, 12)
        sheet.ends(RIGHT, dates)
        sheet.down(15)
        sheet.line(main, place, ITALIC)
        sheet.bullet(main, task)
        sheet.down(4)
    heading(main, "EQUIPMENT")
    sheet.down(4)
    for label, told in (("Ropes", "SPRAT level 3"), ("Drones", "EU A2"), ("Boats", "up to 12 metres")):
        sheet.canvas.rect(main - 3, sheet.y - 5, RIGHT - main, 18)
        sheet.at(main, label)
        sheet.at(main + 80, told)
        sheet.down(18)
    with column(sheet, start):
        heading(30, "CONTACT")
        sheet.line(30, "pelle@example.org")
        heading(30, "SKILLS")
        for skill in ("Steel corrosion", "Ultrasonic testing", "Report writing", "First aid in ropes"):
            sheet.bullet(30, skill, "n", 200, "ZapfDingbats")
        heading(30, "LANGUAGES")
        for language in ("Swedish", "Danish", "English"):
            sheet.bullet(30, language, "n", 200, "ZapfDingbats")
    return sheet.pdf()


TWO_COLUMNS = {
    "Experience › Bridge Inspector, Region Skåne, Malmö": "Bridge Inspector, Region Skåne, Malmö, 2020 – present\n"
    "- Inspects 210 bridges by rope and by drone.",
    "Experience › Rope Access Technician, Vajer AB, Lund": "Rope Access Technician, Vajer AB, Lund, 2014 – 2020\n"
    "- Painted cables 150 metres above the sound.",
    "Equipment": "Ropes: SPRAT level 3\nDrones: EU A2\nBoats: up to 12 metres",
    "Contact": "pelle@example.org",
    "Skills": "Skills: Steel corrosion, Ultrasonic testing, Report writing, First aid in ropes",
    "Languages": "Languages: Swedish, Danish, English",
}
