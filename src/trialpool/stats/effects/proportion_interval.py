"""Confidence limits of single proportions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.columns import Pair, columns_of
from trialpool.stats.effects.two_by_two import COUNTS, NO_MORE, PATIENTS, WHOLE
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.tables import Tabular

Limits = tuple[Floats, Floats]


def clopper_pearson(x: Floats, n: Floats, level: float) -> Limits:
    """The proportions at which x or more, and x or fewer, events have a probability of (1 - level) / 2.

    Clopper & Pearson (1934), Biometrika 26:404-413.
    """
    tail = (1 - level) / 2
    low = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, tail), 0.0)
    high = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail), 1.0)
    return low, high


def wilson(x: Floats, n: Floats, level: float) -> Limits:
    """The proportions whose score test has P = 1 - level. Wilson (1927), J Am Stat Assoc 22:209-212."""
    z2 = z_quantile(level) ** 2
    centre = (x + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (x * (n - x) / n + z2 / 4)) / (n + z2)
    return np.where(x > 0, centre - half, 0.0), np.where(x < n, centre + half, 1.0)


def agresti_coull(x: Floats, n: Floats, level: float) -> Limits:
    """`wald` of z^2 / 2 events and as many non-events more. Agresti & Coull (1998), Am Stat 52:119-126."""
    z2 = z_quantile(level) ** 2
    return wald(x + z2 / 2, n + z2, level)


def wald(x: Floats, n: Floats, level: float) -> Limits:
    """p -+ z sqrt(p (1 - p) / n), of no width where there are no events, or nothing else; too narrow where there are few."""
    p = x / n
    half = z_quantile(level) * np.sqrt(p * (1 - p) / n)
    return np.maximum(p - half, 0.0), np.minimum(p + half, 1.0)


PROPORTION_INTERVALS: dict[str, Callable[[Floats, Floats, float], Limits]] = {
    "Clopper-Pearson": clopper_pearson,
    "Wilson": wilson,
    "Agresti-Coull": agresti_coull,
    "Wald": wald,
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProportionIntervals(Tabular):
    """Proportions with their limits, (..., k) each, 0 to 1; nan where a study was left out.

    study     : (k,) labels
    estimate  : events / n
    low, high : confidence limits
    method    : "Clopper-Pearson", "Wilson", "Agresti-Coull" or "Wald"
    level     : confidence level
    library   : the data-frame library in which `to_frame` answers
    """

    study: tuple[str, ...]
    estimate: Floats
    low: Floats
    high: Floats
    method: str
    level: float
    library: str = ""

    def table(self) -> dict[str, list[Any]]:
        """A row a study: study, estimate, low, high; of a batch, each cell holds all analyses."""
        columns = {"estimate": self.estimate, "low": self.low, "high": self.high}
        return {"study": list(self.study)} | {name: np.moveaxis(values, -1, 0).tolist() for name, values in columns.items()}

    def __repr__(self) -> str:
        return f"<ProportionIntervals: {self}>"

    def __str__(self) -> str:
        return f"{100 * self.level:g}% limits of {len(self.study)} proportions ({self.method})"


def proportion_interval(
    *,
    events: Any,
    n: Any,
    study: Sequence[str] | None = None,
    method: str = "Clopper-Pearson",
    level: float = 0.95,
    missing: str = "raise",
) -> ProportionIntervals:
    """Confidence limits of the proportion of each study by itself, as a forest plot of proportions shows them.

    Parameters
    ----------
    events, n : (..., k) events and patients, whole numbers
    study : (k,) labels
    method : "Clopper-Pearson" (exact, never below the level), "Wilson" (score), "Agresti-Coull" or "Wald" (only to compare with)
    level : confidence level, between 0 and 1
    missing : "raise" refuses a missing value, "drop" leaves its study without limits

    Raises
    ------
    BadArgument
        for counts that are not whole, negative or more than patients, an unknown method, a level outside 0 to 1

    References
    ----------
    Newcombe (1998), Stat Med 17:857-872

    >>> proportion_interval(events=[0, 15], n=[20, 148], study=["A", "B"]).to_frame().round(4)
      study  estimate     low    high
    0     A    0.0000  0.0000  0.1684
    1     B    0.1014  0.0578  0.1617
    """
    limits = PROPORTION_INTERVALS[choose("method", method, PROPORTION_INTERVALS)]
    checked_level(level)
    pair = Pair(("events", "n"), lambda e, m: e <= m, NO_MORE, COUNTS)
    found = columns_of("Counts", {"events": events, "n": n}, {"events": WHOLE, "n": PATIENTS}, pair, study=study, missing=missing)
    x, m = np.broadcast_arrays(found["events"], found["n"])
    absent = np.isnan(x) | np.isnan(m)
    x, m = np.where(absent, 0.0, x), np.where(absent, 1.0, m)
    low, high, estimate = (np.where(absent, np.nan, values) for values in (*limits(x, m, level), x / m))
    return ProportionIntervals(
        study=found.study, estimate=estimate, low=low, high=high, method=method, level=level, library=found.library
    )
