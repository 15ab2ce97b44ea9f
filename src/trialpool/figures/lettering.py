"""How wide a text is, and where it breaks: measured with the font that draws it, in points."""

from __future__ import annotations

import atexit
import re
import tempfile
import unicodedata
from functools import cache, lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, NamedTuple

import matplotlib
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from trialpool.figures import style

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trialpool.figures.marks import Text

FONTS = FilePath(matplotlib.get_data_path(), "fonts", "ttf")
MISSING = "\u25a1"  # stands for a character that DejaVu Sans lacks
BREAKABLE = re.compile(r"[ \t\r\n\f\v]+")  # not the non-breaking space
RELATION = re.compile(r" ([=<>≤≥≈]) ")  # "df = 17" stays together
UNUSED = ("GSUB", "GPOS", "GDEF")
EM = 1000  # units to a font size, in which glyphs are measured


class Glyph(NamedTuple):
    """A glyph by name, and how far from the start of its text it stands, in units of 1 / EM."""

    name: str
    x: int


@lru_cache(maxsize=256)
def font(size: float, bold: bool = False) -> FontProperties:
    """DejaVu Sans as matplotlib ships it, whatever the user's settings and installed fonts."""
    return FontProperties(fname=_font_file("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), size=size)


@cache
def _font_file(name: str) -> str:
    """The font without its tables of ligatures and marks: nothing here uses them."""
    from fontTools.ttLib import TTFont

    with TTFont(FONTS / name, recalcTimestamp=False) as face:
        for table in UNUSED:
            if table in face:
                del face[table]
        face.save(FilePath(_font_folder().name, name))
    return str(FilePath(_font_folder().name, name))


@cache
def _font_folder() -> tempfile.TemporaryDirectory[str]:
    """Lives as long as the process."""
    folder = tempfile.TemporaryDirectory(prefix="trialpool-fonts-")
    atexit.register(folder.cleanup)
    return folder


@lru_cache(maxsize=2)
def _characters(bold: bool) -> frozenset[int]:
    return frozenset(get_font(str(font(EM, bold).get_file())).get_charmap())


def missing_letters(text: str) -> str:
    """The characters of a text that figures show as boxes, each once: their font does not have them.

    >>> missing_letters("Müller 2001, 北京 2001")
    '北京'
    """
    known = _characters(False)
    return "".join(dict.fromkeys(c for c in unicodedata.normalize("NFC", text) if c.isprintable() and ord(c) not in known))


def printable(text: str, *, bold: bool = False) -> str:
    """The text as the font can show it: composed, on one line, a box for each character that is not in the font."""
    known = _characters(bold)
    composed = " ".join(BREAKABLE.split(unicodedata.normalize("NFC", text).strip()))
    return "".join(c if ord(c) in known else MISSING for c in composed)


@lru_cache(maxsize=20_000)
def _ems(text: str, bold: bool) -> float:
    width, _, _ = text_to_path.get_text_width_height_descent(printable(text, bold=bold), font(EM, bold), ismath=False)
    return float(width) / EM


_outlines: dict[str, str] = {}


@lru_cache(maxsize=20_000)
def glyphs(text: str, bold: bool = False) -> tuple[Glyph, ...]:
    """The glyphs that a line of text is set with, kerned; spaces leave none."""
    face = get_font(str(font(EM, bold).get_file()))
    face.set_size(EM, 72)
    placed, outlines, _ = text_to_path.get_glyphs_with_font(face, text)
    names = {name: _short(name) for name in outlines}
    for name in outlines:
        if names[name] not in _outlines:
            _outlines[names[name]] = _outline(*outlines[name])
    return tuple(Glyph(names[name], round(x)) for name, x, _, _ in placed if _outlines[names[name]])


def glyph_outline(name: str) -> str:
    """The path of a glyph that `glyphs` has named, in units of 1 / EM, upwards."""
    return _outlines[name]


def _short(name: str) -> str:
    return name.replace("DejaVuSans-Bold-", "b").replace("DejaVuSans-", "g")


def _outline(vertices: NDArray[np.float64], codes: NDArray[np.uint8]) -> str:
    points = [f"{round(x)} {round(y)}" for x, y in vertices]
    letters = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
    steps, i = [], 0
    while i < len(points):
        length = Path.NUM_VERTICES_FOR_CODE[codes[i]]
        steps.append("z" if codes[i] == Path.CLOSEPOLY else letters[codes[i]] + " ".join(points[i : i + length]))
        i += length
    return "".join(steps)


def text_width(text: str, size: float = style.TEXT, *, bold: bool = False) -> float:
    """Width in points of one line of text.

    >>> text_width("mm", 10) == 2 * text_width("m", 10) == text_width("mm", 5) * 2
    True
    """
    return _ems(text, bold) * size if text else 0.0


def start_of(mark: Text) -> tuple[float, float]:
    """Where the baseline of a text begins."""
    before = {"left": 0.0, "center": 0.5, "right": 1.0}[mark.align] * text_width(mark.text, mark.size, bold=mark.bold)
    return (mark.x, mark.y + before) if mark.turned else (mark.x - before, mark.y)


def wrap(text: str, width: float, size: float = style.TEXT, *, bold: bool = False) -> tuple[str, ...]:
    """The lines that fit a width; a word that is too long is broken, and a line feed in the text is kept.

    >>> wrap("Attal 2006, IFM 99-02", 60)
    ('Attal 2006, IFM', '99-02')
    """
    return tuple(line for part in text.splitlines() or [""] for line in _wrap_paragraph(part, width, size, bold))


def _wrap_paragraph(text: str, width: float, size: float, bold: bool) -> list[str]:
    lines = [""]
    for word in printable(RELATION.sub("\u00a0\\1\u00a0", text), bold=bold).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
            continue
        pieces = _break_word(word, width, size, bold)
        lines = lines + pieces if lines[-1] else pieces
    return lines


def _break_word(word: str, width: float, size: float, bold: bool) -> list[str]:
    pieces = [""]
    if text_width(word, size, bold=bold) <= width:
        return [word]
    for character in word:
        if pieces[-1] and text_width(pieces[-1] + character, size, bold=bold) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
