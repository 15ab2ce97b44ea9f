"""What the standard errors of coefficients are multiplied by, and the distribution that they are referred to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

ScaleMethod = Callable[[Any, Any], tuple[Any, Any]]


def wald(q: Any, df: Any) -> tuple[Any, Any]:
    """As they are; normal."""
    return np.ones(np.shape(q)), np.full(np.shape(q), np.inf)


def t_distribution(q: Any, df: Any) -> tuple[Any, Any]:
    """As they are; t with k - p degrees of freedom."""
    return np.ones(np.shape(q)), df


def hartung_knapp(q: Any, df: Any) -> tuple[Any, Any]:
    """By sqrt(q), q = sum wi (yi - fitted)^2 / (k - p); t with k - p degrees of freedom.

    Knapp & Hartung (2003), Stat Med 22:2693-2710.
    """
    return q, df


def hartung_knapp_floored(q: Any, df: Any) -> tuple[Any, Any]:
    """As `hartung_knapp` with q at least 1."""
    return np.maximum(q, 1.0), df


SCALES: dict[str, ScaleMethod] = {
    "HK": hartung_knapp,
    "HK-floor": hartung_knapp_floored,
    "Wald": wald,
    "t": t_distribution,
}
SCALE_NAMES = {
    "HK": "Hartung-Knapp",
    "HK-floor": "Hartung-Knapp with its scale factor at least 1",
    "Wald": "Wald",
    "t": "t distribution with k - p degrees of freedom",
}
