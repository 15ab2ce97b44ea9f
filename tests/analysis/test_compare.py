"""Published results beside ours: whether they agree, in what they do not, and ratios of totals."""

from __future__ import annotations

import pytest
from tests.formats.folders import PLAN, findings, folder

THEIRS = {"review": "wang-2016", "scope": "overall", "outcome": "os", "measure": "HR"}
WALD = PLAN + 'tau2 = "DL"\nci = "Wald"\nsubgroups = ["drug"]\n'  # ours: 0.80 (0.64 to 1.01)
BOTH_IN = "each estimate lies in the other's interval"
NOT_IN = "the estimates do not lie in each other's intervals"
SAME = "and the conclusion is the same"
OTHER_SIDE = "but our interval includes 1 and theirs excludes 1"
CLEAR = {"estimate": "0.80", "ci_low": "0.70", "ci_high": "0.90"}


def compared(tmp_path, *rows, toml=WALD, **files):
    result = findings(folder(tmp_path, toml=toml, published=[THEIRS | cells for cells in rows], **files))["os"]
    return [(c.agrees, c.why) for c in result.published]


@pytest.mark.parametrize(
    ("cells", "agrees", "why"),
    [
        ({"estimate": "0.82", "ci_low": "0.65", "ci_high": "1.04"}, True, f"{BOTH_IN}, {SAME}"),
        ({"estimate": "0.82", "ci_low": "0.70", "ci_high": "0.95"}, False, f"{BOTH_IN}, {OTHER_SIDE}"),
        ({"estimate": "0.50", "ci_low": "0.20", "ci_high": "1.20"}, False, f"{NOT_IN}, {SAME}"),
        ({"estimate": "1.40", "ci_low": "1.10", "ci_high": "1.80"}, False, f"{NOT_IN}, {OTHER_SIDE}"),
        ({}, None, "no figure is given"),
        ({"estimate": "0.80"}, None, "its interval is not given"),
        ({"estimate": "0.80", "ci_low": "0.70"}, None, "its interval is not given"),
        ({"scope": "post-ASCT", **CLEAR}, None, "of other trials than ours"),
        ({"scope": "drug=none", **CLEAR}, None, "of other trials than ours"),
        ({"measure": "RR", **CLEAR}, None, "of other trials than ours"),
        ({"scope": "drug=old", "estimate": "0.80", "ci_low": "0.60", "ci_high": "1.07"}, True, f"{BOTH_IN}, {SAME}"),
    ],
)  # fmt: skip
def test_a_published_result_is_judged(tmp_path, cells, agrees, why):
    assert compared(tmp_path, cells) == [(agrees, why)]


def test_opposite_conclusions_are_said(tmp_path):
    ours = [
        {"study": s, "outcome": "OS", "status": "read", "measure": "HR", "orientation": "treatment_vs_control", **CLEAR}
        for s in ("a-2001", "b-2005")
    ]
    theirs = {"estimate": "1.40", "ci_low": "1.10", "ci_high": "1.80"}
    assert compared(tmp_path, theirs, results=ours) == [(False, f"{NOT_IN}, and the two point in opposite directions")]


def test_without_a_result_of_ours_nothing_is_judged(tmp_path):
    only_recalled = [{"study": "a-2001", "outcome": "OS", "status": "recalled"}]
    assert compared(tmp_path, CLEAR, results=only_recalled) == [(None, "of other trials than ours")]


def test_results_of_outcomes_that_are_not_pooled_are_kept_apart(tmp_path):
    both = findings(folder(tmp_path, published=[THEIRS, THEIRS | {"outcome": "nausea"}]))
    assert [row.outcome for row in both.others_published] == ["nausea"]
    assert len(both["os"].published) == 1


def test_totals_give_a_crude_ratio_where_all_are_there_and_none_is_0(tmp_path):
    totals = {"measure": "RR", "outcome": "dvt", "events_t": 20, "n_t": 1000, "events_c": 10, "n_c": 1500}
    rows = [totals, totals | {"events_c": 0}, totals | {"n_c": ""}, totals | {"measure": "HR"}]
    (crude,) = findings(folder(tmp_path, published=[THEIRS | cells for cells in rows])).crude
    assert crude.estimate == pytest.approx((20 / 1000) / (10 / 1500), rel=1e-12)
    assert crude.published.row == 2
