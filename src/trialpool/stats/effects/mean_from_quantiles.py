"""Means and standard deviations from medians, quartiles and ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.special import gamma, gammaincinv, ndtri

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import Pair, Rule, columns_of
from trialpool.stats.effects.group_summary import GroupSummary
from trialpool.stats.pooling.choices import choose

NAMES = ("minimum", "q1", "median", "q3", "maximum")
ENOUGH = Rule(lambda n: (n >= 3) & (n == np.floor(n)), "Quantiles need 3 patients or more, in whole numbers")
RISING = "Minimum, quartiles, median and maximum do not fall, and the outer ones differ"
GRID = np.linspace(-4, 5, 181)  # logarithms of shapes, among which the best fit of a distribution is first looked for
NARROWINGS = 60


class Quantiles(NamedTuple):
    """What a group reports, (..., k): n with a median and a range (a, b), quartiles (q1, q3), or both; nan where not given."""

    a: Floats
    q1: Floats
    m: Floats
    q3: Floats
    b: Floats
    n: Floats


def wan_sd_of_range(x: Quantiles) -> Floats:
    """(b - a) / (2 Phi^-1((n - 0.375) / (n + 0.25))). Wan, Wang, Liu & Tong (2014), BMC Med Res Methodol 14:135, eq. 9."""
    return np.asarray((x.b - x.a) / (2 * ndtri((x.n - 0.375) / (x.n + 0.25))))


def wan_sd_of_quartiles(x: Quantiles) -> Floats:
    """(q3 - q1) / (2 Phi^-1((0.75 n - 0.125) / (n + 0.25))). Wan et al. (2014), eq. 16."""
    return np.asarray((x.q3 - x.q1) / (2 * ndtri((0.75 * x.n - 0.125) / (x.n + 0.25))))


def wan_sd_of_both(x: Quantiles) -> Floats:
    """The mean of the two. Wan et al. (2014), eq. 13."""
    return (wan_sd_of_range(x) + wan_sd_of_quartiles(x)) / 2


def luo_mean_of_range(x: Quantiles) -> Floats:
    """w (a + b)/2 + (1 - w) m, w = 4 / (4 + n^0.75). Luo, Wan, Liu & Tong (2018), Stat Methods Med Res 27:1785-1805, eq. 7."""
    w = 4 / (4 + x.n**0.75)
    return w * (x.a + x.b) / 2 + (1 - w) * x.m


def luo_mean_of_quartiles(x: Quantiles) -> Floats:
    """w (q1 + q3)/2 + (1 - w) m, w = 0.7 + 0.39/n. Luo et al. (2018), eq. 11."""
    w = 0.7 + 0.39 / x.n
    return w * (x.q1 + x.q3) / 2 + (1 - w) * x.m


def luo_mean_of_both(x: Quantiles) -> Floats:
    """w1 (a + b)/2 + w2 (q1 + q3)/2 + (1 - w1 - w2) m, w1 = 2.2 / (2.2 + n^0.75), w2 = 0.7 - 0.72 / n^0.55. Luo et al., eq. 15."""
    w1, w2 = 2.2 / (2.2 + x.n**0.75), 0.7 - 0.72 / x.n**0.55
    return w1 * (x.a + x.b) / 2 + w2 * (x.q1 + x.q3) / 2 + (1 - w1 - w2) * x.m


def wan_mean_of_range(x: Quantiles) -> Floats:
    """(a + 2m + b) / 4. Hozo, Djulbegovic & Hozo (2005), BMC Med Res Methodol 5:13."""
    return (x.a + 2 * x.m + x.b) / 4


def wan_mean_of_quartiles(x: Quantiles) -> Floats:
    """(q1 + m + q3) / 3. Wan et al. (2014), eq. 14."""
    return (x.q1 + x.m + x.q3) / 3


def wan_mean_of_both(x: Quantiles) -> Floats:
    """(a + 2 q1 + 2 m + 2 q3 + b) / 8. Bland (2015), as in Wan et al. (2014), eq. 10."""
    return (x.a + 2 * x.q1 + 2 * x.m + 2 * x.q3 + x.b) / 8


class Family(NamedTuple):
    """A family of positive distributions whose quantiles are a scale times those of a shape exp(s): these, and mean and SD by s."""

    quantiles: Callable[[Floats, Floats], Floats]
    moments: Callable[[Floats], tuple[Floats, Floats]]


def log_normal_moments(s: Floats) -> tuple[Floats, Floats]:
    """exp(v/2) and exp(v/2) sqrt(exp(v) - 1), v the variance of the logarithm; the scale is the median."""
    v = np.exp(np.minimum(2 * s, 6.0))
    return np.exp(v / 2), np.exp(v / 2) * np.sqrt(np.expm1(v))


def weibull_moments(s: Floats) -> tuple[Floats, Floats]:
    """Gamma(1 + 1/k) and sqrt(Gamma(1 + 2/k) - Gamma(1 + 1/k)^2), k the shape."""
    k = np.exp(s)
    one, two = gamma(1 + 1 / k), gamma(1 + 2 / k)
    return one, np.sqrt(np.maximum(two - one**2, 0.0))


FAMILIES: dict[str, Family] = {
    "log-normal": Family(lambda p, s: np.exp(np.exp(np.minimum(s, 3.0)) * ndtri(p)), log_normal_moments),
    "gamma": Family(lambda p, s: gammaincinv(np.exp(s), p), lambda s: (np.exp(s), np.exp(s / 2))),
    "Weibull": Family(lambda p, s: np.exp(np.log(-np.log1p(-p)) * np.exp(-np.maximum(s, -2.0))), weibull_moments),
}


class Fit(NamedTuple):
    """Mean and SD of a fitted distribution, and the sum of squares that it leaves, (..., k)."""

    mean: Floats
    sd: Floats
    left: Floats


def fit_normal(p: Floats, q: Floats) -> Fit:
    """Least squares of q on the standard normal quantiles: the intercept is the mean, the slope the SD."""
    z = ndtri(p)
    slope = ((z - z.mean(-1, keepdims=True)) * q).sum(-1) / ((z - z.mean(-1, keepdims=True)) ** 2).sum(-1)
    mean = q.mean(-1) - slope * z.mean(-1)
    return Fit(mean, slope, ((q - mean[..., np.newaxis] - slope[..., np.newaxis] * z) ** 2).sum(-1))


def fit_family(family: Family, p: Floats, q: Floats) -> Fit:
    """Least squares over scale and shape; the scale that is best for a shape is in closed form, so that one search is left."""

    def at(s: Floats) -> tuple[Floats, Floats]:
        x = family.quantiles(p, s[..., np.newaxis])
        scale = (x * q).sum(-1) / (x**2).sum(-1)
        return scale, ((q - scale[..., np.newaxis] * x) ** 2).sum(-1)

    shape = q.shape[:-1]
    left = np.stack([at(np.full(shape, s))[1] for s in GRID], axis=-1)
    best = GRID[np.clip(np.nanargmin(np.where(np.isnan(left), np.inf, left), axis=-1), 1, len(GRID) - 2)]
    low, high = best - (GRID[1] - GRID[0]), best + (GRID[1] - GRID[0])
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(NARROWINGS):
        one, other = high - golden * (high - low), low + golden * (high - low)
        lower = at(one)[1] < at(other)[1]
        low, high = np.where(lower, low, one), np.where(lower, other, high)
    s = (low + high) / 2
    scale, squares = at(s)
    mean, sd = family.moments(s)
    return Fit(scale * mean, scale * sd, squares)


def quantile_estimation(x: Quantiles, given: Sequence[str]) -> tuple[Floats, Floats]:
    """Mean and SD of the normal, log-normal, gamma or Weibull distribution whose quantiles are nearest to the reported ones.

    Least squares; minimum and maximum stand for the quantiles 1/n and 1 - 1/n. The paper's fifth family, the beta, for shares, is
    left out. Values that are not all above 0 leave the normal distribution alone.

    McGrath et al. (2020), Stat Methods Med Res 29:2520-2537.
    """
    share = {"minimum": 1 / x.n, "q1": 0.25 + 0 * x.n, "median": 0.5 + 0 * x.n, "q3": 0.75 + 0 * x.n, "maximum": 1 - 1 / x.n}
    value = dict(zip(NAMES, x, strict=False))
    p, q = (np.stack(np.broadcast_arrays(*(of[name] for name in given)), axis=-1) for of in (share, value))
    p, q = np.broadcast_arrays(p, q)
    positive = np.asarray((q > 0).all(-1))
    with np.errstate(all="ignore"):
        usable = np.where(positive[..., np.newaxis], q, 1.0)
        skewed = [fit_family(family, p, usable) for family in FAMILIES.values()]
        fits = [fit_normal(p, q), *(fit._replace(left=np.where(positive, fit.left, np.inf)) for fit in skewed)]
    left = np.stack([np.where(np.isnan(fit.left), np.inf, fit.left) for fit in fits], axis=-1)
    chosen = np.asarray(left.argmin(-1))[..., np.newaxis]
    mean, sd = (np.stack([fit[i] for fit in fits], axis=-1) for i in (0, 1))
    return np.take_along_axis(mean, chosen, -1)[..., 0], np.take_along_axis(sd, chosen, -1)[..., 0]


Formula = Callable[[Quantiles], Floats]
SCENARIOS: dict[tuple[str, ...], str] = {
    ("minimum", "median", "maximum"): "range",
    ("q1", "median", "q3"): "quartiles",
    NAMES: "both",
}
METHODS: dict[str, dict[str, tuple[Formula, Formula]]] = {
    "Luo": {
        "range": (luo_mean_of_range, wan_sd_of_range),
        "quartiles": (luo_mean_of_quartiles, wan_sd_of_quartiles),
        "both": (luo_mean_of_both, wan_sd_of_both),
    },
    "Wan": {
        "range": (wan_mean_of_range, wan_sd_of_range),
        "quartiles": (wan_mean_of_quartiles, wan_sd_of_quartiles),
        "both": (wan_mean_of_both, wan_sd_of_both),
    },
}


def mean_from_quantiles(
    *,
    median: Any,
    n: Any,
    minimum: Any = None,
    q1: Any = None,
    q3: Any = None,
    maximum: Any = None,
    method: str = "Luo",
    study: Sequence[str] | None = None,
    missing: str = "raise",
) -> GroupSummary:
    """Means and standard deviations from a median with a range, with quartiles, or with both.

    Parameters
    ----------
    median, n : (..., k) medians and patients
    minimum, maximum, q1, q3 : (..., k) the range, the quartiles, or all four
    method : "Luo" for the mean by Luo et al. and the SD by Wan et al., the best where the outcome is normal; "Wan" for both by Wan
        et al.; "QE" for those of the best fitting of four distributions (McGrath et al.), for skewed outcomes. A median is often
        reported because the outcome is skewed: then the first two are biased.
    study : (k,) labels
    missing : "raise" refuses a missing value, "drop" gives nan for it

    References
    ----------
    Wan, Wang, Liu & Tong (2014), BMC Med Res Methodol 14:135; Luo, Wan, Liu & Tong (2018), Stat Methods Med Res 27:1785-1805;
    McGrath et al. (2020), Stat Methods Med Res 29:2520-2537

    >>> found = mean_from_quantiles(median=[20], q1=[16], q3=[26], n=[100])
    >>> found.mean.round(3), found.sd.round(3)
    (array([20.704]), array([7.522]))
    """
    choose("method", method, (*METHODS, "QE"))
    values = dict(zip(NAMES, (minimum, q1, median, q3, maximum), strict=True))
    given = tuple(name for name, value in values.items() if value is not None)
    if given not in SCENARIOS:
        raise BadArgument(f"A median with {_others(given)} is not enough. Give minimum and maximum, q1 and q3, or all four.")
    inner = [Pair(both, lambda x, y: x <= y, "{:g} before {:g}", RISING) for both in pairwise(given)]
    outer = Pair((given[0], given[-1]), lambda x, y: x < y, "{:g} to {:g}", RISING)
    columns = {name: values[name] for name in given} | {"n": n}
    found = columns_of("Quantiles", columns, {"n": ENOUGH}, *inner, outer, study=study, missing=missing)
    nothing = np.full(len(found.study), np.nan)
    x = Quantiles(**{paper: found.values.get(name, nothing) for paper, name in zip(Quantiles._fields, (*NAMES, "n"), strict=True)})
    if method == "QE":
        mean, sd = quantile_estimation(x, given)
    else:
        mean, sd = (formula(x) for formula in METHODS[method][SCENARIOS[given]])
    absent = np.logical_or.reduce([np.isnan(column) for column in found.values.values()])
    mean, sd, n = (np.where(absent, np.nan, of) for of in (mean, sd, found["n"]))
    return GroupSummary(mean=mean, sd=sd, n=n)


def _others(given: Sequence[str]) -> str:
    return " and ".join(name for name in given if name != "median") or "nothing else"
