"""Weighted sums of chi-squared variables: against printed values, closed forms and each other."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammainc, gammaincc

from trialpool.stats import weighted_chi_squared
from trialpool.stats.weighted_chi_squared import weighted_chi2_cdf, weighted_chi2_sf

EXACT: dict[str, Any] = {"rel": 0.0, "abs": 2e-13}


@pytest.mark.parametrize(
    ("weights", "x", "above"),
    [
        ([0.6, 0.3, 0.1], 0.1, 0.9458),
        ([0.6, 0.3, 0.1], 0.7, 0.5064),
        ([0.6, 0.3, 0.1], 2.0, 0.1240),
        ([0.6] * 2 + [0.3] * 2 + [0.1] * 2, 0.2, 0.9936),
        ([0.6] * 2 + [0.3] * 2 + [0.1] * 2, 2.0, 0.3998),
        ([0.6] * 2 + [0.3] * 2 + [0.1] * 2, 6.0, 0.0161),
    ],
)
def test_imhofs_table_1(weights: list[float], x: float, above: float) -> None:
    # Imhof (1961), Biometrika 48:419-426, Table 1, Q1 and Q2
    assert weighted_chi2_sf(x, np.array(weights)) == pytest.approx(above, abs=6e-5)


@pytest.mark.parametrize("m", [1, 2, 3, 5, 10, 50, 160, 500])
@pytest.mark.parametrize("share", [1e-3, 0.1, 0.5, 0.9, 0.999, 1.0, 1.1, 2.0, 5.0])
def test_equal_weights_are_chi_squared_down_to_small_tails(m: int, share: float) -> None:
    q = share * m
    below, above = gammainc(m / 2, q / 2), gammaincc(m / 2, q / 2)
    assert weighted_chi2_cdf(3 * q, np.full(m, 3.0)) == pytest.approx(below, **EXACT)
    assert weighted_chi2_sf(3 * q, np.full(m, 3.0)) == pytest.approx(above, **EXACT)
    smaller, found = (below, weighted_chi2_cdf) if share < 1 else (above, weighted_chi2_sf)
    if smaller > 1e-250:
        assert found(q, np.ones(m)) == pytest.approx(smaller, rel=1e-10)


def exponentials(rates: list[float], q: float) -> float:
    """P(sum > q) of exponential variables with different means, by the closed form in fifty digits."""
    with localcontext() as context:
        context.prec = 60
        means = [2 * Decimal(x) for x in rates]
        total = Decimal(0)
        for i, mean in enumerate(means):
            share = Decimal(1)
            for j, other in enumerate(means):
                if i != j:
                    share *= mean / (mean - other)
            total += share * (-Decimal(q) / mean).exp()
        return float(total)


@given(st.lists(st.integers(1, 10**5), min_size=2, max_size=5, unique=True), st.integers(1, 400))
def test_weights_in_pairs_are_sums_of_exponential_variables(weights: list[int], share: int) -> None:
    rates = [w / 1000 for w in weights]
    q = share / 100 * 2 * sum(rates)
    above = exponentials(rates, q)
    twice = np.repeat(rates, 2)
    assert weighted_chi2_sf(q, twice) == pytest.approx(above, **EXACT)
    assert weighted_chi2_cdf(q, twice) == pytest.approx(1 - above, **EXACT)


@pytest.mark.parametrize("m", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("spread", [0.1, 3.0, 8.0])
def test_a_finer_rule_says_the_same(m: int, spread: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(m)
    weights = np.exp(rng.uniform(-spread, spread, (200, m)))
    q = weights.sum(-1) * np.exp(rng.uniform(-4, 2, 200))
    coarse = weighted_chi2_cdf(q, weights)
    monkeypatch.setattr(weighted_chi_squared, "STEP", weighted_chi_squared.STEP / 2)
    assert coarse == pytest.approx(weighted_chi2_cdf(q, weights), **EXACT)


def test_the_edges() -> None:
    weights = np.array([1.0, 2.0, 0.0])
    assert weighted_chi2_cdf(np.array([-1.0, 0.0]), weights).tolist() == [0.0, 0.0]
    assert np.isnan(weighted_chi2_cdf(np.nan, weights))
    assert np.isnan(weighted_chi2_cdf(1.0, np.array([1.0, np.nan])))
    assert weighted_chi2_cdf(1.0, weights) == pytest.approx(weighted_chi2_cdf(1.0, weights[:2]), **EXACT)
    assert [weighted_chi2_cdf(x, np.zeros(3)) for x in (-1.0, 0.0, 1.0)] == [0.0, 1.0, 1.0]
    assert weighted_chi2_cdf(np.ones((2, 1)), np.ones((4, 3))).shape == (2, 4)


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=6), st.floats(0.01, 10), st.floats(0.001, 1000))
def test_a_change_of_unit_changes_nothing_and_the_tails_are_one(weights: list[float], share: float, unit: float) -> None:
    q, these = share * sum(weights), np.array(weights)
    assert weighted_chi2_cdf(q * unit, these * unit) == pytest.approx(weighted_chi2_cdf(q, these), abs=1e-12)
    assert weighted_chi2_cdf(q, these) + weighted_chi2_sf(q, these) == pytest.approx(1, abs=1e-15)
    assert weighted_chi2_cdf(q, these) <= weighted_chi2_cdf(1.1 * q, these) + 1e-13
