"""Routes from Kaplan-Meier curves, read at some times, to a log hazard ratio: the intervals between these times, put together.

Formulas and their papers are in `curve_intervals.py`. theta < 0 favours treatment throughout.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.box_search import furthest
from trialpool.stats.effects.curve import Curve
from trialpool.stats.effects.curve_intervals import (
    Interval,
    LogHazardRatio,
    complementary_log_log,
    interval_risks,
    piecewise_poisson,
    with_numbers_at_risk,
    without_numbers_at_risk,
)
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.deriving import Outcome
from trialpool.stats.effects.reported import Reported

AT_RISK = "needs survival of both arms at two times or more with the numbers at risk"
FOLLOW_UP = "needs survival of both arms at two times or more with the patients, the shortest and the longest follow-up"
EVEN = "censoring is even within each interval, and hazards are proportional"
SHRINKS = (
    "the ratio of risks within an interval is nearer 1 than that of hazards, and its SE too small, the more so the more events an "
    "interval holds (at most about a fifth of those at risk is asked for)"
)
Reading = Callable[[Floats, Floats], LogHazardRatio]  # survival (..., m + 1) of treatment and of control


def from_piecewise_poisson(r: Reported) -> Outcome:
    """A hazard of its own in each interval and one hazard ratio, by Poisson likelihood on events and time at risk."""
    name = "curve by piecewise Poisson"
    curve = _with_numbers_at_risk(r)
    if curve is None:
        return Refusal(name, AT_RISK)

    def reading(s_t: Floats, s_c: Floats) -> LogHazardRatio:
        return piecewise_poisson(*_arms(curve, s_t, s_c))

    formula = "d ~ Poisson(T exp(alpha_i + log HR arm)); SE^2 = 1 / sum of D pi (1 - pi)"
    return _of_curve(name, curve, reading, formula, (EVEN, "the hazard of an arm is constant within each interval"))


def from_complementary_log_log(r: Reported) -> Outcome:
    """The ratio of the cumulative hazards of each interval, by inverse variance."""
    name = "curve by complementary log-log"
    curve = _with_numbers_at_risk(r)
    if curve is None:
        return Refusal(name, AT_RISK)

    def reading(s_t: Floats, s_c: Floats) -> LogHazardRatio:
        return complementary_log_log(*_arms(curve, s_t, s_c), s_t, s_c)

    formula = "log HR_i = ln(ln q_t / ln q_c), q = S1/S0; SE_i^2 = sum of (1 - q) / (R q (ln q)^2) over the arms"
    return _of_curve(name, curve, reading, formula, (EVEN, _passed_over(curve)))


def from_interval_risks(r: Reported) -> Outcome:
    """The classical way of Williamson and Tierney: ratios of the risks of each interval, by inverse variance."""
    name = "curve by interval risks"
    curve = _with_numbers_at_risk(r)
    if curve is None:
        return Refusal(name, AT_RISK)

    def reading(s_t: Floats, s_c: Floats) -> LogHazardRatio:
        return interval_risks(*_arms(curve, s_t, s_c))

    formula = "log HR_i = ln[(d_t/R_t)/(d_c/R_c)]; SE_i^2 = 1/d_t - 1/R_t + 1/d_c - 1/R_c"
    return _of_curve(name, curve, reading, formula, (EVEN, SHRINKS, _passed_over(curve)))


def from_curve_without_numbers_at_risk(r: Reported) -> Outcome:
    """The same with Parmar's model of censoring in place of numbers at risk."""
    name = "curve without numbers at risk"
    curve = r.curve
    if curve is None or curve.intervals < 1 or not (r.n_t and r.n_c):
        return Refusal(name, FOLLOW_UP)
    n_t, n_c, shortest, longest = r.n_t, r.n_c, curve.follow_up_min, curve.follow_up_max
    if shortest is None or longest is None:
        return Refusal(name, FOLLOW_UP)
    if not shortest < longest or longest < curve.times[-1]:
        return Refusal(name, f"a longest follow-up of {longest:g} does not go with a shortest of {shortest:g} and this curve")

    def reading(s_t: Floats, s_c: Floats) -> LogHazardRatio:
        times = np.asarray(curve.times)
        return interval_risks(
            without_numbers_at_risk(times, s_t, n_t, shortest, longest), without_numbers_at_risk(times, s_c, n_c, shortest, longest)
        )

    formula = "R less half of the censored share (te - ts)/(F_max - ts), d = R (S0 - S1)/S0; then as by interval risks"
    censored = f"nobody is censored before {shortest:g}, and then patients are evenly until {longest:g}"
    return _of_curve(name, curve, reading, formula, (censored, SHRINKS, _passed_over(curve)), n=(n_t, n_c))


def _with_numbers_at_risk(r: Reported) -> Curve | None:
    curve = r.curve
    return curve if curve and curve.intervals >= 1 and curve.at_risk_t is not None and curve.at_risk_c is not None else None


def _arms(curve: Curve, s_t: Floats, s_c: Floats) -> tuple[Interval, Interval]:
    assert curve.at_risk_t is not None
    assert curve.at_risk_c is not None
    times = np.asarray(curve.times)
    return (
        with_numbers_at_risk(times, s_t, np.asarray(curve.at_risk_t, dtype=float)),
        with_numbers_at_risk(times, s_c, np.asarray(curve.at_risk_c, dtype=float)),
    )


def _passed_over(curve: Curve) -> str:
    """How many intervals have no event in an arm, and so say nothing by this route."""
    both = zip(curve.s_t, curve.s_t[1:], curve.s_c, curve.s_c[1:], strict=False)
    empty = sum(t0.value <= t1.value or c0.value <= c1.value for t0, t1, c0, c1 in both)
    return f"{empty} of {curve.intervals} intervals are passed over, as an arm has no event in them"


def _of_curve(
    name: str, curve: Curve, reading: Reading, formula: str, assumptions: tuple[str, ...], *, n: tuple[int, int] | None = None
) -> Outcome:
    """The derivation of a reading, with its range over the rounding of every coordinate."""
    m = len(curve.times)
    figures = (*curve.s_t, *curve.s_c)
    low, middle, high = (np.array([getattr(f, edge) for f in figures]) for edge in ("low", "value", "high"))
    low, high = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
    theta, se = (float(x) for x in reading(middle[:m], middle[m:]))
    if not (np.isfinite(theta) and np.isfinite(se)):
        return Refusal(name, "an arm has no event at the times at which the curves were read")

    def bound(which: int, sign: int) -> float:
        return furthest(lambda points: reading(points[:, :m], points[:, m:])[which], low, middle, high, sign=sign).value

    return Derivation(
        route=name,
        yi=theta,
        se=se,
        formula=formula,
        worked=f"{curve.intervals} intervals from {curve.times[0]:g} to {curve.times[-1]:g}: {theta:.4f}, SE {se:.4f}",
        inputs=_inputs(curve, n),
        assumptions=assumptions,
        yi_low=min(bound(0, -1), theta),
        yi_high=max(bound(0, 1), theta),
        se_low=min(bound(1, -1), se),
        se_high=max(bound(1, 1), se),
    )


def _inputs(curve: Curve, n: tuple[int, int] | None) -> dict[str, str]:
    series = {"curve_times": [f"{time:g}" for time in curve.times], "curve_t": curve.s_t, "curve_c": curve.s_c}
    series |= (
        {"at_risk_t": curve.at_risk_t or (), "at_risk_c": curve.at_risk_c or ()} if n is None else {"n_t": n[:1], "n_c": n[1:]}
    )
    return {name: " ".join(map(str, values)) for name, values in series.items()}
