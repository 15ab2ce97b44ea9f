"""Every case of tests/reference/hr_routes.json (made in R; README-routes.md) is reproduced."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.stats.effects_routes.reports import by_route, report

from trialpool.review.in_numbers import in_numbers
from trialpool.review.report import Report
from trialpool.stats.effects.curve import Curve
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.routes import derive

Case = dict[str, Any]
CASES: list[Case] = json.loads((Path(__file__).parents[2] / "reference" / "hr_routes.json").read_text(encoding="utf-8"))["cases"]
BY_ID = {case["id"]: case for case in CASES}

NO_VALUE = {"hr_p_inequality", "hr_p_inequality_0001", "hr_p_gt", "hr_p_near_one", "p_no_direction", "median_not_reached"}


def interval(i: Case) -> Reported:
    return report(
        estimate=i["hr"], ci_low=i["lower"], ci_high=i["upper"], level=i["level"] / 100, inverted=i.get("comparison") is not None
    )


def by_p(i: Case) -> Reported:
    return report(estimate=i["hr"], p=i["p"], p_sides=i["sided"])


def favoured(i: Case) -> Any:
    return {"research": "treatment", "control": "control", None: None}[i["favours"]]


ARMS = (("t", "research"), ("c", "control"))


def one_limit(i: Case) -> Reported:
    """Through a row: there a one-sided limit of 97.5% becomes one of a 95% interval."""
    row = Report(
        study="s",
        outcome="OS",
        measure="HR",
        estimate=Decimal(i["hr"]),
        ci_high=Decimal(i["upper"]),
        ci_level=Decimal(str(i["level"])),
        ci_sides=i.get("sided", 2),
        orientation="treatment_vs_control",
        status="read",
    )
    return in_numbers(row, "HR")


def total(i: Case) -> dict[str, Any]:
    sizes = {"n_t": i["n_research"], "n_c": i["n_control"]} if "n_research" in i else {"allocation": (1.0, 1.0)}
    return {"events_total": i["total_events"]} | sizes | ({"favours": favoured(i)} if "favours" in i else {})


def survival(i: Case) -> dict[str, Any]:
    return {"survival_t": i["s_research"], "survival_c": i["s_control"], "landmark": float(i["time"])}


def curve(i: Case) -> Curve:
    """Survival is printed to three decimals, the 1 at the start exact."""
    s = {arm: tuple(Printed.of(f"{x:.3f}") if x < 1 else Printed.exact(1) for x in i[f"s_{name}"]) for arm, name in ARMS}
    at_risk = {arm: tuple(i[f"n_at_risk_{name}"]) if f"n_at_risk_{name}" in i else None for arm, name in ARMS}
    return Curve(
        times=tuple(map(float, i["t"])),
        s_t=s["t"],
        s_c=s["c"],
        at_risk_t=at_risk["t"],
        at_risk_c=at_risk["c"],
        follow_up_min=i.get("follow_up_min"),
        follow_up_max=i.get("follow_up_max"),
    )


def medians(i: Case) -> Case:
    reached = {"median_t": i["median_research"], "median_c": i["median_control"]}
    return {arm: median for arm, median in reached.items() if median != "not reached"}


ROUTES: dict[str, tuple[str, Callable[[Case], Reported]]] = {
    "hr_ci": ("estimate and interval", interval),
    "hr_ci_inverted": ("estimate and interval", interval),
    "hr_p": ("estimate and P", by_p),
    "hr_p_bound": ("estimate and P", by_p),
    "oe_v": ("O - E and V", lambda i: report(o_minus_e=i["o_minus_e"], v=i["v"])),
    "ci_only": ("interval alone", lambda i: report(ci_low=i["lower"], ci_high=i["upper"], level=i["level"] / 100)),
    "hr_one_limit": ("estimate and one limit", one_limit),
    "percent_reduction": (
        "estimate and interval",
        lambda i: report(
            reduction=i["reduction_percent"],
            reduction_low=i["lower_percent"],
            reduction_high=i["upper_percent"],
            level=i["level"] / 100,
        ),
    ),
    "oe_chisq": ("O - E and chi-squared", lambda i: report(o_minus_e=i["o_minus_e"], chi2=i["chisq"])),
    "obs_exp": (
        "observed and expected events",
        lambda i: report(events_t=i["o_research"], events_c=i["o_control"], expected_t=i["e_research"], expected_c=i["e_control"]),
    ),
    "p_total_events": ("P and total events", lambda i: report(p=i["p"], p_sides=i["sided"], **total(i))),
    "p_total_events_n": ("P and total events", lambda i: report(p=i["p"], p_sides=i["sided"], **total(i))),
    "chisq_total_events": ("chi-squared and total events", lambda i: report(chi2=i["chisq"], **total(i))),
    "hr_total_events": ("estimate and total events", lambda i: report(estimate=i["hr"], **total(i))),
    "events_person_time": (
        "events and time at risk",
        lambda i: report(
            events_t=i["events_research"],
            events_c=i["events_control"],
            time_t=i["person_time_research"],
            time_c=i["person_time_control"],
        ),
    ),
    "cox_coefficient": ("coefficient and SE", lambda i: report(coefficient=i["coef"], se_log=i["se"])),
    "hr_se": ("estimate and SE", lambda i: report(estimate=i["hr"], se_log=i["se_log_hr"])),
    "hr_se_natural": ("estimate and SE of the ratio", lambda i: report(estimate=i["hr"], se_ratio=i["se_hr"])),
    "landmark_se": (
        "landmark survival and its SE",
        lambda i: report(**survival(i), survival_se_t=i["se_research"], survival_se_c=i["se_control"]),
    ),
    "landmark_ci": (
        "landmark survival and intervals",
        lambda i: report(
            **survival(i),
            level=i["level"] / 100,
            **{f"survival_{edge}_{arm}": i[f"s_{name}_ci"][k] for arm, name in ARMS for k, edge in enumerate(("low", "high"))},
        ),
    ),
    # the curve itself is not public; what its intervals came to is printed: a hazard ratio and its information
    "km_intervals": ("estimate and V", lambda i: report(estimate=BA06_CURVE["hr"], v=BA06_CURVE["v"])),
    "km_intervals_at_risk": ("curve by interval risks", lambda i: report(curve=curve(i))),
    "km_intervals_piecewise_poisson": ("curve by piecewise Poisson", lambda i: report(curve=curve(i))),
    "km_intervals_no_at_risk": (
        "curve without numbers at risk",
        lambda i: report(curve=curve(i), n_t=i["n_research"], n_c=i["n_control"]),
    ),
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
        lambda i: report(
            **medians(i),
            events_t=i["events_research"],
            events_c=i["events_control"],
            events_total=i.get("total_events"),
            allocation=(1.0, 1.0),
        ),
    ),
    "landmark": (
        "landmark survival and patients",
        lambda i: report(
            survival_t=i["s_research"], survival_c=i["s_control"], n_t=i["n_research"], n_c=i["n_control"], landmark=i["time"]
        ),
    ),
}
BA06_CURVE = {"hr": "0.88", "v": "128.81"}  # Tierney et al. (2007): HR 0.88, V 128.81


def ours(case: Case) -> tuple[str, Reported]:
    name, make = ROUTES[case["route"]]
    return name, make(case["inputs"])


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def test_every_case_has_a_route() -> None:
    assert {case["route"] for case in CASES} == ROUTES.keys()
    assert len(CASES) == 59
    assert {case["id"] for case in CASES if case["expected"]["se"] is None} == NO_VALUE


@each([c for c in CASES if c["expected"]["se"] is not None])
def test_agrees_with_the_reference(case: Case) -> None:
    name, r = ours(case)
    d, expected, tolerance = by_route(derive(r))[name], case["expected"], case["tolerance"]
    assert d.yi == pytest.approx(expected["log_hr"], abs=tolerance["log_hr"])
    assert d.se == pytest.approx(expected["se"], abs=tolerance["se"])
    assert 1 / d.vi == pytest.approx(expected["v"], rel=2.1 * tolerance["se"] / expected["se"])


@each([c for c in CASES if "se_min" in c.get("also_expected", {})])
def test_rounding_leaves_open_what_the_reference_says(case: Case) -> None:
    name, r = ours(case)
    d, also = by_route(derive(r))[name], case["also_expected"]
    assert (d.se_low, d.se_high) == pytest.approx((also["se_min"], also["se_max"]), abs=1e-6)
    assert (d.yi_low, d.yi_high) == pytest.approx((also["log_hr_min"], also["log_hr_max"]), abs=1e-6)


@each([c for c in CASES if c["expected"]["se"] is None])
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
