"""Figures that do not agree are said with the row they stand in, in the order of the files."""

from __future__ import annotations

import pytest
from tests.formats.folders import COUNTS_PLAN, GOOD, PLAN, RESULTS, STUDIES, counts, findings, folder, row

from trialpool.analysis.inconsistencies import check_review
from trialpool.formats.review_folder import read_review
from trialpool.stats.consistency.disagreement import RULES

MISTYPED = "Look which of them was mistyped; a P of another test (stratified, adjusted) may differ"
PFS = '\n[[outcomes]]\nid = "pfs"\nname = "Progression-free survival"\nmeasure = "HR"\nreported_as = ["PFS"]\n'
BOTH = PLAN.replace("[[analyses]]", f"{PFS}\n[[analyses]]")


def checked(tmp_path, *rows, of=RESULTS, **files):
    return check_review(read_review(folder(tmp_path, results=[*of, *rows], **files)))


def said(tmp_path, *rows, **files):
    return [f"{p.severity}: {p}" for p in checked(tmp_path, *rows, **files).findings]


def rules(tmp_path, *rows, **files):
    """Rule, severity and row of each finding."""
    return [(p.rule, p.severity, p.row) for p in checked(tmp_path, *rows, **files).findings]


def test_figures_that_agree_are_passed_over(tmp_path):
    assert said(tmp_path, row(p="0.13"), row(use="no", note="older")) == []


# --- within a row


def test_an_interval_that_is_not_symmetric_is_an_error_where_a_result_rests_on_it(tmp_path):
    (message,) = said(tmp_path, of=[row(estimate="0.8", ci_low="0.5", ci_high="0.9"), *RESULTS[1:]])
    assert message == (
        "error: results/os.csv, row 2, column estimate: HR 0.8 is not in the middle of 0.5 to 0.9 on the log scale; "
        "sqrt(0.5 x 0.9) = 0.671 (0.618 to 0.723 by rounding); with 0.8 and 0.5 right, the upper limit would be 0.8^2/0.5 = 1.28. "
        "Look whether a digit was mistyped; this would agree: the lower limit 0.7 (one digit) or the estimate 0.7 (one digit) or "
        "the lower limit 0.6 (one digit)."
    )


@pytest.mark.parametrize(
    "cells",
    [
        {"use": "no", "note": "as printed"},
        {"status": "recalled"},
        {"outcome": "survival after relapse"},
    ],
)
def test_it_is_a_warning_where_no_result_can_rest_on_it(tmp_path, cells):
    assert rules(tmp_path, row(estimate="0.80", ci_low="0.50", ci_high="0.90", **cells)) == [("symmetry", "warning", 5)]


@pytest.mark.parametrize("cells", [{"analysis": "repeated confidence interval"}, {"note": "bootstrap limits"}])
def test_a_row_that_calls_its_interval_something_else_is_a_note(tmp_path, cells):
    of = [row(estimate="0.80", ci_low="0.50", ci_high="0.90", **cells), *RESULTS[1:]]
    assert rules(tmp_path, of=of) == [("symmetry", "note", 2)]


def test_a_profile_interval_is_a_note_until_the_row_says_so(tmp_path):
    profile = {"estimate": "0.42", "ci_low": "0.17", "ci_high": "0.93"}
    assert rules(tmp_path / "a", of=[row(**profile), *RESULTS[1:]]) == [("symmetry", "note", 2)]
    assert rules(tmp_path / "b", of=[row(**profile, analysis="profile likelihood"), *RESULTS[1:]]) == []


def test_a_finding_that_a_person_has_judged_is_a_note_with_the_reason(tmp_path):
    note = "checked: symmetry, printed like this in the paper"
    (finding,) = checked(tmp_path, of=[row(estimate="0.80", ci_low="0.50", ci_high="0.90", note=note), *RESULTS[1:]]).findings
    assert (finding.severity, finding.mend) == ("note", f"Somebody has judged this: {note}")


