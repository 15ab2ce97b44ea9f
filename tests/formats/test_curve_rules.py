"""Curves and numbers at risk in a row: what cannot be, with its place and mend; and what can, to its effect."""

from __future__ import annotations

import pytest
from tests.formats.folders import folder, problems, row

from trialpool.formats.review_folder import read_review
from trialpool.review.in_numbers import in_numbers
from trialpool.stats.effects.routes import derive

CURVE = {
    "curve_times": "0 12 24", "curve_t": "100 87 76", "curve_c": "100 73 53", "at_risk_t": "231 190 120", "at_risk_c": "229 160 80",
}  # fmt: skip
PLACE = "error: results/os.csv, row 2, column "
SAID = {
    "rises": (
        {"curve_t": "100 76 87"},
        ("curve_t: number 3, 87, is above the one before it, 76: a curve of survival never does. Correct the "
        "one that was misread."),
    ),
    "begins below": ({"curve_t": "98 87 76"}, "curve_t: the curve begins at 98. Begin with 100 at time 0."),
    "in shares": (
        {"curve_t": "1 0.87 0.76"},
        ("curve_t: the curve begins at 1. Give percentages: 100 where everybody is free of the "
        "event."),
    ),
    "beyond 100": ({"curve_t": "100 187 76"}, "curve_t: 187 is outside 0 to 100. Give percentages."),
    "times out of order": ({"curve_times": "0 24 12"}, "curve_times: 12 stands after 24. Give the times in rising order."),
    "times from later": (
        {"curve_times": "6 12 24"},
        ("curve_times: the first time is 6. Begin with 0, where everybody is free of the "
        "event."),
    ),
    "too few": ({"curve_t": "100 87"}, "curve_t: 2 numbers for 3 times. Give one for each time."),
    "risk table longer": ({"at_risk_c": "229 160 80 10"}, "at_risk_c: 4 numbers for 3 times. Give one for each time."),
    "risk table rises": (
        {"at_risk_c": "229 80 160"},
        ("at_risk_c: number 3, 160, is above the one before it, 80: numbers at risk never do. Correct the one "
        "that was misread."),
    ),
    "half a patient": (
        {"at_risk_c": "229 160.5 80"},
        ("at_risk_c: 160.5 is not a number of patients. Give whole numbers, 0 or "
        "more."),
    ),
    "more than there are": ({"n_t": "200"}, "at_risk_t: 231 at risk of 200 patients. Correct it, or n_t."),
    "one arm": ({"at_risk_t": ""}, "at_risk_t: the other arm has numbers at risk. Give those of both arms, or of neither."),
    "no times": ({"curve_times": ""}, "curve_times: curve_t has numbers, and nothing says of which times. Give the times."),
    "one curve": (
        {"curve_c": ""},
        ("curve_c: there are times of curves, and this curve is missing. Give survival of both arms, or of "
        "neither."),
    ),
    "a word": (
        {"curve_t": "100 ninety 76"},
        ("curve_t: 'ninety' is not a number. Correct it, or leave the cell empty where nothing was "
        "reported."),
    ),
    "follow-up": (
        {"follow_up_min": "60", "follow_up_max": "24"},
        ("follow_up_min: the shortest follow-up of 60 is not below the longest of 24. Swap the two, or "
        "correct them."),
    ),
    "a ratio of arms": (
        {"allocation": "2"},
        ("allocation: '2' is not a ratio of two arms. Write 2:1 for two patients with treatment to one with "
        "control."),
    ),
    "total": (
        {"events_total": "200", "events_t": "86", "events_c": "132"},
        ("events_total: the arms have 86 and 132 events, and not 200. Correct one of "
        "them."),
    ),
    "total beyond patients": (
        {"events_total": "500", "n_t": "231", "n_c": "229"},
        ("events_total: 500 events among 460 patients. Correct it, or n_t and "
        "n_c."),
    ),
    "one-sided level": (
        {"ci_sides": "1", "ci_level": "5"},
        ("ci_level: 5 is no level of a one-sided limit. Write 97.5 for the limit of a 95% "
        "interval."),
    ),
    "reduction": (
        {"reduction": "125"},
        ("reduction: 125% leaves no hazard. Give the percentage by which the hazard is lower, below "
        "100."),
    ),
    "reduction out of limits": (
        {"reduction": "25", "reduction_low": "30"},
        ("reduction: the lower limit 30 is on the wrong side of the reduction 25. Correct the one that was "
        "mistyped."),
    ),
    "chi-squared": ({"chi2": "-3"}, "chi2: -3 is below 0. Chi-squared is not negative."),
    "SE of nothing": (
        {"estimate": "", "ci_low": "", "ci_high": "", "se_log": "0.1"},
        ("se_log: a standard error without an estimate or a coefficient. Give one of the "
        "two."),
    ),
    "survival out of limits": (
        {"survival_t": "60", "survival_low_t": "62", "survival_high_t": "70"},
        ("survival_t: the lower limit 62 is on the wrong side of 60. Correct the one that was "
        "mistyped."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_says_what_cannot_be_where_and_how_to_mend_it(tmp_path, case):
    cells, said = SAID[case]
    assert PLACE + said in problems(folder(tmp_path, results=[row(**(CURVE | cells))]))


def test_curves_lead_to_an_effect(tmp_path):
    read = read_review(folder(tmp_path, results=[row(**(CURVE | {"estimate": "", "ci_low": "", "ci_high": ""}))]))
    best = derive(in_numbers(read.reports[0], "HR")).best
    assert best.route == "curve by piecewise Poisson"
    assert best.inputs == CURVE | {"curve_t": "1 0.87 0.76", "curve_c": "1 0.73 0.53"}
    assert str(read.reports[0].curve_t) == "100 87 76"


def test_a_hazard_ratio_s_se_is_not_taken_for_another_measure_s(tmp_path):
    read = read_review(folder(tmp_path, results=[row(se_log="0.1", chi2="4.5", allocation="2:1", events_total="90")]))
    assert in_numbers(read.reports[0], "HR").se_log.value == 0.1
    other = in_numbers(read.reports[0], "RR")
    assert (other.se_log, other.chi2.value, other.allocation, other.events_total) == (None, 4.5, (2.0, 1.0), 90)
