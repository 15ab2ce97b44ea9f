"""The REML estimate is the highest maximum: against an exhaustive search of the restricted likelihood."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.stats.pooling.exact import exact_restricted_score
from tests.stats.strategies import SAME, Floats, studies

from trialpool.stats.arrays import indicators
from trialpool.stats.pooling.likelihood import Sample
from trialpool.stats.pooling.projection import orthonormal
from trialpool.stats.pooling.tau2 import TAU2, restricted_maximum_likelihood

# what a log-likelihood may lack of the highest that a search finds
NOT_WORSE = 1e-10


def log_likelihood(yi: Floats, vi: Floats, tau2: Floats) -> Floats:
    """The restricted log-likelihood but for a constant, as the textbooks write it; yi, vi: (..., strata, k), tau2: (...)."""
    there = np.isfinite(vi)
    total = np.where(there, vi + tau2[..., np.newaxis, np.newaxis], 1.0)
    wi = np.where(there, 1 / total, 0.0)
    some = there.any(-1)
    sum_w = np.where(some, wi.sum(-1), 1.0)
    mu = (wi * yi).sum(-1) / sum_w
    squares = (wi * (yi - mu[..., np.newaxis]) ** 2).sum(-1)
    value: Floats = -0.5 * (np.log(total).sum(-1) + np.log(sum_w) + squares).sum(-1)
    return value


def exhaustive_search(yi: Floats, vi: Floats, points: int = 400) -> Floats:
    """The highest log-likelihood on a grid and, by golden sections, around each of the grid's peaks; yi, vi: (n, strata, k)."""
    smallest, reach = vi.min((-1, -2)), np.where(np.isfinite(vi), yi, 0.0)
    top = (reach.max((-1, -2)) - reach.min((-1, -2))) ** 2 * np.isfinite(vi).sum((-1, -2)) + smallest
    steps = np.linspace(0, 1, points)[:, np.newaxis]
    grid = smallest * np.expm1(steps * np.log1p(top / smallest))  # (points, n), from 0 to above every root
    values = np.stack([log_likelihood(yi, vi, tau2) for tau2 in grid])
    best: Floats = values.max(0)
    inner = values[1:-1]
    peak, which = np.nonzero((inner >= values[:-2]) & (inner >= values[2:]))
    first = np.flatnonzero(values[0] >= values[1])
    low = np.concatenate([grid[peak, which], grid[0, first]])
    high = np.concatenate([grid[peak + 2, which], grid[1, first]])
    which = np.concatenate([which, first])
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(70):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        rises = log_likelihood(yi[which], vi[which], left) < log_likelihood(yi[which], vi[which], right)
        low, high = np.where(rises, left, low), np.where(rises, high, right)
    np.maximum.at(best, which, log_likelihood(yi[which], vi[which], (low + high) / 2))
    return best


def shortfall(yi: Floats, vi: Floats, tau2: Floats) -> Any:
    """How much less likely tau2 is than the best of the search; yi, vi: (n, strata, k)."""
    return exhaustive_search(yi, vi) - log_likelihood(yi, vi, tau2)


def peaks(yi: Floats, vi: Floats) -> Any:
    """How many maxima of the likelihood a fine grid shows, the boundary included; yi, vi: (n, k)."""
    smallest = vi.min(-1)
    top = np.ptp(yi, axis=-1) ** 2 * yi.shape[-1] + smallest
    grid = smallest * np.expm1(np.linspace(0, 1, 200)[:, np.newaxis] * np.log1p(top / smallest))
    values = np.stack([log_likelihood(yi[:, np.newaxis], vi[:, np.newaxis], tau2) for tau2 in grid])
    rises = np.diff(values, axis=0) > 0
    return (rises[:-1] & ~rises[1:]).sum(0) + ~rises[0]


def everyday_samples(n: int = 10_000) -> tuple[Floats, Floats]:
    """Ten trials, tau2 0.05, variances 0.01 to 0.2."""
    rng = np.random.default_rng(7)
    vi = np.exp(rng.uniform(np.log(0.01), np.log(0.2), (n, 10)))
    return rng.normal(-0.2, np.sqrt(vi + 0.05)), vi


@cache
def two_peaked_samples(k: int) -> tuple[Floats, Floats]:
    """Samples of k studies whose likelihood has two maxima: very precise studies that agree, beside others far away."""
    rng = np.random.default_rng(k)
    n = 10_000
    vi = np.exp(rng.uniform(np.log(1e-4), np.log(2), (n, k)))
    yi = rng.normal(0, np.sqrt(vi)) + rng.normal(0, 1, (n, k)) * rng.choice([0, 1], (n, k), p=[0.6, 0.4])
    found = peaks(yi, vi) > 1
    return yi[found], vi[found]


