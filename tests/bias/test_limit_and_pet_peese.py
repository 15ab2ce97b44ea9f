"""limit_meta_analysis and pet_peese: the algebra of the papers, laws, and simulations with a known truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.bias.reference import CLOSED, columns, effects_of, of_kind
from tests.stats.strategies import Floats, studies

from trialpool.stats.bias.egger import egger
from trialpool.stats.bias.limit_meta_analysis import limit_meta_analysis
from trialpool.stats.bias.pet_peese import pet_peese
from trialpool.stats.bias.regression_test import regression_test
from trialpool.stats.effects.effects import effects
from trialpool.stats.pooling.pairwise import pool, pool_common

LINE: dict[str, Any] = {"rel": 1e-6, "abs": 1e-7}


@pytest.mark.parametrize("data", ["bcg.RR", "hackshaw1998", "linde2005.RR", "pritz1997.PLO"])
def test_the_line_is_the_least_squares_line_of_a_generalised_radial_plot(data: str) -> None:
    sample = effects_of(data)
    found = limit_meta_analysis(sample)
    total = sample.vi + found.tau2
    X = np.column_stack([np.ones_like(total), 1 / np.sqrt(total)])  # yi / sqrt(total) on 1 / sqrt(total)
    (alpha, beta), *_ = np.linalg.lstsq(X, sample.yi / np.sqrt(total))
    cov = np.linalg.inv(X.T @ X)
    tau = np.sqrt(found.tau2)
    contrast = np.array([tau, 1.0])
    assert [found.alpha, found.beta, found.estimate] == pytest.approx([alpha, beta, beta + tau * alpha], **CLOSED)
    assert [found.alpha_se, found.se] == pytest.approx([np.sqrt(cov[0, 0]), np.sqrt(contrast @ cov @ contrast)], **CLOSED)
    assert found.tau2 == pytest.approx(pool(sample).tau2)
    assert found.Q == pytest.approx(pool_common(sample).Q, **CLOSED)


def test_shrunken_effects_keep_their_place_in_the_radial_plot() -> None:
    """They are what sigma -> 0 leaves of beta + sqrt(vi + tau2) (alpha + ei), with the ei that the studies have."""
    sample = effects_of("bcg.RR")
    found = limit_meta_analysis(sample)
    residual = (sample.yi - found.beta) / np.sqrt(sample.vi + found.tau2)
    assert found.shrunken == pytest.approx(found.beta + np.sqrt(found.tau2) * residual, **CLOSED)
    assert np.mean(found.shrunken) == pytest.approx(found.beta + np.sqrt(found.tau2) * residual.mean(), **CLOSED)


def test_without_heterogeneity_it_is_the_limit_of_eggers_line() -> None:
    vi = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.3])
    sample = effects(0.2 + 0.5 * np.sqrt(vi), vi)
    found = limit_meta_analysis(sample)
    assert found.tau2 == 0
    assert [found.estimate, found.alpha] == pytest.approx([egger(sample).limit, egger(sample).slope])
    assert found.shrunken == pytest.approx(np.full(6, found.estimate))
    assert [found.Q_residual, found.Q_small] == pytest.approx([0, found.Q])


@given(studies(min_k=4), st.sampled_from([0.5, 3.0]), st.sampled_from([-2.0, 1.5]))
def test_shift_sign_scale_and_order(sample: tuple[Floats, Floats], scale: float, shift: float) -> None:
    yi, vi = sample
    assume(np.ptp(np.sqrt(vi)) > 0.05)
    turn = np.argsort(yi)
    moved = effects(shift - scale * yi[turn], scale**2 * vi[turn])
    one, other = limit_meta_analysis(effects(yi, vi)), limit_meta_analysis(moved)
    assert [other.estimate, other.se] == pytest.approx([shift - scale * one.estimate, scale * one.se], **LINE)
    assert [other.alpha, other.Q_small] == pytest.approx([-one.alpha, one.Q_small], **LINE)
    three, four = pet_peese(effects(yi, vi)), pet_peese(moved)
    assert four.pet.limit == pytest.approx(shift - scale * three.pet.limit, **LINE)
    assert four.peese.limit == pytest.approx(shift - scale * three.peese.limit, **LINE)


def test_a_batch_is_its_parts_and_an_absent_study_changes_nothing() -> None:
    sample = effects_of("bcg.RR")
    vi = np.stack([sample.vi, np.where(np.arange(13) == 3, np.inf, sample.vi)])
    shorter = effects(np.delete(sample.yi, 3), np.delete(sample.vi, 3))
    batch = replace(sample, vi=vi)
    limits = [limit_meta_analysis(part) for part in (sample, shorter)]
    assert limit_meta_analysis(batch).estimate == pytest.approx([part.estimate for part in limits])
    assert limit_meta_analysis(batch).p_small == pytest.approx([part.p_small for part in limits])
    both = [pet_peese(part) for part in (sample, shorter)]
    assert pet_peese(batch).estimate == pytest.approx([part.estimate for part in both])
    assert pet_peese(batch).p == pytest.approx([part.p for part in both])


@of_kind("metafor", "regtest")
def test_pet_and_peese_are_the_limits_that_metafor_gives(entry: dict[str, Any]) -> None:
    if entry["model"] == "lm" and entry["predictor"] in ("sei", "vi"):
        found = pet_peese(effects_of(entry["data"]))
        line = found.pet if entry["predictor"] == "sei" else found.peese
        assert [line.limit, *line.limit_interval()] == pytest.approx(
            [entry["result"][name] for name in ("est", "ci.lb", "ci.ub")], **CLOSED
        )


def test_peese_is_chosen_where_pet_finds_an_effect() -> None:
    precise = effects([-0.32, -0.38, -0.55, -0.61], [0.005, 0.01, 0.06, 0.09])
    found = pet_peese(precise)
    assert found.by_peese
    assert (found.estimate, found.se) == (found.peese.limit, found.peese.limit_se)
    assert found.p_pet < 0.05
    none = pet_peese(effects([-0.02, -0.25, -0.28, -0.61], [0.005, 0.04, 0.05, 0.2]))
    assert not none.by_peese
    assert none.estimate == none.pet.limit
    assert pet_peese(precise, threshold=1e-9).estimate == found.pet.limit


def test_pet_asks_for_an_effect_in_the_direction_of_the_common_one() -> None:
    """A limit on the other side of 0 is no effect, however far it is."""
    vi = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.3])
    found = pet_peese(effects(-0.5 + 4 * np.sqrt(vi) + np.array([1, -1, 1, -1, 1, -1]) / 100, vi))
    assert found.pet.limit < 0 < pool_common(found.pet.effects).mu
    assert found.p_pet > 0.99
    assert not found.by_peese


def test_a_small_study_effect_is_taken_off() -> None:
    rng = np.random.default_rng(5)
    vi = rng.uniform(0.002, 0.3, (300, 40))
    yi = 0.2 + 0.8 * np.sqrt(vi) + rng.normal(size=vi.shape) * np.sqrt(vi)
    sample = replace(effects(yi[0], vi[0]), yi=yi, vi=vi)
    assert np.mean(pool(sample, ci="Wald").mu) > 0.3
    assert np.mean(limit_meta_analysis(sample).estimate) == pytest.approx(0.2, abs=0.06)
    assert np.mean(pet_peese(sample).pet.limit) == pytest.approx(0.2, abs=0.01)
    assert np.mean(regression_test(sample).p < 0.05) > 0.5


def test_what_is_printed() -> None:
    sample = effects(columns("effects", "bcg.RR")["yi"], columns("effects", "bcg.RR")["vi"])
    assert repr(limit_meta_analysis(sample)).startswith("<LimitMetaAnalysis: ")
    assert repr(pet_peese(sample)).startswith("<PetPeese: ")
