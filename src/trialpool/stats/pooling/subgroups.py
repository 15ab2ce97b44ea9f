"""Subgroups: a pooled effect each, and a test of whether they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats, count, indicators, split
from trialpool.stats.distributions import chi2_p, f_p, p_text
from trialpool.stats.effects.columns import told_apart
from trialpool.stats.effects.effects import Counts, Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, choose, expect, expect_one_analysis
from trialpool.stats.pooling.intervals import COMMON_EFFECT_INTERVALS, INTERVALS
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel, without
from trialpool.stats.pooling.pairwise import fit, pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import mean, weights
from trialpool.stats.tables import Tabular

TAU2_OF_SUBGROUPS = {
    "separate": "each subgroup has its own tau2",
    "common": "the subgroups share one tau2",
}
MODELS = ("random", "common", "mantel-haenszel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroups(Tabular):
    """Pooled effects of the levels of a moderator, with the test between them.

    levels   : names, in the order of first appearance
    fits     : a PooledEffect each
    tau2     : "separate" or "common"
    Q        : sum of wi (mu_i - mu)^2 over the levels, wi = 1 / se_i^2 with the model's standard errors
    df, df2  : degrees of freedom of Q, and of its denominator where the test is an F test (inf for chi-squared)
    p        : P of no difference between levels
    """

    levels: tuple[str, ...]
    fits: tuple[PooledEffect, ...]
    tau2: str
    Q: float
    df: int
    df2: float
    p: float

    def table(self) -> dict[str, list[Any]]:
        """A row a level: k, pooled effect, se, limits, P, tau2, I2, and shown (back-transformed)."""
        rows = [fit.to_dict() for fit in self.fits]
        columns = {name: [row[name] for row in rows] for name in ("k", "estimate", "se", "p", "tau2", "I2")}
        columns["mu"] = columns.pop("estimate")
        columns |= {name: [(row["ci"] or (None, None))[i] for row in rows] for i, name in enumerate(("ci_low", "ci_high"))}
        columns["shown"] = [row["shown"]["estimate"] for row in rows]
        return {"level": list(self.levels)} | columns

    def __str__(self) -> str:
        lines = [f"{level}: {fit}" for level, fit in zip(self.levels, self.fits, strict=True)]
        difference = p_text(self.p, "difference P") if len(lines) > 1 else "and no other to compare it with"
        return "\n".join([f"{len(lines)} subgroup{'s'[: len(lines) > 1]}, {difference}", *lines])


def subgroups(
    effects: Effects,
    by: Sequence[object],
    *,
    tau2: str = "REML",
    ci: str = "HK",
    level: float = 0.95,
    share: str = "separate",
    model: str = "random",
) -> Subgroups:
    """Pool within the levels of a moderator and test between them.

    Parameters
    ----------
    effects : effects of k studies
    by : (k,) the level that each study belongs to; a study without one (None, nan, "") is left out, which the notes of the
        fits say
    tau2, ci, level : as in `pool`
    share : "separate" gives each subgroup its own tau2, "common" one to all of them
    model : "random", "common" (effect) or "mantel-haenszel", for effects from counts

    Returns
    -------
    Subgroups. With separate tau2 the test is Cochran's Q between the pooled effects, chi-squared, and by the model's (Wald)
    standard errors under every `ci`: a Hartung-Knapp standard error of two or three studies that happen to agree is near zero,
    and a test built on it would see differences that are not there. With a common tau2 the subgroups are the levels of a
    meta-regression, whose Hartung-Knapp scale factor comes from all studies, and under it the test is an F test.

    Raises
    ------
    BadArgument
        for an unknown choice, a `by` of another length, or an interval that is no regression's where tau2 is shared
    NotEstimable
        where no study has a level

    References
    ----------
    Borenstein & Higgins (2013), Prev Sci 14:134-143; Knapp & Hartung (2003), Stat Med 22:2693-2710

    >>> from trialpool.stats.effects.effects import effects
    >>> four = effects([-0.4, -0.5, -0.1, -0.2], [0.01, 0.01, 0.01, 0.01])
    >>> by_drug = subgroups(four, ["thalidomide", "thalidomide", "lenalidomide", "lenalidomide"], ci="Wald")
    >>> by_drug.levels, round(by_drug.Q, 2), round(by_drug.p, 4)
    (('thalidomide', 'lenalidomide'), 9.0, 0.0027)
    """
    expect("subgroups", effects, Effects, EFFECT_MAKERS)
    expect_one_analysis("subgroups", effects)
    choose("share", share, TAU2_OF_SUBGROUPS)
    choose("model", model, MODELS)
    choose("tau2", tau2, TAU2)
    choose("ci", ci, INTERVALS if (model, share) == ("random", "separate") else COMMON_EFFECT_INTERVALS)
    if len(by) != effects.yi.shape[-1]:
        raise BadArgument(f"`by` has {len(by)} values for {effects.yi.shape[-1]} studies. Give one for each.")
    effects = _with_a_level(effects, by)
    here = np.isfinite(effects.vi)
    levels = tuple(dict.fromkeys(str(b) for b, there in zip(by, here, strict=True) if there))
    if not levels:
        raise NotEstimable("Subgroups: no study that is present has a level.")
    codes = np.array([levels.index(str(b)) if there else -1 for b, there in zip(by, here, strict=True)])
    batch = replace(effects, vi=split(effects.vi, codes, len(levels)))
    if model == "mantel-haenszel":
        absent = np.isinf(batch.vi) & np.isfinite(effects.vi)
        fits = mantel_haenszel(without(effects, absent), level=level)
    elif model == "common":
        fits = pool_common(batch, ci=ci, level=level)
    elif share == "separate":
        fits = pool(batch, tau2=tau2, ci=ci, level=level)
    else:
        shared = TAU2[tau2](effects.yi, effects.vi, indicators(codes, len(levels)))
        fits = fit(batch, np.full(len(levels), shared), model="random", tau2_method=tau2, ci=ci, level=level)
        if ci in ("HK", "HK-floor"):
            fits = _with_one_scale(fits, floor=1.0 if ci == "HK-floor" else 0.0)
    Q, df, df2, p = _difference(fits, share)
    return Subgroups(levels=levels, fits=each(fits), tau2=share, Q=float(Q), df=df, df2=df2, p=float(p))


def _with_a_level(effects: Effects, by: Sequence[object]) -> Effects:
    """The effects without the studies that have no level (None, nan or empty), said in their notes."""
    missing = np.array([b is None or b == "" or b != b for b in by], dtype=bool)
    if not missing.any():
        return effects
    out = missing & np.isfinite(effects.vi)
    labels = told_apart(effects.study)
    notes = {labels[i]: "left out of the subgroups, as it has no level" for i in np.flatnonzero(out)}
    return replace(effects, vi=np.where(missing, np.inf, effects.vi), notes={**effects.notes, **notes})


def each(batch: PooledEffect) -> tuple[PooledEffect, ...]:
    """The single analyses of a batch with one leading axis."""
    yi, vi = np.broadcast_arrays(batch.effects.yi, batch.effects.vi)
    return tuple(
        replace(
            batch,
            effects=replace(batch.effects, yi=yi[i], vi=vi[i], counts=_counts_at(batch.effects.counts, i)),
            **{name: getattr(batch, name)[i] for name in ("mu", "se", "df", "tau2", "Q", "k")},
        )
        for i in range(len(vi))
    )


def _counts_at(counts: Counts | None, i: int) -> Counts | None:
    """The counts of one analysis of a batch."""
    if counts is None or counts.events_t.ndim == 1:
        return counts
    return Counts(**{name: getattr(counts, name)[i] for name in ("events_t", "n_t", "events_c", "n_c")})


def _with_one_scale(fits: PooledEffect, *, floor: float) -> PooledEffect:
    """Hartung-Knapp standard errors of a meta-regression on subgroups: one scale factor with k - G degrees of freedom."""
    wi = weights(fits.effects.vi, fits.tau2)
    residual: Floats = fits.effects.yi - np.asarray(mean(fits.effects.yi, wi))[..., np.newaxis]
    df = float(count(fits.effects.vi).sum() - len(wi))
    if df < 1:
        return fits
    q = max(float((wi * residual**2).sum() / df), floor)
    return replace(fits, se=np.sqrt(q / wi.sum(-1)), df=np.full(len(wi), df))


def _difference(fits: PooledEffect, share: str) -> tuple[Any, int, float, Any]:
    groups = len(fits.mu)
    scaled = share == "common" and fits.ci_method in ("HK", "HK-floor") and fits.model == "random"
    wi = 1 / fits.se**2 if fits.method == "MH" else weights(fits.effects.vi, np.nan_to_num(fits.tau2)).sum(-1)
    Q = (wi * (fits.mu - mean(fits.mu, wi)) ** 2).sum()
    if scaled and Q > 0:
        with np.errstate(divide="ignore"):
            Q = Q / (wi[0] * fits.se[0] ** 2)  # the one scale factor of all levels
    df, df2 = groups - 1, float(fits.df[0]) if scaled else float("inf")
    if df < 1:
        return Q, df, df2, float("nan")
    return Q, df, df2, f_p(Q / df, df, df2) if np.isfinite(df2) else chi2_p(Q, df)
