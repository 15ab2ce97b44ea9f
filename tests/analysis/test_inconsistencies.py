"""Figures that do not agree are said with the row they stand in, in the order of the files."""

from __future__ import annotations

import pytest
from tests.formats.folders import GOOD, RESULTS, findings, folder, row

MISTYPED = "Look which of them was mistyped; a P of another test (stratified, adjusted) may differ"


def said(tmp_path, *rows):
    return [f"{p.severity}: {p}" for p in findings(folder(tmp_path, results=[*RESULTS, *rows])).inconsistencies]


def test_figures_that_agree_are_passed_over(tmp_path):
    assert said(tmp_path, row(p="0.13"), row(use="no", note="older")) == []


def test_an_interval_that_is_not_symmetric_is_a_warning(tmp_path):
    (message,) = said(tmp_path, row(estimate="0.8", ci_low="0.5", ci_high="0.9", use="no", note="as printed"))
    assert message == (
        "warning: results/os.csv, row 5, column estimate: HR 0.8 is not in the middle of 0.5 to 0.9 on the log scale: that is "
        "0.671; with 0.8 and 0.5 right, the upper limit would be 1.28. Look whether a digit was mistyped; a profile, "
        "exact or repeated interval need not be symmetric."
    )


def test_a_p_value_that_does_not_fit_its_interval_is_a_warning(tmp_path):
    (message,) = said(tmp_path, row(p="0.002", use="no", note="as printed"))
    assert message.startswith(
        "warning: results/os.csv, row 5, column p: P = 0.002 does not agree with 0.80 (0.60 to 1.07), whose P is between "
    )
    assert message.endswith(f". {MISTYPED}.")


def test_medians_against_the_estimate_are_a_warning(tmp_path):
    (message,) = said(tmp_path, row(median_t="10", median_c="20"))
    assert message == (
        "warning: results/os.csv, row 5, column median_t: HR 0.80 favours treatment, but medians of 10 with treatment and 20 with "
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


@pytest.mark.parametrize(("low", "high"), [("0.03", "0.04"), ("2.80", "2.81")])
def test_limits_that_differ_by_one_in_the_last_decimal_are_no_traceback(tmp_path, low, high):
    said(tmp_path, row(estimate=low, ci_low=low, ci_high=high, p="0.04", use="no", note="as printed"))
