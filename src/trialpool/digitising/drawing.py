"""What a vector figure is made of: strokes and lettering, in the units of the figure, y downwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Colour = tuple[int, int, int]


class Box(NamedTuple):
    """A rectangle in the units of the figure; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Box) -> bool:
        """Whether another box lies wholly within this one."""
        return self.left <= other.left and other.right <= self.right and self.top <= other.top and other.bottom <= self.bottom

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A line as it is drawn.

    points : (n, 2) corners, n >= 2, in the units of the figure
    colour : red, green, blue, 0 to 255
    width  : of the line, in the units of the figure
    dashes : lengths of strokes and gaps in turn, empty for a solid line
    """

    points: Floats
    colour: Colour
    width: float = 1.0
    dashes: tuple[float, ...] = ()

    @property
    def box(self) -> Box:
        (left, top), (right, bottom) = self.points.min(0).tolist(), self.points.max(0).tolist()
        return Box(left, top, right, bottom)


@dataclass(frozen=True, slots=True)
class Lettering:
    """A text and where it stands."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A vector figure.

    kind          : "SVG" or "PDF"
    width, height : of the page, in the units of the figure
    """

    kind: str
    width: float
    height: float
    strokes: tuple[Stroke, ...]
    lettering: tuple[Lettering, ...]

    def part(self, within: Box) -> Drawing:
        """What lies wholly within a box."""
        strokes = tuple(stroke for stroke in self.strokes if within.holds(stroke.box))
        return replace(self, strokes=strokes, lettering=tuple(text for text in self.lettering if within.holds(text.box)))


def bounding_box(points: Floats) -> Box:
    """The box around (n, 2) points.

    >>> bounding_box(np.array([[1.0, 2.0], [3.0, -1.0]]))
    Box(left=1.0, top=-1.0, right=3.0, bottom=2.0)
    """
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return Box(left, top, right, bottom)


def bezier(start: Floats, control: Floats, further: Floats, end: Floats, *, pieces: int = 8) -> Floats:
    """A cubic Bezier curve as `pieces` chords: (pieces, 2), without its start.

    >>> corners = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    >>> bezier(*corners, pieces=3).round(6).tolist()
    [[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]
    """
    t = np.linspace(0, 1, pieces + 1)[1:, np.newaxis]
    u = 1 - t
    return u**3 * start + 3 * u**2 * t * control + 3 * u * t**2 * further + t**3 * end
