"""How much the effects differ beyond chance: H2, I2 and the Q-profile interval of tau2."""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_quantile
from trialpool.stats.pooling.projection import studies_first
from trialpool.stats.pooling.tau2 import tau2_where_q_is


def typical_variance(vi: Floats, X: Floats | None = None) -> Any:
    """s2 = (k - p) / tr P with weights 1/vi, which without moderators is (k - 1) sum wi / ((sum wi)^2 - sum wi^2).

    Higgins & Thompson (2002), Stat Med 21:1539-1558, eq. 9.

    >>> typical_variance(np.array([0.04, 0.04, np.inf]))
    0.04
    """
    studies = studies_first(vi, vi, X)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(studies.exists, studies.df / studies.projection().trace(), np.nan)[()]


def h2(tau2: Any, typical: Any) -> Any:
    """H2 = (tau2 + s2) / s2. Higgins & Thompson (2002), eq. 7 and 10."""
    return (tau2 + typical) / typical


def q_profile(yi: Floats, vi: Floats, X: Floats | None = None, *, level: float = 0.95) -> tuple[Any, Any]:
    """Limits of tau2: the values at which the generalised Q equals its own chi-squared limits.

    Parameters
    ----------
    yi, vi, X : as in `trialpool.stats.pooling.tau2`
    level : confidence level

    Returns
    -------
    lower and upper limit, (...) each, in the units of vi; 0 where Q is below the limit even at tau2 = 0 (both, where the effects
    are more alike than chance would make them), nan where no degree of freedom is left

    References
    ----------
    Viechtbauer (2007), Stat Med 26:37-52

    >>> yi, vi = np.array([0.1, 0.5, 0.9]), np.array([0.04, 0.02, 0.04])
    >>> low, high = q_profile(yi, vi)
    >>> low.round(3), high.round(2)
    (0.003, 6.28)
    """
    studies = studies_first(yi, vi, X)
    low, high = (tau2_where_q_is(chi2_quantile(tail, studies.df), studies) for tail in ((1 - level) / 2, (1 + level) / 2))
    return low, high
