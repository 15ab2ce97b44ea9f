"""Survival curves of reconstructed patients over the points that were read from the published figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.axis import Axis, Tick
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import text_width
from trialpool.figures.marks import Dash
from trialpool.figures.plane import HEIGHT, RIGHT, WIDTH, Plane, across, draw_frame, draw_runs, draw_title, number_axis, placed
from trialpool.stats.survival.life_table import life_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trialpool.stats.survival.reconstruct import Reconstruction

    Floats = NDArray[np.float64]

SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
DOT = 1.1  # radius of a reading
LOOKS: tuple[tuple[str, Dash], ...] = (
    (style.PREDICTION, "solid"),
    (style.OVERALL, "solid"),
    (style.STUDY, "dashed"),
    (style.QUIET, "dotted"),
)
PALE = {style.PREDICTION: "#dfb3a5", style.OVERALL: "#a9b6c9", style.STUDY: "#c3d5e6", style.QUIET: "#c4c4c4"}
ROW = 11.0  # between two arms of the risk table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveLine:
    """One arm: steps of the reconstructed curve, points as read, patients at risk as published and as reconstructed."""

    name: str
    time: Floats
    survival: Floats
    read_time: Floats
    read_survival: Floats
    risk_time: Floats
    published: Floats
    reconstructed: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurvivalPlot:
    """What the figure shows; up to four arms have a look of their own."""

    lines: tuple[CurveLine, ...]
    unit: str = ""
    title: str = ""


def survival_curve(made: Reconstruction, *, title: str = "") -> Figure:
    """Reconstructed curves as lines, the points that were read as dots, and the risk table of the reconstruction below.

    A number at risk that differs from the published one has this behind it in brackets.

    Parameters
    ----------
    made : of `reconstruct`
    title : heading

    >>> from trialpool.stats.survival.published_curve import published_curve
    >>> from trialpool.stats.survival.reconstruct import reconstruct
    >>> curve = published_curve([0, 1.5, 4.0, 7.2], [1, 0.8, 0.6, 0.3], risk_time=[0, 6], at_risk=[5, 2])
    >>> survival_curve(reconstruct({"drug": curve})).description
    'Survival curves of reconstructed patients over 4 points as read; 3 events among 5 in drug.'
    """
    patients = made.patients
    lines = []
    for code, (name, curve) in enumerate(made.curves.items()):
        own = patients.arm == code
        table, last = life_table(patients.time[own], patients.event[own]), float(patients.time[own].max())
        lines.append(
            CurveLine(
                name=name,
                time=np.concatenate([[0.0], np.repeat(table.time, 2), [last]]),
                survival=np.concatenate([[1.0], np.repeat(np.concatenate([[1.0], table.survival]), 2)[1:]]),
                read_time=curve.time,
                read_survival=curve.survival,
                risk_time=curve.risk_time,
                published=curve.at_risk,
                reconstructed=np.array([(patients.time[own] >= t - 1e-9).sum() for t in curve.risk_time], float),
            )
        )
    points = sum(len(line.read_time) for line in lines)
    description = f"Survival curves of reconstructed patients over {points} points as read; {patients}."
    return draw_survival(SurvivalPlot(lines=tuple(lines), unit=patients.unit, title=title), description)


def draw_survival(plot: SurvivalPlot, description: str) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = draw_title(sheet, plot.title)
    upright = Axis(low=0, high=1, ticks=tuple(Tick(value=s, label=f"{s:g}") for s in SHARES), left=top + HEIGHT, right=top)
    left, right = across(upright, "Survival")
    names = max(text_width(line.name, style.SMALL) for line in plot.lines)
    left = max(left, style.MARGIN + min(names, 100) + 22)
    last = max(float(line.time.max()) for line in plot.lines)
    plane = Plane(x=placed(number_axis([0, last], room=right - left, pad=0, low=0), left, right), y=upright)
    for line, (colour, _) in zip(plot.lines, _looks(plot), strict=True):
        for t, s in zip(line.read_time, line.read_survival, strict=True):
            sheet.disc(*plane.at(float(t), float(s)), DOT, fill=PALE[colour], edge=PALE[colour], width=0.1)
    for line, (colour, dash) in zip(plot.lines, _looks(plot), strict=True):
        draw_runs(sheet, plane, line.time, line.survival, colour=colour, dash=dash, width=style.LINE)
    y = draw_frame(sheet, plane, f"Time ({plot.unit})" if plot.unit else "Time", "Survival")
    y = _draw_table(sheet, plot, plane, y + 6)
    keys = [Key(text=line.name, colour=look[0], dash=look[1]) for line, look in zip(plot.lines, _looks(plot), strict=True)]
    y = draw_legend(
        sheet, [*keys, Key(text="As read from the figure", sample="disc", colour="#b5b5b5")], left, WIDTH - RIGHT, y + 6
    )
    return sheet.figure(title=plot.title, description=description, width=WIDTH, height=math.ceil(y + style.MARGIN))


def _looks(plot: SurvivalPlot) -> list[tuple[str, Dash]]:
    return [LOOKS[i % len(LOOKS)] for i in range(len(plot.lines))]


def _draw_table(sheet: Sheet, plot: SurvivalPlot, plane: Plane, y: float) -> float:
    """Numbers at risk under the axis."""
    if not any(len(line.risk_time) for line in plot.lines):
        return y
    sheet.text(style.MARGIN, y + style.SMALL, "At risk", size=style.SMALL, colour=style.QUIET)
    for line, (colour, _) in zip(plot.lines, _looks(plot), strict=True):
        y += ROW
        sheet.text(style.MARGIN, y + style.SMALL, line.name, size=style.SMALL, colour=colour)
        free = -math.inf
        for t, n, got in zip(line.risk_time, line.published, line.reconstructed, strict=True):
            text = f"{got:g}" if got == n else f"{got:g} ({n:g})"
            x, half = plane.x.at(float(t)), text_width(text, style.SMALL) / 2
            if plane.x.holds(float(t)) and x - half > free:
                sheet.text(x, y + style.SMALL, text, size=style.SMALL, align="center")
                free = x + half + 3
    return y + ROW
