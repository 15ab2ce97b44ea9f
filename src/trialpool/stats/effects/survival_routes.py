"""Routes from a P value or chi-squared, and from events, to a log hazard ratio and its standard error.

Each route is one function from a `Reported` to a `Derivation`, or to a `Refusal` that says what is missing. The table ROUTES
of `routes.py` orders them. Formulas: Parmar, Torri & Stewart (1998), Stat Med 17:2815-2834; Williamson et al. (2002), Stat Med
21:3337-3351; Tierney et al. (2007), Trials 8:16. theta < 0 favours treatment throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, sqrt

from trialpool.stats.distributions import z_of_p
from trialpool.stats.effects.curve_routes import no_landmark
from trialpool.stats.effects.derivation import Refusal
from trialpool.stats.effects.deriving import Outcome, by_chi_squared, by_p, clipped, derivation
from trialpool.stats.effects.estimate_routes import ORIENTATION, turned
from trialpool.stats.effects.printed import Printed, count_text
from trialpool.stats.effects.reported import SHARED, ArmEvents, Reported

INFORMATION_SLACK = 1.05  # log-rank against Cox information on real trials stays within 5%
INFORMED = "the events carry the information that an unadjusted log-rank test would find in them (the SE is a little small)"


def from_estimate_and_p(r: Reported) -> Outcome:
    """theta = ln HR, SE = |theta| / z_p."""
    name = "estimate and P"
    if r.estimate and r.estimate.value > 0 and r.p and r.p_operator != "=":
        return Refusal(name, _bounded(r))
    if not (r.estimate and r.estimate.value > 0 and r.exact_p):
        return Refusal(name, "needs an estimate with an exact P value")
    return _tested(r, name, by_p, "z(P)", "P belongs to this estimate (a Wald or log-rank test of the same comparison)")


def from_estimate_and_chi_squared(r: Reported) -> Outcome:
    """theta = ln HR, SE = |theta| / sqrt(chi2)."""
    name = "estimate and chi-squared"
    if not (r.estimate and r.estimate.value > 0 and r.chi2 and r.chi2.value > 0):
        return Refusal(name, "needs an estimate with chi-squared")
    belongs = "chi-squared, with one degree of freedom, is a Wald or log-rank test of the comparison that the estimate is of"
    return _tested(r, name, by_chi_squared, "sqrt(chi2)", belongs)


def _bounded(r: Reported) -> str:
    """What an inequality says of the SE of a printed estimate, which is never a value."""
    assert r.estimate is not None
    bounds = r.se_bounds(log(r.estimate.value))
    said = f"P {r.p_operator} {r.p} is no value of P"
    if bounds.high < inf:
        return f"{said}: with this estimate the SE is at most {bounds.high:.4f}"
    return f"{said}: with this estimate the SE is at least {bounds.low:.4f}" if bounds.low > 0 else said


def _tested(r: Reported, name: str, by: Callable[..., Outcome], z: str, belongs: str) -> Outcome:
    assert r.estimate is not None
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    if r.estimate.low <= 1 <= r.estimate.high:
        return Refusal(name, f"an estimate that prints as {r.estimate} leaves no effect for P to measure")
    sign = -1 if r.inverted else 1
    return by(
        r,
        name,
        lambda hr: sign * log(hr),
        {"estimate": r.estimate},
        f"log HR = ln HR; SE = |log HR| / {z}",
        f"ln {r.estimate} = {log(r.estimate.value):.4f}{turned(r)}",
        (belongs,),
    )


def from_estimate_and_events(r: Reported) -> Outcome:
    """theta = ln HR, SE = sqrt(1/d_t + 1/d_c), events as reported."""
    name = "estimate and events"
    return _estimate_with(r, name, r.events) if r.events else Refusal(name, "needs an estimate with events in both arms")


def from_estimate_and_total_events(r: Reported) -> Outcome:
    """The same with the events of both arms together: SE = (R + C) / sqrt(O R C)."""
    name = "estimate and total events"
    if not r.shared_events:
        return Refusal(name, "needs an estimate with the events of both arms together, and the arms' sizes or their ratio")
    return _estimate_with(r, name, r.shared_events)


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


def from_p_and_total_events(r: Reported) -> Outcome:
    """V = O R C / (R + C)^2, theta = -+ z_p / sqrt(V), O the events of both arms together."""
    name = "P and total events"
    if not r.shared_events:
        return Refusal(name, "needs an exact P value with the events of both arms together, and the arms' sizes or their ratio")
    return _p_with(r, name, r.shared_events)


def from_p_and_expected_events(r: Reported) -> Outcome:
    """The same with events that medians or landmark survival lead to expect."""
    name = "P and expected events"
    if not r.expected_events:
        return Refusal(name, "needs an exact P value, patients by arm, and medians or landmark survival")
    return _later_events(r, name) or _p_with(r, name, r.expected_events)


def from_chi_squared_and_events(r: Reported) -> Outcome:
    """V = d_t d_c / (d_t + d_c), theta = -+ sqrt(chi2 / V), events as reported."""
    name = "chi-squared and events"
    return _chi_squared_with(r, name, r.events) if r.events else Refusal(name, "needs chi-squared with events in both arms")


def from_chi_squared_and_total_events(r: Reported) -> Outcome:
    """The same with the events of both arms together."""
    name = "chi-squared and total events"
    if not r.shared_events:
        return Refusal(name, "needs chi-squared with the events of both arms together, and the arms' sizes or their ratio")
    return _chi_squared_with(r, name, r.shared_events)


def _estimate_with(r: Reported, name: str, events: ArmEvents) -> Outcome:
    if not (r.estimate and r.estimate.value > 0):
        return Refusal(name, "needs an estimate")
    if r.inverted is None:
        return Refusal(name, ORIENTATION)
    sign = -1 if r.inverted else 1
    return clipped(
        r,
        name,
        lambda hr, *rest: (sign * log(hr), events.at(*rest).se),
        {"estimate": r.estimate, **events.figures},
        "log HR = ln HR; SE = sqrt(1/d_t + 1/d_c)",
        f"ln {r.estimate} = {log(r.estimate.value):.4f}{turned(r)}; "
        f"sqrt(1/{count_text(events.t)} + 1/{count_text(events.c)}) = {events.se:.4f}",
        (events.how, INFORMED),
        _event_inputs(r, events),
        least=1 / sqrt(r.cap[0]) if r.cap and not r.counted_events else inf,
    )


def _p_with(r: Reported, name: str, events: ArmEvents) -> Outcome:
    if not r.exact_p:
        return Refusal(name, "needs an exact P value")
    sides = r.p_sides
    return _tested_with(r, name, events, {"p": r.exact_p}, lambda p: float(z_of_p(p, sides)), "z(P)", "z({})", "P")


def _chi_squared_with(r: Reported, name: str, events: ArmEvents) -> Outcome:
    if not r.chi2 or r.chi2.value < 0:
        return Refusal(name, "needs chi-squared of the log-rank test")
    return _tested_with(
        r, name, events, {"chi2": r.chi2}, sqrt, "sqrt(chi2)", "sqrt({})", "chi-squared, with one degree of freedom,"
    )


def _tested_with(
    r: Reported,
    name: str,
    events: ArmEvents,
    test: dict[str, Printed],
    z_of: Callable[[float], float],
    z: str,
    z_worked: str,
    what: str,
) -> Outcome:
    """theta = -+ z / sqrt(V), V by the events."""
    if not r.direction:
        return Refusal(name, "nothing in the row tells which arm did better")
    (better, how), (figure,) = r.direction, test.values()
    sign, V, at = (-1 if better == "treatment" else 1), events.information, z_of(figure.value)

    def route(tested: float, *rest: float) -> tuple[float, float]:
        se = events.at(*rest).se
        return sign * z_of(tested) * se, se

    return derivation(
        name,
        route,
        {**test, **events.figures},
        f"V = d_t d_c / (d_t + d_c); log HR = -+ {z} / sqrt(V); SE = 1 / sqrt(V)",
        f"V = {count_text(events.t)} x {count_text(events.c)} / {count_text(events.t + events.c)} = {V:.2f}; "
        f"{z_worked.format(figure)} = {at:.3f}; {sign * at:.3f} / sqrt({V:.2f}) = {sign * at / sqrt(V):.4f}",
        (events.how, f"treatment did {'better' if better == 'treatment' else 'worse'}, by {how}", f"{what} is of a log-rank test"),
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
    if events.how == SHARED:
        shared = {"events_total": f"{r.events_total}"}
        return shared | ({"n_t": f"{r.n_t}", "n_c": f"{r.n_c}"} if r.n_t and r.n_c else {"allocation": _ratio(r)})
    names = ("events_t", "events_c") if events.reported else ("expected events_t", "expected events_c")
    return {names[0]: f"{count_text(events.t)}", names[1]: f"{count_text(events.c)}"}


def _ratio(r: Reported) -> str:
    assert r.allocation is not None
    return ":".join(f"{size:g}" for size in r.allocation)
