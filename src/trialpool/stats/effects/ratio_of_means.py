"""Ratio of the means of two groups, on the log scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.effects import Effects, average, effects_of
from trialpool.stats.effects.mean_difference import Groups, groups_of, pooled_sd
from trialpool.stats.pooling.choices import choose


def squared_cvs(g: Groups) -> tuple[Floats, Floats]:
    """(s1/m1)^2 and (s2/m2)^2, the squared coefficients of variation."""
    return (g.s1 / g.m1) ** 2, (g.s2 / g.m2) ** 2


def own_variance(g: Groups) -> Floats:
    """s1^2/(n1 m1^2) + s2^2/(n2 m2^2). Hedges, Gurevitch & Curtis (1999), Ecology 80:1150-1156."""
    cv1, cv2 = squared_cvs(g)
    return cv1 / g.n1 + cv2 / g.n2


def variance_at_one_sd(g: Groups) -> Floats:
    """s^2/(n1 m1^2) + s^2/(n2 m2^2), s the pooled SD."""
    return pooled_sd(g) ** 2 * (1 / (g.n1 * g.m1**2) + 1 / (g.n2 * g.m2**2))


def variance_at_average_cvs(g: Groups) -> Floats:
    """cv1^2/n1 + cv2^2/n2 with the CVs of all studies averaged by arm. Doncaster & Spake (2018), Methods Ecol Evol 9:634-644."""
    return average(g.s1 / g.m1, g.n1) ** 2 / g.n1 + average(g.s2 / g.m2, g.n2) ** 2 / g.n2


def variance_at_one_average_cv(g: Groups) -> Floats:
    """cv^2 (1/n1 + 1/n2) with one CV, the average over studies and arms."""
    of_study = (g.n1 * g.s1 / g.m1 + g.n2 * g.s2 / g.m2) / (g.n1 + g.n2)
    return average(of_study, g.n1 + g.n2) ** 2 * (1 / g.n1 + 1 / g.n2)


VARIANCES: dict[str, Callable[[Groups], Floats]] = {
    "LS": own_variance,
    "HO": variance_at_one_sd,
    "AV": variance_at_average_cvs,
    "AVHO": variance_at_one_average_cv,
}


def ratio_of_means(
    *,
    mean_t: Any,
    sd_t: Any,
    n_t: Any,
    mean_c: Any,
    sd_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    variance: str = "LS",
    correct: bool = True,
    missing: str = "raise",
) -> Effects:
    """Log ratios of means, treatment to control; data, result and errors as in `mean_difference`, and means above 0.

    Parameters
    ----------
    variance : "LS", each arm its own; "HO", one SD in both arms; "AV", at the average coefficients of variation of all studies by
        arm; "AVHO", at one average coefficient of variation
    correct : whether half of s1^2/(n1 m1^2) - s2^2/(n2 m2^2) is added, which takes off the second-order bias. R's metafor does so
        from version 5.0 on; older versions, and the package meta, do not

    References
    ----------
    Hedges, Gurevitch & Curtis (1999), Ecology 80:1150-1156; the correction: Lajeunesse (2015), Ecology 96:2056-2063

    >>> found = ratio_of_means(mean_t=[55], sd_t=[47], n_t=[155], mean_c=[75], sd_c=[64], n_c=[156], correct=False)
    >>> found.yi.round(4), found.vi.round(5)
    (array([-0.3102]), array([0.00938]))
    """
    vi_of = VARIANCES[choose("variance", variance, VARIANCES)]
    found, g = groups_of(mean_t, sd_t, n_t, mean_c, sd_c, n_c, study, missing, log=True)
    cv1, cv2 = squared_cvs(g)
    bias = (cv2 / g.n2 - cv1 / g.n1) / 2 if correct else 0.0
    return effects_of("ROM", found, (np.log(g.m1) - np.log(g.m2) - bias, vi_of(g)))
