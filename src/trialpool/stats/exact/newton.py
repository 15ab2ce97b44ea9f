"""The maximum of a marginal likelihood by Newton's method on its exact derivatives."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.exact.marginal_likelihood import Arm, Expansion, Parameters, expansion, log_likelihood

STEPS = 60
CLOSE = 1e-9  # a Newton step this small leaves an error of rounding only
FARTHEST = 30.0  # a log odds or a log rate ratio of this size is on its way to infinity
STARTS = (0.15, 0.45, 1.0, 2.5)  # of tau: the profile likelihood is looked at there before Newton's method starts at the best
NO_SPREAD = 1e-5  # a tau below this, of likelihood no higher than at 0, is 0


class Maximum(NamedTuple):
    """Where the likelihood is highest, as far as was found.

    information : observed information of beta, tau, sigma, the trials' own parameters profiled out
    steps, last : Newton steps made, and the size of the next: the distance that is left
    """

    at: Parameters
    loglik: float
    information: Floats
    converged: bool
    steps: int
    last: float


class Step(NamedTuple):
    """A proposed change of the shared parameters and of the trials' own, with the observed information that it rests on."""

    shared: Floats
    alpha: Floats
    information: Floats

    @property
    def size(self) -> float:
        return float(max(np.abs(self.shared).max(initial=0.0), np.abs(self.alpha).max(initial=0.0)))


def maximum(arms: tuple[Arm, ...], none: Maximum) -> Maximum:
    """The highest likelihood over tau >= 0, looked for from several tau; `none` is the maximum without heterogeneity.

    For a given tau (and sigma) the likelihood is concave in everything else, so that only tau can have more than one maximum.
    """
    profile, at = [], none.at
    for tau in STARTS:
        at = climb(arms, replace(at, tau=tau), hold_tau=True, steps=2).at
        profile.append((float(log_likelihood(arms, at).sum()), at))
    best = climb(arms, max(profile, key=lambda seen: seen[0])[1])
    if best.at.tau < NO_SPREAD or (best.converged and best.loglik <= none.loglik):
        return none
    return best


def climb(arms: tuple[Arm, ...], start: Parameters, *, hold_tau: bool = False, steps: int = STEPS) -> Maximum:
    """Newton's method from `start`; a tau or sigma of 0 stays there."""
    at, seen = start, expansion(arms, start)
    free = np.array([True] * len(start.beta) + [start.tau > 0 and not hold_tau, start.sigma > 0])
    converged, made, step = False, 0, _step(seen, free)
    while made < steps and not converged and np.abs(at.shared).max(initial=0.0) < FARTHEST:
        at, seen = _uphill(arms, at, seen, step)
        made, step = made + 1, _step(seen, free)
        converged = bool(step.size <= CLOSE * (1 + np.abs(at.shared).max(initial=0.0)))
    return Maximum(at, float(seen.value.sum()), step.information, converged, made, step.size)


def _uphill(arms: tuple[Arm, ...], at: Parameters, seen: Expansion, step: Step) -> tuple[Parameters, Expansion]:
    """`step`, halved until the likelihood does not fall by more than rounding."""
    share, reached = 1.0, float(seen.value.sum())
    for _ in range(40):
        there = at.moved(share * step.shared, share * step.alpha)
        beyond = expansion(arms, there)
        if float(beyond.value.sum()) >= reached - 1e-12 * (1 + abs(reached)):
            return there, beyond
        share /= 2
    return at, seen


def _step(seen: Expansion, free: Bools) -> Step:
    """Newton's step with the trials' own parameters eliminated: their block of the Hessian is diagonal."""
    g, H = seen.gradient, seen.hessian
    own = H[:, 0, 0] < 0
    curvature = np.where(own, H[:, 0, 0], -1.0)
    across = np.where(own[:, np.newaxis], H[:, 0, 1:], 0.0)
    gradient = (g[:, 1:] - across * (g[:, 0] / curvature)[:, np.newaxis]).sum(0)
    information = -(H[:, 1:, 1:] - across[:, :, np.newaxis] * across[:, np.newaxis] / curvature[:, np.newaxis, np.newaxis]).sum(0)
    shared = np.zeros(len(free))
    if free.any():
        values, vectors = np.linalg.eigh(information[np.ix_(free, free)])
        uphill = vectors @ ((vectors.T @ gradient[free]) / np.maximum(np.abs(values), 1e-8))
        shared[free] = uphill * min(1.0, 2.0 / max(np.abs(uphill).max(), 1e-300))
    alpha = np.where(own, -(g[:, 0] + across @ shared) / curvature, 0.0)
    return Step(shared, np.clip(alpha, -3, 3), information)
