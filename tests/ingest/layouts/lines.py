"""CVs in one column whose headings are told by type: small capitals, capitals over a rule, bold, colour."""

from reportlab.pdfbase.pdfmetrics import stringWidth

from tests.ingest.layouts.sheet import LEFT, RED, RIGHT, SERIF, SERIF_BOLD, SERIF_ITALIC, Sheet, column
from tests.ingest.printed import BOLD, ITALIC, PLAIN


def _small_caps(sheet: Sheet, x: float, text: str, font: str, size: float) -> None:
    for word in text.split(" "):
        for part, points in ((word[0], size), (word[1:].upper(), size * 0.77)):
            sheet.at(x, part, font, points)
            x += stringWidth(part, font, points)
        x += stringWidth(" ", font, size)
    sheet.down(size * 1.4)


def small_capitals() -> bytes:
    """Small capitals no larger than the text, not bold, no rule; dates on the right."""
    sheet = Sheet("Microsoft Word - cv_neu_final.docx")
    sheet.line(LEFT, "Ilse Brandtner", SERIF_BOLD, 20)
    sheet.line(LEFT, "Conservator of Paintings", SERIF)
    sheet.down()
    _small_caps(sheet, LEFT, "Experience", SERIF, 10)
    sheet.dated(LEFT, "Senior Conservator", "2016 – present", SERIF_BOLD)
    sheet.line(LEFT, "Museum am Anger, Erfurt", SERIF_ITALIC)
    sheet.bullet(LEFT, "Cleaned and relined 41 panel paintings of the Danube school.", font=SERIF)
    sheet.bullet(LEFT, "Set up the laboratory for X-ray fluorescence.", font=SERIF)
    sheet.down(6)
    _small_caps(sheet, LEFT, "Awards & Grants", SERIF, 10)
    sheet.dated(LEFT, "Riegl Medal of the Conservators' Guild", "2021", SERIF)
    sheet.dated(LEFT, "Travel grant of the Lindenau Foundation", "2017", SERIF)
    sheet.down(6)
    _small_caps(sheet, LEFT, "Languages", SERIF, 10)
    sheet.line(LEFT, "German (native), Italian (C1), English (C1)", SERIF)
    return sheet.pdf()


SMALL_CAPITALS = {
    "": "Ilse Brandtner, Conservator of Paintings",
    "Experience › Senior Conservator, Museum am Anger, Erfurt": "Senior Conservator, Museum am Anger, Erfurt,"
    " 2016 – present\n- Cleaned and relined 41 panel paintings of the Danube school.\n"
    "- Set up the laboratory for X-ray fluorescence.",
    "Awards & Grants": "Riegl Medal of the Conservators' Guild, 2021\nTravel grant of the Lindenau Foundation, 2017",
    "Languages": "German (native), Italian (C1), English (C1)",
}


def ruled_capitals() -> bytes:
    """Capitals smaller than the text over a rule; a table of skills without lines, whose values wrap."""
    sheet = Sheet()
    sheet.line(LEFT, "OMAR HADDADI", BOLD, 22)
    sheet.line(LEFT, "Rail Signalling Engineer", PLAIN, 12)
    sheet.line(LEFT, "Ahornsteig 9 | 51999 Mainz | omar@example.org")

    def heading(text: str) -> None:
        sheet.down(8)
        sheet.line(LEFT, text, BOLD, 9)
        sheet.rule(above=2)
        sheet.down(4)

    heading("PROFILE")
    sheet.filled(
        LEFT,
        "Signalling engineer with twelve years of interlockings behind him, from relays to ETCS level 2. He likes"
        " drawings that a fitter can read in the rain.",
    )
    heading("PROFESSIONAL EXPERIENCE")
    sheet.dated(LEFT, "LEAD SIGNALLING ENGINEER", "2018 – 2024", BOLD)
    sheet.line(LEFT, "Rheingau Bahntechnik GmbH, Mainz", ITALIC)
    sheet.bullet(LEFT, "Commissioned 14 electronic interlockings.")
    heading("SKILLS")
    for label, value in (
        (
            "Interlockings",
            "relay interlockings of the types Sp Dr S60 and GS II, electronic interlockings, axle"
            " counters, point machines and level crossings",
        ),
        ("Train control", "ETCS level 1 and 2, PZB, LZB"),
        ("Standards", "EN 50126, EN 50128, EN 50129"),
        ("Languages", "Arabic (native), French (C2), German (C1)"),
    ):
        sheet.at(LEFT, label, BOLD)
        sheet.filled(LEFT + 100, value)
        sheet.down(2)
    heading("CERTIFICATES & LICENCES")
    sheet.dated(LEFT, "Acceptance tester for signalling (EBA)", "2019")
    sheet.dated(LEFT, "Functional Safety Engineer", "2016")
    return sheet.pdf()


