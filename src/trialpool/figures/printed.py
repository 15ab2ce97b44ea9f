"""Marks as PDF, typeset by typst, and as the PNG that pdfium draws of it: the same marks always give the same bytes."""

from __future__ import annotations

import json
import threading
from functools import cache
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialpool.figures.lettering import FONTS, start_of
from trialpool.figures.marks import DASHES, RUN, Disc, Line, Shape, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL.Image import Image

    from trialpool.figures.canvas import Figure
    from trialpool.figures.marks import Mark, Point

POINTS_PER_INCH = 72
PNG_DPI = 200
DECIMALS = 3  # of a point
TEMPLATE = Path(__file__).with_name("figure.typ")
_PDFIUM_TAKES_ONE = threading.Lock()  # thread at a time


def pdf_bytes(figure: Figure) -> bytes:
    """A PDF with its fonts embedded, letters as letters, the description for screen readers, and no date."""
    import typst

    drawn = {
        "title": figure.title,
        "description": figure.description,
        "width": figure.width,
        "height": figure.height,
        "marks": list(_drawn(figure.marks)),
    }
    files = {"main.typ": TEMPLATE.read_bytes(), "figure.json": json.dumps(drawn, default=float).encode()}
    return bytes(typst.compile(files, font_paths=_fonts(), ignore_system_fonts=True, format="pdf", timestamp=0))


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def png_bytes(figure: Figure) -> bytes:
    """A PNG for the screen, at PNG_DPI."""
    return png_of(pixels(pdf_bytes(figure)), title=figure.title, description=figure.description)


def pixels(pdf: bytes) -> Image:
    """The only page of a PDF, at PNG_DPI."""
    import pypdfium2

    with _PDFIUM_TAKES_ONE:
        document = pypdfium2.PdfDocument(pdf)
        try:
            image: Image = document[0].render(scale=PNG_DPI / POINTS_PER_INCH, rev_byteorder=True).to_pil()
            return image.convert("RGB")
        finally:
            document.close()


def png_of(image: Image, *, title: str, description: str) -> bytes:
    """The picture as a PNG that carries its words."""
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Title", title)
    words.add_text("Description", description)
    written = BytesIO()
    image.save(written, "png", pnginfo=words, dpi=(PNG_DPI, PNG_DPI), compress_level=3)
    return written.getvalue()


def _drawn(marks: Iterable[Mark]) -> Iterator[dict[str, Any]]:
    """What the template draws, in order; a run of many lines or shapes that look alike is one path."""
    for look, run in groupby(marks, key=_looks):
        there = list(run)
        if look is None:
            yield from (_text(mark) if isinstance(mark, Text) else _disc(mark) for mark in there if isinstance(mark, Text | Disc))
            continue
        paths = [_rounded(mark.points) for mark in there if isinstance(mark, Line | Shape)]
        for together in [paths] if len(paths) >= RUN else ([path] for path in paths):
            yield look | {"kind": "path", "paths": together}


def _looks(mark: Mark) -> dict[str, Any] | None:
    """How a line or a shape looks."""
    match mark:
        case Line():
            return {"closed": False, "fill": "none", "edge": mark.colour, "width": mark.width, "dash": DASHES[mark.dash]}
        case Shape():
            return {"closed": True, "fill": mark.fill, "edge": mark.edge, "width": mark.width, "dash": ()}
    return None


def _disc(mark: Disc) -> dict[str, Any]:
    place = {"x": mark.x, "y": mark.y, "radius": mark.radius}
    return {"kind": "disc", "fill": mark.fill, "edge": mark.edge, "width": mark.width, "dash": ()} | place


def _text(mark: Text) -> dict[str, Any]:
    x, y = start_of(mark)
    letters = {"text": mark.text, "size": mark.size, "bold": mark.bold, "fill": mark.colour, "turned": mark.turned}
    return {"kind": "text", "x": round(x, DECIMALS), "y": round(y, DECIMALS)} | letters


def _rounded(points: Iterable[Point]) -> list[tuple[float, float]]:
    return [(round(float(x), DECIMALS), round(float(y), DECIMALS)) for x, y in points]
