"""Every case of tests/reference/hr_routes.json (made in R; README-routes.md): reproduced, or listed with what it waits for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.stats.effects_routes.reports import by_route, report

from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.routes import derive

Case = dict[str, Any]
CASES: list[Case] = json.loads((Path(__file__).parents[2] / "reference" / "hr_routes.json").read_text(encoding="utf-8"))["cases"]
BY_ID = {case["id"]: case for case in CASES}

TOTAL = "wants the events of both arms together; ours are by arm (485 cannot be halved)"
CURVES = "waits for curves"
LATER = {
    "ci_only": "waits for an estimate that is not printed",
    "hr_one_limit": "waits for a single limit",
    "percent_reduction": "is a way of writing, for the reader of statements",
    "oe_chisq": "waits for chi-squared",
    "obs_exp": "waits for expected events in both arms",
    "p_total_events": TOTAL,
    "p_total_events_n": TOTAL,
    "chisq_total_events": TOTAL,
    "hr_total_events": TOTAL,
    "events_person_time": "waits for person-time",
    "cox_coefficient": "waits for a coefficient with its SE",
    "hr_se": "waits for a printed SE",
    "hr_se_natural": "waits for a printed SE",
    "landmark_se": "waits for the SE of survival",
    "landmark_ci": "waits for the interval of survival",
    "km_intervals": CURVES,
    "km_intervals_at_risk": CURVES,
    "km_intervals_no_at_risk": CURVES,
    "km_intervals_piecewise_poisson": CURVES,
}
LATER_CASES = {"ba06_medians": TOTAL}
NO_VALUE = {"hr_p_bound", "hr_p_near_one", "p_no_direction", "median_not_reached"}


def interval(i: Case) -> Reported:
    return report(
        estimate=i["hr"], ci_low=i["lower"], ci_high=i["upper"], level=i["level"] / 100, inverted=i.get("comparison") is not None
    )


def by_p(i: Case) -> Reported:
    return report(estimate=i["hr"], p=i["p"], p_sides=i["sided"])


def favoured(i: Case) -> Any:
    return {"research": "treatment", "control": "control", None: None}[i["favours"]]


def medians(i: Case) -> Case:
    reached = {"median_t": i["median_research"], "median_c": i["median_control"]}
    return {arm: median for arm, median in reached.items() if median != "not reached"}


ROUTES: dict[str, tuple[str, Callable[[Case], Reported]]] = {
    "hr_ci": ("estimate and interval", interval),
    "hr_ci_inverted": ("estimate and interval", interval),
    "hr_p": ("estimate and P", by_p),
    "hr_p_bound": ("estimate and P", by_p),
    "oe_v": ("O - E and V", lambda i: report(o_minus_e=i["o_minus_e"], v=i["v"])),
    "p_events_by_arm": (
        "P and events",
        lambda i: report(p=i["p"], events_t=i["events_research"], events_c=i["events_control"], favours=favoured(i)),
    ),
    "hr_events_by_arm": (
        "estimate and events",
        lambda i: report(estimate=i["hr"], events_t=i["events_research"], events_c=i["events_control"]),
    ),
    "medians": (
        "medians and events",
        lambda i: report(**medians(i), events_t=i["events_research"], events_c=i["events_control"]),
    ),
    "landmark": (
        "landmark survival and patients",
        lambda i: report(
            survival_t=i["s_research"], survival_c=i["s_control"], n_t=i["n_research"], n_c=i["n_control"], landmark=i["time"]
        ),
    ),
}
# totals that halve exactly are events by arm of a 1:1 trial
HALVED = ("p_favours_control", "p_no_direction")


def halved(i: Case) -> Reported:
    return report(p=i["p"], events_t=i["total_events"] // 2, events_c=i["total_events"] // 2, favours=favoured(i))


def ours(case: Case) -> tuple[str, Reported]:
    if case["id"] in HALVED:
        return "P and events", halved(case["inputs"])
    name, make = ROUTES[case["route"]]
    return name, make(case["inputs"])


def covered(case: Case) -> bool:
    return case["id"] in HALVED or (case["route"] in ROUTES and case["id"] not in LATER_CASES)


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def later(case: Case) -> bool:
    return case["id"] in LATER_CASES or (case["route"] in LATER and case["id"] not in HALVED)


def test_every_case_is_reproduced_or_listed_with_a_reason() -> None:
    assert [case["id"] for case in CASES if covered(case) == later(case)] == []
    assert {c["route"] for c in CASES} == ROUTES.keys() | LATER.keys()
    assert sum(map(covered, CASES)) == 26


@each([c for c in CASES if covered(c) and c["expected"]["se"] is not None])
def test_agrees_with_the_reference(case: Case) -> None:
    name, r = ours(case)
    d, expected, tolerance = by_route(derive(r))[name], case["expected"], case["tolerance"]
    assert d.yi == pytest.approx(expected["log_hr"], abs=tolerance["log_hr"])
    assert d.se == pytest.approx(expected["se"], abs=tolerance["se"])
    assert 1 / d.vi == pytest.approx(expected["v"], rel=2.1 * tolerance["se"] / expected["se"])


@each([c for c in CASES if covered(c) and "se_min" in c.get("also_expected", {})])
def test_rounding_leaves_open_what_the_reference_says(case: Case) -> None:
    name, r = ours(case)
    d, also = by_route(derive(r))[name], case["also_expected"]
    assert (d.se_low, d.se_high) == pytest.approx((also["se_min"], also["se_max"]), abs=1e-6)
    assert (d.yi_low, d.yi_high) == pytest.approx((also["log_hr_min"], also["log_hr_max"]), abs=1e-6)


@each([c for c in CASES if covered(c) and c["expected"]["se"] is None])
def test_no_route_makes_a_value_where_the_reference_has_none(case: Case) -> None:
    assert derive(ours(case)[1]).best is None


@each([c for c in CASES if c["route"] == "hr_p_bound"])
def test_an_inequality_bounds_the_se(case: Case) -> None:
    bounds, also = ours(case)[1].se_bounds(case["expected"]["log_hr"]), case["also_expected"]
    assert bounds.high == pytest.approx(also.get("se_upper_bound", float("inf")), abs=1e-6)
    assert bounds.low == pytest.approx(also.get("se_lower_bound", 0.0), abs=1e-6)


# the trial BA06 (Lancet 1999;354:533), Tierney's example: 491 v 485 patients, 485 deaths, the split of which is not printed; the
# methods' table gives the HR to 3 decimals and the SE to 4
BA06 = {
    "estimate and P": (report(estimate="0.85", p="0.075"), 0.85, 0.0913),
    "estimate and interval": (report(estimate="0.85", ci_low="0.71", ci_high="1.02"), 0.85, 0.0924),
    "medians and events": (report(median_t="44", median_c="37.5", events_t=242, events_c=243), 0.852, 0.0908),
    "P and events": (report(p="0.075", events_t=242, events_c=243, favours="treatment"), 0.851, 0.0908),
    "landmark survival and patients": (
        report(survival_t="0.555", survival_c="0.500", n_t=491, n_c=485, landmark=36.0),
        0.849,
        0.0949,
    ),
    "O - E and V": (report(o_minus_e="-19.6", v="121.25"), 0.851, 0.0908),
}


@pytest.mark.parametrize("name", BA06)
def test_one_trial_by_many_routes(name: str) -> None:
    r, hr, se = BA06[name]
    d = by_route(derive(r))[name]
    assert 2.718281828459045**d.yi == pytest.approx(hr, abs=0.0006)
    assert d.se == pytest.approx(se, abs=0.00006)


def test_the_information_of_two_to_one_trials_is_less_than_a_quarter_of_the_events() -> None:
    """O R C / (R + C)^2 where the arms' shares of the events are those of their patients: V = 150 x 2/9."""
    case = BY_ID["p_two_to_one"]
    d = by_route(derive(report(p="0.03", events_t=100, events_c=50, n_t=200, n_c=100, favours="treatment")))["P and events"]
    assert (d.yi, d.se) == pytest.approx((case["expected"]["log_hr"], case["expected"]["se"]), abs=1e-9)
