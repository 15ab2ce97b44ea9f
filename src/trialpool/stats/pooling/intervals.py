"""Pooled effects with their standard errors and degrees of freedom: one function a method, gathered in the table INTERVALS.

Each takes effects, variances (..., k) and tau2 (...) and returns the pooled effect, its standard error and the degrees of freedom
of the reference distribution, infinite for the normal. With one study only, there is nothing but that study's own standard error,
as tau2 is 0 there. Three methods, in the table LIMITS, have limits that are not mu -+ q se.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from trialpool.stats.arrays import Floats, count
from trialpool.stats.distributions import quantile, two_sided_p
from trialpool.stats.pooling import henmi_copas, profile_likelihood
from trialpool.stats.pooling.tau2 import dersimonian_laird
from trialpool.stats.pooling.weighted import mean, weights

IQWIG_LEVEL = 0.95  # at which the widths are compared


class Pooled(NamedTuple):
    """mu, se and df, each (...)."""

    mu: Any
    se: Any
    df: Any


def wald(yi: Floats, vi: Floats, tau2: Any) -> Pooled:
    """se = 1 / sqrt(sum wi), normal."""
    wi = weights(vi, tau2)
    mu = mean(yi, wi)
    return Pooled(mu, 1 / np.sqrt(wi.sum(-1)), np.full(np.shape(mu), np.inf)[()])


def t_interval(yi: Floats, vi: Floats, tau2: Any) -> Pooled:
    """se as in `wald`, t with k - 1 degrees of freedom. Follmann & Proschan (1999), Biometrics 55:732-737."""
    wi = weights(vi, tau2)
    return Pooled(mean(yi, wi), 1 / np.sqrt(wi.sum(-1)), _df(count(vi)))


def hartung_knapp(yi: Floats, vi: Floats, tau2: Any) -> Pooled:
    """se = sqrt(q / sum wi), q = sum wi (yi - mu)^2 / (k - 1), t with k - 1 degrees of freedom.

    Hartung & Knapp (2001), Stat Med 20:3875-3889; Sidik & Jonkman (2002), Stat Med 21:3153-3159.
    """
    return _scaled(yi, vi, tau2, floor=0.0)


def hartung_knapp_floored(yi: Floats, vi: Floats, tau2: Any) -> Pooled:
    """As `hartung_knapp` with q at least 1, so that the interval never is narrower than the t interval.

    Knapp & Hartung (2003), Stat Med 22:2693-2710.
    """
    return _scaled(yi, vi, tau2, floor=1.0)


def hartung_knapp_iqwig(yi: Floats, vi: Floats, tau2: Any) -> Pooled:
    """As `hartung_knapp_floored` where the 95% interval of `hartung_knapp` is narrower than the Wald one with tau2 by DL.

    Elsewhere as `hartung_knapp`, even if its scale factor is below 1. Widths are compared at 95% whatever the level, so that
    there is one standard error and one P.

    Institute for Quality and Efficiency in Health Care (IQWiG), General Methods, version 6 (2022).
    """
    plain, floored = hartung_knapp(yi, vi, tau2), hartung_knapp_floored(yi, vi, tau2)
    by_dl = wald(yi, vi, np.nan_to_num(dersimonian_laird(yi, vi)))
    narrower = quantile(IQWIG_LEVEL, plain.df) * plain.se < quantile(IQWIG_LEVEL, by_dl.df) * by_dl.se
    return Pooled(plain.mu, np.where(narrower, floored.se, plain.se)[()], plain.df)


def limits_of_wider(yi: Floats, vi: Floats, tau2: Any, level: float) -> tuple[Any, Any]:
    """The limits of `hartung_knapp` or `wald`, whichever lie further out.

    Jackson, Law, Ruecker & Schwarzer (2017), Stat Med 36:3923-3934: their second hybrid method.
    """
    both = _hartung_knapp_and_wald(yi, vi, tau2)
    half = np.maximum(*(quantile(level, each.df) * each.se for each in both))
    return both[0].mu - half, both[0].mu + half


def p_of_wider(yi: Floats, vi: Floats, tau2: Any) -> Any:
    """The larger P of `hartung_knapp` and `wald`: below 1 - level just where no effect is outside `limits_of_wider`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.fmax(*(two_sided_p(each.mu / each.se, each.df) for each in _hartung_knapp_and_wald(yi, vi, tau2)))


def _hartung_knapp_and_wald(yi: Floats, vi: Floats, tau2: Any) -> tuple[Pooled, Pooled]:
    tau2 = np.nan_to_num(tau2)  # nan where fewer than two studies are present
    return hartung_knapp(yi, vi, tau2), wald(yi, vi, tau2)


def _scaled(yi: Floats, vi: Floats, tau2: Any, *, floor: float) -> Pooled:
    wi = weights(vi, tau2)
    sum_w = wi.sum(-1)
    mu = (wi * yi).sum(-1) / sum_w
    ri = yi - np.asarray(mu)[..., np.newaxis]
    squares, k = (wi * ri * ri).sum(-1), count(vi)
    if np.ndim(k) == 0 and np.ndim(mu) == 0:
        q = max(squares / (k - 1), floor) if k > 1 else 1.0
        return Pooled(mu, np.sqrt(q / sum_w), np.float64(k - 1 if k != 1 else np.inf))
    q = np.where(k == 1, 1.0, np.maximum(squares / np.where(k == 1, 1, k - 1), floor))
    return Pooled(mu, np.sqrt(q / sum_w), _df(k))


