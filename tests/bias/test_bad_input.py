"""What the tests and models of small-study effects refuse, in whole sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.bias.reference import columns

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.bias.copas import copas_model
from trialpool.stats.bias.egger import egger
from trialpool.stats.bias.excess_significance import excess_significance
from trialpool.stats.bias.fail_safe_n import fail_safe_n
from trialpool.stats.bias.limit_meta_analysis import limit_meta_analysis
from trialpool.stats.bias.p_uniform_star import p_uniform_star
from trialpool.stats.bias.pet_peese import pet_peese
from trialpool.stats.bias.rank_test import begg
from trialpool.stats.bias.regression_test import regression_test
from trialpool.stats.bias.selection_model import selection_model
from trialpool.stats.bias.selection_weights import SELECTION_WEIGHTS
from trialpool.stats.bias.small_study_test import SMALL_STUDY_TESTS, small_study_test
from trialpool.stats.bias.trim_and_fill import trim_and_fill
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.effects.two_by_two import odds_ratio
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel

FOUR = effects([-0.1, -0.2, -0.5, -0.6], [0.01, 0.02, 0.06, 0.09], ["A", "B", "C", "D"])
TWO = effects([0.1, 0.2], [0.01, 0.02])
EQUAL = effects([0.1, 0.2, 0.4], [0.1, 0.1, 0.1])
BATCH = replace(FOUR, yi=np.stack([FOUR.yi, FOUR.yi]))
NOBODY = replace(FOUR, vi=np.full(4, np.inf))
COUNTED = odds_ratio(**columns("counts", "bcg"))
TESTS = ", ".join(map(repr, SMALL_STUDY_TESTS))
TAU2_CHOICES = "'REML', 'PM', 'DL', 'DL2', 'DLIT', 'ML', 'EB', 'HE', 'HS', 'HSk', 'SJ', 'SJIT', 'PMM', 'GENQ', 'GENQM'"
NO_COUNTS = (
    "needs the events and patients of each arm, which these effects don't carry. "
    "Compute them from counts, with odds_ratio, risk_ratio or another of these functions."
)

ARGUMENTS: list[tuple[Callable[[], Any], str]] = [
    (lambda: small_study_test(FOUR, "egger"), f"method='egger' is not known. Choose one of {TESTS}."),
    (lambda: small_study_test(FOUR, tau2="reml"), f"tau2='reml' is not known. Choose one of {TAU2_CHOICES}."),
    (lambda: begg(FOUR, reference="t"), "reference='t' is not known. Choose one of 'auto', 'exact', 'normal'."),
    (lambda: small_study_test(FOUR, "Peters"), f"Peters' test {NO_COUNTS}"),
    (lambda: small_study_test(FOUR, "Harbord"), f"Harbord's test {NO_COUNTS}"),
    (lambda: small_study_test(FOUR, "Schwarzer"), f"Schwarzer's test {NO_COUNTS}"),
    (lambda: small_study_test(FOUR, "arcsine"), f"Arcsine test {NO_COUNTS}"),
    (
        lambda: small_study_test(FOUR, "Macaskill"),
        "Macaskill's test needs the patients of each study, which these effects don't carry. Give n, or n_t and n_c.",
    ),
    (
        lambda: small_study_test(FOUR, "Deeks", n=[10, 20, 30, 40]),
        "Deeks' test needs the patients of each arm, which these effects don't carry. Give n_t and n_c.",
    ),
    (
        lambda: regression_test(FOUR, predictor="ni"),
        "regression test on patients needs the patients of each study, which these effects don't carry. Give n, or n_t and n_c.",
    ),
    (
        lambda: small_study_test(FOUR, "Macaskill", n=[10, 0, 30, np.nan]),
        "n has values that cannot be used: 0 (B), nan (D). Patients are counted from 1.",
    ),
    (lambda: small_study_test(FOUR, "Macaskill", n=[10, 20]), "n has 2 values for 4 studies. Give one for each."),
    (
        lambda: regression_test(FOUR, predictor="se"),
        "predictor='se' is not known. Choose one of 'sei', 'vi', 'ni', 'ninv', 'sqrtni', 'sqrtninv'.",
    ),
    (lambda: regression_test(FOUR, model="lm"), "model='lm' is not known. Choose one of 'multiplicative', 'random', 'common'."),
    (lambda: trim_and_fill(FOUR, estimator="l0"), "estimator='l0' is not known. Choose one of 'L0', 'R0', 'Q0'."),
    (lambda: trim_and_fill(FOUR, side="up"), "side='up' is not known. Choose one of 'left', 'right'."),
    (lambda: trim_and_fill(FOUR, trim_by="random"), "trim_by='random' is not known. Choose one of 'same', 'common'."),
    (
        lambda: fail_safe_n(FOUR, "rosenthal"),
        "method='rosenthal' is not known. Choose one of 'Rosenthal', 'Orwin', 'Rosenberg', 'general'.",
    ),
    (lambda: fail_safe_n(FOUR, tau2="x"), f"tau2='x' is not known. Choose one of {TAU2_CHOICES}."),
    (lambda: fail_safe_n(FOUR, level=95), "level=95 is not between 0 and 1. For a 95% interval give 0.95."),
    (
        lambda: fail_safe_n(FOUR, "Rosenthal", target=-0.1),
        "Rosenthal's number is of significance and has no target. Use 'Orwin' or 'general'.",
    ),
    (lambda: fail_safe_n(FOUR, "Orwin", target=0.1), "target=0.1 cannot be reached from -0.1969. Give one between that and 0."),
    (
        lambda: fail_safe_n(FOUR, "general", target=0.0, tau2=None),
        "target=0 cannot be reached from -0.1969. Give one between that and 0.",
    ),
    (lambda: excess_significance(FOUR, test="chi2"), "test='chi2' is not known. Choose one of 'exact', 'binomial', 'chi-squared'."),
    (lambda: excess_significance(FOUR, tau2=-1.0), "tau2=-1.0 is not a variance. Give a number of 0 or more."),
    (lambda: pet_peese(FOUR, threshold=5), "threshold=5 is not between 0 and 1. Give a P value such as 0.05."),
    (lambda: limit_meta_analysis(FOUR, tau2="x"), f"tau2='x' is not known. Choose one of {TAU2_CHOICES}."),
    (
        lambda: selection_model(FOUR, "steps"),
        f"weights='steps' is not known. Choose one of {', '.join(map(repr, SELECTION_WEIGHTS))}.",
    ),
    (lambda: selection_model(FOUR, model="fixed"), "model='fixed' is not known. Choose one of 'random', 'common'."),
    (
        lambda: selection_model(FOUR, alternative="left"),
        "alternative='left' is not known. Choose one of 'greater', 'less', 'two-sided'.",
    ),
    (
        lambda: selection_model(BATCH),
        "alternative has to be given for a batch. Choose one of 'greater', 'less', 'two-sided'.",
    ),
    (
        lambda: selection_model(FOUR, steps=[0.5, 0.025]),
        "steps=[0.5, 0.025] are not P values that rise between 0 and 1. Give such as [0.025, 0.5].",
    ),
    (
        lambda: selection_model(FOUR, steps=[0.025, 1]),
        "steps=[0.025, 1.0] are not P values that rise between 0 and 1. Give such as [0.025, 0.5].",
    ),
    (lambda: selection_model(FOUR, delta=[1, 0.5, 0.2]), "delta has 3 values, and weights='step' needs 2."),
    (lambda: selection_model(FOUR, "beta", delta=[1]), "delta has 1 values, and weights='beta' needs 2."),
    (lambda: selection_model(FOUR, delta=[1, -0.5]), "delta=[1.0, -0.5] holds what is no weight. Give positive numbers."),
    (
        lambda: selection_model(FOUR, "truncated at", delta=[1, 0.5]),
        "weights='truncated at' estimates its limit, and takes no delta. Use 'truncated' for the limit 0.",
    ),
    (
        lambda: selection_model(FOUR, precision="sei", delta=[1, 1]),
        "weights='step' takes no precision. It goes with 'half-normal', 'negative exponential', 'logistic', 'power'.",
    ),
    (lambda: selection_model(FOUR, "power", precision="n"), "precision='n' is not known. Choose one of 'sei', 'vi'."),
    (
        lambda: p_uniform_star(FOUR, alternative="two-sided"),
        "alternative='two-sided' is not known. Choose one of 'greater', 'less'.",
    ),
    (
        lambda: copas_model(FOUR, gamma1=[-0.1]),
        "gamma1=[-0.1] would publish precise studies less often. Give values of 0 or more.",
    ),
    (lambda: copas_model(FOUR, gamma0=[np.nan]), "gamma0=[nan] is not a list of numbers. Give such as [-1, 0, 1]."),
    (lambda: copas_model(FOUR, threshold=2), "threshold=2 is not between 0 and 1. Give a P value such as 0.05."),
]


@pytest.mark.parametrize(("call", "message"), ARGUMENTS, ids=[message[:60] for _, message in ARGUMENTS])
def test_an_argument_that_cannot_be_used_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == message


ESTIMABLE: list[tuple[Callable[[Effects], Any], Effects, str]] = [
    (small_study_test, TWO, "Egger's test: k = 2, and it needs 3."),
    (small_study_test, NOBODY, "Egger's test: k = 0, and it needs 3."),
    (small_study_test, EQUAL, "Egger's test: its predictor (standard error) is the same for all 3 studies."),
    (regression_test, TWO, "Regression test on standard error: k = 2, and it needs 3."),
    (begg, TWO, "Begg's test: k = 2, and it needs 3."),
    (begg, EQUAL, "Begg's test: what it ranks is the same for all studies."),
    (lambda e: small_study_test(e, "Harbord"), replace(COUNTED, vi=np.full(13, np.inf)), "Harbord's test: k = 0, and it needs 3."),
    (trim_and_fill, TWO, "Trim and fill: k = 2, and it needs 3."),
    (
        trim_and_fill,
        BATCH,
        "Trim and fill: one analysis at a time. For many, `trim` gives the number of missing studies.",
    ),
    (
        lambda e: trim_and_fill(mantel_haenszel(e)),
        COUNTED,
        "Trim and fill: the fit is by MH, and studies that are filled in have no counts. Use `pool`.",
    ),
    (fail_safe_n, BATCH, "Fail-safe N: one analysis at a time."),
    (fail_safe_n, NOBODY, "Fail-safe N: no study is present (k = 0)."),
    (excess_significance, BATCH, "Test of excess significance: one analysis at a time."),
    (excess_significance, NOBODY, "Test of excess significance: no study is present (k = 0)."),
    (pet_peese, TWO, "Regression test on standard error: k = 2, and it needs 3."),
    (limit_meta_analysis, TWO, "Limit meta-analysis: k = 2, and it needs 3."),
    (limit_meta_analysis, EQUAL, "Limit meta-analysis: all 3 standard errors are equal."),
    (selection_model, TWO, "Selection model: k = 2, and it needs 3."),
    (
        lambda e: selection_model(e, steps=[0.025, 0.3]),
        effects([0.5, 0.6, 0.1, 0.2], [0.01] * 4),
        "Selection model: no study has a P value from 0.3 to 1. Merge it with its neighbour, or give delta.",
    ),
    (
        lambda e: selection_model(e, "truncated"),
        effects([0.5, 0.6, 0.1], [0.01] * 3),
        "Selection model: no study has a P value from 0.5 to 1. Give delta.",
    ),
    (p_uniform_star, TWO, "p-uniform*: k = 2, and it needs 3."),
    (copas_model, TWO, "Copas model: k = 2, and it needs 3."),
    (copas_model, BATCH, "Copas model: one analysis at a time."),
]


@pytest.mark.parametrize(("call", "sample", "message"), ESTIMABLE, ids=[message[:60] for _, _, message in ESTIMABLE])
def test_what_cannot_be_had_is_an_error(call: Callable[[Effects], Any], sample: Effects, message: str) -> None:
    with pytest.raises(NotEstimable) as refusal:
        call(sample)
    assert str(refusal.value) == message


SPREAD = [0.1, 0.2, 0.3, 0.17, 0.2, 0.33]
ON_THE_LINE = "the effects lie on the line but for rounding, so that there is no residual to test by"


@pytest.mark.parametrize("size", [0.0, 0.1, 0.3, 1 / 3])
def test_effects_that_are_all_the_same_show_nothing_and_say_so(size: float) -> None:
    same = effects([size] * 6, SPREAD)
    with pytest.raises(NotEstimable) as refusal:
        begg(same)  # their differences from the mean are rounding, which is not ranked
    assert str(refusal.value) == "Begg's test: what it ranks is the same for all studies."
    for test in (egger(same), regression_test(same)):
        assert test.slope == 0
        assert np.isnan(test.p)
        assert test.caution.endswith(ON_THE_LINE)
        assert str(test).endswith("t(4) and P undefined")
    adjusted = pet_peese(same)
    assert adjusted.estimate == pytest.approx(size, abs=1e-15)
    assert adjusted.caution.endswith(ON_THE_LINE)


def test_effects_on_a_line_leave_no_residual() -> None:
    vi = np.array(SPREAD)
    found = egger(effects(0.1 + 0.4 * np.sqrt(vi), vi))
    assert found.slope == pytest.approx(0.4, rel=1e-12)
    assert found.se == 0
    assert found.caution.endswith(ON_THE_LINE)


@pytest.mark.parametrize(
    ("events_t", "events_c", "found"),
    [([0, 0, 0], [1, 2, 3], "0"), ([1, 2, 3], [0, 0, 0], "infinite"), ([0, 0, 0], [0, 0, 0], "undefined")],
)
def test_without_a_mantel_haenszel_odds_ratio_there_is_no_test_of_schwarzer(
    events_t: list[int], events_c: list[int], found: str
) -> None:
    arms = odds_ratio(events_t=events_t, n_t=[10, 20, 30], events_c=events_c, n_c=[11, 20, 30], double_zeros="keep")
    with pytest.raises(NotEstimable) as refusal:
        small_study_test(arms, "Schwarzer")
    assert (
        str(refusal.value) == f"Schwarzer's test: the Mantel-Haenszel odds ratio is {found}, so that no counts are expected by it."
    )


def test_a_trial_without_events_has_no_part_in_schwarzers_test() -> None:
    arms = {"events_t": [1, 4, 6, 3, 0], "n_t": [20, 40, 50, 30, 25], "events_c": [3, 5, 9, 8, 0], "n_c": [22, 41, 47, 33, 25]}
    kept = small_study_test(odds_ratio(**arms, double_zeros="keep"), "Schwarzer")
    left_out = small_study_test(odds_ratio(**{name: column[:4] for name, column in arms.items()}), "Schwarzer")
    assert (kept.tau, kept.p, kept.k) == (left_out.tau, left_out.p, 4)


def test_a_number_beyond_counting_is_refused() -> None:
    with pytest.raises(NotEstimable) as refusal:
        fail_safe_n(effects([1e8, -1e8, 3e7], [1, 1e-8, 1e12]), "Rosenthal")
    assert str(refusal.value) == "Fail-safe N: more than 1000000000 studies."


def test_certain_significance_is_no_excess() -> None:
    found = excess_significance(effects([50.0, 50.0, 50.0], [1.0, 1.0, 2.0]))
    assert (found.observed, found.expected, found.statistic) == (3, 3.0, 0.0)
