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
from trialpool.stats.pooling.intervals import GOES_WITH, INTERVAL_NAMES, INTERVALS, KR_PREDICTIONS, PREDICTION_NAMES, PREDICTIONS
from trialpool.stats.pooling.likelihood import Sample as Likelihood
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.projection import orthonormal
from trialpool.stats.pooling.tau2 import (
    TAU2,
    TAU2_NAMES,
    dersimonian_laird,
    generalised_q,
    paule_mandel,
    restricted_maximum_likelihood,
)
from trialpool.stats.pooling.tau2_intervals import TAU2_INTERVAL_NAMES, TAU2_INTERVALS, TAU2_SE
from trialpool.stats.pooling.weighted import cochran_q
from trialpool.stats.weighted_chi_squared import weighted_chi2_cdf

METHODS = pytest.mark.parametrize("method", TAU2)
# every estimator with one interval, and every interval with one estimator
PAIRS = pytest.mark.parametrize(("method", "ci"), [(m, "HK") for m in TAU2] + [(GOES_WITH.get(ci, "REML"), ci) for ci in INTERVALS])
Sample = tuple[Floats, Floats]

# Where the score only just touches zero, rounding of 1e-16 in it moves its root by 1e-8: there the likelihoods are compared
FLAT = 1e-12


def numbers(fit: PooledEffect) -> dict[str, Any]:
    """All that a fit says."""
    said = {name: getattr(fit, name) for name in ("mu", "se", "df", "tau2", "Q", "k", "p", "Q_p", "I2", "H2", "weights")}
    for limits in ("interval", "tau2_interval", "I2_interval", "H2_interval", "prediction_interval"):
        said[f"low {limits}"], said[f"high {limits}"] = getattr(fit, limits)()
    return said


def log_likelihood(yi: Floats, vi: Floats, tau2: Any, X: Floats | None = None, *, restricted: bool) -> Any:
    y, v = (np.broadcast_to(x, (np.size(tau2), len(x))).T for x in (yi, vi))
    Z = None if X is None else orthonormal(X[..., np.newaxis])
    return Likelihood(y, v, Z, restricted).log_likelihood(np.atleast_1d(tau2))


def same_tau2(method: str, yi: Floats, vi: Floats, found: Any, expected: Any, X: Floats | None = None) -> None:
    if found != pytest.approx(expected, nan_ok=True, **LAW):
        assert method in {"REML", "ML"}
        low, high = log_likelihood(yi, vi, [found, expected], X, restricted=method == "REML")
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


def score(yi: Floats, vi: Floats, tau2: float) -> float:
    """Twice the derivative of the log-likelihood."""
    wi = 1 / (vi + tau2)
    return float((wi**2 * (yi - (wi * yi).sum() / wi.sum()) ** 2).sum() - wi.sum())


@given(studies())
def test_maximum_likelihood_has_no_score_or_is_at_the_boundary(sample: Sample) -> None:
    yi, vi = sample
    tau2 = TAU2["ML"](yi, vi)
    found = score(yi, vi, tau2) / (1 / (vi + tau2)).sum()
    assert found == pytest.approx(0, abs=1e-9) if tau2 > 0 else found <= 1e-9
    assert tau2 <= restricted_maximum_likelihood(yi, vi) * (1 + 1e-9) + 1e-12 or two_peaked(yi, vi)


def two_peaked(yi: Floats, vi: Floats) -> bool:
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 100, 400)])
    values = log_likelihood(yi, vi, grid, restricted=False)
    return bool(((values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])).sum() + (values[0] > values[1]) > 1)


@given(studies())
def test_the_median_unbiased_estimates_have_q_at_the_median_of_its_distribution(sample: Sample) -> None:
    yi, vi = sample
    tau2, median = TAU2["PMM"](yi, vi), chi2.median(len(yi) - 1)
    Q = exact_generalised_q(yi, vi, tau2)
    assert Q == pytest.approx(median, rel=1e-12) if tau2 > 0 else median * (1 + 1e-12) >= Q
    tau2, ai = TAU2["GENQM"](yi, vi), 1 / np.sqrt(vi)
    P = np.diag(ai) - np.outer(ai, ai) / ai.sum()
    root = np.sqrt(vi + tau2)
    share = weighted_chi2_cdf(yi @ P @ yi, np.maximum(np.linalg.eigvalsh(root[:, np.newaxis] * P * root), 0))
    assert share == pytest.approx(0.5, abs=1e-11) if tau2 > 0 else share <= 0.5 + 1e-11


