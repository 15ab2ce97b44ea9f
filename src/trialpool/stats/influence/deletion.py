"""A model without each of its studies in turn, as one batch of k analyses: what every measure of influence compares it with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats, without_each
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import expect_one_analysis
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.regression.coefficients import residual_q
from trialpool.stats.regression.least_squares import least_squares, leverage
from trialpool.stats.regression.meta_regression import MetaRegression

ONLY_MU: tuple[str, ...] = ("mu",)
ROWS = 4_000_000  # numbers in one array of the batch
ALONE = 1e-12  # a hat value this close to 1: the study alone decides its fitted value, and has no residual


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """k studies that are present, a model of p coefficients fitted to them, and fitted again without each.

    effects             : the studies present
    names               : (p,) of the coefficients; "mu" where there are no moderators
    X                   : (k, p) design matrix
    tau2                : of all studies
    beta, root          : (p,) coefficients and (p, p) root of their covariance (X'WX)^-1, W = diag(1 / (vi + tau2))
    hat                 : (k,) diagonal of X (X'WX)^-1 X'W
    tau2_each           : (k,) without each study
    beta_each, root_each: (k, p), (k, p, p) without each study
    se_each             : (k, p) root of the diagonal of (X'W(i)X)^-1 of all studies, but with the tau2 without study i
    Q_each              : (k,) Cochran's Q about the values fitted without each study
    """

    effects: Effects
    names: tuple[str, ...]
    X: Floats
    tau2: float
    beta: Floats
    root: Floats
    hat: Floats
    tau2_each: Floats
    beta_each: Floats
    root_each: Floats
    se_each: Floats
    Q_each: Floats

    @property
    def residuals(self) -> Floats:
        """(k,) yi less the fitted value."""
        found: Floats = self.effects.yi - self.X @ self.beta
        return found

    @property
    def moved(self) -> Floats:
        """(k, p) coefficients of all studies less those without study i."""
        found: Floats = self.beta - self.beta_each
        return found

    @property
    def fitted_moved(self) -> Floats:
        """(k,) fitted value of study i less the one without it."""
        found: Floats = (self.X * self.moved).sum(-1)
        return found

    @property
    def fitted_var_each(self) -> Floats:
        """(k,) variance of the fitted value of study i without it."""
        found: Floats = ((self.X[:, np.newaxis, :] @ self.root_each) ** 2).sum((-2, -1))
        return found


def deletion(fit: PooledEffect | MetaRegression, *, what: str) -> Deletion:
    """Fit a model again without each of its studies.

    Covariances are those of the weights, (X'WX)^-1, whatever the interval of the fit: a factor of Hartung and Knapp would mix how
    much a study moves the estimate with how well the studies agree.

    what : the method that asks, for messages

    Raises
    ------
    BadArgument
        for a batch of analyses, Mantel-Haenszel, or weights other than by inverse variance
    NotEstimable
        where too few studies are present
    """
    effects, X, names = _present(fit, what)
    yi, vi, (k, p) = effects.yi, effects.vi, X.shape
    least = p + (2 if fit.model == "random" else 1)
    if k < least:
        too_few = f"without one of them too few remain; {least} studies are the fewest"
        raise NotEstimable(f"{what}, {fit.model} effects, k = {k}: {too_few}.")
    tau2 = float(np.nan_to_num(fit.tau2))
    wi = 1 / (vi + tau2)
    whole = least_squares(yi, wi, X)
    step = max(1, ROWS // (k * p))
    parts = [_without(fit, yi, vi, X, slice(i, i + step)) for i in range(0, k, step)]
    tau2_each, beta_each, root_each, se_each, Q_each = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Deletion(
        effects=effects,
        names=names,
        X=X,
        tau2=tau2,
        beta=whole.beta,
        root=whole.root,
        hat=leverage(wi, X, whole.root),
        tau2_each=tau2_each,
        beta_each=beta_each,
        root_each=root_each,
        se_each=se_each,
        Q_each=Q_each,
    )


def _present(fit: PooledEffect | MetaRegression, what: str) -> tuple[Effects, Floats, tuple[str, ...]]:
    """The studies present, their design matrix and the names of its columns."""
    effects = fit.effects
    expect_one_analysis(what, fit)
    if isinstance(fit, PooledEffect):
        if fit.method == "MH":
            raise BadArgument(f"{what} goes with inverse-variance weights, not Mantel-Haenszel. Leave-one-out goes with both.")
        X, names = np.ones((len(effects.vi), 1)), ONLY_MU
    else:
        if fit.weighting != "inverse variance":
            raise BadArgument(f"{what} goes with inverse-variance weights, not {fit.weighting} ones. Fit without `weights`.")
        X, names = fit.design.X, fit.names
    there = np.isfinite(effects.vi)
    labels = tuple(label for label, kept in zip(effects.study, there, strict=True) if kept)
    chosen = replace(effects, yi=effects.yi[there], vi=effects.vi[there], study=labels, counts=None, derivations=())
    return chosen, X[there], names


def _without(fit: PooledEffect | MetaRegression, yi: Floats, vi: Floats, X: Floats, rows: slice) -> tuple[Floats, ...]:
    """tau2, coefficients, roots, standard errors and Q without each of some of the studies."""
    others = without_each(vi)[rows] if len(vi) ** 2 <= ROWS else _without_some(vi, rows)
    tau2 = np.asarray(_tau2_of(fit, yi, others, X))
    without = least_squares(yi, 1 / (others + tau2[:, np.newaxis]), X)
    at_tau2 = least_squares(yi, 1 / (vi + tau2[:, np.newaxis]), X)
    return tau2, without.beta, without.root, np.sqrt((at_tau2.root**2).sum(-1)), residual_q(yi, others, X)


def _without_some(vi: Floats, rows: slice) -> Floats:
    index = np.arange(len(vi))
    return np.where(index[rows, np.newaxis] == index, np.inf, vi)


def _tau2_of(fit: PooledEffect | MetaRegression, yi: Floats, others: Floats, X: Floats) -> Any:
    if fit.tau2_method not in TAU2:  # a common effect, or a tau2 that the caller gave
        return np.full(len(others), float(fit.tau2))
    return TAU2[fit.tau2_method](yi, others, None if isinstance(fit, PooledEffect) else X)
