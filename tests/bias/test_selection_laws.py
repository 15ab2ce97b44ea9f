"""selection_model and what it is made of: laws, and a simulation with a known truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from tests.stats.strategies import Floats, studies

from trialpool.stats.bias.bounded_newton import Surface, climb
from trialpool.stats.bias.selection_fit import Data, form_of
from trialpool.stats.bias.selection_likelihood import surface
from trialpool.stats.bias.selection_model import selection_model
from trialpool.stats.bias.selection_weights import SELECTION_WEIGHTS, SMOOTH
from trialpool.stats.effects.effects import effects
from trialpool.stats.pooling.pairwise import pool

FEW = settings(max_examples=12)
NO_SELECTION = {"step": [1.0, 1.0], "truncated": [1.0, 1.0]} | {name: list(shape.none) for name, shape in SMOOTH.items()}
TEN = effects(
    [-0.62, -0.45, -0.71, -0.12, -0.38, -0.25, -0.81, 0.05, -0.33, -0.55],
    [0.08, 0.03, 0.11, 0.01, 0.02, 0.04, 0.15, 0.02, 0.09, 0.05],
)


@pytest.mark.parametrize("weights", NO_SELECTION)
@FEW
@given(studies(min_k=3), st.sampled_from(["greater", "less", "two-sided"]))
def test_equal_weights_are_maximum_likelihood_pooling(weights: str, sample: tuple[Floats, Floats], alternative: str) -> None:
    plain = pool(effects(*sample), tau2="ML", ci="Wald")
    found = selection_model(effects(*sample), weights, delta=NO_SELECTION[weights], alternative=alternative)
    assert [found.loglik, found.loglik_without] == pytest.approx([plain.loglik(restricted=False)] * 2, rel=1e-8, abs=1e-8)
    assert [found.mu, found.tau2] == pytest.approx([plain.mu, plain.tau2], rel=2e-4, abs=2e-4)


@pytest.mark.parametrize("weights", SELECTION_WEIGHTS)
def test_a_mirror_image_favours_the_other_side(weights: str) -> None:
    one, other = selection_model(TEN, weights), selection_model(effects(-TEN.yi, TEN.vi), weights)
    assert (one.alternative, other.alternative) == ("less", "greater")
    sign = np.where(np.arange(np.size(one.delta)) == 1, -1, 1) if weights == "truncated at" else 1
    assert [other.mu, other.se, other.tau2, other.loglik] == pytest.approx([-one.mu, one.se, one.tau2, one.loglik], nan_ok=True)
    assert other.delta == pytest.approx(sign * one.delta)


@pytest.mark.parametrize("weights", SELECTION_WEIGHTS)
def test_scale_and_order(weights: str) -> None:
    turn = np.argsort(TEN.vi)
    one, other = selection_model(TEN, weights), selection_model(effects(3 * TEN.yi[turn], 9 * TEN.vi[turn]), weights)
    assert [other.mu, other.se, other.tau2] == pytest.approx(
        [3 * one.mu, 3 * one.se, 9 * one.tau2], rel=1e-4, abs=1e-6, nan_ok=True
    )
    assert other.loglik == pytest.approx(one.loglik - 10 * np.log(3))


@pytest.mark.parametrize("weights", ["step", "half-normal", "beta"])
def test_a_batch_is_its_parts_and_an_absent_study_changes_nothing(weights: str) -> None:
    vi = np.stack([TEN.vi, np.where(np.arange(10) == 4, np.inf, TEN.vi)])
    batch = selection_model(replace(TEN, vi=vi), weights, alternative="less")
    parts = [selection_model(TEN, weights), selection_model(effects(np.delete(TEN.yi, 4), np.delete(TEN.vi, 4)), weights)]
    assert batch.loglik == pytest.approx([part.loglik for part in parts], abs=1e-7)
    assert batch.mu == pytest.approx([part.mu for part in parts], abs=1e-5)
    assert batch.delta == pytest.approx(np.array([part.delta for part in parts]), rel=1e-3, abs=1e-5)
    assert batch.p_selection == pytest.approx([part.p_selection for part in parts], abs=1e-6)


@pytest.mark.parametrize("weights", SELECTION_WEIGHTS)
def test_selection_can_only_add_to_the_likelihood(weights: str) -> None:
    found = selection_model(TEN, weights)
    assert found.loglik >= found.loglik_without - 1e-9
    assert 0 <= found.p_selection <= 1


@pytest.mark.parametrize("weights", [name for name in SELECTION_WEIGHTS if name != "truncated at"])
@pytest.mark.parametrize("two_sided", [False, True])
def test_the_derivatives_are_those_of_the_likelihood(weights: str, two_sided: bool) -> None:
    data = Data(TEN.yi[np.newaxis] + 0.1, TEN.vi[np.newaxis], np.ones((1, 10), dtype=bool))
    cuts = {"step": (0.025, 0.3), "truncated": (0.5,)}.get(weights, ())
    form = form_of(weights, cuts, None, two_sided, "sei" if weights == "logistic" else None)
    selection = form.of(data)
    theta = np.concatenate([[-0.2, 0.07], np.full(len(form.low), 0.8)])

    def at(theta: Floats) -> Surface:
        return surface(data.yi, data.vi, data.there, selection, theta[np.newaxis])

    step = 1e-5 * np.eye(len(theta))
    slope = [(at(theta + h).height - at(theta - h).height)[0] / 2e-5 for h in step]
    bend = [(at(theta + h).gradient - at(theta - h).gradient)[0] / 2e-5 for h in step]
    here = at(theta)
    assert here.gradient[0] == pytest.approx(slope, rel=1e-6, abs=1e-6)
    assert here.curvature[0] == pytest.approx(np.array(bend), rel=1e-5, abs=1e-5)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=4), st.integers(0, 10**6))
def test_climbing_finds_the_top_of_a_hill_within_bounds(top: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(len(top), len(top)))
    A = root @ root.T + np.eye(len(top))
    low, high = np.full(len(top), -1.0), np.full(len(top), 2.0)

    def hill(at: Floats) -> Surface:
        r = at - top
        return Surface(-0.5 * np.einsum("bi,ij,bj->b", r, A, r), -r @ A, np.broadcast_to(-A, (len(at), *A.shape)))

    peak = climb(hill, np.zeros((1, len(top))), low, high)
    gradient = hill(peak.at).gradient[0]
    assert peak.found.all()
    inside = (peak.at[0] > low) & (peak.at[0] < high)
    assert np.abs(gradient[inside]).max(initial=0) < 1e-5
    assert (gradient[peak.at[0] <= low] <= 1e-9).all()
    assert (gradient[peak.at[0] >= high] >= -1e-9).all()


def selected(rng: np.random.Generator, analyses: int, k: int, mu: float, tau2: float, weight: float) -> Any:
    """Studies of which those that are not significantly above 0 are published with the given weight."""
    vi = rng.uniform(0.01, 0.2, (analyses, 12 * k))
    yi = mu + rng.normal(size=vi.shape) * np.sqrt(vi + tau2)
    published = rng.uniform(size=vi.shape) < np.where(ndtr(-yi / np.sqrt(vi)) <= 0.025, 1.0, weight)
    order = np.argsort(~published, axis=1, kind="stable")[:, :k]
    assert np.take_along_axis(published, order, axis=1).all()
    yi, vi = (np.take_along_axis(values, order, axis=1) for values in (yi, vi))
    return replace(effects(yi[0], vi[0]), yi=yi, vi=vi)


def test_where_selection_is_known_the_model_recovers_the_truth_and_pooling_does_not() -> None:
    mu, tau2, weight = 0.2, 0.02, 0.15
    sample = selected(np.random.default_rng(20), 150, 60, mu, tau2, weight)
    found, naive = selection_model(sample, alternative="greater"), pool(sample, ci="Wald")
    assert found.found.all()
    assert abs(np.median(found.mu) - mu) < 0.02
    assert np.mean(naive.mu) - mu > 0.08
    assert np.sqrt(np.mean((found.mu - mu) ** 2)) < 0.6 * np.sqrt(np.mean((naive.mu - mu) ** 2))
    low, high = found.interval()
    assert 0.88 < np.mean((low < mu) & (mu < high)) <= 1
    assert abs(np.median(found.delta[:, 1]) - weight) < 0.05
    assert np.mean(found.p_selection < 0.05) > 0.8


def test_without_selection_its_test_keeps_its_level() -> None:
    sample = selected(np.random.default_rng(21), 200, 30, 0.3, 0.03, 1.0)
    found = selection_model(sample, alternative="greater")
    assert np.mean(found.p_selection < 0.05) < 0.11
    assert abs(np.median(found.mu) - 0.3) < 0.03
