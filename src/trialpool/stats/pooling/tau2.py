"""Between-study variance: one function an estimator, gathered in the table TAU2.

Each takes yi, vi of shape (..., k) and returns tau2 of shape (...). With `strata=True` the axis before the studies is strata
that have a mean each and share one tau2: (..., strata, k) -> (...).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats, count
from trialpool.stats.pooling import restricted_likelihood
from trialpool.stats.pooling.weighted import at_least_zero, cochran_q, mean, weights


def dersimonian_laird(yi: Floats, vi: Floats, *, strata: bool = False) -> Any:
    """Estimate tau2 by equating Q to its expectation.

    Parameters
    ----------
    yi : (..., k) effects on the analysis scale (log for ratios), finite
    vi : (..., k) sampling variances of yi, taken as known, > 0; inf where a study is absent
    strata : the axis before the last is strata that share one tau2

    Returns
    -------
    (...) tau2 in the units of vi; 0 where the estimate would be negative, nan where there is no degree of freedom

    References
    ----------
    DerSimonian & Laird (1986), Control Clin Trials 7:177-188, eq. 8

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> dersimonian_laird(yi, vi).round(3)
    0.096
    >>> without_each = np.where(np.eye(3, dtype=bool), np.inf, vi)    # leave-one-out is a batch of three
    >>> dersimonian_laird(yi, without_each).round(3)
    array([0.05, 0.28, 0.05])
    """
    wi = weights(vi)
    sum_w = wi.sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = cochran_q(yi, vi) - (count(vi) - 1)
        Q_gain_per_tau2 = sum_w - (wi**2).sum(-1) / sum_w
        df = count(vi) - 1
        if strata:
            excess, Q_gain_per_tau2 = np.nansum(excess, -1), np.nansum(Q_gain_per_tau2, -1)
            df = np.maximum(df, 0).sum(-1)
        return at_least_zero(excess / Q_gain_per_tau2, where=df >= 1)


def paule_mandel(yi: Floats, vi: Floats, *, strata: bool = False) -> Any:
    """Estimate tau2 such that the generalised Q equals its degrees of freedom.

    Shapes, units and edges as in `dersimonian_laird`.

    References
    ----------
    Paule & Mandel (1982), J Res Natl Bur Stand 87:377-385; DerSimonian & Kacker (2007), Contemp Clin Trials 28:105-114

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> paule_mandel(yi, vi).round(4)
    0.12
    """
    df = np.maximum(count(vi) - 1, 0)
    if strata:
        df = df.sum(-1)
    return tau2_where_q_is(df, yi, vi, strata=strata, exists=df >= 1)


def restricted_maximum_likelihood(yi: Floats, vi: Floats, *, strata: bool = False) -> Any:
    """Estimate tau2 by the highest maximum of the restricted likelihood, the boundary at 0 included.

    Shapes, units and edges as in `dersimonian_laird`. How the highest maximum is made sure of:
    `trialpool.stats.pooling.restricted_likelihood`.

    References
    ----------
    Patterson & Thompson (1971), Biometrika 58:545-554; Viechtbauer (2005), J Educ Behav Stat 30:261-293

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> restricted_maximum_likelihood(yi, vi).round(4)
    0.1127
    """
    if not strata:
        yi, vi = yi[..., np.newaxis, :], vi[..., np.newaxis, :]
    batch = np.broadcast_shapes(yi.shape, vi.shape)[:-2]
    yi, vi = (_studies_first(x, (*batch, *x.shape[-2:])) for x in np.broadcast_arrays(yi, vi))
    there = np.isfinite(vi)
    yi = np.where(there, yi, 0.0)
    enough = (np.maximum(there.sum(0) - 1, 0)).sum(0) >= 1
    if enough.all():
        tau2 = restricted_likelihood.maximise(yi, vi)
    else:
        tau2 = np.full(enough.shape, np.nan)
        tau2[enough] = restricted_likelihood.maximise(yi[..., enough], vi[..., enough])
    return tau2.reshape(batch)[()]


def no_heterogeneity(yi: Floats, vi: Floats, *, strata: bool = False) -> Any:
    """tau2 = 0: the common-effect model."""
    shape = np.broadcast_shapes(yi.shape, vi.shape)
    return np.zeros(shape[: -2 if strata else -1])[()]


Tau2Estimator = Callable[..., Any]
TAU2: dict[str, Tau2Estimator] = {
    "REML": restricted_maximum_likelihood,
    "PM": paule_mandel,
    "DL": dersimonian_laird,
}
TAU2_NAMES = {"REML": "restricted maximum likelihood", "PM": "Paule-Mandel", "DL": "DerSimonian-Laird"}


def tau2_where_q_is(target: Any, yi: Floats, vi: Floats, *, strata: bool = False, exists: Any = True) -> Any:
    """The tau2 at which the generalised Q falls to `target` (...); 0 where Q is below it already at tau2 = 0.

    1/Q is concave and rises in tau2, so Newton's method on it climbs from 0 to the root without overshooting.
    """
    target = np.asarray(target, dtype=float)
    Q = cochran_q(yi, vi)
    tau2 = np.zeros(np.broadcast_shapes(target.shape, Q.shape[:-1] if strata else Q.shape))
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(200):
            Q, fall = _q_and_fall(yi, vi, tau2, strata=strata)
            step = np.where(exists & (Q > target), (Q / target - 1) * Q / fall, 0.0)
            step = np.where(np.isfinite(step), step, 0.0)
            tau2 = tau2 + step
            if (step <= 1e-15 * tau2).all():
                break
    return np.where(exists, tau2, np.nan)[()]


def _q_and_fall(yi: Floats, vi: Floats, tau2: Floats, *, strata: bool) -> tuple[Any, Any]:
    """Q(tau2) and -dQ/dtau2 = sum wi^2 (yi - mu)^2, summed over strata where there are any."""
    wi = weights(vi, tau2[..., np.newaxis] if strata else tau2)
    squares = wi * (yi - mean(yi, wi)[..., np.newaxis]) ** 2
    axes = (-2, -1) if strata else -1
    return np.nansum(squares, axes), np.nansum(wi * squares, axes)


def _studies_first(x: Floats, shape: tuple[int, ...]) -> Floats:
    """(..., strata, k) -> (k, strata, n), contiguous."""
    flat = np.broadcast_to(x, shape).reshape(-1, *shape[-2:])
    return np.ascontiguousarray(flat.transpose(2, 1, 0))