def test_a_p_value_that_does_not_fit_its_interval_is_a_warning(tmp_path):
    (message,) = said(tmp_path, row(p="0.002", use="no", note="as printed"))
    assert message == (
        "warning: results/os.csv, row 5, column p: P = 0.002 does not agree with 0.80 (0.60 to 1.07); the interval holds 1, and "
        f"its z is |ln 0.80| x 2 x 1.960 / ln(1.07/0.60) = 1.51, so P is between 0.092 and 0.18. {MISTYPED}."
    )


def test_medians_against_the_estimate_are_a_warning(tmp_path):
    (message,) = said(tmp_path, row(median_t="10", median_c="20"))
    assert message == (
        "warning: results/os.csv, row 5, column median_t: HR 0.80 favours treatment; medians of 10 with treatment and 20 with "
        "control favour control. "
        "Look at the orientation, and whether the arms were swapped; curves that cross can do this too."
    )


@pytest.mark.parametrize("cells", [GOOD, {"study": "a-2001", "outcome": "OS", "status": "read", "p": "0.03"}])
@pytest.mark.parametrize("use", ["yes", "no"])
def test_a_row_that_is_marked_gives_its_reason(tmp_path, cells, use):
    assert said(tmp_path, cells | {"use": use}) == [
        f"note: results/os.csv, row 5, column use: use = {use} without a reason. Say why in the note."
    ]


def test_disagreements_come_in_the_order_of_the_rows(tmp_path):
    wrong = {"estimate": "0.80", "ci_low": "0.50", "ci_high": "0.90", "note": "x"}
    rows = [row(use="no"), row(use="no", **wrong), row(study="b-2005", use="no")]
    assert [message.split(", ")[1] for message in said(tmp_path, *rows)] == ["row 5", "row 6", "row 7"]


@pytest.mark.parametrize(("low", "high"), [("0.03", "0.04"), ("2.80", "2.81")])
def test_limits_that_differ_by_one_in_the_last_decimal_are_no_traceback(tmp_path, low, high):
    said(tmp_path, row(estimate=low, ci_low=low, ci_high=high, p="0.04", use="no", note="as printed"))


def test_counts_and_percentages_of_a_row(tmp_path):
    of = [
        counts("a-2001", 72, 400, 42, 402, measure="RR", estimate="1.88", orientation="treatment_vs_control", pct_t="18"),
        counts("b-2005", 72, 400, 42, 402, pct_t="17", pct_c="10"),
        counts("c-2010", 72, 400, 42, 402, measure="RR", estimate="1.60", orientation="treatment_vs_control", analysis="adjusted"),
        {"study": "c-2010", "outcome": "OS", "n_t": "40", "pct_t": "41.3", "status": "read", "follow_up": "3"},
    ]
    assert rules(tmp_path, of=of, toml=COUNTS_PLAN) == [
        ("ratio-counts", "error", 2),
        ("percent-counts", "error", 3),
        ("ratio-counts", "note", 4),
        ("percent-whole", "error", 5),
    ]


@pytest.mark.parametrize("analysis", ["adjusted for age", "unadjusted P, repeated confidence interval"])
def test_a_p_value_beside_an_adjusted_estimate_is_at_most_a_warning(tmp_path, analysis):
    of = [row(estimate="0.80", ci_low="0.66", ci_high="0.97", p="0.06"), *RESULTS[1:]]
    assert rules(tmp_path / "plain", of=of) == [("p-interval", "error", 2)]
    assert rules(tmp_path / "adjusted", of=[of[0] | {"analysis": analysis}, *of[1:]]) == [("p-interval", "warning", 2)]


def test_a_cumulative_incidence_is_no_share_of_whole_patients(tmp_path):
    percent = {"study": "a-2001", "outcome": "OS", "status": "read", "n_t": "40", "pct_t": "41.3"}
    assert rules(tmp_path / "a", percent) == [("percent-whole", "error", 5)]
    assert rules(tmp_path / "b", percent | {"analysis": "cumulative incidence at 2 years"}) == []


