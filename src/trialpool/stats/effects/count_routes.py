"""Routes from events and patients, or percentages of these, to a log risk ratio, log odds ratio or risk difference."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log

import numpy as np

from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.printed import Count, Printed, count_text, over_rounding
from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.two_by_two import TWO_BY_TWO
from trialpool.stats.effects.zero_cells import Cells

Outcome = Derivation | Refusal
EDGE = 1e-9  # 2.5% of 40 is 1, which floating point may miss
FORMULAS = {
    "RR": "log RR = ln((a/n1) / (c/n2)); SE^2 = 1/a - 1/n1 + 1/c - 1/n2",
    "OR": "log OR = ln(ad / bc); SE^2 = 1/a + 1/b + 1/c + 1/d",
    "RD": "RD = a/n1 - c/n2; SE^2 = ab/n1^3 + cd/n2^3",
}


def from_counts(r: Reported) -> Outcome:
    """The 2x2 table of events and patients."""
    name = "events and patients"
    if r.events_t is None or r.events_c is None or not (r.n_t and r.n_c):
        return Refusal(name, "needs the events and patients of both arms")
    return _of_table(r, name, Printed.exact(r.events_t), Printed.exact(r.events_c), ())


def from_percentages(r: Reported) -> Outcome:
    """The 2x2 table that percentages of known numbers of patients answer to, events rounded to whole patients."""
    name = "percentages and patients"
    if r.pct_t is None or r.pct_c is None or not (r.n_t and r.n_c):
        return Refusal(name, "needs the percentages with the event and the patients of both arms")
    n_t, n_c = r.n_t, r.n_c
    events = [_events(pct, n) for pct, n in ((r.pct_t, n_t), (r.pct_c, n_c))]
    said = f"{r.pct_t}% of {n_t} and {r.pct_c}% of {n_c} are {events[0].value:.0f} and {events[1].value:.0f} patients"
    return _of_table(r, name, events[0], events[1], (said, "the percentages are of the patients given"))


def from_ratio_interval(r: Reported) -> Outcome:
    """An estimate of the same measure with its interval, on the log scale for ratios."""
    name = "estimate and interval"
    if not (r.estimate and r.ci_low and r.ci_high):
        return Refusal(name, "needs an estimate with both confidence limits")
    if r.inverted is None:
        return Refusal(name, "the orientation is not stated and nothing else in the row tells it")
    ratio, sign, z = r.measure != "RD", -1 if r.inverted else 1, z_quantile(r.level)
    if ratio and not (r.estimate.value > 0 and r.ci_low.value > 0):
        return Refusal(name, "needs an estimate and limits above zero")
    if r.ci_low.value >= r.ci_high.value:
        return Refusal(name, "needs a lower limit below the upper")
    scale: Callable[[float], float] = log if ratio else float

    def route(estimate: float, low: float, high: float) -> tuple[float, float]:
        return sign * scale(estimate), (scale(high) - scale(low)) / (2 * z)

    figures = {"estimate": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high}
    yi, se = route(*(f.value for f in figures.values()))
    ln = "ln " if ratio else ""
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula=f"effect = {ln}estimate; SE = ({ln}U - {ln}L) / (2 z)",
        worked=f"{ln}{r.estimate} = {scale(r.estimate.value):.4f}; ({ln}{r.ci_high} - {ln}{r.ci_low}) / (2 x {z:.4f}) = {se:.4f}",
        inputs={column: str(f) for column, f in figures.items()} | {"ci_level": f"{100 * r.level:g}"},
        assumptions=(f"the interval is a {100 * r.level:g}% Wald interval",),
        **over_rounding(route, *figures.values())._asdict(),
    )


def _events(pct: Printed, n: int) -> Count:
    """Whole patients that a printed percentage of n answers to, and the least and most that print as it."""
    nearest = float(round(pct.value / 100 * n))
    least, most = ceil(pct.low / 100 * n - EDGE), floor(pct.high / 100 * n + EDGE)
    return Count(nearest, min(max(least, 0), nearest), max(min(most, n), nearest))


def _of_table(
    r: Reported, name: str, events_t: Printed | Count, events_c: Printed | Count, assumptions: tuple[str, ...]
) -> Outcome:
    n_t, n_c, measure = float(r.n_t or 0), float(r.n_c or 0), r.measure
    a, c = events_t.value, events_c.value
    if a > n_t or c > n_c:
        return Refusal(name, "there are more events than patients")
    if measure != "RD" and (a + c == 0 or (a == n_t and c == n_c)):
        return Refusal(name, "no events, or nothing but events, in both arms say nothing of a ratio")
    empty = min(a, n_t - a, c, n_c - c) <= 0
    add = 0.5 if empty else 0.0

    def route(t: float, c: float) -> tuple[float, float]:
        cells = Cells(*(np.asarray(cell + add) for cell in (t, n_t - t, c, n_c - c)))
        yi, vi = TWO_BY_TWO[measure](cells)
        return float(yi), float(np.sqrt(vi))

    with np.errstate(divide="ignore", invalid="ignore"):
        yi, se = route(a, c)
        box = over_rounding(route, events_t, events_c)
    if empty:
        assumptions = (*assumptions, "0.5 is added to the four cells, one of which is empty")
    inputs = {"events_t": count_text(a), "n_t": count_text(n_t), "events_c": count_text(c), "n_c": count_text(n_c)}
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula=FORMULAS[measure],
        worked="a = {} of n1 = {}, c = {} of n2 = {}".format(*inputs.values()) + f": {yi:.4f}, SE {se:.4f}",
        inputs=inputs,
        assumptions=assumptions,
        **box._asdict(),
    )
