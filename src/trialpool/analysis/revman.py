"""Outcomes out of RevMan pooled again, by the settings that RevMan had, and held against what it stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isclose

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.review.revman import RevManOutcome, RevManReview, StoredResult
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p, two_sided_p
from trialpool.stats.effects.effects import Counts, Effects
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.effects.two_by_two import cells_of
from trialpool.stats.effects.zero_cells import corrected
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import fit, pool, pool_common
from trialpool.stats.pooling.peto import peto, peto_hazard_ratio
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.weighted import cochran_q

SAME = 1e-6  # relative
NEAR_ZERO = 1e-9
SAME_P = 1e-6  # absolute: RevMan 5 computes P of chi-squared to six decimals or so


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """One number that RevMan stored, and ours.

    where  : the outcome or subgroup it is of (`CMP-001.02.01`)
    what   : which number
    agrees : within a millionth of each other; P and I2 within 0.000001
    """

    where: str
    name: str
    what: str
    stored: float
    ours: float

    @property
    def agrees(self) -> bool:
        share = self.what.startswith("P") or self.what == "I2"
        return isclose(self.stored, self.ours, rel_tol=SAME, abs_tol=SAME_P if share else NEAR_ZERO)


def pool_as_revman(outcome: RevManOutcome, subgroup: int | None = None) -> PooledEffect:
    """Pool an outcome out of RevMan by the method, model and level that it has there.

    Parameters
    ----------
    outcome : as `read_revman` gives it
    subgroup : number of a subgroup; all studies where left out

    Returns
    -------
    PooledEffect. RevMan adds 0.5 to all cells of a study with an empty one, in Mantel-Haenszel pooling too; and under
    Mantel-Haenszel with random effects its tau2 is that of DerSimonian and Laird with Q about the Mantel-Haenszel estimate. Reviews
    of RevMan Web may have REML and the interval of Hartung and Knapp.
    Prefer `pool(outcome.effects())` for a result of today's standard.

    Raises
    ------
    NotEstimable
        where no study has an effect

    References
    ----------
    Deeks & Higgins (2010), Statistical algorithms in Review Manager 5
    """
    if outcome.kind == "o-e":
        rows = [row for row in outcome.rows_of(subgroup) if row.o_minus_e is not None and row.v]
        if not rows:
            raise NotEstimable(f"{outcome.id} {outcome.name}: no study has an effect.")
        return peto_hazard_ratio(
            o_minus_e=[r.o_minus_e for r in rows], v=[r.v for r in rows], study=[r.name for r in rows], level=outcome.level
        )
    effects = _as_revman(outcome, subgroup)
    if not effects.k:
        raise NotEstimable(f"{outcome.id} {outcome.name}: no study has an effect.")
    if outcome.model == "random" and (outcome.tau2, outcome.ci) != ("DL", "Wald"):
        return pool(effects, tau2=outcome.tau2, ci=outcome.ci, level=outcome.level)
    return POOLS[(outcome.method if outcome.kind == "dichotomous" else "IV", outcome.model)](effects, outcome.level)


def _as_revman(outcome: RevManOutcome, subgroup: int | None) -> Effects:
    """The effects; of counts, with 0.5 added to all cells of a study with an empty one; SMD with RevMan's standard error."""
    effects = outcome.effects(subgroup)
    if outcome.kind == "continuous" and outcome.measure == "SMD":
        return _smd(outcome, subgroup, effects)
    if effects.counts is None or outcome.method == "Peto":
        return effects
    c = corrected(cells_of(effects.counts)).cells
    present = np.isfinite(effects.vi)
    counts = (np.where(present, n, np.nan) for n in (c.a, c.a + c.b, c.c, c.c + c.d))
    return replace(effects, counts=Counts(**dict(zip(("events_t", "n_t", "events_c", "n_c"), counts, strict=True))))


def _smd(outcome: RevManOutcome, subgroup: int | None, effects: Effects) -> Effects:
    """Hedges' g with the approximate factor 1 - 3/(4N - 9), and the variance N/(n1 n2) + g^2/(2 (N - 3.94))."""
    rows = outcome.rows_of(subgroup)
    m1, s1, n1, m2, s2, n2 = (
        np.array([np.nan if (x := getattr(row, name)) is None else x for row in rows], dtype=float)
        for name in ("mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c")
    )
    N = n1 + n2
    s = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (N - 2))
    g = (m1 - m2) / s * (1 - 3 / (4 * N - 9))
    vi = N / (n1 * n2) + g**2 / (2 * (N - 3.94))
    there = np.isfinite(effects.vi)
    return replace(effects, yi=np.where(there, g, 0.0), vi=np.where(there, vi, np.inf))


def _random_mh(effects: Effects, level: float) -> PooledEffect:
    Q = mantel_haenszel(effects, level=level).Q
    wi = 1 / effects.vi
    k = int(effects.k)
    tau2 = max(0.0, (Q - (k - 1)) / (wi.sum() - (wi**2).sum() / wi.sum())) if k > 1 else 0.0
    return replace(fit(effects, tau2, model="random", tau2_method="DL", ci="Wald", level=level), Q=Q)


POOLS: dict[tuple[str, str], Callable[[Effects, float], PooledEffect]] = {
    ("MH", "common"): lambda effects, level: mantel_haenszel(effects, level=level),
    ("MH", "random"): _random_mh,
    ("IV", "common"): lambda effects, level: pool_common(effects, level=level),
    ("IV", "random"): lambda effects, level: pool(effects, tau2="DL", ci="Wald", level=level),
    ("Peto", "common"): lambda effects, level: peto(effects, level=level),
    ("Peto", "random"): lambda effects, level: peto(effects, level=level),
}


