"""Risk ratios, odds ratios and risk differences from counts, percentages and intervals, by hand; empty cells."""

from __future__ import annotations

from math import log, sqrt

import pytest
from tests.stats.effects_routes.reports import order, report, route

from trialpool.stats.effects.routes import ROUTES, derive

TABLE = {"events_t": 12, "n_t": 129, "events_c": 2, "n_c": 126}


@pytest.mark.parametrize(
    ("measure", "yi", "se"),
    [
        ("RR", log(12 / 129 / (2 / 126)), sqrt(1 / 12 - 1 / 129 + 1 / 2 - 1 / 126)),
        ("OR", log(12 * 124 / (117 * 2)), sqrt(1 / 12 + 1 / 117 + 1 / 2 + 1 / 124)),
        ("RD", 12 / 129 - 2 / 126, sqrt(12 * 117 / 129**3 + 2 * 124 / 126**3)),
    ],
)
def test_the_table_gives_each_measure(measure: str, yi: float, se: float) -> None:
    d = route("events and patients", measure=measure, **TABLE)
    assert (d.yi, d.se) == pytest.approx((yi, se), rel=1e-12)
    assert (d.yi_low, d.yi_high, d.se_low, d.se_high) == (d.yi, d.yi, d.se, d.se)
    assert d.assumptions == ()
    assert d.worked == f"a = 12 of n1 = 129, c = 2 of n2 = 126: {yi:.4f}, SE {se:.4f}"


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_percentages_answer_to_whole_patients(measure: str) -> None:
    d = route("percentages and patients", measure=measure, pct_t="9.3", n_t=129, pct_c="1.6", n_c=126)
    assert (d.yi, d.se) == (d.yi_low, d.se_low) == (d.yi_high, d.se_high)
    assert d.yi == route("events and patients", measure=measure, **TABLE).yi
    assert d.inputs == {"events_t": "12", "n_t": "129", "events_c": "2", "n_c": "126"}
    assert d.assumptions == ("9.3% of 129 and 1.6% of 126 are 12 and 2 patients", "the percentages are of the patients given")


def test_the_rounding_range_of_a_percentage_is_that_of_the_patients_that_print_as_it() -> None:
    """Of 129, 11 and 12 are 9%; of 126, 2 and 3 are 2%."""
    d = route("percentages and patients", measure="RR", pct_t="9", n_t=129, pct_c="2", n_c=126)
    assert d.yi == pytest.approx(log(12 / 129 / (3 / 126)), rel=1e-12)
    assert (d.yi_low, d.yi_high) == pytest.approx((log(11 / 129 / (3 / 126)), log(12 / 129 / (2 / 126))), rel=1e-12)


def test_a_percentage_that_no_number_of_patients_prints_as_is_taken_to_the_nearest() -> None:
    d = route("percentages and patients", measure="RD", pct_t="41.3", n_t=40, pct_c="20", n_c=40)
    assert d.inputs["events_t"] == "17"
    assert d.yi_low == d.yi == d.yi_high == pytest.approx(17 / 40 - 8 / 40)


@pytest.mark.parametrize(
    "counts",
    [
        {"events_t": 0, "n_t": 50, "events_c": 4, "n_c": 48},
        {"events_t": 4, "n_t": 50, "events_c": 0, "n_c": 48},
        {"events_t": 50, "n_t": 50, "events_c": 40, "n_c": 48},
    ],
)
@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_an_empty_cell_has_a_half_added_and_says_so(measure: str, counts: dict[str, int]) -> None:
    d = route("events and patients", measure=measure, **counts)
    assert d.assumptions == ("0.5 is added to the four cells, one of which is empty",)
    a, b, c, e = (
        counts["events_t"] + 0.5,
        counts["n_t"] - counts["events_t"] + 0.5,
        counts["events_c"] + 0.5,
        counts["n_c"] - counts["events_c"] + 0.5,
    )
    by_hand = {"RR": log(a / (a + b) / (c / (c + e))), "OR": log(a * e / (b * c)), "RD": a / (a + b) - c / (c + e)}
    assert d.yi == pytest.approx(by_hand[measure], rel=1e-12)


@pytest.mark.parametrize("events", [0, 50])
def test_a_difference_can_be_had_where_nobody_or_everybody_had_the_event(events: int) -> None:
    d = route("events and patients", measure="RD", events_t=events, n_t=50, events_c=events, n_c=50)
    assert d.yi == 0
    assert d.se > 0
    assert [r.route for r in derive(report(measure="RR", events_t=events, n_t=50, events_c=events, n_c=50)).feasible] == []


def test_counts_come_before_percentages_and_these_before_intervals() -> None:
    printed = {"estimate": "5.86", "ci_low": "1.34", "ci_high": "25.67", "pct_t": "9.3", "pct_c": "1.6"}
    assert order(measure="RR", **TABLE, **printed) == ["events and patients", "percentages and patients", "estimate and interval"]
    assert ROUTES["RR"] == ROUTES["OR"] == ROUTES["RD"]


def test_the_interval_of_a_difference_is_on_its_own_scale() -> None:
    d = route("estimate and interval", measure="RD", estimate="0.055", ci_low="-0.005", ci_high="0.110")
    assert (d.yi, d.se) == pytest.approx((0.055, 0.115 / (2 * 1.959964)), rel=1e-6)
    turned = route("estimate and interval", measure="RD", estimate="0.055", ci_low="-0.005", ci_high="0.110", inverted=True)
    assert (turned.yi, turned.se) == (-d.yi, d.se)


@pytest.mark.parametrize(("estimate", "low", "high", "sign"), [("0.06", "0.01", "0.11", -1), ("-0.06", "-0.11", "-0.01", 1)])
def test_the_orientation_of_a_difference_is_told_by_zero_and_not_by_one(estimate: str, low: str, high: str, sign: int) -> None:
    d = route(
        "estimate and interval", measure="RD", estimate=estimate, ci_low=low, ci_high=high, inverted=None, favours="treatment"
    )
    assert d.yi == sign * float(estimate) == -0.06
