"""Routes from what is printed of a measurement in each arm to a mean difference, raw or standardised (Hedges' g)."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np

from trialpool.stats.distributions import quantile
from trialpool.stats.effects.arm_summary import COLUMNS, WAYS, Moments, moments_of
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.mean_difference import (
    MEAN_DIFFERENCE_VARIANCES,
    Groups,
    correction,
    homoscedastic_variance,
    pooled_sd,
)
from trialpool.stats.effects.printed import Count, over_rounding
from trialpool.stats.effects.reported import Reported

Outcome = Derivation | Refusal
FEWEST_IN_ALL = 4  # with three patients the variance of a standardised difference does not exist
FORMULAS = {
    "MD": "MD = m1 - m2; SE^2 = s1^2/n1 + s2^2/n2",
    "SMD": "g = J (m1 - m2) / s, s^2 = ((n1-1) s1^2 + (n2-1) s2^2) / (n1+n2-2); SE^2 = 1/n1 + 1/n2 + g^2 / (2 (n1+n2))",
}
SKEWED = (
    "the measurement is about normal in each arm: a median is often printed because it is not, and then the mean is off",
    "the SE is as if the means were printed, and so a little small",
)
ONE_SCALE = "the standard deviations differ between studies because the scales do, not the patients"


def from_means_and_sds(r: Reported) -> Outcome:
    """m1 - m2 of printed means, with the printed standard deviations."""
    return _of_summaries(r, "means and SDs", "SDs", ())


def from_means_and_ses(r: Reported) -> Outcome:
    """The same with SD = SE sqrt(n)."""
    return _of_summaries(r, "means and SEs", "SEs", ("the standard errors are of the mean of one arm, and not of the difference",))


def from_means_and_intervals(r: Reported) -> Outcome:
    """The same with SD = sqrt(n) (U - L) / (2 t)."""
    said = f"the limits are of {100 * r.level:g}% t intervals of the mean of one arm, and not of the difference"
    return _of_summaries(r, "means and intervals", "intervals", (said,))


def from_quartiles_and_ranges(r: Reported) -> Outcome:
    """Means and standard deviations estimated from medians, quartiles and ranges."""
    return _of_summaries(r, "medians, quartiles and ranges", "quartiles and ranges", SKEWED)


def from_quartiles(r: Reported) -> Outcome:
    """The same from medians and quartiles."""
    return _of_summaries(r, "medians and quartiles", "quartiles", SKEWED)


def from_ranges(r: Reported) -> Outcome:
    """The same from medians and ranges, which depend on the two most extreme patients."""
    return _of_summaries(r, "medians and ranges", "ranges", SKEWED)


def from_means_and_p(r: Reported) -> Outcome:
    """SE = |m1 - m2| / t_P, t with n1 + n2 - 2 degrees of freedom; standardised by the SD that this SE answers to."""
    name = "means and P"
    mean_t, mean_c = (arm.mean if arm else None for arm in (r.arm_t, r.arm_c))
    if not (mean_t and mean_c and r.n_t and r.n_c and r.exact_p):
        return Refusal(name, "needs the means and patients of both arms with P as a number")
    n_t, n_c, df, sides = r.n_t, r.n_c, r.n_t + r.n_c - 2, r.p_sides
    if df < 2:
        return Refusal(name, f"arms of {n_t} and {n_c} are too small for a t test")
    if max(mean_t.low, mean_c.low) <= min(mean_t.high, mean_c.high):
        return Refusal(name, f"{mean_t} and {mean_c} as printed leave no difference for P to measure")
    standardised = r.measure == "SMD"

    def route(m1: float, m2: float, p: float) -> tuple[float, float]:
        se = abs(m1 - m2) / float(quantile(1 - 2 * p / sides, df))
        return hedges_g((m1 - m2) / (se / sqrt(1 / n_t + 1 / n_c)), n_t, n_c) if standardised else (m1 - m2, se)

    p = r.exact_p
    yi, se = route(mean_t.value, mean_c.value, p.value)
    to_g = "; s = SE / sqrt(1/n1 + 1/n2), g = J (m1 - m2) / s" if standardised else ""
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula=f"MD = m1 - m2; SE = |MD| / t(P), n1 + n2 - 2 degrees of freedom{to_g}",
        worked=f"{mean_t} - {mean_c} with P = {p}, {df} degrees of freedom: {yi:.4f}, SE {se:.4f}",
        inputs={"mean_t": str(mean_t), "mean_c": str(mean_c), "n_t": str(n_t), "n_c": str(n_c), "p": str(p)},
        assumptions=("P is of a t test of these two means", "the standard deviations of the arms are alike"),
        **over_rounding(route, mean_t, mean_c, p)._asdict(),
    )


def hedges_g(d: float, n_t: float, n_c: float) -> tuple[float, float]:
    """g = J d and its SE, with the exact J. Hedges (1981), J Educ Stat 6:107-128."""
    g = float(correction(np.array(n_t + n_c - 2.0))) * d
    return g, sqrt(1 / n_t + 1 / n_c + g**2 / (2 * (n_t + n_c)))


def difference_of(measure: str, n_t: int, n_c: int) -> Callable[[float, float, float, float], tuple[float, float]]:
    """Effect and SE by the means and standard deviations of the arms (m1, s1, m2, s2)."""
    J = float(correction(np.array(n_t + n_c - 2.0)))

    def route(m1: float, s1: float, m2: float, s2: float) -> tuple[float, float]:
        g = Groups(*map(np.array, (m1, s1, float(n_t), m2, s2, float(n_c))))
        if measure == "MD":
            return m1 - m2, float(np.sqrt(MEAN_DIFFERENCE_VARIANCES["LS"](g)))
        effect = J * (m1 - m2) / float(pooled_sd(g))
        return effect, float(np.sqrt(homoscedastic_variance(g, np.array(effect))))

    return route


def _of_summaries(r: Reported, name: str, kind: str, assumptions: tuple[str, ...]) -> Outcome:
    arms = [moments_of(arm, n, kind, r.level) for arm, n in ((r.arm_t, r.n_t), (r.arm_c, r.n_c))]
    why = next((arm for arm in arms if isinstance(arm, str)), "")
    known = [arm for arm in arms if isinstance(arm, Moments)]
    if why or not (r.n_t and r.n_c):
        return Refusal(name, why)
    if r.measure == "SMD" and r.n_t + r.n_c < FEWEST_IN_ALL:
        return Refusal(name, f"arms of {r.n_t} and {r.n_c} are too small to standardise a difference")
    one, other = known
    if min(one.sd.low, other.sd.low) <= 0:
        return Refusal(name, "a standard deviation prints as 0 within its rounding")
    route = difference_of(r.measure, r.n_t, r.n_c)
    boxes = one.mean, one.sd, other.mean, other.sd
    yi, se = route(*(box.value for box in boxes))
    says = WAYS[kind].says
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula=FORMULAS[r.measure] + (f"; {says}" if says else ""),
        worked=_worked(r, boxes, yi, se, one.worked, other.worked),
        inputs=_inputs(r, one, other),
        assumptions=(*assumptions, *((ONE_SCALE,) if r.measure == "SMD" else ())),
        **over_rounding(route, *boxes)._asdict(),
    )


def _worked(r: Reported, boxes: tuple[Count, Count, Count, Count], yi: float, se: float, *made: str) -> str:
    m1, s1, m2, s2 = (f"{box.value:.6g}" for box in boxes)
    arms = "; ".join(f"{arm}: {text}" for arm, text in zip(("treatment", "control"), made, strict=True) if text)
    if r.measure == "MD":
        sums = f"{m1} - {_signed(m2)} = {yi:.4f}; sqrt({s1}^2/{r.n_t} + {s2}^2/{r.n_c}) = {se:.4f}"
    else:
        J, df = float(correction(np.array((r.n_t or 0) + (r.n_c or 0) - 2.0))), (r.n_t or 0) + (r.n_c or 0) - 2
        s = sqrt((((r.n_t or 0) - 1) * boxes[1].value ** 2 + ((r.n_c or 0) - 1) * boxes[3].value ** 2) / df)
        sums = f"s = {s:.4g}, J = {J:.4f}: {J:.4f} x ({m1} - {_signed(m2)}) / {s:.4g} = {yi:.4f}, SE {se:.4f}"
    return f"{arms}; {sums}" if arms else sums


def _signed(number: str) -> str:
    """A negative number in brackets, as it stands after a minus sign."""
    return f"({number})" if number.startswith("-") else number


def _inputs(r: Reported, one: Moments, other: Moments) -> dict[str, str]:
    columns = {
        f"{COLUMNS[name]}_{arm}": str(figure) for arm, of in (("t", one), ("c", other)) for name, figure in of.figures.items()
    }
    level = {"ci_level": f"{100 * r.level:g}"} if "mean_low_t" in columns else {}
    return columns | {"n_t": str(r.n_t), "n_c": str(r.n_c)} | level
