"""P values and heterogeneity as figures and reports print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from trialpool.stats.pooling.pooled_effect import PooledEffect


def p_text(p: Any) -> str:
    """`P = 0.017`, `P < 0.001`; three decimals below 0.1, two above.

    >>> p_text(0.0174), p_text(0.00002), p_text(0.288), p_text(0.9996)
    ('P = 0.017', 'P < 0.001', 'P = 0.29', 'P > 0.99')
    """
    p = float(p)
    if np.isnan(p):
        return "P not estimable"
    if p < 0.001:
        return "P < 0.001"
    return "P > 0.99" if p > 0.994 else f"P = {p:.3f}" if p < 0.0995 else f"P = {p:.2f}"


def percent_text(share: Any) -> str:
    """A share as whole percent: `55%`; `not estimable` where there is none."""
    return "not estimable" if np.isnan(share) else f"{100 * float(share):.0f}%"


def tau2_text(tau2: Any) -> str:
    """tau2 to three significant figures.

    >>> tau2_text(0.0215), tau2_text(0.0), tau2_text(2889.4), tau2_text(float("nan"))
    ('0.0215', '0', '2,890', 'not estimable')
    """
    text = "not estimable" if np.isnan(tau2) else f"{float(tau2):.3g}"
    return f"{float(text):,.0f}" if "e+" in text else text


def heterogeneity_line(fit: PooledEffect) -> str:
    """tau2, I2 and Q in one line; empty for one study, and where there is no estimate to differ from."""
    if fit.k < 2 or not np.isfinite(fit.Q):
        return ""
    tau2 = f"τ² = {tau2_text(fit.tau2)}, " if fit.model == "random" else ""
    return f"Heterogeneity: {tau2}I² = {percent_text(fit.I2)}, Q = {fit.Q:.1f} (df = {int(fit.k) - 1}, {p_text(fit.Q_p)})"
