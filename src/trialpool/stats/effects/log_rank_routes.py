"""Routes from the sums of a log-rank test, and from events with the time at risk, to a log hazard ratio and its SE.

Formulas: Yusuf et al. (1985), Prog Cardiovasc Dis 27:335-371; Parmar, Torri & Stewart (1998), Stat Med 17:2815-2834; Tierney et
al. (2007), Trials 8:16. theta < 0 favours treatment.
"""

from __future__ import annotations

from math import log, sqrt

from trialpool.stats.effects.derivation import Refusal
from trialpool.stats.effects.deriving import Outcome, derivation
from trialpool.stats.effects.reported import Reported

OF_TREATMENT = "O - E is of the treatment arm"
MODERATE = "the effect is moderate: beyond a log HR of 0.4 (O - E) / V goes too far, and in arms of unequal size before"


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
        (OF_TREATMENT, MODERATE),
    )


def from_o_minus_e_and_chi_squared(r: Reported) -> Outcome:
    """V = (O - E)^2 / chi2, then as O - E and V."""
    name = "O - E and chi-squared"
    if not (r.o_minus_e and r.chi2 and r.chi2.value > 0):
        return Refusal(name, "needs the log-rank O - E with chi-squared")
    if r.o_minus_e.low <= 0 <= r.o_minus_e.high:
        return Refusal(name, f"an O - E of {r.o_minus_e} leaves no effect for chi-squared to measure")
    yi, se, V = (chi2 := r.chi2.value) / r.o_minus_e.value, sqrt(chi2) / abs(r.o_minus_e.value), r.o_minus_e.value**2 / chi2
    return derivation(
        name,
        lambda oe, chi2: (chi2 / oe, sqrt(chi2) / abs(oe)),
        {"o_minus_e": r.o_minus_e, "chi2": r.chi2},
        "V = (O - E)^2 / chi2; log HR = (O - E) / V; SE = 1 / sqrt(V)",
        f"V = {r.o_minus_e}^2 / {r.chi2} = {V:.2f}; {r.o_minus_e} / {V:.2f} = {yi:.4f}; 1 / sqrt({V:.2f}) = {se:.4f}",
        (OF_TREATMENT, "chi-squared is of the same log-rank test, with one degree of freedom", MODERATE),
    )


def from_observed_and_expected(r: Reported) -> Outcome:
    """theta = ln[(O_t/E_t)/(O_c/E_c)], V = 1/(1/E_t + 1/E_c)."""
    name = "observed and expected events"
    e_t, e_c = r.expected_t, r.expected_c
    if not (r.events and e_t and e_c and e_t.value > 0 and e_c.value > 0):
        return Refusal(name, "needs the observed and the log-rank expected events of both arms")
    o_t, o_c = r.events.t, r.events.c
    yi, se = log(o_t / e_t.value / (o_c / e_c.value)), sqrt(1 / e_t.value + 1 / e_c.value)
    return derivation(
        name,
        lambda t, c: (log(o_t / t / (o_c / c)), sqrt(1 / t + 1 / c)),
        {"expected_t": e_t, "expected_c": e_c},
        "log HR = ln[(O_t/E_t) / (O_c/E_c)]; SE = sqrt(1/E_t + 1/E_c)",
        f"ln[({o_t:g}/{e_t}) / ({o_c:g}/{e_c})] = {yi:.4f}; sqrt(1/{e_t} + 1/{e_c}) = {se:.4f}",
        ("the expected events are those of the log-rank test over all patients", "the effect is moderate"),
        extra={"events_t": f"{o_t:g}", "events_c": f"{o_c:g}"},
    )


def from_events_and_time(r: Reported) -> Outcome:
    """theta = ln[(d_t/T_t)/(d_c/T_c)], SE = sqrt(1/d_t + 1/d_c)."""
    name = "events and time at risk"
    if not (r.events and r.time_t and r.time_c and r.time_t.value > 0 and r.time_c.value > 0):
        return Refusal(name, "needs the events and the time at risk of both arms")
    d_t, d_c, se = r.events.t, r.events.c, r.events.se
    yi = log(d_t / r.time_t.value / (d_c / r.time_c.value))
    return derivation(
        name,
        lambda t, c: (log(d_t / t / (d_c / c)), se),
        {"time_t": r.time_t, "time_c": r.time_c},
        "log HR = ln[(d_t/T_t) / (d_c/T_c)]; SE = sqrt(1/d_t + 1/d_c)",
        f"ln[({d_t:g}/{r.time_t}) / ({d_c:g}/{r.time_c})] = {yi:.4f}; sqrt(1/{d_t:g} + 1/{d_c:g}) = {se:.4f}",
        ("hazards are constant in both arms, so that the ratio of rates is that of hazards",),
        extra={"events_t": f"{d_t:g}", "events_c": f"{d_c:g}"},
    )
