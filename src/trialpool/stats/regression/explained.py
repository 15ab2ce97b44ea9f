"""How much heterogeneity there is beyond the moderators, and how much they explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import cochran_q
from trialpool.stats.regression.least_squares import DEPENDENT, least_squares

if TYPE_CHECKING:
    from trialpool.stats.regression.meta_regression import MetaRegression


def h2_of_q(Q: Any, df: Any) -> Any:
    """Q / df, at least 1; nan without a degree of freedom."""
    return np.maximum(Q / np.where(df > 0, df, np.nan), 1.0)


def r2(fit: MetaRegression) -> Any:
    """(tau2_0 - tau2) / tau2_0, at least 0; 0 where tau2_0 is 0."""
    yi, vi = fit.effects.yi, fit.effects.vi
    if not constant_within(fit.design.X, vi) or fit.design.p == 1:
        return np.full(np.shape(fit.Q), np.nan)[()]
    with np.errstate(divide="ignore", invalid="ignore"):
        if fit.model == "common":
            without, left = cochran_q(yi, vi) / (fit.k - 1), fit.Q / fit.residual_df
        elif fit.tau2_method == "given":
            without, left = TAU2["REML"](yi, vi), fit.tau2
        else:
            without, left = TAU2[fit.tau2_method](yi, vi), fit.tau2
        share = np.where(without > 0, np.maximum(1 - left / without, 0.0), 0.0)
    return np.where(np.isnan(without) | np.isnan(left), np.nan, share)[()]


def constant_within(X: Floats, vi: Floats) -> bool:
    """Is a constant a combination of the columns of X, so that the model without moderators is a part of this one?"""
    here = np.isfinite(vi)
    ones = here.astype(float)
    beta = least_squares(ones, ones, X).beta
    left = np.where(here, 1 - (X * beta[..., np.newaxis, :]).sum(-1), 0.0)
    return bool((np.abs(left) <= np.sqrt(DEPENDENT)).all())
