"""Effects of any measure from an estimate with its standard error, variance, confidence limits or P value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import stdtrit

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import quantile, z_of_p
from trialpool.stats.effects.columns import NOT_MISSING, SHARE, Pair, Row, Rule, columns_of
from trialpool.stats.effects.effects import Effects, effects_of, known_measure
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.choices import checked_level, choose

SCALES = {
    "natural": "estimates and limits as they are printed; logarithms are taken of ratios",
    "analysis": "estimates and limits on the scale of analysis: logarithms for ratios",
}
ERROR = Rule(lambda se: se > 0, "A standard error or variance is above 0: leave it empty where it was not reported")
P_VALUE = Rule(SHARE.holds, "A P value lies between 0 and 1: an effect with P = 1, or 0, has no standard error")
RATIO = Rule(lambda x: x > 0, 'A ratio and its limits are above 0. Give scale="analysis" if these are logarithms')
DF = Rule(lambda df: df >= 1, "Degrees of freedom are 1 or more")
BELOW = Pair(
    ("ci_low", "estimate"), lambda low, x: low < x, "limit {:g} not below {:g}", "Limits lie on both sides of the estimate"
)
ABOVE = Pair(("ci_high", "estimate"), lambda high, x: high > x, "limit {:g} not above {:g}", BELOW.says)
NO_SE = "Give its standard error, variance or limits"
UNEVEN = 0.1  # how far the estimate may be from the middle of its limits, as a share of their distance, before a note says so
APART = 0.1  # how far the standard errors of two routes may be from each other, as a share, before a note says so


def se_of_limits(x: Mapping[str, Floats], level: float) -> Floats:
    """(upper - lower) / (2 q), or the distance of the one limit there is from the estimate over q; q of t where df is given."""
    q = quantile(level, np.where(np.isnan(x["df"]), np.inf, x["df"]))
    above, below = x["ci_high"] - x["estimate"], x["estimate"] - x["ci_low"]
    return np.asarray(np.where(np.isnan(above), below, np.where(np.isnan(below), above, (above + below) / 2)) / q)


def se_of_p(x: Mapping[str, Floats], level: float) -> Floats:
    """|estimate| / q, q the quantile that answers to the two-sided P value; of t where df is given."""
    df = x["df"]
    t = np.where(np.isnan(df), z_of_p(x["p"]), -stdtrit(np.where(np.isnan(df), 1.0, df), x["p"] / 2))
    return np.asarray(np.abs(x["estimate"]) / t)


ROUTES: dict[str, Callable[[Mapping[str, Floats], float], Floats]] = {
    "standard error": lambda x, level: x["se"],
    "variance": lambda x, level: np.sqrt(x["variance"]),
    "limits": se_of_limits,
    "P value": se_of_p,
}  # in the order of preference


def generic(
    *,
    estimate: Any,
    se: Any = None,
    variance: Any = None,
    ci_low: Any = None,
    ci_high: Any = None,
    level: float = 0.95,
    p: Any = None,
    df: Any = None,
    measure: str = "",
    scale: str = "natural",
    study: Sequence[str] | None = None,
    missing: str = "raise",
) -> Effects:
    """Effects of any measure, each from the first there is of its standard error, variance, limits and P value.

    Parameters
    ----------
    estimate : (..., k) effects
    se, variance : (..., k) of the effect on the scale of analysis (of the logarithm, for ratios), above 0
    ci_low, ci_high : (..., k) confidence limits on the scale of the estimate; one of them is enough
    level : confidence level of the limits, such as 0.95
    p : (..., k) two-sided P values of no effect
    df : (..., k) degrees of freedom of limits and P values that are from a t distribution; normal where missing
    measure : "HR", "OR", "MD", ... or "" for anything else. Ratios are analysed as logarithms
    scale : "natural", or "analysis" if estimates and limits of ratios are logarithms already. What is analysed on another scale
        than the log, such as logits, is given on that scale
    study : (k,) labels
    missing : of an estimate, or of all that would give its variance: "raise" refuses it, "drop" leaves the study out

    Returns
    -------
    Effects. `notes` names estimates that are not in the middle of their limits, and standard errors that the limits contradict.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, version 6, sections 6.3.1 and 6.3.2

    >>> found = generic(estimate=[0.62, 0.80], ci_low=[0.57, None], ci_high=[0.67, None], se=[None, 0.1], measure="HR")
    >>> found.yi.round(4), found.sei.round(4)
    (array([-0.478 , -0.2231]), array([0.0412, 0.1   ]))
    """
    ratio = MEASURES[known_measure(measure)].log and choose("scale", scale, SCALES) == "natural"
    checked_level(level)
    given = {"estimate": estimate, "se": se, "variance": variance, "ci_low": ci_low, "ci_high": ci_high, "p": p, "df": df}
    rules = {"se": ERROR, "variance": ERROR, "p": P_VALUE, "df": DF}
    rules |= dict.fromkeys(("estimate", "ci_low", "ci_high"), RATIO) if ratio else {}
    routes = Row(_has_route if missing == "raise" else _anything, "no standard error, variance, limits or P value", NOT_MISSING)
    null = 1.0 if ratio else 0.0
    not_null = Row(lambda x: ~((x["estimate"] == null) & _only_p(x)), "an effect of none with a P value alone", NO_SE)
    found = columns_of(
        "Effects",
        {name: np.nan if values is None else values for name, values in given.items()},
        rules,
        BELOW,
        ABOVE,
        rows=(routes, not_null),
        optional=[name for name in given if name != "estimate"],
        study=study,
        missing=missing,
    )
    x = {name: np.log(found[name]) if ratio and name in {"estimate", "ci_low", "ci_high"} else found[name] for name in given}
    x = dict(zip(x, np.broadcast_arrays(*x.values()), strict=True))
    errors = {name: route(x, level) for name, route in ROUTES.items()}
    sei = np.full(x["estimate"].shape, np.nan)
    for error in errors.values():
        sei = np.where(np.isnan(sei), error, sei)
    without = np.isnan(sei) & ~np.isnan(x["estimate"])
    return effects_of(
        measure,
        found,
        (x["estimate"], sei**2),
        left_out={"left out: no standard error, variance, limits or P value": without},
        corrected={
            "the estimate is not in the middle of its limits: check scale, level and figures": _uneven(x),
            "the standard error or variance is taken, and the limits answer to another one": _contradicted(sei, errors["limits"]),
        },
    )


def _has_route(x: Mapping[str, Floats]) -> Any:
    return ~np.isnan(x["estimate"]) <= ~_all_missing(x, "se", "variance", "ci_low", "ci_high", "p")


def _anything(x: Mapping[str, Floats]) -> Any:
    return np.ones(x["estimate"].shape, dtype=bool)


def _only_p(x: Mapping[str, Floats]) -> Any:
    return ~np.isnan(x["p"]) & _all_missing(x, "se", "variance", "ci_low", "ci_high")


def _all_missing(x: Mapping[str, Floats], *names: str) -> Any:
    return np.logical_and.reduce(np.broadcast_arrays(*(np.isnan(x[name]) for name in names)))


def _uneven(x: Mapping[str, Floats]) -> Any:
    with np.errstate(invalid="ignore"):
        return np.abs((x["ci_low"] + x["ci_high"]) / 2 - x["estimate"]) > UNEVEN * (x["ci_high"] - x["ci_low"])


def _contradicted(sei: Floats, by_limits: Floats) -> Any:
    with np.errstate(invalid="ignore"):
        return np.abs(by_limits - sei) > APART * sei
