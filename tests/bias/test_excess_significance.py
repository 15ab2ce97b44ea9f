"""excess_significance: against metafor's tes, and what the probabilities are."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr
from tests.bias.exceptions import POWER_WITH_TAU2, SEARCHED
from tests.bias.reference import CLOSED, effects_of, of_kind
from tests.stats.strategies import Floats, studies

from trialpool.stats.bias.excess_significance import excess_significance, number_of_successes, powers
from trialpool.stats.effects.effects import effects
from trialpool.stats.pooling.pairwise import pool

TEST_OF = {"exact": "exact", "binom": "binomial", "chi2": "chi-squared"}


@of_kind("metafor", "tes")
def test_agrees_with_metafor(entry: dict[str, Any]) -> None:
    sample, expected = effects_of(entry["data"]), entry["result"]
    at: dict[str, Any] = {}
    if re.search("theta=coef", entry["call"]):
        fit = pool(sample, ci="Wald")
        at = {"theta": fit.mu, "tau2": fit.tau2}
    found = excess_significance(sample, test=TEST_OF[expected["test"]], **at)
    near: dict[str, Any] = {"rel": 0.0, "abs": POWER_WITH_TAU2[0]} if at else CLOSED
    assert (found.observed, found.significant.tolist()) == (expected["O"], expected["sig"])
    assert found.power == pytest.approx(np.array(expected["power"]), **near)
    summed: dict[str, Any] = {"rel": 5e-6} if at else CLOSED
    assert [found.expected, found.ratio, found.theta] == pytest.approx([expected[n] for n in ("E", "OEratio", "theta")], **summed)
    assert found.p == pytest.approx(expected["pval"], **({"rel": 1e-5} if at else CLOSED))
    if "X2" in expected:
        assert found.statistic == pytest.approx(expected["X2"], **({"rel": 1e-2, "abs": 1e-5} if at else CLOSED))
    limit = found.effect_without_excess(expected["tes.alpha"])
    assert limit == pytest.approx(expected.get("theta.lim", np.nan), abs=SEARCHED[0], nan_ok=True)


@given(st.floats(-2, 2), st.sampled_from([0.01, 0.3]), st.sampled_from([0.02, 0.5]))
def test_power_is_averaged_over_all_true_effects(theta: float, tau2: float, vi: float) -> None:
    def at(effect: float) -> float:
        density = np.exp(-((effect - theta) ** 2) / (2 * tau2)) / np.sqrt(2 * np.pi * tau2)
        z = effect / np.sqrt(vi)
        return float(density * (ndtr(z - 1.959963984540054) + ndtr(-z - 1.959963984540054)))

    reach = 12 * np.sqrt(tau2)
    expected = quad(at, theta - reach, theta + reach, epsabs=1e-12, epsrel=1e-12, limit=400)[0]
    assert powers(theta, tau2, np.array([vi]), 0.95)[0] == pytest.approx(expected, abs=1e-10)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_the_number_of_successes_is_counted(p: list[float]) -> None:
    expected = np.zeros(len(p) + 1)
    for outcome in product([0, 1], repeat=len(p)):
        expected[sum(outcome)] += np.prod([q if success else 1 - q for success, q in zip(outcome, p, strict=True)])
    assert number_of_successes(np.array(p)) == pytest.approx(expected)


@given(studies(min_k=3), st.sampled_from([0.2, 3.0]))
def test_sign_scale_and_order(sample: tuple[Floats, Floats], scale: float) -> None:
    yi, vi = sample
    turn = np.argsort(yi)
    one = excess_significance(effects(yi, vi))
    other = excess_significance(effects(-scale * yi[turn], scale**2 * vi[turn]))
    assert [other.expected, other.p] == pytest.approx([one.expected, one.p])


def test_at_the_limiting_effect_p_is_the_threshold() -> None:
    found = excess_significance(effects_of("linde2005.RR"))
    limit = found.effect_without_excess()
    assert excess_significance(effects_of("linde2005.RR"), theta=limit).p == pytest.approx(0.1)


def test_nothing_significant_is_no_excess() -> None:
    found = excess_significance(effects([0.1, -0.1, 0.2] * 4, [1.0, 1.0, 2.0] * 4))
    assert (found.observed, found.p) == (0, pytest.approx(1.0))
    assert found.caution == "no study is significant, so that there can be no excess"
    assert np.isnan(found.effect_without_excess())
