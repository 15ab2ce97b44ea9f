"""Mantel-Haenszel pooling of 2x2 tables and of events in person-time: no zero cell needs a correction in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.effects.effects import Counts, Effects
from trialpool.stats.effects.rate import rate_difference, rate_ratio
from trialpool.stats.effects.two_by_two import TWO_BY_TWO, cells_of
from trialpool.stats.effects.zero_cells import Cells, corrected
from trialpool.stats.exact.person_time import PersonTime, person_time_of
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.pooling.pooled_effect import PooledEffect


def mh_odds_ratio(cells: Cells) -> tuple[Any, Any]:
    """log(R/S), R = sum ad/N, S = sum bc/N; variance of Robins, Breslow & Greenland (1986), Biometrics 42:311-323."""
    a, b, c, d = cells
    N = patients(cells)
    R, S, P, Q = a * d / N, b * c / N, (a + d) / N, (b + c) / N
    sum_R, sum_S = R.sum(-1), S.sum(-1)
    var = (P * R).sum(-1) / (2 * sum_R**2) + (P * S + Q * R).sum(-1) / (2 * sum_R * sum_S) + (Q * S).sum(-1) / (2 * sum_S**2)
    return np.log(sum_R / sum_S), var


def mh_risk_ratio(cells: Cells) -> tuple[Any, Any]:
    """log(R/S), R = sum a n2/N, S = sum c n1/N; variance of Greenland & Robins (1985), Biometrics 41:55-68."""
    a, b, c, d = cells
    n1, n2, N = a + b, c + d, patients(cells)
    R, S = (a * n2 / N).sum(-1), (c * n1 / N).sum(-1)
    return np.log(R / S), ((n1 * n2 * (a + c) / N - a * c) / N).sum(-1) / (R * S)


def mh_risk_difference(cells: Cells) -> tuple[Any, Any]:
    """sum (a n2 - c n1)/N / sum n1 n2/N; variance of Sato, Greenland & Robins (1989), Biometrics 45:1323-1324."""
    a, b, c, d = cells
    n1, n2, N = a + b, c + d, patients(cells)
    W = (n1 * n2 / N).sum(-1)
    rd = ((a * n2 - c * n1) / N).sum(-1) / W
    P = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / N**2
    Q = (a * d + b * c) / (2 * N)
    return rd, (rd * P.sum(-1) + Q.sum(-1)) / W**2


def patients(cells: Cells) -> Floats:
    """N of each trial, (..., k); infinite where a trial is absent, which makes its share of every sum 0."""
    N = cells.a + cells.b + cells.c + cells.d
    return np.where(N > 0, N, np.inf)


def mh_rate_ratio(data: PersonTime) -> tuple[Any, Any]:
    """log(R/S), R = sum x1 t2/T, S = sum x2 t1/T; variance of Greenland & Robins (1985), Biometrics 41:55-68."""
    x1, t1, x2, t2, T = data.events_t, data.time_t, data.events_c, data.time_c, data.time_t + data.time_c
    R, S = (x1 * t2 / T).sum(-1), (x2 * t1 / T).sum(-1)
    return np.log(R / S), ((x1 + x2) * t1 * t2 / T**2).sum(-1) / (R * S)


def mh_rate_difference(data: PersonTime) -> tuple[Any, Any]:
    """sum (x1 t2 - x2 t1)/T / sum t1 t2/T; variance of Rothman & Greenland (1998), Modern epidemiology, 2nd ed., ch. 15."""
    x1, t1, x2, t2, T = data.events_t, data.time_t, data.events_c, data.time_c, data.time_t + data.time_c
    W = (t1 * t2 / T).sum(-1)
    return ((x1 * t2 - x2 * t1) / T).sum(-1) / W, ((x1 * t2**2 + x2 * t1**2) / T**2).sum(-1) / W**2


MANTEL_HAENSZEL_RATES: dict[str, Callable[[PersonTime], tuple[Any, Any]]] = {
    "IRR": mh_rate_ratio,
    "IRD": mh_rate_difference,
}
MANTEL_HAENSZEL: dict[str, Callable[[Cells], tuple[Any, Any]]] = {
    "OR": mh_odds_ratio,
    "RR": mh_risk_ratio,
    "RD": mh_risk_difference,
}


def mh_shares(effects: Effects) -> Floats:
    """(..., k) shares of the weights bc/N (odds ratio), c n1/N (risk ratio) and n1 n2/N (risk difference)."""
    assert effects.counts is not None
    a, b, c, d = cells = tables(effects.counts)
    N = patients(cells)
    wi = {"OR": b * c / N, "RR": c * (a + b) / N, "RD": (a + b) * (c + d) / N}[effects.measure]
    wi = np.where(np.isfinite(effects.vi), wi, 0.0)
    shares: Floats = wi / wi.sum(-1, keepdims=True)
    return shares


WITHOUT = {
    "OR": "in every trial the same arm has no event, or nothing but events, so the ratio of the weighted sums does not exist",
    "RR": "in every trial the same arm has no event, so the ratio of the weighted sums does not exist",
    "RD": "in every trial both arms have no event, or nothing but events, so the difference has no variance",
    "IRR": "in every trial the same arm has no event, so the ratio of the weighted sums does not exist",
    "IRD": "no trial has an event, so the difference has no variance",
}


def mantel_haenszel(effects: Effects, *, level: float = 0.95) -> PooledEffect:
    """Pool 2x2 tables by Mantel and Haenszel's weights: a common-effect model, without any continuity correction.

    Parameters
    ----------
    effects : what `risk_ratio`, `odds_ratio` or `risk_difference` returned, of shape (..., k)
    level : confidence level

    Returns
    -------
    PooledEffect on the analysis scale with a Wald interval. Cochran's Q is about the pooled effect and uses the trials' own
    estimates, to which 0.5 is added where a cell is empty; the pooled effect itself does not.

    Raises
    ------
    BadArgument
        where the effects did not come from counts
    NotEstimable
        where an arm has no event in any trial (ratios), or both have none (risk difference)

    References
    ----------
    Mantel & Haenszel (1959), J Natl Cancer Inst 22:719-748; variances as named at each formula

    >>> from trialpool.stats.effects.two_by_two import risk_ratio
    >>> rr = risk_ratio(events_t=[4, 0], n_t=[100, 50], events_c=[8, 3], n_c=[100, 50])
    >>> print(mantel_haenszel(rr))
    RR 0.36 (95% CI 0.12 to 1.11), P = 0.077, k = 2, I2 = 0%
    """
    expect("mantel_haenszel", effects, Effects, EFFECT_MAKERS)
    if effects.counts is None or effects.measure not in MANTEL_HAENSZEL:
        raise BadArgument(
            "mantel_haenszel needs events and patients by arm: make the effects by risk_ratio, odds_ratio or risk_difference."
        )
    checked_level(level)
    cells = tables(effects.counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        mu, var = MANTEL_HAENSZEL[effects.measure](cells)
        if np.ndim(mu) == 0 and not (np.isfinite(mu) and var > 0):
            raise NotEstimable(f"Mantel-Haenszel {effects.measure}, k = {effects.yi.shape[-1]}: {WITHOUT[effects.measure]}.")
        yi, vi = TWO_BY_TWO[effects.measure](corrected(cells).cells)
    there = np.isfinite(effects.vi) & (vi > 0)
    own = replace(effects, yi=np.where(there, yi, 0.0), vi=np.where(there, vi, np.inf))
    return replace(_pooled(own, mu, var, level), effects=effects, k=effects.k)


def tables(counts: Counts) -> Cells:
    """The 2x2 tables, (..., k); a trial that lacks a count has no patients, which makes it absent."""
    return cells_of(complete(counts))


def complete(counts: Counts) -> Counts:
    """Counts with zeros for all four of a trial that lacks one."""
    arms = {name: getattr(counts, name) for name in ("events_t", "n_t", "events_c", "n_c")}
    missing = np.isnan(sum(arms.values()))
    return Counts(**{name: np.where(missing, 0.0, values) for name, values in arms.items()}) if missing.any() else counts


def mantel_haenszel_rates(
    *,
    events_t: Any,
    time_t: Any,
    events_c: Any,
    time_c: Any,
    study: Sequence[str] | None = None,
    measure: str = "IRR",
    level: float = 0.95,
) -> PooledEffect:
    """Pool incidence-rate ratios or differences by Mantel and Haenszel's weights, without any continuity correction.

    Parameters
    ----------
    events_t, time_t, events_c, time_c : (..., k) events and person-time by arm
    study : (k,) labels
    measure : "IRR" (ratio, analysed as its log) or "IRD" (difference)
    level : confidence level

    Returns
    -------
    PooledEffect, as `mantel_haenszel` gives it. A trial without events says nothing of a ratio and is absent.

    Raises
    ------
    BadArgument
        for events that are not whole, person-time that is not positive, unequal lengths, an unknown measure
    NotEstimable
        where an arm has no event in any trial (ratios), or no trial has any

    References
    ----------
    Greenland & Robins (1985), Biometrics 41:55-68; Rothman & Greenland (1998), Modern epidemiology, 2nd ed.

    >>> fit = mantel_haenszel_rates(events_t=[9, 8], time_t=[413, 263], events_c=[19, 19], time_c=[398, 245])
    >>> fit.mu.round(4), fit.se.round(4)
    (-0.8578, 0.2917)
    """
    choose("measure", measure, MANTEL_HAENSZEL_RATES)
    checked_level(level)
    data = person_time_of(events_t, time_t, events_c, time_c, study)
    with np.errstate(divide="ignore", invalid="ignore"):
        mu, var = MANTEL_HAENSZEL_RATES[measure](data)
    if np.ndim(mu) == 0 and not (np.isfinite(mu) and var > 0):
        raise NotEstimable(f"Mantel-Haenszel {measure}, k = {len(data.study)}: {WITHOUT[measure]}.")
    arms = {"events_t": events_t, "time_t": time_t, "events_c": events_c, "time_c": time_c}
    own = (rate_ratio if measure == "IRR" else rate_difference)(**arms, study=study)
    return _pooled(own, mu, var, level)


def _pooled(effects: Effects, mu: Any, var: Any, level: float) -> PooledEffect:
    """The estimate with Cochran's Q about it, by the trials' own `effects`; nan where it doesn't exist in a batch."""
    with np.errstate(invalid="ignore"):
        exists = np.isfinite(mu) & (var > 0)
    mu, var = np.where(exists, mu, np.nan)[()], np.where(exists, var, np.nan)[()]
    Q = ((effects.yi - np.asarray(mu)[..., np.newaxis]) ** 2 / effects.vi).sum(-1)
    return PooledEffect(
        effects=effects,
        model="common",
        method="MH",
        tau2_method="",
        ci_method="Wald",
        level=level,
        mu=mu,
        se=np.sqrt(var),
        df=np.full(np.shape(mu), np.inf)[()],
        tau2=np.zeros(np.shape(mu))[()],
        Q=Q,
        k=effects.k,
    )


def without(effects: Effects, absent: Bools) -> Effects:
    """The same effects without some of their trials, (..., k): these get an infinite variance, and no patients."""
    if effects.counts is None:
        return replace(effects, vi=np.where(absent, np.inf, effects.vi))
    counts = {name: np.where(absent, 0.0, getattr(effects.counts, name)) for name in ("events_t", "n_t", "events_c", "n_c")}
    return replace(effects, vi=np.where(absent, np.inf, effects.vi), counts=Counts(**counts))
