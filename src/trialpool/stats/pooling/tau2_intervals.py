"""How well tau2 is known: standard errors, and limits by one function a method, gathered in the table TAU2_INTERVALS.

Each takes yi, vi (..., k), a design X or None, the estimate tau2 (...), the key of TAU2 that it is of and a level, and returns the
lower and the upper limit (...), in the units of vi. All numbers are nan where there is no estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_quantile, z_quantile
from trialpool.stats.pooling import heterogeneity, profile_likelihood
from trialpool.stats.pooling.projection import Studies, projection, studies_first
from trialpool.stats.pooling.quadratic_forms import moment_se, tau2_where_q_is_exceeded
from trialpool.stats.pooling.tau2 import crude_variance, sidik_jonkman
from trialpool.stats.pooling.weighted import cochran_q

Limits = tuple[Any, Any]


def tau2_se(yi: Floats, vi: Floats, X: Floats | None = None, *, tau2: Any, method: str) -> Any:
    """(...) the standard error of an estimate of tau2.

    Of moment estimates it is exact for normal effects at the tau2 given: var y'P_a y = 2 tr P_a S P_a S, S = diag(vi + tau2).
    Of likelihood estimates it comes from the expected information, of Paule and Mandel's from that of Morris. None of them knows of
    the cut at 0, and tau2 is far from normal unless there are many studies: use an interval of TAU2_INTERVALS instead.

    References
    ----------
    Viechtbauer (2005), J Educ Behav Stat 30:261-293; Viechtbauer, Lopez-Lopez, Sanchez-Meca & Marin-Martinez (2015), Psychol
    Methods 20:360-374

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> tau2_se(yi, vi, tau2=0.112703, method="REML").round(3)
    0.146
    """
    studies = studies_first(yi, vi, X)
    tau2 = np.asarray(tau2, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(studies.exists, TAU2_SE[method](studies, tau2), np.nan)[()]


def _of_moments(ai: Callable[[Studies], Floats]) -> Callable[[Studies, Any], Any]:
    return lambda studies, tau2: moment_se(studies, projection(ai(studies), studies.X), tau2)


def _two_step_weights(studies: Studies) -> Floats:
    P = studies.projection()
    Q = P.quadratic(studies.yi)
    ai: Floats = 1 / (studies.vi + np.maximum((Q - studies.df) / P.trace(), 0.0))
    return ai


def _of_hunter_schmidt(studies: Studies, tau2: Any) -> Any:
    P = studies.projection()
    return np.sqrt(2 * P.trace_of_square(studies.variances + tau2)) / P.ai.sum(0)


def _of_sidik_jonkman(studies: Studies, tau2: Any) -> Any:
    first = crude_variance(studies)
    return first / studies.df * np.sqrt(2 * studies.projection(first).trace_of_square(studies.variances + tau2))


def _of_morris(studies: Studies, tau2: Any) -> Any:
    k = np.isfinite(studies.vi).sum(0)
    return np.sqrt(2 * k**2 / studies.df) / (1 / (studies.vi + tau2)).sum(0)


TAU2_SE: dict[str, Callable[[Studies, Any], Any]] = {
    "REML": lambda studies, tau2: np.sqrt(2 / studies.projection(tau2).trace_of_square()),
    "ML": lambda studies, tau2: np.sqrt(2 / (1 / (studies.vi + tau2) ** 2).sum(0)),
    "DL": _of_moments(lambda studies: 1 / studies.vi),
    "DL2": _of_moments(_two_step_weights),
    "HE": _of_moments(lambda studies: np.isfinite(studies.vi).astype(float)),
    "GENQ": _of_moments(lambda studies: 1 / np.sqrt(studies.vi)),
    "GENQM": _of_moments(lambda studies: 1 / np.sqrt(studies.vi)),
    "HS": _of_hunter_schmidt,
    "HSk": lambda studies, tau2: _of_hunter_schmidt(studies, tau2) * np.isfinite(studies.vi).sum(0) / studies.df,
    "SJ": _of_sidik_jonkman,
    **dict.fromkeys(("PM", "EB", "PMM", "DLIT", "SJIT"), _of_morris),
}


def q_profile(yi: Floats, vi: Floats, X: Floats | None, *, tau2: Any, method: str, level: float) -> Limits:
    """See `trialpool.stats.pooling.heterogeneity.q_profile`. Viechtbauer (2007), Stat Med 26:37-52."""
    return heterogeneity.q_profile(yi, vi, X, level=level)


def generalised_q(yi: Floats, vi: Floats, X: Floats | None, *, tau2: Any, method: str, level: float) -> Limits:
    """Where the generalised Q with weights 1/sqrt(vi) has the tail areas of the level, exactly.

    Jackson (2013), Biom J 55:829-844; with moderators: Jackson, Turner, Rhodes & Viechtbauer (2014), BMC Med Res Methodol 14:103.
    """
    studies = studies_first(yi, vi, X)
    return _exact(studies, 1 / np.sqrt(studies.vi), level)


def biggerstaff_jackson(yi: Floats, vi: Floats, X: Floats | None, *, tau2: Any, method: str, level: float) -> Limits:
    """Where Cochran's Q has the tail areas of the level, exactly. Biggerstaff & Jackson (2008), Stat Med 27:6093-6110."""
    studies = studies_first(yi, vi, X)
    return _exact(studies, 1 / studies.vi, level)


