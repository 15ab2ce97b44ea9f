"""Pooling two-arm comparisons by inverse variance: common effect and random effects."""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats, count
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect, takes_effects_alone
from trialpool.stats.pooling.intervals import COMMON_EFFECT_INTERVALS, GOES_WITH, INTERVAL_NAMES, INTERVALS, Pooled
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import cochran_q

BLOCK = 100_000  # numbers in one array of a batch


@takes_effects_alone
def pool(effects: Effects, *, tau2: str = "REML", ci: str = "HK", level: float = 0.95) -> PooledEffect:
    """Pool by a random-effects model.

    Parameters
    ----------
    effects : effects of k studies, or a batch of analyses of the shape (..., k)
    tau2 : estimator of the between-study variance: "REML", "PM", "DL", "DL2", "DLIT", "ML", "EB", "HE", "HS", "HSk",
        "SJ", "SJIT", "PMM", "GENQ" or "GENQM"
    ci : interval of the pooled effect: "HK" (Hartung-Knapp), "HK-floor" (its scale factor at least 1), "HK-wider" (the
        wider of HK and Wald), "HK-IQWiG" (as HK-floor where HK is narrower than DL with Wald), "Wald", "t", "KR" (Kenward-Roger,
        with REML), "PL" (profile likelihood, with ML) or "HC" (Henmi-Copas, with DL)
    level : confidence level, between 0 and 1

    Returns
    -------
    PooledEffect on the analysis scale (log for ratios). With one study, that study's own effect and Wald interval.

    Raises
    ------
    BadArgument
        for an unknown method, an interval that goes with another estimator, or a level outside 0 to 1
    NotEstimable
        where no study is present

    References
    ----------
    DerSimonian & Laird (1986), Control Clin Trials 7:177-188; Hartung & Knapp (2001), Stat Med 20:3875-3889

    >>> from trialpool.stats.effects.effects import effects
    >>> fit = pool(effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], ["A", "B", "C"], measure="HR"))
    >>> print(fit)
    HR 0.69 (95% CI 0.31 to 1.50), P = 0.174, k = 3, I2 = 81%
    """
    expect("pool", effects, Effects, EFFECT_MAKERS)
    choose("tau2", tau2, TAU2)
    choose("ci", ci, INTERVALS)
    if GOES_WITH.get(ci, tau2) != tau2:
        raise BadArgument(f"ci={ci!r} ({INTERVAL_NAMES[ci]}) goes with tau2={GOES_WITH[ci]!r}, not tau2={tau2!r}.")
    return fit(effects, TAU2[tau2](effects.yi, effects.vi), model="random", tau2_method=tau2, ci=ci, level=level)


@takes_effects_alone
def pool_common(effects: Effects, *, ci: str = "Wald", level: float = 0.95) -> PooledEffect:
    """Pool by a common-effect ("fixed-effect") model with inverse-variance weights; see `pool` for arguments and errors.

    >>> from trialpool.stats.effects.effects import effects
    >>> print(pool_common(effects([-0.36, -0.73], [0.02, 0.03], measure="HR")))
    HR 0.60 (95% CI 0.49 to 0.75), P < 0.001, k = 2, I2 = 63%
    """
    expect("pool_common", effects, Effects, EFFECT_MAKERS)
    choose("ci", ci, COMMON_EFFECT_INTERVALS)
    zero = np.zeros(np.broadcast_shapes(effects.yi.shape, effects.vi.shape)[:-1])[()]
    return fit(effects, zero, model="common", tau2_method="", ci=ci, level=level)


def fit(effects: Effects, tau2: Any, *, model: str, tau2_method: str, ci: str, level: float) -> PooledEffect:
    """The pooled effect at a given tau2 (...)."""
    checked_level(level)
    yi, vi = effects.yi, effects.vi
    k = count(vi)
    if np.ndim(k) == 0 and np.ndim(tau2) == 0:
        if k == 0:
            raise NotEstimable(f"{model} effects, {tau2_method or 'inverse variance'}: no study is present (k = 0).")
        pooled, Q = INTERVALS[ci](yi, vi, 0.0 if k == 1 and np.isnan(tau2) else tau2), cochran_q(yi, vi)
    else:
        pooled, Q = _batch(yi, vi, np.where((k == 1) & np.isnan(tau2), 0.0, tau2), ci)
    return PooledEffect(
        effects=effects,
        model=model,
        tau2_method=tau2_method,
        ci_method=ci,
        level=level,
        mu=pooled.mu,
        se=pooled.se,
        df=pooled.df,
        tau2=tau2,
        Q=Q,
        k=k,
    )


def _batch(yi: Floats, vi: Floats, tau2: Floats, ci: str) -> tuple[Pooled, Any]:
    """The pooled effects and Q of many analyses, a part of them at a time that stays in a processor's cache."""
    rows = max(1, BLOCK // vi.shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        if vi.ndim != 2 or tau2.ndim != 1 or len(vi) <= rows:
            return INTERVALS[ci](yi, vi, tau2), cochran_q(yi, vi)
        parts, Q = [], []
        for part in (slice(i, i + rows) for i in range(0, len(vi), rows)):
            own = yi[part] if yi.ndim == 2 and len(yi) == len(vi) else yi
            parts.append(INTERVALS[ci](own, vi[part], tau2[part]))
            Q.append(cochran_q(own, vi[part]))
    return Pooled(*(np.concatenate(column) for column in zip(*parts, strict=True))), np.concatenate(Q)
