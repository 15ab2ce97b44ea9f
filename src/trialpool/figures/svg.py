"""Marks as SVG: small, titled, scaling with the page it stands in, and with no id that another figure could share.

Letters are outlines, each defined once and used by reference, so the drawing looks alike wherever it is opened; or they stay
letters, which a drawing program can edit, and look as the fonts of that machine do.
"""

from __future__ import annotations

import itertools
import re
from html import escape
from typing import TYPE_CHECKING

from trialpool.figures.lettering import EM, glyph_outline, glyphs, start_of
from trialpool.figures.marks import DASHES, RUN, Disc, Line, Shape, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trialpool.figures.canvas import Figure
    from trialpool.figures.marks import Mark, Point

PROLOG = '<?xml version="1.0" encoding="utf-8"?>\n'
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
ENLARGED = 1.2
FAMILY = "DejaVu Sans, Bitstream Vera Sans, Verdana, sans-serif"
ANCHOR = {"left": "start", "center": "middle", "right": "end"}
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg_element(figure: Figure, *, id_prefix: str = "") -> str:
    """An <svg> element to be placed in HTML; every id starts with id_prefix.

    It is as wide as what it stands in, up to ENLARGED times its size: so small and large figures have letters of one size.
    """
    widest = f'style="max-width:{_number(ENLARGED * figure.width)}pt"'
    return _element(figure, f'{NAMESPACE} width="100%" {widest}', prefix=id_prefix, reference="href")


def svg_document(figure: Figure, *, letters: bool = False) -> str:
    """A file of its own, as wide as it was drawn; `xlink:href` is what word processors still look for."""
    opening = f'{NAMESPACE} {XLINK} width="{_number(figure.width)}pt" height="{_number(figure.height)}pt"'
    return PROLOG + _element(figure, opening, prefix="", reference="" if letters else "xlink:href")


def _element(figure: Figure, opening: str, *, prefix: str, reference: str) -> str:
    """The element; without a `reference` by which outlines are used, text is written as letters."""
    start = escape(prefix)
    view = f'viewBox="0 0 {_number(figure.width)} {_number(figure.height)}"'
    named = f'role="img" aria-labelledby="{start}title {start}desc"'
    parts = [
        f"<svg {opening} {view} {named}>",
        f'<title id="{start}title">{_words(figure.title)}</title>',
        f'<desc id="{start}desc">{_words(figure.description)}</desc>',
        f"<defs>{_definitions(figure.marks, start)}</defs>" if reference else f'<g font-family="{FAMILY}">',
        *_drawn(figure.marks, f'{reference}="#{start}' if reference else ""),
        *(() if reference else ("</g>",)),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _words(text: str) -> str:
    return escape(NOT_XML.sub("", text), quote=False)


def _number(x: float) -> str:
    """Two decimals at most: a hundredth of a point is less than any printer shows."""
    return f"{round(x, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _definitions(marks: Iterable[Mark], prefix: str) -> str:
    texts = (mark for mark in marks if isinstance(mark, Text))
    used = {glyph.name: None for mark in texts for glyph in glyphs(mark.text, mark.bold)}
    return "".join(f'<path id="{prefix}{name}" d="{glyph_outline(name)}"/>' for name in used)


def _drawn(marks: Iterable[Mark], reference: str) -> Iterator[str]:
    """An element a mark; of a run of many small shapes that look alike, such as the cells of a density, one for all."""
    for alike, run in itertools.groupby(marks, key=_looks):
        there = list(run)
        if alike is None or len(there) < RUN:
            yield from (_mark(mark, reference) for mark in there)
        else:
            d = "".join(f"{_path(mark.points)}z" for mark in there if isinstance(mark, Shape))
            yield f'<path d="{d}" fill="{alike[0]}"{_stroke(alike[1], alike[2])}/>'


def _looks(mark: Mark) -> tuple[str, str, float] | None:
    return (mark.fill, mark.edge, mark.width) if isinstance(mark, Shape) else None


def _mark(mark: Mark, reference: str) -> str:
    match mark:
        case Text():
            return _text(mark, reference) if reference else _letters(mark)
        case Line():
            dashes = " ".join(map(_number, DASHES[mark.dash]))
            dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
            return f'<path d="{_path(mark.points)}" fill="none"{_stroke(mark.colour, mark.width)}{dashed}/>'
        case Shape():
            return f'<path d="{_path(mark.points)}z" fill="{mark.fill}"{_stroke(mark.edge, mark.width)}/>'
        case Disc():
            place = f'cx="{_number(mark.x)}" cy="{_number(mark.y)}" r="{_number(mark.radius)}"'
            return f'<circle {place} fill="{mark.fill}"{_stroke(mark.edge, mark.width)}/>'


def _stroke(colour: str, width: float) -> str:
    return "" if colour == "none" else f' stroke="{colour}" stroke-width="{_number(width)}"'


def _path(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _text(mark: Text, reference: str) -> str:
    x, y = start_of(mark)
    turn = " rotate(-90)" if mark.turned else ""
    scale = f"{mark.size / EM:.4g}"
    uses = "".join(f'<use {reference}{glyph.name}"{_shift(glyph.x)}/>' for glyph in glyphs(mark.text, mark.bold))
    place = f"translate({_number(x)} {_number(y)}){turn} scale({scale} -{scale})"
    return f'<g fill="{mark.colour}" transform="{place}">{uses}</g>'


def _letters(mark: Text) -> str:
    x, y = _number(mark.x), _number(mark.y)
    place = f'transform="translate({x} {y}) rotate(-90)"' if mark.turned else f'x="{x}" y="{y}"'
    weight = ' font-weight="bold"' if mark.bold else ""
    looks = f'font-size="{_number(mark.size)}"{weight} fill="{mark.colour}" text-anchor="{ANCHOR[mark.align]}"'
    return f"<text {place} {looks}>{_words(mark.text)}</text>"


def _shift(x: int) -> str:
    return f' x="{x}"' if x else ""
