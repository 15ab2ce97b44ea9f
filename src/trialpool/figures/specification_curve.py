"""Specification curves: every defensible analysis in the order of its estimate, with the choices that it made below it.

Simonsohn, Simmons & Nelson (2020), Nat Hum Behav 4:1208-1214. A great many analyses are drawn as quantiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from trialpool.figures import style
from trialpool.figures.axis import Axis, effect_axis
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.forest import axis_title
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import text_width, wrap
from trialpool.figures.numerals import level_text, number_text
from trialpool.figures.plane import Plane, draw_band, draw_runs, draw_title, draw_upright_axis, gutter, placed
from trialpool.figures.shading import STEPS, shade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WIDTH, HEIGHT = style.PAGE, 180.0
COLUMNS = 120  # so many analyses are drawn one by one; more are put together in as many columns
ROW, WIDEST, LINES = 9.6, 165.0, 3  # height of a row of the matrix; width and lines of an option's name at most
SHARES = (0.05, 0.95)  # quantiles of the limits that the outer band of many analyses shows
MEDIAN = "Median"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """A choice that every analysis makes: chosen (n,) are indices of options, -1 where it does not arise."""

    name: str
    options: tuple[str, ...]
    chosen: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpecificationCurve:
    """What a specification curve shows.

    estimates, low, high : (n,) results of the analyses on the analysis scale; those with a nan estimate are left out, and counted
    choices              : what the analyses differ in, from top to bottom
    primary              : which of the analyses is the primary one; None for none
    """

    estimates: Floats
    low: Floats
    high: Floats
    choices: tuple[Choice, ...]
    primary: int | None = None
    measure: str
    measure_name: str
    log: bool
    level: float = 0.95
    title: str = ""

    @property
    def order(self) -> Ints:
        """The analyses that have an estimate, from the lowest to the highest."""
        values = np.asarray(self.estimates, float)
        ranked: Ints = np.argsort(values, kind="stable")
        finite: Ints = ranked[np.isfinite(values[ranked])]
        return finite

    @property
    def below(self) -> NDArray[np.bool_]:
        """(n,) whose interval lies below no effect."""
        found: NDArray[np.bool_] = np.asarray(self.high) < 0
        return found

    @property
    def above(self) -> NDArray[np.bool_]:
        """(n,) whose interval lies above no effect."""
        found: NDArray[np.bool_] = np.asarray(self.low) > 0
        return found


class _Row(NamedTuple):
    """A row of the matrix: a heading, or an option with the analyses, in order, that took it."""

    label: tuple[str, ...]
    taken: NDArray[np.bool_] | None
    median: str

    @property
    def height(self) -> float:
        return ROW + (len(self.label) - 1) * style.SMALL * style.LEADING


def draw_specification_curve(plot: SpecificationCurve) -> Figure:
    """Draw the curve; its height grows with the options."""
    sheet = Sheet()
    y = draw_title(sheet, plot.title, width=WIDTH)
    for line in wrap(summary(plot), WIDTH - 2 * style.MARGIN, style.TEXT):
        sheet.text(style.MARGIN, y + style.TEXT, line)
        y += style.TEXT * style.LEADING
    top = y + 8
    rows = _rows(plot)
    upright = placed(_axis(plot), top + HEIGHT, top)
    name = axis_title(plot.measure_name or plot.measure, log=plot.log)
    widest = max((text_width(line, style.SMALL, bold=row.taken is None) for row in rows for line in row.label), default=0.0)
    left = style.MARGIN + max(gutter(upright, name, HEIGHT), widest + 8)
    right = (
        WIDTH - style.MARGIN - max([text_width(MEDIAN, style.SMALL), *(text_width(row.median, style.SMALL) for row in rows)]) - 5
    )
    n = len(plot.order)
    plane = Plane(x=Axis(low=0, high=max(n, 1), ticks=(), left=left, right=right), y=upright)
    edges = np.linspace(0, n, min(n, COLUMNS) + 1).round().astype(int)
    (_draw_each if n <= COLUMNS else _draw_quantiles)(sheet, plot, plane, edges)
    _draw_primary(sheet, plot, plane)
    draw_upright_axis(sheet, plane, name)
    y = _draw_matrix(sheet, rows, plane, edges, plane.y.left + 10)
    sheet.text((left + right) / 2, y + style.SMALL + 2, _count(n), size=style.SMALL, colour=style.QUIET, align="center")
    y = draw_legend(sheet, _keys(plot, n), left, WIDTH - style.MARGIN, y + 2 * style.SMALL + 5)
    return sheet.figure(
        title=plot.title, description=describe_specification_curve(plot), width=WIDTH, height=math.ceil(y + style.MARGIN)
    )


def _count(n: int) -> str:
    return f"{n:,} {'analysis' if n == 1 else 'analyses'}, in the order of their estimates"


def _axis(plot: SpecificationCurve) -> Axis:
    shown = plot.order
    if len(shown) <= COLUMNS:
        limits = list(zip(np.asarray(plot.low)[shown].tolist(), np.asarray(plot.high)[shown].tolist(), strict=True))
    else:
        ends = [np.asarray(x, float)[shown] for x in (plot.low, plot.high)]
        finite = [x[np.isfinite(x)] for x in ends]
        limits = [(float(np.quantile(finite[0], 0.01)), float(np.quantile(finite[1], 0.99)))] if all(map(len, finite)) else []
    always = np.asarray(plot.estimates, float)[shown]
    inner = np.quantile(always, [0.001, 0.999]).tolist() if len(shown) > COLUMNS else always.tolist()
    return effect_axis(limits, always=inner, log=plot.log, left=0, right=HEIGHT)


# --- the curve


def _draw_null(sheet: Sheet, plane: Plane) -> None:
    sheet.line((plane.x.left, plane.y.at(0)), (plane.x.right, plane.y.at(0)), colour=style.HAIR)


def _draw_each(sheet: Sheet, plot: SpecificationCurve, plane: Plane, edges: Ints) -> None:
    """An interval each; an estimate whose interval holds no effect is hollow."""
    _draw_null(sheet, plane)
    width = (plane.x.right - plane.x.left) / max(1, len(plot.order))
    radius, clear = min(2.6, max(1.0, 0.42 * width)), plot.below | plot.above
    for rank, i in enumerate(plot.order.tolist()):
        x = plane.x.at(rank + 0.5)
        low, high = float(np.nan_to_num(plot.low[i], nan=-math.inf)), float(np.nan_to_num(plot.high[i], nan=math.inf))
        if not (low > plane.y.high or high < plane.y.low):
            sheet.line(
                (x, plane.y.at(low)), (x, plane.y.at(high)), colour=style.INK if clear[i] else style.HAIR, width=min(0.8, width / 3)
            )
        if plane.y.holds(plot.estimates[i]):
            fill, edge = (style.STUDY, style.STUDY) if clear[i] else (style.PAPER, style.QUIET)
            sheet.disc(x, plane.y.at(float(plot.estimates[i])), radius, fill=fill, edge=edge, width=style.THIN)


def _draw_quantiles(sheet: Sheet, plot: SpecificationCurve, plane: Plane, edges: Ints) -> None:
    """The median estimate of each column of analyses, over where the limits of nearly all and of the middle one are."""
    low, high, estimates = (np.asarray(x, float)[plot.order] for x in (plot.low, plot.high, plot.estimates))
    low, high = np.nan_to_num(low, nan=-1e300, neginf=-1e300), np.nan_to_num(high, nan=1e300, posinf=1e300)
    parts = [slice(a, b) for a, b in pairwise(edges.tolist())]
    xs = (edges[:-1] + edges[1:]) / 2
    xs[[0, -1]] = 0, len(estimates)
    outer = [np.array([np.quantile(x[part], share) for part in parts]) for x, share in zip((low, high), SHARES, strict=True)]
    inner = [np.array([np.median(x[part]) for part in parts]) for x in (low, high)]
    draw_band(sheet, plane, xs, outer[0], outer[1], STEPS[0])
    draw_band(sheet, plane, xs, inner[0], inner[1], STEPS[1])
    _draw_null(sheet, plane)
    draw_runs(sheet, plane, xs, [np.median(estimates[part]) for part in parts], colour=style.OVERALL, width=style.HEAVY)


def _draw_primary(sheet: Sheet, plot: SpecificationCurve, plane: Plane) -> None:
    """A diamond with a rim of paper on the curve."""
    place = [] if plot.primary is None else np.flatnonzero(plot.order == plot.primary).tolist()
    if plot.primary is None or not place or not plane.y.holds(plot.estimates[plot.primary]):
        return
    x, y = plane.at(place[0] + 0.5, float(plot.estimates[plot.primary]))
    for r, fill in ((5.2, style.PAPER), (3.6, style.PREDICTION)):
        sheet.shape((x - r, y), (x, y - r), (x + r, y), (x, y + r), fill=fill)


# --- the matrix


def _rows(plot: SpecificationCurve) -> list[_Row]:
    order = plot.order
    estimates = np.asarray(plot.estimates, float)[order]
    rows = [_Row(("Interval excludes no effect",), (plot.below | plot.above)[order], "")]
    for choice in plot.choices:
        chosen = np.asarray(choice.chosen)[order]
        rows.append(_Row(_fitted(choice.name, bold=True), None, ""))
        for i, option in enumerate(choice.options):
            taken = chosen == i
            median = number_text(float(np.median(estimates[taken])), log=plot.log) if taken.any() else ""
            rows.append(_Row(_fitted(option), taken, median))
    return rows


def _fitted(label: str, *, bold: bool = False) -> tuple[str, ...]:
    lines = wrap(label, WIDEST, style.SMALL, bold=bold)
    return lines if len(lines) <= LINES else (*lines[: LINES - 1], f"{lines[LINES - 1][:-2]}…")


def _draw_matrix(sheet: Sheet, rows: Sequence[_Row], plane: Plane, edges: Ints, y: float) -> float:
    """A row an option, dark where analyses took it; of many analyses the darker, the more of them did."""
    left, right = plane.x.left, plane.x.right
    sheet.text(
        WIDTH - style.MARGIN, y + style.CAP * style.SMALL + ROW / 2, MEDIAN, size=style.SMALL, align="right", colour=style.QUIET
    )
    for row in rows:
        if row.taken is None:
            y += 3
        middle, heading = y + row.height / 2 + style.CAP * style.SMALL, row.taken is None
        first = middle - (len(row.label) - 1) / 2 * style.SMALL * style.LEADING
        sheet.block(left - 6, first, row.label, size=style.SMALL, align="right", bold=heading)
        sheet.text(WIDTH - style.MARGIN, middle, row.median, size=style.SMALL, align="right")
        if row.taken is not None:
            _draw_cells(sheet, row.taken, plane, edges, y + (row.height - ROW) / 2)
            sheet.line((left, y + row.height), (right, y + row.height), colour=STEPS[0], width=style.THIN)
        y += row.height
    return y


def _draw_cells(sheet: Sheet, taken: NDArray[np.bool_], plane: Plane, edges: Ints, y: float) -> None:
    """Columns beside each other of one shade are one box."""
    if len(edges) < 2 or not len(taken):
        return
    many = len(taken) > COLUMNS
    sums = np.concatenate([[0], np.cumsum(taken)])
    shares = (sums[edges[1:]] - sums[edges[:-1]]) / (edges[1:] - edges[:-1])
    shades = [shade(float(share)) if many else style.STUDY if share else style.PAPER for share in shares]
    width = (plane.x.right - plane.x.left) / len(shades)
    air = 0.0 if many else min(1.0, 0.15 * width)
    boxes, start = [], 0
    for i, colour in enumerate(shades):
        if many and i + 1 < len(shades) and shades[i + 1] == colour:
            continue
        if colour != style.PAPER:
            boxes.append((colour, plane.x.at(float(edges[start])) + air, plane.x.at(float(edges[i + 1])) - air))
        start = i + 1
    for colour, a, b in sorted(boxes):  # those of one shade after each other: a smaller file
        sheet.box(a, y + 1.2, b, y + ROW - 1.2, fill=colour)


# --- in words


def _keys(plot: SpecificationCurve, n: int) -> list[Key]:
    level = level_text(plot.level)
    primary = [Key(text="Primary analysis", sample="diamond", colour=style.PREDICTION)] if plot.primary is not None else []
    null = Key(text="No effect", colour=style.HAIR)
    if n <= COLUMNS:
        clear = Key(text=f"{level} interval excludes no effect", sample="disc", colour=style.STUDY)
        return [clear, Key(text="It does not", sample="ring", colour=style.QUIET), *primary, null]
    return [
        Key(text="Estimate", width=style.HEAVY),
        Key(text=f"{level} limits, median", sample="shade", colour=STEPS[1]),
        Key(text="all but the 5% widest to either side", sample="shade", colour=STEPS[0]),
        *primary,
        null,
        Key(text="Rows: share of analyses there, few", sample="shade", colour=STEPS[0]),
        Key(text="half", sample="shade", colour=shade(0.5)),
        Key(text="all", sample="shade", colour=STEPS[-1]),
    ]


def summary(plot: SpecificationCurve) -> str:
    """In how many of the analyses the interval excludes no effect, and on which side."""
    n, level = len(plot.order), level_text(plot.level)
    low, high = (int(side[plot.order].sum()) for side in (plot.below, plot.above))
    where = f"below no effect in {low:,} of {n:,} analyses, above it in {high:,}, and holds it in {n - low - high:,}"
    words = f"The {level} interval lies {where}."
    missing = len(plot.estimates) - n
    return f"{words} {missing:,} could not be estimated." if missing else words


def describe_specification_curve(plot: SpecificationCurve) -> str:
    """The curve in words."""
    name, shown = plot.measure_name or plot.measure, np.asarray(plot.estimates, float)[plot.order]
    words = f"Specification curve, {name}. {summary(plot)}"
    if len(shown):
        low, middle, high = (number_text(float(x), log=plot.log) for x in (shown[0], np.median(shown), shown[-1]))
        words += f" Estimates range from {low} to {high}, median {middle}."
    return words
