"""Intervals of the pooled effect and of tau2: the equations that define them, their laws and their edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import chi2, gamma, norm
from tests.stats.strategies import FEW, LAW, Floats, studies

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.pooling.bootstrap_prediction import bootstrap_prediction_interval, drawn_tau2
from trialpool.stats.pooling.intervals import GOES_WITH
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.tau2_intervals import TAU2_INTERVALS
from trialpool.stats.weighted_chi_squared import weighted_chi2_sf

Sample = tuple[Floats, Floats]
OWN = pytest.mark.parametrize(("ci", "tau2"), GOES_WITH.items())
METHODS = pytest.mark.parametrize("method", TAU2_INTERVALS)


def log_likelihood(yi: Floats, vi: Floats, mu: float, tau2: float) -> float:
    return float(norm.logpdf(yi, mu, np.sqrt(vi + tau2)).sum())


def best_given_mean(yi: Floats, vi: Floats, mu: float) -> float:
    """The highest log-likelihood for this mean, by brute force."""
    grid = np.concatenate([[0.0], np.geomspace(1e-5, 200, 200)])
    values = [log_likelihood(yi, vi, mu, t) for t in grid]
    i = int(np.argmax(values))
    low, high = grid[max(i - 1, 0)], grid[min(i + 1, len(grid) - 1)]
    fine = minimize_scalar(lambda t: -log_likelihood(yi, vi, mu, t), bounds=(low, high), method="bounded", options={"xatol": 1e-12})
    return max(values[i], -float(fine.fun))


@FEW
@given(sample=studies(min_k=2), level=st.sampled_from([0.8, 0.95]))
def test_at_the_limits_of_the_profile_likelihood_the_deviance_is_the_quantile(sample: Sample, level: float) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), tau2="ML", ci="PL")
    top = log_likelihood(yi, vi, fit.mu, fit.tau2)
    for limit in fit.interval(level):
        assert 2 * (top - best_given_mean(yi, vi, float(limit))) == pytest.approx(chi2.ppf(level, 1), abs=1e-6)
    low, high = fit.interval(level)
    assert low < fit.mu < high
    assert fit.p == pytest.approx(chi2.sf(2 * (top - best_given_mean(yi, vi, 0.0)), 1), abs=1e-6)


@FEW
@given(sample=studies(min_k=2), method=st.sampled_from(["REML", "ML"]))
def test_at_the_limits_of_tau2_by_profile_likelihood_the_deviance_is_the_quantile(sample: Sample, method: str) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), tau2=method)
    low, high = fit.tau2_interval(method="PL")

    def value(tau2: float) -> float:
        wi = 1 / (vi + tau2)
        mu = (wi * yi).sum() / wi.sum()
        return log_likelihood(yi, vi, mu, tau2) - (0.5 * np.log(wi.sum()) if method == "REML" else 0)

    for limit in (low, high):
        deviance = 2 * (value(fit.tau2) - value(float(limit)))
        assert deviance == pytest.approx(chi2.ppf(0.95, 1), abs=1e-8) if limit > 0 else deviance <= chi2.ppf(0.95, 1)
    assert low <= fit.tau2 <= high


@FEW
@given(sample=studies(min_k=3))
def test_the_quantile_of_henmi_and_copas_has_the_tail_area_by_direct_integration(sample: Sample) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), tau2="DL", ci="HC")
    u = float((fit.interval()[1] - fit.mu) / fit.se)
    wi, si = 1 / vi, vi + fit.tau2
    W1, W2 = wi.sum(), (wi**2).sum() / wi.sum()
    variance = 1 + fit.tau2 * W2
    covariance = wi * si / np.sqrt(W1)

    def tail(r: float) -> float:
        off = r * (covariance / variance - 1 / np.sqrt(W1))
        left = np.diag(si) - np.outer(covariance, covariance) / variance
        WL = wi[:, np.newaxis] * left
        mean = np.trace(WL) + (wi * off**2).sum()
        var = 2 * np.trace(WL @ WL) + 4 * (wi * off) @ left @ (wi * off)
        limit = len(yi) - 1 + (W1 - W2) / W2 * ((r / u) ** 2 - 1)
        return float(gamma.cdf(limit, mean**2 / var, scale=var / mean) * norm.pdf(r, 0, np.sqrt(variance)))

    area = 2 * quad(tail, u, u + 12 * np.sqrt(variance), epsabs=1e-11, limit=200)[0]
    assert area == pytest.approx(0.05, abs=1e-8)


@FEW
@given(sample=studies(min_k=3))
def test_kenward_roger_is_the_general_formula_for_one_coefficient(sample: Sample) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), ci="KR")
    S = np.diag(1 / (vi + fit.tau2))  # the general formulas, as matrices
    one = np.ones((len(yi), 1))
    Phi = np.linalg.inv(one.T @ S @ one)
    G = S - S @ one @ Phi @ one.T @ S
    var_tau2 = 2 / np.trace(G @ G)
    P, Q = -one.T @ S @ S @ one, one.T @ S @ S @ S @ one
    adjusted = Phi + 2 * Phi @ (var_tau2 * (Q - P @ Phi @ P)) @ Phi
    assert fit.se == pytest.approx(np.sqrt(adjusted[0, 0]), rel=1e-8)
    assert fit.df == pytest.approx(2 / (var_tau2 * (P @ adjusted)[0, 0] ** 2), rel=1e-8)
    assert fit.se >= pool(effects(yi, vi), ci="Wald").se * (1 - 1e-12)


def test_a_kenward_roger_interval_that_says_nothing_says_so() -> None:
    fit = pool(effects([1.08, 1.65, 0.33], [0.007, 0.15, 0.4]), ci="KR")
    assert fit.df < 1
    assert fit.notes == (f"the Kenward-Roger interval rests on {fit.df:.2g} degrees of freedom, too few to say anything",)


@OWN
@FEW
@given(sample=studies(min_k=2), shift=st.integers(-500, 500), c=st.sampled_from([0.1, 3.0, 50.0]))
def test_intervals_shift_and_scale_with_the_effects(sample: Sample, shift: int, c: float, ci: str, tau2: str) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), tau2=tau2, ci=ci)
    if fit.df < 1:  # limits of 1e60 of which no digit is certain
        return
    other = pool(effects(c * (yi + shift / 100), c**2 * vi), tau2=tau2, ci=ci)
    for one, moved in zip(fit.interval(), other.interval(), strict=True):
        assert moved / c - shift / 100 == pytest.approx(one, rel=1e-5, abs=1e-5)


@METHODS
@FEW
@given(sample=studies(min_k=3), level=st.sampled_from([0.8, 0.95]))
def test_limits_of_tau2_do_not_know_of_shifts_and_scale_with_the_square(sample: Sample, level: float, method: str) -> None:
    yi, vi = sample
    low, high = pool(effects(yi, vi)).tau2_interval(level, method=method)
    other = pool(effects(7 * (yi + 2), 49 * vi)).tau2_interval(level, method=method)
    assert [limit / 49 for limit in other] == pytest.approx([low, high], rel=1e-5, abs=1e-7)
    assert 0 <= low <= high


@METHODS
@FEW
@given(samples=st.lists(studies(min_k=4, max_k=4), min_size=2, max_size=3))
def test_limits_of_tau2_of_a_batch_are_those_of_its_parts(samples: list[Sample], method: str) -> None:
    yi, vi = (np.array(column) for column in zip(*samples, strict=True))
    yi, vi = np.column_stack([yi, np.full(len(yi), 9.0)]), np.column_stack([vi, np.full(len(vi), np.inf)])
    batch = Effects(yi=yi, vi=vi, study=tuple("abcde"))
    together = pool(batch).tau2_interval(method=method)
    alone = [pool(effects(*sample)).tau2_interval(method=method) for sample in samples]
    assert np.array(together).T == pytest.approx(np.array(alone), rel=1e-9, abs=1e-11)


@METHODS
def test_limits_of_tau2_do_not_exist_without_a_degree_of_freedom(method: str) -> None:
    assert np.isnan(pool(effects([0.3], [0.1])).tau2_interval(method=method)).all()


@given(sample=studies())
def test_best_predictions_lie_between_the_study_and_the_pooled_effect(sample: Sample) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), ci="Wald")
    found = fit.best_predictions
    assert (np.abs(found.estimate - fit.mu) <= np.abs(yi - fit.mu) + 1e-12).all()
    assert (found.se <= np.sqrt(vi) * (1 + 1e-9)).all() or fit.tau2 == 0
    low, high = found.interval(0.9)
    assert (low <= found.estimate).all()
    assert (found.estimate <= high).all()
    if fit.tau2 == 0:
        assert found.estimate == pytest.approx(np.full(len(yi), fit.mu), **LAW)


@given(sample=studies())
def test_criteria_follow_from_the_log_likelihood(sample: Sample) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), tau2="ML")
    assert fit.loglik() == pytest.approx(log_likelihood(yi, vi, fit.mu, fit.tau2), rel=1e-10, abs=1e-10)
    assert fit.criteria.AIC == pytest.approx(4 - 2 * fit.loglik())
    assert pool_common(effects(yi, vi)).criteria.AIC == pytest.approx(
        2 - 2 * log_likelihood(yi, vi, pool_common(effects(yi, vi)).mu, 0)
    )


# The bootstrap


@FEW
@given(sample=studies(min_k=2), u=st.floats(0.05, 0.95))
def test_drawn_tau2_has_cochrans_q_at_the_share_drawn(sample: Sample, u: float) -> None:
    yi, vi = sample
    wi = 1 / vi
    P = np.diag(wi) - np.outer(wi, wi) / wi.sum()
    tau2 = drawn_tau2(yi, vi, np.array([u]))[0]
    root = np.sqrt(vi + tau2)
    above = weighted_chi2_sf(yi @ P @ yi, np.maximum(np.linalg.eigvalsh(root[:, np.newaxis] * P * root), 0))
    assert above == pytest.approx(u, abs=1e-3) if tau2 > 0 else above >= u - 1e-9


def test_the_bootstrap_is_the_same_for_the_same_seed_and_settles() -> None:
    fit = pool(effects([-0.36, -0.73, -0.10, -0.42], [0.02, 0.03, 0.01, 0.05]))
    one, again, other = (bootstrap_prediction_interval(fit, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == again
    assert one == pytest.approx(other, abs=0.1)
    narrow = bootstrap_prediction_interval(fit, rng=np.random.default_rng(1), level=0.8)
    assert one[0] < narrow[0] < narrow[1] < one[1]


@pytest.mark.parametrize(
    ("fit", "draws", "message"),
    [
        (
            pool_common(effects([0.1, 0.5], [0.1, 0.1])),
            500,
            "The bootstrap prediction interval is of a single random-effects analysis.",
        ),
        (
            pool(effects([[0.1, 0.5]], [[0.1, 0.1]])),
            500,
            "The bootstrap prediction interval is of a single random-effects analysis.",
        ),
        (pool(effects([0.1, 0.5], [0.1, 0.1])), 50, "draws=50 are too few for percentiles. Give at least 100."),
    ],
)
def test_the_bootstrap_refuses_what_it_can_not_do(fit: Any, draws: int, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        bootstrap_prediction_interval(fit, rng=np.random.default_rng(1), draws=draws)
    assert str(refusal.value) == message


def test_the_bootstrap_refuses_one_study() -> None:
    with pytest.raises(NotEstimable) as refusal:
        bootstrap_prediction_interval(pool(effects([0.1], [0.1])), rng=np.random.default_rng(1))
    assert str(refusal.value) == "Bootstrap prediction interval: k = 1, and it needs 2."


def test_intervals_that_go_with_something_else_are_refused() -> None:
    fit = pool(effects([0.1, 0.5, 0.9], [0.04, 0.02, 0.04]), tau2="DL")
    for call, message in (
        (
            lambda: fit.tau2_interval(method="PL"),
            "The profile likelihood interval of tau2 is about tau2='REML' or tau2='ML', not tau2='DL'.",
        ),
        (lambda: fit.prediction_interval(method="KR"), "method='KR' goes with a fit by ci='KR', not ci='HK'."),
        (
            lambda: fit.tau2_interval(method="XX"),
            "method='XX' is not known. Choose one of 'QP', 'GENQ', 'BJ', 'PL', 'SJ', 'HT', 'Wald'.",
        ),
    ):
        with pytest.raises(BadArgument) as refusal:
            call()
        assert str(refusal.value) == message


# The floors of Hartung and Knapp


@FEW
@given(sample=studies(min_k=2), level=st.sampled_from([0.8, 0.95, 0.99]), tau2=st.sampled_from(["REML", "DL"]))
def test_the_wider_interval_contains_both_and_its_p_answers_to_it(sample: Sample, level: float, tau2: str) -> None:
    these = effects(*sample)
    wider, *parts = (pool(these, tau2=tau2, ci=ci) for ci in ("HK-wider", "HK", "Wald"))
    low, high = wider.interval(level)
    assert low == min(fit.interval(level)[0] for fit in parts)
    assert high == max(fit.interval(level)[1] for fit in parts)
    assert (wider.p < 1 - level) == (low > 0 or high < 0)


@FEW
@given(sample=studies(min_k=2))
def test_the_interval_of_iqwig_is_floored_just_where_it_is_narrower_than_that_of_dersimonian_and_laird(sample: Sample) -> None:
    these = effects(*sample)
    widths = [np.diff(pool(these, tau2=t, ci=ci).interval())[0] for t, ci in (("PM", "HK"), ("DL", "Wald"))]
    expected = pool(these, tau2="PM", ci="HK-floor" if widths[0] < widths[1] else "HK")
    found = pool(these, tau2="PM", ci="HK-IQWiG")
    assert [found.se, found.df, found.p] == [expected.se, expected.df, expected.p]


def test_where_effects_agree_the_three_floors_differ_as_worked_by_hand() -> None:
    # q = (0.04 + 0 + 0.04) / 0.25 / 2 = 0.16, tau2 0, se of Wald 0.5 / sqrt(3), t 4.302653 with 2 degrees of freedom
    these = effects([0.8, 1.0, 1.2], [0.25, 0.25, 0.25])
    wald, t = 0.5 / np.sqrt(3), 4.302652729749464
    for ci, half in {
        "HK": 0.4 * wald * t,
        "HK-floor": wald * t,
        "HK-IQWiG": wald * t,
        "HK-wider": 1.959963984540054 * wald,
    }.items():
        assert pool(these, ci=ci).interval() == pytest.approx((1 - half, 1 + half), rel=1e-12)