def test_figures_of_a_curve_and_of_a_log_rank_test(tmp_path):
    curve = {
        "curve_times": "0 12 24",
        "curve_t": "100 80 55",
        "curve_c": "100 70 50",
        "at_risk_c": "100 60 40",
        "n_t": "200",
        "n_c": "100",
    }
    log_rank = {"events_t": "40", "events_c": "60", "expected_t": "50.1", "expected_c": "59.9"}
    base = {"study": "a-2001", "outcome": "OS", "status": "read", "favours": "treatment", "note": "read off figure 1"}
    rows = [base | curve | {"at_risk_t": "200 160 130", "at_risk_c": "100 60 40"}, base | log_rank | {"follow_up": "30"}]
    assert rules(tmp_path, *rows) == [("at-risk", "error", 5), ("log-rank", "warning", 6)]


def test_means_are_checked_where_the_outcome_is_a_number_of_something(tmp_path):
    mean = {"study": "a-2001", "status": "read", "n_t": "28", "mean_t": "5.19"}
    rows = [mean | {"outcome": "number of relapses"}, mean | {"outcome": "pain"}]
    assert rules(tmp_path, *rows) == [("mean-whole", "warning", 5)]


# --- between rows of a study


def test_two_rows_that_print_different_figures_of_one_thing(tmp_path):
    same = {"study": "a-2001", "outcome": "OS", "status": "read", "follow_up": "38.1"}
    (message,) = said(tmp_path, same | {"p": "0.004"}, same | {"p": "0.0004"}, same | {"p": "<0.001", "use": "no", "note": "older"})
    assert message == (
        "warning: results/os.csv, row 6, column p: OS of a-2001 stands in two rows, here with p = 0.0004; row 5 has p = 0.004. "
        "Look at the sources; mark the row that is superseded with use = no and say why."
    )


@pytest.mark.parametrize(
    "other",
    [
        {"p": "0.0044"},
        {"p": "<0.005"},
        {"p": "0.04", "follow_up": "50"},
        {"p": "0.04", "follow_up": ""},
        {"p": "0.04", "analysis": "per protocol"},
        {"p": "0.04", "outcome": "PFS"},
        {"p": "0.04", "p_sides": "1"},
        {"p": "0.04", "n_t": "90"},
        {"p": "0.04", "status": "recalled"},
        {"median_t": "11.4"},
    ],
)
def test_rows_that_agree_or_are_of_something_else_are_let_be(tmp_path, other):
    same = {"study": "a-2001", "outcome": "OS", "status": "read", "follow_up": "38", "n_t": "100", "p": "0.004", "median_t": "11"}
    assert rules(tmp_path, same, same | {"p": "0.004"} | other, toml=BOTH) == []


def test_deaths_medians_and_survival_within_those_without_progression(tmp_path):
    pfs = {"study": "a-2001", "outcome": "PFS", "status": "read", "n_t": "200", "n_c": "200"}
    os = pfs | {"outcome": "OS"}
    rows = [
        pfs | {"events_t": "120", "median_t": "41.0", "landmark": "36", "survival_t": "61", "follow_up": "40"},
        os | {"events_t": "140", "median_t": "38.0", "landmark": "36", "survival_t": "58", "follow_up": "40"},
        os | {"landmark": "48", "survival_t": "60", "follow_up": "40"},
        os | {"events_t": "140", "median_t": "38.0", "landmark": "36", "survival_t": "58", "follow_up": "60"},
    ]
    assert rules(tmp_path, *rows, toml=BOTH) == [
        ("deaths-progressions", "error", 6),
        ("median-order", "error", 6),
        ("survival-order", "error", 6),
        ("survival-falls", "error", 7),
    ]


