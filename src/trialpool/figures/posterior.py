"""Posterior densities: what is believed of the effect and of the heterogeneity, before and after the studies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.axis import Axis, draw_axis
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import wrap
from trialpool.figures.numerals import level_text, number_text, range_text
from trialpool.figures.plane import Plane, draw_band, draw_runs, draw_title, effects_axis, number_axis, placed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WIDTH, HEIGHT = 440.0, 150.0
BETWEEN = 26.0
A_ROW = 2
SEEN = 0.002  # a density of less than this share of its peak does not decide the range shown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PosteriorDensity:
    """The density of one parameter.

    grid, density       : (m,) ascending values, on the analysis scale, and density there, up to a factor
    prior               : (m,) prior density in the same units; None for none
    estimate, low, high : median or mean, and the limits of the credible interval; nan where there is none
    log                 : values are logarithms, and shown as ratios
    positive            : the parameter is not negative, as a standard deviation; its axis begins at 0
    """

    name: str
    grid: Floats
    density: Floats
    prior: Floats | None = None
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    log: bool = False
    positive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorPlot:
    """What a plot of posterior densities shows, two beside each other."""

    densities: tuple[PosteriorDensity, ...]
    level: float = 0.95
    title: str = ""


def draw_posterior(plot: PosteriorPlot) -> Figure:
    """Draw the plot; its height grows with the parameters."""
    sheet = Sheet()
    y = draw_title(sheet, plot.title, width=WIDTH)
    width = (WIDTH - 2 * style.MARGIN - 14 - BETWEEN) / A_ROW
    for i in range(0, len(plot.densities), A_ROW):
        lefts = [style.MARGIN + 7 + j * (width + BETWEEN) for j in range(A_ROW)]
        row = list(zip(plot.densities[i : i + A_ROW], lefts, strict=False))
        tops = [_draw_head(sheet, density, plot.level, left, width, y) for density, left in row]
        y = max(_draw_density(sheet, density, left, width, max(tops)) for density, left in row) + 12
    y = draw_legend(sheet, _keys(plot), style.MARGIN + 7, WIDTH - style.MARGIN, y)
    return sheet.figure(title=plot.title, description=describe_posterior(plot), width=WIDTH, height=math.ceil(y + style.MARGIN))


def _draw_head(sheet: Sheet, density: PosteriorDensity, level: float, left: float, width: float, y: float) -> float:
    """The name of the parameter, and under it the estimate and its interval."""
    for line in wrap(density.name, width, style.TEXT, bold=True):
        sheet.text(left, y + style.TEXT, line, bold=True)
        y += style.TEXT * style.LEADING
    sheet.text(left, y + style.SMALL, _in_words(density, level), size=style.SMALL, colour=style.QUIET)
    return y + style.SMALL * style.LEADING + 6


def _in_words(density: PosteriorDensity, level: float) -> str:
    if not math.isfinite(density.estimate):
        return ""
    decimals = 3 if max(abs(x) for x in (density.estimate, density.low, density.high) if math.isfinite(x)) < 1 else 2
    limits = range_text(density.low, density.high, log=density.log, decimals=decimals)
    estimate = number_text(density.estimate, log=density.log, decimals=decimals)
    return f"{estimate} ({level_text(level)} CrI {limits})" if math.isfinite(density.low + density.high) else estimate


def _draw_density(sheet: Sheet, density: PosteriorDensity, left: float, width: float, top: float) -> float:
    grid, height = np.asarray(density.grid, float), np.asarray(density.density, float)
    height = np.where(np.isfinite(height), height, np.nan)
    peak = float(np.nanmax(height)) if np.isfinite(height).any() else 0.0
    plane = Plane(
        x=placed(_axis(density, peak, width), left, left + width),
        y=Axis(low=0, high=1.06 * peak if peak > 0 else 1.0, ticks=(), left=top + HEIGHT, right=top),
    )
    inside, rim = _inside(density, grid, height)
    draw_band(sheet, plane, inside, 0 * inside, rim, style.REFERENCE)
    if not density.positive:
        sheet.line((plane.x.at(0), top), (plane.x.at(0), top + HEIGHT), colour=style.HAIR)
    if plane.x.holds(density.estimate):
        rise = float(np.interp(density.estimate, grid, np.nan_to_num(height)))
        draw_runs(sheet, plane, [density.estimate] * 2, [0, rise], colour=style.OVERALL)
    if density.prior is not None:
        draw_runs(sheet, plane, grid, density.prior, colour=style.QUIET, dash="dashed")
    draw_runs(sheet, plane, grid, height, colour=style.OVERALL, width=style.HEAVY)
    return draw_axis(sheet, plane.x, top + HEIGHT)


def _axis(density: PosteriorDensity, peak: float, room: float) -> Axis:
    """Where the density can be seen, and the interval."""
    seen = np.asarray(density.grid, float)[np.nan_to_num(density.density, posinf=0) > SEEN * peak] if peak > 0 else np.array([])
    values = [x for x in (*seen.tolist(), density.low, density.high, density.estimate) if math.isfinite(x)]
    if density.positive:
        return number_axis([max(values, default=1.0)], room=room, low=0.0, pad=0.02)
    return effects_axis(values, log=density.log, room=room)


def _inside(density: PosteriorDensity, grid: Floats, height: Floats) -> tuple[Floats, Floats]:
    """The part of the curve between the limits, ends included."""
    if not len(grid) or not math.isfinite(density.low + density.high):
        return np.array([]), np.array([])
    ends = np.array([density.low, density.high])
    xs = np.unique(np.concatenate([ends, grid[(grid > density.low) & (grid < density.high)]]))
    return xs, np.interp(xs, grid, np.nan_to_num(height))


def _keys(plot: PosteriorPlot) -> list[Key]:
    keys = [
        Key(text="Posterior", width=style.HEAVY),
        Key(text=f"{level_text(plot.level)} credible interval", sample="shade", colour=style.REFERENCE),
    ]
    if any(density.prior is not None for density in plot.densities):
        keys.append(Key(text="Prior", colour=style.QUIET, dash="dashed"))
    return [*keys, Key(text="No effect", colour=style.HAIR)] if any(not d.positive for d in plot.densities) else keys


def describe_posterior(plot: PosteriorPlot) -> str:
    """The plot in words."""
    parts = [f"{density.name}: {_in_words(density, plot.level) or 'not summarised'}" for density in plot.densities]
    return f"Posterior densities. {'; '.join(parts)}." if parts else "Posterior densities of nothing."
