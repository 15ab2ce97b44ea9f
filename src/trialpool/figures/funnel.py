"""Funnel plots: effects against their standard errors, which point downwards; an empty corner asks for a reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from trialpool.figures import style
from trialpool.figures.axis import Axis, difference_ticks, draw_axis, effect_axis
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.forest import axis_title
from trialpool.figures.lettering import text_width, wrap
from trialpool.figures.numerals import level_text, number_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Box = tuple[float, float, float, float]

WIDTH, HEIGHT = 420.0, 250.0  # of the page; of the area between the axes
FEW = 10  # so many studies are all named; of more, those outside the funnel
MANY = 30
KEY = 16.0  # length of a sample in the legend
CONTOURS = ((0.01, "P < .01"), (0.05, "P = .01 to .05"), (0.10, "P = .05 to .10"), (1.0, "P > .10"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunnelPlot:
    """What a funnel plot shows.

    yi, vi   : (k,) effects on the analysis scale and their variances; an infinite variance is an absent study
    labels   : k names of studies
    centre   : effect about which the funnel stands, such as the common-effect estimate
    level    : confidence level of the funnel's sides
    contours : shade where a study alone would differ from the null at P < .01, .05 and .10
    """

    yi: Floats
    vi: Floats
    labels: tuple[str, ...]
    centre: float
    measure: str
    measure_name: str
    log: bool
    title: str
    level: float = 0.95
    contours: bool = False

    @property
    def studies(self) -> list[tuple[float, float, str]]:
        """Effect, standard error and label of each study that can be shown."""
        se = np.sqrt(np.asarray(self.vi, dtype=float))
        found = zip(np.asarray(self.yi, dtype=float).tolist(), se.tolist(), self.labels, strict=True)
        return [study for study in found if math.isfinite(study[0]) and math.isfinite(study[1])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Effects to the right, standard errors downwards."""

    effect: Axis
    error: Axis

    def at(self, effect: float, error: float) -> tuple[float, float]:
        return self.effect.at(effect), self.error.at(error)

    def side(self, centre: float, slope: float) -> list[tuple[float, float]]:
        """The line from the tip, error 0, along effect = centre + slope * error, to the bottom or the edge it meets."""
        edge = self.effect.high if slope > 0 else self.effect.low
        error = min(self.error.high, (edge - centre) / slope)
        return [self.at(centre, 0), self.at(centre + slope * error, error)]


