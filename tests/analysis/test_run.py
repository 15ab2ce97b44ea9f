"""The plan, run: what is pooled, varied and stratified, and what is said where that can't be had."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.formats.folders import COUNTS_PLAN, PLAN, RESULTS, STUDIES, counts, findings, folder, row

PFS = """
[[outcomes]]
id = "pfs"
name = "Progression"
measure = "HR"
reported_as = ["PFS"]
[[analyses]]
id = "pfs"
outcome = "pfs"
"""
STRATA = (
    STUDIES[0] | {"stratum": "old", "setting": "clinic"},
    STUDIES[0] | {"stratum": "young", "setting": "home"},
    STUDIES[1] | {"setting": "clinic"},
    STUDIES[2] | {"setting": ""},
)
OF_STRATA = (row(stratum="old"), row(stratum="young", estimate="0.70"), *RESULTS[1:])


def found(tmp_path, **files):
    return findings(folder(tmp_path, **files))["os"]


def rows_used(variation):
    return [d.inputs["estimate"] for d in variation.fit.effects.derivations]


def test_the_sensitivity_set_has_its_ids_in_the_order_of_the_plan(tmp_path):
    rounding = [f"rounding-edges:{edge}" for edge in ("least", "largest", "lowest-limit", "highest-limit")]
    ids = ["hk-floor", "dl-wald", "common", "read-only", "all-rows", "without:a-2001", "without:b-2005", "without:c-2010"]
    assert [v.id for v in found(tmp_path).sensitivity] == [*ids[:5], *rounding, *ids[5:]]
    turned = PLAN + 'sensitivity = ["leave-one-out", "all-rows", "common"]\n'
    assert [v.id for v in found(tmp_path / "turned", toml=turned).sensitivity] == [*ids[5:], "all-rows", "common"]


def test_the_scale_factor_of_hartung_knapp_is_floored_where_the_plan_has_that_interval(tmp_path):
    alike = [row(study=s, estimate=x) for s, x in (("a-2001", "0.80"), ("b-2005", "0.81"), ("c-2010", "0.79"))]
    result = found(tmp_path, results=alike)
    floored = result.variation("hk-floor")
    assert (floored.label, floored.group) == ("Hartung-Knapp with its scale factor at least 1", "Model")
    assert (floored.fit.ci_method, floored.fit.mu, floored.fit.tau2) == ("HK-floor", result.fit.mu, result.fit.tau2)
    assert floored.fit.se > 2 * result.fit.se
    for ci in ("HK-floor", "Wald", "t"):
        other = found(tmp_path / ci, toml=PLAN + f'ci = "{ci}"\n', results=alike)
        assert next(v.id for v in other.sensitivity) == "dl-wald"


def test_mantel_haenszel_is_run_where_every_effect_comes_from_counts(tmp_path):
    rows = [counts("a-2001", 4, 100, 8, 100), counts("b-2005", 6, 90, 9, 95)]
    assert found(tmp_path, toml=COUNTS_PLAN, results=rows).variation("mantel-haenszel").fit.method == "MH"
    mixed = [*rows, row(study="c-2010", measure="RR")]
    assert found(tmp_path / "mixed", toml=COUNTS_PLAN, results=mixed).variation("mantel-haenszel") is None


def test_mantel_haenszel_that_does_not_exist_says_why(tmp_path):
    rows = [counts("a-2001", 0, 100, 8, 100), counts("b-2005", 0, 90, 9, 95)]
    variation = found(tmp_path, toml=COUNTS_PLAN, results=rows).variation("mantel-haenszel")
    assert (variation.fit, variation.why) == (None, "an arm has no event in any trial")


def test_rows_are_varied_by_their_status(tmp_path):
    rows = [
        row(status="derived", estimate="0.81", ci_low="", ci_high="", events_t="40", events_c="50"),
        row(status="recalled", estimate="0.82"),
        row(study="b-2005", estimate="0.83", status="read"),
        row(study="c-2010", estimate="0.84", status="recalled"),
        row(study="c-2010", estimate="0.85", status="recalled", use="no", note="superseded"),
    ]
    result = found(tmp_path, results=rows)
    assert [d.inputs["estimate"] for d in result.fit.effects.derivations] == ["0.81", "0.83"]
    assert rows_used(result.variation("read-only")) == ["0.83"]
    assert rows_used(result.variation("all-rows")) == ["0.82", "0.83", "0.84"]


def test_a_variation_for_which_no_row_remains_says_so(tmp_path):
    result = found(tmp_path, results=[row(status="derived")])
    assert (result.variation("read-only").fit, result.variation("read-only").why) == (None, "no row remains that can be used")
    assert result.variation("all-rows").fit.k == 1


def test_leaving_out_a_study_leaves_out_all_its_strata(tmp_path):
    result = found(tmp_path, studies=STRATA, results=OF_STRATA)
    assert (result.fit.k, result.studies) == (4, 3)
    without = result.variation("without:a-2001")
    assert (without.label, int(without.fit.k)) == ("Without A 2001", 2)
    kept = np.isfinite(without.fit.effects.vi)
    assert [title for title, there in zip(without.fit.effects.study, kept, strict=True) if there] == ["B 2005", "C 2010"]
    assert [v.id for v in result.sensitivity if v.id.startswith("without:")] == [
        "without:a-2001",
        "without:b-2005",
        "without:c-2010",
    ]


def test_one_study_alone_is_not_left_out(tmp_path):
    result = found(tmp_path, results=RESULTS[:1])
    assert [v.id for v in result.sensitivity] == ["hk-floor", "dl-wald", "common", "read-only", "all-rows"]
    assert (result.fit.k, math.exp(result.fit.mu)) == (1, pytest.approx(0.80))
    assert np.isnan(result.fit.tau2)
    assert result.fit.df == math.inf


def test_subgroups_go_by_one_column_or_by_two_crossed(tmp_path):
    plan = PLAN + 'subgroups = ["drug", "setting", "drug x setting"]\n'
    by_drug, by_setting, crossed = found(tmp_path, toml=plan, studies=STRATA, results=OF_STRATA).subgroups
    assert [
        (s.by, s.result.levels, [int(f.k) for f in s.result.fits], s.without_level) for s in (by_drug, by_setting, crossed)
    ] == [
        ("drug", ("old", "new"), [2, 2], ()),
        ("setting", ("clinic", "home"), [2, 1], ("C 2010",)),
        ("drug x setting", ("old, clinic", "old, home", "new, clinic"), [1, 1, 1], ("C 2010",)),
    ]


def test_a_subgroup_is_what_pooling_its_studies_alone_gives(tmp_path):
    plan = PLAN + 'subgroups = ["drug"]\nci = "Wald"\n'
    new = found(tmp_path, toml=plan).subgroups[0].result.fits[1]
    alone = found(tmp_path / "alone", toml=plan, results=RESULTS[1:]).fit
    assert (new.mu, new.se, new.tau2, new.Q, new.k) == pytest.approx((alone.mu, alone.se, alone.tau2, alone.Q, alone.k), rel=1e-9)


def test_an_outcome_without_a_usable_row_has_no_fit_and_the_rest_has(tmp_path):
    results = [*RESULTS, row(outcome="PFS", status="recalled"), row(study="b-2005", outcome="PFS", use="no", note="old")]
    both = findings(folder(tmp_path, toml=PLAN + PFS, results=results))
    assert both["os"].fit.k == 3
    pfs = both["pfs"]
    assert (pfs.fit, pfs.why, pfs.subgroups, pfs.sensitivity, pfs.cumulative, pfs.egger) == (
        None, "no report of progression can be used", (), (), None, None,
    )  # fmt: skip
    assert [unit.reason for unit in pfs.selection.missing] == [
        "only recalled figures lead to an effect, and these never enter a primary result",
        "every report is marked as not to be used",
        "no report of this outcome",
    ]


def test_studies_that_are_all_the_same_have_no_heterogeneity(tmp_path):
    fit = found(tmp_path, results=[row(study=s) for s in ("a-2001", "b-2005", "c-2010")]).fit
    assert (fit.tau2, fit.I2, fit.H2) == (0.0, 0.0, 1.0)
    assert fit.Q == pytest.approx(0, abs=1e-20)
    assert math.exp(fit.mu) == pytest.approx(0.80)


@pytest.mark.parametrize(
    ("measure", "yi"),
    [
        ("RR", math.log((0.5 / 101) / (3.5 / 101))),
        ("OR", math.log((0.5 * 97.5) / (100.5 * 3.5))),
        ("RD", 0.5 / 101 - 3.5 / 101),
    ],
)
def test_no_events_in_one_arm_gets_half_an_event_in_each_cell(tmp_path, measure, yi):
    toml = PLAN.replace('"HR"', f'"{measure}"')
    fit = found(tmp_path, toml=toml, results=[counts("a-2001", 0, 100, 3, 100)]).fit
    assert fit.mu == pytest.approx(yi, rel=1e-12)


def test_no_events_in_both_arms_count_for_a_difference_and_not_for_a_ratio(tmp_path):
    rows = [counts("a-2001", 0, 100, 0, 100), counts("b-2005", 2, 100, 3, 100)]
    assert found(tmp_path, toml=COUNTS_PLAN, results=rows).fit.k == 1
    assert found(tmp_path / "rd", toml=PLAN.replace('"HR"', '"RD"'), results=rows).fit.k == 2


def test_egger_is_not_run_with_few_studies_and_says_so(tmp_path):
    result = found(tmp_path)
    assert (result.egger, result.no_egger) == (None, "not run: with 3 studies, fewer than 10, it has too little power")


def test_egger_is_not_run_where_all_standard_errors_are_equal(tmp_path):
    studies = [{"study": f"s-{i}", "label": f"S {i}", "year": 2000 + i} for i in range(10)]
    result = found(tmp_path, studies=studies, results=[row(study=study["study"]) for study in studies])
    assert (result.egger, result.no_egger) == (None, "not run: all 10 standard errors are equal.")


def test_studies_accumulate_by_year(tmp_path):
    studies = [STUDIES[0] | {"year": 2015}, *STUDIES[1:]]
    cumulative = found(tmp_path, studies=studies).cumulative
    assert [(title, int(fit.k)) for title, fit in cumulative] == [("B 2005", 1), ("C 2010", 2), ("A 2001", 3)]


def test_two_studies_of_one_label_both_count(tmp_path):
    studies = [STUDIES[0], STUDIES[1] | {"label": "A 2001"}, STUDIES[2]]
    result = found(tmp_path, studies=studies)
    assert result.fit.effects.study == ("A 2001", "A 2001", "C 2010")
    assert [v.label for v in result.sensitivity if v.id.startswith("without")] == [
        "Without A 2001",
        "Without A 2001",
        "Without C 2010",
    ]


def test_an_analysis_that_is_not_there_is_told_which_are(tmp_path):
    with pytest.raises(KeyError) as missing:
        findings(folder(tmp_path))["pfs"]
    assert missing.value.args == ("there is no analysis 'pfs'; there are os",)
