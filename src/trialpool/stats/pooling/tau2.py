"""Between-study variance: one function an estimator, gathered in the table TAU2.

Each takes yi, vi of shape (..., k) and, where effects depend on moderators, a design matrix X of shape (..., k, p) or (k, p) for
the whole batch; X None is the intercept. Each returns tau2 of shape (...).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_quantile
from trialpool.stats.pooling.likelihood import maximise, maximise_one
from trialpool.stats.pooling.projection import Studies, projection, studies_first
from trialpool.stats.pooling.quadratic_forms import moment_estimate, tau2_where_q_is_exceeded
from trialpool.stats.pooling.weighted import at_least_zero


def dersimonian_laird(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """Estimate tau2 by equating Q to its expectation.

    Parameters
    ----------
    yi : (..., k) effects on the analysis scale (log for ratios), finite
    vi : (..., k) sampling variances of yi, taken as known, > 0; inf where a study is absent
    X : (..., k, p) or (k, p) design matrix, its intercept included; None is the intercept alone

    Returns
    -------
    (...) tau2 in the units of vi; 0 where the estimate would be negative, nan where no degree of freedom is left or the columns of
    X are not independent among the studies present

    References
    ----------
    DerSimonian & Laird (1986), Control Clin Trials 7:177-188, eq. 8; with moderators: Raudenbush (2009), in The Handbook of
    Research Synthesis and Meta-Analysis, 2nd ed., 295-315

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> dersimonian_laird(yi, vi).round(3)
    0.096
    >>> without_each = np.where(np.eye(3, dtype=bool), np.inf, vi)    # leave-one-out is a batch of three
    >>> dersimonian_laird(yi, without_each).round(3)
    array([0.05, 0.28, 0.05])
    """
    studies = studies_first(yi, vi, X)
    with np.errstate(divide="ignore", invalid="ignore"):
        P = studies.projection()
        return at_least_zero((P.quadratic(studies.yi) - studies.df) / P.trace(), where=studies.exists)


def two_step_dersimonian_laird(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """Estimate tau2 by the generalised Q whose weights are 1 / (vi + tau2), that tau2 being DerSimonian and Laird's.

    Shapes, units and edges as in `dersimonian_laird`.

    References
    ----------
    DerSimonian & Kacker (2007), Contemp Clin Trials 28:105-114, section 2.4 ("DL2")

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> two_step_dersimonian_laird(yi, vi).round(4)
    0.1188
    """
    first = np.asarray(dersimonian_laird(yi, vi, X))
    return generalised_q(yi, vi, X, ai=1 / (vi + first[..., np.newaxis]))


def generalised_q(yi: Floats, vi: Floats, X: Floats | None = None, *, ai: Floats | None = None) -> Any:
    """Estimate tau2 by equating the generalised Q with given weights to its expectation.

    Shapes, units and edges as in `dersimonian_laird`.

    Parameters
    ----------
    ai : (..., k) weights > 0, of any scale, which do not depend on the effects; 1 / sqrt(vi) where not given

    References
    ----------
    DerSimonian & Kacker (2007), Contemp Clin Trials 28:105-114, eq. 6; Jackson (2013), Biom J 55:829-844, for these weights;
    Jackson, Turner, Rhodes & Viechtbauer (2014), BMC Med Res Methodol 14:103, with moderators

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> generalised_q(yi, vi).round(4)
    0.1101
    """
    studies = studies_first(yi, vi, X)
    with np.errstate(divide="ignore", invalid="ignore"):
        P = projection(_weights_first(studies, vi, ai), studies.X)
        return at_least_zero(moment_estimate(studies, P), where=studies.exists)


def median_unbiased_generalised_q(yi: Floats, vi: Floats, X: Floats | None = None, *, ai: Floats | None = None) -> Any:
    """Estimate tau2 such that the generalised Q with given weights is the median of its exact distribution.

    Shapes, units, edges and weights as in `generalised_q`. The estimate is as often too low as too high, where it is not cut at 0.

    References
    ----------
    Viechtbauer (2021), Median-unbiased estimators for the amount of heterogeneity in meta-analysis

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> median_unbiased_generalised_q(yi, vi).round(4)
    0.1736
    """
    studies = studies_first(yi, vi, X)
    with np.errstate(divide="ignore", invalid="ignore"):
        P = projection(_weights_first(studies, vi, ai), studies.X)
        return tau2_where_q_is_exceeded(studies, P, 0.5)


def _weights_first(studies: Studies, vi: Floats, ai: Floats | None) -> Floats:
    if ai is None:
        return 1 / np.sqrt(studies.vi)
    ai = np.where(np.isfinite(vi), ai, 0.0)
    first: Floats = np.moveaxis(ai, -1, 0)
    return first.reshape(len(first), *(1,) * (studies.vi.ndim - first.ndim), *first.shape[1:])


def hedges(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """Estimate tau2 as the residual variance of ordinary least squares less the share of it that is sampling error.

    Shapes, units and edges as in `dersimonian_laird`.

    References
    ----------
    Hedges (1983), Psychol Bull 93:388-395; Hedges & Olkin (1985), Statistical Methods for Meta-Analysis, ch. 9; also named after
    Cochran (1954), Biometrics 10:101-129

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> hedges(yi, vi).round(4)
    0.1267
    """
    return generalised_q(yi, vi, X, ai=np.ones(np.shape(vi)))


def hunter_schmidt(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """tau2 = (Q - k) / sum wi.

    Shapes, units and edges as in `dersimonian_laird`.

    References
    ----------
    Hunter & Schmidt (1990), Methods of Meta-Analysis; in this form: Viechtbauer (2005), J Educ Behav Stat 30:261-293, eq. 12;
    Viechtbauer, Lopez-Lopez, Sanchez-Meca & Marin-Martinez (2015), Psychol Methods 20:360-374, with moderators

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> hunter_schmidt(yi, vi).round(4)
    0.05
    """
    return _hunter_schmidt(yi, vi, X, corrected=False)


def hunter_schmidt_corrected(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """tau2 = (Q k / (k - p) - k) / sum wi, which makes up for the downward bias of `hunter_schmidt` in few studies.

    Shapes, units and edges as in `dersimonian_laird`.

    References
    ----------
    Brannick, Potter, Benitez & Morris (2019), Organ Res Methods 22:490-514

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> hunter_schmidt_corrected(yi, vi).round(4)
    0.09
    """
    return _hunter_schmidt(yi, vi, X, corrected=True)


def _hunter_schmidt(yi: Floats, vi: Floats, X: Floats | None, *, corrected: bool) -> Any:
    studies = studies_first(yi, vi, X)
    k = np.isfinite(studies.vi).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        P = studies.projection()
        Q = P.quadratic(studies.yi) * (k / studies.df if corrected else 1.0)
        return at_least_zero((Q - k) / P.ai.sum(0), where=studies.exists)


def sidik_jonkman(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """tau2 = tau2_0 Q(tau2_0) / (k - p), where tau2_0 = sum (yi - ybar)^2 / k and Q is the generalised one.

    Shapes, units and edges as in `dersimonian_laird`; positive unless all effects are the same.

    References
    ----------
    Sidik & Jonkman (2005), Appl Stat 54:367-384; with moderators: Sidik & Jonkman (2005), J Biopharm Stat 15:823-838

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> sidik_jonkman(yi, vi).round(4)
    0.1164
    """
    studies = studies_first(yi, vi, X)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = crude_variance(studies)
        return at_least_zero(first * studies.projection(first).quadratic(studies.yi) / studies.df, where=studies.exists)


def crude_variance(studies: Studies) -> Any:
    """(...) sum (yi - ybar)^2 / k, what Sidik and Jonkman start from."""
    there = np.isfinite(studies.vi)
    k = there.sum(0)
    centred = np.where(there, studies.yi - (studies.yi * there).sum(0) / k, 0.0)
    return (centred**2).sum(0) / k


def paule_mandel(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """Estimate tau2 such that the generalised Q equals its degrees of freedom.

    Shapes, units and edges as in `dersimonian_laird`.

    References
    ----------
    Paule & Mandel (1982), J Res Natl Bur Stand 87:377-385; DerSimonian & Kacker (2007), Contemp Clin Trials 28:105-114

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> paule_mandel(yi, vi).round(4)
    0.12
    """
    studies = studies_first(yi, vi, X)
    return tau2_where_q_is(studies.df, studies)


def median_unbiased_paule_mandel(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """Estimate tau2 such that the generalised Q equals the median of chi-squared with its degrees of freedom.

    Shapes, units and edges as in `dersimonian_laird`. The estimate is as often too low as too high, where it is not cut at 0.

    References
    ----------
    Viechtbauer (2021), Median-unbiased estimators for the amount of heterogeneity in meta-analysis

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> median_unbiased_paule_mandel(yi, vi).round(4)
    0.1908
    """
    studies = studies_first(yi, vi, X)
    return tau2_where_q_is(chi2_quantile(0.5, studies.df), studies)


def empirical_bayes(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """The estimate of Morris, which solves the equation of `paule_mandel` and so is the same.

    Morris (1983), JASA 78:47-55; for the identity: Viechtbauer, Lopez-Lopez, Sanchez-Meca & Marin-Martinez (2015), Psychol Methods
    20:360-374.
    """
    return paule_mandel(yi, vi, X)


def iterated_dersimonian_laird(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """The fixed point of `two_step_dersimonian_laird`: `paule_mandel`, as with weights 1 / (vi + tau2) the expected Q is k - p.

    DerSimonian & Kacker (2007), Contemp Clin Trials 28:105-114, section 2.4.
    """
    return paule_mandel(yi, vi, X)


def iterated_sidik_jonkman(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """The fixed point of tau2 <- tau2 Q(tau2) / (k - p), which is `paule_mandel`; 0 where Q never reaches k - p.

    Sidik & Jonkman (2007), Stat Med 26:1964-1981.
    """
    return paule_mandel(yi, vi, X)


def restricted_maximum_likelihood(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """Estimate tau2 by the highest maximum of the restricted likelihood, the boundary at 0 included.

    Shapes, units and edges as in `dersimonian_laird`. How the highest maximum is made sure of:
    `trialpool.stats.pooling.likelihood`.

    References
    ----------
    Patterson & Thompson (1971), Biometrika 58:545-554; Viechtbauer (2005), J Educ Behav Stat 30:261-293

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> restricted_maximum_likelihood(yi, vi).round(4)
    0.1127
    """
    return most_likely(studies_first(yi, vi, X), restricted=True)


def maximum_likelihood(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """Estimate tau2 by the highest maximum of the likelihood, the boundary at 0 included; biased downwards in few studies.

    Shapes, units and edges as in `dersimonian_laird`.

    References
    ----------
    Hardy & Thompson (1996), Stat Med 15:619-629; Viechtbauer (2005), J Educ Behav Stat 30:261-293

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> maximum_likelihood(yi, vi).round(4)
    0.0583
    """
    return most_likely(studies_first(yi, vi, X), restricted=False)


def no_heterogeneity(yi: Floats, vi: Floats, X: Floats | None = None) -> Any:
    """tau2 = 0: the common-effect model."""
    return np.zeros(np.broadcast_shapes(yi.shape, vi.shape)[:-1])[()]


Tau2Estimator = Callable[..., Any]
TAU2: dict[str, Tau2Estimator] = {
    "REML": restricted_maximum_likelihood,
    "PM": paule_mandel,
    "DL": dersimonian_laird,
    "DL2": two_step_dersimonian_laird,
    "DLIT": iterated_dersimonian_laird,
    "ML": maximum_likelihood,
    "EB": empirical_bayes,
    "HE": hedges,
    "HS": hunter_schmidt,
    "HSk": hunter_schmidt_corrected,
    "SJ": sidik_jonkman,
    "SJIT": iterated_sidik_jonkman,
    "PMM": median_unbiased_paule_mandel,
    "GENQ": generalised_q,
    "GENQM": median_unbiased_generalised_q,
}
TAU2_NAMES = {
    "REML": "restricted maximum likelihood",
    "PM": "Paule-Mandel",
    "DL": "DerSimonian-Laird",
    "DL2": "two-step DerSimonian-Laird",
    "DLIT": "iterated DerSimonian-Laird",
    "ML": "maximum likelihood",
    "EB": "empirical Bayes",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "HSk": "Hunter-Schmidt with a correction for few studies",
    "SJ": "Sidik-Jonkman",
    "SJIT": "iterated Sidik-Jonkman",
    "PMM": "median-unbiased Paule-Mandel",
    "GENQ": "generalised Q with weights 1/SE",
    "GENQM": "median-unbiased generalised Q with weights 1/SE",
}


def most_likely(studies: Studies, *, restricted: bool) -> Any:
    """(...) tau2 of the highest likelihood, nan where none exists."""
    yi, vi, X, _, exists = studies
    if np.ndim(exists) == 0 and vi.ndim == 1:
        if not exists:
            return np.float64(np.nan)
        return np.float64(maximise_one(yi, vi, X, restricted=restricted))
    flat = studies.flat()
    which = None if flat.exists.all() else np.flatnonzero(flat.exists)
    return flat.back(maximise(flat.yi, flat.vi, flat.X, restricted=restricted, which=which))


def tau2_where_q_is(target: Any, studies: Studies) -> Any:
    """The tau2 at which the generalised Q falls to `target` (...); 0 where Q is below it already at tau2 = 0.

    1/Q is concave and rises in tau2, so Newton's method on it climbs from 0 to the root without overshooting.
    """
    target = np.asarray(target, dtype=float)
    tau2 = np.zeros(np.broadcast_shapes(target.shape, np.shape(studies.exists), studies.yi.shape[1:]))
    exists = studies.exists
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(200):
            P = studies.projection(tau2)
            ri = P.residuals(studies.yi)
            Q = (ri * ri * (studies.variances + tau2)).sum(0)  # y'P y, as P S P = P
            step = np.where(exists & (Q > target), (Q / target - 1) * Q / (ri * ri).sum(0), 0.0)
            step = np.where(np.isfinite(step), step, 0.0)
            tau2 = tau2 + step
            if (step <= 1e-15 * tau2).all():
                break
    return np.where(exists, tau2, np.nan)[()]
