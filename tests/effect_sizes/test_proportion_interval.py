"""Limits of single proportions: a published table, the tests that they invert, and the edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

import trialpool as tp
from trialpool.errors import BadArgument
from trialpool.stats.effects.proportion_interval import PROPORTION_INTERVALS

# Newcombe (1998), Stat Med 17:857-872, Table I: 81/263, 15/148, 0/20 and 1/29, 95%, to four decimals
NEWCOMBE = {
    "Wald": [(0.2522, 0.3638), (0.0527, 0.1500), (0.0000, 0.0000), (0.0000, 0.1009)],
    "Wilson": [(0.2553, 0.3662), (0.0624, 0.1605), (0.0000, 0.1611), (0.0061, 0.1718)],
    "Clopper-Pearson": [(0.2527, 0.3676), (0.0578, 0.1617), (0.0000, 0.1684), (0.0009, 0.1776)],
}
COUNTS = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.sampled_from([0.8, 0.95, 0.99])


def limits(x: int, n: int, **options: Any) -> tuple[float, float]:
    found = tp.proportion_interval(events=[x], n=[n], **options)
    return float(found.low[0]), float(found.high[0])


@pytest.mark.parametrize("method", NEWCOMBE)
def test_the_table_of_newcombe(method: str) -> None:
    found = tp.proportion_interval(events=[81, 15, 0, 1], n=[263, 148, 20, 29], method=method)
    assert np.transpose([found.low, found.high]) == pytest.approx(np.array(NEWCOMBE[method]), abs=5.1e-5)


@given(counts=COUNTS, level=LEVELS)
def test_at_the_exact_limits_the_tails_of_the_binomial_have_half_of_what_is_left(counts: tuple[int, int], level: float) -> None:
    (x, n), tail = counts, (1 - level) / 2
    low, high = limits(x, n, level=level)
    assert low == 0 if x == 0 else binom.sf(x - 1, n, low) == pytest.approx(tail, rel=1e-9)
    assert high == 1 if x == n else binom.cdf(x, n, high) == pytest.approx(tail, rel=1e-9)


@given(counts=COUNTS, level=LEVELS)
def test_at_the_limits_of_wilson_the_score_is_the_quantile(counts: tuple[int, int], level: float) -> None:
    x, n = counts
    scores = [abs(x / n - p) / np.sqrt(p * (1 - p) / n) for p in limits(x, n, method="Wilson", level=level) if 0 < p < 1]
    expected = {0.8: 1.2815515655446004, 0.95: 1.959963984540054, 0.99: 2.5758293035489004}[level]
    assert scores == pytest.approx([expected] * len(scores), rel=1e-7)


@given(counts=COUNTS, level=LEVELS, method=st.sampled_from(list(PROPORTION_INTERVALS)))
def test_non_events_have_the_limits_turned_round(counts: tuple[int, int], level: float, method: str) -> None:
    x, n = counts
    low, high = limits(x, n, method=method, level=level)
    other_low, other_high = limits(n - x, n, method=method, level=level)
    assert (1 - other_high, 1 - other_low) == pytest.approx((low, high), abs=1e-12)
    assert 0 <= low <= x / n <= high <= 1


def test_missing_counts_and_frames() -> None:
    data = pl.DataFrame({"x": [3, None, 5], "n": [10, 10, 20]})
    found = tp.proportion_interval(events=data["x"], n=data["n"], study=["A", "B", "C"], missing="drop")
    assert np.isnan([found.estimate[1], found.low[1], found.high[1]]).all()
    assert isinstance(found.to_frame(), pl.DataFrame)
    assert repr(found) == "<ProportionIntervals: 95% limits of 3 proportions (Clopper-Pearson)>"


def test_a_batch_is_its_parts() -> None:
    batch = tp.proportion_interval(events=[[1, 5], [3, 0]], n=[10, 20])
    assert [[*limits(1, 10)], [*limits(5, 20)]] == pytest.approx(np.transpose([batch.low[0], batch.high[0]]), rel=1e-12)
    assert batch.low.shape == (2, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"events": [5], "n": [4]}, "Counts cannot be used: 5 events among 4 patients for 1 (events, n)."),
        ({"events": [1], "n": [4], "level": 95}, "level=95 is not between 0 and 1."),
        ({"events": [1], "n": [4], "method": "exact"}, "method='exact' is not known. Choose one of 'Clopper-Pearson', 'Wilson',"),
    ],
)
def test_refusals(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        tp.proportion_interval(**wrong)
    assert str(refusal.value).startswith(message)
