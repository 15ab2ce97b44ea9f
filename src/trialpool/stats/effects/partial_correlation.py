"""Partial and semi-partial correlations, and R2, of regression models that studies report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import SHARE, Columns, Pair, Rule, columns_of
from trialpool.stats.effects.correlation import fisher_z
from trialpool.stats.effects.effects import Effect, Effects, effects_of
from trialpool.stats.pooling.choices import choose

PREDICTORS = Rule(lambda m: (m >= 1) & (m == np.floor(m)), "A model has 1 predictor or more, in whole numbers")
PATIENTS = Rule(lambda n: (n >= 4) & (n == np.floor(n)), "A model needs 4 patients or more, in whole numbers")
ENOUGH = Pair(
    ("n", "predictors"),
    lambda n, m: n > m + 2,
    "{:g} patients for {:g} predictors",
    "A model needs at least 3 patients more than predictors",
)


def partial(t: Floats, n: Floats, m: Floats) -> Effect:
    """r = t / sqrt(t^2 + n - m - 1); var = (1 - r^2)^2 / (n - m). Aloe (2014), J Gen Psychol 141:47-64."""
    r = t / np.sqrt(t**2 + n - m - 1)
    return r, (1 - r**2) ** 2 / (n - m)


def z_of_partial(t: Floats, n: Floats, m: Floats) -> Effect:
    """atanh(r); var = 1 / (n - m - 2): n - 3 less the m - 1 variables that are held. Fisher (1924), Metron 3:329-332."""
    return np.arctanh(partial(t, n, m)[0]), 1 / (n - m - 2) + 0 * t


def semi_partial(t: Floats, n: Floats, m: Floats, R2: Floats) -> Effect:
    """r = t sqrt(1 - R2) / sqrt(n - m - 1); var = (R2^2 - 2 R2 + S + 1 - S^2) / n, S = R2 - r^2, R2 without the predictor.

    Aloe & Becker (2012), J Educ Behav Stat 37:278-297.
    """
    r = t * np.sqrt(1 - R2) / np.sqrt(n - m - 1)
    S = R2 - r**2
    return r, (R2**2 - 2 * R2 + S + 1 - S**2) / n


def determination(R2: Floats, n: Floats) -> Effect:
    """R2; var = 4 R2 (1 - R2)^2 / n, for random predictors. Olkin & Finn (1995), Psychol Bull 118:155-164."""
    return R2, 4 * R2 * (1 - R2) ** 2 / n


def z_of_determination(R2: Floats, n: Floats) -> Effect:
    """atanh(sqrt(R2)); var = 1 / n, the delta method for the above. Olkin & Finn (1995), Psychol Bull 118:155-164."""
    return np.arctanh(np.sqrt(R2)), 1 / n + 0 * R2


PARTIAL: dict[str, tuple[str, Callable[[Floats, Floats, Floats], Effect]]] = {
    "z": ("ZPCOR", z_of_partial),
    "none": ("PCOR", partial),
}
SEMI_PARTIAL: dict[str, tuple[str, Callable[[Effect], Effect]]] = {
    "none": ("SPCOR", lambda effect: effect),
    "z": ("ZSPCOR", fisher_z),
}
DETERMINATION: dict[str, tuple[str, Callable[[Floats, Floats], Effect]]] = {
    "none": ("R2", determination),
    "z": ("ZR2", z_of_determination),
}


def partial_correlation(
    *, t: Any, n: Any, predictors: Any, study: Sequence[str] | None = None, transform: str = "z", missing: str = "raise"
) -> Effects:
    """Partial correlations from the t statistics of a coefficient.

    Parameters
    ----------
    t : (..., k) t statistics of the coefficient
    n : (..., k) patients
    predictors : (..., k) predictors in the model, this one counted, the intercept not
    study : (k,) labels
    transform : "z" (Fisher's) or "none"
    missing : "raise" refuses a missing value, "drop" leaves its study out

    >>> partial_correlation(t=[2.1], n=[60], predictors=[3], transform="none").yi.round(4)
    array([0.2702])
    """
    measure, formula = PARTIAL[choose("transform", transform, PARTIAL)]
    found = _model({"t": t, "n": n, "predictors": predictors}, study, missing)
    return effects_of(measure, found, formula(found["t"], found["n"], found["predictors"]))


def semi_partial_correlation(
    *,
    t: Any,
    n: Any,
    predictors: Any,
    r_squared: Any,
    study: Sequence[str] | None = None,
    transform: str = "none",
    missing: str = "raise",
) -> Effects:
    """Semi-partial correlations from the t statistics of a coefficient and the R2 of its model; see `partial_correlation`.

    >>> semi_partial_correlation(t=[2.1], n=[60], predictors=[3], r_squared=[0.31]).yi.round(4)
    array([0.2331])
    """
    measure, transformed = SEMI_PARTIAL[choose("transform", transform, SEMI_PARTIAL)]
    found = _model({"t": t, "n": n, "predictors": predictors, "r_squared": r_squared}, study, missing)
    effect = semi_partial(*(found[name] for name in ("t", "n", "predictors", "r_squared")))
    return effects_of(measure, found, transformed(effect))


def r_squared(
    *, r_squared: Any, n: Any, predictors: Any, study: Sequence[str] | None = None, transform: str = "none", missing: str = "raise"
) -> Effects:
    """R2 of models with random predictors; arguments as in `partial_correlation`.

    >>> r_squared(r_squared=[0.31], n=[60], predictors=[3]).vi.round(4)
    array([0.0098])
    """
    measure, formula = DETERMINATION[choose("transform", transform, DETERMINATION)]
    found = _model({"r_squared": r_squared, "n": n, "predictors": predictors}, study, missing)
    return effects_of(measure, found, formula(found["r_squared"], found["n"]))


def _model(given: dict[str, Any], study: Sequence[str] | None, missing: str) -> Columns:
    rules = {"n": PATIENTS, "predictors": PREDICTORS, "r_squared": SHARE}
    return columns_of("Regression results", given, rules, ENOUGH, study=study, missing=missing)
