"""Routes from what a trial showed of its curves, landmark survival or medians, to a log hazard ratio and its standard error.

These come after the routes of `survival_routes.py`: a point or two of a curve say less than its events do. Formulas: Parmar,
Torri & Stewart (1998), Stat Med 17:2815-2834; Tierney et al. (2007), Trials 8:16. theta < 0 favours treatment throughout.
"""

from __future__ import annotations

from math import log, sqrt

from trialpool.stats.distributions import z_quantile
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
    events = r.counted_events or r.events_by_follow_up
    figures = {"survival_t": r.survival_t, "survival_c": r.survival_c} | dict(events.figures if events else {})

    def by_events(*values: float) -> float:
        named = dict(zip(figures, values, strict=True))
        return events.at(*(named[column] for column in events.figures)).se if events else 0.0

    def route(s_t: float, s_c: float, *rest: float) -> tuple[float, float]:
        uncensored = sqrt((1 - s_t) / (n_t * s_t * log(s_t) ** 2) + (1 - s_c) / (n_c * s_c * log(s_c) ** 2))
        return log(log(s_t) / log(s_c)), max(uncensored, by_events(s_t, s_c, *rest))

    at = tuple(f.value for f in figures.values())
    theta, se = route(*at)
    return clipped(
        r,
        name,
        route,
        figures,
        "log HR = ln(ln S_t / ln S_c); SE^2 = sum of (1 - S) / (n S (ln S)^2) over the arms",
        f"ln(ln {r.survival_t} / ln {r.survival_c}) = {theta:.4f}; SE with {_heads(r, events, se == by_events(*at))} = {se:.4f}",
        (f"{PROPORTIONAL} up to the landmark", _followed(r)),
        {"n_t": str(n_t), "n_c": str(n_c)},
    )


def from_landmark_and_se(r: Reported) -> Outcome:
    """theta = ln(ln S_t / ln S_c), var = sum over the arms of (SE(S) / (S ln S))^2, SE(S) by Greenwood's formula."""
    name = "landmark survival and its SE"
    refusal = no_landmark(r, name)
    if refusal:
        return refusal
    if not (r.survival_se_t and r.survival_se_c and r.survival_se_t.value > 0 and r.survival_se_c.value > 0):
        return Refusal(name, "needs the SE of survival in both arms")
    assert r.survival_t is not None
    assert r.survival_c is not None
    figures = {name: getattr(r, name) for name in ("survival_t", "survival_c", "survival_se_t", "survival_se_c")}
    theta, se = _of_standard_errors(*(f.value for f in figures.values()))
    return clipped(
        r,
        name,
        _of_standard_errors,
        figures,
        "log HR = ln(ln S_t / ln S_c); SE^2 = sum of (SE(S) / (S ln S))^2 over the arms",
        f"ln(ln {r.survival_t} / ln {r.survival_c}) = {theta:.4f}; SE from {r.survival_se_t} and {r.survival_se_c} = {se:.4f}",
        (f"{PROPORTIONAL} up to the landmark", "the SE is of survival itself, as a share (Greenwood)"),
        {},
    )


def from_landmark_and_intervals(r: Reported) -> Outcome:
    """The same with SE(S) = (U - L) / (2 z), an interval of survival on its own scale."""
    name = "landmark survival and intervals"
    refusal = no_landmark(r, name)
    if refusal:
        return refusal
    limits = ("survival_low_t", "survival_high_t", "survival_low_c", "survival_high_c")
    low_t, high_t, low_c, high_c = (getattr(r, limit) for limit in limits)
    if not (low_t and high_t and low_c and high_c and low_t.value < high_t.value and low_c.value < high_c.value):
        return Refusal(name, "needs the confidence limits of survival in both arms")
    assert r.survival_t is not None
    assert r.survival_c is not None
    z = z_quantile(r.level)

    def route(s_t: float, s_c: float, l_t: float, u_t: float, l_c: float, u_c: float) -> tuple[float, float]:
        return _of_standard_errors(s_t, s_c, (u_t - l_t) / (2 * z), (u_c - l_c) / (2 * z))

    figures = {name: getattr(r, name) for name in ("survival_t", "survival_c", *limits)}
    theta, se = route(*(f.value for f in figures.values()))
    widths = f"({high_t} - {low_t}) and ({high_c} - {low_c}), over 2 x {z:.4f}"
    return clipped(
        r,
        name,
        route,
        figures,
        "log HR = ln(ln S_t / ln S_c); SE(S) = (U - L) / (2 z); SE^2 = sum of (SE(S) / (S ln S))^2 over the arms",
        f"ln(ln {r.survival_t} / ln {r.survival_c}) = {theta:.4f}; SE from {widths} = {se:.4f}",
        (
            f"{PROPORTIONAL} up to the landmark",
            f"the intervals are {100 * r.level:g}% and symmetric about survival (those on the log-log scale are near it)",
        ),
        {"ci_level": f"{100 * r.level:g}"},
    )


