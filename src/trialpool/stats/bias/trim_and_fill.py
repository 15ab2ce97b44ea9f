"""Trim and fill: how many studies a symmetric funnel lacks, and what the answer would be with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats, count
from trialpool.stats.bias.cautions import caution
from trialpool.stats.bias.regression_test import regression_test
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import choose, expect
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import mean, weights
from trialpool.stats.tables import Tabular

ROUNDS = 100
EQUAL = 1e-9  # of the largest distance: what differs by less differs by rounding
SIDES = ("left", "right")
TRIM_BY = ("same", "common")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrimAndFill(Tabular):
    """A pooled effect, and the same with mirror images of the studies that stick out to one side.

    fit       : as it was
    filled    : with the studies filled in
    k0, se    : number of missing studies, and the standard error of its estimate before rounding (nan or inf for extreme ones)
    side      : "left" or "right", where studies are missing
    estimator : "L0", "R0" or "Q0"
    trim_by   : "same" model as the fit, or "common" effect
    settled   : whether the number stopped changing
    """

    fit: PooledEffect
    filled: PooledEffect
    k0: int
    se: float
    side: str
    estimator: str
    trim_by: str
    settled: bool

    @property
    def added(self) -> Effects:
        """The studies that were filled in."""
        k = len(self.fit.effects.study)
        e = self.filled.effects
        return Effects(yi=e.yi[k:], vi=e.vi[k:], study=e.study[k:], measure=e.measure)

    @property
    def p(self) -> float:
        """P of as many missing studies or more where none is, 2^-(k0 + 1); for estimator "R0", nan for others.

        Duval & Tweedie (2000), JASA 95:89-98.
        """
        return float(0.5 ** (self.k0 + 1)) if self.estimator == "R0" else float("nan")

    @property
    def caution(self) -> str:
        """Why the filled estimate should not be relied on; empty where nothing speaks against it."""
        unsettled = "" if self.settled else "the number of missing studies did not settle: it went back and forth"
        alone = "it corrects for asymmetry of any cause, and is no estimate of what unpublished studies found" if self.k0 else ""
        return caution(self.fit.effects, ("few studies to model", "heterogeneous"), unsettled, alone)

    def table(self) -> dict[str, list[Any]]:
        """Two rows, as it was and with the studies filled in: analysis, added, k, estimate, se, ci_low, ci_high, p, tau2."""
        fits = (self.fit, self.filled)
        limits = [fit.interval() for fit in fits]
        columns = {"k": [fit.k for fit in fits], "estimate": [fit.mu for fit in fits], "se": [fit.se for fit in fits]}
        columns |= {"ci_low": [low for low, _ in limits], "ci_high": [high for _, high in limits]}
        columns |= {"p": [fit.p for fit in fits], "tau2": [fit.tau2 for fit in fits]}
        plain: dict[str, list[Any]] = {name: np.array(values).tolist() for name, values in columns.items()}
        return {"analysis": ["as it was", "filled"], "added": [0, self.k0], **plain}

    def __repr__(self) -> str:
        return f"<TrimAndFill: {self}>"

    def __str__(self) -> str:
        return f"{self.k0} studies missing on the {self.side} ({self.estimator}); with them {self.filled}"


class Signed:
    """Signed ranks of the distances from a centre, positive where studies are not missing; equal distances share their mean rank.

    k : (...) studies; S : (...) sum of the positive ranks; run : (...) how many of the largest ranks are positive, in a row
    """

    def __init__(self, distance: Floats, there: Any) -> None:
        size = np.where(there, np.abs(distance), 0.0)
        rounding = EQUAL * size.max(-1, keepdims=True)
        rank = mean_ranks(size, there, rounding)
        positive = there & (distance > rounding)
        negative = there & (distance < -rounding)
        self.k: Any = there.sum(-1)
        self.S: Any = np.where(positive, rank, 0.0).sum(-1)
        self.run: Any = self.k - np.where(negative, rank, 0.0).max(-1)


def mean_ranks(size: Floats, there: Any, rounding: Any) -> Floats:
    """(..., k) ranks from 1 on among the studies that are present, the mean rank where they differ by no more than `rounding`.

    >>> mean_ranks(np.array([0.3, 0.1, 0.3, 0.7]), np.array([True, True, True, True]), 1e-9)
    array([2.5, 1. , 2.5, 4. ])
    """
    more = size[..., :, np.newaxis] - size[..., np.newaxis, :]  # of the row than of the column
    limit = np.asarray(rounding)[..., np.newaxis]
    others = there[..., np.newaxis, :]
    below, equal = (more > limit) & others, (np.abs(more) <= limit) & others
    ranks: Floats = below.sum(-1) + (equal.sum(-1) + 1) / 2
    return ranks


def run_estimator(ranks: Signed) -> Any:
    """R0 = gamma - 1, gamma the length of the run of positive ranks at the top. Duval & Tweedie (2000), JASA 95:89-98."""
    return ranks.run - 1


def linear_estimator(ranks: Signed) -> Any:
    """L0 = (4 S - k (k + 1)) / (2 k - 1), S the sum of the positive ranks. Duval & Tweedie (2000), JASA 95:89-98."""
    return (4 * ranks.S - ranks.k * (ranks.k + 1)) / (2 * ranks.k - 1)


def quadratic_estimator(ranks: Signed) -> Any:
    """Q0 = k - 1/2 - sqrt(2 k^2 - 4 S + 1/4). Duval & Tweedie (2000), JASA 95:89-98."""
    return ranks.k - 0.5 - np.sqrt(np.maximum(2.0 * ranks.k**2 - 4 * ranks.S + 0.25, 0.0))


def variance_of_sum(k: Any, k0: Any) -> Any:
    """Variance of S with k studies present and k0 missing. Duval & Tweedie (2000), Biometrics 56:455-463."""
    return (k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0 - 18 * k * k0**2 - 18 * k * k0 + 6 * k**2 * k0) / 24


def se_of_run(ranks: Signed, k0: Any) -> Any:
    """sqrt(2 k0 + 2)."""
    return np.sqrt(2 * np.maximum(0.0, k0) + 2)


def se_of_linear(ranks: Signed, k0: Any) -> Any:
    """4 sd(S) / (2 k - 1)."""
    return 4 * np.sqrt(variance_of_sum(ranks.k, k0)) / (2 * ranks.k - 1)


def se_of_quadratic(ranks: Signed, k0: Any) -> Any:
    """2 sd(S) / sqrt((k - 1/2)^2 - k0 (2 k - k0 - 1))."""
    return 2 * np.sqrt(variance_of_sum(ranks.k, k0)) / np.sqrt((ranks.k - 0.5) ** 2 - k0 * (2 * ranks.k - k0 - 1))


@dataclass(frozen=True, slots=True)
class Estimator:
    """How many studies are missing: in words, by the signed ranks, and the standard error of that number."""

    name: str
    k0: Callable[[Signed], Any]
    se: Callable[[Signed, Any], Any]


MISSING_STUDIES: dict[str, Estimator] = {
    "L0": Estimator("linear, by the sum of the ranks", linear_estimator, se_of_linear),
    "R0": Estimator("by the run of the largest ranks", run_estimator, se_of_run),
    "Q0": Estimator("quadratic, by the sum of the ranks", quadratic_estimator, se_of_quadratic),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """What trimming comes to, (...) each: missing studies, their number before rounding, its se, the centre, and if it settled."""

    k0: Any
    estimate: Any
    se: Any
    centre: Any
    settled: Any


def trim(yi: Floats, vi: Floats, *, centre: Callable[[Floats, Floats], Any], estimator: str = "L0") -> Trimmed:
    """Trim the largest effects until as many are trimmed as are missing at the other end.

    Parameters
    ----------
    yi, vi : (..., k) effects and variances; studies are missing on the left, and absent where vi is infinite
    centre : pooled effect of (yi, vi) with the trimmed ones absent
    estimator : "L0", "R0" or "Q0"

    >>> yi, vi = np.array([-0.1, 0.0, 0.1, 0.6, 0.9]), np.full(5, 0.1)
    >>> trim(yi, vi, centre=lambda yi, vi: mean(yi, 1 / vi)).k0
    0
    """
    by = MISSING_STUDIES[estimator]
    there = np.isfinite(vi)
    k = count(vi)
    place = np.argsort(smallest_first(yi, vi), axis=-1, kind="stable")  # 0 for the smallest effect
    k0: Any = np.zeros(np.shape(k), dtype=int)
    estimate = se = mu = np.zeros(np.shape(k))
    settled: Any = np.zeros(np.shape(k), dtype=bool)
    for _ in range(ROUNDS):
        kept = place < np.asarray(k - k0)[..., np.newaxis]
        mu = np.where(settled, mu, centre(yi, np.where(kept, vi, np.inf)))
        ranks = Signed(yi - mu[..., np.newaxis], there)
        estimate = np.where(settled, estimate, by.k0(ranks))
        with np.errstate(divide="ignore", invalid="ignore"):  # so many may be missing that the variance formula has no value
            se = np.where(settled, se, by.se(ranks, estimate))
        found = np.clip(np.rint(estimate), 0, np.maximum(k - 1, 0)).astype(int)
        settled = settled | (found == k0)
        k0 = np.where(settled, k0, found)
        if settled.all():
            break
    return Trimmed(k0=k0[()], estimate=estimate[()], se=se[()], centre=mu[()], settled=settled[()])


def trim_and_fill(
    of: Effects | PooledEffect, *, estimator: str = "L0", side: str | None = None, trim_by: str = "same"
) -> TrimAndFill:
    """Fill in the studies that a symmetric funnel lacks, and pool again.

    Parameters
    ----------
    of : a fit, which says what model is used; or effects, pooled by the default model
    estimator : of the number of missing studies, "L0", "R0" or "Q0"
    side : "left" or "right", where studies are missing; by default where a line through the effects against their standard errors,
        by the model that `trim_by` names, says that small studies are lacking
    trim_by : "same", the model of the fit, or "common" effect: what the centre is found by while trimming

    Raises
    ------
    BadArgument
        for an unknown estimator, side or model
    NotEstimable
        for a batch, for a Mantel-Haenszel fit, or with fewer than three studies

    References
    ----------
    Duval & Tweedie (2000), JASA 95:89-98 and Biometrics 56:455-463; with the common effect while trimming: Terrin, Schmid, Lau &
    Olkin (2003), Stat Med 22:2113-2126

    >>> from trialpool.stats.effects.effects import effects
    >>> skewed = effects([-0.1, 0.0, 0.1, 0.6, 0.9], [0.01, 0.01, 0.02, 0.1, 0.2])
    >>> trim_and_fill(pool_common(skewed))
    <TrimAndFill: 2 studies missing on the left (L0); with them Effect -0.02 (95% CI -0.14 to 0.10), P = 0.738, k = 7, I2 = 66%>
    """
    expect("trim_and_fill", of, (Effects, PooledEffect), "risk_ratio, effects, pool or pool_common")
    choose("estimator", estimator, MISSING_STUDIES)
    choose("trim_by", trim_by, TRIM_BY)
    fit = pool(of) if isinstance(of, Effects) else of
    _refuse(fit)
    effects = fit.effects
    where = lacking(fit, trim_by) if side is None else choose("side", side, SIDES)
    sign = 1.0 if where == "left" else -1.0
    found = trim(sign * effects.yi, effects.vi, centre=_centre(fit, trim_by), estimator=estimator)
    k0 = int(found.k0)
    k = int(fit.k)
    mirrored = smallest_first(sign * effects.yi, effects.vi)[k - k0 : k][::-1]
    both = replace(
        effects,
        yi=np.concatenate([effects.yi, 2 * sign * float(found.centre) - effects.yi[mirrored]]),
        vi=np.concatenate([effects.vi, effects.vi[mirrored]]),
        study=(*effects.study, *(f"filled: {effects.study[i]}" for i in mirrored)),
        counts=None,
        derivations=(),
    )
    filled = (
        pool_common(both, ci=fit.ci_method, level=fit.level)
        if fit.model == "common"
        else pool(both, tau2=fit.tau2_method, ci=fit.ci_method, level=fit.level)
    )
    return TrimAndFill(
        fit=fit,
        filled=filled,
        k0=k0,
        se=float(found.se),
        side=where,
        estimator=estimator,
        trim_by=trim_by,
        settled=bool(found.settled),
    )


def smallest_first(yi: Floats, vi: Floats) -> NDArray[np.intp]:
    """(..., k) the order of the effects, absent studies last; of equal effects the most precise first."""
    shape = np.broadcast_shapes(yi.shape, vi.shape)
    vi = np.broadcast_to(vi, shape)
    return np.lexsort((vi, np.where(np.isfinite(vi), yi, np.inf)), axis=-1)


def lacking(fit: PooledEffect, trim_by: str) -> str:
    """Where small studies are lacking, by the line of `regression_test`: "left" where it is level or cannot be drawn."""
    model = "common" if fit.model == "common" or trim_by == "common" else "random"
    try:
        slope = regression_test(fit.effects, model=model, tau2=fit.tau2_method or "REML").slope
    except NotEstimable:
        return "left"
    return "right" if slope < 0 else "left"


def _centre(fit: PooledEffect, trim_by: str) -> Callable[[Floats, Floats], Any]:
    if fit.model == "common" or trim_by == "common":
        return lambda yi, vi: mean(yi, weights(vi))
    return lambda yi, vi: mean(yi, weights(vi, np.nan_to_num(TAU2[fit.tau2_method](yi, vi))))


def _refuse(fit: PooledEffect) -> None:
    if np.ndim(fit.mu):
        raise NotEstimable("Trim and fill: one analysis at a time. For many, `trim` gives the number of missing studies.")
    if fit.method != "IV":
        raise NotEstimable(f"Trim and fill: the fit is by {fit.method}, and studies that are filled in have no counts. Use `pool`.")
    if fit.k < 3:
        raise NotEstimable(f"Trim and fill: k = {fit.k}, and it needs 3.")
