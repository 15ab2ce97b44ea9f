"""The likelihood of the Copas selection model, with its gradient, for many analyses at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_ndtr

from trialpool.stats.arrays import Floats
from trialpool.stats.bias.bounded_newton import Surface

LOG_ROOT_2_PI = 0.5 * np.log(2 * np.pi)
STEP = 1e-5  # relative, for second derivatives by differences of the gradient


class Published(NamedTuple):
    """Studies as published: effects and standard errors (k,), and what u = gamma0 + gamma1 / s comes to, (B, k) each.

    u, c2, log_share : u; the share c2 by which selection shrinks the variance; log Phi(u)
    """

    yi: Floats
    si: Floats
    u: Floats
    c2: Floats
    log_share: Floats

    @classmethod
    def of(cls, yi: Floats, si: Floats, gamma: Floats) -> Published:
        """With (gamma0, gamma1) of each analysis, (B, 2)."""
        u = gamma[:, :1] + gamma[:, 1:] / si
        mills = inverse_mills(u)
        return cls(yi, si, u, mills * (u + mills), log_ndtr(u))

    def rows(self, rows: Any) -> Published:
        """Some of the analyses."""
        return self._replace(u=self.u[rows], c2=self.c2[rows], log_share=self.log_share[rows])


def inverse_mills(u: Floats) -> Floats:
    """phi(u) / Phi(u), also where both are all but 0.

    >>> inverse_mills(np.array([0.0, -40.0])).round(3)
    array([ 0.798, 40.025])
    """
    ratio: Floats = np.exp(-0.5 * u * u - LOG_ROOT_2_PI - log_ndtr(u))
    return ratio


def height_and_gradient(published: Published, theta: Floats) -> tuple[Floats, Floats]:
    """The log-likelihood (B,) of theta = (mu, beta, tau2, rho) and its gradient (B, 4).

    The effect of study i is mu + beta si, plus a random effect; it is published where gamma0 + gamma1 / si + delta > 0, delta
    standard normal and correlated by rho with its sampling error. si is the standard error given publication, so that without it
    the variance is sigma2 = si^2 / (1 - c2 rho^2), c2 = l (u + l), l = phi(u) / Phi(u). With S = tau2 + sigma2,
    r = rho sigma / sqrt(S) and v = (u + r (yi - mu) / sqrt(S)) / sqrt(1 - r^2),

        log L = sum -log(S)/2 - (yi - mu)^2 / (2 S) - log Phi(u) + log Phi(v).

    Copas & Shi (2000), Biostatistics 1:247-262; Copas & Shi (2001), Stat Methods Med Res 10:251-265.
    """
    yi, s, u, c2, log_share = published
    mu, slope, tau2, rho = (theta[:, i, np.newaxis] for i in range(4))
    sigma2 = s**2 / (1 - c2 * rho**2)
    S = tau2 + sigma2
    sigma = np.sqrt(sigma2)
    residual = yi - mu - slope * s
    p = sigma * rho * residual / S
    q = rho**2 * sigma2 / S
    root = np.sqrt(1 - q)
    v = (u + p) / root
    log_v = log_ndtr(v)
    each = -LOG_ROOT_2_PI - 0.5 * np.log(S) - residual**2 / (2 * S) - log_share + log_v
    by_S = residual**2 / (2 * S**2) - 1 / (2 * S)
    mills_v = np.exp(-0.5 * v * v - LOG_ROOT_2_PI - log_v)
    sigma2_by_rho = 2 * c2 * rho * sigma2**2 / s**2
    p_by_mu = -sigma * rho / S
    by_tau2 = (-p / S) / root - (u + p) * q / S / (2 * root**3)
    p_by_rho = (sigma + rho * sigma2_by_rho / (2 * sigma)) * residual / S - p * sigma2_by_rho / S
    q_by_rho = (2 * sigma2 * rho + rho**2 * sigma2_by_rho) / S - q * sigma2_by_rho / S
    by_mu = residual / S + mills_v * p_by_mu / root
    parts = [
        by_mu,
        by_mu * s,
        by_S + mills_v * by_tau2,
        by_S * sigma2_by_rho + mills_v * (p_by_rho / root + (u + p) * q_by_rho / (2 * root**3)),
    ]
    sums = [part.sum(-1) for part in (each, *parts)]
    return sums[0], np.stack(sums[1:], axis=-1)


def copas_surface(published: Published, theta: Floats) -> Surface:
    """The log-likelihood with its gradient, and second derivatives by central differences of the gradient."""
    B = len(theta)
    step = STEP * np.maximum(np.abs(theta), np.array([0.1, 0.1, 1e-3, 0.1]))
    shifts = np.zeros((9, B, 4))
    for i in range(4):
        shifts[1 + 2 * i, :, i], shifts[2 + 2 * i, :, i] = step[:, i], -step[:, i]
    many = published.rows(np.tile(np.arange(B), 9))
    height, gradient = height_and_gradient(many, (theta + shifts).reshape(9 * B, 4))
    gradient = gradient.reshape(9, B, 4)
    bend = np.stack([(gradient[1 + 2 * i] - gradient[2 + 2 * i]) / (2 * step[:, i, np.newaxis]) for i in range(4)], axis=1)
    return Surface(height[:B], gradient[0], (bend + bend.swapaxes(1, 2)) / 2)