def check_revman(review: RevManReview) -> tuple[Recomputed, ...]:
    """Every pooled result that a RevMan file stored, beside ours by the same method: effect, limits, Z, P, heterogeneity, weights.

    Returns
    -------
    a Recomputed for each number; those that do not agree deserve a look, for the file may have been edited since. Where nothing can
    be pooled, `ours` is nan
    """
    return tuple(number for outcome in review.outcomes for number in _recomputed(outcome))


def _recomputed(outcome: RevManOutcome) -> Iterator[Recomputed]:
    if outcome.stored.estimate is not None and outcome.totals != "SUB":
        ours = _pooled(outcome, None)
        yield from _numbers(outcome, outcome.id, outcome.name, outcome.stored, ours)
        yield from _weights(outcome, ours) if ours else ()
    fits = []
    for subgroup in outcome.subgroups:
        if subgroup.stored.estimate is None:
            continue
        of_subgroup = _pooled(outcome, subgroup.number)
        fits += [of_subgroup] if of_subgroup else []
        yield from _numbers(outcome, subgroup.id, f"{outcome.name}: {subgroup.name}", subgroup.stored, of_subgroup)
    if len(fits) > 1 and outcome.stored.Q:
        Q = cochran_q(np.array([f.mu for f in fits]), np.array([f.se for f in fits]) ** 2)
        yield Recomputed(where=outcome.id, name=outcome.name, what="Q between subgroups", stored=outcome.stored.Q, ours=float(Q))
        if outcome.stored.Q_p is not None:
            p = float(chi2_p(Q, len(fits) - 1))
            yield Recomputed(where=outcome.id, name=outcome.name, what="P between subgroups", stored=outcome.stored.Q_p, ours=p)


def _pooled(outcome: RevManOutcome, subgroup: int | None) -> PooledEffect | None:
    """The pooled effect; None where the data do not give one."""
    try:
        return pool_as_revman(outcome, subgroup)
    except (NotEstimable, BadArgument):
        return None


def _numbers(
    outcome: RevManOutcome, where: str, name: str, stored: StoredResult, ours: PooledEffect | None
) -> Iterator[Recomputed]:
    if ours is None:
        yield Recomputed(where=where, name=name, what="effect", stored=stored.estimate or 0.0, ours=float("nan"))
        return
    shown = MEASURES[ours.effects.measure].shown
    low, high = ours.interval()
    several = ours.k > 1
    hartung_knapp = ours.ci_method == "HK" and several
    I2 = 0.0
    if several and outcome.model == "random" and outcome.I2_from == "tau2":
        I2 = float(ours.I2)
    elif several and ours.Q > 0:
        I2 = float(max(0.0, 1 - (ours.k - 1) / ours.Q))
    pairs: tuple[tuple[str, float | None, float], ...] = (
        ("effect", stored.estimate, shown(float(ours.mu))),
        ("lower limit", stored.ci_low, shown(float(low))),
        ("upper limit", stored.ci_high, shown(float(high))),
        ("Z", None if hartung_knapp else stored.z, abs(float(ours.statistic))),
        ("T", stored.t if hartung_knapp else None, abs(float(ours.statistic))),
        ("P", stored.p, _wald_p(ours) if hartung_knapp else float(ours.p)),
        ("chi-squared", stored.chi2 if several else None, float(ours.Q)),
        ("P of heterogeneity", stored.chi2_p if several else None, float(ours.Q_p) if several else 0.0),
        ("I2", stored.I2 if several else None, I2),
        ("tau2", stored.tau2 if several and outcome.model == "random" else None, float(np.nan_to_num(ours.tau2))),
    )
    for what, theirs, mine in pairs:
        if theirs is not None:
            yield Recomputed(where=where, name=name, what=what, stored=theirs, ours=mine)


def _wald_p(ours: PooledEffect) -> float:
    """P of the effect by the normal distribution, which RevMan stores beside the interval and T of Hartung and Knapp."""
    wi = 1 / (ours.effects.vi + ours.tau2)
    return float(two_sided_p(ours.mu * np.sqrt(wi.sum()), np.inf))


def _weights(outcome: RevManOutcome, ours: PooledEffect) -> Iterator[Recomputed]:
    shares = revman_weights(outcome, ours)
    rows = [row for row in outcome.rows_of() if outcome.kind != "o-e" or (row.o_minus_e is not None and row.v)]
    for row, share in zip(rows, shares.tolist(), strict=True):
        if row.stored.weight is not None and row.estimable:
            what = f"weight of {row.name}"
            yield Recomputed(where=outcome.id, name=outcome.name, what=what, stored=row.stored.weight, ours=100 * share)


def revman_weights(outcome: RevManOutcome, pooled: PooledEffect) -> Floats:
    """(k,) shares of the studies in a pooled effect as RevMan shows them: Mantel-Haenszel's own under a common effect."""
    if outcome.kind != "dichotomous" or (outcome.method, outcome.model) != ("MH", "common"):
        return pooled.weights
    counts = pooled.effects.counts
    assert counts is not None  # Mantel-Haenszel pools nothing else
    a, b, c, d = (np.nan_to_num(cell) for cell in cells_of(counts))
    N = a + b + c + d
    N = np.where(N > 0, N, np.inf)
    wi = {"OR": b * c / N, "RR": c * (a + b) / N, "RD": (a + b) * (c + d) / N}[outcome.measure]
    shares: Floats = wi / wi.sum()
    return shares
