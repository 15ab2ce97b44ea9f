"""The generalised Q statistic with given weights: its moments and its exact distribution.

Q_a = y'P_a y with P_a = A - A X (X'AX)^-1 X'A and A = diag(ai). With y normal of variance S = diag(vi + tau2) it is a sum of
independent chi-squared variables of one degree of freedom, weighted by the eigenvalues of S^1/2 P_a S^1/2.

References: DerSimonian & Kacker (2007), Contemp Clin Trials 28:105-114 (moments); Jackson (2013), Biom J 55:829-844 (distribution);
Jackson, Turner, Rhodes & Viechtbauer (2014), BMC Med Res Methodol 14:103 (with moderators).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.arrays import Floats
from trialpool.stats.pooling.projection import Projection, Studies
from trialpool.stats.roots import bracketed, root_between
from trialpool.stats.weighted_chi_squared import weighted_chi2_cdf


def moment_estimate(studies: Studies, P: Projection) -> Any:
    """(...) the tau2 at which y'P y is what is expected of it, (y'P y - tr PV) / tr P; negative where y'P y is small."""
    return (P.quadratic(studies.yi) - P.trace(studies.variances)) / P.trace()


def moment_se(studies: Studies, P: Projection, tau2: Any) -> Any:
    """(...) standard error of `moment_estimate`: sqrt(2 tr PSPS) / tr P, S = diag(vi + tau2)."""
    return np.sqrt(2 * P.trace_of_square(studies.variances + tau2)) / P.trace()


def eigenvalues(P: Projection, si: Floats) -> Floats:
    """(..., k) eigenvalues of S^1/2 P S^1/2, of which p are 0 (and one more for each absent study); si = vi + tau2 (k, ...)."""
    root = np.sqrt(si)
    diagonal = np.moveaxis(P.ai * si, 0, -1)
    matrix = diagonal[..., np.newaxis] * np.eye(len(si))
    for column in P.columns:
        u = np.moveaxis(root * P.ai * column, 0, -1)
        matrix = matrix - u[..., :, np.newaxis] * u[..., np.newaxis, :]
    found: Floats = np.maximum(np.linalg.eigvalsh(matrix), 0.0)
    return found


def tau2_where_q_is_exceeded(studies: Studies, P: Projection, share: float) -> Any:
    """(...) the tau2 at which a Q_a as large as that observed, or larger, has probability `share`; 0 where it is more at tau2 = 0.

    That probability rises with tau2, because the eigenvalues do.
    """
    shape = np.broadcast_shapes(studies.yi.shape[1:], np.shape(studies.exists))
    exists = np.broadcast_to(studies.exists, shape).reshape(-1)
    which = np.flatnonzero(exists)
    if not len(which):
        return np.full(shape, np.nan)[()]
    found = np.full(exists.shape, np.nan)
    found[which] = 0.0
    above = which[_shortfall(studies, P, shape, which, share)[0](np.zeros(len(which))) > 0]
    if len(above):
        short_of, smallest = _shortfall(studies, P, shape, above, share)
        found[above] = root_between(short_of, *bracketed(short_of, np.zeros(len(above)), smallest))
    return found.reshape(shape)[()]


def _shortfall(
    studies: Studies, P: Projection, shape: tuple[int, ...], which: NDArray[np.intp], share: float
) -> tuple[Callable[[Floats], Floats], Floats]:
    """Of the analyses in `which`: by how much the probability is short of `share` at tau2 (n,); their smallest variances (n,)."""
    Q = np.broadcast_to(P.quadratic(studies.yi), shape).reshape(-1)[which]
    variances = _some(studies.variances, shape, which)
    part = Projection(_some(P.ai, shape, which), tuple(_some(column, shape, which) for column in P.columns))
    there = part.ai > 0

    def short_of(tau2: Floats) -> Floats:
        below: Floats = weighted_chi2_cdf(Q, eigenvalues(part, np.where(there, variances + tau2, 0.0)))
        return share - 1 + below

    return short_of, np.where(there, variances, np.inf).min(0)


def _some(x: Floats, shape: tuple[int, ...], which: NDArray[np.intp]) -> Floats:
    """(k, ...) -> (k, n) of the analyses in `which`."""
    return np.broadcast_to(x, (len(x), *shape)).reshape(len(x), -1)[:, which]
