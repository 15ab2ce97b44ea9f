"""The numbers that a figure draws, as columns: its source data, to be drawn anew elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from trialpool.figures.forest import ForestPlot, GroupLine, NoteLine, PooledLine, StudyLine
from trialpool.figures.gosh import COLUMNS as ACROSS
from trialpool.figures.gosh import FEW, GoshPlot, hexagons, plane_of
from trialpool.figures.posterior import PosteriorDensity
from trialpool.figures.sensitivity import SensitivityPlot
from trialpool.figures.specification_curve import COLUMNS, SHARES, SpecificationCurve
from trialpool.stats.effects.measure import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trialpool.stats.effects.effects import Effects

Row = dict[str, Any]


def forest_rows(plot: ForestPlot) -> Iterator[Row]:
    """A row a line of the plot: studies, subtotals and totals under their groups; effects on the analysis scale and as shown."""
    group = ""
    for line in plot.lines:
        match line:
            case GroupLine():
                group = line.label
            case StudyLine():
                arms = {"treatment": line.treatment, "control": line.control, "weight": line.weight}
                yield {"group": group, "row": "study", "label": line.label} | arms | _effect(line, plot.measure)
            case PooledLine():
                group = "" if line.overall else group
                low, high = line.prediction or (None, None)
                drawn = {"weight": line.weight, "prediction_low": low, "prediction_high": high, "note": line.note}
                yield {"group": group, "row": "pooled", "label": line.label} | drawn | _effect(line, plot.measure)
            case NoteLine():
                yield {"row": "note", "note": line.text}


def sensitivity_rows(plot: SensitivityPlot) -> Iterator[Row]:
    """A row a line."""
    for line in plot.lines:
        yield {"group": line.group, "label": line.label, "k": line.k, "primary": line.primary} | _effect(line, plot.measure)


def _effect(line: Any, measure: str) -> Row:
    drawn = {"estimate": line.estimate, "low": line.low, "high": line.high}
    shown = MEASURES[measure].shown
    return drawn | {f"shown_{name}": shown(value) for name, value in drawn.items()}


def funnel_rows(effects: Effects, row: str) -> Iterator[Row]:
    """A point of a funnel plot each."""
    shown = MEASURES[effects.measure].shown
    for label, y, v in zip(effects.study, effects.yi.tolist(), effects.vi.tolist(), strict=True):
        yield {"row": row, "label": label, "estimate": y, "se": v**0.5, "shown_estimate": shown(y)}


def specification_rows(plot: SpecificationCurve) -> Iterator[Row]:
    """An analysis each with what it chose, or, of more than are drawn one by one, what is drawn of each column of them."""
    order = plot.order
    estimates, low, high = (np.asarray(x, float)[order] for x in (plot.estimates, plot.low, plot.high))
    chosen = [(choice, np.asarray(choice.chosen)[order]) for choice in plot.choices]
    n = len(order)
    edges = np.linspace(0, n, min(n, COLUMNS) + 1).round().astype(int)
    for a, b in pairwise(edges.tolist()):
        here = slice(a, b)
        yield {
            "first": a + 1,
            "last": b,
            "estimate": float(np.median(estimates[here])),
            "low": float(np.median(low[here])),
            "high": float(np.median(high[here])),
            "low_of_nearly_all": float(np.quantile(low[here], SHARES[0])),
            "high_of_nearly_all": float(np.quantile(high[here], SHARES[1])),
            "excludes_no_effect": float(np.mean((low[here] > 0) | (high[here] < 0))),
        } | {
            f"{choice.name}: {option}": float(np.mean(levels[here] == i))
            for choice, levels in chosen
            for i, option in enumerate(choice.options)
        }


def gosh_rows(plot: GoshPlot) -> Iterator[Row]:
    """A subset each, or, of more than are drawn one by one, each hexagon with how many subsets it holds."""
    mu, spread = np.asarray(plot.mu, float)[plot.shown], np.asarray(plot.spread, float)[plot.shown] * (100 if plot.percent else 1)
    counts: Sequence[int] = [1] * len(mu)
    if len(mu) > FEW:
        plane, _ = plane_of(plot, mu, spread, 0.0)
        across, up = plane.x.high - plane.x.low, plane.y.high - plane.y.low
        side = (plane.x.right - plane.x.left) / ACROSS
        columns, rows = ACROSS / across, abs(plane.y.left - plane.y.right) / side / up
        inside = (mu >= plane.x.low) & (mu <= plane.x.high) & (spread >= plane.y.low) & (spread <= plane.y.high)
        cells, found = hexagons((mu[inside] - plane.x.low) * columns, (plane.y.high - spread[inside]) * rows)
        mu, spread, counts = plane.x.low + cells[:, 0] / columns, plane.y.high - cells[:, 1] / rows, found.tolist()
    shown, name = MEASURES[plot.measure].shown, "I2_percent" if plot.percent else "tau2"
    for y, of, count in zip(mu.tolist(), spread.tolist(), counts, strict=True):
        yield {"estimate": y, "shown_estimate": shown(y), name: of, "subsets": count}


def posterior_rows(density: PosteriorDensity) -> Iterator[Row]:
    """A value each with its density, the prior's too where that is drawn."""
    columns = asdict(density)
    prior = columns["prior"].tolist() if columns["prior"] is not None else [None] * len(density.grid)
    for value, posterior, before in zip(density.grid.tolist(), density.density.tolist(), prior, strict=True):
        yield {"parameter": density.name, "value": value, "density": posterior, "prior": before}
