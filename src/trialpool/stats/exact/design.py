"""What the generalised linear mixed models are made of: arms, linear predictors, and where to start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.effects import Counts
from trialpool.stats.exact.likelihoods import Binomial, Likelihood, NoncentralHypergeometric, Poisson
from trialpool.stats.exact.marginal_likelihood import Arm, Parameters
from trialpool.stats.exact.person_time import PersonTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A model as the maximisation takes it.

    arms         : the arms of the trials that are in it; the first is treatment, or what there is
    start        : where the search begins
    X            : (k, p) intercept and moderators of the effect
    own_variance : (k,) of each trial's own estimate, 0.5 added to the cells of a trial with an empty one
    """

    arms: tuple[Arm, ...]
    start: Parameters
    X: Floats
    own_variance: Floats

    @property
    def first_effect(self) -> int:
        """Where the effect's coefficients begin among those of the model: after the level, where that is random."""
        return len(self.start.beta) - int(self.X.shape[1])


def two_arms(counts: Counts, X: Floats, method: str) -> Design:
    a, n_t, c, n_c = counts.events_t, counts.n_t, counts.events_c, counts.n_c
    cells = np.stack([a, n_t - a, c, n_c - c])
    own_variance = (1 / (cells + 0.5 * (cells.min(0) == 0))).sum(0)
    if method == "CM.EL":
        return _conditional(NoncentralHypergeometric.of(a, n_t, c, n_c), X, own_variance)
    if method == "CM.AL":
        return _conditional(Binomial(a, a + c, np.log(n_t / n_c)), X, own_variance)
    odds = np.log((a + c) / (n_t + n_c - a - c))
    return _unconditional(Binomial(a, n_t), Binomial(c, n_c), X, odds, own_variance, random_levels=method == "UM.RS")


def two_rates(data: PersonTime, X: Floats, method: str) -> Design:
    x1, t1, x2, t2 = data.events_t, data.time_t, data.events_c, data.time_c
    add = 0.5 * ((x1 == 0) | (x2 == 0))
    own_variance = 1 / (x1 + add) + 1 / (x2 + add)
    if method == "CM.EL":
        return _conditional(Binomial(x1, x1 + x2, np.log(t1 / t2)), X, own_variance)
    rates = np.log((x1 + x2) / (t1 + t2))
    return _unconditional(Poisson(x1, t1), Poisson(x2, t2), X, rates, own_variance, random_levels=method == "UM.RS")


def _conditional(likelihood: Likelihood, X: Floats, own_variance: Floats) -> Design:
    k, p = X.shape
    start = Parameters(beta=np.zeros(p), alpha=np.zeros(k))
    return Design(arms=(Arm(likelihood, X, z=1.0),), start=start, X=X, own_variance=own_variance)


def _unconditional(
    treatment: Likelihood, control: Likelihood, X: Floats, levels: Floats, own_variance: Floats, *, random_levels: bool
) -> Design:
    k, p = X.shape
    if not random_levels:
        arms = (Arm(treatment, X, own=1.0, z=0.5), Arm(control, np.zeros_like(X), own=1.0, z=-0.5))
        return Design(arms=arms, start=Parameters(beta=np.zeros(p), alpha=levels), X=X, own_variance=own_variance)
    one = np.ones((k, 1))
    arms = (Arm(treatment, np.hstack([one, X]), z=0.5, w=1.0), Arm(control, np.hstack([one, np.zeros_like(X)]), z=-0.5, w=1.0))
    start = Parameters(beta=np.array([levels.mean(), *[0.0] * p]), alpha=np.zeros(k), sigma=max(float(levels.std()), 0.3))
    return Design(arms=arms, start=start, X=X, own_variance=own_variance)


def one_group(likelihood: Likelihood, X: Floats, level: float, own_variance: Floats) -> Design:
    k, p = X.shape
    start = Parameters(beta=np.array([level, *[0.0] * (p - 1)]), alpha=np.zeros(k))
    return Design(arms=(Arm(likelihood, X, z=1.0),), start=start, X=X, own_variance=own_variance)
