"""Routes from what a trial reported of a time-to-event outcome to a log hazard ratio and its standard error.

Each route is one function from a `Reported` to a `Derivation`, or to a `Refusal` that says what is missing. The table ROUTES
of `routes.py` orders them. Formulas: Parmar, Torri & Stewart (1998), Stat Med 17:2815-2834; Williamson et al. (2002), Stat Med
21:3337-3351; Tierney et al. (2007), Trials 8:16. theta < 0 favours treatment throughout.
"""

from __future__ import annotations

from math import inf, log, sqrt

from trialpool.stats.distributions import z_of_p, z_quantile
from trialpool.stats.effects.curve_routes import no_landmark
from trialpool.stats.effects.derivation import Refusal
from trialpool.stats.effects.deriving import Outcome, by_p, clipped, derivation
from trialpool.stats.effects.printed import count_text
from trialpool.stats.effects.reported import ArmEvents, Reported

INFORMATION_SLACK = 1.05  # log-rank against Cox information on real trials stays within 5%
LIMITS = "needs an estimate and limits above zero, the lower limit below the upper"


def from_interval(r: Reported) -> Outcome:
    """theta = ln HR, SE = (ln U - ln L) / (2 z_level)."""
    name = "estimate and interval"
    if not (r.estimate and r.ci_low and r.ci_high):
        return Refusal(name, "needs an estimate with both confidence limits")
    if r.inverted is None:
        return Refusal(name, "the orientation is not stated and nothing else in the row tells it")
    if not (r.estimate.value > 0 and 0 < r.ci_low.value < r.ci_high.value):
        return Refusal(name, LIMITS)
    z, sign = z_quantile(r.level), -1 if r.inverted else 1
    worked = (
        f"ln {r.estimate} = {log(r.estimate.value):.4f}{_turned(r)}; "
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


def from_log_rank(r: Reported) -> Outcome:
    """theta = (O - E) / V, SE = 1 / sqrt(V)."""
    name = "O - E and V"
    if not (r.o_minus_e and r.v and r.v.value > 0):
        return Refusal(name, "needs the log-rank O - E and its variance")
    return derivation(
        name,
        lambda oe, v: (oe / v, 1 / sqrt(v)),
        {"o_minus_e": r.o_minus_e, "v": r.v},
        "log HR = (O - E) / V; SE = 1 / sqrt(V)",
        f"{r.o_minus_e} / {r.v} = {r.o_minus_e.value / r.v.value:.4f}; 1 / sqrt({r.v}) = {1 / sqrt(r.v.value):.4f}",
        (
            "O - E is of the treatment arm",
            "the effect is moderate: beyond a log HR of 0.4 (O - E) / V goes too far, and in arms of unequal size before",
        ),
    )


def from_estimate_and_p(r: Reported) -> Outcome:
    """theta = ln HR, SE = |theta| / z_p."""
    name = "estimate and P"
    if not (r.estimate and r.estimate.value > 0 and r.exact_p):
        return Refusal(name, "needs an estimate with an exact P value")
    if r.inverted is None:
        return Refusal(name, "the orientation is not stated and nothing else in the row tells it")
    if r.estimate.low <= 1 <= r.estimate.high:
        return Refusal(name, f"an estimate that prints as {r.estimate} leaves no effect for P to measure")
    sign = -1 if r.inverted else 1
    return by_p(
        r,
        name,
        lambda hr: sign * log(hr),
        {"estimate": r.estimate},
        "log HR = ln HR; SE = |log HR| / z(P)",
        f"ln {r.estimate} = {log(r.estimate.value):.4f}{_turned(r)}",
        ("P belongs to this estimate (a Wald or log-rank test of the same comparison)",),
    )


def from_estimate_and_events(r: Reported) -> Outcome:
    """theta = ln HR, SE = sqrt(1/d_t + 1/d_c), events as reported."""
    name = "estimate and events"
    return _estimate_with(r, name, r.events) if r.events else Refusal(name, "needs an estimate with events in both arms")


def from_estimate_and_expected_events(r: Reported) -> Outcome:
    """The same with events that medians or landmark survival lead to expect."""
    name = "estimate and expected events"
    if not r.expected_events:
        return Refusal(name, "needs an estimate, patients by arm, and medians or landmark survival")
    return _estimate_with(r, name, r.expected_events)


def from_p_and_events(r: Reported) -> Outcome:
    """V = d_t d_c / (d_t + d_c), theta = -+ z_p / sqrt(V), events as reported."""
    name = "P and events"
    return _p_with(r, name, r.events) if r.events else Refusal(name, "needs an exact P value with events in both arms")


def from_p_and_expected_events(r: Reported) -> Outcome:
    """The same with events that medians or landmark survival lead to expect."""
    name = "P and expected events"
    if not r.expected_events:
        return Refusal(name, "needs an exact P value, patients by arm, and medians or landmark survival")
    return _later_events(r, name) or _p_with(r, name, r.expected_events)


def _estimate_with(r: Reported, name: str, events: ArmEvents) -> Outcome:
    if not (r.estimate and r.estimate.value > 0):
        return Refusal(name, "needs an estimate")
    if r.inverted is None:
        return Refusal(name, "the orientation is not stated and nothing else in the row tells it")
    sign, se = -1 if r.inverted else 1, sqrt(1 / events.t + 1 / events.c)
    return clipped(
        r,
        name,
        lambda hr: (sign * log(hr), se),
        {"estimate": r.estimate},
        "log HR = ln HR; SE = sqrt(1/d_t + 1/d_c)",
        f"ln {r.estimate} = {log(r.estimate.value):.4f}{_turned(r)}; "
        f"sqrt(1/{count_text(events.t)} + 1/{count_text(events.c)}) = {se:.4f}",
        (
            events.how,
            "the events carry the information that an unadjusted log-rank test would find in them (the SE is a little small)",
        ),
        _event_inputs(r, events),
        least=1 / sqrt(r.cap[0]) if r.cap and not r.events else inf,
    )


def _p_with(r: Reported, name: str, events: ArmEvents) -> Outcome:
    if not r.exact_p:
        return Refusal(name, "needs an exact P value")
    if not r.direction:
        return Refusal(name, "nothing in the row tells which arm did better")
    better, how = r.direction
    sign, V, sides = (-1 if better == "treatment" else 1), events.information, r.p_sides
    z = float(z_of_p(r.exact_p.value, sides))
    return derivation(
        name,
        lambda p: (sign * float(z_of_p(p, sides)) / sqrt(V), 1 / sqrt(V)),
        {"p": r.exact_p},
        "V = d_t d_c / (d_t + d_c); log HR = -+ z(P) / sqrt(V); SE = 1 / sqrt(V)",
        f"V = {count_text(events.t)} x {count_text(events.c)} / {count_text(events.t + events.c)} = {V:.2f}; "
        f"z({r.exact_p}) = {z:.3f}; {sign * z:.3f} / sqrt({V:.2f}) = {sign * z / sqrt(V):.4f}",
        (events.how, f"treatment did {'better' if better == 'treatment' else 'worse'}, by {how}", "P is of a log-rank test"),
        extra=_event_inputs(r, events),
    )


def _later_events(r: Reported, name: str) -> Refusal | None:
    """A refusal where most events came after an early landmark: P is of all of them, and makes too much of those before it."""
    least = r.least_events
    if r.events_by_follow_up or (r.median_t and r.median_c) or not (least and r.cap and r.exact_p) or no_landmark(r, name):
        return None
    assert r.survival_t is not None
    assert r.survival_c is not None
    shown = abs(log(log(r.survival_t.value) / log(r.survival_c.value)))
    made = float(z_of_p(r.exact_p.value, r.p_sides)) / sqrt(least.information)
    if shown >= made or least.information > r.cap[0] / 2:
        return None
    return Refusal(
        name,
        f"P = {r.exact_p} with the events before the landmark alone would make a log HR of {made:.4f}, where survival shows "
        f"{shown:.4f}: there were later events, and no follow-up tells how many",
    )


def _event_inputs(r: Reported, events: ArmEvents) -> dict[str, str]:
    names = ("events_t", "events_c") if r.events == events else ("expected events_t", "expected events_c")
    return {names[0]: f"{count_text(events.t)}", names[1]: f"{count_text(events.c)}"}


def _turned(r: Reported) -> str:
    return ", with its sign turned, since it is control against treatment" if r.inverted else ""
