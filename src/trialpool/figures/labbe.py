"""L'Abbe plots: the risk under treatment against the risk under control, so that one sees on what an effect depends.

L'Abbe, Detsky & O'Rourke (1987), Ann Intern Med 107:224-233.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.names import draw_names
from trialpool.figures.numerals import number_text
from trialpool.figures.plane import (
    Plane,
    across,
    draw_discs,
    draw_frame,
    draw_runs,
    draw_title,
    largest_radius,
    number_axis,
    placed,
    present,
    radii,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from trialpool.figures.axis import Axis

    Floats = NDArray[np.float64]

ROOM = 260.0  # for the labels of an axis
WIDTH = 340.0
FEW = 10  # so many studies are all named; of more, those furthest from the pooled effect
NAMED = 6


def _risk_ratio(risk: Floats, mu: float) -> Floats:
    return risk * math.exp(min(mu, 700.0))


def _odds_ratio(risk: Floats, mu: float) -> Floats:
    odds = risk / np.where(risk < 1, 1 - risk, np.nan) * math.exp(min(mu, 700.0))
    return np.where(risk < 1, odds / (1 + odds), 1.0)


def _risk_difference(risk: Floats, mu: float) -> Floats:
    return risk + mu


RISK_TREATED: dict[str, Callable[[Floats, float], Floats]] = {
    "RR": _risk_ratio,
    "OR": _odds_ratio,
    "PETO": _odds_ratio,
    "RD": _risk_difference,
}  # from the control risk, by an effect on the analysis scale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabbePlot:
    """What a L'Abbe plot shows.

    events_t, n_t, events_c, n_c : (k,) events and patients by arm; a study with nan among them is left out
    labels                       : k names of studies
    mu                           : pooled effect on the analysis scale, drawn as a line if the measure is one of RISK_TREATED
    weights                      : (k,) areas of the discs stand for them; None for the number of patients
    """

    events_t: Floats
    n_t: Floats
    events_c: Floats
    n_c: Floats
    labels: tuple[str, ...]
    measure: str = ""
    measure_name: str = ""
    mu: float = math.nan
    weights: Floats | None = None
    title: str = ""
    treatment: str = "treatment"
    control: str = "control"

    @property
    def risks(self) -> tuple[Floats, Floats]:
        """(k,) risks of control and treatment in percent; nan where there is none."""
        arms = ((self.events_c, self.n_c), (self.events_t, self.n_t))
        control, treated = (100 * np.asarray(x, float) / np.where(np.asarray(n) > 0, n, np.nan) for x, n in arms)
        return control, treated

    @property
    def line(self) -> tuple[Floats, Floats] | None:
        """Control risk, and the risk under treatment that the pooled effect expects, in percent."""
        if self.measure not in RISK_TREATED or not math.isfinite(self.mu):
            return None
        risk = np.linspace(0, 1, 201)
        treated = RISK_TREATED[self.measure](risk, self.mu)
        return 100 * risk, 100 * np.where((treated >= 0) & (treated <= 1), treated, np.nan)


def draw_labbe(plot: LabbePlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = draw_title(sheet, plot.title, width=WIDTH)
    control, treated = plot.risks
    shown = list(present(control, treated))
    y_title = f"Risk with {plot.treatment} (%)"
    axis = _risk_axis([*control[shown], *treated[shown]])
    left, right = across(axis, y_title, width=WIDTH)
    plane = Plane(x=placed(axis, left, right), y=placed(axis, top + right - left, top))
    lines = draw_runs(sheet, plane, [0, 100], [0, 100], colour=style.HAIR)
    if plot.line:
        lines += draw_runs(sheet, plane, *plot.line, colour=style.OVERALL, dash="dashed", width=1.1)
    weights = np.asarray(plot.n_t, float) + plot.n_c if plot.weights is None else np.asarray(plot.weights, float)
    sizes = radii(weights, largest=largest_radius(len(shown)))
    discs = {i: (*plane.at(control[i], treated[i]), float(sizes[i])) for i in shown}
    draw_discs(sheet, list(discs.values()))
    y = draw_frame(sheet, plane, f"Risk with {plot.control} (%)", y_title)
    named = [(plot.labels[i], discs[i]) for i in _named(plot, shown)]
    draw_names(sheet, named, within=plane.box, discs=list(discs.values()), lines=lines)
    y = draw_legend(sheet, _keys(plot), left, WIDTH - style.MARGIN, y + 8)
    return sheet.figure(title=plot.title, description=describe_labbe(plot), width=WIDTH, height=math.ceil(y + style.MARGIN))


def _risk_axis(risks: Sequence[float]) -> Axis:
    """From a little below 0, so that a disc at 0 is off the axes, to the largest risk; percent."""
    axis = number_axis(risks, room=ROOM, low=0.0)
    axis = number_axis([0.0, 100.0], room=ROOM, low=0.0, pad=0.0) if axis.high > 90 or not risks else axis
    margin = 0.04 * axis.high
    return replace(axis, low=-margin, high=axis.high + margin * (axis.high == 100))


def _named(plot: LabbePlot, shown: list[int]) -> list[int]:
    """All of few studies; of many, those whose risks lie furthest off what the pooled effect, or no effect, expects."""
    control, treated = plot.risks
    line = plot.line
    expected = control if line is None else np.interp(control, *line)
    ranked = sorted(shown, key=lambda i: -abs(float(np.nan_to_num(treated[i] - expected[i]))))
    return ranked if len(shown) <= FEW else ranked[:NAMED]


def _keys(plot: LabbePlot) -> list[Key]:
    keys = [Key(text="No effect", colour=style.HAIR)]
    if plot.line:
        log = plot.measure != "RD"
        name = plot.measure_name.lower() or plot.measure
        words = f"Pooled {name}, {number_text(plot.mu, log=log)}"
        keys.append(Key(text=words, dash="dashed", width=1.1))
    area = "patients" if plot.weights is None else "weight"
    return [*keys, Key(text=f"Area of a disc: {area}", sample="disc", colour=style.STUDY)]


def describe_labbe(plot: LabbePlot) -> str:
    """The plot in words."""
    control, treated = plot.risks
    shown = list(present(control, treated))
    lower, higher = (int((sign * (treated[shown] - control[shown]) > 0).sum()) for sign in (-1, 1))
    k = f"{len(shown)} {'study' if len(shown) == 1 else 'studies'}"
    arms = f"risk with {plot.treatment} against risk with {plot.control}"
    words = f"L'Abbé plot of {k}: {arms}; lower in {lower}, higher in {higher}."
    if shown:
        words += f" Risks with {plot.control} range from {control[shown].min():.1f}% to {control[shown].max():.1f}%."
    return words
