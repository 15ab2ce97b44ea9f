"""Drapery plots: the P value of every hypothesis about the effect, for each study, for all, and for a next one.

Rucker & Schwarzer (2021), Res Synth Methods 12:34-40.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, stdtr

from trialpool.figures import style
from trialpool.figures.axis import Axis, Tick, effect_axis
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.forest import axis_title
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import text_width
from trialpool.figures.numerals import level_text, number_text
from trialpool.figures.plane import HEIGHT, WIDTH, Plane, across, draw_band, draw_frame, draw_runs, draw_title, placed, present

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS = 251
TICKS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0)
FEW = 12  # so many studies are named at their peaks
TALLEST_NAME = 85.0
FADED = "#f2e4de"  # what is expected of a next study, where prediction is brick
THREAD = "#8fb0d0"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DraperyPlot:
    """What a drapery plot shows.

    yi, vi                      : (k,) effects on the analysis scale and their variances; an infinite variance is an absent study
    mu, se, df                  : pooled effect, its standard error and degrees of freedom; inf for the normal
    prediction_se, prediction_df : of the effect of a next study about mu; nan for none
    """

    yi: Floats
    vi: Floats
    labels: tuple[str, ...]
    mu: float
    se: float
    df: float = math.inf
    prediction_se: float = math.nan
    prediction_df: float = math.inf
    measure: str
    measure_name: str
    log: bool
    level: float = 0.95
    title: str = ""

    @property
    def shown(self) -> list[int]:
        return list(present(self.yi, self.vi))


def p_values(effects: Floats, centre: float, se: float, df: float = math.inf) -> Floats:
    """Two-sided P of each effect, had it been the truth.

    >>> p_values(np.array([0.0, 1.96]), 0.0, 1.0).round(3)
    array([1.  , 0.05])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        far = -np.abs((effects - centre) / se)
    far = np.where(np.isnan(far), 0.0, far)
    tail: Floats = ndtr(far) if math.isinf(df) else stdtr(df, far)
    return 2 * tail


def draw_drapery(plot: DraperyPlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    shown = plot.shown
    named = shown if len(shown) <= FEW else []
    named = [i for i in named if text_width(plot.labels[i], style.SMALL) <= TALLEST_NAME]
    room = max((text_width(plot.labels[i], style.SMALL) for i in named), default=0.0)
    top = draw_title(sheet, plot.title) + room + 4 * bool(named)
    ticks = tuple(Tick(value=p, label=f"{p:g}") for p in TICKS)
    upright = Axis(low=0, high=1, ticks=ticks, left=top + HEIGHT, right=top)
    left, right = across(upright, "P value")
    plane = Plane(x=placed(_axis(plot, right - left), left, right), y=upright)
    xs = np.unique(np.concatenate([np.linspace(plane.x.low, plane.x.high, POINTS), np.asarray(plot.yi, float)[shown], [plot.mu]]))
    xs = xs[np.isfinite(xs)]
    if math.isfinite(plot.prediction_se):
        expected = p_values(xs, plot.mu, plot.prediction_se, plot.prediction_df)
        draw_band(sheet, plane, xs, 0 * xs, expected, FADED)
    sheet.line((plane.x.at(0), top), (plane.x.at(0), top + HEIGHT), colour=style.HAIR)
    sheet.line((left, upright.at(1 - plot.level)), (right, upright.at(1 - plot.level)), colour=style.QUIET, dash="dotted")
    for i in shown:
        curve = p_values(xs, float(plot.yi[i]), math.sqrt(plot.vi[i]))
        draw_runs(sheet, plane, xs, curve, colour=THREAD, width=0.6 if len(shown) > FEW else style.LINE)
    if math.isfinite(plot.prediction_se):
        draw_runs(sheet, plane, xs, expected, colour=style.PREDICTION, width=1.1, dash="dashed")
    if math.isfinite(plot.mu) and math.isfinite(plot.se):
        draw_runs(sheet, plane, xs, p_values(xs, plot.mu, plot.se, plot.df), colour=style.OVERALL, width=1.8)
    _draw_names(sheet, plot, plane, named)
    y = draw_frame(sheet, plane, axis_title(plot.measure_name or plot.measure, log=plot.log), "P value")
    y = draw_legend(sheet, _keys(plot), left, WIDTH - style.MARGIN, y + 8)
    return sheet.figure(title=plot.title, description=describe_drapery(plot), width=WIDTH, height=math.ceil(y + style.MARGIN))


def _axis(plot: DraperyPlot, room: float) -> Axis:
    """As far as the intervals go, but for very long ones."""
    reach = 2.6
    intervals = [(float(plot.yi[i] - reach * plot.vi[i] ** 0.5), float(plot.yi[i] + reach * plot.vi[i] ** 0.5)) for i in plot.shown]
    always = [plot.mu + sign * 2.6 * plot.se for sign in (-1, 1)]
    return effect_axis(intervals, always=always, log=plot.log, left=0, right=room)


def _draw_names(sheet: Sheet, plot: DraperyPlot, plane: Plane, named: list[int]) -> None:
    """Upwards from the peaks, those of the most precise studies first, as far as there is room beside the others."""
    taken: list[float] = []
    for i in sorted(named, key=lambda i: float(plot.vi[i])):
        x = plane.x.at(float(plot.yi[i]))
        if plane.x.holds(plot.yi[i]) and all(abs(x - other) > 1.3 * style.SMALL for other in taken):
            at = x + style.CAP * style.SMALL
            sheet.text(at, plane.y.right - 3, plot.labels[i], size=style.SMALL, colour=style.QUIET, turned=True)
            taken.append(x)


def _keys(plot: DraperyPlot) -> list[Key]:
    keys = [Key(text="Studies", colour=THREAD), Key(text=f"Pooled effect, {number_text(plot.mu, log=plot.log)}", width=1.8)]
    if math.isfinite(plot.prediction_se):
        keys.append(Key(text="A next study", colour=style.PREDICTION, dash="dashed", width=1.1))
    keys.append(Key(text=f"Ends of {level_text(plot.level)} intervals", colour=style.QUIET, dash="dotted"))
    return [*keys, Key(text="No effect", colour=style.HAIR)]


def describe_drapery(plot: DraperyPlot) -> str:
    """The plot in words."""
    k = len(plot.shown)
    return (
        f"Drapery plot of {k} {'study' if k == 1 else 'studies'}: P values of all effects, {plot.measure_name or plot.measure}; "
        f"the pooled curve peaks at {number_text(plot.mu, log=plot.log)}."
    )