@given(studies(), st.sampled_from(["DL", "HE", "GENQ", "DL2"]))
def test_moment_estimates_are_what_their_q_is_expected_to_be_at(sample: Sample, method: str) -> None:
    yi, vi = sample
    ai = {"DL": 1 / vi, "HE": np.ones(len(vi)), "GENQ": 1 / np.sqrt(vi), "DL2": 1 / (vi + dersimonian_laird(yi, vi))}[method]
    P = np.diag(ai) - np.outer(ai, ai) / ai.sum()
    expected = max(0.0, (yi @ P @ yi - np.trace(P * vi)) / np.trace(P))
    assert TAU2[method](yi, vi) == pytest.approx(expected, **LAW)


@given(studies())
def test_the_fixed_points_of_two_step_estimates_are_paule_mandels(sample: Sample) -> None:
    yi, vi = sample
    tau2 = paule_mandel(yi, vi)
    if tau2 > 0:
        assert generalised_q(yi, vi, ai=1 / (vi + tau2)) == pytest.approx(tau2, rel=1e-9, abs=1e-10)
        assert tau2 * exact_generalised_q(yi, vi, tau2) / (len(yi) - 1) == pytest.approx(tau2, **LAW)


@given(studies(min_k=2))
def test_with_equal_variances_each_is_a_multiple_of_the_sum_of_squares_less_the_variance(sample: Sample) -> None:
    yi, vi = sample
    vi, k = np.full(len(yi), vi[0]), len(yi)
    squares = ((yi - yi.mean()) ** 2).sum()
    crude = squares / k
    divisor = dict.fromkeys(TAU2, k - 1.0) | {"ML": k, "HS": k, "PMM": chi2.median(k - 1), "GENQM": chi2.median(k - 1)}
    for method in TAU2:
        expected = squares / divisor[method] - vi[0]
        if method == "SJ":
            expected = crude * squares / (crude + vi[0]) / (k - 1)
        same_tau2(method, yi, vi, TAU2[method](yi, vi), max(0.0, expected))


# Laws


MAGNIFIES = {
    "KR": "a quantile of t with a hundredth of a degree of freedom magnifies a rounding",
    "HC": "limits are roots that a search ends at, to a relative 1e-12",
}


@PAIRS
@FEW
@given(samples=st.integers(1, 5).flatmap(lambda k: st.lists(studies(min_k=k, max_k=k), min_size=1, max_size=4)))
def test_a_batch_is_its_parts(samples: list[Sample], ci: str, method: str) -> None:
    yi, vi = (np.array(column) for column in zip(*samples, strict=True))
    together = numbers(pool(effects(yi, vi), tau2=method, ci=ci))
    alone = [numbers(pool(effects(*sample), tau2=method, ci=ci)) for sample in samples]
    close = LAW if ci in MAGNIFIES else SAME
    for name, found in together.items():
        assert found == pytest.approx(np.array([one[name] for one in alone]), nan_ok=True, **close), name


@PAIRS
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
    close = LAW if ci in MAGNIFIES else SAME
    for name, value in found.items():
        assert value == pytest.approx(expected[name], nan_ok=True, **close), name


@METHODS
@FEW
@given(sample=studies(), shift=st.integers(-1000, 1000))
def test_a_shift_of_the_effects_is_a_shift_of_the_pooled_effect(sample: Sample, shift: int, method: str) -> None:
    yi, vi = sample
    same_tau2(method, yi, vi, TAU2[method](yi + shift / 100, vi), TAU2[method](yi, vi))
    one, other = pool_common(effects(yi, vi)), pool_common(effects(yi + shift / 100, vi))
    assert [other.mu - shift / 100, other.se, other.Q] == pytest.approx([one.mu, one.se, one.Q], rel=1e-9, abs=1e-8)


@METHODS
@FEW
@given(sample=studies(), c=st.sampled_from([0.01, 0.3, 2.0, 7.0, 1e4]))
def test_scales_with_the_square_of_the_effects(sample: Sample, c: float, method: str) -> None:
    yi, vi = sample
    same_tau2(method, yi, vi, TAU2[method](c * yi, c**2 * vi) / c**2, TAU2[method](yi, vi))