def test_time_to_progression_does_not_count_deaths(tmp_path):
    ttp = {"study": "a-2001", "outcome": "TTP", "status": "read", "events_t": "20", "n_t": "200", "median_t": "41"}
    assert rules(tmp_path, ttp, ttp | {"outcome": "OS", "events_t": "140", "median_t": "38"}) == []


def test_deaths_of_perhaps_more_patients_are_a_warning(tmp_path):
    dfs = {"study": "a-2001", "outcome": "DFS", "status": "read", "events_t": "20"}
    os = dfs | {"outcome": "OS", "events_t": "140", "n_t": "200", "n_c": "200"}
    assert rules(tmp_path, dfs, os) == [("deaths-progressions", "warning", 6)]


def test_the_interval_of_one_row_beside_the_events_of_another(tmp_path):
    arms = {"n_t": "231", "n_c": "229", "follow_up": "34"}
    events = {"study": "a-2001", "outcome": "OS", "status": "read", "events_t": "86", "events_c": "132", "note": "elsewhere"} | arms
    sound = row(estimate="0.48", ci_low="0.36", ci_high="0.63", **arms)
    narrow = row(estimate="0.60", ci_low="0.52", ci_high="0.70", **arms)
    assert rules(tmp_path / "a", events, of=[sound, *RESULTS[1:]]) == []
    (finding,) = checked(tmp_path / "b", events, of=[narrow, *RESULTS[1:]]).findings
    assert (finding.rule, finding.severity, finding.row) == ("information", "warning", 2)
    assert "(events of row 5)" in finding.what


def test_more_patients_analysed_than_randomised_and_strata_that_do_not_sum(tmp_path):
    studies = [
        STUDIES[0] | {"n_t": "100", "n_c": "100"},
        STUDIES[1] | {"stratum": "young", "n_t": "50", "n_c": "50"},
        STUDIES[1] | {"stratum": "old", "n_t": "40", "n_c": "50"},
        STUDIES[2],
    ]
    rows = [row(n_t="110", n_c="100"), GOOD | {"study": "b-2005", "n_t": "91", "n_c": "100"}]
    assert rules(tmp_path, of=[*rows, RESULTS[2]], studies=studies) == [
        ("analysed-randomised", "warning", 2),
        ("arms-total", "warning", 3),
    ]


# --- between studies


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([{"registry": "NCT00430365; X-1"}, {"registry": "nct 00430365"}], ["registry"]),
        ([{"doi": "10.1000/A"}, {"doi": "10.1000/a"}], ["doi"]),
        ([{"pmid": "123"}, {"pmid": "123"}], ["pmid"]),
        (
            [{"centre": "Lyon, France", "recruited": "1999-2003"}, {"centre": "France: Lyon", "recruited": "2002 to 2006"}],
            ["centre"],
        ),
        ([{"centre": "Lyon", "recruited": "1999-2001"}, {"centre": "Lyon", "recruited": "2002-2006"}], []),
        ([{"centre": "Lyon", "recruited": "1999-2003"}, {"centre": "Paris", "recruited": "2002-2006"}], []),
        ([{"registry": ""}, {"registry": ""}], []),
        ([{"registry": "not registered", "doi": "none"}, {"registry": "not registered", "doi": "none"}], []),
    ],
)
def test_two_studies_of_the_same_patients(tmp_path, cells, found):
    studies = [STUDIES[0] | cells[0], STUDIES[1] | cells[1], STUDIES[2]]
    findings_ = checked(tmp_path, studies=studies).findings
    assert [p.column for p in findings_] == found
    assert all((p.file, p.row, p.rule, p.severity) == ("studies.csv", 3, "overlap", "warning") for p in findings_)


