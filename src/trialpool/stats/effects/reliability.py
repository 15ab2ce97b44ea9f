"""Cronbach's alpha: raw, and by the transformations of Hakstian & Whalen and of Bonett."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import Rule, columns_of
from trialpool.stats.effects.effects import Effect, Effects, effects_of
from trialpool.stats.pooling.choices import choose

BELOW_1 = Rule(lambda alpha: alpha < 1, "Alpha is below 1")
ITEMS = Rule(lambda m: (m >= 2) & (m == np.floor(m)), "Alpha needs 2 items or more, in whole numbers")
PATIENTS = Rule(lambda n: (n >= 3) & (n == np.floor(n)), "Alpha needs 3 patients or more, in whole numbers")


def raw_alpha(alpha: Floats, m: Floats, n: Floats) -> Effect:
    """alpha; var = 2 m (1 - alpha)^2 / ((m - 1)(n - 2)). Bonett (2010), Psychol Methods 15:368-385."""
    return alpha, 2 * m * (1 - alpha) ** 2 / ((m - 1) * (n - 2))


def cube_root(alpha: Floats, m: Floats, n: Floats) -> Effect:
    """1 - (1 - alpha)^(1/3); var = 18 m (n - 1)(1 - alpha)^(2/3) / ((m - 1)(9n - 11)^2).

    Hakstian & Whalen (1976), Psychometrika 41:219-231.
    """
    root = np.cbrt(1 - alpha)
    return 1 - root, 18 * m * (n - 1) * root**2 / ((m - 1) * (9 * n - 11) ** 2)


def log_of_complement(alpha: Floats, m: Floats, n: Floats) -> Effect:
    """-log(1 - alpha); var = 2 m / ((m - 1)(n - 2)). Bonett (2002), J Educ Behav Stat 27:335-340."""
    return -np.log1p(-alpha), 2 * m / ((m - 1) * (n - 2)) + 0 * alpha


TRANSFORMS: dict[str, tuple[str, Callable[[Floats, Floats, Floats], Effect]]] = {
    "log": ("ABT", log_of_complement),
    "cube-root": ("AHW", cube_root),
    "none": ("ARAW", raw_alpha),
}


def cronbach_alpha(
    *, alpha: Any, items: Any, n: Any, study: Sequence[str] | None = None, transform: str = "log", missing: str = "raise"
) -> Effects:
    """Cronbach's alphas of a scale.

    Parameters
    ----------
    alpha : (..., k) below 1
    items, n : (..., k) items of the scale (2 or more) and patients (3 or more); a plain number stands for all studies
    study : (k,) labels
    transform : "log" (Bonett), "cube-root" (Hakstian & Whalen) or "none"
    missing : "raise" refuses a missing value, "drop" leaves its study out

    >>> cronbach_alpha(alpha=[0.93, 0.91], items=20, n=[103, 64]).vi.round(5)
    array([0.02084, 0.03396])
    """
    measure, formula = TRANSFORMS[choose("transform", transform, TRANSFORMS)]
    rules = {"alpha": BELOW_1, "items": ITEMS, "n": PATIENTS}
    found = columns_of("Reliabilities", {"alpha": alpha, "items": items, "n": n}, rules, study=study, missing=missing)
    return effects_of(measure, found, formula(found["alpha"], found["items"], found["n"]))
