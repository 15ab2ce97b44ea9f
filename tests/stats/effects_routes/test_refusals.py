"""Where no honest effect can be had, a route refuses and says why, in full."""

from __future__ import annotations

from typing import Any

import pytest
from tests.stats.effects_routes.reports import order, reason, report

from trialpool.errors import BadArgument
from trialpool.stats.effects.hazard_ratio import hazard_ratio
from trialpool.stats.effects.routes import ORDER, ROUTES, derive

EVENTS = {"events_t": 86, "events_c": 132}
ORIENTATION = "the orientation is not stated and nothing else in the row tells it"
LIMITS = "needs an estimate with both confidence limits"
NO_DIRECTION = "nothing in the row tells which arm did better"
NO_EFFECT = " as printed leave no effect for P to measure"
HUNDRED = "survival of 0 or 100% in an arm has no log hazard"

REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "limit missing": (
        "estimate and interval",
        {"estimate": "0.6", "ci_low": "0.5"},
        LIMITS,
    ),
    "limits swapped": (
        "estimate and interval",
        {"estimate": "0.6", "ci_low": "0.7", "ci_high": "0.5"},
        "needs an estimate and limits above zero, the lower limit below the upper",
    ),
    "limits equal": (
        "estimate and interval",
        {"estimate": "1.00", "ci_low": "1.00", "ci_high": "1.00"},
        "needs an estimate and limits above zero, the lower limit below the upper",
    ),
    "no orientation": (
        "estimate and interval",
        {"estimate": "0.6", "ci_low": "0.5", "ci_high": "0.7", "inverted": None},
        ORIENTATION,
    ),
    "no orientation, P": ("estimate and P", {"estimate": "0.6", "p": "0.01", "inverted": None}, ORIENTATION),
    "no orientation, equal arms": (
        "estimate and events",
        {"estimate": "0.6", "events_t": 50, "events_c": 50, "inverted": None},
        ORIENTATION,
    ),
    "V of 0": ("O - E and V", {"o_minus_e": "-3", "v": "0"}, "needs the log-rank O - E and its variance"),
    "HR of 1.00 with P": (
        "estimate and P",
        {"estimate": "1.00", "p": "0.98"},
        "an estimate that prints as 1.00 leaves no effect for P to measure",
    ),
    "HR of 1.0 with P": (
        "estimate and P",
        {"estimate": "1.0", "p": "0.6"},
        "an estimate that prints as 1.0 leaves no effect for P to measure",
    ),
    "P of 1": ("estimate and P", {"estimate": "0.98", "p": "1"}, "needs an estimate with an exact P value"),
    "P of 0": ("estimate and P", {"estimate": "0.6", "p": "0.000"}, "needs an estimate with an exact P value"),
    "P below": (
        "estimate and P",
        {"estimate": "0.62", "p": "<0.001"},
        "P < 0.001 is no value of P: with this estimate the SE is at most 0.1453",
    ),
    "P above, with an estimate": (
        "estimate and P",
        {"estimate": "0.95", "p": ">0.05"},
        "P > 0.05 is no value of P: with this estimate the SE is at least 0.0262",
    ),
    "P below of no effect": ("estimate and P", {"estimate": "1.00", "p": "<0.5"}, "P < 0.5 is no value of P"),
    "P above": ("P and events", {"p": ">0.05", "favours": "treatment"} | EVENTS, "needs an exact P value"),
    "one-sided P of a half": (
        "estimate and P",
        {"estimate": "0.9", "p": "0.5", "p_sides": 1},
        "a one-sided P = 0.5 has no z to measure an effect by",
    ),
    "more information than events carry": (
        "estimate and P",
        {"estimate": "0.90", "p": "0.01"} | EVENTS,
        # ln 0.9 = -0.1054, z = 2.576; sqrt(1/86 + 1/132)
        "P = 0.01 would give the SE 0.0409, and 0.1386 is the least possible with the reported events",
    ),
    "more information than patients carry": (
        "medians and P",
        {"median_t": "22.0", "median_c": "20.0", "p": "0.001", "n_t": 100, "n_c": 100},
        # ln(22/20) = 0.0953, z = 3.291; sqrt(2/100)
        "P = 0.001 would give the SE 0.0290, and 0.1414 is the least possible with all patients having the event",
    ),
    "no events in an arm": (
        "estimate and events",
        {"estimate": "0.2", "events_t": 0, "events_c": 9},
        "needs an estimate with events in both arms",
    ),
    "no events in an arm, P": (
        "P and events",
        {"p": "0.01", "events_t": 0, "events_c": 9, "favours": "treatment"},
        "needs an exact P value with events in both arms",
    ),
    "no direction": (
        "P and events",
        {"p": "0.40", "events_t": 100, "events_c": 100},
        NO_DIRECTION,
    ),
    "no direction, one arm's patients": (
        "P and events",
        {"p": "0.40", "n_t": 200} | EVENTS,
        NO_DIRECTION,
    ),
    "equal medians with P": (
        "medians and P",
        {"median_t": "26", "median_c": "26", "p": "0.8"},
        f"26 and 26{NO_EFFECT}",
    ),
    "medians that may be equal": (
        "medians and P",
        {"median_t": "26", "median_c": "27", "p": "0.03"},
        f"26 and 27{NO_EFFECT}",
    ),
    "survival that may be equal": (
        "landmark survival and P",
        {"survival_t": "0.65", "survival_c": "0.648", "p": "0.03"},
        f"0.65 and 0.648{NO_EFFECT}",
    ),
    "nobody died": (
        "landmark survival and patients",
        {"survival_t": "1.00", "survival_c": "0.90", "n_t": 50, "n_c": 50},
        HUNDRED,
    ),
    "everybody died": ("landmark survival and P", {"survival_t": "0.10", "survival_c": "0.00", "p": "0.03"}, HUNDRED),
    "one arm's survival": (
        "landmark survival and patients",
        {"survival_t": "0.50", "n_t": 50, "n_c": 50},
        "needs the survival of both arms at one time",
    ),
    "survival without patients": (
        "landmark survival and patients",
        {"survival_t": "0.50", "survival_c": "0.40"},
        "needs the patients of both arms",
    ),
    "median not reached": (
        "medians and events",
        {"median_c": "27", "events_t": 40, "events_c": 70},
        "needs the medians of both arms with events, or with patients and follow-up",
    ),
    "medians without patients": (
        "medians and patients",
        {"median_t": "46", "median_c": "27"},
        "needs the medians and the patients of both arms",
    ),
    "nothing to expect events from": (
        "P and expected events",
        {"p": "0.01", "n_t": 50, "n_c": 50, "favours": "treatment"},
        "needs an exact P value, patients by arm, and medians or landmark survival",
    ),
    "no events expected": (
        "estimate and expected events",
        {"estimate": "0.5", "survival_t": "1.00", "survival_c": "0.90", "n_t": 50, "n_c": 50, "landmark": 12.0},
        "needs an estimate, patients by arm, and medians or landmark survival",
    ),
    "one limit with the other": (
        "estimate and one limit",
        {"estimate": "0.6", "ci_low": "0.5", "ci_high": "0.7"},
        "needs an estimate with one confidence limit, the other not being known",
    ),
    "a limit on the wrong side": (
        "estimate and one limit",
        {"estimate": "0.6", "ci_high": "0.5"},
        "needs an estimate above zero with its limit on the right side of it",
    ),
    "an interval with its estimate": (
        "interval alone",
        {"estimate": "0.6", "ci_low": "0.5", "ci_high": "0.7"},
        "needs an interval whose estimate is not printed",
    ),
    "a coefficient without orientation": (
        "coefficient and SE",
        {"coefficient": "-0.5", "se_log": "0.1", "inverted": None},
        ORIENTATION,
    ),
    "O - E of 0": (
        "O - E and chi-squared",
        {"o_minus_e": "0.0", "chi2": "0.1"},
        "an O - E of 0.0 leaves no effect for chi-squared to measure",
    ),
    "HR of 1.00 with chi-squared": (
        "estimate and chi-squared",
        {"estimate": "1.00", "chi2": "0.1"},
        "an estimate that prints as 1.00 leaves no effect for P to measure",
    ),
    "total events without sizes": (
        "P and total events",
        {"p": "0.04", "events_total": 200, "favours": "treatment"},
        "needs an exact P value with the events of both arms together, and the arms' sizes or their ratio",
    ),
    "chi-squared without direction": (
        "chi-squared and total events",
        {"chi2": "4.2", "events_total": 200, "allocation": (1.0, 1.0)},
        NO_DIRECTION,
    ),
    "more information than the events of both arms carry": (
        "estimate and chi-squared",
        {"estimate": "0.90", "chi2": "6.63", "events_total": 218, "allocation": (1.0, 1.0)},
        # ln 0.9 = -0.1054, sqrt(6.63) = 2.575; sqrt(4/218)
        "chi2 = 6.63 would give the SE 0.0409, and 0.1355 is the least possible with the reported events of both arms together",
    ),
    "survival without its SE": (
        "landmark survival and its SE",
        {"survival_t": "0.6", "survival_c": "0.5", "survival_se_t": "0.03"},
        "needs the SE of survival in both arms",
    ),
    "no events in either arm": (
        "events and patients",
        {"measure": "RR", "events_t": 0, "n_t": 50, "events_c": 0, "n_c": 50},
        "no events, or nothing but events, in both arms say nothing of a ratio",
    ),
    "nothing but events": (
        "events and patients",
        {"measure": "OR", "events_t": 50, "n_t": 50, "events_c": 40, "n_c": 40},
        "no events, or nothing but events, in both arms say nothing of a ratio",
    ),
    "no events by percentages": (
        "percentages and patients",
        {"measure": "RR", "pct_t": "0", "n_t": 50, "pct_c": "0.0", "n_c": 50},
        "no events, or nothing but events, in both arms say nothing of a ratio",
    ),
    "more events than patients": (
        "events and patients",
        {"measure": "RR", "events_t": 60, "n_t": 50, "events_c": 2, "n_c": 50},
        "there are more events than patients",
    ),
    "events without patients": (
        "events and patients",
        {"measure": "RR", "events_t": 6, "events_c": 2},
        "needs the events and patients of both arms",
    ),
    "percentages without patients": (
        "percentages and patients",
        {"measure": "RR", "pct_t": "6", "pct_c": "2"},
        "needs the percentages with the event and the patients of both arms",
    ),
    "ratio without limits": (
        "estimate and interval",
        {"measure": "RR", "estimate": "1.5"},
        LIMITS,
    ),
    "ratio without orientation": (
        "estimate and interval",
        {"measure": "OR", "estimate": "1.5", "ci_low": "1.0", "ci_high": "2.2", "inverted": None},
        ORIENTATION,
    ),
    "ratio below zero": (
        "estimate and interval",
        {"measure": "RR", "estimate": "0.5", "ci_low": "-0.1", "ci_high": "1.1"},
        "needs an estimate and limits above zero",
    ),
    "difference with swapped limits": (
        "estimate and interval",
        {"measure": "RD", "estimate": "0.05", "ci_low": "0.11", "ci_high": "-0.01"},
        "needs a lower limit below the upper",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_says_why_a_route_leads_nowhere(case: str) -> None:
    name, figures, why = REFUSALS[case]
    assert reason(name, **figures) == why


@pytest.mark.parametrize("measure", ROUTES)
def test_a_report_of_nothing_is_refused_by_every_route(measure: str) -> None:
    results = derive(report(measure=measure))
    assert results.best is None
    assert {r.route for r in results.refused} <= set(ORDER)
    assert len(results.refused) == len(ROUTES[measure])
    assert all(r.reason.startswith("needs ") for r in results.refused)


def test_a_p_value_that_the_patients_could_not_give_leaves_the_effect_to_the_next_route() -> None:
    assert order(median_t="22.0", median_c="20.0", p="0.001", n_t=100, n_c=100) == ["P and expected events", "medians and patients"]


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.5, float("nan")])
def test_a_level_that_is_none_is_refused_at_the_border(level: float) -> None:
    with pytest.raises(BadArgument) as refused:
        hazard_ratio(hr=[0.6], ci_low=[0.5], ci_high=[0.7], level=level)
    assert str(refused.value) == f"level={level!r} is not between 0 and 1. For a 95% interval give 0.95."