RULED_CAPITALS = {
    "": "Omar Haddadi, Rail Signalling Engineer\n\nAhornsteig 9 | 51999 Mainz | omar@example.org",
    "Profile": "Signalling engineer with twelve years of interlockings behind him, from relays to ETCS level 2. He"
    " likes drawings that a fitter can read in the rain.",
    "Professional Experience › Lead Signalling Engineer, Rheingau Bahntechnik GmbH, Mainz": "Lead Signalling Engineer,"
    " Rheingau Bahntechnik GmbH, Mainz, 2018 – 2024\n- Commissioned 14 electronic interlockings.",
    "Skills": "Interlockings: relay interlockings of the types Sp Dr S60 and GS II, electronic interlockings, axle"
    " counters, point machines and level crossings\nTrain control: ETCS level 1 and 2, PZB, LZB\nStandards: EN 50126,"
    " EN 50128, EN 50129\nLanguages: Arabic (native), French (C2), German (C1)",
    "Certificates & Licences": "Acceptance tester for signalling (EBA), 2019\nFunctional Safety Engineer, 2016",
}


def bold_in_body_size() -> bytes:
    """Headings and titles alike, bold and as large as the text; the dates on a line of their own."""
    sheet = Sheet("Resume")
    sheet.line(LEFT, "Noor Vandersteen", BOLD, 18)
    sheet.down(6)

    def heading(text: str) -> None:
        sheet.down(9)
        sheet.line(LEFT, text, BOLD)

    heading("Experience")
    for title, place, dates, task in (
        ("Beekeeping Instructor", "Honingdal Estate, Ghent", "2019 – 2024", "Taught 300 beginners to keep two hives."),
        ("Laboratory Assistant", "Institute of Pollen Studies, Leuven", "2015 – 2019", "Counted pollen in 900 jars."),
    ):
        sheet.down(4)
        sheet.line(LEFT, title, BOLD)
        sheet.line(LEFT, place)
        sheet.line(LEFT, dates)
        sheet.bullet(LEFT, task, "–")
    heading("Education")
    sheet.line(LEFT, "BSc Biology", BOLD)
    sheet.line(LEFT, "Ghent University")
    sheet.line(LEFT, "2011 – 2014")
    heading("Skills")
    sheet.filled(LEFT, "Queen rearing, varroa counts, honey analysis, a driving licence for trailers")
    heading("Languages")
    sheet.line(LEFT, "Dutch, French, English")
    return sheet.pdf()


BOLD_IN_BODY_SIZE = {
    "Experience › Beekeeping Instructor, Honingdal Estate, Ghent": "Beekeeping Instructor, Honingdal Estate, Ghent,"
    " 2019 – 2024\n- Taught 300 beginners to keep two hives.",
    "Experience › Laboratory Assistant, Institute of Pollen Studies, Leuven": "Laboratory Assistant, Institute of"
    " Pollen Studies, Leuven, 2015 – 2019\n- Counted pollen in 900 jars.",
    "Education › BSc Biology, Ghent University": "BSc Biology, Ghent University, 2011 – 2014",
    "Skills": "Queen rearing, varroa counts, honey analysis, a driving licence for trailers",
    "Languages": "Dutch, French, English",
}


def coloured() -> bytes:
    """Headings told by their colour alone; a grid whose labels stand at half the height of their values."""
    sheet = Sheet("Jamila Okoro - CV")
    sheet.line(LEFT, "Jamila Okoro", PLAIN, 20)
    sheet.line(LEFT, "Sound Engineer | Broadcast and Field Recording")

    def heading(text: str) -> None:
        sheet.down(10)
        sheet.line(LEFT, text, colour=RED)
        sheet.down(2)

    heading("Profile")
    sheet.filled(LEFT, "Sound engineer for radio plays and for birds. Her archive holds 4,000 hours of dawn.")
    heading("Experience")
    sheet.dated(LEFT, "Sound Engineer, Radio Harmattan", "2012 – present", BOLD)
    sheet.filled(
        LEFT,
        "Mixes the daily drama and trained its eight technicians. Thesis on wind noise: How a microphone hears",
        RIGHT,
    )
    sheet.line(LEFT, "The Weather of Lagos", ITALIC)
    heading("Skills")
    top = sheet.y + 11
    sheet.canvas.line(LEFT - 3, top, RIGHT, top)
    for label, lines in (
        (
            "Recording",
            [
                "Ambisonics, parabolic microphones, hydrophones, contact microphones, and cassettes",
                "when nothing else works",
            ],
        ),
        ("Software", ["Reaper, Pro Tools"]),
        ("Standards", ["EBU R 128"]),
    ):
        middle = sheet.y - (len(lines) - 1) * 6.5
        with column(sheet, middle):
            sheet.at(LEFT, label, BOLD)
        for line in lines:
            sheet.line(LEFT + 90, line)
        sheet.down(4)
        sheet.canvas.line(LEFT - 3, sheet.y + 11, RIGHT, sheet.y + 11)
        sheet.down(2)
    heading("Languages")
    sheet.line(LEFT, "Yoruba, English, French")
    return sheet.pdf()


COLOURED = {
    "": "Jamila Okoro, Sound Engineer, Broadcast and Field Recording",
    "Profile": "Sound engineer for radio plays and for birds. Her archive holds 4,000 hours of dawn.",
    "Experience › Sound Engineer, Radio Harmattan": "Sound Engineer, Radio Harmattan, 2012 – present: Mixes the daily"
    " drama and trained its eight technicians. Thesis on wind noise: How a microphone hears The Weather of Lagos",
    "Skills": "Recording: Ambisonics, parabolic microphones, hydrophones, contact microphones, and cassettes when"
    " nothing else works\nSoftware: Reaper, Pro Tools\nStandards: EBU R 128",
    "Languages": "Yoruba, English, French",
}
