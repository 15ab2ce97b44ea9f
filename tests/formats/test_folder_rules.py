"""What the files must obey together: studies, strata, directions, outcomes."""

from __future__ import annotations

import pytest
from tests.cli.refusals import refused
from tests.formats.folders import PLAN, RESULTS, STUDIES, folder, problems, row

from trialpool.formats.review_folder import check_folder

STRATA = (STUDIES[0] | {"stratum": "old"}, STUDIES[0] | {"stratum": "young"}, *STUDIES[1:])
EITHER = "Give treatment_vs_control or control_vs_treatment"
UNTOLD = "compares with which is not said, and nothing in the row tells it"
WHOLE = "Correct it, or leave it empty for a report of the whole study"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"study": "nobody"}, "study: studies.csv has no study 'nobody'. Add it there, or correct it."),
        ({"study": "a-2011"}, "study: studies.csv has no study 'a-2011'. Add it there, or correct it (nearest: a-2001)."),
        ({"study": "a-2001 b"}, "study: studies.csv has no study 'a-2001 b'. Add it there, or correct it (nearest: a-2001)."),
        ({"study": "A-2001"}, "study: studies.csv has no study 'A-2001'. Add it there, or correct it (nearest: a-2001)."),
        ({"stratum": "older"}, f"stratum: studies.csv has no stratum 'older' of a-2001; it has old, young. {WHOLE}."),
        ({"study": "b-2005", "stratum": "old"}, f"stratum: studies.csv has no stratum 'old' of b-2005; it has none. {WHOLE}."),
    ],
)
def test_a_row_of_an_unknown_study_or_stratum_is_refused(tmp_path, cells, message):
    made = folder(tmp_path, studies=STRATA, results=[*RESULTS, row(**cells)])
    assert refused(made) == [f"results/os.csv, row 5, column {message}"]


def test_a_study_with_strata_may_be_reported_as_a_whole(tmp_path):
    made = folder(tmp_path, studies=STRATA, results=[*RESULTS, row(stratum="old"), row(stratum="young")])
    assert problems(made) == []


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"ci_low": "", "ci_high": "", "p": "0.03"},
        {"estimate": "1.00"},
        {"measure": "OR"},
        {"measure": "RD", "estimate": "0", "ci_low": "-0.1", "ci_high": "0.1"},
        {"events_t": "20", "n_t": "100", "events_c": "20", "n_c": "100"},
        {"median_t": "20", "median_c": "20"},
        {"median_t": "20"},
    ],
)
def test_an_estimate_whose_direction_nothing_tells_is_refused(tmp_path, cells):
    cells = {"orientation": "", **cells}
    made = folder(tmp_path, results=[*RESULTS, row(**cells)])
    full = row(**cells)
    assert refused(made) == [
        f"results/os.csv, row 5, column orientation: which arm {full['measure']} {full['estimate']} {UNTOLD}. {EITHER}."
    ]


@pytest.mark.parametrize(
    "cells",
    [
        {"median_t": "20", "median_c": "10"},
        {"landmark": "24", "survival_t": "60", "survival_c": "50"},
        {"favours": "treatment"},
        {"events_t": "10", "n_t": "100", "events_c": "20", "n_c": "100"},
        {"o_minus_e": "-3.1", "v": "12"},
        {"use": "no"},
        {"estimate": "", "ci_low": "", "ci_high": ""},
    ],
)
def test_an_estimate_whose_direction_something_tells_needs_no_orientation(tmp_path, cells):
    assert problems(folder(tmp_path, results=[*RESULTS, row(orientation="", **cells)])) == []


def test_an_outcome_that_no_row_reports_is_said_and_the_rest_stands(tmp_path):
    second = '[[outcomes]]\nid = "pfs"\nname = "Progression-free survival"\nmeasure = "HR"\nreported_as = ["PFS", "EFS"]\n'
    made = folder(tmp_path, toml=PLAN + second, results=[*RESULTS, row(outcome="PFS, investigator")])
    assert problems(made) == [
        (
            "warning: review.toml, outcomes[2].reported_as: no row of results/*.csv has the outcome 'PFS' or 'EFS'. "
            "Reported are OS, PFS, investigator."
        )
    ]


def test_an_outcome_that_is_nearly_reported_is_told_the_name(tmp_path):
    made = folder(tmp_path, toml=PLAN.replace('["OS"]', '["os"]'))
    assert problems(made) == [
        "warning: review.toml, outcomes[1].reported_as: no row of results/*.csv has the outcome 'os'. Did you mean OS?"
    ]


def test_a_study_without_any_row_is_noted_and_the_review_says_nothing_of_it(tmp_path):
    review, found = check_folder(folder(tmp_path, results=[row(), row(study="b-2005")]))
    said = "studies.csv, study: no row of results/*.csv is of c-2010"
    mend = "Add what was reported, or leave it: no outcome then has an effect of it"
    assert [(problem.severity, str(problem)) for problem in found] == [("note", f"{said}. {mend}.")]
    assert review.remarks == ()


def test_two_rows_to_be_used_and_a_recalled_one_to_be_used_are_said(tmp_path):
    rows = [
        row(use="yes", note="x"),
        row(use="yes", note="x"),
        row(study="b-2005", use="yes", status="recalled", note="x"),
        row(study="c-2010"),
    ]
    _, found = check_folder(folder(tmp_path, results=rows))
    twice = "results/os.csv, row 2 of the same outcome is marked use = yes too, so that the preference decides between them"
    recalled = "use = yes stands on a recalled row, which never enters a primary result"
    assert [str(problem) for problem in found] == [
        f"results/os.csv, row 3, column use: {twice}. Mark one of them.",
        f"results/os.csv, row 4, column use: {recalled}. Read it at its source, and change the status.",
    ]


def test_a_scope_of_a_level_that_no_study_has_is_said(tmp_path):
    made = folder(tmp_path, studies=[study | {"drug": "thalidomide"} for study in STUDIES])
    (made / "published.csv").write_text("review,scope,outcome\nwang-2016,drug=talidomide,os\nwang-2016,drug=thalidomide,os\n")
    _, found = check_folder(made)
    unknown = "studies.csv has no level 'talidomide' of drug, so that this row is not compared"
    assert [str(problem) for problem in found] == [f"published.csv, row 2, column scope: {unknown}. Its levels are thalidomide."]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ('ci = "KR"\ntau2 = "DL"', "the interval 'KR' goes with tau2 = 'REML', not with 'DL'. Change one of the two."),
        (
            'ci = "PL"\ntau2 = "ML"\nsubgroups = ["drug"]\nsubgroup_tau2 = "common"',
            (
                "subgroups that share one tau2 cannot have the interval 'PL'. "
                "Use one of HK, HK-floor, Wald, t, or subgroup_tau2 = 'separate'."
            ),
        ),
    ],
)
def test_an_interval_that_is_not_made_for_its_estimator_is_refused(tmp_path, plan, message):
    made = folder(tmp_path, studies=[study | {"drug": "thalidomide"} for study in STUDIES], toml=f"{PLAN}{plan}\n")
    assert refused(made) == [f"review.toml, analyses[1].ci: {message}"]
