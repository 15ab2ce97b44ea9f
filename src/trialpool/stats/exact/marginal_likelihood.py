"""The likelihood of trials with random effects, integrated, with its exact gradient and Hessian.

Arm j of trial i has the linear predictor

    X_ij beta + own_j alpha_i + z_j tau z_i + w_j sigma w_i,    z_i, w_i ~ N(0, 1) independent

beta are the coefficients, alpha_i is a parameter of the trial's own, tau is the standard deviation of the effects and sigma that of
the trials' levels. Derivatives are taken under the integral: the gradient is the posterior mean of the complete-data score s, the
Hessian E[s'] + var(s) (Louis 1982, JRSS B 44:226-233). The likelihood is even in tau and in sigma, so 0 needs no special case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.exact.likelihoods import Likelihood
from trialpool.stats.exact.quadrature import log_mean, nodes


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of k trials: its counts, and how its linear predictor is made up (see the head of this file)."""

    likelihood: Likelihood
    X: Floats
    own: float = 0.0
    z: float = 0.0
    w: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """beta (p,), alpha (k,) and the standard deviations tau and sigma."""

    beta: Floats
    alpha: Floats
    tau: float = 0.0
    sigma: float = 0.0

    @property
    def shared(self) -> Floats:
        """beta, tau, sigma in one array."""
        return np.concatenate([self.beta, [self.tau, self.sigma]])

    def moved(self, shared: Floats, alpha: Floats) -> Parameters:
        p = len(self.beta)
        return replace(
            self,
            beta=self.beta + shared[:p],
            tau=abs(self.tau + float(shared[p])),
            sigma=abs(self.sigma + float(shared[p + 1])),
            alpha=self.alpha + alpha,
        )


class Expansion(NamedTuple):
    """Log-likelihood of each trial (k,), its gradient (k, q) and Hessian (k, q, q) by alpha_i, beta, tau, sigma."""

    value: Floats
    gradient: Floats
    hessian: Floats


class Effects(NamedTuple):
    """Nodes of the random effects and the posterior probability of each, (k, n)."""

    z: Any
    w: Any
    share: Floats


def expansion(arms: tuple[Arm, ...], at: Parameters) -> Expansion:
    """The log-likelihood of each trial to second order at some parameters."""
    value, effects = _integrate(arms, at)
    q = len(at.beta) + 3
    score = np.zeros((*effects.share.shape, q))
    curved = np.zeros((len(value), q, q))
    for arm, level in zip(arms, _levels(arms, at), strict=True):
        _, d1, d2 = arm.likelihood.at(_predictor(arm, at, level, effects.z, effects.w))
        direction = _direction(arm, effects, q)
        score += d1[..., np.newaxis] * direction
        curved += np.einsum("kn,kna,knb->kab", effects.share * d2, direction, direction)
    gradient = np.einsum("kn,kna->ka", effects.share, score)
    away = score - gradient[:, np.newaxis]
    return Expansion(value, gradient, curved + np.einsum("kn,kna,knb->kab", effects.share, away, away))


def log_likelihood(arms: tuple[Arm, ...], at: Parameters) -> Floats:
    """The log-likelihood of each trial, (k,)."""
    return _integrate(arms, at)[0]


def slope_at_no_heterogeneity(arms: tuple[Arm, ...], at: Parameters) -> float:
    """The derivative of the log-likelihood by tau2 at tau2 = 0, that is half of its second derivative by tau."""
    tau = len(at.beta) + 1
    return float(expansion(arms, replace(at, tau=0.0)).hessian[:, tau, tau].sum()) / 2


def _levels(arms: tuple[Arm, ...], at: Parameters) -> list[Floats]:
    return [arm.X @ at.beta + arm.own * at.alpha for arm in arms]


def _predictor(arm: Arm, at: Parameters, level: Floats, z: Any, w: Any) -> Floats:
    eta: Floats = level[:, np.newaxis] + arm.z * at.tau * z + arm.w * at.sigma * w
    return eta


def _direction(arm: Arm, effects: Effects, q: int) -> Floats:
    """What the linear predictor does as alpha_i, beta, tau and sigma change: (k, n, q)."""
    direction = np.empty((*effects.share.shape, q))
    direction[..., 0] = arm.own
    direction[..., 1 : q - 2] = arm.X[:, np.newaxis]
    direction[..., q - 2] = arm.z * effects.z
    direction[..., q - 1] = arm.w * effects.w
    return direction


def _integrate(arms: tuple[Arm, ...], at: Parameters) -> tuple[Floats, Effects]:
    levels = _levels(arms, at)
    over_z, over_w = (any(getattr(arm, name) for arm in arms) and size > 0 for name, size in (("z", at.tau), ("w", at.sigma)))
    k = len(levels[0])
    if over_w and over_z:
        return _over_both(arms, at, levels)
    if not (over_z or over_w):
        value = np.sum([arm.likelihood.at(level) .value for arm, level in zip(arms, levels, strict=True)], axis=0)
        # the second derivative by tau at 0 needs the variance of z: two points at -1 and 1 have it
        return value, Effects(*(np.tile(pair, (k, 1)) for pair in ([-1.0, 1.0, -1.0, 1.0], [-1.0, -1.0, 1.0, 1.0])), np.full((k, 4), 0.25))
    loadings = [arm.z * at.tau if over_z else arm.w * at.sigma for arm in arms]
    value, points, share = _over_one(arms, loadings, levels)
    other = np.where(np.arange(points.shape[1]) % 2, 1.0, -1.0) * np.ones((k, 1))
    return value, Effects(points, other, share) if over_z else Effects(other, points, share)


def _over_one(arms: tuple[Arm, ...], loadings: list[float], levels: list[Floats]) -> tuple[Floats, Floats, Floats]:
    """log of the integral over one standard normal effect, (k, ...); its nodes and their posterior shares, (k, ..., n)."""

    def exponent(z: Floats) -> tuple[Floats, Floats, Floats]:
        value, d1, d2 = -(z**2) / 2, -z, -np.ones_like(z)
        for arm, loading, level in zip(arms, loadings, levels, strict=True):
            terms = arm.likelihood.at(level[..., np.newaxis] + loading * z)
            value, d1, d2 = value + terms.value, d1 + loading * terms.d1, d2 + loading**2 * terms.d2
        return value, d1, d2

    points, log_step = nodes(exponent, levels[0].shape, max(map(abs, loadings)))
    value, share = log_mean(exponent(points)[0] + log_step)
    return value, points, share