@PAIRS
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
@FEW
@given(sample=studies(), data=st.data())
def test_the_order_of_the_studies_does_not_matter(sample: Sample, data: st.DataObject, method: str) -> None:
    yi, vi = sample
    order = data.draw(st.permutations(range(len(yi))))
    same_tau2(method, yi, vi, TAU2[method](yi[order], vi[order]), TAU2[method](yi, vi))
    one, other = pool_common(effects(yi, vi)), pool_common(effects(yi[order], vi[order]))
    assert [other.mu, other.se, other.Q] == pytest.approx([one.mu, one.se, one.Q], **LAW)
    assert other.weights == pytest.approx(one.weights[order], **LAW)


@PAIRS
@FEW
@given(sample=studies())
def test_the_mirror_image_has_the_opposite_effect(sample: Sample, ci: str, method: str) -> None:
    yi, vi = sample
    one, other = (pool(effects(sign * yi, vi), tau2=method, ci=ci) for sign in (1, -1))
    low, high = one.interval()
    assert [other.mu, other.se, other.tau2, other.Q, *other.interval()] == [-one.mu, one.se, one.tau2, one.Q, -high, -low]


@METHODS
@FEW
@given(sample=studies(), value=st.integers(-300, 300))
def test_identical_effects_have_no_tau2(sample: Sample, value: int, method: str) -> None:
    _, vi = sample
    fit = pool(effects(np.full(len(vi), value / 100), vi), tau2=method, ci="Wald")
    assert fit.tau2 == pytest.approx(0, abs=1e-25)  # Sidik and Jonkman's is not cut at 0, so rounding is left
    assert fit.mu == pytest.approx(value / 100)
    assert [fit.Q, fit.I2, fit.H2] == pytest.approx([0, 0, 1], abs=1e-12)


@given(studies())
def test_every_study_twice_halves_the_variance_of_a_common_effect_and_doubles_q(sample: Sample) -> None:
    yi, vi = sample
    once, twice = pool_common(effects(yi, vi)), pool_common(effects(np.tile(yi, 2), np.tile(vi, 2)))
    assert [twice.mu, 2 * twice.se**2, twice.Q] == pytest.approx([once.mu, once.se**2, 2 * once.Q], **LAW)
    assert 2 * twice.weights == pytest.approx(np.tile(once.weights, 2), **LAW)


@METHODS
@FEW
@given(sample=studies())
def test_tau2_is_not_negative_and_not_above_the_sum_of_squares(sample: Sample, method: str) -> None:
    yi, vi = sample
    assert 0 <= TAU2[method](yi, vi) <= ((yi - yi.mean()) ** 2).sum() * (1 if method in {"REML", "ML", "HE"} else 1e6)


# With moderators


