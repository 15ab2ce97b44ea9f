"""trim_and_fill: against metafor and meta, and laws."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bias.exceptions import FILLED_BY_REML, ITERATED_BY_META, TIES
from tests.bias.reference import CLOSED, effects_of, first, of_kind
from tests.stats.strategies import Floats, studies

from trialpool.stats.bias.trim_and_fill import MISSING_STUDIES, smallest_first, trim, trim_and_fill
from trialpool.stats.effects.effects import effects
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.weighted import mean

ESTIMATOR_OF = {"L": "L0", "R": "R0"}


def fit_of(entry: dict[str, Any]) -> Any:
    sample = effects_of(entry["data"])
    by = {"fe": "", "dl": "DL", "res": "REML"}[re.match(r"trimfill\((\w+)", entry["call"])[1]]  # type: ignore[index]
    return pool(sample, tau2=by, ci="Wald") if by else pool_common(sample)


@of_kind("metafor", "trimfill")
def test_agrees_with_metafor(entry: dict[str, Any]) -> None:
    side = re.search(r'side="(\w+)"', entry["call"])
    expected = entry["result"]
    found = trim_and_fill(fit_of(entry), estimator=entry["estimator"], side=side[1] if side else None)
    if (entry["data"], entry["call"]) in TIES:
        assert (found.k0, expected["k0"]) == (9, 10)
        return
    assert (found.k0, found.side, found.filled.k, found.settled) == (expected["k0"], expected["side"], expected["k"], True)
    assert found.se == pytest.approx(expected["se.k0"], **CLOSED)
    if "p.k0" in expected:
        assert found.p == pytest.approx(expected["p.k0"], **CLOSED)
    near = {"rel": FILLED_BY_REML[0]} if "(res" in entry["call"] and found.k0 else CLOSED
    assert found.filled.mu == pytest.approx(first(expected["beta"]), **near)
    assert found.filled.se == pytest.approx(first(expected["se"]), **near)
    assert found.filled.tau2 == pytest.approx(expected["tau2"], **near)
    assert [*found.filled.interval()] == pytest.approx([first(expected["ci.lb"]), first(expected["ci.ub"])], **near)
    assert found.filled.Q == pytest.approx(expected["QE"], **CLOSED) or near is not CLOSED
    filled = expected.get("yi_filled")
    if isinstance(filled, list) and None not in filled:
        assert sorted(found.added.yi) == pytest.approx(sorted(filled), **near)
        assert sorted(found.added.vi) == pytest.approx(sorted(expected["vi_filled"]), **CLOSED)


@of_kind("by_meta", "trimfill")
def test_agrees_with_meta(entry: dict[str, Any]) -> None:
    """meta trims by the common effect whatever `common` says, which is of what it prints."""
    expected = entry["result"]
    estimator = ESTIMATOR_OF[re.search(r'type="(\w)"', entry["call"])[1]]  # type: ignore[index]
    found = trim_and_fill(pool(effects_of(entry["data"]), ci="Wald"), estimator=estimator, trim_by="common")
    assert found.filled.k == expected["k"]
    ours = [found.filled.mu, found.filled.se, found.filled.tau2]
    assert ours == pytest.approx([expected[n] for n in ("TE.random", "seTE.random", "tau2")], rel=ITERATED_BY_META[0])
    common = pool_common(found.filled.effects)
    assert [common.mu, common.se] == pytest.approx([expected["TE.common"], expected["seTE.common"]], **CLOSED)


def test_with_equal_effects_in_the_order_of_the_table_the_number_is_that_of_metafor() -> None:
    sample = effects_of("hackshaw1998")
    apart = replace(sample, yi=sample.yi + np.arange(37) * 1e-13)
    found = trim_and_fill(pool_common(apart), estimator="Q0")
    assert (found.k0, found.filled.mu) == (10, pytest.approx(0.130194290566266, **CLOSED))


def test_a_filled_set_is_at_the_maximum_of_its_likelihood() -> None:
    found = trim_and_fill(pool(effects_of("lau1992.OR"), ci="Wald"), estimator="Q0").filled
    for tau2 in (found.tau2 - 5e-6, found.tau2 + 5e-6, 0.00145609751378338):  # the last is metafor's
        assert replace(found, tau2=tau2, mu=mean(found.effects.yi, 1 / (found.effects.vi + tau2))).loglik() < found.loglik()


@pytest.mark.parametrize("estimator", MISSING_STUDIES)
@pytest.mark.parametrize("side", ["left", "right"])
@given(studies(min_k=2, max_k=5), st.integers(-30, 30))
def test_a_symmetric_funnel_lacks_nothing(estimator: str, side: str, half: tuple[Floats, Floats], middle: int) -> None:
    yi, vi = half
    size = np.abs(yi) + np.arange(1, len(yi) + 1) / 7
    symmetric = effects(np.concatenate([middle / 10 - size, middle / 10 + size]), np.concatenate([vi, vi]))
    found = trim_and_fill(pool_common(symmetric), estimator=estimator, side=side)
    assert (found.k0, found.added.study) == (0, ())
    assert found.filled.mu == pytest.approx(found.fit.mu)


@pytest.mark.parametrize("estimator", MISSING_STUDIES)
@given(studies(min_k=4), st.sampled_from([0.5, 2.0]), st.sampled_from([-4.0, 1.0]))
def test_shift_sign_scale_and_order(estimator: str, sample: tuple[Floats, Floats], scale: float, shift: float) -> None:
    yi, vi = sample
    yi = yi + np.arange(len(yi)) * 1.37e-3  # no ties
    turn = np.argsort(vi, kind="stable")[::-1]
    one = trim_and_fill(pool_common(effects(yi, vi)), estimator=estimator, side="left")
    other = trim_and_fill(pool_common(effects(shift - scale * yi[turn], scale**2 * vi[turn])), estimator=estimator, side="right")
    assert (one.k0, one.settled) == (other.k0, other.settled)
    if one.settled:
        assert other.filled.mu == pytest.approx(shift - scale * one.filled.mu)
        assert other.se == pytest.approx(one.se, nan_ok=True)


def test_equal_effects_are_trimmed_from_the_least_precise_on() -> None:
    assert smallest_first(np.array([1.0, 1.0, 0.0, 9.0]), np.array([0.2, 0.1, 0.3, np.inf])).tolist() == [2, 1, 0, 3]


def test_many_funnels_are_trimmed_at_once() -> None:
    sample = effects_of("hackshaw1998")

    def centre(yi: Floats, vi: Floats) -> Any:
        return mean(yi, 1 / vi)

    vi = np.stack([sample.vi, np.where(np.arange(37) < 30, sample.vi, np.inf)])
    batch = trim(sample.yi, vi, centre=centre)
    parts = [trim(sample.yi[:n], sample.vi[:n], centre=centre) for n in (37, 30)]
    assert batch.k0.tolist() == [part.k0 for part in parts]
    assert batch.centre == pytest.approx([part.centre for part in parts])


def test_the_labels_say_what_was_filled_in() -> None:
    skewed = effects([-0.1, 0.0, 0.1, 0.6, 0.9], [0.01, 0.01, 0.02, 0.1, 0.2], ["A", "B", "C", "D", "E"])
    found = trim_and_fill(pool_common(skewed))
    assert found.added.study == ("filled: E", "filled: D")
    assert found.filled.effects.study == ("A", "B", "C", "D", "E", "filled: E", "filled: D")
    assert repr(found).startswith("<TrimAndFill: 2 studies missing on the left (L0); with them Effect")


def test_the_side_is_that_of_the_line_by_the_model_of_the_fit() -> None:
    # of seven made-up trials; metafor 3.8-1: trimfill(rma(yi, vi)) looks to the right, trimfill(rma(method="EE")) to the left
    yi = [0.0020703933747412, -0.233455882352941, 0.0674486803519062, 0, 0.225609756097561, -0.0201960784313725, 0.15]
    vi = [0.00203142412497594, 0.013341306208497, 0.00717524423405422, 0.00788880540946656, 0.00526787463182484]
    trials = effects(yi, [*vi, 0.000772349111582503, 0.006875])
    assert trim_and_fill(pool(trials)).side == "right"
    assert trim_and_fill(pool_common(trials)).side == "left"
    assert trim_and_fill(pool(trials), trim_by="common").side == "left"
