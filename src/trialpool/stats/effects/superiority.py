"""Probability of superiority (common-language effect size, area under the curve)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.change import change_variance, pre_post_of
from trialpool.stats.effects.columns import SHARE, Rule, columns_of
from trialpool.stats.effects.effects import Effect, Effects, effects_of
from trialpool.stats.effects.mean_difference import Groups, groups_of
from trialpool.stats.pooling.choices import choose

AT_LEAST_2 = Rule(lambda n: (n >= 2) & (n == np.floor(n)), "A group has 2 patients or more, in whole numbers")


def density(z: Floats) -> Floats:
    """Of the standard normal distribution."""
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


def of_normal_groups(g: Groups) -> Effect:
    """Phi(z), z = (m1 - m2) / s, s^2 = s1^2 + s2^2, for normal outcomes with variances that may differ.

    var = phi(z)^2 [(s1^2/(n1-1) + s2^2/(n2-1)) / s^2 + z^2 (s1^4/(n1-1) + s2^4/(n2-1)) / (2 s^4)], the delta method.
    McGraw & Wong (1992), Psychol Bull 111:361-365; Ruscio (2008), Psychol Methods 13:19-30.
    """
    s2 = g.s1**2 + g.s2**2
    z = (g.m1 - g.m2) / np.sqrt(s2)
    of_means = (g.s1**2 / (g.n1 - 1) + g.s2**2 / (g.n2 - 1)) / s2
    of_sds = z**2 * (g.s1**4 / (g.n1 - 1) + g.s2**4 / (g.n2 - 1)) / (2 * s2**2)
    return ndtr(z), density(z) ** 2 * (of_means + of_sds)


def newcombe_variance(A: Floats, n1: Floats, n2: Floats) -> Floats:
    """A (1-A) [1 + m (1-A)/(2-A) + m A/(1+A)] / ((n1-1)(n2-1)), m = (n1+n2)/2 - 1. Newcombe (2006), Stat Med 25:559-573."""
    m = (n1 + n2) / 2 - 1
    return A * (1 - A) * (1 + m * (1 - A) / (2 - A) + m * A / (1 + A)) / ((n1 - 1) * (n2 - 1))


def hanley_variance(A: Floats, n1: Floats, n2: Floats) -> Floats:
    """[A (1-A) + (n1-1)(Q1 - A^2) + (n2-1)(Q2 - A^2)] / ((n1-1)(n2-1)), Q1 = A/(2-A), Q2 = 2A^2/(1+A).

    Hanley & McNeil (1982), Radiology 143:29-36, eq. 1, with n - 1 for n below.
    """
    Q1, Q2 = A / (2 - A), 2 * A**2 / (1 + A)
    return (A * (1 - A) + (n1 - 1) * (Q1 - A**2) + (n2 - 1) * (Q2 - A**2)) / ((n1 - 1) * (n2 - 1))


VARIANCES: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {"LS": newcombe_variance, "LS2": hanley_variance}


def superiority(
    *,
    mean_t: Any,
    sd_t: Any,
    n_t: Any,
    mean_c: Any,
    sd_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    missing: str = "raise",
) -> Effects:
    """Probabilities that one with treatment has a higher value than one with control, both normal; data as in `mean_difference`.

    >>> superiority(mean_t=[55], sd_t=[47], n_t=[155], mean_c=[75], sd_c=[64], n_c=[156]).yi.round(4)
    array([0.4006])
    """
    found, g = groups_of(mean_t, sd_t, n_t, mean_c, sd_c, n_c, study, missing)
    return effects_of("AUC", found, of_normal_groups(g))


def change_superiority(
    *,
    mean_post: Any,
    sd_post: Any,
    mean_pre: Any,
    sd_pre: Any,
    n: Any,
    r: Any,
    study: Sequence[str] | None = None,
    missing: str = "raise",
) -> Effects:
    """The same for values after and before, of two different patients; data as in `mean_change`.

    var = phi(z)^2 [s_change^2 / (s^2 (n-1)) + z^2 (s1^4 + s2^4 + 2 r^2 s1^2 s2^2) / (2 s^4 (n-1))], s^2 = s1^2 + s2^2.

    >>> change_superiority(mean_post=[38.5], sd_post=[11.6], mean_pre=[30.6], sd_pre=[15], n=[20], r=0.47).yi.round(4)
    array([0.6615])
    """
    found, c = pre_post_of(mean_post, sd_post, mean_pre, sd_pre, n, r, study, missing)
    s2 = c.s1**2 + c.s2**2
    z = (c.m1 - c.m2) / np.sqrt(s2)
    spread = c.s1**4 + c.s2**4 + 2 * c.r**2 * c.s1**2 * c.s2**2
    vi = density(z) ** 2 * (change_variance(c) / s2 + z**2 * spread / (2 * s2**2)) / (c.n - 1)
    return effects_of("AUC", found, (ndtr(z), vi))


def area_under_curve(
    *, auc: Any, n_t: Any, n_c: Any, study: Sequence[str] | None = None, variance: str = "LS", missing: str = "raise"
) -> Effects:
    """Areas under the curve, Mann-Whitney U over n_t n_c, as studies report them.

    Parameters
    ----------
    auc : (..., k) between 0 and 1
    n_t, n_c : (..., k) patients by group, 2 or more
    study : (k,) labels
    variance : "LS", by Newcombe's method, or "LS2", by Hanley and McNeil's
    missing : "raise" refuses a missing value, "drop" leaves its study out

    >>> area_under_curve(auc=[0.663], n_t=[27], n_c=[31]).sei.round(4)
    array([0.0742])
    """
    vi_of = VARIANCES[choose("variance", variance, VARIANCES)]
    rules = {"auc": SHARE, "n_t": AT_LEAST_2, "n_c": AT_LEAST_2}
    found = columns_of("Areas", {"auc": auc, "n_t": n_t, "n_c": n_c}, rules, study=study, missing=missing)
    return effects_of("AUC", found, (found["auc"], vi_of(found["auc"], found["n_t"], found["n_c"])))
