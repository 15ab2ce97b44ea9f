"""Cox's proportional hazards model by Newton's method on the partial likelihood, ties by Efron's method."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Bools, Floats

STEPS = 50
LARGEST = 20.0  # a log hazard ratio beyond this is infinite


class PartialLikelihood(NamedTuple):
    """Log partial likelihood, its gradient (p,) and the information (p, p), minus its second derivative."""

    value: float
    score: Floats
    information: Floats


class CoxFit(NamedTuple):
    """beta (p,) log hazard ratios; covariance (p, p); score test of beta = 0 as chi-squared on p degrees of freedom."""

    beta: Floats
    covariance: Floats
    score_test: float
    log_likelihood: float


class TwoArmFits(NamedTuple):
    """(...) log hazard ratios and their standard errors; nan where a ratio is 0, infinite or has no event to rest on."""

    log_hr: Floats
    se: Floats


class RiskSets(NamedTuple):
    """Patients sorted so that every risk set is a run: by stratum, and within it from the latest time to the earliest.

    X        : (n, p) covariates
    last     : (m,) for each (event time, tied death l): where its risk set ends (exclusive)
    first    : (m,) where the stratum begins
    tied     : (m, 2) run of the patients who died at that time
    share    : (m,) l / d of Efron
    event    : (n,)
    offset   : (n,)
    """

    X: Floats
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    tied: NDArray[np.intp]
    share: Floats
    event: Bools
    offset: Floats


def risk_sets(
    time: Floats, event: Bools, X: Floats, strata: NDArray[np.intp] | None = None, offset: Floats | None = None
) -> RiskSets:
    """Sort the patients and find the risk set of every death."""
    groups = np.zeros(len(time), np.intp) if strata is None else strata
    off = np.zeros(len(time)) if offset is None else offset
    order = np.lexsort((~event, -time, groups))  # deaths first among equal times
    time, event, groups = time[order], event[order], groups[order]
    begins = np.searchsorted(groups, groups, side="left")
    deaths = np.flatnonzero(event)
    same = (
        np.concatenate([[True], (np.diff(time[deaths]) != 0) | (np.diff(groups[deaths]) != 0)])
        if len(deaths)
        else np.zeros(0, bool)
    )
    starts = np.flatnonzero(same)
    sizes = np.diff(np.append(starts, len(deaths)))
    head = np.repeat(deaths[starts], sizes) if len(deaths) else deaths
    d = np.repeat(sizes, sizes)
    within = np.arange(len(deaths)) - np.repeat(starts, sizes)
    changes = np.concatenate([(np.diff(time) != 0) | (np.diff(groups) != 0), [True]])
    ends = np.flatnonzero(changes) + 1
    last = ends[np.searchsorted(ends, head, side="right")] if len(deaths) else head
    return RiskSets(X[order], begins[head], last, np.column_stack([head, head + d]), within / np.maximum(d, 1), event, off[order])


def partial_likelihood(beta: Floats, sets: RiskSets) -> PartialLikelihood:
    """Efron (1977), J Am Stat Assoc 72:557-565: log L = sum_deaths x beta - ln(S0 - (l/d) S0 of the tied)."""
    eta = sets.X @ beta + sets.offset
    shift = eta.max()
    w = np.exp(eta - shift)
    S0 = _sums(w, sets)
    S1 = _sums(w[:, None] * sets.X, sets)
    S2 = _sums(w[:, None, None] * sets.X[:, :, None] * sets.X[:, None, :], sets)
    mean = S1 / S0[:, None]
    dead = sets.X[sets.event]
    value = float(eta[sets.event].sum() - (np.log(S0) + shift).sum())
    information = (S2 / S0[:, None, None] - mean[:, :, None] * mean[:, None, :]).sum(0)
    return PartialLikelihood(value, dead.sum(0) - mean.sum(0), information)


def _sums(values: Floats, sets: RiskSets) -> Floats:
    """Sums over each risk set, less the share l/d of those who died at the time."""
    running = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    share = sets.share.reshape(-1, *(1,) * (values.ndim - 1))
    over: Floats = running[sets.last] - running[sets.first] - share * (running[sets.tied[:, 1]] - running[sets.tied[:, 0]])
    return over


def fit_cox(time: Floats, event: Bools, X: Floats, strata: NDArray[np.intp] | None = None) -> CoxFit:
    """Maximise the partial likelihood.

    Parameters
    ----------
    time, event : (n,)
    X : (n, p) covariates
    strata : (n,) codes; each stratum has its own baseline hazard

    Raises
    ------
    NotEstimable
        where there is no event, or the estimate is infinite or not unique

    References
    ----------
    Cox (1972), J R Stat Soc B 34:187-220
    """
    return maximise(risk_sets(time, event, X, strata))


def maximise(sets: RiskSets) -> CoxFit:
    """Newton's method from 0, halving a step that does not go up."""
    p = sets.X.shape[1]
    if not len(sets.last):
        raise NotEstimable("Cox model: there is no event.")
    beta = np.zeros(p)
    at = start = partial_likelihood(beta, sets)
    score_test = float(start.score @ _solved(start.information, start.score))
    for _ in range(STEPS):
        step = _solved(at.information, at.score)
        new, tried = beta + step, partial_likelihood(beta + step, sets)
        while not tried.value >= at.value - 1e-9 and np.abs(step).max() > 1e-12:
            step = step / 2
            new, tried = beta + step, partial_likelihood(beta + step, sets)
        beta, at = new, tried
        if np.abs(beta).max() > LARGEST:
            break
        if np.abs(step).max() < 1e-10:
            return CoxFit(beta, np.asarray(np.linalg.inv(at.information), float), score_test, at.value)
    raise NotEstimable("Cox model: the hazard ratio is 0 or infinite, since all events are on one side.")


