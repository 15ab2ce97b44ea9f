"""What a report prints of a measurement in one arm, and the mean and standard deviation that it answers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise, product
from math import sqrt
from typing import NamedTuple

import numpy as np

from trialpool.stats.distributions import quantile
from trialpool.stats.effects.mean_from_quantiles import METHODS, Quantiles
from trialpool.stats.effects.printed import Count, Printed

FEWEST = 2  # patients of whom a standard deviation is known
FEWEST_OF_QUANTILES = 3
BY = "Luo"  # whose means, with the standard deviations of Wan et al.


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSummary:
    """A measurement in one arm as printed; None where nothing was said.

    se, low, high : standard error and confidence limits of the mean
    median, q1, q3, minimum, maximum : of the patients
    """

    mean: Printed | None = None
    sd: Printed | None = None
    se: Printed | None = None
    low: Printed | None = None
    high: Printed | None = None
    median: Printed | None = None
    q1: Printed | None = None
    q3: Printed | None = None
    minimum: Printed | None = None
    maximum: Printed | None = None


class Moments(NamedTuple):
    """Mean and standard deviation, each with the least and the most that rounding leaves open, and how they were had.

    figures : what was printed, by its name in ArmSummary
    worked  : the arithmetic; empty where both are printed
    """

    mean: Count
    sd: Count
    figures: Mapping[str, Printed]
    worked: str = ""


class Way(NamedTuple):
    """One way from what is printed of an arm to its mean and standard deviation: the figures it takes, and the formula in words."""

    needs: tuple[str, ...]
    moments: Callable[[tuple[float, ...], int, float], tuple[float, float]]
    says: str


def of_se(values: tuple[float, ...], n: int, level: float) -> tuple[float, float]:
    """SD = SE sqrt(n). Cochrane Handbook, version 6, section 6.5.2.2."""
    return values[0], values[1] * sqrt(n)


def of_interval(values: tuple[float, ...], n: int, level: float) -> tuple[float, float]:
    """SD = sqrt(n) (U - L) / (2 t), t with n - 1 degrees of freedom. Cochrane Handbook, version 6, section 6.5.2.2."""
    return values[0], sqrt(n) * (values[2] - values[1]) / (2 * float(quantile(level, n - 1)))


def _of_quantiles(scenario: str, names: tuple[str, ...]) -> Callable[[tuple[float, ...], int, float], tuple[float, float]]:
    mean, sd = METHODS[BY][scenario]

    def moments(values: tuple[float, ...], n: int, level: float) -> tuple[float, float]:
        given = dict.fromkeys(Quantiles._fields, np.array(np.nan)) | dict(zip(names, map(np.array, values), strict=True))
        x = Quantiles(**given | {"n": np.array(float(n))})
        return float(mean(x)), float(sd(x))

    return moments


COLUMNS = {
    "mean": "mean",
    "sd": "sd",
    "se": "se_mean",
    "low": "mean_low",
    "high": "mean_high",
    "median": "median",
    "q1": "q1",
    "q3": "q3",
    "minimum": "min",
    "maximum": "max",
}  # names of an ArmSummary -> columns of a report, before _t and _c
ORDERED = ("minimum", "q1", "median", "q3", "maximum")
WAYS: dict[str, Way] = {
    "SDs": Way(("mean", "sd"), lambda values, n, level: (values[0], values[1]), ""),
    "SEs": Way(("mean", "se"), of_se, "SD = SE sqrt(n)"),
    "intervals": Way(("mean", "low", "high"), of_interval, "SD = sqrt(n) (U - L) / (2 t), t with n - 1 degrees of freedom"),
    "quartiles and ranges": Way(ORDERED, _of_quantiles("both", ("a", "q1", "m", "q3", "b")), "mean by Luo, SD by Wan"),
    "quartiles": Way(("q1", "median", "q3"), _of_quantiles("quartiles", ("q1", "m", "q3")), "mean by Luo, SD by Wan"),
    "ranges": Way(("minimum", "median", "maximum"), _of_quantiles("range", ("a", "m", "b")), "mean by Luo, SD by Wan"),
}
OF_QUANTILES = ("quartiles and ranges", "quartiles", "ranges")


def moments_of(arm: ArmSummary | None, n: int | None, kind: str, level: float) -> Moments | str:
    """Mean and standard deviation of an arm by one of WAYS, or why they cannot be had that way."""
    way = WAYS[kind]
    figures = {name: getattr(arm, name) for name in way.needs if getattr(arm, name, None) is not None}
    if len(figures) < len(way.needs) or not n:
        return NEEDS[kind]
    if n < (FEWEST_OF_QUANTILES if kind in OF_QUANTILES else FEWEST):
        return f"an arm of {n} is too small for a standard deviation"
    wrong = _wrong(kind, [figure.value for figure in figures.values()])
    if wrong:
        return wrong
    mean, sd = way.moments(tuple(f.value for f in figures.values()), n, level)
    corners = product(*(dict.fromkeys((f.low, f.high)) for f in figures.values()))
    at = [way.moments(corner, n, level) for corner in corners]
    means, sds = [m for m, _ in at], [max(s, 0.0) for _, s in at]
    worked = "" if kind == "SDs" else f"mean {mean:.4g}, SD {sd:.4g}"
    return Moments(Count(mean, min(means), max(means)), Count(sd, min(sds), max(sds)), figures, worked)


def _wrong(kind: str, values: list[float]) -> str:
    if kind in ("SDs", "SEs"):
        return "" if values[1] > 0 else "needs standard deviations or errors above 0"
    if kind == "intervals":
        return "" if values[1] < values[0] < values[2] else "needs means between their limits"
    rising = all(one <= other for one, other in pairwise(values)) and values[0] < values[-1]
    return "" if rising else "needs quantiles that rise"


NEEDS = {
    "SDs": "needs means, standard deviations and patients of both arms",
    "SEs": "needs means with their standard errors and patients of both arms",
    "intervals": "needs means with their confidence limits and patients of both arms",
    "quartiles and ranges": "needs medians, quartiles, ranges and patients of both arms",
    "quartiles": "needs medians, quartiles and patients of both arms",
    "ranges": "needs medians, ranges and patients of both arms",
}
