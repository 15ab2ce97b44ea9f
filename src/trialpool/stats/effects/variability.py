"""Variability ratio and ratio of coefficients of variation of two groups; log SD and log coefficient of variation of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import POSITIVE, SD, SIZE, columns_of
from trialpool.stats.effects.effects import Effects, effects_of
from trialpool.stats.effects.mean_difference import Groups, groups_of
from trialpool.stats.pooling.choices import choose


def log_sd(s: Floats, n: Floats, *, correct: bool) -> Floats:
    """log s + 1 / (2 (n - 1)), whose variance is 1 / (2 (n - 1)). Nakagawa et al. (2015), Methods Ecol Evol 6:143-152."""
    return np.log(s) + (1 / (2 * (n - 1)) if correct else 0.0)


def first_order(g: Groups) -> Floats:
    """1/(2 (n1-1)) + cv1^2/n1 + the same of the control group. Nakagawa et al. (2015), the correlation left out."""
    return 1 / (2 * (g.n1 - 1)) + (g.s1 / g.m1) ** 2 / g.n1 + 1 / (2 * (g.n2 - 1)) + (g.s2 / g.m2) ** 2 / g.n2


def second_order(g: Groups) -> Floats:
    """The first order, and half the squares of its terms but 1 / (2 (n - 1)^2). Senior et al. (2020)."""
    q1, q2 = (g.s1 / g.m1) ** 2 / g.n1, (g.s2 / g.m2) ** 2 / g.n2
    return first_order(g) + (q1**2 + q2**2 + 1 / (g.n1 - 1) ** 2 + 1 / (g.n2 - 1) ** 2) / 2


CV_RATIO_VARIANCES: dict[str, Callable[[Groups], Floats]] = {"LS": first_order, "LS2": second_order}


def variability_ratio(
    *,
    sd_t: Any,
    n_t: Any,
    sd_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    correct: bool = True,
    missing: str = "raise",
) -> Effects:
    """Log ratios of standard deviations, treatment to control.

    Parameters
    ----------
    sd_t, n_t, sd_c, n_c : (..., k) standard deviations, above 0, and patients by arm, 2 or more
    study : (k,) labels
    correct : whether the bias of the log of an SD, -1 / (2 (n - 1)), is taken off
    missing : "raise" refuses a missing value, "drop" leaves its study out

    References
    ----------
    Nakagawa et al. (2015), Methods Ecol Evol 6:143-152

    >>> variability_ratio(sd_t=[47], n_t=[155], sd_c=[64], n_c=[156]).yi.round(4)
    array([-0.3087])
    """
    given = {"sd_t": sd_t, "n_t": n_t, "sd_c": sd_c, "n_c": n_c}
    rules = {"sd_t": SD, "n_t": SIZE, "sd_c": SD, "n_c": SIZE}
    found = columns_of("Standard deviations", given, rules, study=study, missing=missing)
    s1, n1, s2, n2 = (found[name] for name in given)
    yi = log_sd(s1, n1, correct=correct) - log_sd(s2, n2, correct=correct)
    return effects_of("VR", found, (yi, 1 / (2 * (n1 - 1)) + 1 / (2 * (n2 - 1))))


def cv_ratio(
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
    """Log ratios of coefficients of variation, treatment to control; data and errors as in `ratio_of_means`.

    Parameters
    ----------
    variance : "LS", to the first order, or "LS2", to the second
    correct : whether the bias of the logs of the SDs and (as R's metafor does from version 5.0 on) of the means is taken off

    References
    ----------
    Nakagawa et al. (2015), Methods Ecol Evol 6:143-152; Senior, Viechtbauer & Nakagawa (2020), Res Synth Methods 11:553-567

    >>> found = cv_ratio(mean_t=[55], sd_t=[47], n_t=[155], mean_c=[75], sd_c=[64], n_c=[156], correct=False)
    >>> found.yi.round(4)
    array([0.0014])
    """
    vi_of = CV_RATIO_VARIANCES[choose("variance", variance, CV_RATIO_VARIANCES)]
    found, g = groups_of(mean_t, sd_t, n_t, mean_c, sd_c, n_c, study, missing, log=True)
    q1, q2 = (g.s1 / g.m1) ** 2 / g.n1, (g.s2 / g.m2) ** 2 / g.n2
    of_means = (q1 - q2) / 2 if correct else 0.0
    log_sds = log_sd(g.s1, g.n1, correct=correct) - log_sd(g.s2, g.n2, correct=correct)
    return effects_of("CVR", found, (log_sds - np.log(g.m1) + np.log(g.m2) - of_means, vi_of(g)))


def log_standard_deviation(
    *, sd: Any, n: Any, study: Sequence[str] | None = None, correct: bool = True, missing: str = "raise"
) -> Effects:
    """Log standard deviations of single groups; arguments as in `variability_ratio`.

    >>> log_standard_deviation(sd=[47], n=[155], correct=False).yi.round(4)
    array([3.8501])
    """
    found = columns_of("Standard deviations", {"sd": sd, "n": n}, {"sd": SD, "n": SIZE}, study=study, missing=missing)
    return effects_of("SDLN", found, (log_sd(found["sd"], found["n"], correct=correct), 1 / (2 * (found["n"] - 1))))


def log_coefficient_of_variation(
    *, mean: Any, sd: Any, n: Any, study: Sequence[str] | None = None, correct: bool = True, missing: str = "raise"
) -> Effects:
    """Log coefficients of variation of single groups, means above 0; other arguments as in `variability_ratio`.

    >>> log_coefficient_of_variation(mean=[55], sd=[47], n=[155], correct=False).yi.round(4)
    array([-0.1572])
    """
    rules = {"mean": POSITIVE, "sd": SD, "n": SIZE}
    found = columns_of("Means and standard deviations", {"mean": mean, "sd": sd, "n": n}, rules, study=study, missing=missing)
    m, s, n = found["mean"], found["sd"], found["n"]
    return effects_of("CVLN", found, (log_sd(s, n, correct=correct) - np.log(m), 1 / (2 * (n - 1)) + (s / m) ** 2 / n))