def _df(k: Any) -> Any:
    return np.where(k == 1, np.inf, k - 1.0)[()]


def kenward_roger(yi: Floats, vi: Floats, tau2: Any) -> Pooled:
    """The standard error made larger for tau2 being an estimate, by REML, and t with as many degrees of freedom as suit it.

    With S1, S2, S3 the sums of wi, wi^2, wi^3 and var tau2 = 2 / tr PP, tr PP = S2 - 2 S3 / S1 + (S2 / S1)^2,

        se^2 = (1 + 2 var tau2 (S3 - S2^2 / S1) / S1) / S1        df = 2 / (var tau2 (se^2 S2)^2)

    which is what the general formulas come to for a single coefficient, the scale factor of its F statistic being 1; but as
    Partlett and Riley have it the larger se^2 enters df, where Kenward and Roger have 1 / S1, which gives a few
    more.

    Kenward & Roger (1997), Biometrics 53:983-997; Partlett & Riley (2017), Stat Med 36:301-317.
    """
    wi = weights(vi, tau2)
    S1, S2, S3 = wi.sum(-1), (wi**2).sum(-1), (wi**3).sum(-1)
    one = count(vi) == 1
    information = np.where(one, np.nan, S2 - 2 * S3 / S1 + (S2 / S1) ** 2)
    var_tau2 = 2 / information
    var = np.where(one, 1.0, 1 + 2 * var_tau2 * (S3 - S2**2 / S1) / S1) / S1
    df = np.where(one, np.inf, 2 / (var_tau2 * (var * S2) ** 2))
    return Pooled(mean(yi, wi), np.sqrt(var)[()], df[()])


def henmi_copas_mean(yi: Floats, vi: Floats, tau2: Any) -> Pooled:
    """The common-effect mean with the variance that it has if the effects differ; its limits: `henmi_copas.limits`.

    se = sqrt(sum wi^2 (vi + tau2)) / sum wi, wi = 1/vi. Henmi & Copas (2010), Stat Med 29:2969-2983.
    """
    wi = weights(vi)
    sum_w = wi.sum(-1)
    mu = mean(yi, wi)
    return Pooled(mu, np.sqrt((1 + tau2 * (wi**2).sum(-1) / sum_w) / sum_w), np.full(np.shape(mu), np.inf)[()])


IntervalMethod = Callable[[Floats, Floats, Any], Pooled]
INTERVALS: dict[str, IntervalMethod] = {
    "HK": hartung_knapp,
    "HK-floor": hartung_knapp_floored,
    "HK-wider": hartung_knapp,
    "HK-IQWiG": hartung_knapp_iqwig,
    "Wald": wald,
    "t": t_interval,
    "KR": kenward_roger,
    "PL": wald,
    "HC": henmi_copas_mean,
}
INTERVAL_NAMES = {
    "HK": "Hartung-Knapp",
    "HK-floor": "Hartung-Knapp with its scale factor at least 1",
    "HK-wider": "the wider of Hartung-Knapp and Wald",
    "HK-IQWiG": "Hartung-Knapp, with its scale factor at least 1 where it is narrower than DerSimonian-Laird with Wald",
    "Wald": "Wald",
    "t": "t distribution with k - 1 degrees of freedom",
    "KR": "Kenward-Roger",
    "PL": "profile likelihood",
    "HC": "Henmi-Copas",
}
GOES_WITH = {"KR": "REML", "PL": "ML", "HC": "DL"}  # intervals whose theory is that of one estimator of tau2
COMMON_EFFECT_INTERVALS = ("HK", "HK-floor", "Wald", "t")


class OwnLimits(NamedTuple):
    """Limits of a pooled effect, and the P value of no effect that goes with them.

    limits : of yi, vi, tau2 and the level
    p      : of yi, vi and tau2
    """

    limits: Callable[[Floats, Floats, Any, float], tuple[Any, Any]]
    p: Callable[[Floats, Floats, Any], Any]


LIMITS = {
    "HK-wider": OwnLimits(limits_of_wider, p_of_wider),
    "PL": OwnLimits(profile_likelihood.limits_of_mean, profile_likelihood.p_of_no_effect),
    "HC": OwnLimits(henmi_copas.limits, henmi_copas.p_of_no_effect),
}

PREDICTIONS: dict[str, Callable[[Any], Any]] = {
    "t": lambda k: k - 1.0,
    "HTS": lambda k: k - 2.0,
    "normal": lambda k: np.full(np.shape(k), np.inf)[()],
}
KR_PREDICTIONS: dict[str, Callable[[Any], Any]] = {
    "KR": lambda df: df,
    "KR-PR": lambda df: df - 1.0,
}
PREDICTION_NAMES = {
    "t": "t distribution with k - 1 degrees of freedom",
    "HTS": "t distribution with k - 2 degrees of freedom (Higgins, Thompson & Spiegelhalter)",
    "normal": "normal distribution",
    "KR": "t distribution with the degrees of freedom of the Kenward-Roger interval",
    "KR-PR": "t distribution with one degree of freedom less than the Kenward-Roger interval (Partlett & Riley)",
}