def test_of_ten_thousand_everyday_samples_none_is_worse_than_an_exhaustive_search() -> None:
    # metafor stops with an error at 20 of such samples; pimeta is wrong at 11 of them without a word
    yi, vi = everyday_samples()
    tau2 = restricted_maximum_likelihood(yi, vi)
    worse = shortfall(yi[:, np.newaxis], vi[:, np.newaxis], tau2)
    assert worse.max() < NOT_WORSE
    assert (tau2 >= 0).all()
    assert peaks(yi, vi).max() > 1  # some of them are two-peaked


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_of_two_peaks_the_higher_is_found(k: int) -> None:
    yi, vi = two_peaked_samples(k)
    assert len(yi) >= 25
    tau2 = restricted_maximum_likelihood(yi, vi)
    assert shortfall(yi[:, np.newaxis], vi[:, np.newaxis], tau2).max() < NOT_WORSE
    assert 0 < (tau2 == 0).sum() < len(tau2)  # the higher peak is at the boundary in some, inside in others


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_alone_each_finds_what_it_found_in_the_batch(k: int) -> None:
    yi, vi = (column[:40] for column in two_peaked_samples(k))
    alone = [restricted_maximum_likelihood(y, v) for y, v in zip(yi, vi, strict=True)]
    assert restricted_maximum_likelihood(yi, vi) == pytest.approx(np.array(alone), **SAME)


def test_two_peaks_of_nearly_the_same_height_are_told_apart() -> None:
    # between two samples that differ in one effect, the higher peak moves from the boundary to the inside
    yi, vi = two_peaked_samples(4)
    inside = restricted_maximum_likelihood(yi, vi) > 0
    one = np.flatnonzero(inside)[0]
    other = np.flatnonzero(~inside)[0]
    share = np.linspace(0, 1, 4001)[:, np.newaxis]
    between_y, between_v = (x[one] + share * (x[other] - x[one]) for x in (yi, vi))
    tau2 = restricted_maximum_likelihood(between_y, between_v)
    assert shortfall(between_y[:, np.newaxis], between_v[:, np.newaxis], tau2).max() < NOT_WORSE


