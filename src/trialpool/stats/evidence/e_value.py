"""E-values: how strong an unmeasured confounder would have to be to explain an effect away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, isfinite, isnan, nan, sqrt

from trialpool.errors import BadArgument
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.evidence.information import one_analysis
from trialpool.stats.pooling.choices import FIT_MAKERS, choose, expect
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.tables import Summary

RARE_BELOW = 0.15  # of the participants by the end of follow-up; VanderWeele & Ding (2017), table 2


def as_it_is(ratio: float) -> float:
    """A risk ratio, or what is near one: an odds, hazard or rate ratio of a rare outcome."""
    return ratio


def from_common_odds_ratio(ratio: float) -> float:
    """RR = sqrt(OR), for an outcome that is not rare. VanderWeele (2017), Biometrics 73:1029-1035."""
    return sqrt(ratio)


def from_common_hazard_ratio(ratio: float) -> float:
    """RR = (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR)), for an outcome that is not rare.

    VanderWeele (2017), Epidemiology 28:e58-e60.

    >>> round(from_common_hazard_ratio(0.56), 4)
    0.6701
    """
    return float((1 - 0.5 ** sqrt(ratio)) / (1 - 0.5 ** sqrt(1 / ratio)))


def from_standardised_difference(difference: float) -> float:
    """RR = exp(0.91 d), for a difference of standardised means. VanderWeele & Ding (2017), Ann Intern Med 167:268-274."""
    return exp(0.91 * difference)


RISK_RATIOS: dict[str, Callable[[float], float]] = {
    "RR": as_it_is,
    "IRR": as_it_is,
    "OR, rare": as_it_is,
    "HR, rare": as_it_is,
    "OR, common": from_common_odds_ratio,
    "HR, common": from_common_hazard_ratio,
    "SMD": from_standardised_difference,
}
NEEDS_RARITY = ("OR", "HR")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EValue(Summary):
    """The E-value of an effect.

    measure    : code of the effect measure
    rare       : whether the outcome was taken as rare; None where that does not matter
    risk_ratio : the effect as a risk ratio, as it is or by approximation
    low, high  : its limits; nan where not given
    e          : the risk ratio that a confounder would need with both treatment and outcome to explain the effect away
    e_limit    : the same for the limit nearer 1; 1 where the limits include 1, nan where there are none
    """

    COLUMNS = ("measure", "rare", "risk_ratio", "low", "high", "e", "e_limit", "cautions")

    measure: str
    rare: bool | None
    risk_ratio: float
    low: float
    high: float
    e: float
    e_limit: float

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be said with the value."""
        said = ["E-values are for observational evidence; in randomised trials the baseline is balanced by chance alone"]
        if self.measure not in ("RR", "IRR") and self.rare is not True:
            said.append(f"the risk ratio, {self.risk_ratio:.2f}, is an approximation")
        return tuple(said)

    def __repr__(self) -> str:
        return f"<EValue: {self.e:.2f}, limit {self.e_limit:.2f}>"

    def __str__(self) -> str:
        limit = "" if isnan(self.e_limit) else f", and by {self.e_limit:.2f} each to move the interval to include no effect"
        return (
            f"An unmeasured confounder would have to go with both treatment and outcome by risk ratios of {self.e:.2f} each, "
            f"beyond the measured ones, to explain the risk ratio of {self.risk_ratio:.2f} away{limit}."
        )


