"""The shape that every estimator shares: the last axis is studies, the axes before it are independent analyses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def present(vi: Floats) -> Bools:
    """Which studies are there: an absent study has infinite variance."""
    return np.isfinite(vi)


def count(vi: Floats) -> Any:
    """k, the number of studies present, over the last axis."""
    return np.count_nonzero(np.isfinite(vi)) if vi.ndim == 1 else np.isfinite(vi).sum(-1)


def without_each(vi: Floats) -> Floats:
    """Leave-one-out as a batch: vi (..., k) -> (..., k, k), in row i of which study i is absent.

    >>> without_each(np.array([0.1, 0.2]))
    array([[inf, 0.2],
           [0.1, inf]])
    """
    return np.where(np.eye(vi.shape[-1], dtype=bool), np.inf, vi[..., np.newaxis, :])


def first_each(vi: Floats, order: NDArray[np.intp]) -> Floats:
    """Cumulation as a batch: vi (..., k) -> (..., k, k), in row i of which only the first i + 1 of `order` are present.

    >>> first_each(np.array([0.1, 0.2, 0.3]), np.array([2, 0, 1]))
    array([[inf, inf, 0.3],
           [0.1, inf, 0.3],
           [0.1, 0.2, 0.3]])
    """
    rank = np.argsort(order)
    return np.where(rank <= np.arange(vi.shape[-1])[:, np.newaxis], vi[..., np.newaxis, :], np.inf)


def split(vi: Floats, codes: NDArray[np.intp], levels: int) -> Floats:
    """Subgroups as a batch: vi (..., k) -> (..., levels, k), in row g of which only the studies with code g are present.

    >>> split(np.array([0.1, 0.2, 0.3]), np.array([0, 1, 0]), 2)
    array([[0.1, inf, 0.3],
           [inf, 0.2, inf]])
    """
    return np.where(codes == np.arange(levels)[:, np.newaxis], vi[..., np.newaxis, :], np.inf)


def indicators(codes: NDArray[np.intp], levels: int) -> Floats:
    """(k, levels) design matrix of subgroups: 1 where a study has the code of the column, and 0 elsewhere.

    >>> indicators(np.array([0, 1, 0]), 2)
    array([[1., 0.],
           [0., 1.],
           [1., 0.]])
    """
    X: Floats = (codes[:, np.newaxis] == np.arange(levels)).astype(float)
    return X
