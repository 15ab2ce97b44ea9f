"""Recall curves: how many of the relevant records are found by when, in simulated screenings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.axis import Axis, Tick
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.plane import HEIGHT, RIGHT, WIDTH, Plane, across, draw_frame, draw_runs, draw_title, number_axis, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialpool.screening.ranking.simulation import SimulatedScreening

SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
PALE = "#a9c4dd"  # simulations but the middle one


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMark:
    """Where a rule would have stopped: records screened, recall then, and what the rule is called."""

    name: str
    screened: int
    recall: float


def recall_curve(
    runs: Sequence[SimulatedScreening],
    *,
    at_least: Sequence[tuple[int, float]] = (),
    stops: Sequence[StopMark] = (),
    title: str = "",
) -> Figure:
    """Recall over records screened: a line a simulation, the one of middle loss dark, beside chance and the best order.

    Parameters
    ----------
    runs : of `simulate_screening`
    at_least : in the simulation of middle loss, after so many records the lower limit of recall that `stopping_advice` gives
    stops : where rules of stopping would have stopped in the simulation of middle loss
    title : heading

    >>> from trialpool.screening.ranking.simulation import SimulatedScreening
    >>> run = SimulatedScreening(1, ("a#1", "a#2"), ("a#3", "a#4", "a#5"), (True, False, False))
    >>> recall_curve([run]).description
    'Recall over records screened in 1 simulation; 95% of the relevant records are found after 1 of 3 records.'
    """
    middle = middle_run(runs)
    n, found = len(middle.order), sum(middle.relevant)
    sheet = Sheet()
    top = draw_title(sheet, title)
    upright = Axis(low=0, high=1, ticks=tuple(Tick(value=s, label=f"{s:.0%}") for s in SHARES), left=top + HEIGHT, right=top)
    left, right = across(upright, "Recall")
    plane = Plane(x=placed(number_axis([0, n], room=right - left, pad=0, low=0), left, right), y=upright)
    draw_runs(sheet, plane, [0, n], [0.95, 0.95], colour=style.HAIR, dash="dotted")
    draw_runs(sheet, plane, [0, n], [0, 1], colour=style.HAIR, dash="dashed")
    draw_runs(sheet, plane, [0, found, n], [0, 1, 1], colour=style.HAIR)
    for run in [*(run for run in runs if run is not middle), middle]:
        colour, thick = (style.OVERALL, style.HEAVY) if run is middle else (PALE, style.LINE)
        draw_runs(sheet, plane, *_steps(run), colour=colour, width=thick)
    if at_least:
        draw_runs(sheet, plane, *zip(*at_least, strict=True), colour=style.PREDICTION, dash="dashed", width=style.LINE)
    for stop in stops:
        sheet.disc(*plane.at(stop.screened, stop.recall), 3.2, fill=style.PREDICTION, edge=style.PAPER, width=style.THIN)
    y = draw_frame(sheet, plane, "Records screened", "Recall")
    y = draw_legend(sheet, _keys(len(runs), stops, bounded=bool(at_least)), left, WIDTH - RIGHT, y + 8)
    return sheet.figure(title=title, description=_described(runs, stops), width=WIDTH, height=math.ceil(y + style.MARGIN))


def middle_run(runs: Sequence[SimulatedScreening]) -> SimulatedScreening:
    """The simulation of median loss (of two in the middle the better one)."""
    ranked = sorted(runs, key=lambda run: (run.metrics["Loss"], run.seed))
    return ranked[(len(ranked) - 1) // 2]


def _steps(run: SimulatedScreening) -> tuple[list[float], list[float]]:
    """Corners of the curve; it rises where a relevant record is shown."""
    places = np.flatnonzero(run.relevant) + 1
    recall = np.arange(places.size + 1) / places.size
    xs, ys = [0.0], [0.0]
    for place, before, after in zip(places, recall, recall[1:], strict=False):
        xs += [float(place), float(place)]
        ys += [float(before), float(after)]
    return [*xs, float(len(run.order))], [*ys, 1.0]


def _keys(runs: int, stops: Sequence[StopMark], *, bounded: bool) -> list[Key]:
    keys = [Key(text="Simulation" if runs == 1 else "Simulation of median loss", width=style.HEAVY)]
    if runs > 1:
        keys.append(Key(text="Other simulations", colour=PALE))
    if bounded:
        keys.append(Key(text="Recall is at least, 95% confidence", colour=style.PREDICTION, dash="dashed"))
    keys += [
        Key(text="Best possible", colour=style.HAIR),
        Key(text="Chance", colour=style.HAIR, dash="dashed"),
        Key(text="95%", colour=style.HAIR, dash="dotted"),
    ]
    return keys + [
        Key(text=f"{stop.name}: after {stop.screened}, recall {stop.recall:.1%}", sample="disc", colour=style.PREDICTION)
        for stop in stops
    ]


def _described(runs: Sequence[SimulatedScreening], stops: Sequence[StopMark]) -> str:
    middle = middle_run(runs)
    simulations = "1 simulation" if len(runs) == 1 else f"{len(runs)} simulations"
    text = (
        f"Recall over records screened in {simulations}; 95% of the relevant records are found after "
        f"{middle.metrics['n@95']:.0f} of {len(middle.order)} records"
    )
    said = [f"{stop.name} would stop after {stop.screened}, at a recall of {stop.recall:.1%}" for stop in stops]
    return "; ".join([text, *said]) + "."
