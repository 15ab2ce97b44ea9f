"""Radial plots: standardised effects against precision, so that a study's effect is the slope of the ray through it.

Galbraith (1988), Technometrics 30:271-281; (1994), JASA 89:1232-1242.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from trialpool.figures import style
from trialpool.figures.axis import Tick, difference_ticks, ratio_ticks
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import text_width, wrap
from trialpool.figures.names import draw_names
from trialpool.figures.numerals import level_text, number_text
from trialpool.figures.plane import (
    HEIGHT,
    WIDTH,
    Plane,
    across,
    draw_band,
    draw_discs,
    draw_frame,
    draw_runs,
    draw_title,
    number_axis,
    placed,
    present,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from trialpool.figures.marks import Point

    Floats = NDArray[np.float64]

FEW = 10  # so many studies are all named; of more, those outside the band
SMALL, LARGE, MANY = 2.4, 3.0, 30
ARC_ROOM = 44.0  # right of the arc, for its labels and its title
OFF = 8.0  # from the outermost disc to the arc
BETWEEN = 9.5  # from label to label on the arc


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RadialPlot:
    """What a radial plot shows.

    yi, vi : (k,) effects on the analysis scale and their variances; an infinite variance is an absent study
    tau2   : between-study variance that is added to vi; 0 for the plot of a common-effect model
    mu     : pooled effect: the slope of the line
    level  : confidence level of the band about the line
    """

    yi: Floats
    vi: Floats
    labels: tuple[str, ...]
    mu: float
    tau2: float = 0.0
    measure: str
    measure_name: str
    log: bool
    title: str = ""
    level: float = 0.95

    @property
    def points(self) -> list[tuple[float, float, str]]:
        """1 / sqrt(vi + tau2), yi / sqrt(vi + tau2) and label of each study that can be shown."""
        tau2 = self.tau2 if math.isfinite(self.tau2) else 0.0
        precision = 1 / np.sqrt(np.asarray(self.vi, float) + tau2)
        shown = [i for i in present(precision, self.yi) if precision[i] > 0]
        return [(float(precision[i]), float(self.yi[i] * precision[i]), self.labels[i]) for i in shown]

    @property
    def z(self) -> float:
        return float(ndtri((1 + self.level) / 2))

    @property
    def outside(self) -> list[int]:
        """Which of the points lie outside the band."""
        return [i for i, (x, y, _) in enumerate(self.points) if abs(y - self.mu * x) > self.z]


def draw_radial(plot: RadialPlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = draw_title(sheet, plot.title)
    plane, reach = _plane(plot, top)
    slope = np.linspace(0.0, plane.x.high, 201)
    draw_band(sheet, plane, slope, plot.mu * slope - plot.z, plot.mu * slope + plot.z, style.REFERENCE)
    lines = draw_runs(sheet, plane, slope, 0 * slope, colour=style.HAIR)
    to_arc = slope * _share_to_arc(plot, plane, reach)
    lines += draw_runs(sheet, plane, to_arc, plot.mu * to_arc, colour=style.OVERALL, width=1.1)
    radius = SMALL if len(plot.points) > MANY else LARGE
    discs = [(*plane.at(x, y), radius) for x, y, _ in plot.points]
    lines.append(_draw_arc(sheet, plot, plane, reach))
    draw_discs(sheet, discs)
    y = draw_frame(sheet, plane, _precision_title(plot), _effect_title(plot))
    named = range(len(discs)) if len(discs) <= FEW else plot.outside
    names = [(plot.points[i][2], discs[i]) for i in named]
    draw_names(sheet, names, within=plane.box, discs=discs, lines=lines)
    y = draw_legend(sheet, _keys(plot), plane.x.left, WIDTH - style.MARGIN, y + 8)
    return sheet.figure(title=plot.title, description=describe_radial(plot), width=WIDTH, height=math.ceil(y + style.MARGIN))


def _precision_title(plot: RadialPlot) -> str:
    return "Precision, 1 / √(variance + τ²)" if plot.tau2 > 0 else "Precision, 1 / standard error"


def _effect_title(plot: RadialPlot) -> str:
    return f"Standardised {'log ' if plot.log else ''}{plot.measure or 'effect'}"


def _plane(plot: RadialPlot, top: float) -> tuple[Plane, float]:
    """The plane, and how far from its origin the arc is: all discs are within it."""
    line = plot.mu * max((x for x, _, _ in plot.points), default=0.0)
    heights = [0.0, line, *(s * max(plot.z, 2.5) for s in (-1, 1)), *(y for _, y, _ in plot.points)]
    upright = placed(number_axis(heights, room=HEIGHT), top + HEIGHT, top)
    left, right = across(upright, _effect_title(plot), width=WIDTH - ARC_ROOM)
    reach, origin = right - left, upright.at(0)
    furthest = max((x / math.sqrt((reach - OFF) ** 2 - (upright.at(y) - origin) ** 2) for x, y, _ in plot.points), default=0.0)
    level = number_axis([furthest * reach or 1.0], room=reach, low=0.0, pad=0.0)
    high = furthest * reach or level.high
    ticks = tuple(tick for tick in level.ticks if tick.value <= high * 0.98)
    return Plane(x=replace(level, high=high, ticks=ticks, left=left, right=right), y=upright), reach


def _share_to_arc(plot: RadialPlot, plane: Plane, reach: float) -> float:
    """How much of the way to the end of the precisions a ray at the pooled effect goes until it meets the arc."""
    per_y = (plane.y.left - plane.y.right) / (plane.y.high - plane.y.low)
    return reach / math.hypot(reach, plot.mu * plane.x.high * per_y)


def _draw_arc(sheet: Sheet, plot: RadialPlot, plane: Plane, reach: float) -> tuple[Point, ...]:
    """Effects on an arc about the origin: as far as those of the studies go, and the plane is high."""
    per_x, per_y = reach / plane.x.high, (plane.y.left - plane.y.right) / (plane.y.high - plane.y.low)
    origin = plane.at(0, 0)

    def on_arc(effect: float, off: float = 0.0) -> Point:
        angle = math.atan2(effect * per_y, per_x)
        return origin[0] + (reach + off) * math.cos(angle), origin[1] - (reach + off) * math.sin(angle)

    up, down = ((abs(origin[1] - end)) / reach for end in (plane.y.right, plane.y.left))
    steepest = [math.tan(math.asin(min(0.99, share))) * per_x / per_y for share in (down, up)]
    effects = [y / x for x, y, _ in plot.points] + [0.0] + [plot.mu] * math.isfinite(plot.mu)
    low, high = max(min(effects), -steepest[0]), min(max(effects), steepest[1])
    low, high = (low, high) if high > low else (-steepest[0] / 4, steepest[1] / 4)
    arc = tuple(on_arc(low + (high - low) * i / 60) for i in range(61))
    sheet.line(*arc, width=style.THIN)
    ticks = (ratio_ticks if plot.log else difference_ticks)(low, high, room=abs(arc[-1][1] - arc[0][1]))
    widest = 0.0
    for tick in (tick for tick in _apart(ticks, on_arc) if on_arc(tick.value, 6)[1] < plane.y.left - 5):
        sheet.line(on_arc(tick.value), on_arc(tick.value, 3), width=style.THIN)
        x, y = on_arc(tick.value, 6)
        sheet.text(x, y + style.CAP * style.SMALL, tick.label, size=style.SMALL)
        widest = max(widest, text_width(tick.label, style.SMALL))
    x, middle = plane.x.left + reach + 6 + widest + 4 + style.SMALL, (plane.y.left + plane.y.right) / 2
    title = wrap(plot.measure_name or plot.measure, HEIGHT, style.SMALL)[:1]
    sheet.block(x, middle, title, size=style.SMALL, colour=style.QUIET, align="center", turned=True)
    return arc


def _apart(ticks: tuple[Tick, ...], on_arc: Callable[[float, float], Point]) -> list[Tick]:
    """The null first, then those that are far enough from all before."""
    kept: list[Tick] = []
    for tick in sorted(ticks, key=lambda tick: abs(tick.value)):
        if all(abs(on_arc(tick.value, 6)[1] - on_arc(other.value, 6)[1]) > BETWEEN for other in kept):
            kept.append(tick)
    return kept


def _keys(plot: RadialPlot) -> list[Key]:
    return [
        Key(text=f"Pooled effect, {number_text(plot.mu, log=plot.log)}", width=1.1),
        Key(text=f"Where {level_text(plot.level)} of studies are expected", sample="shade", colour=style.REFERENCE),
        Key(text="No effect", colour=style.HAIR),
    ]


def describe_radial(plot: RadialPlot) -> str:
    """The plot in words."""
    k, outside = len(plot.points), len(plot.outside)
    return (
        f"Radial plot of {k} {'study' if k == 1 else 'studies'}: standardised {plot.measure_name or plot.measure} against "
        f"precision, about {number_text(plot.mu, log=plot.log)}; {outside} outside the {level_text(plot.level)} band."
    )
