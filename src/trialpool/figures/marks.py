"""What a drawing is made of: texts, lines, shapes and discs, in points from the top left corner of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trialpool.figures import style

Point = tuple[float, float]
Align = Literal["left", "center", "right"]
Dash = Literal["solid", "dotted", "dashed"]

RUN = 3  # so many marks that look alike are drawn as one
DASHES: dict[Dash, tuple[float, ...]] = {"solid": (), "dotted": (1.0, 1.5), "dashed": (3.5, 2.2)}  # on, off; in points


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line of text; `y` is its baseline. A turned text reads upwards and is centred on its point."""

    x: float
    y: float
    text: str
    size: float = style.TEXT
    bold: bool = False
    colour: str = style.INK
    align: Align = "left"
    turned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points."""

    points: tuple[Point, ...]
    colour: str = style.INK
    width: float = style.LINE
    dash: Dash = "solid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A closed polygon, filled, outlined or both."""

    points: tuple[Point, ...]
    fill: str = "none"
    edge: str = "none"
    width: float = style.LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A circle, filled, outlined or both."""

    x: float
    y: float
    radius: float
    fill: str = "none"
    edge: str = "none"
    width: float = style.LINE


Mark = Text | Line | Shape | Disc
