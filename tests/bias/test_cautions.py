"""Each result says when it should not be relied on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.bias.reference import columns

from trialpool.stats.bias.cautions import BOUND, CAUTIONS, INSTEAD
from trialpool.stats.bias.copas import copas_model
from trialpool.stats.bias.egger import egger
from trialpool.stats.bias.excess_significance import excess_significance
from trialpool.stats.bias.fail_safe_n import fail_safe_n
from trialpool.stats.bias.limit_meta_analysis import limit_meta_analysis
from trialpool.stats.bias.p_uniform_star import p_uniform_star
from trialpool.stats.bias.pet_peese import pet_peese
from trialpool.stats.bias.regression_test import regression_test
from trialpool.stats.bias.selection_model import selection_model
from trialpool.stats.bias.small_study_test import SMALL_STUDY_TESTS, small_study_test
from trialpool.stats.bias.trim_and_fill import trim_and_fill
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.effects.two_by_two import odds_ratio
from trialpool.stats.pooling.pairwise import pool_common

VI = np.linspace(0.01, 0.3, 12)
UNEVEN = np.array([1, -1] * 6)
CALM = effects(0.6 + 0.2 * np.sqrt(VI) * UNEVEN, VI)
BY_ERROR = ("Egger", "Thompson-Sharp", "Begg")
FEW = "fewer than 10, the test has too little power to tell chance from asymmetry"
MODEL = "fewer than 10, the estimate rests on the assumed model more than on the data"
OR_SAYS = (
    "a log odds ratio is correlated with its standard error, which is asymmetry without selection; "
    "Harbord's, Peters' and the arcsine test are not misled by that"
)


def first(n: int, sample: Effects = CALM, measure: str = "") -> Effects:
    return effects(sample.yi[:n], sample.vi[:n], measure=measure)


@pytest.mark.parametrize("result", [egger, small_study_test, regression_test, pet_peese, limit_meta_analysis])
def test_nothing_speaks_against_many_studies_of_different_size_that_agree(result: Any) -> None:
    assert result(CALM).caution == ""


@pytest.mark.parametrize("method", BY_ERROR)
def test_few_studies_and_an_effect_bound_to_its_error(method: str) -> None:
    assert small_study_test(first(9), method).caution == f"with 9 studies, {FEW}"
    assert small_study_test(first(12, measure="OR"), method).caution == OR_SAYS
    assert small_study_test(first(5, measure="OR"), method).caution == f"with 5 studies, {FEW}; {OR_SAYS}"
    smd = small_study_test(first(12, measure="SMD"), method).caution
    assert smd == (
        "a standardised mean difference is part of its own standard error, which is asymmetry without selection; "
        "the test of Pustejovsky and Rodgers is not misled by that"
    )
    plo = "a logit of a proportion is correlated with its standard error, which is asymmetry without selection"
    assert small_study_test(first(12, measure="PLO"), method).caution == plo


@pytest.mark.parametrize(
    "method", [m for m in SMALL_STUDY_TESTS if m not in ("Egger", "Thompson-Sharp", "Begg", "Pustejovsky-Rodgers")]
)
def test_tests_by_counts_are_not_bound_to_the_effect(method: str) -> None:
    counts = columns("counts", "lau1992")
    assert "correlated" not in small_study_test(odds_ratio(**counts), method).caution
    few = {name: values[:8] for name, values in counts.items()}
    assert small_study_test(odds_ratio(**few), method).caution.startswith(f"with 8 studies, {FEW}")


def test_equal_standard_errors_and_strong_heterogeneity() -> None:
    alike = effects(CALM.yi, np.linspace(0.1, 0.11, 12))
    assert small_study_test(alike).caution == "the standard errors are nearly equal (largest / smallest = 1.05)"
    apart = effects(0.5 * UNEVEN, VI)
    said = small_study_test(apart).caution
    assert said.startswith("the studies differ much (I2 = ")
    assert said.endswith("%), and the method finds selection in that too easily")
    assert small_study_test(apart, "Thompson-Sharp").caution == ""
    assert regression_test(apart, model="random").caution == ""


def test_a_batch_says_what_holds_for_its_worst_analysis() -> None:
    vi = np.stack([VI, np.where(np.arange(12) < 6, np.inf, VI)])
    assert small_study_test(replace(CALM, vi=vi)).caution == f"with 6 studies, {FEW}"


def test_a_fail_safe_number_always_comes_with_a_caution() -> None:
    assert fail_safe_n(CALM).caution == (
        "a fail-safe number says nothing of how many studies are missing: it takes these to have no effect at all, "
        "where selection leaves out those that went the other way"
    )


def test_trim_and_fill() -> None:
    skewed = effects([-0.1, 0.0, 0.1, 0.4, 0.6], [0.01, 0.01, 0.02, 0.1, 0.2])
    assert trim_and_fill(pool_common(skewed)).caution == (
        f"with 5 studies, {MODEL}; it corrects for asymmetry of any cause, and is no estimate of what unpublished studies found"
    )


@pytest.mark.parametrize("result", [pet_peese, limit_meta_analysis])
def test_an_adjusted_effect(result: Any) -> None:
    assert result(first(9)).caution == f"with 9 studies, {MODEL}"
    assert result(first(12, measure="OR")).caution == OR_SAYS


def test_excess_significance() -> None:
    assert excess_significance(first(5)).caution == f"with 5 studies, {FEW}"
    apart = effects(0.5 * UNEVEN, VI)
    assert excess_significance(apart).caution.startswith("the studies differ much")
    assert excess_significance(apart, tau2=0.1).caution == ""


def test_selection_models() -> None:
    sample = columns("effects", "hackshaw1998")
    many = effects(sample["yi"], sample["vi"])
    assert selection_model(many).caution == ""
    assert selection_model(first(8), steps=[0.0005]).caution.startswith(f"with 8 studies, {MODEL}")
    two_short = effects([0.5, 0.6, 0.7, 0.6, 0.5, 0.4, 0.6, 0.5, 0.6, 0.7, 0.1, 0.2], [0.02] * 12)
    assert selection_model(two_short).caution == "a weight rests on 2 studies"
    assert selection_model(many, "truncated at").caution == (
        "the likelihood jumps at each study, so that neither standard errors nor the P value of selection hold"
    )


def test_p_uniform_star_and_copas() -> None:
    none = effects(0.05 * UNEVEN, VI)
    assert p_uniform_star(none).caution == "only 0 studies are significant, and the method compares within either kind"
    assert p_uniform_star(first(9)).caution == f"with 9 studies, {MODEL}"
    assert copas_model(first(5, measure="OR"), gamma0=[2.0], gamma1=[0.0]).caution.startswith(
        f"with 5 studies, {MODEL}; a log odds"
    )


def test_the_tables_speak_of_measures_that_there_are() -> None:
    assert set(BOUND) <= set(MEASURES)
    assert set(INSTEAD) <= set(BOUND)
    assert all(reason(CALM) == "" for reason in CAUTIONS.values())
