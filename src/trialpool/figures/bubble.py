"""Bubble plots: effects against a moderator, with what a meta-regression expects of a study."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.axis import Axis, Tick
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.forest import axis_title
from trialpool.figures.legend import Key, draw_legend
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
    effects_axis,
    largest_radius,
    number_axis,
    placed,
    present,
    radii,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEW = 10  # so many studies are all named; of more, those that the line fits worst for their weight
NAMED = 6
BEYOND = 0.35  # a band may make the plot taller by this share at either end; the rest of it is cut
FEW_VALUES = 4  # of a moderator: each gets its tick


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BubblePlot:
    """What a bubble plot shows.

    x, yi                           : (k,) moderator and effect on the analysis scale; a study with nan or inf in either is left out
    weights                         : (k,) areas of the discs stand for them
    line_x, line, low, high         : (m,) values of the moderator in ascending order, expected effect and its confidence limits
    prediction_low, prediction_high : (m,) limits of the effect of a new study; None for none
    x_name                          : what the moderator is
    adjusted                        : what else is in the model, in words
    """

    x: Floats
    yi: Floats
    weights: Floats
    labels: tuple[str, ...]
    x_name: str
    line_x: Floats
    line: Floats
    low: Floats
    high: Floats
    prediction_low: Floats | None = None
    prediction_high: Floats | None = None
    measure: str
    measure_name: str
    log: bool
    level: float = 0.95
    title: str = ""
    adjusted: str = ""

    @property
    def shown(self) -> list[int]:
        return [i for i in present(self.x, self.yi, self.weights) if self.weights[i] > 0]


def draw_bubble(plot: BubblePlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = draw_title(sheet, plot.title)
    shown = plot.shown
    y_title = axis_title(plot.measure_name or plot.measure, log=plot.log)
    upright = placed(_effects_axis(plot), top + HEIGHT, top)
    left, right = across(upright, y_title)
    plane = Plane(x=placed(_moderator_axis(plot, right - left), left, right), y=upright)
    draw_band(sheet, plane, plot.line_x, plot.low, plot.high, style.REFERENCE)
    lines = draw_runs(sheet, plane, [plane.x.low, plane.x.high], [0, 0], colour=style.HAIR)
    for limits in (plot.prediction_low, plot.prediction_high):
        if limits is not None:
            lines += draw_runs(sheet, plane, plot.line_x, limits, colour=style.PREDICTION, dash="dotted", width=1.1)
    lines += draw_runs(sheet, plane, plot.line_x, plot.line, colour=style.OVERALL, width=style.HEAVY)
    sizes = radii(np.asarray(plot.weights, float)[shown], largest=largest_radius(len(shown)))
    discs = {i: (*plane.at(plot.x[i], plot.yi[i]), float(r)) for i, r in zip(shown, sizes, strict=True)}
    draw_discs(sheet, list(discs.values()))
    y = draw_frame(sheet, plane, plot.x_name, y_title)
    named = [(plot.labels[i], discs[i]) for i in _named(plot)]
    draw_names(sheet, named, within=plane.box, discs=list(discs.values()), lines=lines)
    y = draw_legend(sheet, _keys(plot), left, WIDTH - style.MARGIN, y + 8)
    return sheet.figure(title=plot.title, description=describe_bubble(plot), width=WIDTH, height=math.ceil(y + style.MARGIN))


def _effects_axis(plot: BubblePlot) -> Axis:
    """Effects and line are on it; limits only as far as they leave the effects room."""
    effects = [float(y) for y in (*np.asarray(plot.yi)[plot.shown], *plot.line) if math.isfinite(y)] or [0.0]
    margin = BEYOND * ((max(effects) - min(effects)) or 1.0)
    limits = [plot.low, plot.high, *(x for x in (plot.prediction_low, plot.prediction_high) if x is not None)]
    found = np.concatenate([np.asarray(x, float).ravel() for x in limits])
    found = np.clip(found[np.isfinite(found)], min(effects) - margin, max(effects) + margin)
    return effects_axis([*effects, *found.tolist()], log=plot.log, room=HEIGHT)


def _moderator_axis(plot: BubblePlot, room: float) -> Axis:
    values = [float(plot.x[i]) for i in plot.shown]
    axis = number_axis([*values, *plot.line_x], room=room)
    distinct = sorted(set(values))
    if not 1 < len(distinct) <= FEW_VALUES or min(np.diff(distinct)) < 0.15 * (distinct[-1] - distinct[0]):
        return axis
    span = distinct[-1] - distinct[0]
    ticks = tuple(Tick(value=value, label=f"{value:g}") for value in distinct)
    return replace(axis, low=distinct[0] - 0.15 * span, high=distinct[-1] + 0.15 * span, ticks=ticks)


def _named(plot: BubblePlot) -> list[int]:
    shown = plot.shown
    if not len(plot.line_x):
        return shown if len(shown) <= FEW else []
    misfit = np.abs(plot.yi - np.interp(plot.x, plot.line_x, plot.line)) * np.sqrt(plot.weights)
    ranked = sorted(shown, key=lambda i: -float(np.nan_to_num(misfit[i])))
    return ranked if len(shown) <= FEW else ranked[:NAMED]


def _keys(plot: BubblePlot) -> list[Key]:
    level = level_text(plot.level)
    keys = []
    if len(plot.line_x):
        keys += [
            Key(text=f"Expected effect{', ' + plot.adjusted if plot.adjusted else ''}", width=style.HEAVY),
            Key(text=f"{level} confidence band", sample="shade", colour=style.REFERENCE),
        ]
    if plot.prediction_low is not None:
        keys.append(Key(text=f"{level} prediction limits", colour=style.PREDICTION, dash="dotted", width=1.1))
    return [*keys, Key(text="No effect", colour=style.HAIR), Key(text="Area of a disc: weight", sample="disc", colour=style.STUDY)]


def describe_bubble(plot: BubblePlot) -> str:
    """The plot in words."""
    k = len(plot.shown)
    name = plot.measure_name or plot.measure
    words = f"Bubble plot of {k} {'study' if k == 1 else 'studies'}: {name} against {plot.x_name}."
    if len(plot.line_x) and np.isfinite(plot.line[[0, -1]]).all():
        ends = [number_text(float(plot.line[i]), log=plot.log) for i in (0, -1)]
        words += f" The fitted line goes from {ends[0]} at {plot.line_x[0]:g} to {ends[1]} at {plot.line_x[-1]:g}."
    return words
