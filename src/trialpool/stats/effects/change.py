"""Change within one group, before and after, or of matched pairs: raw, standardised, and as ratios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import CORRELATION, POSITIVE, SD, SIZE, Columns, columns_of
from trialpool.stats.effects.effects import Effects, effects_of
from trialpool.stats.effects.mean_difference import UNDEFINED, correction
from trialpool.stats.pooling.choices import choose


class PrePost(NamedTuple):
    """Means and SDs after (1) and before (2), the number of patients or pairs, and the correlation of the two, each (..., k)."""

    m1: Floats
    s1: Floats
    m2: Floats
    s2: Floats
    n: Floats
    r: Floats


def change_variance(c: PrePost) -> Floats:
    """s1^2 + s2^2 - 2 r s1 s2, the variance of the change of a patient."""
    return c.s1**2 + c.s2**2 - 2 * c.r * c.s1 * c.s2


def average_variance(c: PrePost) -> Floats:
    """(s1^2 + s2^2) / 2."""
    return (c.s1**2 + c.s2**2) / 2


class Standardised(NamedTuple):
    """How a change is standardised: the unit, the degrees of freedom of the correction, the variance by (c, d), the measure."""

    unit: Callable[[PrePost], Floats]
    df: Callable[[PrePost], Floats]
    variance: Callable[[PrePost, Floats], Floats]
    measure: str
    says: str
    second: Callable[[PrePost, Floats], Floats] | None = None  # what LS2 takes at g, where it is not J^2 times LS at d


def change_score_variance(c: PrePost, d: Floats) -> Floats:
    """1/n + d^2 / (2n). Gibbons, Hedeker & Davis (1993), J Educ Stat 18:271-279."""
    return 1 / c.n + d**2 / (2 * c.n)


def raw_score_variance(c: PrePost, d: Floats) -> Floats:
    """2 (1 - r) / n + d^2 / (2n), for equal variances before and after. Becker (1988), Br J Math Stat Psychol 41:257-278."""
    return 2 * (1 - c.r) / c.n + d**2 / (2 * c.n)


def unequal_raw_score_variance(c: PrePost, d: Floats) -> Floats:
    """s_change^2 / (s2^2 (n - 1)) + d^2 / (2 (n - 1)), for unequal variances. Bonett (2008), Psychol Methods 13:99-109."""
    return change_variance(c) / (c.s2**2 * (c.n - 1)) + d**2 / (2 * (c.n - 1))


def unequal_raw_score_variance_with_n(c: PrePost, d: Floats) -> Floats:
    """The same with n for n - 1."""
    return change_variance(c) / (c.s2**2 * c.n) + d**2 / (2 * c.n)


def average_score_variance(c: PrePost, d: Floats) -> Floats:
    """2 (1 - r) / n + d^2 (1 + r^2) / (4n), for equal variances before and after. Cousineau (2020), TQMP 16:418-421."""
    return 2 * (1 - c.r) / c.n + d**2 * (1 + c.r**2) / (4 * c.n)


def unequal_average_score_variance(c: PrePost, d: Floats) -> Floats:
    """s_change^2 / (s^2 (n-1)) + d^2 (s1^4 + s2^4 + 2 r^2 s1^2 s2^2) / (8 s^4 (n-1)), s^2 the average. Bonett (2008)."""
    s2 = average_variance(c)
    spread = c.s1**4 + c.s2**4 + 2 * c.r**2 * c.s1**2 * c.s2**2
    return change_variance(c) / (s2 * (c.n - 1)) + d**2 * spread / (8 * s2**2 * (c.n - 1))


STANDARDISERS: dict[str, Standardised] = {
    "change": Standardised(
        lambda c: np.sqrt(change_variance(c)), lambda c: c.n - 1, change_score_variance, "SMCC", "the SD of the change"
    ),
    "pre": Standardised(
        lambda c: c.s2, lambda c: c.n - 1, raw_score_variance, "SMCR", "the SD before, the SD after taken for equal to it"
    ),
    "pre-unequal": Standardised(
        lambda c: c.s2,
        lambda c: c.n - 1,
        unequal_raw_score_variance,
        "SMCR",
        "the SD before; the SDs may differ",
        unequal_raw_score_variance_with_n,
    ),
    "average": Standardised(
        lambda c: np.sqrt(average_variance(c)),
        lambda c: 2 * (c.n - 1) / (1 + c.r**2),
        average_score_variance,
        "SMCR",
        "the root of the mean variance, the SDs taken for equal",
    ),
    "average-unequal": Standardised(
        lambda c: np.sqrt(average_variance(c)),
        lambda c: 2 * (c.n - 1) / (1 + c.r**2),
        unequal_average_score_variance,
        "SMCR",
        "the root of the mean variance; the SDs may differ",
    ),
}


def second_variance(c: PrePost, d: Floats, J: Floats, by: Standardised) -> Floats:
    """J^2 times the large-sample variance at d."""
    return by.second(c, J * d) if by.second else J**2 * by.variance(c, d)


VARIANCES: dict[str, Callable[[PrePost, Floats, Floats, Standardised], Floats]] = {
    "LS": lambda c, d, J, by: by.variance(c, J * d),
    "LS2": second_variance,
}


def mean_change(
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
    """Mean changes, after minus before, in the unit of the means.

    Parameters
    ----------
    mean_post, sd_post, mean_pre, sd_pre : (..., k) means and standard deviations after and before; of matched groups or a crossover
        trial: with treatment, and with control
    n : (..., k) patients or pairs, 2 or more
    r : (..., k) correlation of the two within patients or pairs, between -1 and 1; a plain number stands for all studies
    study : (k,) labels
    missing : "raise" refuses a missing value, "drop" leaves its study out

    >>> found = mean_change(mean_post=[38.5], sd_post=[11.6], mean_pre=[30.6], sd_pre=[15], n=[20], r=0.47)
    >>> found.yi.round(4), found.vi.round(4)
    (array([7.9]), array([9.8]))
    """
    found, c = pre_post_of(mean_post, sd_post, mean_pre, sd_pre, n, r, study, missing)
    return effects_of("MC", found, (c.m1 - c.m2, change_variance(c) / c.n))


def standardised_mean_change(
    *,
    mean_post: Any,
    mean_pre: Any,
    sd_pre: Any,
    n: Any,
    r: Any,
    sd_post: Any = None,
    study: Sequence[str] | None = None,
    standardiser: str = "pre",
    variance: str = "LS",
    correct: bool = True,
    missing: str = "raise",
) -> Effects:
    """Standardised mean changes, after minus before; data, result and errors as in `mean_change`.

    Parameters
    ----------
    sd_post : (..., k) standard deviations after; for the standardiser "pre" it may be left out
    standardiser : the unit: "pre" (SD before; the scale of a standardised mean difference), "pre-unequal", "change" (SD of the
        change: another scale), "average" (root of the mean variance), "average-unequal"
    variance : "LS", large sample; "LS2", the same at the uncorrected d, times J^2 (for "pre-unequal": with n for n - 1)
    correct : whether the small-sample bias is taken off

    References
    ----------
    Becker (1988), Br J Math Stat Psychol 41:257-278; Bonett (2008), Psychol Methods 13:99-109; Morris (2000), Br J Math Stat
    Psychol 53:17-29

    >>> found = standardised_mean_change(mean_post=[38.5], sd_post=[11.6], mean_pre=[30.6], sd_pre=[15], n=[20], r=0.47)
    >>> found.yi.round(4), found.vi.round(4)
    (array([0.5056]), array([0.0594]))
    """
    by = STANDARDISERS[choose("standardiser", standardiser, STANDARDISERS)]
    choose("variance", variance, VARIANCES)
    if sd_post is None and standardiser != "pre":
        raise BadArgument(f"standardiser={standardiser!r} needs sd_post. Give it, or choose 'pre', which needs sd_pre alone.")
    sd_post = sd_pre if sd_post is None else sd_post
    found, c = pre_post_of(mean_post, sd_post, mean_pre, sd_pre, n, r, study, missing)
    d = (c.m1 - c.m2) / by.unit(c)
    J = correction(by.df(c)) if correct else np.ones_like(d)
    return effects_of(by.measure, found, (J * d, VARIANCES[variance](c, d, J, by)), otherwise=UNDEFINED)


def mean_change_ratio(
    *,
    mean_post: Any,
    sd_post: Any,
    mean_pre: Any,
    sd_pre: Any,
    n: Any,
    r: Any,
    study: Sequence[str] | None = None,
    correct: bool = True,
    missing: str = "raise",
) -> Effects:
    """Log ratios of the means after and before; data and errors as in `mean_change`, and means above 0.

    Parameters
    ----------
    correct : whether the second-order bias is taken off, as in `ratio_of_means`

    References
    ----------
    Lajeunesse (2011), Ecology 92:2049-2055

    >>> mean_change_ratio(mean_post=[38.5], sd_post=[11.6], mean_pre=[30.6], sd_pre=[15], n=[20], r=0.47).yi.round(4)
    array([0.2259])
    """
    found, c = pre_post_of(mean_post, sd_post, mean_pre, sd_pre, n, r, study, missing, log=True)
    bias = _bias_of_log_means(c) if correct else 0.0
    return effects_of("ROMC", found, (np.log(c.m1) - np.log(c.m2) - bias, _variance_of_log_means(c)))


def cv_change_ratio(
    *,
    mean_post: Any,
    sd_post: Any,
    mean_pre: Any,
    sd_pre: Any,
    n: Any,
    r: Any,
    study: Sequence[str] | None = None,
    correct: bool = True,
    missing: str = "raise",
) -> Effects:
    """Log ratios of the coefficients of variation after and before; data and errors as in `mean_change_ratio`.

    References
    ----------
    Nakagawa et al. (2015), Methods Ecol Evol 6:143-152

    >>> cv_change_ratio(mean_post=[38.5], sd_post=[11.6], mean_pre=[30.6], sd_pre=[15], n=[20], r=0.47).yi.round(4)
    array([-0.483])
    """
    found, c = pre_post_of(mean_post, sd_post, mean_pre, sd_pre, n, r, study, missing, log=True)
    log_cvs = np.log(c.s1 / c.m1) - np.log(c.s2 / c.m2)
    bias = _bias_of_log_means(c) if correct else 0.0
    return effects_of("CVRC", found, (log_cvs + bias, _variance_of_log_sds(c) + _variance_of_log_means(c)))


def variability_change_ratio(
    *, sd_post: Any, sd_pre: Any, n: Any, r: Any, study: Sequence[str] | None = None, missing: str = "raise"
) -> Effects:
    """Log ratios of the standard deviations after and before; data and errors as in `mean_change`.

    References
    ----------
    Nakagawa et al. (2015), Methods Ecol Evol 6:143-152

    >>> variability_change_ratio(sd_post=[11.6], sd_pre=[15], n=[20], r=0.47).yi.round(4)
    array([-0.257])
    """
    given = {"sd_post": sd_post, "sd_pre": sd_pre, "n": n, "r": r}
    rules = {"sd_post": SD, "sd_pre": SD, "n": SIZE, "r": CORRELATION}
    found = columns_of("Standard deviations", given, rules, study=study, missing=missing)
    s1, s2, pairs, rho = (found[name] for name in given)
    return effects_of("VRC", found, (np.log(s1) - np.log(s2), (1 - rho**2) / (pairs - 1)))


def pre_post_of(
    mean_post: Any,
    sd_post: Any,
    mean_pre: Any,
    sd_pre: Any,
    n: Any,
    r: Any,
    study: Sequence[str] | None,
    missing: str,
    *,
    log: bool = False,
) -> tuple[Columns, PrePost]:
    """Checked figures of one group at two times; means above 0 where their logarithm is taken."""
    given = {"mean_post": mean_post, "sd_post": sd_post, "mean_pre": mean_pre, "sd_pre": sd_pre, "n": n, "r": r}
    rules = {"sd_post": SD, "sd_pre": SD, "n": SIZE, "r": CORRELATION}
    rules |= {"mean_post": POSITIVE, "mean_pre": POSITIVE} if log else {}
    found = columns_of("Means and standard deviations", given, rules, study=study, missing=missing)
    return found, PrePost(**{paper: found[name] for paper, name in zip(PrePost._fields, given, strict=True)})


def _bias_of_log_means(c: PrePost) -> Floats:
    return ((c.s2 / c.m2) ** 2 - (c.s1 / c.m1) ** 2) / (2 * c.n)


def _variance_of_log_means(c: PrePost) -> Floats:
    cv1, cv2 = c.s1 / c.m1, c.s2 / c.m2
    return (cv1**2 + cv2**2 - 2 * c.r * cv1 * cv2) / c.n


def _variance_of_log_sds(c: PrePost) -> Floats:
    return (1 - c.r**2) / (c.n - 1)
