"""Coefficients of a meta-regression at a given tau2, and Q about what they fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats, count
from trialpool.stats.regression.least_squares import LeastSquares, least_squares
from trialpool.stats.regression.scale import SCALES


def coefficients(
    yi: Floats, vi: Floats, X: Floats, tau2: Floats, ci: str, wi: Floats | None = None
) -> tuple[LeastSquares, Floats, Floats]:
    """Coefficients with the root of their covariance, the scale factor in it, and the degrees of freedom, at a given tau2 (...).

    wi : (..., k) weights other than 1 / (vi + tau2). The scale factor is that of the fit with 1 / (vi + tau2) all the same,
        which is 1 on average where tau2 is right
    """
    total = vi + tau2[..., np.newaxis]
    inverse = 1 / total
    best = least_squares(yi, inverse, X)
    found = best if wi is None else least_squares(yi, wi, X)
    df = np.asarray(count(vi) - X.shape[-1], dtype=float)
    residual = yi - (X * best.beta[..., np.newaxis, :]).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.asarray((inverse * np.where(inverse > 0, residual, 0.0) ** 2).sum(-1) / df)
    scale, df = SCALES[ci](q, np.broadcast_to(df, q.shape))
    root = found.root if wi is None else _sandwich(found.root, wi, X, total)
    return LeastSquares(found.beta, root * np.sqrt(scale)[..., np.newaxis, np.newaxis]), np.asarray(scale), np.asarray(df)


def residual_q(yi: Floats, vi: Floats, X: Floats) -> Any:
    """(...) sum wi (yi - fitted)^2, wi = 1 / vi and the fitted values with these weights."""
    beta = least_squares(yi, 1 / vi, X).beta
    residual = np.where(np.isfinite(vi), yi - (X * beta[..., np.newaxis, :]).sum(-1), 0.0)
    return (residual**2 / vi).sum(-1)


def _sandwich(root: Floats, wi: Floats, X: Floats, total: Floats) -> Floats:
    """(..., p, k) S with SS' = (X'WX)^-1 X'WMWX (X'WX)^-1."""
    spread = np.where(wi > 0, wi * np.sqrt(np.where(np.isfinite(total), total, 0.0)), 0.0)
    sides: Floats = root @ np.swapaxes(X @ root, -1, -2) * spread[..., np.newaxis, :]
    return sides
