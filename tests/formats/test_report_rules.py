"""A row of results/*.csv or published.csv that can't be right by itself: the cell, what was found, the mend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.refusals import refused
from tests.formats.folders import GOOD, RESULTS, counts, folder, problems, row

from trialpool.formats.report_rules import problems_of
from trialpool.formats.review_folder import read_review
from trialpool.review.report import Report

NO_RATIO = "A ratio is above 0; leave the cell empty where it was not reported"
SWAP = "Swap the two, or correct the one that was mistyped"
MISTYPED = "Correct the one that was mistyped"
ONE_DIGIT = "; this would agree: the estimate 0.62 (one digit)"
LOWER = "; this would agree: " + " or ".join(f"the lower limit {limit} (one digit)" for limit in ("0.5", "0.6", "0.4"))
EMPTY = "Leave the cell empty where it was not reported"
NOTHING = "Correct it, or leave the cell empty where nothing was reported"
ALONE = "Keep the number; what stands beside it has its own column, or goes into the note"

BAD_CELLS = [
    # intervals
    ({"estimate": "0.8", "ci_low": "0.9", "ci_high": "1.2"}, [
        f"estimate: the interval 0.9 to 1.2 does not hold its estimate 0.8. {MISTYPED}{LOWER}.",
    ]),
    ({"estimate": "1.3"}, [f"estimate: the interval 0.60 to 1.07 does not hold its estimate 1.3. {MISTYPED}."]),
    ({"ci_low": "1.2", "ci_high": "0.6"}, [f"ci_low: the lower limit 1.2 is above the upper limit 0.6. {SWAP}."]),
    ({"ci_low": "0.80", "ci_high": "0.80"}, [
        "ci_high: the interval 0.80 to 0.80 has no width. Give the limits to more decimals, or leave both empty.",
    ]),
    ({"ci_low": "0"}, [f"ci_low: 0 is no value of a ratio. {NO_RATIO}."]),
    ({"ci_low": "-0.60"}, [f"ci_low: -0.60 is no value of a ratio. {NO_RATIO}."]),
    ({"estimate": "-0.22", "ci_low": "-0.51", "ci_high": "0.07"}, [
        f"estimate: -0.22 is no value of a ratio. {NO_RATIO}.",
        f"ci_low: -0.51 is no value of a ratio. {NO_RATIO}.",
    ]),
    ({"ci_high": "inf"}, [f"ci_high: 'inf' is not a finite number. {NOTHING}."]),
    ({"ci_high": "1e999"}, ["ci_high: 1e999 is larger than anything reported. Correct it."]),
    ({"ci_level": "0.95"}, ["ci_level: 0.95 is not a percentage. Write 95."]),
    ({"ci_level": "100"}, ["ci_level: 100 is no level of an interval. Write 95 for a 95% interval."]),
    ({"ci_level": "-95"}, ["ci_level: -95 is not a percentage. Write 95."]),
    ({"measure": ""}, ["measure: the estimate has no measure. Give HR, RR, OR, RD, IRR, MD or SMD."]),
    ({"measure": "hazard ratio"}, ["measure: 'hazard ratio' is not one of HR, RR, OR, RD, IRR, MD, SMD. Use one of these."]),
    ({"measure": "RD", "estimate": "-5.2", "ci_low": "-9", "ci_high": "0.01"}, [
        "estimate: -5.2 is no difference of two proportions. Give it as a share: -0.052 if this is in percent.",
        "ci_low: -9 is no difference of two proportions. Give it as a share: -0.09 if this is in percent.",
    ]),
    # P values
    ({"p": "1.2"}, ["p: 1.2 is outside 0 to 1. Give P as a share, such as 0.03."]),
    ({"p": "-0.03"}, ["p: -0.03 is outside 0 to 1. Give P as a share, such as 0.03."]),
    ({"p": "3%"}, ["p: '3%' holds a percent sign. Give P as a share: 0.03."]),
    ({"p_sides": "3"}, ["p_sides: '3' is not one of 1, 2. Use one of these."]),
    # text in a number
    ({"estimate": "0,80"}, ["estimate: '0,80' has a decimal comma. Write 0.80."]),
    ({"estimate": "n/a"}, [f"estimate: 'n/a' is not a number. {NOTHING}."]),
    ({"estimate": "NaN"}, [f"estimate: 'NaN' is not a finite number. {NOTHING}."]),
    ({"estimate": "0.80 (0.60-1.07)"}, [f"estimate: '0.80 (0.60-1.07)' is not a number alone. {ALONE}."]),
    ({"estimate": "1_000"}, ["estimate: '1_000' separates thousands. Write 1000."]),
    ({"estimate": "\uff10.\uff18"}, ["estimate: '\uff10.\uff18' is not written in plain digits. Write 0.8."]),
    ({"estimate": "=A1"}, ["estimate: '=A1' is not a number. Only a P value takes a sign."]),
    # counts
    ({"events_t": "61", "n_t": "58"}, ["events_t: 61 events among 58 patients. Correct n_t, or swap the two."]),
    ({"events_c": "61", "n_c": "58"}, ["events_c: 61 events among 58 patients. Correct n_c, or swap the two."]),
    ({"events_t": "-1", "n_t": "-58"}, [
        "events_t: -1 is below 0. Counts are not negative.",
        "n_t: -58 is below 0. Counts are not negative.",
    ]),
    ({"events_t": "5.5"}, ["events_t: 5.5 is not a whole number. Counts are whole; a percentage has its own column."]),
    ({"events_t": "5%"}, [
        "events_t: '5%' is a percentage. Give the number of patients here; a percentage has its own column, pct_t or pct_c.",
    ]),
    ({"n_t": "1,204"}, ["n_t: '1,204' separates thousands. Write 1204."]),
    ({"events_t": "0", "n_t": "0"}, ["n_t: an arm of 0 patients. Leave the cell empty where the number was not reported."]),
    # shares and magnitudes
    ({"pct_t": "101", "pct_c": "-1"}, [
        "pct_t: 101 is outside 0 to 100. Give a percentage.",
        "pct_c: -1 is outside 0 to 100. Give a percentage.",
    ]),
    ({"survival_t": "100.5"}, ["survival_t: 100.5 is outside 0 to 100. Give a percentage."]),
    ({"median_t": "0", "median_c": "-3"}, [
        f"median_t: 0 is not above 0. {EMPTY}.",
        f"median_c: -3 is not above 0. {EMPTY}.",
    ]),
    ({"landmark": "0", "follow_up": "-12"}, [
        f"landmark: 0 is not above 0. {EMPTY}.",
        f"follow_up: -12 is not above 0. {EMPTY}.",
    ]),
    ({"o_minus_e": "-3.1", "v": "0"}, [f"v: 0 is not above 0. {EMPTY}."]),
    ({"v": "-12"}, [f"v: -12 is not above 0. {EMPTY}."]),
    ({"v": "inf"}, [f"v: 'inf' is not a finite number. {NOTHING}."]),
    ({"v": "nan"}, [f"v: 'nan' is not a finite number. {NOTHING}."]),
    ({"sd_t": "0", "sd_c": "-1"}, [f"sd_t: 0 is not above 0. {EMPTY}.", f"sd_c: -1 is not above 0. {EMPTY}."]),
    # words
    ({"status": ""}, ["status: the cell is empty. Give one of read, author, derived, recalled."]),
    ({"status": "seen"}, ["status: 'seen' is not one of read, author, derived, recalled. Use one of these."]),
    ({"use": "maybe"}, ["use: 'maybe' is not one of yes, no. Use one of these."]),
    ({"favours": "drug"}, ["favours: 'drug' is not one of treatment, control. Use one of these."]),
    ({"orientation": "treatment vs control"}, [
        "orientation: 'treatment vs control' is not one of treatment_vs_control, control_vs_treatment. Use one of these.",
    ]),
    ({"outcome": ""}, ["outcome: the cell is empty. Every row needs it."]),
    ({"study": ""}, ["study: the cell is empty. Every row needs it."]),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "messages"), BAD_CELLS)
def test_a_bad_cell_is_refused(tmp_path, cells, messages):
    made = folder(tmp_path, results=[*RESULTS, row(**cells)])
    assert refused(made) == [f"results/os.csv, row 5, column {message}" for message in messages]


def test_every_bad_cell_of_every_row_is_said_at_once(tmp_path):
    made = folder(tmp_path, results=[row(**cells) for cells, _ in BAD_CELLS])
    said = refused(made)
    expected = [
        f"results/os.csv, row {number}, column {message}"
        for number, (_, messages) in enumerate(BAD_CELLS, start=2)
        for message in messages
    ]
    assert said == expected


@pytest.mark.parametrize(
    "cells",
    [
        {"estimate": "0.8", "ci_low": "0.84", "ci_high": "1.2"},
        {"estimate": "1", "ci_low": "0.60", "ci_high": "0.99"},
        {"ci_low": "", "ci_high": ""},
        {"p": "<0.001"},
        {"ci_level": "90"},
        {"events_t": "0", "n_t": "58"},
        {"events_t": "58", "n_t": "58"},
        {"measure": "hr", "orientation": "Treatment_vs_control", "status": "READ"},
        {"measure": "RD", "estimate": "-0.05", "ci_low": "-0.1", "ci_high": "0"},
        {"survival_t": "0", "survival_c": "100"},
    ],
)
def test_what_rounding_and_rare_events_can_do_is_accepted(tmp_path, cells):
    assert problems(folder(tmp_path, results=[*RESULTS, row(**cells)])) == []


@pytest.mark.parametrize(("empty", "other", "value"), [("ci_low", "ci_high", "0.98"), ("ci_high", "ci_low", "0.60")])
def test_one_limit_without_the_other_is_a_warning(tmp_path, empty, other, value):
    alone = row(estimate="0.80", p="0.03", **{empty: "", other: value})
    said = f"{empty}: {other} is {value} and this cell is empty. Give both limits where both are known."
    made = folder(tmp_path, results=[*RESULTS, alone])
    assert problems(made) == [f"warning: results/os.csv, row 5, column {said}"]
    assert len(read_review(made).reports) == 4


def test_an_interval_may_miss_its_estimate_by_the_rounding_of_the_estimate_and_no_more():
    def wrong(estimate, low):
        report = Report(study="a", outcome="OS", measure="HR", estimate=estimate, ci_low=low, ci_high="1.2", status="read")
        return [str(problem.column) for problem in problems_of(report)]

    assert wrong("0.8", "0.85") == []
    assert wrong("0.8", "0.851") == ["estimate"]
    assert wrong("0.80", "0.81") == ["estimate"]


@pytest.mark.parametrize(
    ("cells", "messages"),
    [
        ({"ci_low": "0.67", "ci_high": "0.57"}, [f"ci_low: the lower limit 0.67 is above the upper limit 0.57. {SWAP}."]),
        ({"estimate": "0.72"}, [f"estimate: the interval 0.57 to 0.67 does not hold its estimate 0.72. {MISTYPED}{ONE_DIGIT}."]),
        ({"estimate": "0", "ci_low": "-1"}, [
            f"estimate: 0 is no value of a ratio. {NO_RATIO}.",
            f"ci_low: -1 is no value of a ratio. {NO_RATIO}.",
        ]),
        ({"estimate": "0,62"}, ["estimate: '0,62' has a decimal comma. Write 0.62."]),
        ({"ci_level": "0.95"}, ["ci_level: 0.95 is not a percentage. Write 95."]),
        ({"p": "2"}, ["p: 2 is outside 0 to 1. Give P as a share, such as 0.03."]),
        ({"k": "many"}, [f"k: 'many' is not a number. {NOTHING}."]),
        ({"n": "7730.5"}, ["n: 7730.5 is not a whole number. Counts are whole; a percentage has its own column."]),
        ({"events_t": "5", "n_t": "4"}, ["events_t: 5 events among 4 patients. Correct n_t, or swap the two."]),
        ({"review": ""}, ["review: the cell is empty. Every row needs it."]),
    ],
)  # fmt: skip
def test_a_bad_cell_of_a_published_result_is_refused(tmp_path, cells, messages):
    sound = {"review": "wang-2016", "outcome": "os", "measure": "HR", "estimate": "0.62", "ci_low": "0.57", "ci_high": "0.67"}
    made = folder(tmp_path, published=[sound, sound | cells])
    assert refused(made) == [f"published.csv, row 3, column {message}" for message in messages]


def test_a_published_file_with_a_wrong_column_is_refused(tmp_path):
    made = folder(tmp_path, published="review,outcome,estimte\nwang-2016,os,0.62\n")
    assert refused(made) == ["published.csv, row 1, column estimte: there is no such column. Did you mean estimate?"]


def test_percentages_of_zero_and_hundred_events_are_no_problem(tmp_path):
    made = folder(
        tmp_path, results=[counts("a-2001", 0, 10, 10, 10), *(counts(study, 0, 10, 0, 10) for study in ("b-2005", "c-2010"))]
    )
    assert problems(made) == []


@given(st.decimals(min_value="0.01", max_value="100", places=2), st.decimals("1.01", "3", places=2))
def test_every_interval_that_holds_its_estimate_is_accepted(estimate, factor):
    cells = {**GOOD, "estimate": estimate, "ci_low": estimate / factor, "ci_high": estimate * factor}
    assert problems_of(Report(**cells)) == []


def test_a_row_keeps_the_decimals_that_were_printed(tmp_path):
    report = read_review(folder(tmp_path, results=[row(estimate="0.800", ci_low="0\u00b760")])).reports[0]
    assert (str(report.estimate), str(report.ci_low), str(report.ci_high)) == ("0.800", "0.60", "1.07")
