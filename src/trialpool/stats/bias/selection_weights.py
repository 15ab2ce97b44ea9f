"""Selection: how likely a study with a given P value is to be published, relative to others. One entry a shape, in a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from trialpool.stats.arrays import Floats

MOST = 1e4  # a parameter of selection that is as large has no maximum
CORE = 8.0  # |z| beyond which the one-sided P value is 0 or 1 for all that a bounded w depends on it
SMALLEST = 1e-5  # P value


class LogWeight(NamedTuple):
    """log w, its derivatives by each parameter, and those of second order by the only one; None where these are 0."""

    value: Floats
    first: tuple[Floats, ...]
    second: Floats | None = None


Shape = Callable[[tuple[Floats, ...], Floats, Floats, Any], LogWeight]  # of the parameters, log p, log(1 - p), precision


def half_normal(delta: tuple[Floats, ...], log_p: Floats, log_q: Floats, scale: Any) -> LogWeight:
    """w = exp(-delta p^2). Preston, Ashby & Smyth (2004), J Eval Clin Pract 10:313-322."""
    by = -scale * np.exp(2 * log_p)
    return LogWeight(delta[0] * by, (by,))


def negative_exponential(delta: tuple[Floats, ...], log_p: Floats, log_q: Floats, scale: Any) -> LogWeight:
    """w = exp(-delta p)."""
    by = -scale * np.exp(log_p)
    return LogWeight(delta[0] * by, (by,))


def logistic(delta: tuple[Floats, ...], log_p: Floats, log_q: Floats, scale: Any) -> LogWeight:
    """w = 2 exp(-delta p) / (1 + exp(-delta p))."""
    p = scale * np.exp(log_p)
    x = delta[0] * p
    share = 1 / (1 + np.exp(-np.minimum(x, 700.0)))
    return LogWeight(np.log(2.0) - np.logaddexp(0.0, x), (-p * share,), -(p**2) * share * (1 - share))


def power(delta: tuple[Floats, ...], log_p: Floats, log_q: Floats, scale: Any) -> LogWeight:
    """w = (1 - p)^delta, no P value nearer to 1 than 1e-5."""
    by = scale * log_q
    return LogWeight(delta[0] * by, (by,))


def beta(delta: tuple[Floats, ...], log_p: Floats, log_q: Floats, scale: Any) -> LogWeight:
    """w = p^(delta1 - 1) (1 - p)^(delta2 - 1), no P value nearer to 0 or 1 than 1e-5.

    Citkowicz & Vevea (2017), Psychol Methods 22:28-41.
    """
    return LogWeight((delta[0] - 1) * log_p + (delta[1] - 1) * log_q, (log_p, log_q))


@dataclass(frozen=True, slots=True)
class Smooth:
    """A shape that falls (or not) smoothly with the P value.

    name       : in words, with its formula
    shape      : log w
    none       : the parameters of no selection
    starts     : where a search starts
    low, high  : bounds of each parameter
    smallest_p : P values nearer to 0 or 1 count as this: w is 0 or infinite at the ends themselves
    """

    name: str
    shape: Shape
    none: tuple[float, ...]
    starts: tuple[tuple[float, ...], ...]
    low: float
    high: float = MOST
    smallest_p: float = 0.0

    def constant_beyond(self, *, two_sided: bool) -> float:
        """The |z| beyond which w is a constant, if only for rounding."""
        return float(-ndtri(self.smallest_p / (2 if two_sided else 1))) if self.smallest_p else CORE


SMOOTH: dict[str, Smooth] = {
    "beta": Smooth(
        "beta, p^(delta1 - 1) (1 - p)^(delta2 - 1)",
        beta,
        (1.0, 1.0),
        ((1.0, 1.0), (1.0, 2.0), (0.9, 1.0), (1.2, 2.0), (1.5, 1.0)),
        1e-6,
        smallest_p=SMALLEST,
    ),
    "half-normal": Smooth("half-normal, exp(-delta p^2)", half_normal, (0.0,), ((0.1,), (2.0,), (10.0,)), 0.0),
    "negative exponential": Smooth(
        "negative exponential, exp(-delta p)", negative_exponential, (0.0,), ((0.1,), (2.0,), (10.0,)), 0.0
    ),
    "logistic": Smooth("logistic, 2 exp(-delta p) / (1 + exp(-delta p))", logistic, (0.0,), ((0.1,), (2.0,), (10.0,)), 0.0),
    "power": Smooth("power, (1 - p)^delta", power, (0.0,), ((0.1,), (0.5,), (2.0,)), 0.0, smallest_p=SMALLEST),
}
STEPPED = {
    "step": "a weight for each interval of P values, 1 for the smallest",
    "truncated": "a weight for effects of the other sign, 1 for those of the favoured one",
    "truncated at": "a weight for effects short of a limit that is estimated too, 1 for those beyond",
}
SELECTION_WEIGHTS: dict[str, str] = STEPPED | {name: smooth.name for name, smooth in SMOOTH.items()}
ALTERNATIVES = {
    "greater": "one-sided P values; large effects are favoured",
    "less": "one-sided P values; small (negative) effects are favoured",
    "two-sided": "two-sided P values; effects far from 0 are favoured",
}


def log_p_values(z: Floats, *, two_sided: bool, smallest: float = 0.0) -> tuple[Floats, Floats]:
    """log p and log(1 - p) of z, one-sided for large z or two-sided; each at least log(smallest), and at most log(1 - smallest).

    >>> np.exp(log_p_values(np.array([1.959964]), two_sided=True)[0]).round(6)
    array([0.05])
    """
    with np.errstate(divide="ignore"):
        low = np.log(max(smallest, 1e-300))
        if not two_sided:
            return np.maximum(log_ndtr(-z), low), np.maximum(log_ndtr(z), low)
        size = np.abs(z)
        return np.maximum(np.log(2.0) + log_ndtr(-size), low), np.maximum(np.log(ndtr(size) - ndtr(-size)), low)