def test_a_control_arm_that_counts_twice(tmp_path):
    studies = [STUDIES[0] | {"stratum": "low dose"}, STUDIES[0] | {"stratum": "high dose"}, *STUDIES[1:]]
    of = [
        counts("a-2001", 10, 100, 20, 110, stratum="low dose"),
        counts("a-2001", 12, 100, 20, 110, stratum="high dose"),
        counts("b-2005", 12, 100, 20, 110),
        counts("c-2010", 9, 100, 20, 110),
    ]
    (finding,) = checked(tmp_path, of=of, studies=studies, toml=COUNTS_PLAN).findings
    assert (finding.rule, finding.severity, finding.row, finding.columns) == ("shared-control", "warning", 3, ("events_c", "n_c"))
    of[1] = counts("a-2001", 12, 100, 11, 110, stratum="high dose")
    assert rules(tmp_path / "apart", of=of, studies=studies, toml=COUNTS_PLAN) == []


# --- with the effect, and with what others pooled


LOST = {"study": "a-2001", "outcome": "OS", "measure": "HR", "estimate": "0.80", "orientation": "treatment_vs_control"}


def test_a_study_none_of_whose_reports_leads_to_an_effect_is_a_warning(tmp_path):
    (warning,) = findings(folder(tmp_path, results=[LOST | {"status": "read"}, *RESULTS[1:]])).inconsistencies
    assert str(warning).startswith("results/os.csv, row 2: A 2001 has no effect on overall survival: ")
    assert str(warning).endswith(" An estimate with both limits would do; the report lists what each route lacks.")
    assert (warning.severity, warning.column) == ("warning", "")


@pytest.mark.parametrize("cells", [{"status": "recalled"}, {"status": "read", "use": "no", "note": "older"}])
def test_a_study_without_a_row_that_may_count_is_no_warning(tmp_path, cells):
    assert findings(folder(tmp_path, results=[LOST | cells, *RESULTS[1:]])).inconsistencies == ()
    assert findings(folder(tmp_path / "none", results=RESULTS[1:])).inconsistencies == ()


def test_a_pooled_result_of_others(tmp_path):
    theirs = {"review": "x", "outcome": "os", "measure": "HR", "estimate": "0.80", "ci_low": "0.50", "ci_high": "0.90"}
    assert rules(tmp_path / "a", published=[theirs]) == [("symmetry", "warning", 2)]
    credible = theirs | {"estimate": "0.46", "ci_low": "0.36", "ci_high": "0.56"}
    assert rules(tmp_path / "b", published=[credible]) == [("symmetry", "note", 2)]
    assert rules(tmp_path / "c", published=[credible | {"model": "Bayesian network (credible interval)"}]) == []


def test_what_ran_is_counted_by_rule(tmp_path):
    found = checked(tmp_path, row(p="0.002", use="no", note="as printed"))
    assert found.ran == {"containment": 4, "symmetry": 4, "p-interval": 1, "overlap": 3, "no-effect": 3, "unexplained-use": 1}
    assert (found.total, found.found) == (16, {"p-interval": 1})
    assert str(found) == "16 checks by 6 rules: 1 warning"
    assert list(found.ran) == [rule for rule in RULES if rule in found.ran]
    assert found.to_dict()["rule"] == ["p-interval"]


def test_an_exact_odds_ratio_of_fishers_test_is_a_note(tmp_path):
    """11 of 30 against 21 of 33: the conditional estimate is 0.337 (0.104 to 1.034; fisher.test of R), the plain one 0.331."""
    exact = counts("a-2001", 11, 30, 21, 33, measure="OR", estimate="0.34", ci_low="0.10", ci_high="1.03")
    exact |= {"orientation": "treatment_vs_control", "note": "Fisher's exact test"}
    others = [counts("b-2005", 12, 100, 18, 100), counts("c-2010", 30, 200, 40, 200)]
    assert rules(tmp_path, of=[exact, *others], toml=COUNTS_PLAN.replace('"RR"', '"OR"')) == [("ratio-counts", "note", 2)]


def test_a_p_value_that_two_rules_look_at_is_told_once(tmp_path):
    of = [row(estimate="0.75", ci_low="0.58", ci_high="0.97", p="0.0003"), *RESULTS[1:]]
    assert rules(tmp_path, of=of) == [("p-interval", "warning", 2)]