def draw_funnel(plot: FunnelPlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = _draw_title(sheet, plot)
    plane = _plane(plot, top)
    if plot.contours:
        _draw_contours(sheet, plane)
    _draw_funnel_lines(sheet, plot, plane)
    _draw_error_axis(sheet, plot, plane)
    y = draw_axis(sheet, plane.effect, plane.error.right, axis_title(plot.measure_name or plot.measure, log=plot.log))
    _draw_studies(sheet, plot, plane)
    y = _draw_legend(sheet, plot, plane, y + 8)
    height = math.ceil(y + style.MARGIN)
    return sheet.figure(title=plot.title, description=describe_funnel(plot), width=WIDTH, height=height)


def describe_funnel(plot: FunnelPlot) -> str:
    """The plot in words."""
    studies, sides = plot.studies, _z(plot)
    outside = sum(abs(y - plot.centre) > sides * se for y, se, _ in studies)
    k = f"{len(studies)} {'study' if len(studies) == 1 else 'studies'}"
    centre = number_text(plot.centre, log=plot.log)
    return (
        f"Funnel plot of {k}: {plot.measure_name or plot.measure} against standard error, "
        f"about {centre}; {outside} outside the pseudo {level_text(plot.level)} confidence limits."
    )


def _z(plot: FunnelPlot) -> float:
    return float(ndtri((1 + plot.level) / 2))


def _draw_title(sheet: Sheet, plot: FunnelPlot) -> float:
    y = style.MARGIN
    for line in wrap(plot.title, WIDTH - 2 * style.MARGIN, style.TITLE, bold=True) if plot.title else ():
        sheet.text(style.MARGIN, y + style.TITLE, line, size=style.TITLE, bold=True)
        y += style.TITLE * style.LEADING
    return y + 8


def _plane(plot: FunnelPlot, top: float) -> Plane:
    studies = plot.studies
    largest = max((se for _, se, _ in studies), default=0.0) or 1.0
    ticks = difference_ticks(0, largest * 1.12)
    error = Axis(low=0, high=max([largest * 1.04, *(tick.value for tick in ticks)]), ticks=ticks, left=top, right=top + HEIGHT)
    left = style.MARGIN + 2 * style.TEXT + max((text_width(tick.label, style.SMALL) for tick in ticks), default=0.0) + 6
    reach = _z(plot) * error.high
    centre = plot.centre if math.isfinite(plot.centre) else 0.0
    always = [centre - reach, centre + reach, *(y for y, _, _ in studies)]
    effect = effect_axis((), always=always, log=plot.log, left=left, right=WIDTH - style.MARGIN - 14)
    return Plane(effect=effect, error=error)


def _draw_contours(sheet: Sheet, plane: Plane) -> None:
    """From the outside in: each triangle about the null lies over the one that a smaller P allows."""
    left, right, top, bottom = plane.effect.left, plane.effect.right, plane.error.left, plane.error.right
    shades = tuple(reversed(style.CONTOURS))
    sheet.box(left, top, right, bottom, fill=shades[0])
    for (p, _), shade in zip(CONTOURS, shades[1:], strict=False):
        z = float(ndtri(1 - p / 2))
        low, high = plane.side(0, -z), plane.side(0, z)
        corners = [(low[1][0], bottom), (high[1][0], bottom)]
        sheet.shape(low[0], low[1], *corners, high[1], fill=shade)


def _lines(plot: FunnelPlot, plane: Plane) -> list[list[tuple[float, float]]]:
    """The null, and where the centre can be drawn, the centre and the funnel's sides."""
    upright = [0.0, plot.centre] if plane.effect.holds(plot.centre) else [0.0]
    sides = [plane.side(plot.centre, slope) for slope in (-_z(plot), _z(plot))] if len(upright) > 1 else []
    return [*([plane.at(x, 0), plane.at(x, plane.error.high)] for x in upright), *sides]


def _draw_funnel_lines(sheet: Sheet, plot: FunnelPlot, plane: Plane) -> None:
    looks = [(style.HAIR, "solid"), (style.OVERALL, "dotted"), (style.OVERALL, "dashed"), (style.OVERALL, "dashed")]
    for line, (colour, dash) in zip(_lines(plot, plane), looks, strict=False):
        sheet.line(*line, width=style.LINE, colour=colour, dash=dash)


def _draw_error_axis(sheet: Sheet, plot: FunnelPlot, plane: Plane) -> None:
    x, axis = plane.effect.left, plane.error
    sheet.line((x, axis.left), (x, axis.right), width=style.THIN)
    for tick in axis.ticks:
        y = axis.at(tick.value)
        sheet.line((x - 3, y), (x, y), width=style.THIN)
        sheet.text(x - 5, y + style.CAP * style.SMALL, tick.label, size=style.SMALL, align="right")
    title = f"Standard error of {'log ' if plot.log else ''}{plot.measure}"
    middle = (axis.left + axis.right) / 2
    looks = {"size": style.SMALL, "colour": style.QUIET, "align": "center", "turned": True}
    sheet.text(style.MARGIN + style.SMALL, middle, title, **looks)


# --- studies and their names


def _draw_studies(sheet: Sheet, plot: FunnelPlot, plane: Plane) -> None:
    radius = 2.4 if len(plot.studies) > MANY else 3.0
    discs = [plane.at(y, se) for y, se, _ in plot.studies]
    for x, y in discs:
        sheet.disc(x, y, radius, fill=style.STUDY, edge=style.PAPER, width=style.THIN)
    taken = [(x - radius, y - radius, x + radius, y + radius) for x, y in discs]
    taken += [box for line in _lines(plot, plane) for box in _boxes_along(*line)]
    for (effect, se, label), (x, y) in zip(plot.studies, discs, strict=True):
        if len(discs) <= FEW or abs(effect - plot.centre) > _z(plot) * se:
            _draw_name(sheet, label, x, y, plane, taken)


def _draw_name(sheet: Sheet, label: str, x: float, y: float, plane: Plane, taken: list[Box]) -> None:
    """The name in the first place beside its disc that is free; a name without such a place is left out."""
    width = text_width(label, style.SMALL)
    for left, baseline in _places(x, y, width):
        box = (left - 1.5, baseline - style.SMALL, left + width + 1.5, baseline + 0.3 * style.SMALL)
        if _inside(box, plane) and not any(_overlap(box, other) for other in taken):
            sheet.text(left, baseline, label, size=style.SMALL, colour=style.QUIET)
            taken.append(box)
            return


def _places(x: float, y: float, width: float) -> Iterator[tuple[float, float]]:
    """Where a name may start: beside its disc, then above and below, then slantwise, then a little further off."""
    middle, above, below = y + style.CAP * style.SMALL, y - 5.5, y + 5.5 + 2 * style.CAP * style.SMALL
    right, centred, left = x + 5.5, x - width / 2, x - 5.5 - width
    yield from [(right, middle), (left, middle), (centred, above), (centred, below)]
    for baseline in (above, below):
        yield from [(x - width * share, baseline) for share in (0.2, 0.8, 0.0, 1.0)]
    yield from [(side, baseline) for side in (right, left) for baseline in (above, below)]


def _boxes_along(start: tuple[float, float], end: tuple[float, float]) -> Iterator[Box]:
    """Small boxes that cover a line, so that names keep off it."""
    steps = max(1, math.ceil(math.dist(start, end) / 2))
    for i in range(steps + 1):
        x, y = (a + (b - a) * i / steps for a, b in zip(start, end, strict=True))
        yield x - 0.5, y - 0.5, x + 0.5, y + 0.5


def _inside(box: Box, plane: Plane) -> bool:
    left, top, right, bottom = box
    across = plane.effect.left < left and right < plane.effect.right
    return across and plane.error.left < top and bottom < plane.error.right


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# --- legend


def _draw_legend(sheet: Sheet, plot: FunnelPlot, plane: Plane, y: float) -> float:
    """What lines and shades mean: a row for each."""
    for row in _legend(plot, plane):
        x = plane.effect.left
        for kind, text in row:
            _draw_key(sheet, kind, x, y + style.SMALL / 2)
            baseline = y + style.SMALL / 2 + style.CAP * style.SMALL
            sheet.text(x + KEY + 4, baseline, text, size=style.SMALL, colour=style.QUIET)
            x += KEY + 4 + text_width(text, style.SMALL) + style.GAP
        y += style.SMALL * 1.7
    return y


def _legend(plot: FunnelPlot, plane: Plane) -> Iterator[list[tuple[str, str]]]:
    if plane.effect.holds(plot.centre):
        pooled = f"Pooled effect, {number_text(plot.centre, log=plot.log)}"
        yield [("dotted", pooled), ("dashed", f"Pseudo {level_text(plot.level)} confidence limits")]
    if plot.contours:
        yield [(shade, text) for (_, text), shade in zip(reversed(CONTOURS), style.CONTOURS, strict=True)]


def _draw_key(sheet: Sheet, kind: str, x: float, y: float) -> None:
    if kind in ("dotted", "dashed"):
        sheet.line((x, y), (x + KEY, y), width=style.LINE, colour=style.OVERALL, dash=kind)
    else:
        sheet.box(x, y - 3.2, x + KEY, y + 3.2, fill=kind, edge=style.HAIR, width=style.THIN)