@pytest.mark.parametrize("spread", [0.0, 1e-8, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize(("low", "high"), [(1e-10, 1e-10), (1e-10, 1e6), (1e-3, 1e-2), (1e6, 1e6), (1e-10, 1e-8)])
def test_extreme_scales(low: float, high: float, spread: float) -> None:
    rng = np.random.default_rng(11)
    vi = np.exp(rng.uniform(np.log(low), np.log(high), (500, 5)))
    yi = rng.normal(0, np.sqrt(vi)) + spread * rng.normal(0, 1, (500, 5))
    tau2 = restricted_maximum_likelihood(yi, vi)
    assert np.isfinite(tau2).all()
    assert shortfall(yi[:, np.newaxis], vi[:, np.newaxis], tau2).max() < NOT_WORSE


def exhaustive_by_likelihood(yi: Floats, vi: Floats, X: Floats | None, *, restricted: bool) -> Floats:
    """The highest log-likelihood on a fine grid of tau2, refined twice around its top; yi, vi: (n, k), X (k, p)."""
    Z = None if X is None else orthonormal(X)[..., np.newaxis]
    likelihood = Sample(np.ascontiguousarray(yi.T), np.ascontiguousarray(vi.T), Z, restricted)
    top = np.ptp(yi, axis=-1) ** 2 * yi.shape[-1] + vi.min(-1)
    low, high = np.zeros(len(yi)), np.log1p(top / vi.min(-1))
    for _ in range(3):
        steps = np.linspace(low, high, 200)
        values = np.stack([likelihood.log_likelihood(vi.min(-1) * np.expm1(step)) for step in steps])
        best = values.argmax(0)
        each = np.arange(len(yi))
        low, high = steps[np.maximum(best - 1, 0), each], steps[np.minimum(best + 1, 199), each]
    highest: Floats = values.max(0)
    return highest


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("moderators", [0, 1, 2])
def test_with_moderators_and_by_either_likelihood_none_is_worse_than_a_fine_grid(restricted: bool, moderators: int) -> None:
    rng = np.random.default_rng(moderators)
    vi = np.exp(rng.uniform(np.log(1e-3), np.log(2), (2000, 7)))
    yi = rng.normal(0, np.sqrt(vi)) + rng.normal(0, 0.7, vi.shape) * rng.choice([0, 1], vi.shape)
    X = np.column_stack([np.ones(7), np.arange(2001, 2008), [0, 1, 0, 0, 1, 1, 0]])[:, : moderators + 1] if moderators else None
    tau2 = TAU2["REML" if restricted else "ML"](yi, vi, X)
    Z = None if X is None else orthonormal(X)[..., np.newaxis]
    found = Sample(yi.T, vi.T, Z, restricted).log_likelihood(tau2)
    assert (exhaustive_by_likelihood(yi, vi, X, restricted=restricted) - found).max() < NOT_WORSE
    alone = [TAU2["REML" if restricted else "ML"](y, v, X) for y, v in zip(yi[:50], vi[:50], strict=True)]
    assert np.array(alone) == pytest.approx(tau2[:50], rel=1e-9, abs=1e-12)


def test_all_subsets_of_one_set_of_studies() -> None:
    yi, vi = (column[0] for column in everyday_samples(1))
    there = (np.arange(1, 2**10)[:, np.newaxis] >> np.arange(10) & 1).astype(bool)
    found = restricted_maximum_likelihood(yi, np.where(there, vi, np.inf))
    for i in range(0, 2**10 - 1, 37):
        alone = restricted_maximum_likelihood(yi[there[i]], vi[there[i]])
        assert found[i] == pytest.approx(alone, nan_ok=True, **SAME)


def test_two_studies() -> None:
    rng = np.random.default_rng(2)
    vi = np.exp(rng.uniform(np.log(1e-6), np.log(10), (2000, 2)))
    yi = rng.normal(0, 1, (2000, 2))
    tau2 = restricted_maximum_likelihood(yi, vi)
    by_hand = np.maximum(((yi[:, 0] - yi[:, 1]) ** 2 - vi.sum(-1)) / 2, 0)  # one contrast: its square is its variance
    assert tau2 == pytest.approx(by_hand, rel=1e-9, abs=1e-12)


def test_identical_effects() -> None:
    vi = np.exp(np.random.default_rng(3).uniform(np.log(1e-6), np.log(10), (500, 6)))
    assert (restricted_maximum_likelihood(np.full((500, 6), -0.3), vi) == 0).all()


def test_a_large_batch_with_absent_studies_is_its_parts() -> None:
    rng = np.random.default_rng(5)
    n, k = 20_000, 12
    vi = np.where(rng.random((n, k)) < 0.4, np.inf, np.exp(rng.uniform(np.log(0.001), np.log(1), (n, k))))
    yi = rng.normal(0, 0.7, (n, k))
    tau2 = restricted_maximum_likelihood(yi, vi)
    count = np.isfinite(vi).sum(-1)
    assert (np.isnan(tau2) == (count < 2)).all()
    for i in range(0, n, 97):
        there = np.isfinite(vi[i])
        alone = restricted_maximum_likelihood(yi[i, there], vi[i, there])
        assert tau2[i] == pytest.approx(alone, nan_ok=True, **SAME)
    enough = np.flatnonzero(count >= 2)[::4]
    assert shortfall(yi[enough][:, np.newaxis], vi[enough][:, np.newaxis], tau2[enough]).max() < NOT_WORSE


@pytest.mark.parametrize("strata", [2, 3, 5])
def test_strata_that_share_tau2_against_an_exhaustive_search(strata: int) -> None:
    rng = np.random.default_rng(strata)
    shape = (1000, strata, 5)
    vi = np.exp(rng.uniform(np.log(1e-3), np.log(1), shape))
    vi = np.where(rng.random(shape) < 0.3, np.inf, vi)
    yi = rng.normal(0, 0.3, shape) * rng.choice([0, 1, 3], shape) + np.arange(strata)[:, np.newaxis]
    X = indicators(np.repeat(np.arange(strata), 5), strata)
    tau2 = restricted_maximum_likelihood(yi.reshape(1000, -1), vi.reshape(1000, -1), X)
    all_there = np.isfinite(vi).any(-1).all(-1)  # a stratum without studies is a column of zeros
    some = (np.maximum(np.isfinite(vi).sum(-1) - 1, 0)).sum(-1) >= 1
    assert (np.isnan(tau2) == ~(some & all_there)).all()
    some &= all_there
    assert shortfall(yi[some], vi[some], tau2[some]).max() < NOT_WORSE


@given(studies(min_k=2))
def test_any_sample_against_an_exhaustive_search(sample: tuple[Floats, Floats]) -> None:
    yi, vi = (column[np.newaxis, np.newaxis] for column in sample)
    tau2 = restricted_maximum_likelihood(*sample)
    assert shortfall(yi, vi, np.array([tau2])).max() < NOT_WORSE


def test_our_root_is_one_of_the_exact_score() -> None:
    yi, vi = everyday_samples(200)
    tau2 = restricted_maximum_likelihood(yi, vi)
    for y, v, t in zip(yi, vi, tau2, strict=True):
        score = exact_restricted_score(y, v, t) / (1 / (v + t)).sum()
        assert abs(score) < 1e-12 if t > 0 else score <= 0
