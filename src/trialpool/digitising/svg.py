"""An SVG file as strokes and lettering, every transformation, style and `use` followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

import numpy as np

from trialpool.digitising.drawing import Box, Drawing, Floats, Lettering, Stroke, bounding_box
from trialpool.digitising.svg_path import moved, numbers, scale_of, subpaths, transformation
from trialpool.digitising.svg_style import (
    INHERITED,
    OWN,
    Element,
    Rule,
    Style,
    colour_of,
    dashes_of,
    declarations,
    drawn_at_all,
    number_in,
    rules,
)
from trialpool.errors import BadInput, Problem

DEEPEST = 60  # a `use` that uses itself ends here
_NOT_DRAWN = {"defs", "symbol", "clipPath", "mask", "pattern", "marker", "metadata", "style", "title", "desc", "linearGradient"}
_HREF = ("href", "{http://www.w3.org/1999/xlink}href")
_EM = 0.55  # width of a letter, as a share of the size of the font: where a text has no length of its own
_ANCHOR = {"start": 0.0, "middle": 0.5, "end": 1.0}


def read_svg(data: bytes, file: str) -> Drawing:
    """The drawing in an SVG file; `file` is what messages call it.

    Raises
    ------
    BadInput
        where it is no SVG

    >>> drawing = read_svg(b'<svg width="9" height="9"><g transform="scale(2)"><path d="M1 1h3" stroke="red"/></g></svg>', "a.svg")
    >>> drawing.strokes[0].points.tolist(), drawing.strokes[0].colour
    ([[2.0, 2.0], [8.0, 2.0]], (255, 0, 0))
    """
    try:
        root = ET.fromstring(data, ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
    except (ET.ParseError, ValueError, LookupError) as error:
        what, mend = f"this is not an SVG that can be read ({error})", "Export the figure again, or give a PNG of it"
        raise BadInput([Problem(file, 0, "", what, mend)]) from None
    if _tag(root) != "svg":
        what, mend = f"the file holds <{_tag(root)}>, not <svg>", "Give the figure itself"
        raise BadInput([Problem(file, 0, "", what, mend)])
    reader = _Reader(root)
    reader.walk(root, _Where())
    width, height = _size(root)
    return Drawing(kind="SVG", width=width, height=height, strokes=tuple(reader.strokes), lettering=tuple(reader.lettering))


def _size(root: ET.Element) -> tuple[float, float]:
    view = numbers(root.get("viewBox", ""))
    if len(view) == 4:
        return view[2], view[3]
    return tuple((numbers(root.get(side, "")) or [0.0])[0] for side in ("width", "height"))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _Where:
    """What an element has from those around it."""

    matrix: Floats = field(default_factory=lambda: np.eye(3))
    style: Style = field(default_factory=dict)
    ancestors: tuple[Element, ...] = ()
    depth: int = 0


class _Reader:
    """Walks the tree and gathers what is drawn."""

    def __init__(self, root: ET.Element) -> None:
        self.strokes: list[Stroke] = []
        self.lettering: list[Lettering] = []
        self.outlines: list[Box] = []
        self.by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
        sheets = (element.text or "" for element in root.iter() if _tag(element) == "style")
        self.rules: list[Rule] = [rule for sheet in sheets for rule in rules(sheet)]

    def walk(self, element: ET.Element, where: _Where) -> None:
        """Draw an element and all that is in it."""
        here = self._inside(element, where)
        tag = _tag(element)
        if here.depth > DEEPEST or not drawn_at_all(here.style):
            return
        if tag == "use":
            self._use(element, here)
        elif tag == "text":
            self._text(element, here)
        elif lines := list(_lines(tag, element)):
            self._shape(lines, here)
        self._children(element, here)

    def _children(self, element: ET.Element, here: _Where) -> None:
        """The children; a comment that begins a group is its text, for letters that are drawn as shapes."""
        spoken, before = None, len(self.outlines)
        for child in element:
            if not isinstance(child.tag, str):
                spoken = spoken or (child.text or "").strip()
            elif _tag(child) not in _NOT_DRAWN and _tag(element) != "text":
                self.walk(child, here)
        drawn = self.outlines[before:]
        if spoken and drawn:
            self.lettering.append(Lettering(spoken, bounding_box(np.array([[b[i], b[i + 1]] for b in drawn for i in (0, 2)]))))

    def _inside(self, element: ET.Element, where: _Where) -> _Where:
        itself = Element(_tag(element), element.get("id", ""), frozenset(element.get("class", "").split()))
        ancestors = (*where.ancestors, itself)
        style = {name: value for name, value in where.style.items() if name in INHERITED}
        style |= {name: value for name in (*INHERITED, *OWN) if (value := element.get(name)) is not None}
        for rule in self.rules:
            if rule.fits(ancestors):
                style |= rule.declared
        style |= declarations(element.get("style", ""))
        matrix = where.matrix @ transformation(element.get("transform", ""))
        return _Where(matrix, style, ancestors, where.depth + 1)

    def _use(self, element: ET.Element, here: _Where) -> None:
        name = next((element.get(key, "") for key in _HREF if element.get(key)), "")
        used = self.by_id.get(name.removeprefix("#"))
        if used is None:
            return
        shift = transformation(f"translate({element.get('x', '0')} {element.get('y', '0')})")
        inner = replace(here, matrix=here.matrix @ shift)
        if _tag(used) == "symbol":
            self._children(used, inner)
        else:
            self.walk(used, inner)

    def _text(self, element: ET.Element, here: _Where) -> None:
        lines = [part for part in element.iter() if _tag(part) == "tspan" and part.get("x")] or [element]
        for part in lines:
            text = " ".join("".join(part.itertext()).split())
            if text:
                inside = here if part is element else self._inside(part, here)
                self.lettering.append(Lettering(text, _text_box(text, part, element, inside)))

    def _shape(self, lines: list[Floats], here: _Where) -> None:
        stroke = colour_of(here.style.get("stroke", "none"), here.style.get("color", "black"))
        scale = scale_of(here.matrix)
        for line in lines:
            points = moved(line, here.matrix)
            if stroke is None:
                self.outlines.append(bounding_box(points))
                continue
            width = number_in(here.style, "stroke-width", 1.0) * scale
            dashes = tuple(length * scale for length in dashes_of(here.style))
            self.strokes.append(Stroke(points=points, colour=stroke, width=width, dashes=dashes))


def _tag(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]  # the tag of a comment is a function


def _lines(tag: str, element: ET.Element) -> Iterator[Floats]:
    """What an element draws, in its own coordinates."""
    if tag == "path":
        yield from subpaths(element.get("d", ""))
    elif tag == "line":
        yield np.array([[_length(element, f"x{i}"), _length(element, f"y{i}")] for i in (1, 2)])
    elif tag in ("polyline", "polygon"):
        values = numbers(element.get("points", ""))
        points = np.array(values[: len(values) // 2 * 2]).reshape(-1, 2)
        if len(points) > 1:
            yield np.vstack([points, points[:1]]) if tag == "polygon" else points
    elif tag == "rect":
        x, y, width, height = (_length(element, name) for name in ("x", "y", "width", "height"))
        yield np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]])


def _length(element: ET.Element, name: str) -> float:
    found = numbers(element.get(name, ""))
    return found[0] if found else 0.0


def _text_box(text: str, part: ET.Element, element: ET.Element, here: _Where) -> Box:
    size = number_in(here.style, "font-size", 10.0)
    width = _length(element, "textLength") or _EM * size * len(text)
    x, y = (_length(part if part.get(name) else element, name) for name in ("x", "y"))
    left = x - _ANCHOR.get(here.style.get("text-anchor", "start"), 0.0) * width
    corners = np.array([[left, y], [left + width, y], [left, y - 0.7 * size], [left + width, y - 0.7 * size]])
    return bounding_box(moved(corners, here.matrix))
