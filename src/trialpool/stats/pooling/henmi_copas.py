"""The interval of Henmi and Copas: about the common-effect mean, which publication bias moves less, as wide as heterogeneity asks.

With wi = 1/vi, W1 = sum wi, W2 = sum wi^2 / W1, x = mu_hat - mu and tau2(Q) = max(0, (Q - (k - 1)) / (W1 - W2)), the pivot is

    U = x / sqrt((1 + W2 tau2(Q)) / W1)

Given x, Q is a quadratic form in normal variables, whose distribution is approximated by the gamma distribution with the same mean
and variance; tau2 is put in at its DerSimonian-Laird estimate. |U| > u means that Q is below
(k - 1) + (W1 - W2) / W2 (W1 x^2 / u^2 - 1), so P(|U| > u) is an integral over x.

Henmi & Copas (2010), Stat Med 29:2969-2983. The mean and variance are written here as traces, not as their polynomials in tau2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gammainc

from trialpool.stats.arrays import Floats, count
from trialpool.stats.distributions import two_sided_p, z_quantile
from trialpool.stats.roots import bracketed, root_between

_S, _W = np.polynomial.legendre.leggauss(120)
FAR = 10.0  # standard deviations of x beyond which nothing is left to integrate


def limits(yi: Floats, vi: Floats, tau2: Any, level: float) -> tuple[Any, Any]:
    """mu_hat -+ u se, (...) each, with P(|U| > u) = 1 - level; of a single study the Wald limits.

    Parameters
    ----------
    yi, vi : (..., k) effects and sampling variances; vi inf where a study is absent
    tau2 : (...) by DerSimonian and Laird
    level : confidence level

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> low, high = limits(yi, vi, 0.096, 0.95)
    >>> low.round(2), high.round(2)
    (-0.15, 1.15)
    """
    pivot = _Pivot(vi, tau2)
    start = np.full(pivot.shape, 1e-3)
    low, high = bracketed(lambda u: pivot.tail(u) - (1 - level), start, np.ones(pivot.shape))
    u = np.where(pivot.one, z_quantile(level), root_between(lambda u: pivot.tail(u) - (1 - level), low, high))
    mu, se = pivot.mean(yi), pivot.se
    return (mu - u * se)[()], (mu + u * se)[()]


def p_of_no_effect(yi: Floats, vi: Floats, tau2: Any) -> Any:
    """(...) P(|U| > |mu_hat| / se)."""
    pivot = _Pivot(vi, tau2)
    with np.errstate(invalid="ignore"):
        u = np.abs(pivot.mean(yi) / pivot.se)
    return np.where(pivot.one, two_sided_p(u), np.where(u > 0, pivot.tail(np.where(u > 0, u, 1.0)), np.where(u == 0, 1.0, np.nan)))[
        ()
    ]


class _Pivot:
    """The distribution of U for given variances and tau2; r is x in units of 1 / sqrt(W1)."""

    def __init__(self, vi: Floats, tau2: Any) -> None:
        k = count(vi)
        self.one, self.df = k == 1, k - 1
        tau2 = np.where(self.one, 0.0, tau2)
        self.shape = np.broadcast_shapes(np.shape(tau2), vi.shape[:-1])
        self.wi = 1 / vi
        si = np.where(np.isfinite(vi), vi, 0.0) + tau2[..., np.newaxis]
        with np.errstate(divide="ignore", invalid="ignore"):
            self.W1 = self.wi.sum(-1)
            W2 = (self.wi**2).sum(-1) / self.W1
            self.var_r = 1 + tau2 * W2
            self.se = np.sqrt(self.var_r / self.W1)
            self.Q_per_tau2 = (self.W1 - W2) / W2
            ci = self.wi * si / np.sqrt(self.W1)[..., np.newaxis]  # covariance of yi with r
            di = ci / self.var_r[..., np.newaxis] - np.where(self.wi > 0, 1, 0) / np.sqrt(self.W1)[..., np.newaxis]
            ws, wc = self.wi * si, self.wi * ci
            explained = (wc * ci).sum(-1) / self.var_r
            wd = self.wi * di
            self.mean_0, self.mean_2 = ws.sum(-1) - explained, (wd * di).sum(-1)
            self.var_0 = 2 * ((ws**2).sum(-1) - 2 * (ws * wc * ci).sum(-1) / self.var_r + explained**2)
            self.var_2 = 4 * ((wd**2 * si).sum(-1) - (wd * ci).sum(-1) ** 2 / self.var_r)

    def mean(self, yi: Floats) -> Any:
        with np.errstate(invalid="ignore"):
            return (self.wi * yi).sum(-1) / self.W1

    def tail(self, u: Floats) -> Floats:
        """P(|U| > u), integrated over log z from u / sd(r), z being r in standard deviations."""
        sd = np.sqrt(self.var_r)
        start = u / sd
        span = np.log(np.maximum(FAR / start, 1.0))
        z = start[..., np.newaxis] * np.exp(span[..., np.newaxis] * (_S + 1) / 2)
        r2 = z**2 * self.var_r[..., np.newaxis]
        with np.errstate(divide="ignore", invalid="ignore"):
            below = self.df[..., np.newaxis] + self.Q_per_tau2[..., np.newaxis] * (r2 / u[..., np.newaxis] ** 2 - 1)
            mean = self.mean_0[..., np.newaxis] + self.mean_2[..., np.newaxis] * r2
            var = self.var_0[..., np.newaxis] + self.var_2[..., np.newaxis] * r2
            density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * z
            inner = gammainc(mean**2 / var, np.maximum(below, 0.0) * mean / var) * density
        area: Floats = 2 * (inner * _W).sum(-1) * span / 2
        return area
