"""CVs of made-up people in the layouts that CVs are printed in: each a function that draws a PDF, and its outline."""

from collections.abc import Callable, Sequence

from tests.ingest.layouts.columns import LETTER_SPACED, TWO_COLUMNS, letter_spaced, two_columns
from tests.ingest.layouts.lines import (
    BOLD_IN_BODY_SIZE,
    COLOURED,
    RULED_CAPITALS,
    SMALL_CAPITALS,
    bold_in_body_size,
    coloured,
    ruled_capitals,
    small_capitals,
)
from tests.ingest.layouts.tables import (
    EUROPASS,
    GERMAN_TABLE,
    MARGIN_HEADINGS,
    MODERNCV,
    europass,
    german_table,
    margin_headings,
    moderncv,
)

# Its name, what draws it, its title, and the text by the path of headings.
LAYOUTS: Sequence[tuple[str, Callable[[], bytes], str, dict[str, str]]] = [
    ("small capitals", small_capitals, "Ilse Brandtner", SMALL_CAPITALS),
    ("capitals over a rule", ruled_capitals, "Omar Haddadi", RULED_CAPITALS),
    ("bold in body size", bold_in_body_size, "Noor Vandersteen", BOLD_IN_BODY_SIZE),
    ("letters set apart, column on the right", letter_spaced, "Saoirse Keane", LETTER_SPACED),
    ("moderncv", moderncv, "Katya Morozow", MODERNCV),
    ("German table", german_table, "Friederike Aumüller", GERMAN_TABLE),
    ("Europass", europass, "Europass CV", EUROPASS),
    ("headings at the margin", margin_headings, "Wanda Piekarz", MARGIN_HEADINGS),
    ("column on the left", two_columns, "Pelle Sandgren", TWO_COLUMNS),
    ("coloured headings", coloured, "Jamila Okoro - CV", COLOURED),
]
