"""What a meta-regression leaves unexplained of each study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trialpool.stats.arrays import Floats, without_each
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.regression.coefficients import coefficients
from trialpool.stats.regression.estimates import Estimates
from trialpool.stats.regression.least_squares import least_squares
from trialpool.stats.regression.predictions import Predictions

if TYPE_CHECKING:
    from trialpool.stats.regression.meta_regression import MetaRegression


def where_present(fit: MetaRegression, values: Floats) -> Floats:
    """`values`, and nan where a study is absent."""
    return np.where(np.isfinite(fit.effects.vi), values, np.nan)


def variances(fit: MetaRegression) -> Floats:
    """(..., k) vi + tau2."""
    total: Floats = fit.effects.vi + np.asarray(fit.tau2)[..., np.newaxis]
    return total


def bread_root(fit: MetaRegression) -> Floats:
    """(..., p, p) S with SS' = (X'WX)^-1."""
    return least_squares(fit.effects.yi, fit.wi, fit.design.X).root


def standardised(fit: MetaRegression) -> Floats:
    """(..., k) residuals over sqrt of the diagonal of (I - H) M (I - H)'."""
    X, half = fit.design.X, np.sqrt(np.where(fit.wi > 0, variances(fit), 0.0))
    root = bread_root(fit)
    H = (X @ root) @ np.swapaxes(X @ root, -1, -2) * fit.wi[..., np.newaxis, :]
    left = (np.eye(X.shape[-2]) - H) * half[..., np.newaxis, :]
    se = np.sqrt((left**2).sum(-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return where_present(fit, np.where(se > 1e-8 * half, fit.residuals / se, np.nan))


def studentised(fit: MetaRegression) -> Floats:
    """(..., k) (yi - x_i beta(i)) / sqrt(vi + tau2(i) + x_i cov(i) x_i'), where (i) is without study i."""
    yi, X = fit.effects.yi, fit.design.X
    others = without_each(np.broadcast_to(fit.effects.vi, fit.wi.shape))
    yi_each, X_each = yi[..., np.newaxis, :], X[..., np.newaxis, :, :]
    if fit.tau2_method in TAU2:
        tau2 = np.asarray(TAU2[fit.tau2_method](yi_each, others, X_each))
    else:
        tau2 = np.broadcast_to(np.asarray(fit.tau2)[..., np.newaxis], others.shape[:-1])
    wi = None if fit.weighting == "inverse variance" else np.where(np.isfinite(others), fit.wi[..., np.newaxis, :], 0.0)
    without, _, _ = coefficients(yi_each, others, X_each, tau2, "Wald", wi)
    spread = ((X[..., np.newaxis, :] @ without.root) ** 2).sum((-2, -1))
    expected = (X * without.beta).sum(-1)
    with np.errstate(invalid="ignore"):
        return where_present(fit, (yi - expected) / np.sqrt(fit.effects.vi + tau2 + spread))


def best_predictions(fit: MetaRegression) -> Predictions:
    """lambda yi + (1 - lambda) fitted, lambda = tau2 / (tau2 + vi).

    Their variance is lambda vi + (1 - lambda)^2 x cov x': what is left open by the study, and by the fitted value.
    Raudenbush & Bryk (1985), J Educ Stat 10:75-98.
    """
    vi, tau2 = fit.effects.vi, np.asarray(fit.tau2)[..., np.newaxis]
    share = tau2 / (tau2 + vi)
    expected = fit.predict().se
    estimate = where_present(fit, share * fit.effects.yi + (1 - share) * fit.fitted)
    own = np.where(np.isfinite(vi), share * np.where(np.isfinite(vi), vi, 0.0), np.nan)
    se = np.sqrt(own + (1 - share) ** 2 * expected**2)
    df = np.broadcast_to(np.asarray(fit.df)[..., np.newaxis], se.shape)
    average = Estimates(names=fit.effects.study, estimate=estimate, se=se, df=df, level=fit.level)
    return Predictions(average=average, tau2=np.zeros(np.shape(fit.tau2)), residual_df=fit.residual_df, measure=fit.effects.measure)
