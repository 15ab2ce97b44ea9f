"""Baujat plots: how much a study adds to heterogeneity against how much it moves the answer.

Baujat, Mahe, Pignon & Hill (2002), Stat Med 21:2641-2652.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trialpool.figures import style
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.names import draw_names
from trialpool.figures.plane import (
    HEIGHT,
    WIDTH,
    Plane,
    across,
    draw_discs,
    draw_frame,
    draw_title,
    number_axis,
    placed,
    present,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RADIUS = 3.0
FEW = 10  # so many studies are all named; of more, those in the upper right
NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaujatPlot:
    """What a Baujat plot shows.

    contribution : (k,) of each study to Q: its squared residual over its variance
    influence    : (k,) squared change of the pooled effect without the study, over its variance without it
    labels       : k names of studies; a study with nan or inf in either is left out
    """

    contribution: Floats
    influence: Floats
    labels: tuple[str, ...]
    title: str = ""
    contribution_name: str = "Contribution to heterogeneity (squared Pearson residual)"
    influence_name: str = "Influence on the pooled effect"

    @property
    def ranked(self) -> list[int]:
        """The studies that can be shown, those that stand out most first: by their distance from 0, 0."""
        shown = list(present(self.contribution, self.influence))
        both = [np.asarray(x, float) for x in (self.contribution, self.influence)]
        far = [x / (np.abs(x[shown]).max(initial=0.0) or 1.0) for x in both]
        return sorted(shown, key=lambda i: -math.hypot(far[0][i], far[1][i]))


def draw_baujat(plot: BaujatPlot) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    top = draw_title(sheet, plot.title)
    ranked = plot.ranked
    upright = placed(number_axis([0, *(plot.influence[i] for i in ranked)], room=HEIGHT), top + HEIGHT, top)
    left, right = across(upright, plot.influence_name)
    level = number_axis([0, *(plot.contribution[i] for i in ranked)], room=right - left)
    plane = Plane(x=placed(level, left, right), y=upright)
    discs = [(*plane.at(plot.contribution[i], plot.influence[i]), RADIUS) for i in ranked]
    draw_discs(sheet, discs)
    y = draw_frame(sheet, plane, plot.contribution_name, plot.influence_name)
    shown = len(ranked) if len(ranked) <= FEW else NAMED
    names = [(plot.labels[i], disc) for i, disc in zip(ranked[:shown], discs, strict=False)]
    draw_names(sheet, names, within=plane.box, discs=discs)
    return sheet.figure(title=plot.title, description=describe_baujat(plot), width=WIDTH, height=math.ceil(y + style.MARGIN))


def describe_baujat(plot: BaujatPlot) -> str:
    """The plot in words."""
    ranked = plot.ranked
    words = f"Baujat plot of {len(ranked)} {'study' if len(ranked) == 1 else 'studies'}."
    if not ranked:
        return words
    most = plot.labels[max(ranked, key=lambda i: plot.contribution[i])]
    moves = plot.labels[max(ranked, key=lambda i: plot.influence[i])]
    return f"{words} {most} contributes most to heterogeneity, {moves} has most influence on the pooled effect."
