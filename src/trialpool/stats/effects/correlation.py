"""Correlations: raw, unbiased, Fisher's z."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import hyp2f1

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import CORRELATION, Rule, columns_of
from trialpool.stats.effects.effects import Effect, Effects, average, effects_of
from trialpool.stats.pooling.choices import choose

PAIRS = Rule(lambda n: (n >= 4) & (n == np.floor(n)), "A correlation needs 4 patients or more, in whole numbers")
TERMS = 100
ENOUGH = 60.0  # from this third parameter on, 100 terms of the series are more than rounding leaves


def fisher_z(effect: Effect) -> Effect:
    """z = atanh(r), var(z) = var(r) / (1 - r^2)^2: Fisher's transformation with the variance carried over by the delta method."""
    r, v = effect
    return np.arctanh(r), v / (1 - r**2) ** 2


def gauss_2f1(a: float, b: float, c: Floats, x: Floats) -> Floats:
    """Gauss' hypergeometric function 2F1(a, b; c; x) for 0 <= x <= 1, c > a + b; also where c is large, which SciPy's is not for.

    >>> gauss_2f1(0.5, 0.5, np.array([200.0]), np.array([1.0])).round(6)
    array([1.001257])
    """
    c, x = np.broadcast_arrays(c, x)
    term = np.ones(c.shape)
    total = term.copy()
    for i in range(TERMS):
        term = term * (a + i) * (b + i) / ((np.maximum(c, ENOUGH) + i) * (1 + i)) * x
        total = total + term
    few = c < ENOUGH
    return np.where(few, hyp2f1(a, b, np.where(few, c, 2.5), np.where(few, x, 0.0)), total)


def unbiased(r: Floats, n: Floats) -> Floats:
    """r 2F1(1/2, 1/2; (n - 2) / 2; 1 - r^2), the unbiased estimate. Olkin & Pratt (1958), Ann Math Stat 29:201-211."""
    return r * gauss_2f1(0.5, 0.5, (n - 2) / 2, 1 - r**2)


def unbiased_variance(r: Floats, n: Floats) -> Floats:
    """G^2 - [1 - (n-3)/(n-2) (1 - r^2) 2F1(1, 1; n/2; 1 - r^2)], G the unbiased estimate: unbiased for its variance.

    Hedges (1989), J Appl Psychol 74:469-477.
    """
    return unbiased(r, n) ** 2 - 1 + (n - 3) / (n - 2) * (1 - r**2) * gauss_2f1(1, 1, n / 2, 1 - r**2)


VARIANCES: dict[str, dict[str, Callable[[Floats, Floats], Floats]]] = {
    "none": {
        "LS": lambda r, n: (1 - r**2) ** 2 / (n - 1),
        "AV": lambda r, n: (1 - average(r, n) ** 2) ** 2 / (n - 1),
        "H0": lambda r, n: (1 - r**2) / (n - 2),
    },
    "unbiased": {
        "LS": lambda r, n: (1 - unbiased(r, n) ** 2) ** 2 / (n - 1),
        "UB": unbiased_variance,
        "AV": lambda r, n: (1 - average(unbiased(r, n), n) ** 2) ** 2 / (n - 1),
    },
    "z": {"LS": lambda r, n: 1 / (n - 3) + 0 * r},
}  # LS: large sample; UB: unbiased; AV: large sample at the average correlation; H0: of the t test that there is none
ESTIMATES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "none": lambda r, n: r,
    "unbiased": unbiased,
    "z": lambda r, n: np.arctanh(r),
}
MEASURE_OF = {"none": "COR", "unbiased": "UCOR", "z": "ZCOR"}


def correlation(
    *,
    r: Any,
    n: Any,
    study: Sequence[str] | None = None,
    transform: str = "z",
    variance: str = "LS",
    missing: str = "raise",
) -> Effects:
    """Correlation coefficients of two variables, one a study.

    Parameters
    ----------
    r : (..., k) Pearson correlations, between -1 and 1
    n : (..., k) patients, 4 or more
    study : (k,) labels
    transform : "z" (Fisher's; the default, as its variance does not depend on r), "none", or "unbiased" (Olkin & Pratt)
    variance : "LS", the large-sample variance; for "none" also "AV", at the average correlation, and "H0", by the t test; for
        "unbiased" also "AV" and "UB", unbiased
    missing : "raise" refuses a missing value, "drop" leaves its study out

    References
    ----------
    Fisher (1921), Metron 1:3-32; Olkin & Pratt (1958), Ann Math Stat 29:201-211; Hedges (1989), J Appl Psychol 74:469-477

    >>> found = correlation(r=[0.5], n=[28])
    >>> found.yi.round(4), found.vi
    (array([0.5493]), array([0.04]))
    """
    estimate = ESTIMATES[choose("transform", transform, ESTIMATES)]
    vi_of = VARIANCES[transform][choose("variance", variance, VARIANCES[transform])]
    found = columns_of("Correlations", {"r": r, "n": n}, {"r": CORRELATION, "n": PAIRS}, study=study, missing=missing)
    return effects_of(MEASURE_OF[transform], found, (estimate(found["r"], found["n"]), vi_of(found["r"], found["n"])))
