"""What a row of results/*.csv must obey that gives a measurement: means, medians and quartiles of the arms, a difference."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from trialpool.review.report import MEAN_DIFFERENCES, Report

QUANTILES = {"min": "the least value", "q1": "the lower quartile", "median": "the median", "q3": "the upper quartile"}
QUANTILES |= {"max": "the largest value"}
OF_MEASUREMENTS = tuple(f"{name}_{arm}" for arm in ("t", "c") for name in ("mean", "sd", "q1", "q3", "min", "max"))


def of_a_measurement(report: Report) -> bool:
    """Is the row of something measured, whose median may be 0 or below, and not of a time to an event?"""
    return report.measure in MEAN_DIFFERENCES or any(getattr(report, column) is not None for column in OF_MEASUREMENTS)


def quantiles_rise(report: Report) -> Iterator[tuple[str, str, str]]:
    for arm in ("t", "c"):
        given = [(name, getattr(report, f"{name}_{arm}")) for name in QUANTILES]
        known = [(name, value) for name, value in given if value is not None]
        for (lower, low), (upper, high) in pairwise(known):
            if low > high:
                what = f"{QUANTILES[lower]} {low} is above {QUANTILES[upper]} {high}"
                yield f"{lower}_{arm}", what, "Swap the two, or correct the one that was mistyped"


def limits_hold_means(report: Report) -> Iterator[tuple[str, str, str]]:
    for arm in ("t", "c"):
        mean, low, high = (getattr(report, f"{name}_{arm}") for name in ("mean", "mean_low", "mean_high"))
        for limit, value, other in (("lower", low, mean), ("upper", mean, high)):
            if value is not None and other is not None and value > other:
                shown = low if limit == "lower" else high
                what = f"the {limit} limit {shown} is on the wrong side of the mean {mean}"
                yield f"mean_{arm}", what, "Correct the one that was mistyped"


def differences_have_their_error(report: Report) -> Iterator[tuple[str, str, str]]:
    if report.se is not None and report.measure not in MEAN_DIFFERENCES:
        mend = "Use se_log or se_ratio for a ratio, and se_mean_t or se_mean_c for the mean of one arm"
        yield "se", "the standard error of a mean difference, and the row has none", mend


MEASUREMENT_RULES = (quantiles_rise, limits_hold_means, differences_have_their_error)
