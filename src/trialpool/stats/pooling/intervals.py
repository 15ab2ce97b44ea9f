"""Standard errors and degrees of freedom of a pooled effect: one function a method, gathered in the table INTERVALS.

Each takes effects, weights and the pooled effect and returns the standard error and the degrees of freedom of the reference
distribution: infinite for the normal. With one study only, there is nothing but that study's own standard error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats


def wald(yi: Floats, wi: Floats, mu: Any, k: Any) -> tuple[Any, Any]:
    """se = 1 / sqrt(sum wi), normal."""
    return 1 / np.sqrt(wi.sum(-1)), np.full(np.shape(k), np.inf)[()]


def t_interval(yi: Floats, wi: Floats, mu: Any, k: Any) -> tuple[Any, Any]:
    """se as in `wald`, t with k - 1 degrees of freedom. Follmann & Proschan (1999), Biometrics 55:732-737."""
    return 1 / np.sqrt(wi.sum(-1)), np.where(k == 1, np.inf, k - 1.0)[()]


def hartung_knapp(yi: Floats, wi: Floats, mu: Any, k: Any) -> tuple[Any, Any]:
    """se = sqrt(q / sum wi), q = sum wi (yi - mu)^2 / (k - 1), t with k - 1 degrees of freedom.

    Hartung & Knapp (2001), Stat Med 20:3875-3889; Sidik & Jonkman (2002), Stat Med 21:3153-3159.
    """
    return _scaled(yi, wi, mu, k, floor=0.0)


def hartung_knapp_floored(yi: Floats, wi: Floats, mu: Any, k: Any) -> tuple[Any, Any]:
    """As `hartung_knapp` with q at least 1, so that the interval never is narrower than the t interval.

    Knapp & Hartung (2003), Stat Med 22:2693-2710.
    """
    return _scaled(yi, wi, mu, k, floor=1.0)


def _scaled(yi: Floats, wi: Floats, mu: Any, k: Any, *, floor: float) -> tuple[Any, Any]:
    one = k == 1
    q = (wi * (yi - mu[..., np.newaxis]) ** 2).sum(-1) / np.where(one, 1, k - 1.0)
    q = np.where(one, 1.0, np.maximum(q, floor))
    return np.sqrt(q / wi.sum(-1))[()], np.where(one, np.inf, k - 1.0)[()]


IntervalMethod = Callable[[Floats, Floats, Any, Any], tuple[Any, Any]]
INTERVALS: dict[str, IntervalMethod] = {
    "HK": hartung_knapp,
    "HK-floor": hartung_knapp_floored,
    "Wald": wald,
    "t": t_interval,
}
INTERVAL_NAMES = {
    "HK": "Hartung-Knapp",
    "HK-floor": "Hartung-Knapp with its scale factor at least 1",
    "Wald": "Wald",
    "t": "t distribution with k - 1 degrees of freedom",
}
PREDICTIONS: dict[str, Callable[[Any], Any]] = {
    "t": lambda k: k - 1.0,
    "HTS": lambda k: k - 2.0,
    "normal": lambda k: np.full(np.shape(k), np.inf)[()],
}
PREDICTION_NAMES = {
    "t": "t distribution with k - 1 degrees of freedom",
    "HTS": "t distribution with k - 2 degrees of freedom (Higgins, Thompson & Spiegelhalter)",
    "normal": "normal distribution",
}
