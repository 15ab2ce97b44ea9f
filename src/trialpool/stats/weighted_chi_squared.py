"""The distribution of a weighted sum of chi-squared variables, exact to rounding: what the generalised Q statistics follow.

Of Q = sum_j lambda_j chi2_1 the Laplace transform is M(z) = prod_j (1 + 2 lambda_j z)^(-1/2), and by inversion

    P(Q <= q) =  1/(2 pi i) integral exp(z q) M(z) / z dz     along a path that crosses the real axis right of 0
    P(Q > q)  = -1/(2 pi i) integral exp(z q) M(z) / z dz     along one that crosses it between -1 / (2 max lambda_j) and 0

The smaller of the two is computed. The path is a parabola through the saddle point of the integrand, along which this falls off
steeply and hardly oscillates, so the trapezoidal rule converges geometrically, whatever the spread of the weights and however many
there are (series such as Ruben's and Farebrother's need ever more terms for either).

References: Box (1954), Ann Math Stat 25:290-302, eq. 2.1 (the transform); Rice (1980), SIAM J Sci Stat Comput 1:438-448, and
Helstrom (1996), IEEE Trans Aerosp Electron Syst 32:1180-1185 (the path).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.stats.arrays import Bools, Floats

STEP = 0.2  # of the rule, in units of the width of the saddle; the error falls as exp(-2 pi / STEP)
BLOCK = 16  # nodes added at a time, until the integrand has vanished
BLOCKS = 60
BISECTIONS = 24
FLATTEST = 0.02  # how fast the path bends to the left at least, so that exp(z q) falls along it


def weighted_chi2_cdf(q: Any, weights: Floats) -> Any:
    """P(sum_j lambda_j chi2_1 <= q) for independent chi-squared variables of one degree of freedom.

    Parameters
    ----------
    q : (...) any real
    weights : (..., m) lambda_j >= 0; those that are 0 add nothing

    Returns
    -------
    (...) probability, to 1e-13; 0 for q <= 0 (1 from q = 0 on where no weight is positive); nan where q or a weight is nan

    >>> weighted_chi2_cdf(np.array([0.1, 0.7, 2.0]), np.array([0.6, 0.3, 0.1])).round(4)     # Imhof (1961), Table 1, Q1
    array([0.0542, 0.4936, 0.876 ])
    """
    tail, lower = _smaller_tail(q, weights)
    return np.where(lower, tail, 1 - tail)[()]


def weighted_chi2_sf(q: Any, weights: Floats) -> Any:
    """P(sum_j lambda_j chi2_1 > q); see `weighted_chi2_cdf`. Small probabilities have as many digits as large ones."""
    tail, lower = _smaller_tail(q, weights)
    return np.where(lower, 1 - tail, tail)[()]


def _smaller_tail(q: Any, weights: Floats) -> tuple[Floats, Bools]:
    q, weights = np.asarray(q, dtype=float), np.asarray(weights, dtype=float)
    shape = np.broadcast_shapes(q.shape, weights.shape[:-1])
    q = np.broadcast_to(q, shape).reshape(-1)
    weights = np.broadcast_to(weights, (*shape, weights.shape[-1])).reshape(len(q), -1)
    lower, tail = q < weights.sum(-1), np.zeros(len(q))
    tail[np.isnan(q) | np.isnan(weights).any(-1)] = np.nan
    at = np.flatnonzero((q > 0) & (weights > 0).any(-1) & np.isfinite(q) & ~np.isnan(tail))
    if len(at):
        tail[at] = _inverted(np.ones(len(at)), weights[at] / q[at, np.newaxis], lower[at])
    return tail.reshape(shape), lower.reshape(shape)


def _inverted(q: Floats, weights: Floats, lower: Bools) -> Floats:
    """The tail beyond q (n,) = 1 of sums with these weights (n, m)."""
    saddle = np.empty(len(q))
    for where, of in ((lower, _saddle_right), (~lower, _saddle_left)):
        if where.any():
            saddle[where] = of(q[where], weights[where])
    ratios = weights / (1 + 2 * weights * saddle[:, np.newaxis])
    second = (2 * ratios**2).sum(-1) + 1 / saddle**2
    third = -(8 * ratios**3).sum(-1) - 2 / saddle**3
    width = 1 / np.sqrt(second)
    bend = np.minimum(third / (6 * second), -FLATTEST * second / q)
    # where most of the sum is in many small weights M itself falls off, and a strong bend would only lead into oscillations
    bend = np.maximum(bend, -1 / (2 * np.abs(saddle)))
    total = np.zeros(len(q))
    for block in range(BLOCKS):
        y = (np.arange(block * BLOCK, (block + 1) * BLOCK) + 0.5) * STEP * width[:, np.newaxis]
        z = saddle[:, np.newaxis] + bend[:, np.newaxis] * y**2 + 1j * y
        logs = np.zeros(z.shape, dtype=complex)
        for j in range(weights.shape[-1]):  # one by one: a matrix of them would be large in a batch
            logs += np.log(1 + 2 * weights[:, j, np.newaxis] * z)
        integrand = np.exp(z * q[:, np.newaxis] - 0.5 * logs) / z * (2 * bend[:, np.newaxis] * y + 1j) / 1j
        total += integrand.real.sum(-1)
        if (np.abs(integrand[:, -1]) <= 1e-18 * np.abs(total)).all():
            break
    area: Floats = np.clip(total * STEP * width / np.pi * np.where(lower, 1.0, -1.0), 0.0, 1.0)
    return area


def _saddle_right(q: Floats, weights: Floats) -> Floats:
    """z > 0 at which q = sum lambda_j / (1 + 2 lambda_j z) + 1 / z: between 1 / q and (m / 2 + 1) / q."""
    low, high = 1 / q, (weights.shape[-1] / 2 + 1) / q
    for _ in range(BISECTIONS):
        z = np.sqrt(low * high)
        right = q > (weights / (1 + 2 * weights * z[:, np.newaxis])).sum(-1) + 1 / z
        low, high = np.where(right, low, z), np.where(right, z, high)
    saddle: Floats = np.sqrt(low * high)
    return saddle


def _saddle_left(q: Floats, weights: Floats) -> Floats:
    """The same between the first singularity, -1 / (2 max lambda_j), and 0."""
    low, high = -0.5 / weights.max(-1), np.zeros(len(q))
    for _ in range(BISECTIONS):
        z = (low + high) / 2
        with np.errstate(divide="ignore"):
            right = q > (weights / (1 + 2 * weights * z[:, np.newaxis])).sum(-1) + 1 / z
        low, high = np.where(right, low, z), np.where(right, z, high)
    saddle: Floats = (low + high) / 2
    return saddle
