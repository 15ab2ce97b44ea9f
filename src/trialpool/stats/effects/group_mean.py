"""Means of single groups: raw, log, standardised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import POSITIVE, SD, SIZE, columns_of
from trialpool.stats.effects.effects import Effect, Effects, average, effects_of
from trialpool.stats.effects.mean_difference import UNDEFINED, correction
from trialpool.stats.pooling.choices import choose


def raw_mean(m: Floats, s: Floats, n: Floats) -> Effect:
    """m; var = s^2 / n."""
    return m, s**2 / n


def raw_mean_at_one_sd(m: Floats, s: Floats, n: Floats) -> Effect:
    """m; var = s^2 / n with one s^2, the mean of the variances of all studies weighted by n - 1."""
    return m, average(s**2, n - 1) / n


def log_mean(m: Floats, s: Floats, n: Floats) -> Effect:
    """log m; var = s^2 / (n m^2)."""
    return np.log(m), s**2 / (n * m**2)


def standardised_mean(m: Floats, s: Floats, n: Floats) -> Effect:
    """g = J(n - 1) m / s; var = 1/n + g^2 / (2n). Hedges (1981), J Educ Stat 6:107-128, for one group."""
    g = correction(n - 1) * m / s
    return g, 1 / n + g**2 / (2 * n)


def uncorrected_standardised_mean(m: Floats, s: Floats, n: Floats) -> Effect:
    """d = m / s; var = 1/n + d^2 / (2n)."""
    return m / s, 1 / n + (m / s) ** 2 / (2 * n)


TRANSFORMS: dict[str, tuple[str, Callable[[Floats, Floats, Floats], Effect]]] = {
    "none": ("MN", raw_mean),
    "log": ("MNLN", log_mean),
    "standardised": ("SMN", standardised_mean),
    "standardised-uncorrected": ("SMN", uncorrected_standardised_mean),
}


def mean(
    *,
    mean: Any,
    sd: Any,
    n: Any,
    study: Sequence[str] | None = None,
    transform: str = "none",
    variance: str = "LS",
    missing: str = "raise",
) -> Effects:
    """Means of single groups.

    Parameters
    ----------
    mean, sd, n : (..., k) means, standard deviations above 0, patients (2 or more)
    study : (k,) labels
    transform : "none"; "log", for means above 0; "standardised", m / s with the small-sample bias taken off;
        "standardised-uncorrected"
    variance : "LS", each study its own; for raw means also "HO", one SD in all studies
    missing : "raise" refuses a missing value, "drop" leaves its study out

    >>> found = mean(mean=[55, 27], sd=[47, 7], n=[155, 31])
    >>> found.sei.round(3)
    array([3.775, 1.257])
    """
    measure, formula = TRANSFORMS[choose("transform", transform, TRANSFORMS)]
    formulas = {"LS": formula} | ({"HO": raw_mean_at_one_sd} if measure == "MN" else {})
    rules = {"sd": SD, "n": SIZE} | ({"mean": POSITIVE} if transform == "log" else {})
    of = formulas[choose("variance", variance, formulas)]
    found = columns_of("Means and standard deviations", {"mean": mean, "sd": sd, "n": n}, rules, study=study, missing=missing)
    return effects_of(measure, found, of(found["mean"], found["sd"], found["n"]), otherwise=UNDEFINED)
