"""The same posteriors by other means: brute quadrature over both unknowns, and a Gibbs sampler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.bayes.priors import EffectPrior, NormalEffect, TauPrior

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Probabilities on a grid of the effect and tau, and the log of the total that they were divided by."""

    mu: Floats
    tau: Floats
    p: Floats
    log_total: float

    def mean_of(self, values: Any) -> float:
        return float((self.p * values).sum())

    def cdf_mu(self, mu: float, edge: Floats) -> float:
        return float(self.p.sum(1)[edge <= mu].sum())


def grid(yi: Floats, vi: Floats, effect: EffectPrior, tau_prior: TauPrior) -> Grid:
    """The joint density of effect and tau by the trapezoidal rule on double-exponential grids, nothing integrated analytically."""
    u, v = np.arange(-3.9, 3.2, 0.0125), np.arange(-14, 14, 0.01)
    tau, tau_step = np.exp(np.pi / 2 * np.sinh(u)), np.pi / 2 * np.cosh(u) * np.exp(np.pi / 2 * np.sinh(u)) * 0.0125
    mu, mu_step = float(np.mean(yi)) + 0.1 * np.sinh(v), 0.1 * np.cosh(v) * 0.01
    inside = tau < tau_prior.upper
    log_f = np.where(inside, tau_prior.log_density(tau), -np.inf) + np.log(tau_step) + np.log(mu_step)[:, np.newaxis]
    for y, s2 in zip(yi, vi, strict=True):
        total = s2 + tau**2
        log_f = log_f - 0.5 * np.log(2 * np.pi * total) - (y - mu[:, np.newaxis]) ** 2 / (2 * total)
    if isinstance(effect, NormalEffect):
        log_f = log_f - 0.5 * np.log(2 * np.pi * effect.sd**2) - ((mu - effect.mean) ** 2 / (2 * effect.sd**2))[:, np.newaxis]
    top = log_f.max()
    f = np.exp(log_f - top)
    return Grid(mu[:, np.newaxis], tau, f / f.sum(), float(top + np.log(f.sum())))


def gibbs(
    yi: Floats, vi: Floats, *, mean: float, sd: float, shape: float, rate: float, chains: int, length: int, seed: int
) -> dict[str, Floats]:
    """Draws of effect, tau and the first study's own effect, tau2 inverse-gamma and the effect normal; a tenth is thrown away.

    Each of the conditional distributions is a textbook one: theta_i, mu normal, tau2 inverse-gamma.
    """
    rng = np.random.default_rng(seed)
    tau2, mu = rng.uniform(0.01, 1, chains), rng.normal(0, 1, chains)
    kept: dict[str, list[Floats]] = {"mu": [], "tau": [], "first": []}
    for step in range(length):
        precision = 1 / vi + 1 / tau2[:, np.newaxis]
        theta = (yi / vi + (mu / tau2)[:, np.newaxis]) / precision + rng.normal(size=(chains, len(yi))) / np.sqrt(precision)
        of_mu = len(yi) / tau2 + 1 / sd**2
        mu = (theta.sum(1) / tau2 + mean / sd**2) / of_mu + rng.normal(size=chains) / np.sqrt(of_mu)
        off = ((theta - mu[:, np.newaxis]) ** 2).sum(1)
        tau2 = (rate + off / 2) / rng.standard_gamma(shape + len(yi) / 2, size=chains)
        if step >= length // 10:
            for name, values in (("mu", mu), ("tau", np.sqrt(tau2)), ("first", theta[:, 0])):
                kept[name].append(values)
    return {name: np.array(values) for name, values in kept.items()}
