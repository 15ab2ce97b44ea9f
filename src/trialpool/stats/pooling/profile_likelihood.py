"""Intervals from the profile likelihood: of the pooled effect, and of tau2.

The deviance 2 (log L at the maximum - the highest log L that the value in question leaves) is compared with chi-squared of one
degree of freedom. Hardy & Thompson (1996), Stat Med 15:619-629; for tau2 also Viechtbauer (2007), Stat Med 26:37-52.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p, chi2_quantile, z_quantile
from trialpool.stats.pooling.likelihood import Sample, maximise
from trialpool.stats.pooling.projection import studies_first
from trialpool.stats.roots import bracketed, root_between


def limits_of_mean(yi: Floats, vi: Floats, tau2: Any, level: float) -> tuple[Any, Any]:
    """Limits of the pooled effect by the likelihood of mu and tau2.

    Parameters
    ----------
    yi, vi : (..., k) effects and sampling variances; vi inf where a study is absent
    tau2 : (...) its maximum likelihood estimate
    level : confidence level

    Returns
    -------
    lower and upper limit, (...) each, on the scale of yi: on either side of mu the nearest value at which the deviance reaches the
    quantile; the Wald limits of a single study

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> low, high = limits_of_mean(yi, vi, 0.0582971, 0.95)
    >>> low.round(3), high.round(3)
    (-0.002, 1.002)
    """
    profile = _MeanProfile(yi, vi, tau2)
    critical = chi2_quantile(1 - level, 1)
    step = z_quantile(level) * profile.se
    ends = []
    for sign in (-1.0, 1.0):

        def room(distance: Floats, sign: float = sign) -> Floats:
            return critical - profile.deviance(profile.mu + sign * distance)

        low, high = bracketed(room, np.zeros(len(profile.mu)), step)
        ends.append(profile.back(profile.mu + sign * root_between(room, low, high), profile.mu + sign * step))
    return ends[0], ends[1]


def p_of_no_effect(yi: Floats, vi: Floats, tau2: Any) -> Any:
    """(...) P of mu = 0 by the likelihood ratio test; of a single study by z."""
    profile = _MeanProfile(yi, vi, tau2)
    deviance = profile.deviance(np.zeros(len(profile.mu)))
    return chi2_p(profile.back(deviance, (profile.mu / profile.se) ** 2), 1)


class _MeanProfile:
    """The deviance of values of mu, in n analyses, against the maximum at the tau2 given."""

    def __init__(self, yi: Floats, vi: Floats, tau2: Any) -> None:
        self.flat = studies_first(yi, vi).flat()
        self.enough = self.flat.exists
        self.yi = np.broadcast_to(self.flat.yi, self.flat.vi.shape)
        self.vi = self.flat.vi
        at = np.where(self.enough, np.broadcast_to(np.asarray(tau2, dtype=float), self.flat.shape).reshape(-1), 0.0)
        wi = 1 / (self.vi + at)
        with np.errstate(invalid="ignore", divide="ignore"):
            self.mu = (wi * self.yi).sum(0) / wi.sum(0)
            self.se = 1 / np.sqrt(wi.sum(0))
        self.known = np.zeros((len(self.vi), 0, 1))  # no column: the mean is known
        self.top = self._log_likelihood(self.mu, at)

    def deviance(self, mu: Floats) -> Floats:
        tau2 = np.zeros(len(mu))
        which = np.flatnonzero(self.enough)
        off = np.where(np.isfinite(self.vi), self.yi - mu, 0.0)
        tau2[which] = maximise(off, self.vi, self.known, restricted=False, which=which)
        deviance: Floats = np.maximum(2 * (self.top - self._log_likelihood(mu, tau2)), 0.0)
        return deviance

    def back(self, found: Floats, of_one_study: Floats) -> Any:
        """In the shape of the batch."""
        return np.where(self.enough, found, of_one_study).reshape(self.flat.shape)[()]

    def _log_likelihood(self, mu: Floats, tau2: Floats) -> Floats:
        off = np.where(np.isfinite(self.vi), self.yi - mu, 0.0)
        return Sample(off, self.vi, self.known, restricted=False).log_likelihood(tau2)


def limits_of_tau2(yi: Floats, vi: Floats, X: Floats | None, tau2: Any, level: float, *, restricted: bool) -> tuple[Any, Any]:
    """Limits of tau2: on either side of its estimate the nearest value at which the deviance reaches the quantile.

    Parameters
    ----------
    yi, vi, X : as in `trialpool.stats.pooling.tau2`
    tau2 : (...) its estimate by the same likelihood
    restricted : by the restricted likelihood, or the full one

    Returns
    -------
    lower and upper limit, (...) each; 0 where the deviance of tau2 = 0 is below the quantile, nan where there is no estimate
    """
    flat = studies_first(yi, vi, X).flat()
    y, v, Z = flat.where_it_exists()
    if not v.shape[-1]:
        return flat.back(np.zeros(0)), flat.back(np.zeros(0))
    sample = Sample(y, v, Z, restricted)
    at = np.broadcast_to(np.asarray(tau2, dtype=float), flat.shape).reshape(-1)[flat.exists]
    floor = sample.log_likelihood(at) - chi2_quantile(1 - level, 1) / 2

    def above(tau2: Floats) -> Floats:
        return sample.log_likelihood(tau2) - floor

    low, high = bracketed(above, at, np.maximum(at, v.min(0)))
    upper = root_between(above, low, high)
    zero = np.zeros(len(at))
    cut = above(zero) >= 0
    lower = np.where(cut, 0.0, root_between(lambda t: -above(t), zero, np.where(cut, 1.0, at)))
    return flat.back(lower), flat.back(upper)
