"""Routes from a printed mean difference, or standardised mean difference, with what is printed of its precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trialpool.stats.distributions import quantile, z_quantile
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.deriving import TOUCHING, Outcome
from trialpool.stats.effects.estimate_routes import ORIENTATION, turned
from trialpool.stats.effects.printed import Printed, over_rounding
from trialpool.stats.effects.reported import Reported

STANDARDISED = "the printed difference is standardised by the SD of the patients, as Cohen's d and Hedges' g are"


def from_interval(r: Reported) -> Outcome:
    """MD as printed, SE = (U - L) / (2 t), t with n1 + n2 - 2 degrees of freedom where the patients are known, else normal.

    Cochrane Handbook, version 6, section 6.5.2.3.
    """
    name = "estimate and interval"
    if not (r.estimate and r.ci_low and r.ci_high):
        return Refusal(name, "needs an estimate with both confidence limits")
    if r.ci_low.value >= r.ci_high.value:
        return Refusal(name, "needs a lower limit below the upper")
    reach, symbol, what = reach_of(r)
    return _printed(
        r,
        name,
        {"estimate": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high},
        lambda md, low, high: (md, (high - low) / (2 * reach)),
        f"MD = estimate; SE = (U - L) / (2 {symbol})",
        f"({_bracketed(r.ci_high)} - {_bracketed(r.ci_low)}) / (2 x {reach:.4f})",
        (what,),
    )


def from_interval_alone(r: Reported) -> Outcome:
    """MD = (L + U) / 2, the same SE."""
    name = "interval alone"
    if not (r.ci_low and r.ci_high):
        return Refusal(name, "needs both confidence limits")
    if r.estimate:
        return Refusal(name, "needs an interval whose estimate is not printed")
    if r.ci_low.value >= r.ci_high.value:
        return Refusal(name, "needs a lower limit below the upper")
    reach, symbol, what = reach_of(r)
    return _printed(
        r,
        name,
        {"ci_low": r.ci_low, "ci_high": r.ci_high},
        lambda low, high: ((low + high) / 2, (high - low) / (2 * reach)),
        f"MD = (L + U) / 2; SE = (U - L) / (2 {symbol})",
        f"({_bracketed(r.ci_high)} - {_bracketed(r.ci_low)}) / (2 x {reach:.4f})",
        (what, "the estimate is in the middle of its interval"),
    )


def from_se(r: Reported) -> Outcome:
    """MD and SE as printed."""
    name = "estimate and SE"
    if not (r.estimate and r.se and r.se.value > 0):
        return Refusal(name, "needs an estimate with its SE")
    return _printed(
        r,
        name,
        {"estimate": r.estimate, "se": r.se},
        lambda md, se: (md, se),
        "MD and SE as printed",
        f"SE = {r.se}",
        ("the SE is of the difference, and not of the mean of one arm",),
    )


def from_p(r: Reported) -> Outcome:
    """SE = |MD| / t_P, t with n1 + n2 - 2 degrees of freedom where the patients are known, else normal.

    Cochrane Handbook, version 6, section 6.5.2.3.
    """
    name = "difference and P"
    if not (r.estimate and r.exact_p):
        return Refusal(name, "needs an estimate with P as a number")
    if r.estimate.low < TOUCHING and r.estimate.high > -TOUCHING:
        return Refusal(name, f"{r.estimate} as printed leaves no effect for P to measure")
    if r.exact_p.value / r.p_sides >= 0.5:
        return Refusal(name, f"a one-sided P = {r.exact_p} has no t to measure an effect by")
    df, sides = _df(r), r.p_sides
    p = r.exact_p
    return _printed(
        r,
        name,
        {"estimate": r.estimate, "p": p},
        lambda md, at: (md, abs(md) / float(quantile(1 - 2 * at / sides, df))),
        f"MD = estimate; SE = |MD| / {'t' if df < INFINITE else 'z'}(P)",
        f"|{r.estimate}| / {float(quantile(1 - 2 * p.value / sides, df)):.4f}",
        ("P is of this difference" + (f", by a t test with {df:.0f} degrees of freedom" if df < INFINITE else ""),),
    )


def from_standardised_interval(r: Reported) -> Outcome:
    """SMD as printed, SE = (U - L) / (2 z)."""
    name = "standardised estimate and interval"
    if not (r.estimate and r.ci_low and r.ci_high):
        return Refusal(name, "needs an estimate with both confidence limits")
    if r.ci_low.value >= r.ci_high.value:
        return Refusal(name, "needs a lower limit below the upper")
    z = z_quantile(r.level)
    return _printed(
        r,
        name,
        {"estimate": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high},
        lambda g, low, high: (g, (high - low) / (2 * z)),
        "SMD = estimate; SE = (U - L) / (2 z)",
        f"({_bracketed(r.ci_high)} - {_bracketed(r.ci_low)}) / (2 x {z:.4f})",
        (f"the interval is a {100 * r.level:g}% Wald interval", STANDARDISED),
    )


def from_standardised_se(r: Reported) -> Outcome:
    """SMD and SE as printed."""
    name = "standardised estimate and SE"
    if not (r.estimate and r.se and r.se.value > 0):
        return Refusal(name, "needs an estimate with its SE")
    return _printed(
        r,
        name,
        {"estimate": r.estimate, "se": r.se},
        lambda g, se: (g, se),
        "SMD and SE as printed",
        f"SE = {r.se}",
        (STANDARDISED,),
    )


INFINITE = float("inf")


def reach_of(r: Reported) -> tuple[float, str, str]:
    """How many standard errors the limits of a mean difference lie from it, the letter for that, and what is assumed."""
    df, level = _df(r), f"{100 * r.level:g}%"
    if df < INFINITE:
        return float(quantile(r.level, df)), "t", f"the interval is a {level} t interval with {df:.0f} degrees of freedom"
    return z_quantile(r.level), "z", f"the interval is a {level} Wald interval: the patients by arm, and so t, are not known"


def _df(r: Reported) -> float:
    return float(r.n_t + r.n_c - 2) if r.n_t and r.n_c and r.n_t + r.n_c > 2 else INFINITE


def _printed(
    r: Reported,
    name: str,
    figures: Mapping[str, Printed],
    of: Callable[..., tuple[float, float]],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
) -> Outcome:
    """A derivation from printed figures, its sign turned where it is control against treatment."""
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    sign = -1 if r.inverted else 1

    def route(*values: float) -> tuple[float, float]:
        yi, se = of(*values)
        return sign * yi, se

    yi, se = route(*(f.value for f in figures.values()))
    patients = {"n_t": str(r.n_t), "n_c": str(r.n_c)} if r.measure == "MD" and "se" not in figures and _df(r) < INFINITE else {}
    level = {"ci_level": f"{100 * r.level:g}"} if "ci_low" in figures else {}
    said = worked if worked.startswith("SE") else f"{worked} = {se:.4f}"
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula=formula,
        worked=f"{yi:.4f}{turned(r)}; {said}",
        inputs={column: str(f) for column, f in figures.items()} | patients | level,
        assumptions=assumptions,
        **over_rounding(route, *figures.values())._asdict(),
    )


def _bracketed(figure: Printed) -> str:
    return f"({figure})" if figure.value < 0 else str(figure)
