"""pool and pool_common: against metafor, at the edges, and what they refuse."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.stats.reference_tables import CI_OF, TAIL_AREA, Entry, counted, each_of, effects_of, near, table

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import effects
from trialpool.stats.effects.two_by_two import odds_ratio, risk_ratio
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.peto import peto
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import cochran_q

POOLED = table("pooled")
THREE = effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], ["A", "B", "C"], measure="HR")

# Where metafor's number is another one, and why. Each reason is shown to hold by a test of its own below.
H2_BELOW_ONE = {("hart1999.IRR", "EE"), ("nielweise2007.OR", "EE")}  # metafor doesn't cut H2 = Q / df at 1; we do
SEARCH_ENDED_EARLY = {("normand1999.MD", "DL")}  # metafor looks for the upper limit of tau2 up to 10 times tau2 only


@cache
def fitted(data: str, method: str, test: str) -> PooledEffect:
    if method == "EE":
        return pool_common(effects_of(data), ci=CI_OF[test])
    return pool(effects_of(data), tau2=method, ci=CI_OF[test])


def fit_of(entry: Entry) -> PooledEffect:
    return fitted(entry.data, entry["method"], entry["test"])


def label(entry: Entry) -> str:
    return f"{entry['method']}-{entry['test']}"


def with_result(name: str) -> list[Entry]:
    return [entry for entry in POOLED if name in entry.result]


def agrees(entry: Entry) -> bool:
    return (entry.data, entry["method"]) not in SEARCH_ENDED_EARLY


@each_of("pooled", label)
def test_effect_and_interval_agree_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry), entry.result
    assert fit.k == expected["k"]
    assert fit.df == expected.get("ddf", [np.inf])[0]
    assert [fit.mu, fit.se, fit.statistic] == near([expected[name][0] for name in ("beta", "se", "stat")])
    assert [*fit.interval()] == near([expected["ci.lb"][0], expected["ci.ub"][0]])
    assert fit.p == near(expected["pval"][0], **TAIL_AREA)


@each_of("pooled", label)
def test_heterogeneity_agrees_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry), entry.result
    assert [fit.tau2, fit.Q, 100 * fit.I2] == near([expected[name] for name in ("tau2", "QE", "I2")])
    assert fit.Q_p == near(expected["QEp"], **TAIL_AREA)
    cut = (entry.data, entry["method"]) in H2_BELOW_ONE
    assert fit.H2 == near(max(expected["H2"], 1.0) if cut else expected["H2"])


@each_of("pooled", label, with_result("weights"))
def test_weights_agree_with_metafor(entry: Entry) -> None:
    there = np.isfinite(effects_of(entry.data).vi)
    assert 100 * fit_of(entry).weights[there] == near(entry.result["weights"])
    assert (fit_of(entry).weights[~there] == 0).all()


@each_of("pooled", label, with_result("pi"))
def test_prediction_interval_agrees_with_metafor(entry: Entry) -> None:
    usual = "normal" if entry["test"] == "z" else "t"
    for name, method in {"pi": usual, "pi_t": "t", "pi_riley": "HTS"}.items():
        if name in entry.result:
            limits = [entry.result[name][end] for end in ("pi.lb", "pi.ub")]
            assert [*fit_of(entry).prediction_interval(method=method)] == near(limits)


@each_of("pooled", label, [entry for entry in with_result("tau2_ci") if agrees(entry)])
def test_q_profile_intervals_agree_with_metafor(entry: Entry) -> None:
    fit, expected = fit_of(entry), entry.result["tau2_ci"]["QP"]
    assert [*fit.tau2_interval()] == near(expected[:2])
    assert [100 * limit for limit in fit.I2_interval()] == near(expected[2:4])
    assert [*fit.H2_interval()] == near(expected[4:])


@pytest.mark.parametrize(("data", "method"), sorted(SEARCH_ENDED_EARLY))
def test_where_metafor_ends_its_search_early_its_limit_does_not_solve_the_equation(data: str, method: str) -> None:
    studies, fit = effects_of(data), fitted(data, method, "z")
    ended = next(e for e in with_result("tau2_ci") if (e.data, e["method"]) == (data, method)).result["tau2_ci"]["QP"][1]
    complete = next(e for e in with_result("tau2_ci") if (e.data, e["method"]) == (data, "REML")).result["tau2_ci"]["QP"]
    chi2_at_the_limit = 2.17973074725265  # R: qchisq(0.025, 8)
    assert ended == near(10 * fit.tau2)
    assert cochran_q(studies.yi, studies.vi, ended) > 1.3 * chi2_at_the_limit
    assert cochran_q(studies.yi, studies.vi, fit.tau2_interval()[1]) == near(chi2_at_the_limit)
    assert [*fit.tau2_interval()] == near(complete[:2])  # the same limits as under the other estimators, rightly


@pytest.mark.parametrize(("data", "method"), sorted(H2_BELOW_ONE))
def test_where_metafor_has_h2_below_one_q_is_below_its_degrees_of_freedom(data: str, method: str) -> None:
    fit = fitted(data, method, "z")
    expected = next(e for e in POOLED if (e.data, e["method"], e["test"]) == (data, method, "z")).result["H2"]
    assert fit.Q / (fit.k - 1) == near(expected)
    assert (fit.H2, fit.I2) == (1.0, 0.0)


def test_no_exception_is_listed_that_is_not_needed() -> None:
    for entry in POOLED:
        listed = (entry.data, entry["method"]) in H2_BELOW_ONE
        assert listed == (entry["method"] == "EE" and entry.result["H2"] < 1)


def test_entries_with_a_missing_effect_are_pooled_without_it() -> None:
    assert {entry.data for entry in POOLED if entry.tags.get("warnings") == ["rows_omitted_na"]} == {"linde2005.RR"}
    assert np.isinf(effects_of("linde2005.RR").vi).sum() == 2


# From counts to the pooled effect, in one go


@pytest.mark.parametrize(
    ("data", "tau2", "ci", "mu", "se", "low", "high", "tau2_found"),
    [
        ("bcg", "DL", "Wald", -0.71411722, 0.17874209, -1.06444528, -0.36378916, 0.30876026),
        ("bcg", "DL", "HK", -0.71411722, 0.18069663, -1.10782135, -0.32041309, 0.30876026),
        ("bcg", "REML", "Wald", -0.71453234, 0.17978152, -1.06689764, -0.36216705, 0.31324326),
        ("bcg", "REML", "HK", -0.71453234, 0.18079174, -1.10844371, -0.32062097, 0.31324326),
        ("nielweise2007", "DL", "Wald", -0.92569436, 0.23031889, -1.37711109, -0.47427762, 0.0),
        ("nielweise2007", "REML", "Wald", -0.92949726, 0.23221510, -1.38463050, -0.47436402, 0.00855137),
    ],
)
def test_risk_ratios_from_counts_to_the_pooled_effect(
    data: str, tau2: str, ci: str, mu: float, se: float, low: float, high: float, tau2_found: float
) -> None:
    # metafor 3.8-1 with tightened tolerances, printed with eight decimals; without the double-zero trial of nielweise2007
    arms, _ = counted(data)
    fit = pool(risk_ratio(**arms), tau2=tau2, ci=ci)
    assert [fit.mu, fit.se, *fit.interval(), fit.tau2] == near([mu, se, low, high, tau2_found], rel=0, abs=6e-9)
    assert (fit.k, len(fit.notes)) == ((13, 0) if data == "bcg" else (17, 6))


# The edges


@pytest.mark.parametrize("ci", ["HK", "HK-floor", "HK-wider", "HK-IQWiG", "Wald", "t"])
@pytest.mark.parametrize("tau2", ["REML", "PM", "DL"])
def test_one_study_is_its_own_effect_with_its_wald_interval(tau2: str, ci: str) -> None:
    fit = pool(effects([-0.36], [0.04], ["A"], measure="HR"), tau2=tau2, ci=ci)
    assert (fit.mu, fit.se, fit.df, fit.k, fit.Q) == (-0.36, 0.2, np.inf, 1, 0)
    assert [*fit.interval()] == pytest.approx([-0.36 - 0.2 * 1.959963984540054, -0.36 + 0.2 * 1.959963984540054])
    assert np.isnan([fit.tau2, fit.I2, fit.H2, fit.Q_p, *fit.tau2_interval(), *fit.prediction_interval()]).all()
    assert fit.weights == pytest.approx([1.0])
    assert fit.notes == ("one study: its own effect and Wald interval; tau2 and a prediction interval do not exist",)
    assert str(fit) == "HR 0.70 (95% CI 0.47 to 1.03), P = 0.072, k = 1"


def test_one_study_by_a_common_effect() -> None:
    fit = pool_common(effects([-0.36], [0.04], ["A"], measure="HR"))
    assert str(fit) == "HR 0.70 (95% CI 0.47 to 1.03), P = 0.072, k = 1"
    alone = "one study: its own effect and interval; there is no heterogeneity to test or to measure"
    assert fit.notes == (alone,)
    trial = odds_ratio(events_t=[4], n_t=[123], events_c=[11], n_c=[139])
    assert mantel_haenszel(trial).notes == (alone,)
    assert alone in peto(trial).notes


def test_no_effect_without_a_standard_error_has_no_p_value() -> None:
    assert str(pool(effects([0.0, 0.0, 0.0], [0.1, 0.2, 0.1], measure="OR"))).endswith("P undefined, k = 3, I2 = 0%")


def test_identical_effects_have_no_heterogeneity_and_a_standard_error() -> None:
    # statsmodels' DL is nan here
    alike = effects([0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.1, 0.4])
    for tau2 in ("REML", "PM", "DL"):
        fit = pool(alike, tau2=tau2, ci="HK-floor")
        assert (fit.mu, fit.tau2, fit.Q, fit.I2, fit.H2) == (0.25, 0.0, 0.0, 0.0, 1.0)
        assert fit.se == pytest.approx(np.sqrt(1 / 27.5))
        assert [*fit.tau2_interval()] == [0.0, 0.0]
        assert pool(alike, tau2=tau2, ci="HK").se == 0.0


def test_dersimonian_laird_is_cut_at_zero() -> None:
    # statsmodels has tau2 = -0.048 here, which moves the pooled effect by 0.024
    fit = pool(effects_of("nielweise2007.OR"), tau2="DL", ci="Wald")
    expected = next(e for e in POOLED if (e.data, label(e)) == ("nielweise2007.OR", "DL-z")).result
    assert fit.Q < fit.k - 1
    assert (fit.tau2, fit.I2) == (0.0, 0.0)
    assert fit.mu == near(expected["beta"][0])


def test_i2_of_a_common_effect_is_not_negative() -> None:
    # statsmodels prints -5.3 %
    fit = pool_common(effects_of("nielweise2007.OR"))
    assert 1 - (fit.k - 1) / fit.Q < 0
    assert (fit.I2, fit.H2) == (0.0, 1.0)


def test_studies_of_the_same_name_are_two_studies() -> None:
    twice = effects([0.1, 0.5, 0.9], [0.04, 0.02, 0.04], ["Rosenthal", "Rosenthal", "Frimodt"])
    once = effects([0.1, 0.5, 0.9], [0.04, 0.02, 0.04], ["Rosenthal 1960", "Rosenthal 1961", "Frimodt"])
    assert (pool(twice).mu, pool(twice).k) == (pool(once).mu, 3)
    assert [study for study, _, _ in twice] == ["Rosenthal", "Rosenthal", "Frimodt"]


def test_a_common_effect_has_no_prediction_interval() -> None:
    assert np.isnan(pool_common(THREE).prediction_interval()).all()


def test_two_studies_have_no_prediction_interval_with_zero_degrees_of_freedom() -> None:
    two = pool(effects([0.1, 0.9], [0.04, 0.02]))
    assert np.isnan(two.prediction_interval(method="HTS")).all()
    assert np.isfinite(two.prediction_interval(method="t")).all()


def test_a_batch_of_different_sizes_has_nan_only_where_a_number_does_not_exist() -> None:
    vi = np.array([[0.02, 0.03, 0.01], [0.02, np.inf, 0.01], [0.02, np.inf, np.inf], [np.inf, np.inf, np.inf]])
    batch = effects([-0.36, -0.73, -0.10], [1.0, 1.0, 1.0])
    batch = type(batch)(yi=batch.yi, vi=vi, study=batch.study)
    for tau2 in ("REML", "PM", "DL"):
        fit = pool(batch, tau2=tau2)
        assert fit.k.tolist() == [3, 2, 1, 0]
        assert np.isnan(fit.tau2).tolist() == [False, False, True, True]
        assert np.isnan(fit.mu).tolist() == [False, False, False, True]
        assert np.isnan(fit.se[:3]).tolist() == [False, False, False]
    assert str(pool(batch)) == "4 analyses, random effects"


def test_a_fit_prints_as_a_sentence() -> None:
    assert str(pool(THREE, ci="Wald", level=0.9)) == "HR 0.69 (90% CI 0.51 to 0.92), P = 0.038, k = 3, I2 = 81%"
    assert repr(pool_common(THREE)) == "<PooledEffect: HR 0.75 (95% CI 0.65 to 0.87), P < 0.001, k = 3, I2 = 81%>"


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.99])
def test_the_level_of_the_call_is_that_of_the_limits(level: float) -> None:
    at_once, later = pool(THREE, level=level), pool(THREE)
    assert at_once.interval() == later.interval(level)
    assert at_once.tau2_interval() == later.tau2_interval(level)
    assert at_once.I2_interval() == later.I2_interval(level)
    assert at_once.prediction_interval() == later.prediction_interval(level)


def test_a_collapsed_interval_is_said_to_be_one() -> None:
    alike = effects([0.25, 0.25, 0.25], [0.1, 0.2, 0.1])
    said = "all effects are the same: the Hartung-Knapp interval has collapsed to a point; read the Wald interval, or that of "
    assert pool(alike).notes == (f"{said}Hartung-Knapp with a floor",)
    assert pool(effects([0.3, 0.3, 0.3], [0.1, 0.2, 0.17])).notes == pool(alike).notes  # here rounding leaves a se of 1e-17
    assert pool(alike, ci="HK-floor").notes == pool(alike, ci="Wald").notes == pool(THREE).notes == ()


@pytest.mark.parametrize("ci", ["HK", "HK-floor", "HK-wider", "HK-IQWiG", "t"])
def test_two_studies_are_said_to_leave_one_degree_of_freedom(ci: str) -> None:
    note = "two studies: the interval of the pooled effect and the prediction interval rest on 1 degree of freedom"
    assert pool(effects([0.1, 0.9], [0.04, 0.02]), ci=ci).notes == (note,)
    assert pool(effects([0.1, 0.9], [0.04, 0.02]), ci="Wald").notes == ()


@pytest.mark.parametrize(("tau2", "ci"), [("ML", "PL"), ("DL", "HC"), ("REML", "KR")])
def test_one_study_has_its_wald_interval_whatever_is_asked_for(tau2: str, ci: str) -> None:
    fit, wald = (pool(effects([-0.36], [0.04], measure="HR"), tau2=tau2, ci=c) for c in (ci, "Wald"))
    assert [*fit.interval(), fit.p, fit.se] == pytest.approx([*wald.interval(), wald.p, wald.se])


def test_no_heterogeneity_can_not_have_limits_in_a_common_effect_model() -> None:
    fit = pool_common(THREE)
    assert np.isnan(fit.tau2_se)
    assert fit.best_predictions.estimate == pytest.approx(np.full(3, fit.mu))


# What is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tau2": "reml"}, f"tau2='reml' is not known. Choose one of {', '.join(map(repr, TAU2))}."),
        (
            {"ci": "z"},
            "ci='z' is not known. Choose one of 'HK', 'HK-floor', 'HK-wider', 'HK-IQWiG', 'Wald', 't', 'KR', 'PL', 'HC'.",
        ),
        ({"ci": "PL"}, "ci='PL' (profile likelihood) goes with tau2='ML', not tau2='REML'."),
        ({"ci": "HC"}, "ci='HC' (Henmi-Copas) goes with tau2='DL', not tau2='REML'."),
        ({"ci": "KR", "tau2": "DL"}, "ci='KR' (Kenward-Roger) goes with tau2='REML', not tau2='DL'."),
        ({"level": 95}, "level=95 is not between 0 and 1. For a 95% interval give 0.95."),
        ({"level": 0}, "level=0 is not between 0 and 1. For a 95% interval give 0.95."),
        ({"level": 1.0}, "level=1.0 is not between 0 and 1. For a 95% interval give 0.95."),
    ],
)
def test_a_wrong_choice_is_refused_with_the_right_ones(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        pool(THREE, **arguments)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ci": "wald"}, "ci='wald' is not known. Choose one of 'HK', 'HK-floor', 'Wald', 't'."),
        ({"level": -0.95}, "level=-0.95 is not between 0 and 1. For a 95% interval give 0.95."),
    ],
)
def test_a_common_effect_refuses_the_same(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        pool_common(THREE, **arguments)
    assert str(refusal.value) == message


@pytest.mark.parametrize("limits", ["interval", "tau2_interval", "I2_interval", "H2_interval", "prediction_interval"])
@pytest.mark.parametrize("level", [95, 0, 1])
def test_limits_at_a_wrong_level_are_refused(limits: str, level: float) -> None:
    with pytest.raises(BadArgument) as refusal:
        getattr(pool(THREE), limits)(level)
    assert str(refusal.value) == f"level={level} is not between 0 and 1. For a 95% interval give 0.95."


def test_an_unknown_prediction_interval_is_refused() -> None:
    for fit in (pool(THREE), pool_common(THREE)):
        with pytest.raises(BadArgument) as refusal:
            fit.prediction_interval(method="Riley")
        assert str(refusal.value) == "method='Riley' is not known. Choose one of 't', 'HTS', 'normal', 'KR', 'KR-PR'."


def test_no_study_is_refused_with_the_method_named() -> None:
    # PyMARE answers 0.0 with a standard error of 0.0, statsmodels 0.0 with one of infinity
    nobody = type(THREE)(yi=THREE.yi, vi=np.full(3, np.inf), study=THREE.study)
    with pytest.raises(NotEstimable) as refusal:
        pool(nobody)
    assert str(refusal.value) == "random effects, REML: no study is present (k = 0)."
    with pytest.raises(NotEstimable) as refusal:
        pool_common(nobody)
    assert str(refusal.value) == "common effects, inverse variance: no study is present (k = 0)."
