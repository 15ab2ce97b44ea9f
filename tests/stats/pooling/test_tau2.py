"""The estimators of tau2: their defining equations, and the laws that all of them and what rests on them obey."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2
from tests.stats.pooling.exact import exact_generalised_q, exact_restricted_score
from tests.stats.strategies import FEW, LAW, SAME, Floats, studies

from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.pooling.intervals import INTERVAL_NAMES, INTERVALS, PREDICTION_NAMES, PREDICTIONS
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.restricted_likelihood import log_restricted_likelihood
from trialpool.stats.pooling.tau2 import TAU2, TAU2_NAMES, dersimonian_laird, paule_mandel, restricted_maximum_likelihood
from trialpool.stats.pooling.weighted import cochran_q

METHODS = pytest.mark.parametrize("method", TAU2)
CIS = pytest.mark.parametrize("ci", INTERVALS)
Sample = tuple[Floats, Floats]

# Where the score only just touches zero, rounding of 1e-16 in it moves its root by 1e-8: there the likelihoods are compared
FLAT = 1e-12


def numbers(fit: PooledEffect) -> dict[str, Any]:
    """All that a fit says."""
    said = {name: getattr(fit, name) for name in ("mu", "se", "df", "tau2", "Q", "k", "p", "Q_p", "I2", "H2", "weights")}
    for limits in ("interval", "tau2_interval", "I2_interval", "H2_interval", "prediction_interval"):
        said[f"low {limits}"], said[f"high {limits}"] = getattr(fit, limits)()
    return said


def log_likelihood(yi: Floats, vi: Floats, tau2: Any) -> Any:
    y, v = (np.broadcast_to(x, (np.size(tau2), len(x))).T[:, np.newaxis] for x in (yi, vi))
    return log_restricted_likelihood(y, v, np.atleast_1d(tau2))


def same_tau2(method: str, yi: Floats, vi: Floats, found: Any, expected: Any) -> None:
    if found != pytest.approx(expected, nan_ok=True, **LAW):
        assert method == "REML"
        low, high = log_likelihood(yi, vi, [found, expected])
        assert low == pytest.approx(high, abs=FLAT)


# The equations that define them


@given(studies())
def test_dersimonian_laird_equates_q_to_its_expectation(sample: Sample) -> None:
    yi, vi = sample
    wi = 1 / vi
    expected_gain = wi.sum() - (wi**2).sum() / wi.sum()
    Q, df = exact_generalised_q(yi, vi, 0.0), len(yi) - 1
    tau2 = dersimonian_laird(yi, vi)
    if tau2 > 0:
        assert df + expected_gain * tau2 == pytest.approx(Q, **LAW)
    else:
        assert Q <= df * (1 + 1e-12)


@given(studies())
def test_paule_mandel_has_q_at_its_degrees_of_freedom(sample: Sample) -> None:
    yi, vi = sample
    tau2, df = paule_mandel(yi, vi), len(yi) - 1
    if tau2 > 0:
        assert exact_generalised_q(yi, vi, tau2) == pytest.approx(df, rel=1e-12)
    else:
        assert exact_generalised_q(yi, vi, 0.0) <= df * (1 + 1e-12)


@given(studies())
def test_restricted_maximum_likelihood_has_no_score_or_is_at_the_boundary(sample: Sample) -> None:
    yi, vi = sample
    tau2 = restricted_maximum_likelihood(yi, vi)
    scale = (1 / (vi + tau2)).sum()
    score = exact_restricted_score(yi, vi, tau2) / scale
    assert score == pytest.approx(0, abs=1e-9) if tau2 > 0 else score <= 1e-9


@given(studies(min_k=2, max_k=2))
def test_of_two_studies_all_three_say_the_same_if_their_variances_are_equal(sample: Sample) -> None:
    yi, vi = sample
    vi = np.full(2, vi[0])
    by_hand = max(0.0, (yi[0] - yi[1]) ** 2 / 2 - vi[0])
    for method in TAU2:
        same_tau2(method, yi, vi, TAU2[method](yi, vi), by_hand)


@given(studies(min_k=2))
def test_with_equal_variances_all_three_are_the_sample_variance_less_that(sample: Sample) -> None:
    yi, vi = sample
    vi = np.full(len(yi), vi[0])
    for method in TAU2:
        same_tau2(method, yi, vi, TAU2[method](yi, vi), max(0.0, yi.var(ddof=1) - vi[0]))


# Laws


@METHODS
@CIS
@FEW
@given(samples=st.integers(1, 5).flatmap(lambda k: st.lists(studies(min_k=k, max_k=k), min_size=1, max_size=4)))
def test_a_batch_is_its_parts(samples: list[Sample], ci: str, method: str) -> None:
    yi, vi = (np.array(column) for column in zip(*samples, strict=True))
    together = numbers(pool(effects(yi, vi), tau2=method, ci=ci))
    alone = [numbers(pool(effects(*sample), tau2=method, ci=ci)) for sample in samples]
    for name, found in together.items():
        assert found == pytest.approx(np.array([one[name] for one in alone]), nan_ok=True, **SAME), name


@METHODS
@CIS
@FEW
@given(sample=studies(min_k=1), data=st.data())
def test_an_absent_study_changes_nothing(sample: Sample, data: st.DataObject, ci: str, method: str) -> None:
    yi, vi = sample
    at, value = data.draw(st.integers(0, len(yi))), data.draw(st.floats(-1e6, 1e6))
    more = effects(np.insert(yi, at, value), np.insert(vi, at, 1.0))
    more = Effects(yi=more.yi, vi=np.insert(vi, at, np.inf), study=more.study)
    found, expected = (numbers(pool(these, tau2=method, ci=ci)) for these in (more, effects(yi, vi)))
    assert found["weights"][at] == 0
    found["weights"] = np.delete(found["weights"], at)
    for name, value in found.items():
        assert value == pytest.approx(expected[name], nan_ok=True, **SAME), name


@METHODS
@given(sample=studies(), shift=st.integers(-1000, 1000))
def test_a_shift_of_the_effects_is_a_shift_of_the_pooled_effect(sample: Sample, shift: int, method: str) -> None:
    yi, vi = sample
    same_tau2(method, yi, vi, TAU2[method](yi + shift / 100, vi), TAU2[method](yi, vi))
    one, other = pool_common(effects(yi, vi)), pool_common(effects(yi + shift / 100, vi))
    assert [other.mu - shift / 100, other.se, other.Q] == pytest.approx([one.mu, one.se, one.Q], rel=1e-9, abs=1e-8)


@METHODS
@given(sample=studies(), c=st.sampled_from([0.01, 0.3, 2.0, 7.0, 1e4]))
def test_scales_with_the_square_of_the_effects(sample: Sample, c: float, method: str) -> None:
    yi, vi = sample
    same_tau2(method, yi, vi, TAU2[method](c * yi, c**2 * vi) / c**2, TAU2[method](yi, vi))


@METHODS
@CIS
@FEW
@given(sample=studies(), c=st.sampled_from([0.25, 4.0, 1024.0]))
def test_a_change_of_the_unit_changes_the_unit_of_the_result(sample: Sample, c: float, ci: str, method: str) -> None:
    yi, vi = sample  # powers of two: not even a rounding changes
    one, other = (numbers(pool(effects(u * yi, u**2 * vi), tau2=method, ci=ci)) for u in (1.0, c))
    squared, plain = ("tau2", "low tau2_interval", "high tau2_interval"), ("mu", "se", "low interval", "high interval")
    unit = dict.fromkeys(squared, c**2) | dict.fromkeys((*plain, "low prediction_interval", "high prediction_interval"), c)
    for name, value in other.items():
        assert value / unit.get(name, 1.0) == pytest.approx(one[name], nan_ok=True, **SAME), name


@METHODS
@given(sample=studies(), data=st.data())
def test_the_order_of_the_studies_does_not_matter(sample: Sample, data: st.DataObject, method: str) -> None:
    yi, vi = sample
    order = data.draw(st.permutations(range(len(yi))))
    same_tau2(method, yi, vi, TAU2[method](yi[order], vi[order]), TAU2[method](yi, vi))
    one, other = pool_common(effects(yi, vi)), pool_common(effects(yi[order], vi[order]))
    assert [other.mu, other.se, other.Q] == pytest.approx([one.mu, one.se, one.Q], **LAW)
    assert other.weights == pytest.approx(one.weights[order], **LAW)


@METHODS
@CIS
@FEW
@given(sample=studies())
def test_the_mirror_image_has_the_opposite_effect(sample: Sample, ci: str, method: str) -> None:
    yi, vi = sample
    one, other = (pool(effects(sign * yi, vi), tau2=method, ci=ci) for sign in (1, -1))
    low, high = one.interval()
    assert [other.mu, other.se, other.tau2, other.Q, *other.interval()] == [-one.mu, one.se, one.tau2, one.Q, -high, -low]


@METHODS
@given(sample=studies(), value=st.integers(-300, 300))
def test_identical_effects_have_no_tau2(sample: Sample, value: int, method: str) -> None:
    _, vi = sample
    fit = pool(effects(np.full(len(vi), value / 100), vi), tau2=method, ci="Wald")
    assert fit.tau2 == 0
    assert fit.mu == pytest.approx(value / 100)
    assert [fit.Q, fit.I2, fit.H2] == pytest.approx([0, 0, 1], abs=1e-12)


@given(studies())
def test_every_study_twice_halves_the_variance_of_a_common_effect_and_doubles_q(sample: Sample) -> None:
    yi, vi = sample
    once, twice = pool_common(effects(yi, vi)), pool_common(effects(np.tile(yi, 2), np.tile(vi, 2)))
    assert [twice.mu, 2 * twice.se**2, twice.Q] == pytest.approx([once.mu, once.se**2, 2 * once.Q], **LAW)
    assert 2 * twice.weights == pytest.approx(np.tile(once.weights, 2), **LAW)


@METHODS
@given(sample=studies())
def test_tau2_is_not_negative_and_not_above_the_sum_of_squares(sample: Sample, method: str) -> None:
    yi, vi = sample
    assert 0 <= TAU2[method](yi, vi) <= ((yi - yi.mean()) ** 2).sum() * (1 if method == "REML" else 1e6)


@METHODS
@given(sample=studies(min_k=3))
def test_one_stratum_is_none_and_strata_of_one_study_add_nothing(sample: Sample, method: str) -> None:
    yi, vi = sample
    plain = TAU2[method](yi, vi)
    same_tau2(method, yi, vi, TAU2[method](yi[np.newaxis], vi[np.newaxis], strata=True), plain)
    padding = np.full((2, len(yi)), np.inf)
    padding[0, 0] = 0.5
    stacked = np.vstack([vi, padding])
    same_tau2(method, yi, vi, TAU2[method](np.vstack([yi, yi, yi]), stacked, strata=True), plain)


@given(studies(min_k=2), studies(min_k=2))
def test_the_equations_over_strata_are_the_sums_of_those_within(one: Sample, other: Sample) -> None:
    k = max(len(one[0]), len(other[0]))
    yi = np.array([np.pad(sample[0], (0, k - len(sample[0]))) for sample in (one, other)])
    vi = np.array([np.pad(sample[1], (0, k - len(sample[1])), constant_values=np.inf) for sample in (one, other)])
    df = len(one[0]) + len(other[0]) - 2
    by = {method: TAU2[method](yi, vi, strata=True) for method in TAU2}
    Q, score = (
        {m: sum(f(*sample, tau2) for sample in (one, other)) for m, tau2 in by.items()}
        for f in (exact_generalised_q, exact_restricted_score)
    )
    assert Q["PM"] == pytest.approx(df, rel=1e-12) if by["PM"] > 0 else Q["PM"] <= df * (1 + 1e-12)
    scale = (1 / (vi + by["REML"])).sum()
    assert score["REML"] / scale == pytest.approx(0, abs=1e-9) if by["REML"] > 0 else score["REML"] / scale <= 1e-9
    gains = [w.sum() - (w**2).sum() / w.sum() for w in (1 / one[1], 1 / other[1])]
    excess = sum(exact_generalised_q(*sample, 0.0) for sample in (one, other)) - df
    assert by["DL"] == pytest.approx(max(0.0, excess / sum(gains)), **LAW)


@METHODS
def test_too_few_studies_have_no_tau2(method: str) -> None:
    estimate: Callable[..., Any] = TAU2[method]
    yi = np.array([0.1, 0.5, 0.9])
    assert np.isnan(estimate(yi, np.array([0.04, np.inf, np.inf])))
    assert np.isnan(estimate(yi, np.full(3, np.inf)))
    assert np.isnan(estimate(np.array([[0.1], [0.5]]), np.array([[0.04], [0.02]]), strata=True))
    assert estimate(np.zeros((0, 3)), np.ones((0, 3))).shape == (0,)
    assert estimate(np.zeros((2, 0, 3)), np.ones((2, 0, 3))).shape == (2, 0)


@METHODS
def test_leading_axes_are_kept_and_broadcast(method: str) -> None:
    vi = np.linspace(0.1, 0.9, 24).reshape(2, 3, 4)
    yi = np.array([-1.0, 0.2, 0.4, 2.0])
    found = TAU2[method](yi, vi)
    assert found.shape == (2, 3)
    assert found[1, 2] == pytest.approx(TAU2[method](yi, vi[1, 2]), **SAME)


def test_every_choice_has_a_name() -> None:
    assert set(TAU2) == set(TAU2_NAMES)
    assert set(INTERVALS) == set(INTERVAL_NAMES)
    assert set(PREDICTIONS) == set(PREDICTION_NAMES)


# The limits of tau2


@METHODS
@given(sample=studies(), level=st.sampled_from([0.8, 0.95, 0.999]))
def test_q_profile_limits_solve_their_equations(sample: Sample, level: float, method: str) -> None:
    yi, vi = sample
    low, high = pool(effects(yi, vi), tau2=method).tau2_interval(level)
    for tau2, area in ((low, (1 - level) / 2), (high, (1 + level) / 2)):
        limit = chi2.isf(area, len(yi) - 1)
        Q = exact_generalised_q(yi, vi, tau2)
        assert Q == pytest.approx(limit, rel=1e-10) if tau2 > 0 else Q <= limit * (1 + 1e-10)
    assert low <= high


@given(sample=studies())
def test_the_limits_of_paule_mandel_enclose_it(sample: Sample) -> None:
    # the middle 80 % of chi-squared hold its mean, k - 1, for any number of degrees of freedom
    fit = pool(effects(*sample), tau2="PM")
    low, high = fit.tau2_interval(0.8)
    assert low * (1 - 1e-9) <= fit.tau2 <= high * (1 + 1e-9)


@METHODS
@given(sample=studies())
def test_i2_and_h2_are_two_ways_to_say_the_same(sample: Sample, method: str) -> None:
    fit = pool(effects(*sample), tau2=method)
    assert fit.H2 == pytest.approx(1 / (1 - fit.I2))
    assert 0 <= fit.I2 < 1
    assert [1 / (1 - limit) for limit in fit.I2_interval()] == pytest.approx([*fit.H2_interval()], rel=1e-6)


@given(studies())
def test_with_dersimonian_laird_i2_is_that_of_q(sample: Sample) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), tau2="DL")
    Q = cochran_q(yi, vi)
    assert fit.I2 == pytest.approx(max(0.0, 1 - (len(yi) - 1) / Q) if Q > 0 else 0.0, **LAW)
