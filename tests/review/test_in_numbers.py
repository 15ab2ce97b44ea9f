"""A report as numbers: decimals as printed, shares for percentages, and nothing of another measure."""

from __future__ import annotations

import pytest

from trialpool.review.in_numbers import in_numbers
from trialpool.review.report import PValue, Report


def report(**cells):
    return Report(study="a-2001", outcome="OS", status="read", **cells)


def test_every_figure_goes_where_it_belongs():
    numbers = in_numbers(
        report(
            measure="HR", estimate="0.80", ci_low="0.60", ci_high="1.07", ci_level="90", orientation="control_vs_treatment",
            p=PValue(value="0.04", operator="<"), p_sides=1, events_t=10, n_t=100, events_c=20, n_c=99, pct_t="10", pct_c="20.2",
            median_t="30", median_c="24.5", landmark="36", survival_t="60", survival_c="52.5", o_minus_e="-3.1", v="12",
            follow_up="40", favours="treatment",
        ),
        "HR",
    )  # fmt: skip
    assert (numbers.estimate.value, numbers.ci_low.value, numbers.ci_high.value, numbers.level) == (0.80, 0.60, 1.07, 0.90)
    assert (numbers.inverted, numbers.p.value, numbers.p_operator, numbers.p_sides) == (True, 0.04, "<", 1)
    assert (numbers.events_t, numbers.n_t, numbers.events_c, numbers.n_c) == (10, 100, 20, 99)
    assert (numbers.pct_t.value, numbers.pct_c.value, numbers.median_t.value, numbers.median_c.value) == (10, 20.2, 30, 24.5)
    assert (numbers.landmark, numbers.survival_t.value, numbers.survival_c.value) == (36.0, 0.6, 0.525)
    assert (numbers.o_minus_e.value, numbers.v.value, numbers.follow_up.value, numbers.favours) == (-3.1, 12, 40.0, "treatment")


def test_an_empty_cell_is_a_thing_not_reported():
    numbers = in_numbers(report(), "HR")
    assert (numbers.estimate, numbers.p, numbers.inverted, numbers.events_t, numbers.landmark) == (None,) * 5
    assert (numbers.level, numbers.p_sides) == (0.95, 2)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_an_estimate_of_another_measure_is_left_aside(measure):
    numbers = in_numbers(report(measure="HR", estimate="0.80", ci_low="0.60", ci_high="1.07", events_t=4), measure)
    assert (numbers.estimate, numbers.ci_low, numbers.ci_high, numbers.events_t) == (None, None, None, 4)


@pytest.mark.parametrize(
    ("figures", "half"),
    [
        (("0.8", "0.60", "1.07"), 0.005),  # a spreadsheet dropped the last zero of 0.80
        (("0.8", "0.6", "1.1"), 0.05),
        (("0.800", "0.6", "1.07"), 0.005),  # three decimals of one say nothing of a third of the others
        (("1", "0", "2"), 0.5),
    ],
)
def test_figures_of_one_interval_have_the_decimals_of_the_longest_up_to_two(figures, half):
    estimate, low, high = figures
    numbers = in_numbers(report(measure="HR", estimate=estimate, ci_low=low, ci_high=high), "HR")
    assert numbers.ci_low.half == pytest.approx(half)


def test_a_percentage_keeps_what_its_rounding_leaves_open():
    assert in_numbers(report(survival_t="60"), "HR").survival_t.half == pytest.approx(0.005)
    assert in_numbers(report(survival_t="60.5"), "HR").survival_t.half == pytest.approx(0.0005)