def _solved(information: Floats, score: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(information, score), float)
    except np.linalg.LinAlgError:
        raise NotEstimable("Cox model: the events carry no information on the hazard ratio.") from None


def two_arm_fits(events_t: Floats, at_risk_t: Floats, events_c: Floats, at_risk_c: Floats) -> TwoArmFits:
    """Cox's model of two arms, out of the life tables of many data sets at once; ties by Efron's method.

    Parameters
    ----------
    events_t, events_c : (..., K) whole numbers of events of each arm at each time of an event in either arm
    at_risk_t, at_risk_c : (..., K) at risk just before it, at least the events

    References
    ----------
    Efron (1977), J Am Stat Assoc 72:557-565: sum d_t = sum p over the deaths, p = R_t e^b / (R_t e^b + R_c), where
    R = n - (l/d) d_arm for the l-th of d deaths at a time, from 0; SE^2 = 1 / sum p (1 - p)

    >>> events_t, at_risk_t = np.array([0, 0, 1, 0]), np.array([3, 3, 3, 2])
    >>> events_c, at_risk_c = np.array([1, 1, 0, 1]), np.array([3, 2, 1, 1])
    >>> fits = two_arm_fits(events_t, at_risk_t, events_c, at_risk_c)
    >>> np.exp(fits.log_hr).round(3), fits.se.round(2)
    (0.185, 1.17)
    """
    d = events_t + events_c
    earlier = [np.arange(int(most)) for most in d.reshape(-1, d.shape[-1]).max(axis=0, initial=0)]
    column = np.repeat(np.arange(len(earlier)), [len(each) for each in earlier])
    nth = np.concatenate([*earlier, np.zeros(0)])
    died = nth < d[..., column]
    share = np.where(died, nth / np.maximum(d[..., column], 1), 0.0)
    R_t = np.where(died, at_risk_t[..., column] - share * events_t[..., column], 0.0)
    R_c = np.where(died, at_risk_c[..., column] - share * events_c[..., column], 1.0)
    deaths_t = np.broadcast_to(events_t.sum(-1), d.shape[:-1]).astype(float)
    return _two_arm_newton(deaths_t, R_t, R_c)


def _two_arm_newton(deaths_t: Floats, R_t: Floats, R_c: Floats) -> TwoArmFits:
    """Newton's method from 0, no step longer than 1: the score falls with b, and flattens out away from the root."""
    b = np.zeros(deaths_t.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(STEPS):
            weighted = R_t * np.exp(b)[..., np.newaxis]
            p = weighted / (weighted + R_c)
            information = (p * (1 - p)).sum(-1)
            step = np.clip((deaths_t - p.sum(-1)) / information, -1, 1)
            b = np.where(np.abs(b) > LARGEST, np.nan, b + step)
            if not (np.abs(step) > 1e-10)[np.isfinite(b)].any():
                break
        found = np.isfinite(b) & (np.abs(step) <= 1e-8)
        return TwoArmFits(np.where(found, b, np.nan), np.where(found, information**-0.5, np.nan))