@st.composite
def regressions(draw: st.DrawFn) -> tuple[Floats, Floats, Floats]:
    """yi, vi and a design of an intercept and one or two moderators, of which the studies have enough different values."""
    yi, vi = draw(studies(min_k=5))
    k = len(yi)
    year = np.array(draw(st.permutations(range(1990, 1990 + k))), dtype=float)
    arm = (np.array(draw(st.permutations(range(k)))) < k // 2).astype(float)
    X = np.column_stack([np.ones(k), year, arm][: draw(st.integers(2, 3))])
    return yi, vi, X


@METHODS
@FEW
@given(sample=regressions())
def test_a_column_of_ones_is_the_intercept(sample: Any, method: str) -> None:
    yi, vi, _ = sample
    same_tau2(method, yi, vi, TAU2[method](yi, vi, np.ones((len(yi), 1))), TAU2[method](yi, vi))


@METHODS
@FEW
@given(sample=regressions(), slope=st.integers(-3, 3))
def test_what_the_moderators_explain_is_no_heterogeneity(sample: Any, slope: int, method: str) -> None:
    yi, vi, X = sample
    if method in {"SJ"}:  # it starts from the variance of the effects, explained or not
        return
    moved = yi + slope / 10 * (X[:, -1] - 3)
    same_tau2(method, moved, vi, TAU2[method](moved, vi, X), TAU2[method](yi, vi, X), X)


@METHODS
@FEW
@given(sample=regressions())
def test_only_the_space_of_the_columns_counts(sample: Any, method: str) -> None:
    yi, vi, X = sample
    other = X @ (np.eye(X.shape[1]) + np.tri(X.shape[1]).T)
    same_tau2(method, yi, vi, TAU2[method](yi, vi, other), TAU2[method](yi, vi, X), X)


@METHODS
@FEW
@given(sample=regressions(), data=st.data())
def test_with_moderators_a_batch_is_its_parts_and_an_absent_study_changes_nothing(sample: Any, data: Any, method: str) -> None:
    yi, vi, X = sample
    absent = np.where(np.eye(len(yi), dtype=bool), np.inf, vi)
    together = TAU2[method](yi, absent, X)
    of_each = TAU2[method](yi, absent, np.broadcast_to(X, (len(yi), *X.shape)))
    assert of_each == pytest.approx(together, nan_ok=True, **SAME)
    for i, found in enumerate(together):
        alone = TAU2[method](np.delete(yi, i), np.delete(vi, i), np.delete(X, i, axis=0))
        same_tau2(method, np.delete(yi, i), np.delete(vi, i), found, alone, np.delete(X, i, axis=0))


@FEW
@given(sample=regressions())
def test_with_moderators_the_scores_vanish(sample: Any) -> None:
    yi, vi, X = sample
    for method in ("REML", "ML"):
        tau2 = TAU2[method](yi, vi, X)
        W = np.diag(1 / (vi + tau2))
        centred = X - [[0, *X[:, 1:].mean(0)]]
        P = W - W @ centred @ np.linalg.solve(centred.T @ W @ centred, centred.T @ W)
        slope = ((P @ yi) ** 2).sum() - np.trace(P if method == "REML" else W)
        assert slope / np.trace(W) == pytest.approx(0, abs=1e-8) if tau2 > 0 else slope / np.trace(W) <= 1e-8
    wi = 1 / (vi + TAU2["PM"](yi, vi, X))
    Q = float((wi * (yi - X @ np.linalg.lstsq(np.sqrt(wi)[:, np.newaxis] * X, np.sqrt(wi) * yi, rcond=None)[0]) ** 2).sum())
    df = len(yi) - X.shape[1]
    assert Q == pytest.approx(df, rel=1e-8) if TAU2["PM"](yi, vi, X) > 0 else Q <= df * (1 + 1e-8)


@METHODS
def test_columns_that_depend_on_each_other_have_no_tau2(method: str) -> None:
    yi, vi = np.array([0.1, 0.5, 0.9, 0.2]), np.array([0.04, 0.02, 0.04, 0.01])
    year = np.array([1990.0, 1991, 1995, 1999])
    assert np.isnan(TAU2[method](yi, vi, np.column_stack([np.ones(4), year, 2 * year - 7])))
    assert np.isnan(TAU2[method](yi, vi, np.column_stack([np.ones(4), year, year**2, year**3])))  # no degree of freedom left
    one_level = np.column_stack([np.ones(4), [0, 0, 0, 1.0]])
    both = np.array([vi, [0.04, 0.02, 0.04, np.inf]])
    assert np.isnan(TAU2[method](yi, both, one_level)).tolist() == [False, True]  # the level is gone with its study


@METHODS
def test_too_few_studies_have_no_tau2(method: str) -> None:
    estimate: Callable[..., Any] = TAU2[method]
    yi = np.array([0.1, 0.5, 0.9])
    assert np.isnan(estimate(yi, np.array([0.04, np.inf, np.inf])))
    assert np.isnan(estimate(yi, np.full(3, np.inf)))
    assert np.isnan(estimate(yi, np.full(3, 0.1), np.eye(3)))
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
    assert {*PREDICTIONS, *KR_PREDICTIONS} == set(PREDICTION_NAMES)
    assert set(TAU2_INTERVALS) == set(TAU2_INTERVAL_NAMES)
    assert set(TAU2_SE) == set(TAU2)
    assert set(GOES_WITH) <= set(INTERVALS)
    assert set(GOES_WITH.values()) <= set(TAU2)


# The limits of tau2


@METHODS
@FEW
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
@FEW
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
