"""Laws of effect sizes: swapped arms, units, shifts, and a batch is its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effect_sizes.reference import ARMS, CALLS, CHANGE, MEANS, RATES, takes

from trialpool.stats.effects.association import phi_coefficient, tetrachoric_correlation, yules_q, yules_y
from trialpool.stats.effects.change import STANDARDISERS as STANDARDISERS_OF_CHANGE
from trialpool.stats.effects.change import mean_change, standardised_mean_change
from trialpool.stats.effects.correlation import correlation, gauss_2f1
from trialpool.stats.effects.generic import generic
from trialpool.stats.effects.matched_pairs import matched_odds_ratio, matched_risk_difference, matched_risk_ratio
from trialpool.stats.effects.mean_difference import STANDARDISERS, correction, mean_difference, standardised_mean_difference
from trialpool.stats.effects.partial_correlation import r_squared
from trialpool.stats.effects.ratio_of_means import ratio_of_means
from trialpool.stats.effects.superiority import superiority
from trialpool.stats.effects.two_by_two import odds_ratio

LAW: dict[str, Any] = {"rel": 1e-9, "abs": 1e-10}
# laws of one line of code, tried on every measure: a few sets of studies are enough
FEW = settings(max_examples=15)
SAME: dict[str, Any] = {"rel": 1e-12, "abs": 1e-13}


def columns(names: set[str], k: int, rng: np.random.Generator) -> dict[str, Any]:
    """Usable columns for a function, by the names of its parameters."""
    n = {arm: rng.integers(20, 200, k) for arm in ("_t", "_c", "")}
    made: dict[str, Any] = {
        **{f"events{arm}": rng.integers(1, 19, k) for arm in n},
        **{f"n{arm}": n[arm] for arm in n},
        **{f"time{arm}": rng.uniform(10, 500, k) for arm in n},
        **{f"mean{arm}": rng.uniform(2, 9, k) for arm in ("_t", "_c", "_post", "_pre", "")},
        **{f"sd{arm}": rng.uniform(0.5, 3, k) for arm in ("_t", "_c", "_post", "_pre", "")},
        **{name: rng.integers(1, 40, k) for name in ("both", "only_t", "only_c", "neither")},
        "r": rng.uniform(-0.5, 0.8, k),
        "t": rng.normal(0, 2, k),
        "predictors": rng.integers(1, 9, k),
        "r_squared": rng.uniform(0.3, 0.9, k),
        "alpha": rng.uniform(0.3, 0.95, k),
        "items": rng.integers(2, 30, k),
        "auc": rng.uniform(0.2, 0.9, k),
    }
    return {name: made[name] for name in names & set(made)}


def arguments(code: str, k: int, seed: int) -> tuple[Callable[..., Any], dict[str, Any], dict[str, Any]]:
    function, options = CALLS[code]
    return function, columns(takes(function), k, np.random.default_rng(seed)), options


@pytest.mark.parametrize("code", CALLS)
@FEW
@given(seed=st.integers(0, 2**32 - 1))
def test_a_batch_is_its_parts(code: str, seed: int) -> None:
    function, one, options = arguments(code, 4, seed)
    other = {name: column[::-1] for name, column in one.items()}
    batch = function(**{name: np.stack([one[name], other[name]]) for name in one}, **options)
    for i, part in enumerate((function(**one, **options), function(**other, **options))):
        assert batch.yi[i] == pytest.approx(part.yi, **SAME)
        assert batch.vi[i] == pytest.approx(part.vi, **SAME)


@pytest.mark.parametrize("code", CALLS)
@FEW
@given(seed=st.integers(0, 2**32 - 1))
def test_a_study_that_is_missing_changes_nothing_else(code: str, seed: int) -> None:
    function, one, options = arguments(code, 3, seed)
    holey = {name: [*column.tolist(), None] for name, column in one.items()}
    found, alone = function(**holey, **options, missing="drop"), function(**one, **options)
    assert found.yi[:3] == pytest.approx(alone.yi, **SAME)
    assert found.vi[:3] == pytest.approx(alone.vi, **SAME)
    assert found.vi[3] == np.inf


def swapped(given_: dict[str, Any], one: str = "_t", other: str = "_c") -> dict[str, Any]:
    """The columns with arms exchanged."""
    turned = {name.replace(one, "#").replace(other, one).replace("#", other): column for name, column in given_.items()}
    return {name: turned[name] for name in given_}


TURNED = [
    code for code, (function, _) in CALLS.items() if takes(function) >= set(ARMS.values()) or takes(function) >= set(RATES.values())
]
TURNED += [code for code, (function, _) in CALLS.items() if takes(function) >= set(MEANS.values())]
TURNED += ["VR", "MPRD", "MPRR", "MPOR", "MPORC", "MPPETO", "MC", "SMCC", "SMCRP", "SMCRPH", "ROMC", "CVRC", "VRC"]
NOT_TURNED = {"SMD1", "SMD1H", "CLESN", "AUCN"}  # of the control group's SD, or 1 - the other


@pytest.mark.parametrize("code", [code for code in TURNED if code not in NOT_TURNED])
@FEW
@given(seed=st.integers(0, 2**32 - 1))
def test_swapped_arms_turn_the_sign(code: str, seed: int) -> None:
    function, one, options = arguments(code, 3, seed)
    arms = ("_post", "_pre") if "sd_post" in one else ("_t", "_c")
    found, turned = function(**one, **options), function(**swapped(one, *arms), **options)
    assert turned.yi == pytest.approx(-found.yi, **LAW)
    assert turned.vi == pytest.approx(found.vi, **LAW)


@given(seed=st.integers(0, 2**32 - 1))
def test_swapped_arms_turn_a_probability(seed: int) -> None:
    one = columns(set(MEANS.values()), 3, np.random.default_rng(seed))
    assert superiority(**swapped(one)).yi == pytest.approx(1 - superiority(**one).yi, **LAW)
    assert superiority(**swapped(one)).vi == pytest.approx(superiority(**one).vi, **LAW)


def in_units(given_: dict[str, Any], scale: float, shift: float = 0.0) -> dict[str, Any]:
    def changed(name: str, column: Any) -> Any:
        return scale * column + (shift if name.startswith("mean") else 0.0) if name.startswith(("mean", "sd")) else column

    return {name: changed(name, column) for name, column in given_.items()}


UNIT_FREE = [
    "SMD",
    "SMDH",
    "SMD1",
    "SMD1H",
    "RPB",
    "ZPB",
    "RBIS",
    "D2OR",
    "D2ORN",
    "CLESN",
    "SMCC",
    "SMCR",
    "SMCRH",
    "SMCRP",
    "SMCRPH",
]
UNIT_FREE += ["CLESCN"]


@pytest.mark.parametrize("code", UNIT_FREE)
@FEW
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_standardised_effects_know_no_unit_and_no_zero(code: str, seed: int, scale: float, shift: float) -> None:
    function, one, options = arguments(code, 3, seed)
    found, other = function(**one, **options), function(**in_units(one, scale, shift), **options)
    assert other.yi == pytest.approx(found.yi, rel=1e-8, abs=1e-9)
    assert other.vi == pytest.approx(found.vi, rel=1e-8)


@pytest.mark.parametrize("code", ["ROM", "CVR", "VR", "ROMC", "CVRC", "VRC", "SMN", "CVLN"])
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100))
def test_ratios_know_no_unit(code: str, seed: int, scale: float) -> None:
    function, one, options = arguments(code, 3, seed)
    found, other = function(**one, **options), function(**in_units(one, scale), **options)
    assert other.yi == pytest.approx(found.yi, **LAW)
    assert other.vi == pytest.approx(found.vi, **LAW)


@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_differences_are_in_the_unit_of_the_means(seed: int, scale: float, shift: float) -> None:
    for code in ("MD", "MC"):
        function, one, _ = arguments(code, 3, seed)
        found, other = function(**one), function(**in_units(one, scale, shift))
        assert other.yi == pytest.approx(scale * found.yi, rel=1e-8, abs=1e-9)
        assert other.vi == pytest.approx(scale**2 * found.vi, **LAW)


@pytest.mark.parametrize("code", ["IRR", "IRLN", "IRD", "IR", "IRS", "IRFT"])
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.1, 50))
def test_rates_in_another_unit_of_time(code: str, seed: int, scale: float) -> None:
    function, one, options = arguments(code, 3, seed)
    other = {name: column * scale if name.startswith("time") else column for name, column in one.items()}
    found, changed = function(**one, **options), function(**other, **options)
    times = {"IRR": 1.0, "IRLN": 1.0, "IRD": scale, "IR": scale, "IRS": scale**0.5, "IRFT": scale**0.5}[code]
    shift = np.log(scale) if code == "IRLN" else 0.0
    assert changed.yi * times + shift == pytest.approx(found.yi, **LAW)
    assert changed.vi * times**2 == pytest.approx(found.vi, **LAW)


@given(seed=st.integers(0, 2**32 - 1))
def test_coefficients_of_association_are_functions_of_the_odds_ratio(seed: int) -> None:
    arms = columns(set(ARMS.values()), 4, np.random.default_rng(seed))
    OR = np.exp(odds_ratio(**arms).yi)
    assert yules_q(**arms).yi == pytest.approx((OR - 1) / (OR + 1), **LAW)
    assert yules_y(**arms).yi == pytest.approx((np.sqrt(OR) - 1) / (np.sqrt(OR) + 1), **LAW)
    assert (np.sign(phi_coefficient(**arms).yi) == np.sign(np.round(np.log(OR), 12))).all()
    assert (np.abs(tetrachoric_correlation(**arms).yi) <= 1).all()


def test_a_tetrachoric_correlation_of_halves_is_a_sine() -> None:
    # at the medians P(X < 0, Y < 0) = 1/4 + asin(rho) / (2 pi). Sheppard (1899)
    found = tetrachoric_correlation(events_t=[30], n_t=[40], events_c=[10], n_c=[40])
    assert found.yi == pytest.approx([np.sin(2 * np.pi * (30 / 80 - 0.25))], **SAME)


@given(seed=st.integers(0, 2**32 - 1))
def test_pairs_without_correlation_are_two_groups(seed: int) -> None:
    # where ad = bc the marginal measures have the variances of two independent groups of n
    rng = np.random.default_rng(seed)
    p, q = rng.integers(1, 9, 2), rng.integers(1, 9, 2)
    pairs: dict[str, Any] = {"both": [p[0] * q[0]], "only_t": [p[0] * q[1]], "only_c": [p[1] * q[0]], "neither": [p[1] * q[1]]}
    n, a, c = sum(p) * sum(q), p[0] * sum(q), q[0] * sum(p)
    marginal = matched_odds_ratio(**pairs, kind="marginal")
    arms: dict[str, Any] = {"events_t": [a], "n_t": [n], "events_c": [c], "n_c": [n]}
    assert marginal.yi == pytest.approx(odds_ratio(**arms).yi, **LAW)
    assert marginal.vi == pytest.approx(odds_ratio(**arms).vi, **LAW)
    assert matched_risk_ratio(**pairs).yi == pytest.approx([np.log(a / c)], **LAW)
    assert matched_risk_difference(**pairs).yi == pytest.approx([(a - c) / n], **LAW)
    assert matched_risk_difference(**pairs).vi == pytest.approx([(a * (n - a) + c * (n - c)) / n**3], **LAW)


@given(seed=st.integers(0, 2**32 - 1))
def test_uncorrelated_changes_have_the_variance_of_two_groups(seed: int) -> None:
    given_ = columns(set(CHANGE.values()), 3, np.random.default_rng(seed)) | {"r": 0.0}
    groups = {"mean_t": given_["mean_post"], "sd_t": given_["sd_post"], "mean_c": given_["mean_pre"], "sd_c": given_["sd_pre"]}
    found = mean_change(**given_)
    two = mean_difference(**groups, n_t=given_["n"], n_c=given_["n"])
    assert found.yi == pytest.approx(two.yi, **LAW)
    assert found.vi == pytest.approx(two.vi, **LAW)


def test_large_studies_need_no_correction() -> None:
    large: dict[str, Any] = {"mean_t": [5.2], "sd_t": [2], "n_t": [10**7], "mean_c": [5], "sd_c": [2], "n_c": [10**7]}
    for standardiser in STANDARDISERS:
        assert standardised_mean_difference(**large, standardiser=standardiser).yi == pytest.approx([0.1], rel=1e-6)
    change: dict[str, Any] = {"mean_post": [5.2], "sd_post": [2], "mean_pre": [5], "sd_pre": [2], "n": [10**7], "r": 0.5}
    for standardiser in STANDARDISERS_OF_CHANGE:
        assert standardised_mean_change(**change, standardiser=standardiser).yi == pytest.approx([0.1], rel=1e-6)
    assert ratio_of_means(**large).yi == pytest.approx(np.log([1.04]), rel=1e-6)


def test_the_correction_by_hand() -> None:
    # J(2) = Gamma(1) / Gamma(1/2), J(3) = Gamma(3/2) / sqrt(3/2), J(4) = Gamma(2) / (sqrt(2) Gamma(3/2))
    expected = [1 / np.sqrt(np.pi), np.sqrt(np.pi / 6), np.sqrt(2 / np.pi)]
    assert correction(np.array([2.0, 3.0, 4.0])) == pytest.approx(expected, **SAME)
    assert correction(np.array([100.0])) == pytest.approx([1 - 3 / 399], rel=1e-5)
    assert np.isnan(correction(np.array([1.0]))).all()


def test_the_unbiased_correlation_is_unbiased() -> None:
    # Olkin & Pratt: the mean of the estimates over samples with a correlation of 0.6
    rng = np.random.default_rng(1958)
    x = rng.standard_normal((200_000, 8))
    y = 0.6 * x + 0.8 * rng.standard_normal(x.shape)
    x, y = (z - z.mean(-1, keepdims=True) for z in (x, y))
    r = (x * y).sum(-1) / np.sqrt((x**2).sum(-1) * (y**2).sum(-1))
    estimates = correlation(r=r, n=8, transform="unbiased").yi
    assert estimates.mean() == pytest.approx(0.6, abs=4 * estimates.std() / np.sqrt(len(r)))
    assert abs(r.mean() - 0.6) > 10 * r.std() / np.sqrt(len(r))


@pytest.mark.parametrize("c", [1.5, 20.0, 59.0, 61.0, 400.0])
def test_the_hypergeometric_function_meets_its_sum_at_1(c: float) -> None:
    # Gauss: 2F1(a, b; c; 1) = Gamma(c) Gamma(c - a - b) / (Gamma(c - a) Gamma(c - b)); and at 0 it is 1
    from scipy.special import gammaln

    expected = np.exp(gammaln(c) + gammaln(c - 1) - 2 * gammaln(c - 0.5))
    assert gauss_2f1(0.5, 0.5, np.array([c]), np.array([1.0])) == pytest.approx([expected], rel=1e-9)
    assert gauss_2f1(0.5, 0.5, np.array([c]), np.array([0.0])) == pytest.approx([1.0])


BEFORE_AND_AFTER = {"mean_post": [38.5, 31.2], "mean_pre": [30.6, 23.5], "sd_pre": [15.0, 8.7], "n": [20, 35], "r": [0.47, 0.64]}
OF_A_MODEL = {"r_squared": [0.31, 0.22], "n": [60, 88], "predictors": [3, 2]}
LIMITS = {"estimate": [0.6, 0.8], "ci_low": [0.4, 0.5], "ci_high": [0.9, 1.28]}


@pytest.mark.parametrize(
    ("function", "arguments", "column"),
    [
        (standardised_mean_change, {**BEFORE_AND_AFTER, "sd_post": [11.6, 10.1]}, "sd_post"),
        (r_squared, OF_A_MODEL, "predictors"),
        (generic, LIMITS, "ci_low"),
        (generic, {"estimate": [0.6, 0.8], "se": [0.1, 0.2]}, "se"),
    ],
)
def test_one_column_of_a_batch_makes_a_batch(function: Any, arguments: dict[str, Any], column: str) -> None:
    alone = function(**arguments)
    batch = function(**(arguments | {column: [arguments[column]] * 3}))
    assert batch.yi.tolist() == [alone.yi.tolist()] * 3
    assert batch.vi.tolist() == [alone.vi.tolist()] * 3
