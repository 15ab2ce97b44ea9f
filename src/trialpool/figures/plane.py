"""A plane between two axes: where values stand on the page, and lines that end where the plane does."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trialpool.figures import style
from trialpool.figures.axis import Axis, difference_ticks, draw_axis, effect_axis
from trialpool.figures.lettering import text_width, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from trialpool.figures.canvas import Sheet
    from trialpool.figures.marks import Point

    Floats = NDArray[np.float64]

WIDTH, HEIGHT = 420.0, 250.0  # of a page; of the area between the axes
RIGHT = style.MARGIN + 16  # room for half a label at the end of the axis
SNAP = 0.12  # an end moves out to the next tick within this share of the axis
LARGEST, SMALLEST, UNWEIGHTED = 11.0, 1.6, 3.0  # radii of discs


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Two axes: x to the right, y upwards."""

    x: Axis
    y: Axis

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom on the page."""
        return self.x.left, self.y.right, self.x.right, self.y.left

    def at(self, x: float, y: float) -> Point:
        return self.x.at(x), self.y.at(y)

    def holds(self, x: float, y: float) -> bool:
        return self.x.holds(x) and self.y.holds(y)

    def runs(self, xs: Iterable[float], ys: Iterable[float]) -> list[tuple[Point, ...]]:
        """The parts on the page of a line through values: cut at the edges of the plane, broken where a value is not finite."""
        found: list[list[Point]] = []
        for (x0, y0), (x1, y1) in itertools.pairwise(zip(_floats(xs), _floats(ys), strict=True)):
            inside = self._inside((x0, y0), (x1, y1)) if all(map(math.isfinite, (x0, y0, x1, y1))) else None
            if inside is None:
                continue
            start, end = (self.at(*point) for point in inside)
            if found and found[-1][-1] == start:
                found[-1].append(end)
            else:
                found.append([start, end])
        return [tuple(run) for run in found]

    def _inside(self, start: Point, end: Point) -> tuple[Point, Point] | None:
        """The part of a segment within the plane. Liang & Barsky (1984), ACM Trans Graph 3:1-22."""
        first, last = 0.0, 1.0
        for a, b, axis in zip(start, end, (self.x, self.y), strict=True):
            if a == b:
                if not axis.holds(a):
                    return None
                continue
            enters, leaves = sorted(((axis.low - a) / (b - a), (axis.high - a) / (b - a)))
            first, last = max(first, enters), min(last, leaves)
        if first > last:
            return None
        ends = [tuple(a + t * (b - a) for a, b in zip(start, end, strict=True)) for t in (first, last)]
        return (ends[0][0], ends[0][1]), (ends[1][0], ends[1][1])


def _floats(values: Iterable[float]) -> list[float]:
    return [float(value) for value in values]


def number_axis(values: Iterable[float], *, room: float, pad: float = 0.05, low: float | None = None) -> Axis:
    """A linear axis that holds all finite values, placed from 0 to room; it begins at `low` where that is given.

    >>> [tick.label for tick in number_axis([1948, 1977], room=200).ticks]
    ['1950', '1960', '1970', '1980']
    """
    found = [float(x) for x in values if math.isfinite(x)]
    first, last = (min(found), max(found)) if found else (0.0, 1.0)
    if low is not None:
        first = low
    if last <= first:
        last, first = last + (0.05 * abs(last) or 1.0), first - (0.05 * abs(first) or 1.0) * (low is None)
    span = last - first
    last, first = last + pad * span, first - (pad * span if low is None else 0)
    outwards = SNAP * (last - first)
    ticks = difference_ticks(first - (outwards if low is None else 0), last + outwards, room=room)
    ends = [tick.value for tick in ticks]
    return Axis(low=min([first, *ends]), high=max([last, *ends]), ticks=ticks, left=0, right=room)


def effects_axis(values: Iterable[float], *, log: bool, room: float) -> Axis:
    """An axis of effects with the null on it, placed from 0 to room."""
    return effect_axis((), always=[float(x) for x in values if math.isfinite(x)], log=log, left=0, right=room)


def placed(axis: Axis, left: float, right: float) -> Axis:
    """The axis between two places on the page, its ticks as they are."""
    return replace(axis, left=left, right=right)


def gutter(axis: Axis, title: str, room: float) -> float:
    """How much room the labels and the title of an upright axis take to its left."""
    lines = len(wrap(title, room, style.SMALL)) if title else 0
    labels = max((text_width(tick.label, style.SMALL) for tick in axis.ticks), default=0.0)
    return lines * style.SMALL * style.LEADING + labels + 9


def across(upright: Axis, y_title: str, *, width: float = WIDTH) -> tuple[float, float]:
    """From where to where a plane reaches across a page, beside an upright axis with its labels and title."""
    return style.MARGIN + gutter(upright, y_title, abs(upright.right - upright.left)), width - RIGHT


def draw_title(sheet: Sheet, title: str, *, width: float = WIDTH) -> float:
    """The heading of a page; returns where a plane can start."""
    y = style.MARGIN
    for line in wrap(title, width - 2 * style.MARGIN, style.TITLE, bold=True) if title else ():
        sheet.text(style.MARGIN, y + style.TITLE, line, size=style.TITLE, bold=True)
        y += style.TITLE * style.LEADING
    return y + 8


def draw_frame(sheet: Sheet, plane: Plane, x_title: str, y_title: str) -> float:
    """Both axes with their titles; returns where the next thing can start."""
    draw_upright_axis(sheet, plane, y_title)
    return draw_axis(sheet, plane.x, plane.y.left, x_title)


def draw_upright_axis(sheet: Sheet, plane: Plane, title: str = "") -> None:
    """The axis at the left of the plane, its title turned."""
    x, axis = plane.x.left, plane.y
    sheet.line((x, axis.left), (x, axis.right), width=style.THIN)
    for tick in axis.ticks:
        y = axis.at(tick.value)
        sheet.line((x - 3, y), (x, y), width=style.THIN)
        sheet.text(x - 5, y + style.CAP * style.SMALL, tick.label, size=style.SMALL, align="right")
    room = abs(axis.right - axis.left)
    looks: dict[str, Any] = {"size": style.SMALL, "colour": style.QUIET, "align": "center", "turned": True}
    at = x - gutter(axis, title, room) + style.SMALL
    for line in wrap(title, room, style.SMALL) if title else ():
        sheet.text(at, (axis.left + axis.right) / 2, line, **looks)
        at += style.SMALL * style.LEADING


def draw_runs(sheet: Sheet, plane: Plane, xs: Iterable[float], ys: Iterable[float], **looks: Any) -> list[tuple[Point, ...]]:
    """A line through values, as far as it is on the plane; returns what was drawn."""
    runs = plane.runs(xs, ys)
    for run in runs:
        sheet.line(*run, **looks)
    return runs


def draw_band(sheet: Sheet, plane: Plane, xs: Iterable[float], low: Iterable[float], high: Iterable[float], fill: str) -> None:
    """What lies between two lines over the same xs; limits that are nan leave a gap, others are cut at the edges."""
    rows = list(zip(_floats(xs), _floats(low), _floats(high), strict=True))
    for known, part in itertools.groupby(rows, key=lambda row: not any(map(math.isnan, row))):
        there = list(part)
        if known and len(there) > 1:
            below = [plane.at(x, lo) for x, lo, _ in there]
            above = [plane.at(x, hi) for x, _, hi in there]
            sheet.shape(*below, *reversed(above), fill=fill)


def radii(weights: Floats, *, largest: float = LARGEST) -> Floats:
    """Radii of discs whose areas stand for the weights; a weight that is not finite counts as none."""
    share = np.where(np.isfinite(weights), weights, 0.0)
    most = share.max(initial=0.0)
    return np.maximum(SMALLEST, largest * np.sqrt(share / most)) if most > 0 else np.full(share.shape, UNWEIGHTED)


def largest_radius(k: int) -> float:
    """The more discs, the smaller.

    >>> [round(largest_radius(k), 1) for k in (3, 18, 60, 1000)]
    [9.0, 7.8, 5.1, 2.4]
    """
    return max(2.4, min(9.0, 9.0 * math.pow(12 / max(k, 1), 0.35)))


def draw_discs(
    sheet: Sheet, discs: Sequence[tuple[float, float, float]], *, fill: str = style.STUDY, edge: str = style.PAPER
) -> None:
    """Discs (x, y, radius) on the page, the small ones over the large."""
    for x, y, radius in sorted(discs, key=lambda disc: -disc[2]):
        sheet.disc(x, y, radius, fill=fill, edge=edge, width=style.THIN)


def present(*columns: Iterable[float]) -> Iterator[int]:
    """Which rows are finite in every column."""
    for i, row in enumerate(zip(*columns, strict=True)):
        if all(math.isfinite(x) for x in row):
            yield i
