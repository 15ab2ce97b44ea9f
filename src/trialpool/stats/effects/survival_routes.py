"""Routes from what a trial reported of a time-to-event outcome to a log hazard ratio and its standard error.

Each route is one function from a `Reported` to a `Derivation`, or to a `Refusal` that says what is missing. The table ROUTES
of `routes.py` orders them. Formulas: Parmar, Torri & Stewart (1998), Stat Med 17:2815-2834; Williamson et al. (2002), Stat Med
21:3337-3351; Tierney et al. (2007), Trials 8:16. theta < 0 favours treatment throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, log, sqrt

from trialpool.stats.distributions import z_of_p, z_quantile
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.printed import Printed, over_rounding
from trialpool.stats.effects.reported import ArmEvents, Reported, half_of_patients

Outcome = Derivation | Refusal
OF_MEDIANS = "the SE is that of medians, which events after them do not make sharper"
INFORMATION_SLACK = 1.05  # log-rank against Cox information on real trials stays within 5%
LOG_RANK_AND_WALD = 0.06  # by how much z of a log-rank and of a Wald test of one trial may differ
TOUCHING = 1e-9  # rounding boxes of two figures meet at a point, which floating point may miss
PROPORTIONAL = "hazards are proportional"
LIMITS = "needs an estimate and limits above zero, the lower limit below the upper"
EXPONENTIAL = "survival is exponential in both arms, so that the hazard ratio is the inverse ratio of the medians"


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
    return _derivation(
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
    return _derivation(
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
    return _by_p(
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


def from_landmark(r: Reported) -> Outcome:
    """theta = ln(ln S_t / ln S_c), var = sum over the arms of (1 - S) / (n S (ln S)^2), but no less than the events allow."""
    name = "landmark survival and patients"
    refusal = _no_landmark(r, name)
    if refusal:
        return refusal
    if not (r.n_t and r.n_c):
        return Refusal(name, "needs the patients of both arms")
    n_t, n_c = r.n_t, r.n_c
    assert r.survival_t is not None
    assert r.survival_c is not None
    events = r.events or r.events_by_follow_up
    by_events = sqrt(1 / events.t + 1 / events.c) if events else 0.0

    def route(s_t: float, s_c: float) -> tuple[float, float]:
        uncensored = sqrt((1 - s_t) / (n_t * s_t * log(s_t) ** 2) + (1 - s_c) / (n_c * s_c * log(s_c) ** 2))
        return log(log(s_t) / log(s_c)), max(uncensored, by_events)

    theta, se = route(r.survival_t.value, r.survival_c.value)
    return _clipped(
        r,
        name,
        route,
        {"survival_t": r.survival_t, "survival_c": r.survival_c},
        "log HR = ln(ln S_t / ln S_c); SE^2 = sum of (1 - S) / (n S (ln S)^2) over the arms",
        f"ln(ln {r.survival_t} / ln {r.survival_c}) = {theta:.4f}; SE with {_heads(r, events, se == by_events)} = {se:.4f}",
        (f"{PROPORTIONAL} up to the landmark", _followed(r)),
        {"n_t": str(n_t), "n_c": str(n_c)},
    )


def from_landmark_and_p(r: Reported) -> Outcome:
    """theta = ln(ln S_t / ln S_c), SE = |theta| / z_p."""
    name = "landmark survival and P"
    refusal = _no_landmark(r, name)
    if refusal:
        return refusal
    if not r.exact_p:
        return Refusal(name, "needs an exact P value")
    assert r.survival_t is not None
    assert r.survival_c is not None
    theta = log(log(r.survival_t.value) / log(r.survival_c.value))
    return _by_p(
        r,
        name,
        lambda s_t, s_c: log(log(s_t) / log(s_c)),
        {"survival_t": r.survival_t, "survival_c": r.survival_c},
        "log HR = ln(ln S_t / ln S_c); SE = |log HR| / z(P)",
        f"ln(ln {r.survival_t} / ln {r.survival_c}) = {theta:.4f}",
        (f"{PROPORTIONAL} up to the landmark", "P is of the whole curves"),
    )


def from_medians_and_p(r: Reported) -> Outcome:
    """theta = ln(m_c / m_t), SE = |theta| / z_p."""
    name = "medians and P"
    if not (r.median_t and r.median_c and r.exact_p):
        return Refusal(name, "needs the medians of both arms with an exact P value")
    return _by_p(
        r,
        name,
        lambda m_t, m_c: log(m_c / m_t),
        {"median_t": r.median_t, "median_c": r.median_c},
        "log HR = ln(m_c / m_t); SE = |log HR| / z(P)",
        f"ln({r.median_c} / {r.median_t}) = {log(r.median_c.value / r.median_t.value):.4f}",
        (EXPONENTIAL, "P is of the whole curves"),
    )


def from_medians_and_events(r: Reported) -> Outcome:
    """theta = ln(m_c / m_t), SE = sqrt(1/d_t + 1/d_c), events as reported or expected, but no less than medians allow."""
    name = "medians and events"
    events = r.events or r.events_by_follow_up
    if not (r.median_t and r.median_c and events):
        return Refusal(name, "needs the medians of both arms with events, or with patients and follow-up")
    by_events, of_medians = sqrt(1 / events.t + 1 / events.c), half_of_patients(r) or 0.0
    if of_medians > by_events:
        return _by_medians(r, name, of_medians, f"half of {r.n_t} and {r.n_c} patients", (OF_MEDIANS,))
    return _by_medians(r, name, by_events, f"{events.t:.0f} and {events.c:.0f} events", (events.how,))


def from_medians_and_patients(r: Reported) -> Outcome:
    """theta = ln(m_c / m_t), SE = sqrt(2/n_t + 2/n_c): half of each arm, since the medians were reached."""
    name = "medians and patients"
    se = half_of_patients(r)
    if not (r.median_t and r.median_c and se):
        return Refusal(name, "needs the medians and the patients of both arms")
    why = "half of each arm had had the event, the medians having been reached (the SE is rough)"
    return _by_medians(r, name, se, f"half of {r.n_t} and {r.n_c} patients", (why,))


def _by_medians(r: Reported, name: str, se: float, what: str, assumptions: tuple[str, ...]) -> Outcome:
    assert r.median_t is not None
    assert r.median_c is not None
    return _clipped(
        r,
        name,
        lambda m_t, m_c: (log(m_c / m_t), se),
        {"median_t": r.median_t, "median_c": r.median_c},
        "log HR = ln(m_c / m_t); SE = sqrt(1/d_t + 1/d_c)",
        f"ln({r.median_c} / {r.median_t}) = {log(r.median_c.value / r.median_t.value):.4f}; SE from {what} = {se:.4f}",
        (EXPONENTIAL, *assumptions),
        {"n_t": str(r.n_t or ""), "n_c": str(r.n_c or "")},
    )


def _estimate_with(r: Reported, name: str, events: ArmEvents) -> Outcome:
    if not (r.estimate and r.estimate.value > 0):
        return Refusal(name, "needs an estimate")
    if r.inverted is None:
        return Refusal(name, "the orientation is not stated and nothing else in the row tells it")
    sign, se = -1 if r.inverted else 1, sqrt(1 / events.t + 1 / events.c)
    return _clipped(
        r,
        name,
        lambda hr: (sign * log(hr), se),
        {"estimate": r.estimate},
        "log HR = ln HR; SE = sqrt(1/d_t + 1/d_c)",
        f"ln {r.estimate} = {log(r.estimate.value):.4f}{_turned(r)}; sqrt(1/{events.t:.4g} + 1/{events.c:.4g}) = {se:.4f}",
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
    return _derivation(
        name,
        lambda p: (sign * float(z_of_p(p, sides)) / sqrt(V), 1 / sqrt(V)),
        {"p": r.exact_p},
        "V = d_t d_c / (d_t + d_c); log HR = -+ z(P) / sqrt(V); SE = 1 / sqrt(V)",
        f"V = {events.t:.4g} x {events.c:.4g} / {events.t + events.c:.4g} = {V:.2f}; z({r.exact_p}) = {z:.3f}; "
        f"{sign * z:.3f} / sqrt({V:.2f}) = {sign * z / sqrt(V):.4f}",
        (events.how, f"treatment did {'better' if better == 'treatment' else 'worse'}, by {how}", "P is of a log-rank test"),
        extra=_event_inputs(r, events),
    )


def _by_p(
    r: Reported,
    name: str,
    effect: Callable[..., float],
    figures: Mapping[str, Printed],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
) -> Outcome:
    """The SE that makes an effect come out at its P value, unless that takes more information than there can be."""
    assert r.exact_p is not None
    sides = r.p_sides
    z = float(z_of_p(r.exact_p.value, sides))
    theta = effect(*(f.value for f in figures.values()))
    box = over_rounding(lambda *values: (effect(*values), 1.0), *figures.values())
    if box.yi_low < TOUCHING and box.yi_high > -TOUCHING:
        return Refusal(name, f"{' and '.join(map(str, figures.values()))} as printed leave no effect for P to measure")
    if z <= 0:
        return Refusal(name, f"a one-sided P = {r.exact_p} has no z to measure an effect by")
    se = abs(theta) / z
    if r.cap and 1 / se**2 > (1 + LOG_RANK_AND_WALD) ** 2 * r.cap[0]:
        return Refusal(
            name,
            f"P = {r.exact_p} would give the SE {se:.4f}, and {1 / sqrt(r.cap[0]):.4f} is the least possible with {r.cap[1]}",
        )
    return _derivation(
        name,
        lambda *values: (effect(*values[:-1]), abs(effect(*values[:-1])) / float(z_of_p(values[-1], sides))),
        {**figures, "p": r.exact_p},
        formula,
        f"{worked}; {abs(theta):.4f} / {z:.3f} = {se:.4f}",
        assumptions,
    )


def _clipped(
    r: Reported,
    name: str,
    route: Callable[..., tuple[float, float]],
    figures: Mapping[str, Printed],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
    extra: Mapping[str, str],
    *,
    least: float = inf,
) -> Outcome:
    """A derivation whose SE agrees with a P value printed as an inequality, as far as that can be asked of it.

    P > a raises an SE. P < a lowers it only where the effect itself is printed, and not below `least`: an effect that medians or
    landmark survival give is as likely to be too small as its SE too large, and studies with such an effect would weigh most.
    """

    def within(*values: float) -> tuple[float, float]:
        yi, free = route(*values)
        bounds = r.se_bounds(yi)
        return yi, max(min(free, max(bounds.high, least)), bounds.low)

    at = tuple(f.value for f in figures.values())
    (theta, se), (_, held) = route(*at), within(*at)
    said, most = f"P {r.p_operator} {r.p}", r.se_bounds(theta).high
    if held != se:
        towards = "the nearest that agrees with" if held <= most else "the least that there can be, on the way to"
        assumptions = (*assumptions, f"the SE is moved from {se:.4f} to {held:.4f}, {towards} {said}")
        worked += f"; with {said}: {held:.4f}"
    if held > most:
        assumptions = (*assumptions, f"{said} asks for an SE of at most {most:.4f}: the true effect may be larger than this one")

    return _derivation(name, within, figures, formula, worked, assumptions, extra=extra)


def _derivation(
    name: str,
    route: Callable[..., tuple[float, float]],
    figures: Mapping[str, Printed],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
    *,
    extra: Mapping[str, str] | None = None,
) -> Derivation:
    yi, se = route(*(f.value for f in figures.values()))
    inputs = {column: str(f) for column, f in figures.items()} | dict(extra or {})
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula=formula,
        worked=worked,
        inputs=inputs,
        assumptions=assumptions,
        **over_rounding(route, *figures.values())._asdict(),
    )


def _no_landmark(r: Reported, name: str) -> Refusal | None:
    if not (r.survival_t and r.survival_c):
        return Refusal(name, "needs the survival of both arms at one time")
    if not (0 < r.survival_t.value < 1 and 0 < r.survival_c.value < 1):
        return Refusal(name, "survival of 0 or 100% in an arm has no log hazard")
    return None


def _heads(r: Reported, events: ArmEvents | None, by_events: bool) -> str:
    return f"{events.t:.0f} and {events.c:.0f} events" if events and by_events else f"{r.n_t} and {r.n_c} patients"


def _followed(r: Reported) -> str:
    """What the SE of landmark survival takes for granted."""
    if r.follow_up and r.landmark and r.follow_up < r.landmark:
        return "most patients were followed for less than the landmark, so that the SE is too small"
    return "nobody was censored before the landmark (else the SE is a little small)"


def _later_events(r: Reported, name: str) -> Refusal | None:
    """A refusal where most events came after an early landmark: P is of all of them, and makes too much of those before it."""
    least = r.least_events
    if r.events_by_follow_up or (r.median_t and r.median_c) or not (least and r.cap and r.exact_p) or _no_landmark(r, name):
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
    return {names[0]: f"{events.t:.4g}", names[1]: f"{events.c:.4g}"}


def _turned(r: Reported) -> str:
    return ", with its sign turned, since it is control against treatment" if r.inverted else ""
