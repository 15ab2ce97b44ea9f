"""An estimate and its interval as drawn: squares for studies, diamonds for what was pooled, bars for predictions.

A kite, a small diamond on a line of its own, is what a model makes of a study.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from trialpool.figures import style

if TYPE_CHECKING:
    from trialpool.figures.axis import Axis
    from trialpool.figures.canvas import Sheet

HEAD = 3.2  # length of an arrow head
DIAMOND, KITE = 4.2, 2.5  # half the height of a diamond; of a small one
SMALLEST, LARGEST, UNWEIGHTED = 2.2, 9.0, 5.0  # sides of squares


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with limits on the analysis scale, and how it looks; a limit that is not finite lies beyond the axis.

    size : side of a square, in points
    open : outlined, not filled: shown but not pooled
    """

    estimate: float
    low: float
    high: float
    shape: Literal["square", "diamond", "bar", "kite"] = "square"
    size: float = UNWEIGHTED
    colour: str = style.STUDY
    open: bool = False


def side_of_square(weight: float | None, largest: float) -> float:
    """The side of a square whose area stands for the weight."""
    if weight is None or not largest > 0:
        return UNWEIGHTED
    return max(SMALLEST, LARGEST * math.sqrt(max(0.0, weight) / largest)) if math.isfinite(weight) else SMALLEST


def draw_interval(sheet: Sheet, interval: Interval, axis: Axis, y: float) -> None:
    """The interval in its row; nothing where there is neither an estimate nor a limit."""
    if all(math.isnan(x) for x in (interval.estimate, interval.low, interval.high)):
        return
    DRAW[interval.shape](sheet, interval, axis, y)


def _ends(interval: Interval, axis: Axis) -> tuple[float, float, bool, bool]:
    """Where the drawn interval begins and ends, and at which sides it goes on beyond the axis."""
    low = -math.inf if math.isnan(interval.low) else interval.low
    high = math.inf if math.isnan(interval.high) else interval.high
    slack = 1e-9 * (axis.high - axis.low)
    return axis.at(low), axis.at(high), low < axis.low - slack, high > axis.high + slack


def _draw_square(sheet: Sheet, interval: Interval, axis: Axis, y: float) -> None:
    half = interval.size / 2
    x = axis.at(interval.estimate)
    fill = style.PAPER if interval.open else interval.colour
    square = {"fill": fill, "edge": interval.colour, "width": style.THIN}
    if interval.open:
        _draw_whisker(sheet, interval, axis, y)
    if axis.holds(interval.estimate):
        sheet.box(x - half, y - half, x + half, y + half, **square)
    if not interval.open:
        _draw_whisker(sheet, interval, axis, y)


def _draw_whisker(sheet: Sheet, interval: Interval, axis: Axis, y: float) -> None:
    left, right, beyond_left, beyond_right = _ends(interval, axis)
    colour = style.QUIET if interval.open else style.INK
    if right > left:
        sheet.line((left, y), (right, y), width=style.LINE, colour=colour)
    _draw_heads(sheet, left if beyond_left else None, right if beyond_right else None, y, colour)


def _draw_heads(sheet: Sheet, left: float | None, right: float | None, y: float, colour: str) -> None:
    for x, side in ((left, -1), (right, +1)):
        if x is not None:
            sheet.shape((x + side * HEAD, y), (x, y - 0.6 * HEAD), (x, y + 0.6 * HEAD), fill=colour)


def _draw_diamond(sheet: Sheet, interval: Interval, axis: Axis, y: float) -> None:
    left, right, beyond_left, beyond_right = _ends(interval, axis)
    if axis.holds(interval.estimate):
        x = axis.at(interval.estimate)
        left, right = min(left, x - 1.2), max(right, x + 1.2)
        sheet.shape((left, y), (x, y - DIAMOND), (right, y), (x, y + DIAMOND), fill=interval.colour)
    _draw_heads(sheet, left if beyond_left else None, right if beyond_right else None, y, interval.colour)


def _draw_bar(sheet: Sheet, interval: Interval, axis: Axis, y: float) -> None:
    left, right, beyond_left, beyond_right = _ends(interval, axis)
    sheet.line((left, y), (right, y), width=style.HEAVY, colour=interval.colour)
    for x, beyond in ((left, beyond_left), (right, beyond_right)):
        if not beyond:
            sheet.line((x, y - 2.4), (x, y + 2.4), width=style.LINE, colour=interval.colour)
    _draw_heads(sheet, left if beyond_left else None, right if beyond_right else None, y, interval.colour)


def _draw_kite(sheet: Sheet, interval: Interval, axis: Axis, y: float) -> None:
    left, right, beyond_left, beyond_right = _ends(interval, axis)
    sheet.line((left, y), (right, y), width=style.LINE, colour=interval.colour)
    if axis.holds(interval.estimate):
        x = axis.at(interval.estimate)
        sheet.shape((x - KITE, y), (x, y - KITE), (x + KITE, y), (x, y + KITE), fill=interval.colour)
    _draw_heads(sheet, left if beyond_left else None, right if beyond_right else None, y, interval.colour)


DRAW = {"square": _draw_square, "diamond": _draw_diamond, "bar": _draw_bar, "kite": _draw_kite}


def draw_arrow(sheet: Sheet, start: float, end: float, y: float) -> None:
    """A level arrow."""
    side = 1 if end > start else -1
    sheet.line((start, y), (end - side * HEAD, y), width=style.THIN)
    sheet.shape((end, y), (end - side * HEAD, y - 0.5 * HEAD), (end - side * HEAD, y + 0.5 * HEAD), fill=style.INK)
