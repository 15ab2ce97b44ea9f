"""Meta-regression and location-scale models by formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.formulas.formula import Formula
from trialpool.formulas.moderators import Moderator
from trialpool.stats.effects.columns import MISSING, told_apart
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, choose, expect
from trialpool.stats.regression.design import Design, checked, here_in
from trialpool.stats.regression.location_scale import LocationScale, location_scale_design
from trialpool.stats.regression.meta_regression import MetaRegression
from trialpool.stats.regression.regress import regress_design


def regress(
    effects: Effects,
    formula: str,
    data: Any = None,
    *,
    tau2: str | float = "REML",
    ci: str = "HK",
    level: float = 0.95,
    model: str = "random",
    weights: Any = None,
    missing: str = "raise",
) -> MetaRegression:
    """Explain effects by moderators.

    Parameters
    ----------
    effects : effects of k studies, or a batch of analyses of the shape (..., k)
    formula : the moderators, such as "~ latitude + allocation": "+" adds one, "a * b" and "a:b" are interactions, "- 1" leaves the
        intercept out, C(arm, Treatment("placebo")) compares the levels of a factor with one of them, C(grade) makes a factor of
        numbers; log, sqrt, center, poly and others compute
    data : a row a study in the order of `effects`: a mapping of columns, or a pandas, Polars or Arrow table. Text is a factor
    tau2, ci, level, model, weights : as in `regress_matrix`
    missing : "raise" refuses a study that lacks a moderator, "drop" leaves it out and says so in the notes of the result, where it
        keeps its place as an absent study

    Raises
    ------
    BadArgument
        for a formula that cannot be read, an unknown column, missing or unfit values, moderators that say the same, or more
        coefficients than studies
    NotEstimable
        where no residual degree of freedom is left

    References
    ----------
    Thompson & Sharp (1999), Stat Med 18:2693-2708; Knapp & Hartung (2003), Stat Med 22:2693-2710

    >>> from trialpool.stats.effects.effects import effects
    >>> rr = effects([-0.9, -0.5, -0.4, 0.1, -0.2], [0.04, 0.02, 0.03, 0.02, 0.03], measure="RR")
    >>> fit = regress(rr, "~ latitude", {"latitude": [44, 33, 27, 13, 19]})
    >>> print(fit)
    Meta-regression ~ latitude: k = 5, restricted maximum likelihood, Hartung-Knapp
    <BLANKLINE>
               estimate      se              95% CI  df      P
    intercept    0.4565  0.0742    0.2204 to 0.6926   3  0.009
    latitude    -0.0304  0.0027  -0.0389 to -0.0219   3  0.001
    <BLANKLINE>
    Test of moderators: F(1, 3) = 129.35, P = 0.001
    tau2 = 0.0000, I2 = 0%, R2 = 100%; Q(3) = 0.44, P = 0.931
    >>> print(fit.predict({"latitude": [20, 40]}))
         RR        95% CI  95% prediction
    1  0.86  0.78 to 0.95    0.78 to 0.95
    2  0.47  0.40 to 0.54    0.40 to 0.54
    """
    expect("regress", effects, Effects, EFFECT_MAKERS)
    read = Formula(formula)
    effects, columns = complete(effects, [read], data, missing)
    on = checked(effects, read.design(columns, here_in(effects), effects.study))
    return regress_design(effects, on, tau2=tau2, ci=ci, level=level, model=model, weights=weights)


def location_scale(
    effects: Effects,
    formula: str = "~ 1",
    scale: str = "~ 1",
    data: Any = None,
    *,
    link: str = "log",
    method: str = "REML",
    ci: str = "Wald",
    level: float = 0.95,
    missing: str = "raise",
) -> LocationScale:
    """Explain effects by moderators, and how much they spread about what these expect by others.

    Parameters
    ----------
    effects : effects of k studies
    formula : moderators of the average effect, as in `regress`
    scale : moderators of tau2, written in the same way
    data, missing : as in `regress`
    link, method, ci, level : as in `location_scale_matrix`

    References
    ----------
    Viechtbauer & Lopez-Lopez (2022), Res Synth Methods 13:697-715

    >>> from trialpool.stats.effects.effects import effects
    >>> these = effects([-0.2, -0.1, -0.3, -0.2, -1.5, 0.9, -0.6, 0.3], [0.001] * 8)
    >>> fit = location_scale(these, scale="~ blinding", data={"blinding": ["double"] * 4 + ["open"] * 4})
    >>> fit.scale_coefficients.names
    ('intercept', 'blinding[open]')
    """
    expect("location_scale", effects, Effects, EFFECT_MAKERS)
    location, spread = Formula(formula), Formula(scale)
    effects, columns = complete(effects, [location, spread], data, missing)
    here = here_in(effects)
    designs: list[Design] = [checked(effects, read.design(columns, here, effects.study)) for read in (location, spread)]
    return location_scale_design(effects, *designs, link=link, method=method, ci=ci, level=level)


def complete(effects: Effects, formulas: Sequence[Formula], data: Any, missing: str) -> tuple[Effects, Mapping[str, Moderator]]:
    """The columns that the formulas name, and the effects with studies that lack one of them absent."""
    choose("missing", missing, MISSING)
    columns: dict[str, Moderator] = {}
    for read in formulas:
        columns |= read.columns_of(data)
    k = effects.yi.shape[-1]
    for name, column in columns.items():
        if len(column.values) != k:
            raise BadArgument(f"{name} has {len(column.values)} values for {k} studies. Give one for each, in the same order.")
    here = here_in(effects)
    lacking: dict[int, list[str]] = {}
    for name, column in columns.items():
        for at in np.flatnonzero(np.array(column.missing) & here):
            lacking.setdefault(int(at), []).append(name)
    if not lacking:
        return effects, columns
    if missing == "raise":
        found = "; ".join(f"{told_apart(effects.study)[i]} has no {' and '.join(names)}" for i, names in sorted(lacking.items()))
        raise BadArgument(f'Moderators are missing: {found}. Give them, or leave these studies out with missing="drop".')
    notes, labels = dict(effects.notes), told_apart(effects.study)
    for i, names in sorted(lacking.items()):
        said = f"left out, as it has no {' and '.join(names)}"
        notes[labels[i]] = f"{notes[labels[i]]}; {said}" if labels[i] in notes else said
    gone = np.isin(np.arange(k), list(lacking))
    return replace(effects, vi=np.where(gone, np.inf, effects.vi), notes=notes), columns
