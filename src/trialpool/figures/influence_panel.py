"""Influence panel: diagnostics of every study side by side, a row a study, those that stand out marked.

Viechtbauer & Cheung (2010), Res Synth Methods 1:112-125.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.axis import Axis, Tick, draw_axis
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import text_width, wrap
from trialpool.figures.plane import draw_title, number_axis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WIDTH = style.PAGE
WIDEST_LABEL, LABEL_LINES = 130.0, 2
BETWEEN, APART = 11.0, 3.0  # from panel to panel; from label to label under one
FEW, MANY = 30, 80  # so many studies have wide rows; of more than MANY only those that stand out are named
ROWS = (12.0, 9.0, 0.0)  # heights of a row: few studies, more; of many it is what is left of TALLEST
TALLEST = 640.0
NARROWEST = 0.8  # share of the size of letters to which names of diagnostics shrink rather than break within a word
RADII = (2.8, 2.4, 1.3)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diagnostic:
    """One diagnostic of all studies.

    name      : such as "Cook's distance"; a line feed in it is kept
    values    : (k,) nan where there is none
    reference : where a study without influence would be; nan for none
    limits    : beyond which a study stands out, drawn dashed; inf or nan where there is none
    """

    name: str
    values: Floats
    reference: float = math.nan
    limits: tuple[float, float] = (-math.inf, math.inf)

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """(k,) which studies stand out."""
        low, high = self.limits
        values = np.asarray(self.values, float)
        found: NDArray[np.bool_] = (values < low) | (values > high)
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InfluencePanel:
    """What an influence panel shows: k studies by their diagnostics, from left to right.

    influential : (k,) which studies to mark; None for those beyond a limit of any diagnostic
    """

    labels: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    influential: NDArray[np.bool_] | None = None
    title: str = ""

    @property
    def marked(self) -> list[bool]:
        if self.influential is not None:
            return [bool(x) for x in self.influential]
        found = np.zeros(len(self.labels), bool)
        for diagnostic in self.diagnostics:
            found |= diagnostic.beyond
        return found.tolist()


def draw_influence_panel(plot: InfluencePanel) -> Figure:
    """Draw the panel; its height grows with the studies."""
    sheet = Sheet()
    y = draw_title(sheet, plot.title, width=WIDTH)
    k, marked = len(plot.labels), plot.marked
    size = 0 if k <= FEW else 1 if k <= MANY else 2
    labels = _labels(plot, size)
    start = style.MARGIN + max((text_width(t, style.SMALL, bold=True) for lines in labels for t in lines), default=0.0) + 9
    panels = len(plot.diagnostics)
    width = (WIDTH - style.MARGIN - start - BETWEEN * (panels - 1)) / max(1, panels)
    lefts = [start + i * (width + BETWEEN) for i in range(panels)]
    top = y + _draw_headers(sheet, plot, lefts, width, y)
    rows, bottom = _rows(labels, top, size)
    for lines, middle, mark in zip(labels, rows, marked, strict=True):
        if mark and size < 2:
            half = (ROWS[size] + (len(lines) - 1) * style.SMALL * style.LEADING) / 2
            sheet.box(style.MARGIN, middle - half, WIDTH - style.MARGIN, middle + half, fill=style.REFERENCE)
        baseline = middle + style.CAP * style.SMALL - (len(lines) - 1) / 2 * style.SMALL * style.LEADING
        sheet.block(start - 7, baseline, lines, size=style.SMALL, align="right", bold=mark)
    for diagnostic, left in zip(plot.diagnostics, lefts, strict=True):
        _draw_panel(
            sheet, diagnostic, replace(_axis(diagnostic, width), left=left, right=left + width), rows, marked, top, bottom, size
        )
    y = draw_legend(sheet, _keys(plot), start, WIDTH - style.MARGIN, bottom + 4 + 2 * style.SMALL + 6)
    return sheet.figure(
        title=plot.title, description=describe_influence_panel(plot), width=WIDTH, height=math.ceil(y + style.MARGIN)
    )


def _labels(plot: InfluencePanel, size: int) -> list[tuple[str, ...]]:
    """Lines of each label; of many studies only those that stand out have one, as far as there is room."""
    most = LABEL_LINES if size == 0 else 1
    lines = [_shortened(wrap(label, WIDEST_LABEL, style.SMALL, bold=True), most) for label in plot.labels]
    if size < 2:
        return lines
    last, apart = -math.inf, math.ceil(1.2 * style.SMALL / _row_height(len(lines), size))
    for i, mark in enumerate(plot.marked):
        lines[i], last = (lines[i], i) if mark and i - last >= apart else ((), last)
    return lines


def _row_height(k: int, size: int) -> float:
    return ROWS[size] or TALLEST / k


def _shortened(lines: tuple[str, ...], most: int) -> tuple[str, ...]:
    return lines if len(lines) <= most else (*lines[: most - 1], f"{lines[most - 1][:-2]}…")


def _draw_headers(sheet: Sheet, plot: InfluencePanel, lefts: list[float], width: float, y: float) -> float:
    """Names over their panels, small enough for their longest word down to NARROWEST; returns the room they take."""
    words = " ".join(diagnostic.name for diagnostic in plot.diagnostics).split()
    widest = max((text_width(word, style.SMALL, bold=True) for word in words), default=0.0)
    size = style.SMALL * min(1.0, max(NARROWEST, 0.999 * width / widest)) if widest else style.SMALL
    names = [wrap(diagnostic.name, width, size, bold=True) for diagnostic in plot.diagnostics]
    most = max(map(len, names), default=0)
    step = size * style.LEADING
    for lines, left in zip(names, lefts, strict=True):
        sheet.block(left + width / 2, y + size + (most - len(lines)) * step, lines, size=size, align="center", bold=True)
    return most * step + 4


def _rows(labels: list[tuple[str, ...]], top: float, size: int) -> tuple[list[float], float]:
    """The middle of each row, and where the last ends."""
    middles, y = [], top + 2
    for lines in labels:
        height = _row_height(len(labels), size) + max(0, len(lines) - 1) * style.SMALL * style.LEADING
        middles.append(y + height / 2)
        y += height
    return middles, y + 2


def _axis(diagnostic: Diagnostic, width: float) -> Axis:
    """All values are on it, and what they are compared with."""
    also = [x for x in (diagnostic.reference, *diagnostic.limits) if math.isfinite(x)]
    values = [*np.asarray(diagnostic.values, float).tolist(), *also]
    axes = [_with_ticks_inside(number_axis(values, room=denser * width, pad=0.08), width) for denser in (1.0, 1.5, 2.0, 3.0)]
    return max(axes, key=lambda axis: min(2, len(axis.ticks)))


def _with_ticks_inside(axis: Axis, width: float) -> Axis:
    """The axis in its panel, with those of its ticks whose labels have room there."""
    axis = replace(axis, right=width)
    out = BETWEEN / 2 - 1  # so far a label may stick out
    kept: list[Tick] = []
    last = -math.inf
    for tick in axis.ticks:
        x, half = axis.at(tick.value), text_width(tick.label, style.SMALL) / 2
        if x - half >= max(-out, last + APART) and x + half <= width + out:
            kept, last = [*kept, tick], x + half
    return replace(axis, ticks=tuple(kept))


def _draw_panel(
    sheet: Sheet, diagnostic: Diagnostic, axis: Axis, rows: list[float], marked: list[bool], top: float, bottom: float, size: int
) -> None:
    """A disc at each value, on a stem from the reference; of many studies only those that stand out have a stem."""
    reference = diagnostic.reference if math.isfinite(diagnostic.reference) else math.nan
    for limit in diagnostic.limits:
        if axis.holds(limit):
            sheet.line((axis.at(limit), top), (axis.at(limit), bottom), colour=style.PREDICTION, dash="dashed", width=style.THIN)
    if axis.holds(reference):
        sheet.line((axis.at(reference), top), (axis.at(reference), bottom), colour=style.HAIR, width=style.THIN)
    for value, y, mark in zip(np.asarray(diagnostic.values, float).tolist(), rows, marked, strict=True):
        if not math.isfinite(value):
            continue
        x = axis.at(value)
        colour = style.PREDICTION if mark else style.STUDY
        if math.isfinite(reference) and (mark or size < 2):
            sheet.line((axis.at(reference), y), (x, y), colour=colour, width=style.LINE if size < 2 else style.THIN)
        if mark:
            r = RADII[size] + 0.4
            sheet.shape((x - r, y), (x, y - r), (x + r, y), (x, y + r), fill=colour)
        else:
            sheet.disc(x, y, RADII[size], fill=colour)
    draw_axis(sheet, axis, bottom)


def _keys(plot: InfluencePanel) -> list[Key]:
    keys = [Key(text="Study", sample="disc", colour=style.STUDY)]
    if any(plot.marked):
        keys.append(Key(text="Study that stands out", sample="diamond", colour=style.PREDICTION))
    if any(math.isfinite(limit) for diagnostic in plot.diagnostics for limit in diagnostic.limits):
        keys.append(Key(text="Limit beyond which it would", colour=style.PREDICTION, dash="dashed", width=style.THIN))
    if any(math.isfinite(diagnostic.reference) for diagnostic in plot.diagnostics):
        keys.append(Key(text="No influence", colour=style.HAIR, width=style.THIN))
    return keys


def describe_influence_panel(plot: InfluencePanel) -> str:
    """The panel in words."""
    k = len(plot.labels)
    names = ", ".join(" ".join(diagnostic.name.split()) for diagnostic in plot.diagnostics)
    out = [label for label, mark in zip(plot.labels, plot.marked, strict=True) if mark]
    found = f"{len(out)} stand out: {', '.join(out)}" if len(out) > 1 else f"{out[0]} stands out" if out else "none stands out"
    return f"Influence diagnostics of {k} {'study' if k == 1 else 'studies'} ({names}); {found}."
