"""p_uniform_star: what it is equal to, what its limits mean, and a simulation with a known truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_ndtr
from tests.bias.reference import effects_of
from tests.bias.test_selection_laws import TEN, selected

from trialpool.stats.bias.p_uniform_star import conditional_maximum, p_uniform_star
from trialpool.stats.bias.selection_model import data_of, selection_model
from trialpool.stats.effects.effects import effects
from trialpool.stats.pooling.pairwise import pool

DATA = ("bcg.RR", "linde2005.RR", "vanhowe1999.OR", "molloy2014.ZCOR", "hackshaw1998", "raudenbush1985")


def conditional_log_likelihood(theta: Any, yi: Any, vi: Any) -> float:
    """Written anew: log f - log P(significant), or log f - log P(not significant)."""
    S = vi + theta[1]
    z = (1.959963984540054 * np.sqrt(vi) - theta[0]) / np.sqrt(S)
    own = np.where(yi > 1.959963984540054 * np.sqrt(vi), log_ndtr(-z), log_ndtr(z))
    return float((-0.5 * np.log(2 * np.pi * S) - (yi - theta[0]) ** 2 / (2 * S) - own).sum())


@pytest.mark.parametrize("data", DATA)
def test_the_maximum_is_one_of_the_likelihood_written_anew(data: str) -> None:
    sample = effects_of(data)
    found = p_uniform_star(sample)
    yi = sample.yi if found.alternative == "greater" else -sample.yi
    at = np.array([abs(found.mu) if found.mu * (1 if found.alternative == "greater" else -1) > 0 else -abs(found.mu), found.tau2])
    assert conditional_log_likelihood(at, yi, sample.vi) == pytest.approx(found.loglik, abs=1e-9)
    bounds = [(None, None), (0.0, None)]
    for start in (at, [0.0, 0.1], [0.5, 0.01]):
        other = minimize(lambda t: -conditional_log_likelihood(t, yi, sample.vi), start, bounds=bounds)
        assert -other.fun <= found.loglik + 1e-7


def test_with_equal_variances_it_is_the_step_function_model() -> None:
    """Both give the same estimates then. J. E. Pustejovsky, p-uniform* is a three-parameter selection model."""
    rng = np.random.default_rng(3)
    sample = effects(0.3 + rng.normal(0, 0.35, 40), np.full(40, 0.04))
    one, other = p_uniform_star(sample), selection_model(sample)
    assert [one.mu, one.tau2] == pytest.approx([other.mu, other.tau2], rel=1e-5)


@pytest.mark.parametrize("data", ["bcg.RR", "linde2005.RR", "molloy2014.ZCOR"])
def test_at_its_limits_the_likelihood_has_fallen_as_far_as_chi_squared_says(data: str) -> None:
    found = p_uniform_star(effects_of(data))
    sample = data_of(found.effects, found.alternative)
    sign = -1.0 if found.alternative == "less" else 1.0
    low, high = found.interval()
    assert low < found.mu < high
    for limit in (low, high):
        there = conditional_maximum(sample, 0.95, np.array([sign * limit]), np.array([found.tau2]), fixed=True)
        assert 2 * (found.loglik - there.surface.height[0]) == pytest.approx(3.841458820694124, rel=1e-6)
    assert (found.p < 0.05) == (not low < 0 < high)


def test_shift_is_not_a_law_but_sign_scale_and_order_are() -> None:
    one = p_uniform_star(TEN)
    turn = np.argsort(TEN.vi)
    other = p_uniform_star(effects(-2 * TEN.yi[turn], 4 * TEN.vi[turn]))
    assert (one.alternative, other.alternative, one.significant) == ("less", "greater", other.significant)
    assert [other.mu, other.se, other.tau2, other.p] == pytest.approx([-2 * one.mu, 2 * one.se, 4 * one.tau2, one.p], rel=1e-5)
    assert other.interval() == pytest.approx(tuple(-2 * limit for limit in one.interval()[::-1]), rel=1e-5)


def test_a_batch_is_its_parts_and_an_absent_study_changes_nothing() -> None:
    vi = np.stack([TEN.vi, np.where(np.arange(10) == 4, np.inf, TEN.vi)])
    batch = p_uniform_star(replace(TEN, vi=vi), alternative="less")
    parts = [p_uniform_star(TEN), p_uniform_star(effects(np.delete(TEN.yi, 4), np.delete(TEN.vi, 4)))]
    assert batch.mu == pytest.approx([part.mu for part in parts], rel=1e-5)
    assert batch.p == pytest.approx([part.p for part in parts], rel=1e-5)
    assert np.array(batch.interval()) == pytest.approx(np.array([part.interval() for part in parts]).T, rel=1e-5)


def test_where_selection_is_known_it_recovers_the_truth_and_pooling_does_not() -> None:
    sample = selected(np.random.default_rng(22), 100, 60, 0.2, 0.02, 0.15)
    found, naive = p_uniform_star(sample, alternative="greater"), pool(sample, ci="Wald")
    assert found.found.all()
    assert abs(np.median(found.mu) - 0.2) < 0.025
    assert np.mean(naive.mu) > 0.28
