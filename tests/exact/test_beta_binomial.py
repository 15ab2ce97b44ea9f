"""The beta-binomial: against R, against scipy.stats, laws, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.special import expit
from scipy.stats import betabinom
from tests.exact.reference_results import odds_ratios, table
from tests.exact.trials import ITERATED, backwards, relabelled, swapped, trials, with_more

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import effects
from trialpool.stats.effects.two_by_two import odds_ratio
from trialpool.stats.exact.beta_binomial import Arms, BetaBinomialFit, beta_binomial, log_likelihood
from trialpool.stats.exact.glmm import glmm

FEW = settings(max_examples=20)


def counts_of(entry: dict[str, Any]) -> dict[str, list[int]]:
    names = {"events_t": "e1", "n_t": "n1", "events_c": "e0", "n_c": "n0"}
    return {ours: [row[theirs] for row in entry["rows"]] for ours, theirs in names.items()}


@pytest.mark.parametrize("entry", table("rare_events"), ids=lambda entry: entry["data"])
def test_agrees_with_maximum_likelihood_in_r(entry: dict[str, Any]) -> None:
    # the other side stopped at a relative 1e-6 or so: our log-likelihood is not below its
    fit, expected = beta_binomial(odds_ratio(**counts_of(entry))), entry["beta_binomial_logit"]
    assert [fit.mu, fit.se, fit.rho] == pytest.approx([expected[name] for name in ("log", "se", "rho")], rel=2e-6)
    assert np.exp(fit.interval()) == pytest.approx(expected["ci"], rel=2e-6)
    assert fit.p == pytest.approx(expected["p"], rel=1e-5)
    assert fit.loglik == pytest.approx(expected["loglik"], rel=1e-10)
    assert (fit.k, fit.converged, fit.notes) == (len(entry["rows"]), True, ())


def numbers_of(fit: BetaBinomialFit) -> list[float]:
    return [fit.mu, fit.se, fit.rho, fit.loglik]


def fitted(counts: dict[str, Any]) -> BetaBinomialFit:
    try:
        return beta_binomial(odds_ratio(**counts))
    except NotEstimable:
        assume(False)
        raise


@FEW
@given(trials())
def test_the_log_likelihood_is_that_of_scipy(counts: dict[str, Any]) -> None:
    fit = fitted(counts)
    assume(fit.rho > 1e-6)
    expected = 0.0
    for arm, logit in (("t", fit.log_odds_c + fit.mu), ("c", fit.log_odds_c)):
        mean, theta = float(expit(logit)), 1 / fit.rho - 1
        expected += betabinom(counts[f"n_{arm}"], mean * theta, (1 - mean) * theta).logpmf(counts[f"events_{arm}"]).sum()
    assert fit.loglik == pytest.approx(expected, rel=1e-8)


def test_derivatives_are_those_of_the_log_likelihood() -> None:
    arms = Arms((np.array([3.0, 0, 9]), np.array([1.0, 0, 4])), (np.array([40.0, 50, 60]), np.array([45.0, 50, 70])))
    for at in (np.array([-2.0, -0.5, 0.3]), np.array([-1.0, 0.4, 0.0])):
        seen = log_likelihood(arms, at)
        for i, step in enumerate(1e-5 * np.eye(3)):
            up, down = log_likelihood(arms, at + step), log_likelihood(arms, at - step)
            assert seen.gradient[i] == pytest.approx((up.value - down.value) / 2e-5, abs=1e-6)
            assert seen.hessian[i] == pytest.approx((up.gradient - down.gradient) / 2e-5, rel=1e-5, abs=1e-5)


@FEW
@given(trials())
def test_swapped_arms_and_relabelled_events_turn_the_sign(counts: dict[str, Any]) -> None:
    here = fitted(counts)
    for other in (swapped(counts), relabelled(counts)):
        assert numbers_of(fitted(other)) == pytest.approx([-here.mu, *numbers_of(here)[1:]], **ITERATED)
    assert numbers_of(fitted(backwards(counts))) == pytest.approx(numbers_of(here), **ITERATED)


def test_a_trial_without_events_counts() -> None:
    without = {"events_t": [1, 2, 9], "n_t": [44, 208, 200], "events_c": [3, 9, 12], "n_c": [35, 195, 200]}
    with_it = beta_binomial(odds_ratio(**with_more(without, events_t=0, n_t=118, events_c=0, n_c=105)))
    assert with_it.k == 4
    assert with_it.log_odds_c < beta_binomial(odds_ratio(**without)).log_odds_c


def test_without_overdispersion_it_is_the_crude_odds_ratio() -> None:
    fit = beta_binomial(odds_ratio(events_t=[5, 5], n_t=[100, 100], events_c=[10, 10], n_c=[100, 100]))
    assert [fit.mu, fit.se] == pytest.approx([np.log(10 * 180 / (20 * 190)), np.sqrt(1 / 10 + 1 / 190 + 1 / 20 + 1 / 180)])
    assert (fit.rho, fit.notes) == (0.0, ("rho is 0: the counts vary no more than binomially",))


def test_finds_the_odds_ratio_again() -> None:
    rng = np.random.default_rng(7)
    n, theta = np.full((2, 800), 250), 60
    risks = [rng.beta(m * theta, (1 - m) * theta, 800) for m in (float(expit(np.log(2) - 4)), float(expit(-4.0)))]
    fit = beta_binomial(
        odds_ratio(events_t=rng.binomial(n[0], risks[0]), n_t=n[0], events_c=rng.binomial(n[1], risks[1]), n_c=n[1])
    )
    assert abs(fit.mu - np.log(2)) < 3 * fit.se < 0.3
    assert fit.rho == pytest.approx(1 / 61, rel=0.2)


def test_arms_of_fifty_thousand() -> None:
    large = odds_ratio(events_t=[900, 1100, 1000], n_t=[50_000] * 3, events_c=[1300, 1250, 1450], n_c=[50_000] * 3)
    assert beta_binomial(large).mu == pytest.approx(glmm(large, method="UM.FS").mu, abs=0.02)


@pytest.mark.parametrize(
    ("trials_", "error", "message"),
    [
        (
            odds_ratio(events_t=[0, 0], n_t=[50, 60], events_c=[3, 2], n_c=[50, 60]),
            NotEstimable,
            "Beta-binomial OR: an arm has no event, or nothing but events, in every trial (k = 2), so the estimate is infinite.",
        ),
        (
            effects([0.1], [0.2]),
            BadArgument,
            "beta_binomial needs odds ratios from events and patients by arm: make the effects by odds_ratio.",
        ),
    ],
)
def test_refusals(trials_: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as refusal:
        beta_binomial(trials_)
    assert str(refusal.value) == message


def test_shows_itself() -> None:
    assert str(beta_binomial(odds_ratios("nielweise2007"))) == (
        "OR 0.36 (95% CI 0.19 to 0.71), P = 0.003, k = 18, rho = 0.021 (beta-binomial)"
    )
