"""The likelihood of trials with random effects, integrated, with its exact gradient and Hessian.

Arm j of trial i has the linear predictor

    X_ij beta + own_j alpha_i + z_j tau z_i + w_j sigma w_i,    z_i, w_i ~ N(0, 1) independent

beta are the coefficients, alpha_i is a parameter of the trial's own, tau is the standard deviation of the effects and sigma that of
the trials' levels. Derivatives are taken under the integral: the gradient is the posterior mean of the complete-data score s, the
Hessian E[s'] + var(s) (Louis 1982, JRSS B 44:226-233). The likelihood is even in tau and in sigma; where one of them is 0, so are
its derivatives here, and there is nothing to integrate over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.exact.likelihoods import Likelihood, Slopes
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


class RandomEffects(NamedTuple):
    """Nodes of the random effects and the posterior probability of each, (k, n)."""

    z: Floats
    w: Floats
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


def _levels(arms: tuple[Arm, ...], at: Parameters) -> list[Floats]:
    return [arm.X @ at.beta + arm.own * at.alpha for arm in arms]


def _predictor(arm: Arm, at: Parameters, level: Floats, z: Floats, w: Floats) -> Floats:
    eta: Floats = level[:, np.newaxis] + arm.z * at.tau * z + arm.w * at.sigma * w
    return eta


def _direction(arm: Arm, effects: RandomEffects, q: int) -> Floats:
    """What the linear predictor does as alpha_i, beta, tau and sigma change: (k, n, q)."""
    direction = np.empty((*effects.share.shape, q))
    direction[..., 0] = arm.own
    direction[..., 1 : q - 2] = arm.X[:, np.newaxis]
    direction[..., q - 2] = arm.z * effects.z
    direction[..., q - 1] = arm.w * effects.w
    return direction


def _integrate(arms: tuple[Arm, ...], at: Parameters) -> tuple[Floats, RandomEffects]:
    levels = _levels(arms, at)
    zero = np.zeros((len(levels[0]), 1))
    by_z, by_w = ([getattr(arm, name) * size for arm in arms] for name, size in (("z", at.tau), ("w", at.sigma)))
    if any(by_z) and any(by_w):
        return _over_both(arms, by_z, by_w, levels)
    if any(by_z):
        value, z, share = _over_one(arms, by_z, levels)
        return value, RandomEffects(z, zero, share)
    if any(by_w):
        value, w, share = _over_one(arms, by_w, levels)
        return value, RandomEffects(zero, w, share)
    value = np.sum([arm.likelihood.at(level).value for arm, level in zip(arms, levels, strict=True)], axis=0)
    return value, RandomEffects(zero, zero, zero + 1)


def _over_one(arms: tuple[Arm, ...], loadings: list[float], levels: list[Floats]) -> tuple[Floats, Floats, Floats]:
    """log of the integral over one effect, (k, ...), with the nodes and their posterior probability, (k, ..., n)."""

    def exponent(z: Floats) -> Slopes:
        value, d1, d2 = -(z**2) / 2, -z, -np.ones_like(z)
        for arm, loading, level in zip(arms, loadings, levels, strict=True):
            terms = arm.likelihood.at(level[..., np.newaxis] + loading * z)
            value, d1, d2 = value + terms.value, d1 + loading * terms.d1, d2 + loading**2 * terms.d2
        return Slopes(value, d1, d2)

    z, log_step = nodes(exponent, levels[0].shape, max(map(abs, loadings)))
    value, share = log_mean(exponent(z).value + log_step)
    return value, z, share


def _over_both(arms: tuple[Arm, ...], by_z: list[float], by_w: list[float], levels: list[Floats]) -> tuple[Floats, RandomEffects]:
    """The integral over w of the integral over z, each on nodes of its own: the inner one is log-concave in w as well."""

    def inner(w: Floats) -> tuple[Floats, Floats, Floats]:
        return _over_one(arms, by_z, [level[:, np.newaxis] + b * w for level, b in zip(levels, by_w, strict=True)])

    def exponent(w: Floats) -> Slopes:
        value, z, share = inner(w)
        score, curved = np.zeros_like(z), np.zeros_like(z)
        for arm, a, b, level in zip(arms, by_z, by_w, levels, strict=True):
            terms = arm.likelihood.at(level[:, np.newaxis, np.newaxis] + b * w[..., np.newaxis] + a * z)
            score, curved = score + b * terms.d1, curved + b**2 * terms.d2
        slope = (share * score).sum(-1)
        spread = (share * (curved + (score - slope[..., np.newaxis]) ** 2)).sum(-1)
        return Slopes(value - w**2 / 2, slope - w, spread - 1)

    w, log_step = nodes(exponent, levels[0].shape, max(map(abs, by_w)))
    inside, z, share = inner(w)
    value, outer = log_mean(inside - w**2 / 2 + log_step)
    k = len(value)
    joint = (outer[..., np.newaxis] * share).reshape(k, -1)
    return value, RandomEffects(z.reshape(k, -1), np.repeat(w, z.shape[-1], axis=-1), joint)
