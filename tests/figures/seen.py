"""What a drawing shows: its marks by kind."""

from __future__ import annotations

from trialpool.figures.canvas import Figure
from trialpool.figures.marks import Disc, Line, Shape, Text


def texts(figure: Figure) -> list[str]:
    return [mark.text for mark in figure.marks if isinstance(mark, Text)]


def discs(figure: Figure, fill: str = "") -> list[Disc]:
    return [mark for mark in figure.marks if isinstance(mark, Disc) and fill in ("", mark.fill)]


def lines(figure: Figure, colour: str) -> list[Line]:
    return [mark for mark in figure.marks if isinstance(mark, Line) and mark.colour == colour]


def shapes(figure: Figure, fill: str) -> list[Shape]:
    return [mark for mark in figure.marks if isinstance(mark, Shape) and mark.fill == fill]
