"""Restricted means and milestones of several trials pooled: one time at a time, or all together with their covariance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import chdtrc

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.survival.milestones import Milestones
from trialpool.stats.survival.rmst import RestrictedMeans
from trialpool.stats.tables import Tabular

RestrictedTrials = Mapping[str, RestrictedMeans]


def rmst_effects(trials: RestrictedTrials, horizon: float, *, ratio: bool = False) -> Effects:
    """Differences (or ratios) of restricted means at one horizon, of the trials that have it, ready for `pool`.

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> from trialpool.stats.survival.rmst import rmst
    >>> one = rmst(patient_times([1, 2, 3, 4, 2, 4, 5, 6], [1, 1, 1, 1, 1, 0, 1, 0], list("ccccdddd")), [2, 4])
    >>> rmst_effects({"A": one, "B": one}, 4).yi
    array([1., 1.])
    """
    own = {name: i for name, trial in trials.items() if (i := _place(trial.horizons, horizon)) is not None}
    if not own:
        raise BadArgument(f"no trial has a restricted mean to {horizon:g}. Compute it with rmst(..., horizons={horizon:g}).")
    yi = [(trials[name].log_ratio if ratio else trials[name].difference)[i] for name, i in own.items()]
    vi = [(trials[name].log_ratio_covariance if ratio else trials[name].covariance)[i, i] for name, i in own.items()]
    return effects(yi, vi, list(own), measure="ROM" if ratio else "MD")


def milestone_effects(trials: Mapping[str, Milestones], time: float) -> Effects:
    """Differences of survival at one time, of the trials that have it, ready for `pool`.

    >>> from trialpool.stats.survival.milestones import milestones
    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> one = milestones(patient_times([1, 2, 3, 4, 2, 4, 5, 6], [1, 1, 1, 1, 1, 0, 1, 0], list("ccccdddd")), 3)
    >>> milestone_effects({"A": one}, 3).yi
    array([0.5])
    """
    own = {name: i for name, trial in trials.items() if (i := _place(trial.times, time)) is not None}
    if not own:
        raise BadArgument(f"no trial has survival at {time:g}. Compute it with milestones(..., times={time:g}).")
    yi = [trials[name].difference[i] for name, i in own.items()]
    return effects(yi, [trials[name].se[i] ** 2 for name, i in own.items()], list(own), measure="RD")


def _place(times: Floats, wanted: float) -> int | None:
    near = np.flatnonzero(np.abs(times - wanted) < 1e-9)
    return int(near[0]) if near.size else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PooledMeans(Tabular):
    """Differences of restricted means at T horizons, pooled together.

    mu, covariance : (T,) and (T, T);  tau2 : (T, T) covariance between trials;  k : (T,) trials that have each horizon
    """

    horizons: Floats
    mu: Floats
    covariance: Floats
    tau2: Floats
    k: tuple[int, ...]
    method: str
    level: float

    @property
    def se(self) -> Floats:
        return np.sqrt(np.diag(self.covariance))

    def table(self) -> dict[str, list[Any]]:
        """A row a horizon."""
        z = z_quantile(self.level)
        return {
            "horizon": self.horizons.tolist(),
            "difference": self.mu.tolist(),
            "se": self.se.tolist(),
            "low": (self.mu - z * self.se).tolist(),
            "high": (self.mu + z * self.se).tolist(),
            "p": chdtrc(1, (self.mu / self.se) ** 2).tolist(),
            "k": list(self.k),
        }

    def __repr__(self) -> str:
        return f"<PooledMeans: {self}>"

    def __str__(self) -> str:
        z = z_quantile(self.level)
        rows = zip(self.horizons, self.mu, self.se, strict=True)
        return "; ".join(f"to {t:g}: {d:+.3g} ({d - z * se:.3g} to {d + z * se:.3g})" for t, d, se in rows)


def pool_rmst(trials: RestrictedTrials, *, tau2: str = "REML", level: float = 0.95) -> PooledMeans:
    """Differences of restricted means at all horizons, pooled by a multivariate model.

    A trial whose follow-up ends early lends strength to the later horizons, through the covariance with the earlier ones.

    Parameters
    ----------
    trials : restricted means by trial, at any of the horizons
    tau2 : "REML" (covariance between trials by restricted maximum likelihood), "MM" (method of moments) or "common" (none)
    level : confidence level

    Raises
    ------
    BadArgument
        for an unknown method
    NotEstimable
        where the trials are too few for the method

    References
    ----------
    Wei et al. (2015), Stat Med 34:2881-2898; moments: Jackson, White & Riley (2013), Biom J 55:231-245; REML: Jackson, Riley &
    White (2011), Stat Med 30:2481-2498

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> from trialpool.stats.survival.rmst import rmst
    >>> one = rmst(patient_times([1, 2, 3, 4, 2, 4, 5, 6], [1, 1, 1, 1, 1, 0, 1, 0], list("ccccdddd")), [2, 4])
    >>> print(pool_rmst({"A": one, "B": one}, tau2="common"))
    to 2: +0.25 (-0.0501 to 0.55); to 4: +1 (0.02 to 1.98)
    """
    choose("tau2", tau2, BETWEEN)
    checked_level(level)
    horizons = np.unique(np.concatenate([trial.horizons for trial in trials.values()]))
    y, S, have = _arranged(trials, horizons)
    between = BETWEEN[tau2](y, S, have)
    mu, covariance = _weighted(y, S, have, between)
    k = tuple(int(count) for count in have.sum(0))
    return PooledMeans(horizons=horizons, mu=mu, covariance=covariance, tau2=between, k=k, method=tau2, level=level)


def _arranged(trials: RestrictedTrials, horizons: Floats) -> tuple[Floats, Floats, Any]:
    """(k, T) differences and (k, T, T) covariances, 0 where a trial lacks the horizon, and (k, T) whether it has it."""
    k, T = len(trials), len(horizons)
    y, S, have = np.zeros((k, T)), np.zeros((k, T, T)), np.zeros((k, T), bool)
    for row, trial in enumerate(trials.values()):
        place = np.searchsorted(horizons, trial.horizons)
        y[row, place], have[row, place] = trial.difference, True
        S[row][np.ix_(place, place)] = trial.covariance
    return y, S, have


def _weighted(y: Floats, S: Floats, have: Any, between: Floats) -> tuple[Floats, Floats]:
    """mu = (sum W)^-1 sum W y, with W the inverse of S + between over the horizons that a trial has."""
    W = _weights(S, have, between)
    covariance = np.linalg.inv(W.sum(0))
    return covariance @ np.einsum("kij,kj->i", W, y), covariance


def _weights(S: Floats, have: Any, between: Floats) -> Floats:
    W = np.zeros_like(S)
    for row, own in enumerate(have):
        at = np.ix_(own, own)
        W[row][at] = np.linalg.inv((S[row] + between)[at])
    return W


def _none(y: Floats, S: Floats, have: Any) -> Floats:
    return np.zeros(S.shape[1:])


def _reml(y: Floats, S: Floats, have: Any) -> Floats:
    """The covariance L L' at which -2 ln L = sum ln|V| + ln|sum W| + sum r' W r is least, L lower triangular."""
    T = y.shape[1]
    if len(y) < 2:
        raise NotEstimable("multivariate REML: one trial says nothing of the variance between trials (k = 1).")
    lower = np.tril_indices(T)
    scale = float(np.sqrt(np.mean([np.diag(s)[own].mean() for s, own in zip(S, have, strict=True)])))

    def spread(parameters: Floats) -> Floats:
        L = np.zeros((T, T))
        L[lower] = parameters * scale
        return L @ L.T

    def loss(parameters: Floats) -> float:
        between = spread(parameters)
        W = _weights(S, have, between)
        total = W.sum(0)
        mu = np.linalg.solve(total, np.einsum("kij,kj->i", W, y))
        residual = np.where(have, y - mu, 0.0)
        logs = sum(np.linalg.slogdet((S[row] + between)[np.ix_(own, own)])[1] for row, own in enumerate(have))
        return float(logs + np.linalg.slogdet(total)[1] + np.einsum("ki,kij,kj->", residual, W, residual))

    starts = [0.3 * np.eye(T)[lower], 0.1 * np.ones((T, T))[lower]]
    found = min((minimize(loss, start, method="BFGS", options={"gtol": 1e-7}) for start in starts), key=lambda fit: fit.fun)
    polished = minimize(loss, found.x, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 4000})
    return spread(polished.x)


def _moments(y: Floats, S: Floats, have: Any) -> Floats:
    """Jackson, White & Riley (2013): the (T, T) matrix Q of weighted squares equated to its expectation, then made symmetric and
    positive semi-definite."""
    k, T = y.shape
    W = _weights(S, have, np.zeros((T, T)))
    mu = np.linalg.solve(W.sum(0), np.einsum("kij,kj->i", W, y))
    residual = np.where(have, y - mu, 0.0)
    R = have[:, :, np.newaxis] * np.eye(T)
    Q = np.einsum("kij,kj,kl->il", W, residual, residual)
    X = R.reshape(k * T, T)
    big = np.zeros((k * T, k * T))
    for row in range(k):
        big[row * T : (row + 1) * T, row * T : (row + 1) * T] = W[row]
    H = X @ np.linalg.inv(W.sum(0)) @ X.T @ big
    A = (np.eye(k * T) - H).T @ big  # E[W r r'] by blocks
    expected = _expectation(A, H, S, have, k, T)
    between = np.linalg.lstsq(expected[1], (Q - expected[0]).T.ravel(), rcond=None)[0].reshape(T, T).T
    symmetric = (between + between.T) / 2
    values, vectors = np.linalg.eigh(symmetric)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T, float)


def _expectation(A: Floats, H: Floats, S: Floats, have: Any, k: int, T: int) -> tuple[Floats, Floats]:
    """E[Q] = constant + linear(between): the constant (T, T), and the matrix that takes vec(between) to vec of the rest."""
    residual = np.eye(k * T) - H

    def block(i: int, j: int, M: Floats) -> Floats:
        return M[i * T : (i + 1) * T, j * T : (j + 1) * T]

    def total(within: Callable[[int], Floats]) -> Floats:
        out = np.zeros((T, T))
        for i in range(k):
            for j in range(k):
                out += block(i, j, A) @ within(j) @ block(i, j, residual).T
        return out

    def of_unit(place: int) -> Floats:
        unit = np.zeros(T * T)
        unit[place] = 1.0
        between = unit.reshape(T, T).T
        return total(lambda j: np.where(np.outer(have[j], have[j]), between, 0.0))

    columns = [of_unit(place).T.ravel() for place in range(T * T)]
    return total(lambda j: S[j]), np.column_stack(columns)


BETWEEN: dict[str, Callable[[Floats, Floats, Any], Floats]] = {"REML": _reml, "MM": _moments, "common": _none}
