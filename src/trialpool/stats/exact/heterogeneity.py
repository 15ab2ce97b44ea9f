"""Whether one effect would do for all trials: against the model in which each trial has an effect of its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.exact.design import Design
from trialpool.stats.exact.marginal_likelihood import Arm, Parameters, expansion
from trialpool.stats.exact.mixed_model_fit import HeterogeneityTests
from trialpool.stats.exact.newton import Maximum, climb


class OwnEffects(NamedTuple):
    """The model with an effect for each trial: its log-likelihood, and the finite ones of these effects with their covariance."""

    loglik: float
    theta: Floats
    V: Floats
    finite: Bools


def heterogeneity_tests(design: Design, common: Maximum) -> tuple[float, HeterogeneityTests]:
    """Log-likelihood of the model with an effect for each trial, and the tests of it against the common-effect one.

    With random levels (UM.RS) the tests are not the same when the arms are swapped: the levels are those of the control arm.
    A trial with an empty cell has an infinite effect of its own: its likelihood then is the limit, and the Wald test is without it.
    """
    own = _with_random_levels(design) if design.start.sigma else _trial_by_trial(design)
    k, p = design.X.shape
    X = design.X[own.finite]
    df_wald = max(len(X) - p, 0)
    Q_wald = _residual_q(own.theta, own.V, X) if df_wald and np.linalg.matrix_rank(X) == p else float("nan")
    Q_lrt = max(2 * (own.loglik - common.loglik), 0.0)
    return own.loglik, HeterogeneityTests(Q_lrt=Q_lrt, df_lrt=k - p, Q_wald=Q_wald, df_wald=df_wald)


def typical_variance(own_variance: Floats, X: Floats) -> float:
    """s2 = (k - p) / tr(P), P = W - W X (X'WX)^-1 X'W, W = 1 / variances; nan without a degree of freedom.

    Higgins & Thompson (2002), Stat Med 21:1539-1558, eq. 9, with moderators.
    """
    W = np.diag(1 / own_variance)
    XtW = X.T @ W
    P = W - XtW.T @ np.linalg.solve(XtW @ X, XtW)
    k, p = X.shape
    return float((k - p) / np.trace(P)) if k > p else float("nan")


def _residual_q(theta: Floats, V: Floats, X: Floats) -> float:
    """theta'(V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1) theta."""
    inverse = np.linalg.inv(V)
    beta = np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ theta)
    rest = theta - X @ beta
    return float(rest @ inverse @ rest)


def _trial_by_trial(design: Design) -> OwnEffects:
    """Without random levels each trial is a model of its own, and each of its arms another."""
    arms = [arm.likelihood.saturated() for arm in design.arms]
    theta, var = arms[0].eta, arms[0].var
    if len(arms) == 2:
        theta, var = theta - arms[1].eta, var + arms[1].var
    finite = np.isfinite(theta) & np.isfinite(var)
    loglik = float(np.sum([arm.value.sum() for arm in arms]))
    return OwnEffects(loglik, theta[finite], np.diag(var[finite]), finite)


def _with_random_levels(design: Design) -> OwnEffects:
    """The trials' levels stay random: their mean and variance are estimated together with the k effects."""
    treatment, control = design.arms
    finite = np.isfinite(treatment.likelihood.saturated().eta)
    limit = treatment.likelihood.silenced(~finite)  # an arm at the edge of its counts has a likelihood of 1 in the limit
    level = np.ones((len(finite), 1))
    arms = (Arm(limit, level, own=1.0, w=1.0), Arm(control.likelihood, level, w=1.0))
    best = climb(arms, Parameters(beta=design.start.beta[:1], alpha=np.zeros(len(finite)), sigma=design.start.sigma))
    if not best.converged:
        return OwnEffects(best.loglik, np.zeros(0), np.zeros((0, 0)), np.zeros_like(finite))
    hessian = expansion(arms, best.at).hessian[finite]
    curvature, across = hessian[:, 0, 0], hessian[:, 0, 1:]
    free = [0, 2] if best.at.sigma > 0 else [0]  # the level's mean and sigma; tau is not in this model
    leverage = -across[:, free] / curvature[:, np.newaxis]
    shared = np.linalg.inv(best.information[np.ix_(free, free)])
    V = np.diag(-1 / curvature) + leverage @ shared @ leverage.T
    return OwnEffects(best.loglik, best.at.alpha[finite], V, finite)
