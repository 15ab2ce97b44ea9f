"""Spending functions: how much of an error probability may be used up by the time a share t of the information is there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, ndtri

from trialpool.stats.arrays import Floats


def obrien_fleming(t: Floats, total: float) -> Floats:
    """2 - 2 Phi(z / sqrt t), z the 1 - total/2 quantile: little early on, most at the end.

    Parameters
    ----------
    t : information fractions, > 0; above 1 they count as 1
    total : the error probability that is spent at t = 1. A two-sided test spends half of its own on either side: z is then the
        1 - alpha/4 quantile, and the first boundary at t = 0.25 is 4.33. To spend alpha by the 1 - alpha/2 quantile over both sides
        at once is another, less strict scheme, whose first boundary there is 3.92

    References
    ----------
    Lan & DeMets (1983), Biometrika 70:659-663, alpha_1

    >>> obrien_fleming(np.array([0.25, 0.5, 1]), 0.025).round(6)
    array([7.000e-06, 1.525e-03, 2.500e-02])
    """
    spent: Floats = 2 * ndtr(ndtri(total / 2) / np.sqrt(np.minimum(t, 1.0)))
    return spent


def pocock(t: Floats, total: float) -> Floats:
    """total * log(1 + (e - 1) t): about the same at each look. Lan & DeMets (1983), Biometrika 70:659-663, alpha_2.

    >>> pocock(np.array([0.25, 0.5, 1]), 0.025).round(4)
    array([0.0089, 0.0155, 0.025 ])
    """
    spent: Floats = total * np.log1p(np.expm1(1.0) * np.minimum(t, 1.0))
    return spent


SPENDING: dict[str, Callable[[Floats, float], Floats]] = {"OF": obrien_fleming, "Pocock": pocock}
SPENDING_NAMES = {"OF": "O'Brien-Fleming type", "Pocock": "Pocock type"}
