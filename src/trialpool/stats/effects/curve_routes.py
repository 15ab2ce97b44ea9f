"""Routes from what a trial showed of its curves, landmark survival or medians, to a log hazard ratio and its standard error.

These come after the routes of `survival_routes.py`: a point or two of a curve say less than its events do. Formulas: Parmar,
Torri & Stewart (1998), Stat Med 17:2815-2834; Tierney et al. (2007), Trials 8:16. theta < 0 favours treatment throughout.
"""

from __future__ import annotations

from math import log, sqrt

from trialpool.stats.effects.derivation import Refusal
from trialpool.stats.effects.deriving import Outcome, by_p, clipped
from trialpool.stats.effects.reported import ArmEvents, Reported, half_of_patients

OF_MEDIANS = "the SE is that of medians, which events after them do not make sharper"
PROPORTIONAL = "hazards are proportional"
EXPONENTIAL = "survival is exponential in both arms, so that the hazard ratio is the inverse ratio of the medians"


def from_landmark(r: Reported) -> Outcome:
    """theta = ln(ln S_t / ln S_c), var = sum over the arms of (1 - S) / (n S (ln S)^2), but no less than the events allow."""
    name = "landmark survival and patients"
    refusal = no_landmark(r, name)
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
    return clipped(
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
    refusal = no_landmark(r, name)
    if refusal:
        return refusal
    if not r.exact_p:
        return Refusal(name, "needs an exact P value")
    assert r.survival_t is not None
    assert r.survival_c is not None
    theta = log(log(r.survival_t.value) / log(r.survival_c.value))
    return by_p(
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
    return by_p(
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
    return clipped(
        r,
        name,
        lambda m_t, m_c: (log(m_c / m_t), se),
        {"median_t": r.median_t, "median_c": r.median_c},
        "log HR = ln(m_c / m_t); SE = sqrt(1/d_t + 1/d_c)",
        f"ln({r.median_c} / {r.median_t}) = {log(r.median_c.value / r.median_t.value):.4f}; SE from {what} = {se:.4f}",
        (EXPONENTIAL, *assumptions),
        {"n_t": str(r.n_t or ""), "n_c": str(r.n_c or "")},
    )


def _heads(r: Reported, events: ArmEvents | None, by_events: bool) -> str:
    return f"{events.t:.0f} and {events.c:.0f} events" if events and by_events else f"{r.n_t} and {r.n_c} patients"


def _followed(r: Reported) -> str:
    """What the SE of landmark survival takes for granted."""
    if r.follow_up and r.landmark and r.follow_up < r.landmark:
        return "most patients were followed for less than the landmark, so that the SE is too small"
    return "nobody was censored before the landmark (else the SE is a little small)"


def no_landmark(r: Reported, name: str) -> Refusal | None:
    if not (r.survival_t and r.survival_c):
        return Refusal(name, "needs the survival of both arms at one time")
    if not (0 < r.survival_t.value < 1 and 0 < r.survival_c.value < 1):
        return Refusal(name, "survival of 0 or 100% in an arm has no log hazard")
    return None
