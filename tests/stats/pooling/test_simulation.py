"""Samples whose truth is known: what was put in comes out, as often as it should. Each simulation is one call."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from trialpool.stats.bias.egger import egger
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.effects.two_by_two import odds_ratio, risk_difference, risk_ratio
from trialpool.stats.pooling.bootstrap_prediction import bootstrap_prediction_interval
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.tau2 import TAU2

N = 4000
UNBIASED = ("REML", "PM", "DL", "DL2", "HE", "GENQ")  # but for the cut at 0, which seldom happens here; see the tests of the others
MU, TAU2_TRUE = -0.2, 0.1


@cache
def samples(k: int, tau2: float = TAU2_TRUE, n: int = N) -> Effects:
    """n meta-analyses of k trials with variances from 0.01 to 0.2."""
    rng = np.random.default_rng(2016)
    vi = np.exp(rng.uniform(np.log(0.01), np.log(0.2), (n, k)))
    return effects(rng.normal(MU, np.sqrt(vi + tau2)), vi)


def share(hits: Any) -> float:
    return float(np.mean(hits))


def within(share_expected: float, n: int = N) -> Any:
    """A share of n samples within four standard errors of what it should be."""
    return pytest.approx(share_expected, abs=4 * np.sqrt(share_expected * (1 - share_expected) / n))


def covers(limits: tuple[Any, Any], truth: Any) -> float:
    return share((limits[0] <= truth) & (truth <= limits[1]))


@pytest.mark.parametrize("tau2", UNBIASED)
@pytest.mark.parametrize("k", [10, 20])
def test_hartung_knapp_intervals_cover_the_truth_as_often_as_they_say(k: int, tau2: str) -> None:
    fit = pool(samples(k), tau2=tau2, ci="HK")
    for level in (0.8, 0.95):
        assert covers(fit.interval(level), MU) == pytest.approx(level, abs=0.02)


def test_wald_intervals_cover_the_truth_less_often_than_they_say() -> None:
    hartung_knapp, wald = (covers(pool(samples(5), ci=ci).interval(), MU) for ci in ("HK", "Wald"))
    assert wald < 0.91 < 0.93 < hartung_knapp


@pytest.mark.parametrize("tau2", UNBIASED)
def test_the_pooled_effect_is_unbiased_and_as_scattered_as_it_says(tau2: str) -> None:
    fit = pool(samples(10), tau2=tau2, ci="Wald")
    assert fit.mu.mean() == pytest.approx(MU, abs=4 * fit.mu.std() / np.sqrt(N))
    assert np.sqrt((fit.se**2).mean()) == pytest.approx(fit.mu.std(), rel=0.05)


@pytest.mark.parametrize("tau2", UNBIASED)
@pytest.mark.parametrize("k", [10, 40])
def test_tau2_is_on_average_what_it_was_made_with(k: int, tau2: str) -> None:
    assert pool(samples(k), tau2=tau2).tau2.mean() == pytest.approx(TAU2_TRUE, rel=0.05)


@pytest.mark.parametrize("tau2", ["PMM", "GENQM"])
@pytest.mark.parametrize("k", [4, 10])
def test_median_unbiased_estimates_are_as_often_too_low_as_too_high(k: int, tau2: str) -> None:
    few = samples(k, n=1000)
    assert share(TAU2[tau2](few.yi, few.vi) < TAU2_TRUE) == within(0.5, 1000)


def test_maximum_likelihood_and_hunter_schmidt_are_too_low_and_their_correction_helps() -> None:
    few = samples(10)
    means = {tau2: TAU2[tau2](few.yi, few.vi).mean() for tau2 in ("ML", "HS", "HSk")}
    assert means["ML"] == pytest.approx(0.9 * TAU2_TRUE, rel=0.1)
    assert means["HS"] < means["HSk"] < TAU2_TRUE


@pytest.mark.parametrize("true", [0.02, 0.1, 1.0])
@pytest.mark.parametrize("method", ["GENQ", "BJ"])
def test_exact_limits_cover_tau2_exactly_as_often_as_they_say(true: float, method: str) -> None:
    n = 1000
    low, high = pool(samples(6, tau2=true, n=n), tau2="DL").tau2_interval(method=method)
    assert share(low > true) == within(0.025, n)
    assert share(high < true) == within(0.025, n)


@pytest.mark.parametrize(("tau2", "ci"), [("REML", "KR"), ("DL", "HC"), ("ML", "PL")])
def test_other_intervals_cover_the_truth_about_as_often_as_they_say(tau2: str, ci: str) -> None:
    n = 1000
    fit = pool(samples(10, n=n), tau2=tau2, ci=ci)
    assert covers(fit.interval(), MU) == pytest.approx(0.95, abs=0.025)
    assert share(fit.p < 0.05) == pytest.approx(1 - covers(fit.interval(), 0.0), abs=1e-12)


def test_the_bootstrap_prediction_interval_holds_the_next_effect_of_few_trials_as_often_as_it_says() -> None:
    rng, hits, n = np.random.default_rng(2019), 0, 300
    few = samples(5, n=n)
    for yi, vi in zip(few.yi, few.vi, strict=True):
        low, high = bootstrap_prediction_interval(pool(effects(yi, vi)), rng=rng, draws=1000)
        hits += low <= rng.normal(MU, np.sqrt(TAU2_TRUE)) <= high
    assert hits / n == pytest.approx(0.95, abs=0.04)


def test_without_heterogeneity_q_is_chi_squared_and_p_uniform() -> None:
    fit = pool_common(samples(10, tau2=0.0))
    assert fit.Q.mean() == pytest.approx(9, abs=4 * np.sqrt(18 / N))
    for p in (fit.Q_p, two_sided(fit)):
        for area in (0.05, 0.5):
            assert share(p < area) == within(area)
    assert covers(fit.interval(), MU) == within(0.95)


def two_sided(fit: Any) -> Any:
    """P of the true effect, rather than of none."""
    shifted = effects(fit.effects.yi - MU, fit.effects.vi)
    return pool_common(shifted).p


@pytest.mark.parametrize("true", [0.0, 0.02, 0.1, 1.0])
def test_q_profile_limits_cover_tau2_exactly_as_often_as_they_say(true: float) -> None:
    low, high = pool(samples(6, tau2=true), tau2="DL").tau2_interval()
    missed_above, missed_below = share(low > true), share(high < true)
    assert missed_above == within(0.025)
    if true > 0:  # the limit is cut at 0, which is then in the interval
        assert missed_below == within(0.025)


def test_prediction_intervals_hold_the_effect_of_the_next_trial() -> None:
    fit = pool(samples(40))  # of fewer trials they are known to hold it somewhat less often than they say
    following = np.random.default_rng(1).normal(MU, np.sqrt(TAU2_TRUE), N)
    assert covers(fit.prediction_interval(), following) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("make", "treated"), [(risk_ratio, 0.3 * 0.7), (odds_ratio, 0.3 * 0.7 / (1 - 0.3 + 0.3 * 0.7)), (risk_difference, 0.2)]
)
def test_mantel_haenszel_recovers_the_effect(make: Any, treated: float) -> None:
    rng = np.random.default_rng(1959)
    n_t, n_c = (rng.integers(40, 400, (N, 8)) for _ in range(2))
    arms: dict[str, Any] = {"events_t": rng.binomial(n_t, treated), "n_t": n_t, "events_c": rng.binomial(n_c, 0.3), "n_c": n_c}
    fit = mantel_haenszel(make(**arms))
    truth = treated - 0.3 if make is risk_difference else np.log(0.7)
    assert fit.mu.mean() == pytest.approx(truth, abs=0.005)
    assert covers(fit.interval(), truth) == within(0.95)


def test_eggers_test_is_right_of_symmetry_and_sees_asymmetry() -> None:
    symmetric = samples(10, tau2=0.0)
    assert share(egger(symmetric).p < 0.05) == within(0.05)
    biased = effects(symmetric.yi - 3 * symmetric.sei, symmetric.vi)
    found = egger(biased)
    assert found.slope.mean() == pytest.approx(-3, abs=0.1)
    assert share(found.p < 0.05) > 0.7
    low, high = found.interval()
    assert share((low <= -3) & (-3 <= high)) == within(0.95)
