"""What an interval lets one conclude: the rules behind every answer of a report."""

from __future__ import annotations

from math import log
from typing import Literal

import numpy as np

from trialpool.review.plan import Outcome
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.pooled_effect import PooledEffect

WIDE = 0.8, 1.25  # an interval of a ratio that holds both leaves an effect of either sign possible
Conclusion = Literal["treatment", "control", "no clear difference", "too uncertain", "not told", "no result"]


def conclusion(outcome: Outcome, fit: PooledEffect | None) -> Conclusion:
    """Which arm did better, claiming no more than the interval.

    Returns
    -------
    "treatment" or "control" where the interval lies on the side of one; "too uncertain" where it holds a ratio of 0.8 and one of
    1.25; "no clear difference" where it holds no effect otherwise; "not told" where it has no limits; "no result" without a fit
    """
    if fit is None:
        return "no result"
    low, high = (float(x) for x in fit.interval())
    if not np.isfinite([low, high]).all():
        return "not told"
    if low <= 0 <= high:
        wide = MEASURES[outcome.measure].log and low < log(WIDE[0]) and high > log(WIDE[1])
        return "too uncertain" if wide else "no clear difference"
    return "treatment" if (high < 0) == (outcome.better == "lower") else "control"