def _of_standard_errors(s_t: float, s_c: float, se_t: float, se_c: float) -> tuple[float, float]:
    return log(log(s_t) / log(s_c)), sqrt((se_t / (s_t * log(s_t))) ** 2 + (se_c / (s_c * log(s_c))) ** 2)


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
    events = r.counted_events or r.events_by_follow_up
    if not (r.median_t and r.median_c and events):
        return Refusal(name, "needs the medians of both arms with events, or with patients and follow-up")
    of_medians = half_of_patients(r) or 0.0
    if of_medians > events.se:
        return _by_medians(r, name, f"half of {r.n_t} and {r.n_c} patients", (OF_MEDIANS,), events, least=of_medians)
    return _by_medians(r, name, f"{events.t:.0f} and {events.c:.0f} events", (events.how,), events, least=of_medians)


def from_medians_and_patients(r: Reported) -> Outcome:
    """theta = ln(m_c / m_t), SE = sqrt(2/n_t + 2/n_c): half of each arm, since the medians were reached."""
    name = "medians and patients"
    se = half_of_patients(r)
    if not (r.median_t and r.median_c and se):
        return Refusal(name, "needs the medians and the patients of both arms")
    why = "half of each arm had had the event, the medians having been reached (the SE is rough)"
    return _by_medians(r, name, f"half of {r.n_t} and {r.n_c} patients", (why,), None, least=se)


def _by_medians(
    r: Reported, name: str, what: str, assumptions: tuple[str, ...], events: ArmEvents | None, *, least: float
) -> Outcome:
    """The log ratio of medians with the SE that the events give, or the least that medians have."""
    assert r.median_t is not None
    assert r.median_c is not None

    def route(m_t: float, m_c: float, *rest: float) -> tuple[float, float]:
        return log(m_c / m_t), max(events.at(m_t, m_c, *rest).se, least) if events else least

    figures = {"median_t": r.median_t, "median_c": r.median_c} | dict(events.figures if events else {})
    se = route(*(f.value for f in figures.values()))[1]
    return clipped(
        r,
        name,
        route,
        figures,
        "log HR = ln(m_c / m_t); SE = sqrt(1/d_t + 1/d_c)",
        f"ln({r.median_c} / {r.median_t}) = {log(r.median_c.value / r.median_t.value):.4f}; SE from {what} = {se:.4f}",
        (EXPONENTIAL, *assumptions),
        {"n_t": str(r.n_t or ""), "n_c": str(r.n_c or "")},
    )


def _heads(r: Reported, events: ArmEvents | None, by_events: bool) -> str:
    return f"{events.t:.0f} and {events.c:.0f} events" if events and by_events else f"{r.n_t} and {r.n_c} patients"


def _followed(r: Reported) -> str:
    """What the SE of landmark survival takes for granted."""
    if r.follow_up and r.landmark and r.follow_up.value < r.landmark:
        return "most patients were followed for less than the landmark, so that the SE is too small"
    return "nobody was censored before the landmark (else the SE is a little small)"


def no_landmark(r: Reported, name: str) -> Refusal | None:
    if not (r.survival_t and r.survival_c):
        return Refusal(name, "needs the survival of both arms at one time")
    if not (0 < r.survival_t.value < 1 and 0 < r.survival_c.value < 1):
        return Refusal(name, "survival of 0 or 100% in an arm has no log hazard")
    return None