def _exact(studies: Studies, ai: Floats, level: float) -> Limits:
    with np.errstate(divide="ignore", invalid="ignore"):
        P = projection(ai, studies.X)
        low, high = (tau2_where_q_is_exceeded(studies, P, share) for share in ((1 - level) / 2, (1 + level) / 2))
    return low, high


def profile_limits(yi: Floats, vi: Floats, X: Floats | None, *, tau2: Any, method: str, level: float) -> Limits:
    """By the restricted likelihood about REML, by the full one about ML. Hardy & Thompson (1996), Stat Med 15:619-629."""
    if method not in {"REML", "ML"}:
        raise BadArgument(f"The profile likelihood interval of tau2 is about tau2='REML' or tau2='ML', not tau2={method!r}.")
    return profile_likelihood.limits_of_tau2(yi, vi, X, tau2, level, restricted=method == "REML")


def sidik_jonkman_limits(yi: Floats, vi: Floats, X: Floats | None, *, tau2: Any, method: str, level: float) -> Limits:
    """(k - p) tau2_SJ over its chi-squared limits, whatever the estimate. Sidik & Jonkman (2005), Appl Stat 54:367-384."""
    studies = studies_first(yi, vi, X)
    sum_of_squares = studies.df * sidik_jonkman(yi, vi, X)
    low, high = (sum_of_squares / chi2_quantile(tail, studies.df) for tail in ((1 - level) / 2, (1 + level) / 2))
    return low, high


def higgins_thompson(yi: Floats, vi: Floats, X: Floats | None, *, tau2: Any, method: str, level: float) -> Limits:
    """tau2 = (H2 - 1) s2, with limits H2 exp(-+ 2 z se(log H)), at least 1, of the H2 that tau2 answers to.

    se(log H) = (log Q - log(k - 1)) / 2 / (sqrt(2Q) - sqrt(2k - 3)) where Q > k, sqrt((1 - 1 / 3(k - 2)^2) / 2(k - 2)) elsewhere.
    Higgins & Thompson (2002), Stat Med 21:1539-1558, p. 1549; without moderators only.
    """
    if X is not None:
        raise BadArgument("The interval of Higgins and Thompson is for effects without moderators. Take 'QP' or 'GENQ'.")
    s2, Q = heterogeneity.typical_variance(vi), cochran_q(yi, vi)
    k = np.isfinite(vi).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        large = 0.5 * np.log(Q / (k - 1)) / (np.sqrt(2 * Q) - np.sqrt(2 * k - 3))
        small = np.sqrt((1 - 1 / (3 * (k - 2) ** 2)) / (2 * (k - 2)))
        factor = np.exp(2 * z_quantile(level) * np.where(Q > k, large, small))
        H2 = heterogeneity.h2(tau2, s2)
        low, high = (np.maximum((limit - 1) * s2, 0.0) for limit in (H2 / factor, H2 * factor))
    return low, high


def wald_limits(yi: Floats, vi: Floats, X: Floats | None, *, tau2: Any, method: str, level: float) -> Limits:
    """tau2 -+ z se, cut at 0: for comparison with other programs; it covers far less, or more, than it says."""
    half = z_quantile(level) * tau2_se(yi, vi, X, tau2=tau2, method=method)
    return np.maximum(tau2 - half, 0.0), tau2 + half


TAU2_INTERVALS: dict[str, Callable[..., Limits]] = {
    "QP": q_profile,
    "GENQ": generalised_q,
    "BJ": biggerstaff_jackson,
    "PL": profile_limits,
    "SJ": sidik_jonkman_limits,
    "HT": higgins_thompson,
    "Wald": wald_limits,
}
TAU2_INTERVAL_NAMES = {
    "QP": "Q-profile",
    "GENQ": "generalised Q with weights 1/SE (Jackson)",
    "BJ": "exact distribution of Cochran's Q (Biggerstaff & Jackson)",
    "PL": "profile likelihood",
    "SJ": "Sidik-Jonkman",
    "HT": "test-based, through H (Higgins & Thompson)",
    "Wald": "Wald",
}
