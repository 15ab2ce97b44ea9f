"""Mean difference of two groups, raw and standardised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammaln

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import POSITIVE, SD, SIZE, Columns, columns_of
from trialpool.stats.effects.effects import Effects, average, effects_of
from trialpool.stats.pooling.choices import choose

UNDEFINED = "left out: too few patients for this standardised difference"


class Groups(NamedTuple):
    """Mean, standard deviation and size of a treatment and a control group, each (..., k)."""

    m1: Floats
    s1: Floats
    n1: Floats
    m2: Floats
    s2: Floats
    n2: Floats


def correction(df: Floats) -> Floats:
    """J(df) = Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2)), which makes d unbiased; nan for df < 2. Hedges (1981).

    >>> correction(np.array([10.0])).round(6)         # the usual approximation, 1 - 3 / (4 df - 1), is 0.923077
    array([0.922746])
    """
    m = np.where(df > 1, df, np.nan)
    return np.asarray(np.exp(gammaln(m / 2) - np.log(m / 2) / 2 - gammaln((m - 1) / 2)))


def pooled_sd(g: Groups) -> Floats:
    """sqrt(((n1 - 1) s1^2 + (n2 - 1) s2^2) / (n1 + n2 - 2))."""
    return np.sqrt(((g.n1 - 1) * g.s1**2 + (g.n2 - 1) * g.s2**2) / (g.n1 + g.n2 - 2))


def average_sd(g: Groups) -> Floats:
    """sqrt((s1^2 + s2^2) / 2)."""
    return np.sqrt((g.s1**2 + g.s2**2) / 2)


def control_sd(g: Groups) -> Floats:
    """s2."""
    return g.s2


MEAN_DIFFERENCE_VARIANCES: dict[str, Callable[[Groups], Floats]] = {
    "LS": lambda g: g.s1**2 / g.n1 + g.s2**2 / g.n2,
    "HO": lambda g: pooled_sd(g) ** 2 * (1 / g.n1 + 1 / g.n2),
}  # LS: each group its own; HO: one variance in both (homoscedastic)


class Standardised(NamedTuple):
    """How a difference is standardised: the unit, the degrees of freedom of the correction, and the variance as f(groups, d)."""

    unit: Callable[[Groups], Floats]
    df: Callable[[Groups], Floats]
    variance: Callable[[Groups, Floats], Floats]
    says: str
    second: Callable[[Groups, Floats], Floats] | None = None  # what LS2 takes at g, where it is not J^2 times LS at d


def homoscedastic_variance(g: Groups, d: Floats) -> Floats:
    """1/n1 + 1/n2 + d^2 / (2 (n1 + n2)). Hedges (1982), Psychol Bull 92:490-499."""
    return 1 / g.n1 + 1 / g.n2 + d**2 / (2 * (g.n1 + g.n2))


def heteroscedastic_variance(g: Groups, d: Floats) -> Floats:
    """d^2 (s1^4/(n1-1) + s2^4/(n2-1)) / (8 s^4) + (s1^2/(n1-1) + s2^2/(n2-1)) / s^2, s^2 the average. Bonett (2009)."""
    s2 = average_sd(g) ** 2
    spread = g.s1**4 / (g.n1 - 1) + g.s2**4 / (g.n2 - 1)
    return d**2 * spread / (8 * s2**2) + (g.s1**2 / (g.n1 - 1) + g.s2**2 / (g.n2 - 1)) / s2


def heteroscedastic_variance_by_n(g: Groups, d: Floats) -> Floats:
    """The same with n for n - 1."""
    s2 = average_sd(g) ** 2
    return d**2 * (g.s1**4 / g.n1 + g.s2**4 / g.n2) / (8 * s2**2) + (g.s1**2 / g.n1 + g.s2**2 / g.n2) / s2


def glass_variance(g: Groups, d: Floats) -> Floats:
    """1/n1 + 1/n2 + d^2 / (2 n2), for equal variances. Hedges & Olkin (1985), Statistical Methods for Meta-Analysis, ch. 5."""
    return 1 / g.n1 + 1 / g.n2 + d**2 / (2 * g.n2)


def heteroscedastic_glass_variance(g: Groups, d: Floats) -> Floats:
    """(s1/s2)^2 / (n1-1) + 1/(n2-1) + d^2 / (2 (n2-1)), for unequal variances. Bonett (2009)."""
    return (g.s1 / g.s2) ** 2 / (g.n1 - 1) + 1 / (g.n2 - 1) + d**2 / (2 * (g.n2 - 1))


STANDARDISERS: dict[str, Standardised] = {
    "pooled": Standardised(
        pooled_sd, lambda g: g.n1 + g.n2 - 2, homoscedastic_variance, "the pooled SD: Cohen's d, or Hedges' g when corrected"
    ),
    "average": Standardised(
        average_sd,
        lambda g: g.n1 + g.n2 - 2,
        heteroscedastic_variance,
        "the root of the mean variance; variances may differ",
        heteroscedastic_variance_by_n,
    ),
    "control": Standardised(control_sd, lambda g: g.n2 - 1, glass_variance, "the SD of the control group: Glass' delta"),
    "control-unequal": Standardised(
        control_sd, lambda g: g.n2 - 1, heteroscedastic_glass_variance, "the SD of the control group; variances may differ"
    ),
}

Variance = Callable[[Groups, Floats, Floats, Standardised], Floats]  # of the groups, d, J and the standardiser


def second_variance(g: Groups, d: Floats, J: Floats, by: Standardised) -> Floats:
    """J^2 times the large-sample variance at d. Borenstein (2009), in The Handbook of Research Synthesis, 2nd ed., ch. 12."""
    return by.second(g, J * d) if by.second else J**2 * by.variance(g, d)


def unbiased_variance(g: Groups, d: Floats, J: Floats, by: Standardised) -> Floats:
    """1/n1 + 1/n2 + (1 - (df - 2) / (df J^2)) g^2, unbiased; g = J d. Viechtbauer (2007), J Educ Behav Stat 32:39-60."""
    df = by.df(g)
    return 1 / g.n1 + 1 / g.n2 + (1 - (df - 2) / (df * correction(df) ** 2)) * (J * d) ** 2


def null_variance(g: Groups, d: Floats, J: Floats, by: Standardised) -> Floats:
    """J^2 df / (df - 2) (1/n1 + 1/n2), the exact variance of g where there is no difference. Hedges (1981)."""
    df = by.df(g)
    return J**2 * df / np.where(df > 2, df - 2, np.nan) * (1 / g.n1 + 1 / g.n2)


def variance_at_average(g: Groups, d: Floats, J: Floats, by: Standardised) -> Floats:
    """The large-sample variance at the mean of g over studies, weighted by their size."""
    return by.variance(g, average(J * d, g.n1 + g.n2))


VARIANCES: dict[str, Variance] = {
    "LS": lambda g, d, J, by: by.variance(g, J * d),
    "LS2": second_variance,
    "UB": unbiased_variance,
    "AV": variance_at_average,
    "H0": null_variance,
}  # LS: large sample, at g; LS2: J^2 times that at d; UB: unbiased; AV: at the average g; H0: exact, without a difference
OF_POOLED_ONLY = ("UB", "AV", "H0")


def groups_of(
    mean_t: Any,
    sd_t: Any,
    n_t: Any,
    mean_c: Any,
    sd_c: Any,
    n_c: Any,
    study: Sequence[str] | None,
    missing: str,
    *,
    log: bool = False,
) -> tuple[Columns, Groups]:
    """Checked means, standard deviations and sizes of two groups; means above 0 where their logarithm is taken."""
    given = {"mean_t": mean_t, "sd_t": sd_t, "n_t": n_t, "mean_c": mean_c, "sd_c": sd_c, "n_c": n_c}
    rules = {"sd_t": SD, "n_t": SIZE, "sd_c": SD, "n_c": SIZE} | ({"mean_t": POSITIVE, "mean_c": POSITIVE} if log else {})
    found = columns_of("Means and standard deviations", given, rules, study=study, missing=missing)
    return found, Groups(**{paper: found[name] for paper, name in zip(Groups._fields, given, strict=True)})


def mean_difference(
    *,
    mean_t: Any,
    sd_t: Any,
    n_t: Any,
    mean_c: Any,
    sd_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    variance: str = "LS",
    missing: str = "raise",
) -> Effects:
    """Mean differences, treatment minus control, in the unit of the means.

    Parameters
    ----------
    mean_t, sd_t, n_t, mean_c, sd_c, n_c : (..., k) mean, standard deviation (not standard error) and patients by arm
    study : (k,) labels
    variance : "LS" lets the variances of the arms differ, "HO" takes them for one
    missing : "raise" refuses a missing value, "drop" leaves its study out

    Raises
    ------
    BadArgument
        for text, missing or infinite values, standard deviations that are not above 0, fewer than 2 patients, unequal lengths

    >>> found = mean_difference(mean_t=[55], sd_t=[47], n_t=[155], mean_c=[75], sd_c=[64], n_c=[156])
    >>> found.yi, found.sei.round(3)
    (array([-20.]), array([6.365]))
    """
    vi_of = MEAN_DIFFERENCE_VARIANCES[choose("variance", variance, MEAN_DIFFERENCE_VARIANCES)]
    found, g = groups_of(mean_t, sd_t, n_t, mean_c, sd_c, n_c, study, missing)
    return effects_of("MD", found, (g.m1 - g.m2, vi_of(g)))


def standardised_mean_difference(
    *,
    mean_t: Any,
    sd_t: Any,
    n_t: Any,
    mean_c: Any,
    sd_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    standardiser: str = "pooled",
    variance: str = "LS",
    correct: bool = True,
    missing: str = "raise",
) -> Effects:
    """Standardised mean differences, treatment minus control; data, result and errors as in `mean_difference`.

    Parameters
    ----------
    standardiser : the unit: "pooled" SD (Hedges' g), "average", the root of the mean of the two variances (Bonett), "control"
        (Glass' delta; equal variances assumed in its variance), "control-unequal"
    variance : "LS", large sample; "LS2", the same at the uncorrected d, times J^2 (for "average": with n for n - 1); for the pooled
        SD also "UB", unbiased, "AV", at the average effect of all studies, and "H0", exact where there is no difference
    correct : whether the small-sample bias is taken off, by the exact factor J of gamma functions

    References
    ----------
    Hedges (1981), J Educ Stat 6:107-128; Bonett (2009), Psychol Methods 14:225-238; Viechtbauer (2007), J Educ Behav Stat 32:39-60

    >>> found = standardised_mean_difference(mean_t=[55], sd_t=[47], n_t=[155], mean_c=[75], sd_c=[64], n_c=[156])
    >>> found.yi.round(4), found.vi.round(4)
    (array([-0.3552]), array([0.0131]))
    """
    by = STANDARDISERS[choose("standardiser", standardiser, STANDARDISERS)]
    offered = [name for name in VARIANCES if standardiser == "pooled" or name not in OF_POOLED_ONLY]
    vi_of = VARIANCES[choose("variance", variance, offered)]
    found, g = groups_of(mean_t, sd_t, n_t, mean_c, sd_c, n_c, study, missing)
    d = (g.m1 - g.m2) / by.unit(g)
    J = correction(by.df(g)) if correct else np.ones_like(d)
    return effects_of("SMD", found, (J * d, vi_of(g, d, J, by)), otherwise=UNDEFINED)