def e_value(fit: PooledEffect, *, rare: bool | None = None) -> EValue:
    """The E-value of a pooled effect and of its confidence limit; arguments as in `e_value_of`.

    Parameters
    ----------
    fit : a pooled risk, odds, hazard or rate ratio, or standardised mean difference; one analysis
    rare : whether fewer than 15% have the outcome by the end; has to be said for odds and hazard ratios

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> fit = pool_common(effects([-0.58], [0.0107], measure="HR"))
    >>> print(e_value(fit, rare=False))
    An unmeasured confounder would have to go with both treatment and outcome by risk ratios of 2.35 each, beyond the measured ones,
    to explain the risk ratio of 0.67 away, and by 1.92 each to move the interval to include no effect.
    """
    expect("e_value", fit, PooledEffect, FIT_MAKERS)
    one_analysis(fit)
    low, high = (float(limit) for limit in fit.interval())
    measure = MEASURES[fit.effects.measure]
    shown = (measure.shown(value) for value in (float(fit.mu), low, high))
    return e_value_of(*shown, measure=fit.effects.measure, rare=rare)


def e_value_of(estimate: float, low: float = nan, high: float = nan, *, measure: str = "RR", rare: bool | None = None) -> EValue:
    """E = RR + sqrt(RR (RR - 1)), of an RR below 1 of its inverse; for a limit the same, and 1 where the interval includes 1.

    Parameters
    ----------
    estimate, low, high : effect and limits as shown; one limit alone is taken as the one nearer to no effect
    measure : "RR", "OR", "HR", "IRR" or "SMD"
    rare : whether fewer than 15% have the outcome by the end; has to be said for "OR" and "HR"

    Returns
    -------
    EValue. An odds or hazard ratio of a rare outcome counts as a risk ratio, of a common one by VanderWeele's approximations.

    Raises
    ------
    BadArgument
        for another measure, ratios that are not above 0, limits on the wrong side, an odds or hazard ratio without `rare`

    References
    ----------
    VanderWeele & Ding (2017), Ann Intern Med 167:268-274

    >>> round(e_value_of(3.9, 1.8).e, 3), round(e_value_of(3.9, 1.8).e_limit, 3)
    (7.263, 3.0)
    """
    choose("measure", measure, dict.fromkeys(key.split(",")[0] for key in RISK_RATIOS))
    to_risk_ratio = RISK_RATIOS[_key(measure, rare)]
    for name, value in (("estimate", estimate), ("low", low), ("high", high)):
        if name == "estimate" and not isfinite(value):
            raise BadArgument(f"estimate={value!r} is no finite number. Give the effect as shown.")
        if measure != "SMD" and not isnan(value) and value <= 0:
            raise BadArgument(f"{name}={value!r} is no ratio. Give the {measure} itself, not its logarithm.")
    if low > estimate or high < estimate:
        raise BadArgument(f"The limits {low:g} to {high:g} do not include the estimate {estimate:g}. Give low, then high.")
    risk_ratio, lower, upper = (nan if isnan(x) else to_risk_ratio(x) if isfinite(x) else x for x in (estimate, low, high))
    nearer = lower if risk_ratio >= 1 else upper
    beyond = nan if isnan(nearer) else nearer > 1 if risk_ratio >= 1 else nearer < 1
    e_limit = nan if isnan(nearer) else e_of(nearer) if beyond else 1.0
    return EValue(
        measure=measure,
        rare=rare if measure in NEEDS_RARITY else None,
        risk_ratio=risk_ratio,
        low=lower,
        high=upper,
        e=e_of(risk_ratio),
        e_limit=e_limit,
    )


def e_of(risk_ratio: float) -> float:
    """RR + sqrt(RR (RR - 1)), of 1 / RR where it is below 1.

    >>> e_of(1.0), round(e_of(2.4), 3), round(e_of(1 / 2.4), 3)
    (1.0, 4.233, 4.233)
    """
    away = max(risk_ratio, 1 / risk_ratio) if risk_ratio > 0 else inf
    return away + sqrt(away * (away - 1)) if isfinite(away) else inf


def _key(measure: str, rare: bool | None) -> str:
    if measure not in NEEDS_RARITY:
        return measure
    if rare is None:
        raise BadArgument(
            f"{measure} is near a risk ratio only where the outcome is rare. Say rare=True (below "
            f"{100 * RARE_BELOW:g}% by the end) or rare=False."
        )
    return f"{measure}, {'rare' if rare else 'common'}"
