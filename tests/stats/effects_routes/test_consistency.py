"""Printed figures that do not agree are found, and figures that agree are let be: tests/reference/checks.json, and laws."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from tests.stats.effects_routes.reports import report

from trialpool.stats.consistency.intervals import (
    CHECKS,
    direction_agrees,
    information_fits_events,
    log_symmetric,
    p_agrees_with_interval,
    p_range,
)
from trialpool.stats.effects.reported import Reported

Case = dict[str, Any]
CASES: list[Case] = json.loads((Path(__file__).parents[2] / "reference" / "checks.json").read_text(encoding="utf-8"))["cases"]


def printed_ratio(i: Case) -> Reported:
    p = {} if i.get("p") is None else {"p": (i["p_op"] if i["p_op"] != "=" else "") + i["p"].lstrip("<")}
    return report(estimate=i["hr"], ci_low=i["lower"], ci_high=i["upper"], level=i["level"] / 100, **p)


OURS: dict[str, Callable[[Case], Reported]] = {
    "hr_ci_p": printed_ratio,
    "v_vs_events": lambda i: report(
        estimate=i["hr"], ci_low=i["lower"], ci_high=i["upper"], events_t=i["events"][0], events_c=i["events"][1]
    ),
    "hr_vs_medians": lambda i: report(
        estimate=f"{i['hr']:.2f}", median_t=f"{i['median_research']:.1f}", median_c=f"{i['median_control']:.1f}"
    ),
}
LATER = {
    "rr_from_counts": "counts against the ratio printed beside them",
    "percent_of_n": "percentages against whole counts",
    "arms_sum": "arms against the total, which a report does not have",
    "events_le_n": "said where the row is read (report_rules.py)",
    "os_events_le_pfs": "one outcome against another",
    "median_order": "one outcome against another",
    "rate_order": "one outcome against another",
    "at_risk_monotone": "numbers at risk",
    "at_risk_le_n_s": "numbers at risk",
    "headline_vs_result": "words against results",
}
# which of our checks speaks up
FOUND_BY: dict[str, set[str]] = {
    "morgan_mislabelled": {"log_symmetric"},
    "bmj_ong_mortality": {"log_symmetric"},
    "typo_upper": {"log_symmetric"},
    "asymmetric_profile": {"log_symmetric"},
    "decision_flip_1": {"p_agrees_with_interval"},
    "decision_flip_2": {"p_agrees_with_interval"},
    "p_too_small_for_ci": {"p_agrees_with_interval"},
    "wrong_level": {"p_agrees_with_interval"},
    "direction_median": {"direction_agrees"},
    "info_cap_bad": {"information_fits_events"},
}
MINE = [case for case in CASES if case["check"] in OURS]


def found(r: Reported) -> dict[str, list[tuple[str, str, str]]]:
    """What each check says, of those that say something."""
    said = {check.__name__: list(check(r)) for check in CHECKS}
    return {name: findings for name, findings in said.items() if findings}


def test_every_case_falls_under_our_checks_or_is_listed_with_a_reason() -> None:
    assert {case["check"] for case in CASES} == OURS.keys() | LATER.keys()
    assert set(FOUND_BY) == {case["id"] for case in MINE if case["verdict"] != "ok"}


@pytest.mark.parametrize("case", MINE, ids=[case["id"] for case in MINE])
def test_agrees_with_the_verdict(case: Case) -> None:
    assert set(found(OURS[case["check"]](case["inputs"]))) == FOUND_BY.get(case["id"], set())


@pytest.mark.parametrize("case", [c for c in MINE if c["detail"].get("p_max", 0) > 1e-5], ids=lambda c: c["id"])
def test_the_range_of_p_is_that_of_the_reference_made_wider_by_six_percent_in_z(case: Case) -> None:
    low, high = p_range(printed_ratio(case["inputs"]))
    widest, narrowest = (-ndtri(case["detail"][name] / 2) for name in ("p_min", "p_max"))
    assert low == pytest.approx(2 * ndtr(-1.06 * widest), abs=2e-5)
    assert high == pytest.approx(2 * ndtr(-0.94 * narrowest), abs=2e-5)


def test_the_flagships_overall_survival_agrees_with_its_p() -> None:
    """HR 0.93 (0.85-1.01) with P = .082: P is 0.099 by the printed figures, and 0.059 to 0.151 by what they were rounded from."""
    assert found(report(estimate="0.93", ci_low="0.85", ci_high="1.01", p="0.082")) == {}


TYPED_WRONG = (
    "RR 1.21 is not in the middle of 0.95 to 1.14 on the log scale: that is 1.04; with 1.21 and 0.95 right, the upper limit would "
    "be 1.54"
)
WHAT: dict[str, tuple[Reported, tuple[str, str, str]]] = {
    "log_symmetric": (
        report(estimate="1.21", ci_low="0.95", ci_high="1.14", measure="RR"),
        (
            "estimate",
            TYPED_WRONG,
            "Look whether a digit was mistyped; a profile, exact or repeated interval need not be symmetric",
        ),
    ),
    "p_agrees_with_interval": (
        report(estimate="0.65", ci_low="0.50", ci_high="0.84", p="0.006"),
        (
            "p",
            "P = 0.006 does not agree with 0.65 (0.50 to 0.84), whose P is between 0.00029 and 0.0036",
            "Look which of them was mistyped; a P of another test (stratified, adjusted) may differ",
        ),
    ),
    "information_fits_events": (
        report(estimate="0.60", ci_low="0.52", ci_high="0.70", events_t=86, events_c=132),
        (
            "ci_low",
            # 0.60 x exp(-+1.96 / sqrt(52.07))
            "the interval 0.52 to 0.70 is narrower than 86 and 132 events allow; the narrowest is 0.46 to 0.79",
            "Look whether the level is another, or the events are of another analysis",
        ),
    ),
    "direction_agrees": (
        report(estimate="0.72", median_t="21.0", median_c="27.0"),
        (
            "median_t",
            "HR 0.72 favours treatment, but medians of 21.0 with treatment and 27.0 with control favour control",
            "Look at the orientation, and whether the arms were swapped; curves that cross can do this too",
        ),
    ),
}


@pytest.mark.parametrize("check", WHAT)
def test_says_what_is_wrong_and_how_to_mend_it(check: str) -> None:
    r, said = WHAT[check]
    assert found(r)[check] == [said]


def test_the_words_of_the_source_are_held_against_the_estimate() -> None:
    """MRC Myeloma IX printed 1.44 beside the words that maintenance improved PFS: control against treatment."""
    assert list(direction_agrees(report(estimate="1.44", inverted=True, favours="treatment"))) == []
    assert list(direction_agrees(report(estimate="1.44", favours="treatment"))) == [
        (
            "favours",
            "HR 1.44 favours control, the words of the source treatment",
            "Look at the orientation, and whether the arms were swapped; curves that cross can do this too",
        )
    ]


@pytest.mark.parametrize(
    "r",
    [
        report(estimate="0.72", inverted=None, median_t="21", median_c="27"),
        report(estimate="1.00", median_t="21", median_c="27"),
        report(estimate="0.72", median_t="27", median_c="27"),
        report(estimate="0.72", median_t="26.6", median_c="27"),
        report(estimate="0.72", inverted=True, median_t="21", median_c="27"),
        report(estimate="-0.72", measure="RD", survival_t="0.4", survival_c="0.5"),
    ],
)
def test_no_direction_is_held_against_figures_that_leave_it_open(r: Reported) -> None:
    assert list(direction_agrees(r)) == []


@pytest.mark.parametrize(
    "figures",
    [
        {"estimate": "0.62", "ci_low": "0.57"},
        {"ci_low": "0.57", "ci_high": "0.67", "p": "0.5"},
        {"estimate": "0.62", "ci_low": "0.67", "ci_high": "0.57", "p": "0.5"},
        {"estimate": "0.06", "ci_low": "0.01", "ci_high": "0.11", "measure": "RD", "p": "0.9"},
        {"estimate": "0.0", "ci_low": "0.0", "ci_high": "0.4", "p": "0.9"},
        {"estimate": "0.65", "ci_low": "0.50", "ci_high": "0.84", "p": "0.4", "p_sides": 1},
    ],
)
def test_what_is_not_a_ratio_with_its_interval_is_not_judged_as_one(figures: dict[str, Any]) -> None:
    assert found(report(**figures)) == {}


EFFECT, ERROR = st.floats(-1.5, 1.5), st.floats(0.03, 0.6)


def wald(theta: float, se: float, decimals: int = 2, *, level: float = 0.95, **more: Any) -> Reported:
    half = -ndtri((1 - level) / 2) * se
    names = ("estimate", "ci_low", "ci_high")
    ratio = {n: f"{exp(x):.{decimals}f}" for n, x in zip(names, (theta, theta - half, theta + half), strict=True)}
    return report(level=level, **ratio, **more)


@given(EFFECT, ERROR, st.sampled_from([1, 2, 3]), st.sampled_from([0.9, 0.95, 0.99]))
def test_wald_intervals_are_never_found_fault_with(theta: float, se: float, decimals: int, level: float) -> None:
    assert list(log_symmetric(wald(theta, se, decimals, level=level))) == []


@given(EFFECT, ERROR, st.sampled_from([2, 3, 4]), st.floats(0.95, 1.05))
def test_a_log_rank_p_beside_a_wald_interval_is_never_found_fault_with(theta: float, se: float, places: int, ratio: float) -> None:
    p = 2 * ndtr(-abs(theta) / se * ratio)
    printed = f"{p:.{places}f}" if round(p, places) > 0 else f"<{10**-places:.{places}f}"
    assert list(p_agrees_with_interval(wald(theta, se, p=printed))) == []


@given(EFFECT, st.integers(3, 2000), st.integers(3, 2000), st.floats(0.8, 1.0))
def test_an_interval_with_no_more_information_than_its_events_is_never_found_fault_with(
    theta: float, events_t: int, events_c: int, share: float
) -> None:
    se = sqrt((1 / events_t + 1 / events_c) / share)
    assert list(information_fits_events(wald(theta, se, events_t=events_t, events_c=events_c))) == []


@given(st.floats(-1.0, 1.5), st.floats(0.03, 0.1), st.sampled_from(["ci_low", "ci_high"]))
def test_a_limit_that_is_far_off_is_always_found(theta: float, se: float, limit: str) -> None:
    figures = {"estimate": exp(theta), "ci_low": exp(theta - 1.96 * se), "ci_high": exp(theta + 1.96 * se)}
    figures[limit] *= 0.6 if limit == "ci_low" else 1.7
    assert len(list(log_symmetric(report(**{name: f"{figure:.2f}" for name, figure in figures.items()})))) == 1


def profile(events_t: int, events_c: int) -> tuple[float, float, float]:
    """A hazard ratio of exponential arms with equal time at risk, and its 95% profile-likelihood limits."""
    theta = log(events_t / events_c)

    def fall(x: float) -> float:
        return events_t * (theta - x) - (events_t + events_c) * log((1 + exp(theta)) / (1 + exp(x))) - 3.841458820694124 / 2

    return exp(theta), exp(brentq(fall, theta - 3, theta)), exp(brentq(fall, theta, theta + 3))


@pytest.mark.parametrize("events", [200, 300, 500, 1000])
@pytest.mark.parametrize("share", [0.35, 0.4, 0.45, 0.5])
def test_profile_intervals_of_two_hundred_events_or_more_pass_for_symmetric(events: int, share: float) -> None:
    """Of trials with 60 events and fewer a third and more are asked about, of those with 100 few: the mend names such intervals."""
    events_t = round(share * events)
    for d in range(-3, 4):
        hr, low, high = profile(events_t + d, events - events_t - d)
        assert list(log_symmetric(report(estimate=f"{hr:.2f}", ci_low=f"{low:.2f}", ci_high=f"{high:.2f}"))) == []
