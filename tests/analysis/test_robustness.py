"""How far a result can be trusted: each part is what its own function gives for the fit of the plan, and says where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.formats.folders import COUNTS_PLAN, PLAN, STUDIES, counts, findings, folder, row

from trialpool.analysis.multiverse import multiverse
from trialpool.analysis.robustness import PARTS, how_many_subsets
from trialpool.formats.review_folder import read_review
from trialpool.review.plan import ROBUSTNESS
from trialpool.stats.bayes.pooling import pool_bayesian
from trialpool.stats.bayes.priors import HalfCauchy, NormalEffect
from trialpool.stats.bias.egger import egger
from trialpool.stats.bias.small_study_test import small_study_test
from trialpool.stats.bias.trim_and_fill import trim_and_fill
from trialpool.stats.evidence.sequential_analysis import sequential_analysis
from trialpool.stats.influence.all_subsets import all_subsets
from trialpool.stats.influence.influence import influence

ALL = f"robustness = {list(ROBUSTNESS)}\n"
SEQUENTIAL = "\n[analyses.sequential]\nsmallest_effect = 0.8\npower = 0.8\nfutility = true\n"
TEN = [{"study": f"s-{i}", "label": f"S {i}", "year": 2000 + i} for i in range(10)]
HRS = [("0.80", "0.60"), ("0.62", "0.45"), ("0.95", "0.80"), ("0.70", "0.50"), ("1.10", "0.70")] * 2


def ten_hazard_ratios():
    """Ten trials, each with a lower limit; the upper one is as far away on the log scale."""
    limits = [(hr, low, f"{float(hr) ** 2 / float(low) * (1 + i / 50):.3f}") for i, (hr, low) in enumerate(HRS)]
    return [row(study=f"s-{i}", estimate=hr, ci_low=low, ci_high=high) for i, (hr, low, high) in enumerate(limits)]


@pytest.fixture(scope="module")
def ten(tmp_path_factory):
    made = folder(tmp_path_factory.mktemp("ten"), toml=PLAN + ALL + SEQUENTIAL, studies=TEN, results=ten_hazard_ratios())
    return made, findings(made)["os"]


def test_every_part_has_its_words_and_its_function():
    assert set(PARTS) == set(ROBUSTNESS)


def test_each_part_is_what_its_function_gives_for_the_fit_of_the_plan(ten):
    made, found = ten
    of, fit = found.robustness, found.fit
    assert of.why_not == {}
    again = multiverse(read_review(made), "os")
    assert (of.multiverse.n, of.multiverse.share) == (again.n, again.share)
    assert of.choices == again.summary()
    np.testing.assert_array_equal(of.influence.cook, influence(fit).cook)
    np.testing.assert_array_equal(of.subsets.mu, all_subsets(fit).mu)
    assert of.outliers.study == fit.effects.study
    assert str(of.trim_and_fill) == str(trim_and_fill(fit))
    expected = sequential_analysis(fit, [2000 + i for i in range(10)], smallest_effect=0.8, power=0.8, futility=True)
    assert str(of.sequential) == str(expected)
    assert str(of.bayesian) == str(pool_bayesian(fit.effects))


def test_hazard_ratios_are_tested_by_egger_and_counts_by_peters_and_harbord(ten, tmp_path):
    _, found = ten
    (only,) = found.robustness.small_study
    assert (only.method, float(only.test.slope)) == ("Egger", pytest.approx(float(egger(found.fit.effects).slope), rel=1e-12))
    rows = [counts(f"s-{i}", 10 + i, 100 + i, 15 + 2 * i, 100) for i in range(10)]
    for measure, method in (("RR", "Peters"), ("OR", "Harbord"), ("RD", "Peters")):
        toml = COUNTS_PLAN.replace('"RR"', f'"{measure}"')
        of_counts = findings(folder(tmp_path / measure, toml=toml, studies=TEN, results=rows))["os"]
        (only,) = of_counts.robustness.small_study
        assert only.method == method
        assert only.test.p == pytest.approx(small_study_test(of_counts.fit.effects, method).p, rel=1e-12)


def test_the_plan_chooses_the_tests_and_one_that_cannot_be_had_says_why(tmp_path):
    toml = PLAN + 'small_study_tests = ["Begg", "Peters"]\n'
    first, second = findings(folder(tmp_path, toml=toml, studies=TEN, results=ten_hazard_ratios()))["os"].robustness.small_study
    assert (first.method, first.test is None, second.method, second.test) == ("Begg", False, "Peters", None)
    assert second.why.startswith("Peters' test needs the events and patients of each arm")


def test_few_effects_are_not_tested_for_asymmetry_and_that_is_said(tmp_path):
    of = findings(folder(tmp_path))["os"].robustness
    assert (of.small_study, of.trim_and_fill) == ((), None)
    assert of.why_not == {
        "small-study": "with 3 effects, fewer than 10, no test has the power to tell chance from asymmetry, and studies that are "
        "missing cannot be told."
    }
    assert (of.subsets.n, of.multiverse.n > 1, len(of.influence.study)) == (4, True, 3)


def test_a_part_that_is_not_asked_for_is_not_run_and_has_no_reason(tmp_path):
    of = findings(folder(tmp_path, toml=PLAN + 'robustness = ["influence"]\n'))["os"].robustness
    assert (of.multiverse, of.subsets, of.sequential, of.bayesian, of.why_not) == (None, None, None, None, {})
    assert of.influence is not None
    nothing = findings(folder(tmp_path / "none", toml=PLAN + "robustness = []\n"))["os"].robustness
    assert (nothing.influence, nothing.why_not) == (None, {})


def test_one_study_has_reasons_instead_of_parts(tmp_path):
    of = findings(folder(tmp_path, toml=PLAN + ALL + SEQUENTIAL, studies=STUDIES[:1], results=[row()]))["os"].robustness
    assert set(of.why_not) == {"multiverse", "influence", "subsets", "small-study"}
    assert (of.sequential.verdict, of.bayesian.k) == ("inconclusive", 1)


def test_nothing_pooled_is_nothing_to_trust(tmp_path):
    assert findings(folder(tmp_path, results=[row(status="recalled")]))["os"].robustness is None


def test_more_subsets_than_the_plan_allows_are_a_seeded_sample(tmp_path):
    assert how_many_subsets(10) == 1013
    drawn = [
        findings(
            folder(
                tmp_path / f"{i}",
                toml=PLAN + f'robustness = ["subsets"]\nsubsets = {{ most = 1000, seed = {seed} }}\n',
                studies=TEN,
                results=ten_hazard_ratios(),
            )
        )["os"].robustness.subsets
        for i, seed in enumerate([7, 7, 8])
    ]
    assert [(subsets.n, subsets.complete) for subsets in drawn] == [(1000, False)] * 3
    np.testing.assert_array_equal(drawn[0].mu, drawn[1].mu)
    assert not np.array_equal(drawn[0].mu, drawn[2].mu)


def test_the_multiverse_has_the_choices_of_the_plan(tmp_path):
    toml = (
        PLAN
        + 'robustness = ["multiverse"]\nmultiverse = { leave_out = 2, tau2 = ["REML", "DL"], ci = ["HK"], excluded = ["b-2005"] }\n'
    )
    found = findings(folder(tmp_path, toml=toml))["os"].robustness.multiverse
    assert (found.levels["tau2"], found.levels["ci"], found.levels["excluded"]) == (("REML", "DL"), ("HK",), ("none", "b-2005"))
    assert found.n == 4


def test_the_priors_are_those_of_the_plan(tmp_path):
    toml = PLAN + 'robustness = ["bayesian"]\nbayesian = { tau_prior = "half-Cauchy", tau_scale = 0.3, effect_sd = 1 }\n'
    found = findings(folder(tmp_path, toml=toml))["os"]
    expected = pool_bayesian(found.fit.effects, effect=NormalEffect(0, 1), tau=HalfCauchy(0.3))
    assert str(found.robustness.bayesian) == str(expected)


def test_too_many_combinations_are_said_and_do_not_stop_the_build(tmp_path):
    studies = [{"study": f"s-{i}", "label": f"S {i}", "year": 2000} for i in range(100)]
    results = [row(study=f"s-{i}", estimate=f"0.{60 + i % 30}") for i in range(100)]
    toml = PLAN + 'robustness = ["multiverse"]\nmultiverse = { leave_out = 3 }\n'
    of = findings(folder(tmp_path, toml=toml, studies=studies, results=results))["os"].robustness
    assert of.multiverse is None
    assert of.why_not["multiverse"].endswith("more than 5,000,000. Leave out fewer studies at once, or give fewer levels.")
