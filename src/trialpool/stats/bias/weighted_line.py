"""A straight line through effects, by weighted least squares."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from trialpool.stats.arrays import Floats, count
from trialpool.stats.pooling.weighted import mean

FLAT = 1e-12  # predictors that vary by less than this share of their size are equal
ROUNDING = 1e-13  # and effects, and residuals, that differ by less than this share of the largest effect
ON_THE_LINE = "the effects lie on the line but for rounding, so that there is no residual to test by"


class Line(NamedTuple):
    """yi = intercept + slope xi; each (...).

    var_intercept, var_slope : variances for weights that are inverse variances
    rss                      : weighted residual sum of squares
    exists                   : whether three studies or more have predictors that are not all equal
    """

    intercept: Any
    slope: Any
    var_intercept: Any
    var_slope: Any
    rss: Any
    exists: Any


def less_rounding(differences: Floats, yi: Floats) -> Floats:
    """(..., k) differences from yi or between them, and 0 where they are rounding beside the largest of yi.

    >>> less_rounding(np.array([5e-17, 0.0, -0.1]), np.array([0.3, 0.3, 0.2]))
    array([ 0. ,  0. , -0.1])
    """
    return np.where(np.abs(differences) > ROUNDING * np.abs(yi).max(-1, keepdims=True, initial=0.0), differences, 0.0)


def line(yi: Floats, wi: Floats, xi: Floats) -> Line:
    """Weighted least squares, centred, so that predictors of any size lose no digits.

    Parameters
    ----------
    yi, wi, xi : (..., k) effects, weights (0 where a study is absent), predictors; finite

    >>> found = line(np.array([0.1, 0.3, 0.5]), np.ones(3), np.array([1.0, 2.0, 3.0]))
    >>> found.slope.round(3), found.intercept.round(3)
    (0.2, -0.1)
    """
    x_mean, y_mean = mean(xi, wi), mean(yi, wi)
    yi = np.where(wi > 0, yi, 0.0)
    apart = less_rounding(yi - np.asarray(y_mean)[..., np.newaxis], yi)
    centred = xi - np.asarray(x_mean)[..., np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        Sxx = (wi * centred**2).sum(-1)
        slope = (wi * centred * apart).sum(-1) / Sxx
        residual = less_rounding(apart - np.asarray(slope)[..., np.newaxis] * centred, yi)
        return Line(
            intercept=y_mean - slope * x_mean,
            slope=slope,
            var_intercept=1 / wi.sum(-1) + x_mean**2 / Sxx,
            var_slope=1 / Sxx,
            rss=(wi * residual**2).sum(-1),
            exists=(count(np.where(wi > 0, 1.0, np.inf)) >= 3) & (Sxx > FLAT * (wi * xi**2).sum(-1)),
        )
