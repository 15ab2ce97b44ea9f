"""Routes from events and person-time, or a printed rate ratio, to a log rate ratio."""

from __future__ import annotations

from math import log, sqrt

from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.deriving import Outcome
from trialpool.stats.effects.estimate_routes import ORIENTATION, turned
from trialpool.stats.effects.printed import over_rounding
from trialpool.stats.effects.reported import Reported

ADDED = 0.5  # to the events of both arms, where one had none


def from_events_and_person_time(r: Reported) -> Outcome:
    """log IRR = ln[(x1/T1) / (x2/T2)], SE = sqrt(1/x1 + 1/x2). Rothman, Greenland & Lash (2008), Modern Epidemiology, ch. 14."""
    name = "events and person-time"
    if r.events_t is None or r.events_c is None or not (r.time_t and r.time_c and r.time_t.value > 0 and r.time_c.value > 0):
        return Refusal(name, "needs the events and the time at risk of both arms")
    if r.events_t + r.events_c == 0:
        return Refusal(name, "no events in both arms say nothing of a ratio")
    empty = min(r.events_t, r.events_c) == 0
    x1, x2 = (events + ADDED * empty for events in (r.events_t, r.events_c))
    se = sqrt(1 / x1 + 1 / x2)

    def route(T1: float, T2: float) -> tuple[float, float]:
        return log(x1 / T1 / (x2 / T2)), se

    yi, _ = route(r.time_t.value, r.time_c.value)
    assumptions: tuple[str, ...] = ("events come at one rate throughout, and one event makes no other likelier (Poisson)",)
    if empty:
        assumptions = (*assumptions, "0.5 is added to the events of both arms, one of which had none")
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula="log IRR = ln[(x1/T1) / (x2/T2)]; SE = sqrt(1/x1 + 1/x2)",
        worked=f"ln[({x1:g}/{r.time_t}) / ({x2:g}/{r.time_c})] = {yi:.4f}; sqrt(1/{x1:g} + 1/{x2:g}) = {se:.4f}",
        inputs={"events_t": str(r.events_t), "time_t": str(r.time_t), "events_c": str(r.events_c), "time_c": str(r.time_c)},
        assumptions=assumptions,
        **over_rounding(route, r.time_t, r.time_c)._asdict(),
    )


def from_estimate_and_se(r: Reported) -> Outcome:
    """log IRR = ln IRR, SE of ln IRR as printed."""
    name = "estimate and SE"
    if not (r.estimate and r.estimate.value > 0 and r.se_log and r.se_log.value > 0):
        return Refusal(name, "needs an estimate with the SE of its logarithm")
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    sign = -1 if r.inverted else 1

    def route(ratio: float, se: float) -> tuple[float, float]:
        return sign * log(ratio), se

    yi, se = route(r.estimate.value, r.se_log.value)
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula="log IRR = ln IRR; SE as printed",
        worked=f"ln {r.estimate} = {log(r.estimate.value):.4f}{turned(r)}; SE = {se:.4f}",
        inputs={"estimate": str(r.estimate), "se_log": str(r.se_log)},
        assumptions=("the SE is of ln IRR, not of the rate ratio itself",),
        **over_rounding(route, r.estimate, r.se_log)._asdict(),
    )
