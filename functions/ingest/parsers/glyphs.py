"""A PDF's pages → where each glyph stands, by PDFium (https://pypdfium2.readthedocs.io).

PDFium is asked for positions only: the text it would make of them keeps to the order of drawing, which is the
order of reading for few two-column pages. It is not thread-safe; ingest reads one document at a time.
"""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from functions.ingest.parsers.shapes import Rule, shapes
from functions.shared.problem import Refused

MOST_PAGES = 500
_BOLD = re.compile(r"bold|black|heavy|-bd\b", re.IGNORECASE)
_ITALIC = re.compile(r"italic|oblique|-it\b", re.IGNORECASE)
# A face of small capitals: what it shows as capitals the PDF tells as small letters ("cmcsc10", "Lato-SmallCaps").
_SMALL_CAPS = re.compile(r"csc\d*|small-?caps|caps\b|-sc\b", re.IGNORECASE)
_FONT_BOLD, _FONT_ITALIC, _FONT_SMALL_CAPS = 1 << 18, 1 << 6, 1 << 17  # of a font descriptor, PDF 32000-1, 9.8.2
# In fonts of pictures letters mean something else: these are bullets, arrows and ticks, all others are icons.
_PICTURES = re.compile(r"wingdings|webdings|dingbats", re.IGNORECASE)
_PICTURED_BULLETS = frozenset("§¨lnqsuvwzØüþàèo\x9f•●■❑❖✓✔➢➤▲▼◆▪❍")
_NAMED_BULLETS = frozenset("\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf0a8")
_ICON = "\ue000"
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_ENCRYPTED = 4  # FPDF_ERR_PASSWORD
# The middle of a drawn bullet stands so far above the baseline, in points.
ABOVE_BASELINE = 3.0


@dataclass(frozen=True, slots=True)
class Type:
    """How a run of glyphs is set; the size in points."""

    font: str
    size: float
    bold: bool
    italic: bool
    small_caps: bool = False
    colour: int = 0  # 0xRRGGBB


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph on its baseline (y grows upward), from its left edge to the end of its advance."""

    text: str
    x: float
    end: float
    y: float
    type: Type


@dataclass(frozen=True, slots=True)
class Pages:
    """What a PDF shows, upright, and the title it gives itself."""

    glyphs: Sequence[Sequence[Glyph]]  # a sequence for each page
    rules: Sequence[Sequence[Rule]]  # the same
    title: str


def read(content: bytes) -> Pages:
    """The glyphs of `content`. Raises Refused when it is broken, encrypted or too long."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        pdf = PdfDocument(content)
    except PdfiumError as cause:
        if cause.err_code == _ENCRYPTED:
            raise Refused("The PDF is encrypted: only documents that open without a password are accepted.") from cause
        raise Refused("The PDF cannot be read: it is broken, or no PDF.") from cause
    try:
        if len(pdf) > MOST_PAGES:
            raise Refused(f"The PDF has {len(pdf)} pages: at most {MOST_PAGES} are accepted.")
        pages = [_page(pdf, number) for number in range(len(pdf))]
        title = pdf.get_metadata_dict()["Title"].strip()
        return Pages([glyphs for glyphs, _ in pages], [rules for _, rules in pages], title)
    except PdfiumError as cause:
        raise Refused("The PDF cannot be read: one of its pages is broken.") from cause
    finally:
        pdf.close()


def _page(pdf: Any, number: int) -> tuple[list[Glyph], list[Rule]]:
    page = pdf[number]
    text = page.get_textpage()
    try:
        bullets, rules = shapes(page)
        turns, glyphs = _upright([*_glyphs(text), *map(_drawn_bullet, bullets)])
        return glyphs, rules if turns == 0 else []
    finally:
        text.close()
        page.close()


def _glyphs(text: Any) -> Iterator[tuple[int, Glyph]]:
    """Each glyph with the quarter turns of its baseline. What PDFium adds (spaces, line ends) is left out."""
    from pypdfium2 import raw

    x, y, box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    runs: dict[int, tuple[int, Type]] = {}
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        if raw.FPDFText_IsGenerated(text, index) == 1 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            continue
        # PDFium marks a hyphen at a line's end; whether it stays is for `lines` to say.
        hyphen = raw.FPDFText_IsHyphen(text, index) == 1
        run = ctypes.cast(raw.FPDFText_GetTextObject(text, index), ctypes.c_void_p).value or 0
        if run not in runs or not run:
            runs[run] = _turns(text, index), _type(text, index)
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        raw.FPDFText_GetLooseCharBox(text, index, box)
        turns, style = runs[run]
        letter = "-" if hyphen else _shown(chr(code), style)
        start, end, baseline = _turned(turns, x.value, y.value, box)
        if math.isfinite(start + end + baseline):
            yield turns, Glyph(letter, start, max(start, end), baseline, style)


def _shown(letter: str, style: Type) -> str:
    if letter.strip() and _PICTURES.search(style.font):
        return "•" if letter in _PICTURED_BULLETS else letter if letter in _NAMED_BULLETS else _ICON
    return _LIGATURES.get(letter, letter)


def _turns(text: Any, index: int) -> int:
    from pypdfium2 import raw

    angle = raw.FPDFText_GetCharAngle(text, index) / (math.pi / 2)
    return round(angle) % 4 if abs(angle - round(angle)) < 0.05 else -1  # a watermark that runs slantwise


def _turned(turns: int, x: float, y: float, box: Any) -> tuple[float, float, float]:
    """Start, end and baseline as they are when the page is turned so that the text stands upright."""
    if turns == 1:
        return y, box.top, -x
    if turns == 2:
        return -x, -box.left, -y
    if turns == 3:
        return -y, -box.bottom, x
    return x, box.right, y


def _upright(glyphs: Sequence[tuple[int, Glyph]]) -> tuple[int, list[Glyph]]:
    """The glyphs that stand as most of the page does, and its quarter turns."""
    most = Counter(turns for turns, _ in glyphs).most_common(1)
    turned = most[0][0] if most else 0
    return turned, [glyph for turns, glyph in glyphs if turns == turned]


def _drawn_bullet(shape: tuple[float, float, float]) -> tuple[int, Glyph]:
    left, right, middle = shape
    return 0, Glyph("•", left, right, middle - ABOVE_BASELINE, Type("", 10.0, bold=False, italic=False))


def _type(text: Any, index: int) -> Type:
    from pypdfium2 import raw

    name, flags, matrix = ctypes.create_string_buffer(200), ctypes.c_int(), raw.FS_MATRIX()
    raw.FPDFText_GetFontInfo(text, index, name, len(name), flags)
    font = name.value.decode("utf-8", "replace").rpartition("+")[2]
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    raw.FPDFText_GetFillColor(text, index, red, green, blue, alpha)
    scale = math.hypot(matrix.c, matrix.d) if raw.FPDFText_GetMatrix(text, index, matrix) else 1.0
    return Type(
        font,
        round(raw.FPDFText_GetFontSize(text, index) * scale, 1),
        bool(_BOLD.search(font)) or bool(flags.value & _FONT_BOLD),
        bool(_ITALIC.search(font)) or bool(flags.value & _FONT_ITALIC),
        bool(_SMALL_CAPS.search(font)) or bool(flags.value & _FONT_SMALL_CAPS),
        red.value << 16 | green.value << 8 | blue.value,
    )
