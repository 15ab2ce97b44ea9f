"""Selection: how likely a study with a given P value is to be published, relative to others. One entry a shape, in a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtr

from trialpool.stats.arrays import Floats

MOST = 1e4  # a parameter of selection that is as large has no maximum


class LogWeight(NamedTuple):
    """log w, its derivatives by each parameter, and those of second order by the only one; None where these are 0."""

    value: Floats
    first: tuple[Floats, ...]
    second: Floats | None = None


Shape = Callable[[tuple[Floats, ...], Floats, Floats, Any], LogWeight]  # of the parameters, log p, log(1 - p), precision


def half_normal(delta: tuple[Floats, ...], log_p: Floats, log_q: Floats, scale: Any) -> LogWeight:
    """w = exp(-delta p^2). Preston, Ashby & Smyth (2004), J R Stat Soc A 167:... ; Begg & Mazumdar (1994), Biometrics 50:1088."""
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
    """w = (1 - p)^delta."""
    by = scale * log_q
    return LogWeight(delta[0] * by, (by,))


def beta(delta: tuple[Floats, ...], log_p: Floats, log_q: Floats, scale: Any) -> LogWeight:
    """w = p^(delta1 - 1) (1 - p)^(delta2 - 1). Citkowicz & Vevea (2017), Psychol Methods 22:28-41."""
    return LogWeight((delta[0] - 1) * log_p + (delta[1] - 1) * log_q, (log_p, log_q))


@dataclass(frozen=True, slots=True)
class Smooth:
    """A shape that falls (or not) smoothly with the P value.

    name       : in words, with its formula
    shape      : log w
    none       : the parameters of no selection
    starts     : where a search starts
    low, high  : bounds of each parameter
    unbounded  : whether w can go to infinity as p goes to 0 or 1
    """

    name: str
    shape: Shape
    none: tuple[float, ...]
    starts: tuple[tuple[float, ...], ...]
    low: float
    high: float = MOST
    unbounded: bool = False


SMOOTH: dict[str, Smooth] = {
    "beta": Smooth(
        "beta, p^(delta1 - 1) (1 - p)^(delta2 - 1)",
        beta,
        (1.0, 1.0),
        ((1.0, 1.0), (1.0, 2.0), (0.9, 1.0), (1.2, 2.0), (1.5, 1.0)),
        1e-6,
        unbounded=True,
    ),
    "half-normal": Smooth("half-normal, exp(-delta p^2)", half_normal, (0.0,), ((0.1,), (2.0,), (10.0,)), 0.0),
    "negative exponential": Smooth(
        "negative exponential, exp(-delta p)", negative_exponential, (0.0,), ((0.1,), (2.0,), (10.0,)), 0.0
    ),
    "logistic": Smooth("logistic, 2 exp(-delta p) / (1 + exp(-delta p))", logistic, (0.0,), ((0.1,), (2.0,), (10.0,)), 0.0),
    "power": Smooth("power, (1 - p)^delta", power, (0.0,), ((0.1,), (0.5,), (2.0,)), 0.0),
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


def log_p_values(z: Floats, *, two_sided: bool) -> tuple[Floats, Floats]:
    """log p and log(1 - p) of z, one-sided for large z, or two-sided.

    >>> np.exp(log_p_values(np.array([1.959964]), two_sided=True)[0]).round(6)
    array([0.05])
    """
    if not two_sided:
        return log_ndtr(-z), log_ndtr(z)
    size = np.abs(z)
    inside = ndtr(size) - ndtr(-size)
    with np.errstate(divide="ignore"):
        return np.log(2.0) + log_ndtr(-size), np.log(np.maximum(inside, 1e-300))
