"""regression_test and small_study_test: against metafor's regtest and meta's metabias, and laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.bias.exceptions import ITERATED_BY_META, SCHWARZER
from tests.bias.reference import CLOSED, TAIL_AREA, columns, effects_of, of_kind
from tests.stats.strategies import Floats, studies

from trialpool.stats.bias.egger import egger
from trialpool.stats.bias.rank_test import RankTest, exact_p, inversions, rank_test
from trialpool.stats.bias.regression_test import MODELS, PREDICTORS, RegressionTest, regression_test
from trialpool.stats.bias.sizes import counts_of
from trialpool.stats.bias.small_study_test import SMALL_STUDY_TEST_NAMES, SMALL_STUDY_TESTS, small_study_test, standardised_counts
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.effects.mean_difference import standardised_mean_difference
from trialpool.stats.effects.two_by_two import odds_ratio

MODEL_OF = {"rma_REML": "random", "rma_EE": "common", "lm": "multiplicative"}
NAME_OF = {"Thompson": "Thompson-Sharp", "Pustejovsky": "Pustejovsky-Rodgers"}
OF_META = {"Egger", "Begg", "Thompson-Sharp", "Peters", "Harbord", "Macaskill", "Deeks", "Schwarzer", "Pustejovsky-Rodgers"}
# a line through points that have nearly the same size is the worse determined, the more alike they are
LINE: dict[str, Any] = {"rel": 1e-6, "abs": 1e-7}


@of_kind("metafor", "regtest")
def test_regression_agrees_with_metafor(entry: dict[str, Any]) -> None:
    expected, model = entry["result"], MODEL_OF[entry["model"]]
    n = columns("effects", entry["data"])["n"]
    found = regression_test(effects_of(entry["data"]), predictor=entry["predictor"], model=model, n=n)
    assert [found.limit, found.slope] == pytest.approx(expected["fit"]["beta"], **CLOSED)
    assert [found.limit_se, found.se] == pytest.approx(expected["fit"]["se"], **CLOSED)
    assert found.statistic == pytest.approx(expected["zval"], **CLOSED)
    assert found.p == pytest.approx(expected["pval"], **TAIL_AREA)
    assert found.tau2 == pytest.approx(expected["fit"].get("tau2", 0.0), **CLOSED)
    assert found.df == expected.get("dfs", np.inf)
    assert found.vanishes == ("est" in expected)
    if found.vanishes:
        assert [found.limit, *found.limit_interval()] == pytest.approx([expected[n] for n in ("est", "ci.lb", "ci.ub")], **CLOSED)


@of_kind("metafor", "ranktest")
def test_begg_agrees_with_metafor(entry: dict[str, Any]) -> None:
    found = small_study_test(effects_of(entry["data"]), "Begg")
    assert isinstance(found, RankTest)
    assert [found.tau, found.p] == pytest.approx([entry["result"]["tau"], entry["result"]["pval"]], **CLOSED)


@of_kind("by_meta", "metabias")
def test_small_study_test_agrees_with_meta(entry: dict[str, Any]) -> None:
    kind = entry["kind"].removeprefix("metabias_")
    method, expected = NAME_OF.get(kind, kind), entry["result"]
    sizes: dict[str, Any] = {}
    if method == "Pustejovsky-Rodgers":
        means = columns("means", entry["data"])
        sample, sizes = standardised_mean_difference(**means, variance="UB"), {"n_t": means["n_t"], "n_c": means["n_c"]}
    else:
        sample = odds_ratio(**columns("counts", entry["data"]))
    found = small_study_test(sample, method, reference="normal", **sizes)
    if isinstance(found, RankTest):
        if method == "Schwarzer" and entry["data"] in SCHWARZER:
            assert (expected["estimate"][0], found.S) == (SCHWARZER[entry["data"]][0], -8)
            return
        assert [found.S, found.se, found.p] == pytest.approx([*expected["estimate"], expected["pval"]], **CLOSED)
        return
    near: dict[str, Any] = {"rel": ITERATED_BY_META[0]} if method == "Thompson-Sharp" else CLOSED
    ours = [found.slope, found.se, found.limit, found.limit_se, found.statistic, found.p, found.df]
    theirs = [*expected["estimate"], expected["intercept"], expected["se.intercept"]]
    assert ours == pytest.approx([*theirs, expected["statistic"], expected["pval"], expected["df"]], **near)
    spread = np.sqrt(found.tau2 if method == "Thompson-Sharp" else found.dispersion)
    assert spread == pytest.approx(expected["tau"], abs=5e-4 if method == "Thompson-Sharp" else 1e-9)


def test_with_half_added_to_empty_cells_schwarzers_test_is_that_of_meta() -> None:
    sample = odds_ratio(**columns("counts", "nielweise2007"))
    c, there = counts_of(sample, "Schwarzer's test"), np.isfinite(sample.vi)
    a, b, e, d = c.events_t, c.n_t - c.events_t, c.events_c, c.n_c - c.events_c
    half = np.where((a == 0) | (b == 0) | (e == 0) | (d == 0), 0.5, 0.0)
    N = c.n_t + c.n_c + 4 * half
    log_or = np.log(((a + half) * (d + half) / N)[there].sum() / ((b + half) * (e + half) / N)[there].sum())
    standardised, V = standardised_counts(sample, c, log_or)
    with np.errstate(divide="ignore"):
        assert rank_test(sample, "Schwarzer", standardised, 1 / V, reference="normal").S == SCHWARZER["nielweise2007"][0]


def test_every_test_has_a_name_and_all_but_one_are_compared_with_meta() -> None:
    assert set(SMALL_STUDY_TESTS) == set(SMALL_STUDY_TEST_NAMES) == OF_META | {"arcsine"}


def test_the_arcsine_test_is_thompson_and_sharps_of_arcsine_differences() -> None:
    counts = columns("counts", "bcg")
    found = small_study_test(odds_ratio(**counts), "arcsine")
    a, n1, c, n2 = (counts[name] for name in ("events_t", "n_t", "events_c", "n_c"))
    arcsines = effects(np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2)), 1 / (4 * n1) + 1 / (4 * n2))
    other = small_study_test(arcsines, "Thompson-Sharp")
    assert isinstance(found, RegressionTest)
    assert isinstance(other, RegressionTest)
    assert [found.slope, found.se, found.p] == pytest.approx([other.slope, other.se, other.p], **CLOSED)


def test_egger_is_one_of_the_tests() -> None:
    sample = effects_of("hackshaw1998")
    one, other, third = egger(sample), small_study_test(sample), regression_test(sample)
    assert isinstance(other, RegressionTest)
    assert [one.slope, one.se, one.p] == [other.slope, other.se, other.p] == [third.slope, third.se, third.p]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("predictor", ["sei", "vi"])
@given(studies(min_k=4), st.sampled_from([0.5, 3.0]), st.sampled_from([-2.0, 1.5]))
def test_shift_sign_scale_and_order(predictor: str, model: str, sample: tuple[Floats, Floats], scale: float, shift: float) -> None:
    yi, vi = sample
    assume(len(set(vi)) > 2)
    turn = np.argsort(yi)
    one = regression_test(effects(yi, vi), predictor=predictor, model=model)
    other = regression_test(effects(shift - scale * yi[turn], scale**2 * vi[turn]), predictor=predictor, model=model)
    unit = 1.0 if predictor == "sei" else 1 / scale
    assert [other.slope, other.se] == pytest.approx([-unit * one.slope, unit * one.se], **LINE)
    assert other.limit == pytest.approx(shift - scale * one.limit, **LINE)


@pytest.mark.parametrize("method", SMALL_STUDY_TESTS)
def test_a_batch_is_its_parts_and_an_absent_study_changes_nothing(method: str) -> None:
    counts = columns("counts", "collins1985b")
    sample = odds_ratio(**counts)
    left_out = np.stack([sample.vi, np.where(np.arange(9) == 2, np.inf, sample.vi)])
    batch = small_study_test(replace(sample, vi=left_out), method)
    shorter = odds_ratio(**{name: np.delete(values, 2) for name, values in counts.items()})
    parts = [small_study_test(sample, method), small_study_test(shorter, method)]
    names = ("S", "se", "p") if isinstance(batch, RankTest) else ("slope", "se", "limit", "p")
    for name in names:
        assert getattr(batch, name) == pytest.approx([getattr(part, name) for part in parts], **CLOSED)


def test_swapped_arms_change_the_sign_alone() -> None:
    counts = columns("counts", "bcg")
    swapped = {name[:-1] + {"t": "c", "c": "t"}[name[-1]]: values for name, values in counts.items()}
    for method in ("Egger", "Peters", "Harbord", "Deeks", "Macaskill", "arcsine"):
        one, other = small_study_test(odds_ratio(**counts), method), small_study_test(odds_ratio(**swapped), method)
        assert isinstance(one, RegressionTest)
        assert isinstance(other, RegressionTest)
        assert [other.slope, other.p] == pytest.approx([-one.slope, one.p], **CLOSED)


@given(st.integers(3, 7), st.randoms(use_true_random=False))
def test_exact_p_counts_orders(k: int, random: Any) -> None:
    from itertools import permutations

    orders = list(permutations(range(k)))[:: max(1, k - 4)]
    discordant = [sum(o[i] > o[j] for i in range(k) for j in range(i + 1, k)) for o in permutations(range(k))]
    order = random.choice(orders)
    own = sum(order[i] > order[j] for i in range(k) for j in range(i + 1, k))
    S = k * (k - 1) / 2 - 2 * own
    tail = min(np.mean(np.array(discordant) <= own), np.mean(np.array(discordant) >= own))
    assert exact_p(S, k) == pytest.approx(min(1.0, 2 * tail))


def test_the_orders_add_up_to_1_and_exact_and_normal_p_meet() -> None:
    assert inversions(60).sum() == pytest.approx(1.0)
    S, k = 3001, 300
    normal = 2 * 0.5 * (1 - _erf(S / np.sqrt(k * (k - 1) * (2 * k + 5) / 18) / np.sqrt(2)))
    assert exact_p(S, k) == pytest.approx(normal, rel=2e-2)


def _erf(x: float) -> float:
    import math

    return math.erf(x)


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_sizes_come_from_the_counts(predictor: str) -> None:
    counts = columns("counts", "bcg")
    sample = odds_ratio(**counts)
    n = counts["n_t"] + counts["n_c"]
    one, other = regression_test(sample, predictor=predictor), regression_test(sample, predictor=predictor, n=n)
    assert one.slope == other.slope


def test_what_is_printed() -> None:
    sample: Effects = effects([-0.1, -0.2, -0.5, -0.6], [0.01, 0.02, 0.06, 0.09])
    assert str(small_study_test(sample)) == "Egger's test: slope -2.61 on standard error, t(2) = -23.06, P = 0.002"
    assert repr(small_study_test(sample, "Begg")) == "<RankTest: Begg's test: Kendall's tau = -1.000, P = 0.083 (exact)>"
    batch = replace(sample, yi=np.stack([sample.yi, sample.yi]))
    assert str(regression_test(batch)) == "regression test on standard error, 2 analyses"
    assert str(small_study_test(batch, "Begg")) == "Begg's test, 2 analyses"
