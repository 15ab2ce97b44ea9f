"""Weighted least squares by orthogonal triangles: no cross product is formed, so calendar years lose no digits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trialpool.stats.arrays import Floats

DEPENDENT = 1e-9  # a column of which no more than this share is left beside the columns before it says nothing of its own


class LeastSquares(NamedTuple):
    """Coefficients and their scatter for given weights.

    beta : (..., p) coefficients
    root : (..., p, p) with root root' = (X'WX)^-1
    """

    beta: Floats
    root: Floats


def least_squares(yi: Floats, wi: Floats, X: Floats) -> LeastSquares:
    """beta = (X'WX)^-1 X'Wy, W = diag(wi), by W^(1/2) X = QR.

    Parameters
    ----------
    yi : (..., k) effects
    wi : (..., k) weights; 0 where a study is absent
    X : (..., k, p) design matrix, finite everywhere

    Returns
    -------
    LeastSquares; nan where the columns of X are dependent among the studies that have weight

    >>> yi, X = np.array([0.1, 0.3, 0.5]), np.array([[1, 0], [1, 1], [1, 2.0]])
    >>> least_squares(yi, np.ones(3), X).beta.round(12)
    array([0.1, 0.2])
    """
    shape = np.broadcast_shapes(yi.shape, wi.shape, X.shape[:-1])
    half = np.sqrt(wi)
    weighted = np.broadcast_to(half[..., np.newaxis] * X, (*shape, X.shape[-1]))
    if shape[-1] < X.shape[-1]:
        nothing = np.full((*shape[:-1], X.shape[-1]), np.nan)
        return LeastSquares(nothing, nothing[..., np.newaxis] * np.ones(X.shape[-1]))
    Q, R = np.linalg.qr(weighted)
    full = _full_rank(R)
    R = np.where(full[..., np.newaxis, np.newaxis], R, np.eye(X.shape[-1]))
    root = np.where(full[..., np.newaxis, np.newaxis], np.linalg.inv(R), np.nan)
    projected = (Q * np.where(wi > 0, half * yi, 0.0)[..., np.newaxis]).sum(-2)
    return LeastSquares((root * projected[..., np.newaxis, :]).sum(-1), root)


def leverage(wi: Floats, X: Floats, root: Floats) -> Floats:
    """(..., k) diagonal of H = X (X'WX)^-1 X'W."""
    spread = X @ root
    hat: Floats = wi * (spread * spread).sum(-1)
    return hat


def _full_rank(R: Floats) -> np.ndarray:
    own = np.abs(np.diagonal(R, axis1=-2, axis2=-1))
    size = np.sqrt((R * R).sum(-2))
    full: np.ndarray = (own > DEPENDENT * size).all(-1)
    return full
