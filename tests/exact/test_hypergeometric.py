"""Sums over tables with given margins, against exact integers, and for tables of 50,000."""

from __future__ import annotations

from fractions import Fraction
from math import comb, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.stats.exact import hypergeometric
from trialpool.stats.exact.hypergeometric import SupportSums, expected_events, variance_of_events
from trialpool.stats.exact.likelihoods import NoncentralHypergeometric


def arrays(*numbers: int) -> list[np.ndarray]:
    return [np.array([float(number)]) for number in numbers]


@given(st.integers(1, 40), st.integers(1, 40), st.data(), st.fractions(Fraction(1, 50), 50, max_denominator=50))
def test_agrees_with_exact_fractions(n_t: int, n_c: int, data: st.DataObject, odds_ratio: Fraction) -> None:
    a, c = data.draw(st.integers(0, n_t)), data.draw(st.integers(0, n_c))
    m = a + c
    terms = {t: comb(n_t, t) * comb(n_c, m - t) * odds_ratio**t for t in range(max(0, m - n_c), min(n_t, m) + 1)}
    total = sum(terms.values())
    mean = sum(t * term for t, term in terms.items()) / total
    var = sum((t - mean) ** 2 * term for t, term in terms.items()) / total
    ours = SupportSums.of(*arrays(a, n_t, c, n_c)).at(np.array([log(odds_ratio)]))
    assert -ours.log_sum[0] == pytest.approx(float(log(terms[a]) - log(total)), rel=1e-11, abs=1e-12)
    assert [ours.mean[0], ours.var[0]] == pytest.approx([float(mean - a), float(var)], rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("log_or", [-3.0, -0.4, 0.0, 0.2, 5.0])
def test_the_window_leaves_nothing_out_of_large_tables(log_or: float) -> None:
    a, n_t, c, n_c = 12_000, 50_000, 13_000, 50_000
    sums = SupportSums.of(*arrays(a, n_t, c, n_c))
    start, stop = sums._window(np.array([[log_or]]))
    assert stop[0] - start[0] < 4000 < len(sums.log_ratio)
    logs = sums.log_ratio + (np.arange(len(sums.log_ratio)) - a) * log_or
    in_full = logs.max() + np.log(np.exp(logs - logs.max()).sum())
    assert sums.at(np.array([log_or])).log_sum[0] == pytest.approx(in_full, rel=1e-13)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = [np.array(x, dtype=float) for x in ([3, 40, 0, 9], [90, 200, 50, 60], [5, 33, 4, 1], [80, 210, 50, 70])]
    sums, eta = SupportSums.of(*counts), np.linspace(-2, 2, 4 * 7).reshape(4, 7)
    whole = sums.at(eta)
    monkeypatch.setattr(hypergeometric, "BLOCK", 100)
    for part, parts in zip(whole, sums.at(eta), strict=True):
        assert parts == pytest.approx(part, rel=1e-14)


def test_tables_of_one_are_certain() -> None:
    ours = SupportSums.of(*arrays(0, 5, 0, 7)).at(np.array([1.5]))
    assert [ours.log_sum[0], ours.mean[0], ours.var[0]] == [0.0, 0.0, 0.0]


@given(st.floats(0.01, 100), st.integers(1, 200), st.integers(1, 200), st.data())
def test_the_expected_events_have_the_odds_ratio(odds_ratio: float, n_t: int, n_c: int, data: st.DataObject) -> None:
    m = data.draw(st.integers(0, n_t + n_c))
    x = expected_events(odds_ratio, *arrays(n_t, n_c, m))[0]
    assert max(0, m - n_c) - 1e-9 <= x <= min(n_t, m) + 1e-9
    assert x * (n_c - m + x) == pytest.approx(odds_ratio * (n_t - x) * (m - x), rel=1e-8, abs=1e-6 * n_t * n_c)


def test_an_empty_cell_has_no_variance() -> None:
    assert variance_of_events(np.array([0.0, 4.0]), *(np.array([float(x)] * 2) for x in (10, 10, 8)))[0] == 0.0


def test_the_own_estimate_of_a_trial() -> None:
    # Agresti (1992), Stat Sci 7:131-153, the tea taster of Fisher (1935): 3 of 4 guessed; conditional estimate 6.408
    tea = NoncentralHypergeometric.of(*arrays(3, 4, 1, 4)).saturated()
    assert np.exp(tea.eta[0]) == pytest.approx(6.408, abs=5e-4)
    edges = NoncentralHypergeometric.of(*(np.array(x, dtype=float) for x in ([0, 4], [9, 4], [3, 2], [9, 6]))).saturated()
    assert (edges.value.tolist(), edges.eta.tolist()) == ([0.0, 0.0], [-np.inf, np.inf])
