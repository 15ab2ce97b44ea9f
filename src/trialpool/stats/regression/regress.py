"""Meta-regression on a design matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats, count
from trialpool.stats.effects.columns import numbers
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.regression.coefficients import coefficients, residual_q
from trialpool.stats.regression.design import Design, design
from trialpool.stats.regression.meta_regression import MetaRegression
from trialpool.stats.regression.scale import SCALES

MODELS = ("random", "common")
EXACT = 1e-20  # a Hartung-Knapp scale factor of no more than this share of the largest wi yi^2 is rounding
ALONE = 1e-9  # a hat value this close to 1 is of a study that a coefficient rests on alone


def regress_matrix(
    effects: Effects,
    X: Any,
    names: Sequence[str] | None = None,
    *,
    tau2: str | float = "REML",
    ci: str = "HK",
    level: float = 0.95,
    model: str = "random",
    weights: Any = None,
) -> MetaRegression:
    """Explain effects by the columns of a matrix.

    Parameters
    ----------
    effects : effects of k studies, or a batch of analyses of the shape (..., k)
    X : (k, p), or (..., k, p) with a matrix for each analysis: a row a study, a column a coefficient. Nothing is added to it: a
        model with an intercept has a column of ones
    names : (p,) of the coefficients
    tau2 : estimator of the between-study variance that the moderators leave, as `pool` takes it; or its value
    ci : "HK" (Knapp and Hartung), "HK-floor" (its scale factor at least 1), "Wald" or "t"
    level : confidence level, between 0 and 1
    model : "random" or "common" (effect)
    weights : None for 1 / (vi + tau2), "equal", or (k,) weights > 0; with other than inverse-variance weights the variance of the
        coefficients is (X'WX)^-1 X'WMWX (X'WX)^-1, M = diag(vi + tau2)

    Returns
    -------
    MetaRegression on the analysis scale (log for ratios)

    Raises
    ------
    BadArgument
        for an unknown method, moderators that say the same, more coefficients than studies, missing or unequal columns
    NotEstimable
        where no study is present, or no residual degree of freedom is left to estimate tau2 or a scale factor with

    References
    ----------
    Thompson & Sharp (1999), Stat Med 18:2693-2708; Knapp & Hartung (2003), Stat Med 22:2693-2710

    >>> from trialpool.stats.effects.effects import effects
    >>> four = effects([-0.9, -0.5, -0.4, 0.1], [0.04, 0.02, 0.03, 0.02])
    >>> fit = regress_matrix(four, [[1, 44], [1, 33], [1, 27], [1, 13]], ["intercept", "latitude"])
    >>> print(fit.coefficients)
               estimate      se              95% CI  df      P
    intercept    0.5040  0.0618    0.2382 to 0.7699   2  0.015
    latitude    -0.0315  0.0021  -0.0406 to -0.0225   2  0.004
    """
    expect("regress_matrix", effects, Effects, EFFECT_MAKERS)
    return regress_design(effects, design(effects, X, names), tau2=tau2, ci=ci, level=level, model=model, weights=weights)


def regress_design(
    effects: Effects, on: Design, *, tau2: str | float, ci: str, level: float, model: str, weights: Any
) -> MetaRegression:
    """As `regress_matrix`, on a design that has been checked."""
    choose("ci", ci, SCALES)
    choose("model", model, MODELS)
    checked_level(level)
    yi, vi = effects.yi, effects.vi
    between, method = _between(yi, vi, on, tau2, model, ci)
    total = vi + np.asarray(between)[..., np.newaxis]
    wi, weighting = _weights(weights, effects, total)
    found, scale, df = coefficients(yi, vi, on.X, np.asarray(between), ci, None if weighting == "inverse variance" else wi)
    fit = MetaRegression(
        effects=effects,
        design=on,
        model=model,
        tau2_method=method,
        weighting=weighting,
        ci_method=ci,
        level=level,
        beta=found.beta,
        root=found.root,
        scale=scale[()],
        df=df[()],
        tau2=between,
        wi=wi,
        Q=residual_q(yi, vi, on.X),
        k=count(vi),
    )
    return replace(fit, notes=_notes(fit))


def _between(yi: Floats, vi: Floats, on: Design, tau2: str | float, model: str, ci: str) -> tuple[Any, str]:
    """tau2 (...) and what it is by."""
    shape = np.broadcast_shapes(yi.shape, vi.shape, on.X.shape[:-1])[:-1]
    k, estimated = count(vi), model == "random" and isinstance(tau2, str)
    if np.ndim(k) == 0 and k <= on.p and (estimated or ci != "Wald"):
        what = f"{'tau2 by ' + str(tau2) if estimated else 'the scale of ' + ci} cannot be estimated"
        raise NotEstimable(
            f"Meta-regression, k = {k}, p = {on.p} ({', '.join(on.names)}): no residual degree of freedom is left, so {what}. "
            "Leave moderators out."
        )
    if model == "common":
        return np.zeros(shape)[()], ""
    if not isinstance(tau2, str):
        value = np.asarray(tau2, dtype=float)
        if not (np.isfinite(value) & (value >= 0)).all():
            raise BadArgument(
                f"tau2={tau2!r} is not a variance. Give a number of 0 or more, or one of {', '.join(map(repr, TAU2))}."
            )
        return np.broadcast_to(value, shape)[()], "given"
    choose("tau2", tau2, TAU2)
    return TAU2[tau2](yi, vi, on.X), tau2


def _weights(weights: Any, effects: Effects, total: Floats) -> tuple[Floats, str]:
    """(..., k) and what they are."""
    if weights is None:
        return 1 / total, "inverse variance"
    here = np.isfinite(total)
    if isinstance(weights, str):
        choose("weights", weights, ("equal",))
        return here.astype(float), "equal"
    wi = numbers("weights", weights)
    if wi.shape[-1] != total.shape[-1]:
        raise BadArgument(f"There are {wi.shape[-1]} weights for {total.shape[-1]} studies. Give one for each.")
    bad = here & ~(np.isfinite(wi) & (wi > 0))
    if bad.any():
        at = np.flatnonzero(bad.reshape(-1, total.shape[-1]).any(0))
        found = ", ".join(
            f"{np.broadcast_to(wi, total.shape).reshape(-1, total.shape[-1])[0, i]:g} ({effects.study[i]})" for i in at
        )
        raise BadArgument(
            f"weights has values that cannot be used: {found}. A weight is positive: leave the study out, or give one."
        )
    return np.where(here, wi, 0.0), "given"


def _notes(fit: MetaRegression) -> tuple[str, ...]:
    """Of the effects and the design, and which studies a coefficient rests on alone."""
    said = tuple(f"{study}: {note}" for study, note in fit.effects.notes.items()) + fit.design.notes
    if np.ndim(fit.scale) == 0 and fit.scale < EXACT * np.max(fit.effects.yi**2 * fit.wi, initial=0.0):
        said += ("the effects lie on the fit but for rounding, so Hartung-Knapp standard errors are 0: choose another interval",)
    if fit.wi.ndim > 1 or fit.design.X.ndim > 2 or fit.design.p == 1:
        return said
    pull = fit.hat_values > 1 - ALONE
    alone = [s for s, on_it in zip(fit.effects.study, pull, strict=True) if on_it and not any(f"({s})" in note for note in said)]
    if alone:
        said += (f"a coefficient rests alone on each of: {', '.join(alone)}. Its fitted value is its own effect",)
    return said
