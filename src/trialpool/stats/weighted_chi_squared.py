"""The distribution of a weighted sum of chi-squared variables, exact to rounding: what the generalised Q statistics follow."""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats

NODES = 24  # the error of the rule falls by a factor of 3.9 a node; with more of them rounding grows
_THETA = np.pi * (2 * np.arange(NODES // 2) + 1) / NODES
_COT = 1 / np.tan(0.6407 * _THETA)
_Z = NODES * (-0.6122 + 0.5017 * _THETA * _COT + 0.2645j * _THETA)
_DZ = NODES * (0.5017 * (_COT - 0.6407 * _THETA * (1 + _COT**2)) + 0.2645j)
_WEIGHTS = 2 / NODES * np.exp(_Z) * _DZ / (1j * _Z)


def weighted_chi2_cdf(q: Any, weights: Floats) -> Any:
    """P(sum_j lambda_j chi2_1 <= q) for independent chi-squared variables of one degree of freedom.

    The Laplace transform of this function of q is prod_j (1 + 2 lambda_j s)^(-1/2) / s, all of whose singularities lie on the
    negative real axis; it is inverted along Talbot's cotangent contour around them. The contour does not depend on the weights, so
    sums with weights of any spread cost the same, which the series of Ruben and Farebrother and the integral of Imhof do not
    offer. The error is below 1e-13.

    Parameters
    ----------
    q : (...) any real
    weights : (..., m) lambda_j >= 0; those that are 0 add nothing

    Returns
    -------
    (...) probability, 0 for q <= 0 (1 at q = 0 where no weight is positive); nan where q or a weight is nan

    References
    ----------
    Box (1954), Ann Math Stat 25:290-302, eq. 2.1, for the transform; Weideman (2006), SIAM J Numer Anal 44:2342-2362, for the
    contour

    >>> weighted_chi2_cdf(np.array([0.1, 0.7, 2.0]), np.array([0.6, 0.3, 0.1])).round(4)     # Imhof (1961), Table 1, Q1
    array([0.0542, 0.4936, 0.876 ])
    """
    q, weights = np.asarray(q, dtype=float), np.asarray(weights, dtype=float)
    positive = q > 0
    ratios = 2 * weights / np.where(positive, q, 1.0)[..., np.newaxis]
    logs = np.zeros((*ratios.shape[:-1], len(_Z)), dtype=complex)
    for j in range(ratios.shape[-1]):  # terms one by one: a matrix of them would be large in a batch
        logs += np.log1p(ratios[..., j, np.newaxis] * _Z)
    inverted = (np.exp(-0.5 * logs) * _WEIGHTS).real.sum(-1)
    below = np.where(positive | np.isnan(q), np.clip(inverted, 0.0, 1.0), 0.0)
    nothing = (weights <= 0).all(-1)
    return np.where(nothing, np.where(np.isnan(q), np.nan, q >= 0.0), np.where(np.isnan(q), np.nan, below))[()]
