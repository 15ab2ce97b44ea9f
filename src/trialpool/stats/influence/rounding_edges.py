"""What if every printed figure were at the edge of its rounding? How far that moves a pooled estimate and its limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.box_search import furthest
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.choices import expect
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.tables import Tabular

SURE = 1e-12  # of an SE that is 0 at an edge of its range nothing can be pooled


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundingEdges(Tabular):
    """The furthest that a pooled estimate and its limits go while every figure stays in the range that its rounding leaves open.

    fit        : the result by the figures as printed
    estimate, ci_low, ci_high : for each of these, the fits where it is least and where it is largest
    not_ranged : studies of which nothing tells the range of effect and SE; they were held at their values
    """

    fit: PooledEffect
    estimate: tuple[PooledEffect, PooledEffect]
    ci_low: tuple[PooledEffect, PooledEffect]
    ci_high: tuple[PooledEffect, PooledEffect]
    not_ranged: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Does the interval exclude no effect, on the same side, or hold it, wherever the figures are in their ranges?"""
        lows, highs = ([float(f.interval()[side]) for f in fits] for side, fits in ((0, self.ci_low), (1, self.ci_high)))
        low, high = map(float, self.fit.interval())
        if low > 0:
            return lows[0] > 0
        if high < 0:
            return highs[1] < 0
        return lows[1] <= 0 <= highs[0]

    def table(self) -> dict[str, list[Any]]:
        """A row a quantity (estimate, ci_low, ci_high): as printed, least, largest, on the analysis scale."""
        low, high = self.fit.interval()
        return {
            "quantity": ["estimate", "ci_low", "ci_high"],
            "as_printed": [float(self.fit.mu), float(low), float(high)],
            "least": [float(self.estimate[0].mu), float(self.ci_low[0].interval()[0]), float(self.ci_high[0].interval()[1])],
            "largest": [float(self.estimate[1].mu), float(self.ci_low[1].interval()[0]), float(self.ci_high[1].interval()[1])],
        }

    def __str__(self) -> str:
        least, largest = (f"{MEASURES[self.fit.effects.measure].shown(float(f.mu)):.2f}" for f in self.estimate)
        verdict = "the conclusion holds throughout" if self.holds else "the conclusion does not hold throughout"
        return f"by rounding the estimate is {least} to {largest}; {verdict}"


def rounding_edges(fit: PooledEffect, derivations: Sequence[Derivation | None] | None = None) -> RoundingEdges:
    """How far the rounding of what was printed can move a pooled estimate and its confidence limits.

    Parameters
    ----------
    fit : inverse-variance result of one analysis, k >= 1
    derivations : (k,) the range of each study's effect and SE; those of `fit.effects` where left out

    Each study's effect and SE go, by themselves, over the whole range that the rounding of its printed figures leaves open, all
    studies at once, and tau2 is estimated anew. That is more than the figures can do, as effect and SE of a study come from the
    same ones. In this box the furthest point is searched for from several corners, by moving figures to an edge until nothing gains
    (`box_search`). What is found is a result that figures in the box give, so that the true extreme is at least as far. With tau2
    held, the estimate rises with every effect and is monotone in every weight, so that its extremes are at corners; with tau2
    estimated anew, and for the limits, they need not be. In 120 random boxes of five studies the search missed none of the 1024
    corners' extremes but one, and fell short of 20,000 points inside by at most 7% of the span of the estimate or limit.

    Raises
    ------
    BadArgument
        for a result that was not pooled by inverse variance, a batch, or derivations of another number

    >>> from trialpool.stats.effects.hazard_ratio import hazard_ratio
    >>> hr = hazard_ratio(hr=["0.62", "0.7", "0.93"], ci_low=["0.57", "0.5", "0.85"], ci_high=["0.67", "0.9", "1.01"])
    >>> print(rounding_edges(pool(hr, ci="Wald")))
    by rounding the estimate is 0.72 to 0.76; the conclusion holds throughout
    """
    expect("rounding_edges", fit, PooledEffect, "pool or pool_common")
    if fit.method != "IV" or fit.effects.vi.ndim != 1:
        raise BadArgument("rounding_edges takes one analysis by inverse variance, not a batch or a Mantel-Haenszel result.")
    of_studies = fit.effects.derivations if derivations is None else tuple(derivations)
    if len(of_studies) != len(fit.effects.study):
        raise BadArgument(f"There are {len(of_studies)} derivations for {len(fit.effects.study)} studies. Give one for each.")
    low, middle, high, not_ranged = _box(fit, of_studies)
    starts = _starts(low, middle, high, float(fit.mu))

    def extremes(quantity: Callable[[PooledEffect], Any]) -> tuple[PooledEffect, PooledEffect]:
        def of(points: Floats) -> Floats:
            return np.asarray(quantity(_again(fit, points)), dtype=float)

        least, largest = (furthest(of, low, middle, high, sign=sign, starts=starts).at for sign in (-1, 1))
        return _again(fit, least), _again(fit, largest)

    return RoundingEdges(
        fit=fit,
        estimate=extremes(lambda batch: batch.mu),
        ci_low=extremes(lambda batch: batch.interval()[0]),
        ci_high=extremes(lambda batch: batch.interval()[1]),
        not_ranged=not_ranged,
    )


def _box(fit: PooledEffect, of_studies: Sequence[Derivation | None]) -> tuple[Floats, Floats, Floats, tuple[str, ...]]:
    """Edges and middle (2k,) of the effects and then the SEs; a study without a range stays where it is."""
    yi, se = fit.effects.yi, np.sqrt(fit.effects.vi)
    low, middle, high = (np.concatenate([yi, se]) for _ in range(3))
    k, not_ranged = len(yi), []
    for i, d in enumerate(of_studies):
        if not np.isfinite(se[i]):
            continue
        ranges = (d.yi_low, d.yi_high, d.se_low, d.se_high) if d else (np.nan,) * 4
        if not np.isfinite(ranges).all() or ranges[2] < SURE:
            not_ranged.append(fit.effects.study[i])
            continue
        low[i], high[i], low[k + i], high[k + i] = ranges[0], ranges[1], ranges[2], ranges[3]
    return np.minimum(low, middle), middle, np.maximum(high, middle), tuple(not_ranged)


def _starts(low: Floats, middle: Floats, high: Floats, mu: float) -> Floats:
    """Corners (s, 2k) to start from: effects all low, all high, spread out about mu or drawn in to it; any SEs."""
    k = len(middle) // 2
    above = middle[:k] > mu
    spread, drawn_in = np.where(above, high[:k], low[:k]), np.where(above, low[:k], high[:k])
    effects, errors = (low[:k], high[:k], spread, drawn_in), (low[k:], middle[k:], high[k:])
    return np.stack([np.concatenate([yi, se]) for yi in effects for se in errors])


def _again(fit: PooledEffect, points: Floats) -> PooledEffect:
    """The same model at points (..., 2k)."""
    k = len(fit.effects.study)
    effects = replace(fit.effects, yi=points[..., :k], vi=points[..., k:] ** 2)
    if fit.model == "common":
        return pool_common(effects, ci=fit.ci_method, level=fit.level)
    return pool(effects, tau2=fit.tau2_method, ci=fit.ci_method, level=fit.level)
