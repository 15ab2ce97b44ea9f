"""Routes from a printed hazard ratio, or its logarithm, with a printed measure of its precision: interval, limit or SE.

Formulas: Parmar, Torri & Stewart (1998), Stat Med 17:2815-2834; Tierney et al. (2007), Trials 8:16. theta < 0 favours treatment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import log, sqrt

from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.derivation import Refusal
from trialpool.stats.effects.deriving import Outcome, derivation
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported

LIMITS = "needs an estimate and limits above zero, the lower limit below the upper"
ORIENTATION = "the orientation is not stated and nothing else in the row tells it"


def from_interval(r: Reported) -> Outcome:
    """theta = ln HR, SE = (ln U - ln L) / (2 z_level)."""
    name = "estimate and interval"
    if not (r.estimate and r.ci_low and r.ci_high):
        return Refusal(name, "needs an estimate with both confidence limits")
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    if not (r.estimate.value > 0 and 0 < r.ci_low.value < r.ci_high.value):
        return Refusal(name, LIMITS)
    z, sign = z_quantile(r.level), -1 if r.inverted else 1
    worked = (
        f"ln {r.estimate} = {log(r.estimate.value):.4f}{turned(r)}; "
        f"(ln {r.ci_high} - ln {r.ci_low}) / (2 x {z:.4f}) = {(log(r.ci_high.value) - log(r.ci_low.value)) / (2 * z):.4f}"
    )
    return derivation(
        name,
        lambda hr, low, high: (sign * log(hr), (log(high) - log(low)) / (2 * z)),
        {"estimate": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high},
        "log HR = ln HR; SE = (ln U - ln L) / (2 z)",
        worked,
        (f"the interval is a {100 * r.level:g}% Wald interval, symmetric on the log scale",),
        extra={"ci_level": f"{100 * r.level:g}"},
    )


def from_interval_alone(r: Reported) -> Outcome:
    """theta = (ln L + ln U) / 2, SE = (ln U - ln L) / (2 z_level)."""
    name = "interval alone"
    if not (r.ci_low and r.ci_high):
        return Refusal(name, "needs both confidence limits")
    if r.estimate:
        return Refusal(name, "needs an interval whose estimate is not printed")
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    if not 0 < r.ci_low.value < r.ci_high.value:
        return Refusal(name, "needs limits above zero, the lower below the upper")
    z, sign = z_quantile(r.level), -1 if r.inverted else 1

    def route(low: float, high: float) -> tuple[float, float]:
        return sign * (log(low) + log(high)) / 2, (log(high) - log(low)) / (2 * z)

    yi, se = route(r.ci_low.value, r.ci_high.value)
    return derivation(
        name,
        route,
        {"ci_low": r.ci_low, "ci_high": r.ci_high},
        "log HR = (ln L + ln U) / 2; SE = (ln U - ln L) / (2 z)",
        f"(ln {r.ci_low} + ln {r.ci_high}) / 2 = {sign * yi:.4f}{turned(r)}; "
        f"(ln {r.ci_high} - ln {r.ci_low}) / (2 x {z:.4f}) = {se:.4f}",
        (f"the interval is a {100 * r.level:g}% Wald interval, whose middle on the log scale is the estimate",),
        extra={"ci_level": f"{100 * r.level:g}"},
    )


def from_one_limit(r: Reported) -> Outcome:
    """theta = ln HR, SE = |ln limit - ln HR| / z_level."""
    name = "estimate and one limit"
    which = [column for column in ("ci_low", "ci_high") if getattr(r, column)]
    if not (r.estimate and len(which) == 1):
        return Refusal(name, "needs an estimate with one confidence limit, the other not being known")
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    limit, up = getattr(r, which[0]), 1 if which[0] == "ci_high" else -1
    if not (r.estimate.value > 0 and limit.value > 0 and up * (limit.value - r.estimate.value) > 0):
        return Refusal(name, "needs an estimate above zero with its limit on the right side of it")
    z, sign = z_quantile(r.level), -1 if r.inverted else 1

    def route(hr: float, bound: float) -> tuple[float, float]:
        return sign * log(hr), up * (log(bound) - log(hr)) / z

    yi, se = route(r.estimate.value, limit.value)
    return derivation(
        name,
        route,
        {"estimate": r.estimate, which[0]: limit},
        "log HR = ln HR; SE = |ln limit - ln HR| / z",
        f"ln {r.estimate} = {sign * yi:.4f}{turned(r)}; |ln {limit} - ln {r.estimate}| / {z:.4f} = {se:.4f}",
        (f"the limit is one of a {100 * r.level:g}% Wald interval (a one-sided limit of 97.5% is one of 95%)",),
        extra={"ci_level": f"{100 * r.level:g}"},
    )


def from_coefficient(r: Reported) -> Outcome:
    """theta and SE as printed: the coefficient of a Cox model."""
    name = "coefficient and SE"
    if not (r.coefficient and r.se_log and r.se_log.value > 0):
        return Refusal(name, "needs a coefficient of a Cox model with its SE")
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    sign = -1 if r.inverted else 1
    return derivation(
        name,
        lambda beta, se: (sign * beta, se),
        {"coefficient": r.coefficient, "se_log": r.se_log},
        "log HR = beta; SE as printed",
        f"beta = {r.coefficient.value:.4f}{turned(r)}; SE = {r.se_log.value:.4f}",
        ("the coefficient is a natural logarithm, of treatment or control coded as 0 and 1",),
    )


def from_estimate_and_se(r: Reported) -> Outcome:
    """theta = ln HR, SE of ln HR as printed."""
    name = "estimate and SE"
    if not (r.estimate and r.estimate.value > 0 and r.se_log and r.se_log.value > 0):
        return Refusal(name, "needs an estimate with the SE of its logarithm")
    return _with_precision(
        r,
        name,
        {"se_log": r.se_log},
        lambda hr, se: se,
        "SE as printed",
        f"SE = {r.se_log.value:.4f}",
        "the SE is of ln HR, not of the hazard ratio itself",
    )


def from_estimate_and_se_of_ratio(r: Reported) -> Outcome:
    """theta = ln HR, SE = SE(HR) / HR."""
    name = "estimate and SE of the ratio"
    if not (r.estimate and r.estimate.value > 0 and r.se_ratio and r.se_ratio.value > 0):
        return Refusal(name, "needs an estimate with the SE of the ratio itself")
    return _with_precision(
        r,
        name,
        {"se_ratio": r.se_ratio},
        lambda hr, se: se / hr,
        "SE = SE(HR) / HR",
        f"{r.se_ratio} / {r.estimate} = {r.se_ratio.value / r.estimate.value:.4f}",
        "the SE is of the hazard ratio, as the delta method gives it, not of its logarithm",
    )


def from_estimate_and_variance(r: Reported) -> Outcome:
    """theta = ln HR, SE = 1 / sqrt(V), V the log-rank variance of O - E."""
    name = "estimate and V"
    if not (r.estimate and r.estimate.value > 0 and r.v and r.v.value > 0):
        return Refusal(name, "needs an estimate with the log-rank variance of O - E")
    return _with_precision(
        r,
        name,
        {"v": r.v},
        lambda hr, v: 1 / sqrt(v),
        "SE = 1 / sqrt(V)",
        f"1 / sqrt({r.v}) = {1 / sqrt(r.v.value):.4f}",
        "V is the variance of O - E of the comparison that the estimate is of, not the variance of ln HR",
    )


def _with_precision(
    r: Reported,
    name: str,
    precision: Mapping[str, Printed],
    se: Callable[[float, float], float],
    formula: str,
    worked: str,
    assumption: str,
) -> Outcome:
    """An estimate with one more figure, from which its SE comes."""
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    assert r.estimate is not None
    sign = -1 if r.inverted else 1
    return derivation(
        name,
        lambda hr, figure: (sign * log(hr), se(hr, figure)),
        {"estimate": r.estimate, **precision},
        f"log HR = ln HR; {formula}",
        f"ln {r.estimate} = {log(r.estimate.value):.4f}{turned(r)}; {worked}",
        (assumption,),
    )


def turned(r: Reported) -> str:
    """What is said where the sign of an estimate is turned."""
    return ", with its sign turned, since it is control against treatment" if r.inverted else ""


def of_reduction(r: Reported) -> tuple[Reported, tuple[str, ...]]:
    """The hazard ratio that a printed reduction of the hazard answers to, HR = 1 - x/100, and what is said of it.

    The limits change places: of a reduction of 25% (10 to 37), 37% is the lower limit of the ratio.
    """
    if r.estimate or not r.reduction or r.measure != "HR":
        return r, ()
    hr, low, high = (_one_less(x) for x in (r.reduction, r.reduction_high, r.reduction_low))
    return replace(r, estimate=hr, ci_low=low, ci_high=high), (f"the hazard ratio {hr} is 1 less a reduction of {r.reduction}%",)


def _one_less(percent: Printed | None) -> Printed | None:
    """1 - x/100, with the rounding of x."""
    if percent is None:
        return None
    decimals = 2 + max(len(str(percent).partition(".")[2]), 0)
    value = round(1 - percent.value / 100, decimals)
    return Printed(value, percent.half / 100, f"{value:.{decimals}f}")
