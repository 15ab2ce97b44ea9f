"""Standard deviations from what is reported in their place: standard errors, limits, t and P values, changes and correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import stdtrit

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import quantile, z_quantile
from trialpool.stats.effects.columns import CORRELATION, FINITE, SD, SHARE, SIZE, Columns, Pair, Row, Rule, columns_of
from trialpool.stats.pooling.choices import checked_level, choose

DISTRIBUTIONS = {
    "t": "limits by Student's t with n - 1 degrees of freedom (n_t + n_c - 2 for a difference)",
    "normal": "limits by the normal distribution, as large samples have them",
}
ERROR = Rule(lambda se: se > 0, "A standard error is above 0")
NOT_0 = Rule(lambda x: x != 0, "Of a difference, or t, of 0 no standard deviation can be had")
LIMITS = Pair(("ci_low", "ci_high"), lambda low, high: low < high, "limits {:g} to {:g}", "The lower limit is below the upper one")
ROOM = "No three such standard deviations go with a correlation between -1 and 1: check which is which"


def sd_from_se(*, se: Any, n: Any, study: Sequence[str] | None = None, missing: str = "raise") -> Floats:
    """SD = SE sqrt(n), of a single group. Cochrane Handbook 6.5.2.2.

    Parameters
    ----------
    se, n : (..., k) standard errors of means, above 0, and patients
    missing : "raise" refuses a missing value, "drop" gives nan for it

    >>> sd_from_se(se=[0.4], n=[25])
    array([2.])
    """
    found = _of({"se": se, "n": n}, {"se": ERROR, "n": SIZE}, study, missing)
    return found["se"] * np.sqrt(found["n"])


def sd_from_ci(
    *,
    ci_low: Any,
    ci_high: Any,
    n: Any,
    level: float = 0.95,
    distribution: str = "t",
    study: Sequence[str] | None = None,
    missing: str = "raise",
) -> Floats:
    """SD = sqrt(n) (upper - lower) / (2 q), of a single group. Cochrane Handbook 6.5.2.2.

    Parameters
    ----------
    ci_low, ci_high, n : (..., k) confidence limits of a mean, and patients
    level : their confidence level, such as 0.95
    distribution : "t" with n - 1 degrees of freedom, or "normal", as q is taken from
    missing : "raise" refuses a missing value, "drop" gives nan for it

    >>> sd_from_ci(ci_low=[30.0, 26.5], ci_high=[34.2, 30.1], n=[25, 22]).round(2)      # the Handbook's example
    array([5.09, 4.06])
    """
    found = _of({"ci_low": ci_low, "ci_high": ci_high, "n": n}, {"n": SIZE}, study, missing, LIMITS)
    q = _q(level, distribution, found["n"] - 1)
    return np.asarray(np.sqrt(found["n"]) * (found["ci_high"] - found["ci_low"]) / (2 * q))


def sd_from_difference_se(*, se: Any, n_t: Any, n_c: Any, study: Sequence[str] | None = None, missing: str = "raise") -> Floats:
    """SD = SE / sqrt(1/n_t + 1/n_c): the SD of both groups, from the standard error of their difference. Handbook 6.5.2.3.

    >>> sd_from_difference_se(se=[1.37], n_t=[25], n_c=[22]).round(2)                   # the Handbook's example
    array([4.69])
    """
    found = _of({"se": se, "n_t": n_t, "n_c": n_c}, {"se": ERROR, "n_t": SIZE, "n_c": SIZE}, study, missing)
    return _of_both(found, found["se"])


def sd_from_difference_ci(
    *,
    ci_low: Any,
    ci_high: Any,
    n_t: Any,
    n_c: Any,
    level: float = 0.95,
    distribution: str = "t",
    study: Sequence[str] | None = None,
    missing: str = "raise",
) -> Floats:
    """The SD of both groups from the limits of their difference: SE = (upper - lower) / (2 q). Handbook 6.5.2.3.

    >>> sd_from_difference_ci(ci_low=[1.04], ci_high=[6.56], n_t=[25], n_c=[22]).round(2)
    array([4.69])
    """
    given = {"ci_low": ci_low, "ci_high": ci_high, "n_t": n_t, "n_c": n_c}
    found = _of(given, {"n_t": SIZE, "n_c": SIZE}, study, missing, LIMITS)
    q = _q(level, distribution, found["n_t"] + found["n_c"] - 2)
    return _of_both(found, (found["ci_high"] - found["ci_low"]) / (2 * q))


def sd_from_difference_t(
    *, difference: Any, t: Any, n_t: Any, n_c: Any, study: Sequence[str] | None = None, missing: str = "raise"
) -> Floats:
    """The SD of both groups from their difference and its t statistic: SE = |difference / t|. Handbook 6.5.2.3.

    >>> sd_from_difference_t(difference=[3.8], t=[2.78], n_t=[25], n_c=[22]).round(2)
    array([4.68])
    """
    rules = {"difference": NOT_0, "t": NOT_0, "n_t": SIZE, "n_c": SIZE}
    found = _of({"difference": difference, "t": t, "n_t": n_t, "n_c": n_c}, rules, study, missing)
    return _of_both(found, np.abs(found["difference"] / found["t"]))


def sd_from_difference_p(
    *, difference: Any, p: Any, n_t: Any, n_c: Any, study: Sequence[str] | None = None, missing: str = "raise"
) -> Floats:
    """The SD of both groups from their difference and the two-sided P of its t test with n_t + n_c - 2 df. Handbook 6.5.2.3.

    >>> sd_from_difference_p(difference=[3.8], p=[0.008], n_t=[25], n_c=[22]).round(1)
    array([4.7])
    """
    rules = {"difference": NOT_0, "p": SHARE, "n_t": SIZE, "n_c": SIZE}
    found = _of({"difference": difference, "p": p, "n_t": n_t, "n_c": n_c}, rules, study, missing)
    t = -stdtrit(found["n_t"] + found["n_c"] - 2, found["p"] / 2)
    return _of_both(found, np.abs(found["difference"]) / t)


def sd_of_change(*, sd_post: Any, sd_pre: Any, r: Any, study: Sequence[str] | None = None, missing: str = "raise") -> Floats:
    """SD of the change = sqrt(SD_pre^2 + SD_post^2 - 2 r SD_pre SD_post). Cochrane Handbook 6.5.2.8.

    Parameters
    ----------
    sd_post, sd_pre : (..., k) standard deviations after and before, above 0
    r : (..., k) correlation of the two, from a study that reports all three (`correlation_from_sds`); a plain number stands for all

    >>> sd_of_change(sd_post=[7.1], sd_pre=[6.4], r=0.8).round(2)
    array([4.32])
    """
    rules = {"sd_post": SD, "sd_pre": SD, "r": CORRELATION}
    found = _of({"sd_post": sd_post, "sd_pre": sd_pre, "r": r}, rules, study, missing)
    s1, s2 = found["sd_post"], found["sd_pre"]
    return np.asarray(np.sqrt(s1**2 + s2**2 - 2 * found["r"] * s1 * s2))


def correlation_from_sds(
    *, sd_post: Any, sd_pre: Any, sd_change: Any, study: Sequence[str] | None = None, missing: str = "raise"
) -> Floats:
    """r = (SD_pre^2 + SD_post^2 - SD_change^2) / (2 SD_pre SD_post). Cochrane Handbook 6.5.2.8.

    >>> correlation_from_sds(sd_post=[7.1, 6.9], sd_pre=[6.4, 7.0], sd_change=[4.5, 4.2]).round(2)    # the Handbook's example
    array([0.78, 0.82])
    """
    rules = {"sd_post": SD, "sd_pre": SD, "sd_change": SD}
    given = {"sd_post": sd_post, "sd_pre": sd_pre, "sd_change": sd_change}
    possible = Row(lambda x: ~(np.abs(_correlation(x)) > 1), "the standard deviations answer to no correlation", ROOM)
    return _correlation(columns_of("Standard deviations", given, rules, rows=(possible,), study=study, missing=missing).values)


def _correlation(x: Mapping[str, Floats]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((x["sd_pre"] ** 2 + x["sd_post"] ** 2 - x["sd_change"] ** 2) / (2 * x["sd_pre"] * x["sd_post"]))


def _of(given: Mapping[str, Any], rules: Mapping[str, Rule], study: Sequence[str] | None, missing: str, *pairs: Pair) -> Columns:
    full = {name: rules.get(name, FINITE) for name in given}
    return columns_of("Figures", given, full, *pairs, study=study, missing=missing)


def _of_both(found: Columns, se: Floats) -> Floats:
    return np.asarray(se / np.sqrt(1 / found["n_t"] + 1 / found["n_c"]))


def _q(level: float, distribution: str, df: Floats) -> Any:
    checked_level(level)
    return quantile(level, df) if choose("distribution", distribution, DISTRIBUTIONS) == "t" else z_quantile(level)
