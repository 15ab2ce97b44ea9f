"""Quantiles and tail areas, by scipy.special: importing scipy.stats would cost more than most analyses."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import chdtrc, chdtri, fdtrc, ndtr, ndtri, stdtr, stdtrit

from trialpool.stats.arrays import Floats


def z_quantile(level: float) -> float:
    """The z that a two-sided interval of this level goes out to: 1.96 for 0.95."""
    return float(-ndtri((1 - level) / 2))


def quantile(level: float, df: Any) -> Any:
    """The same for t with `df` degrees of freedom; normal where df is infinite, nan where df is not above 0."""
    df = np.asarray(df, dtype=float)
    if np.isinf(df).all():
        return np.full(df.shape, z_quantile(level))[()]
    t = -stdtrit(np.where(df > 0, df, np.nan), (1 - level) / 2)
    return np.where(np.isinf(df), z_quantile(level), t)[()]


def two_sided_p(statistic: Any, df: Any = np.inf) -> Any:
    """P of |t| or larger; normal where df is infinite.

    >>> round(two_sided_p(-1.649406), 3)
    0.099
    """
    statistic, df = np.abs(np.asarray(statistic, dtype=float)), np.asarray(df, dtype=float)
    if np.isinf(df).all():
        return (2 * ndtr(-statistic))[()]
    by_t = 2 * stdtr(np.where(df > 0, df, np.nan), -statistic)
    return np.where(np.isinf(df), 2 * ndtr(-statistic), by_t)[()]


def z_of_p(p: Any, sides: int = 2) -> Any:
    """|z| that answers to a P value, one- or two-sided.

    >>> round(z_of_p(0.075), 2), round(z_of_p(0.0375, sides=1), 2)
    (1.78, 1.78)
    """
    return np.abs(ndtri(np.asarray(p, dtype=float) / sides))[()]


def chi2_p(Q: Any, df: Any) -> Any:
    """Upper tail of chi-squared; nan where df < 1."""
    df = np.asarray(df, dtype=float)
    return np.where(df >= 1, chdtrc(np.where(df >= 1, df, 1.0), np.maximum(Q, 0.0)), np.nan)[()]


def chi2_quantile(upper_tail: float, df: Any) -> Floats:
    """The chi-squared value that is exceeded with probability `upper_tail`; nan where df < 1."""
    df = np.asarray(df, dtype=float)
    return np.asarray(np.where(df >= 1, chdtri(np.where(df >= 1, df, 1.0), upper_tail), np.nan)[()])


def f_p(F: Any, df1: Any, df2: Any) -> Any:
    """Upper tail of F with df1 and df2 degrees of freedom."""
    return fdtrc(df1, df2, np.maximum(F, 0.0))


def statistic_text(statistic: float, df: float) -> str:
    """z or t with its P value, as they are printed.

    >>> statistic_text(2.5, 8), statistic_text(-1.2, np.inf), statistic_text(float("nan"), 3)
    ('t(8) = 2.50, P = 0.037', 'z = -1.20, P = 0.230', 't(3) and P undefined')
    """
    name = "z" if np.isinf(df) else f"t({df:g})"
    return f"{name} and P undefined" if np.isnan(statistic) else f"{name} = {statistic:.2f}, {p_text(two_sided_p(statistic, df))}"


def p_text(p: float, name: str = "P") -> str:
    """A P value as it is printed, never as 0.

    >>> p_text(0.0123), p_text(0.0004), p_text(float("nan"), "P of selection")
    ('P = 0.012', 'P < 0.001', 'P of selection undefined')
    """
    return f"{name} undefined" if np.isnan(p) else f"{name} < 0.001" if p < 0.001 else f"{name} = {p:.3f}"
