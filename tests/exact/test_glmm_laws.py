"""Laws of the mixed models, a truth they have to find again, and the tables they have to be able to take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from tests.exact.reference_results import columns
from tests.exact.trials import ITERATED, backwards, relabelled, swapped, trials, with_more

from trialpool.errors import NotEstimable
from trialpool.stats.effects.effects import Counts
from trialpool.stats.effects.two_by_two import odds_ratio
from trialpool.stats.exact.design import two_arms
from trialpool.stats.exact.glmm import glmm, glmm_rates
from trialpool.stats.exact.likelihoods import Binomial
from trialpool.stats.exact.marginal_likelihood import Arm, Parameters, expansion, log_likelihood
from trialpool.stats.exact.mixed_model_fit import MixedModelFit

METHODS = ["UM.FS", "CM.EL", "CM.AL"]
SYMMETRIC = ["UM.FS", "CM.EL"]  # CM.AL approximates events that are rare: non-events are not
FEW = settings(max_examples=12)


def numbers_of(fit: MixedModelFit) -> list[float]:
    return [fit.mu, fit.se, fit.tau2, fit.loglik, fit.heterogeneity.Q_lrt]


def fitted(counts: dict[str, Any], method: str, model: str) -> MixedModelFit:
    """Sets that have no finite answer are another test's matter."""
    try:
        return glmm(odds_ratio(**counts), method=method, model=model)
    except NotEstimable:
        assume(False)
        raise


@pytest.mark.parametrize("model", ["common", "random"])
@pytest.mark.parametrize("method", METHODS)
@FEW
@given(trials(min_events=1))
def test_the_order_of_trials_changes_nothing(method: str, model: str, counts: dict[str, Any]) -> None:
    here = fitted(counts, method, model)
    assert numbers_of(fitted(backwards(counts), method, model)) == pytest.approx(numbers_of(here), **ITERATED)


@pytest.mark.parametrize("model", ["common", "random"])
@pytest.mark.parametrize("method", METHODS)
@FEW
@given(trials())
def test_swapped_arms_turn_the_sign(method: str, model: str, counts: dict[str, Any]) -> None:
    here, there = fitted(counts, method, model), fitted(swapped(counts), method, model)
    assert numbers_of(there) == pytest.approx([-here.mu, *numbers_of(here)[1:]], **ITERATED)


@pytest.mark.parametrize("model", ["common", "random"])
@pytest.mark.parametrize("method", SYMMETRIC)
@FEW
@given(trials(min_events=1))
def test_non_events_for_events_turn_the_sign(method: str, model: str, counts: dict[str, Any]) -> None:
    here, there = fitted(counts, method, model), fitted(relabelled(counts), method, model)
    assert numbers_of(there) == pytest.approx([-here.mu, *numbers_of(here)[1:]], **ITERATED)


@pytest.mark.parametrize("model", ["common", "random"])
@settings(max_examples=4)
@given(trials(min_events=1, max_k=4))
def test_random_levels_obey_the_same_laws(model: str, counts: dict[str, Any]) -> None:
    here = fitted(counts, "UM.RS", model)
    assert numbers_of(fitted(backwards(counts), "UM.RS", model)) == pytest.approx(numbers_of(here), **ITERATED)
    assert numbers_of(fitted(relabelled(counts), "UM.RS", model)) == pytest.approx([-here.mu, *numbers_of(here)[1:]], **ITERATED)
    # the test of heterogeneity is another one: the saturated model has the levels of the control arm
    there = fitted(swapped(counts), "UM.RS", model)
    assert numbers_of(there)[:4] == pytest.approx([-here.mu, *numbers_of(here)[1:4]], **ITERATED)


@pytest.mark.parametrize("method", METHODS)
@FEW
@given(trials(min_events=1))
def test_a_trial_without_events_is_left_out_and_named(method: str, counts: dict[str, Any]) -> None:
    here = fitted(counts, method, "common")
    there = fitted(with_more(counts, events_t=0, n_t=50, events_c=0, n_c=70), method, "common")
    assert numbers_of(there) == pytest.approx(numbers_of(here), **ITERATED)
    label = str(len(counts["n_t"]) + 1)
    assert there.left_out == {label: "left out: no events in either arm, which say nothing of a ratio"}
    assert there.k == here.k


@FEW
@given(trials(min_events=1))
def test_conditional_and_unconditional_rates_are_the_same(counts: dict[str, Any]) -> None:
    # the Poisson likelihood of two arms with a free level is the binomial one of the split of the events
    of_rates = {name.replace("n_", "time_"): values for name, values in counts.items()}
    one, other = (glmm_rates(**of_rates, method=method, model="common") for method in ("UM.FS", "CM.EL"))
    assert [one.mu, one.se, one.heterogeneity.Q_lrt] == pytest.approx([other.mu, other.se, other.heterogeneity.Q_lrt], **ITERATED)


@FEW
@given(trials(min_events=1))
def test_the_common_effect_is_the_limit_of_no_heterogeneity(counts: dict[str, Any]) -> None:
    parts = Counts(**{name: np.array(values, dtype=float) for name, values in counts.items()})
    for method in ("UM.FS", "CM.EL"):
        design = two_arms(parts, np.ones((len(parts.n_t), 1)), method)
        at = Parameters(beta=np.array([0.3]), alpha=design.start.alpha, tau=0.0)
        nearly = Parameters(beta=at.beta, alpha=at.alpha, tau=1e-5)
        assert log_likelihood(design.arms, nearly) == pytest.approx(log_likelihood(design.arms, at), rel=1e-8)


def test_derivatives_are_those_of_the_log_likelihood() -> None:
    """Central differences in every direction, the trials' own parameters included, for one and for two random effects."""
    counts = Counts(**{name: columns("dorn2007")[name] for name in ("events_t", "n_t", "events_c", "n_c")})
    X = np.column_stack([np.ones(19), np.linspace(-1, 1, 19)])
    for method in ("UM.FS", "UM.RS", "CM.EL"):
        design = two_arms(counts, X, method)
        p = len(design.start.beta)
        at = Parameters(beta=design.start.beta + 0.2, alpha=design.start.alpha, tau=0.8, sigma=0.6 if method == "UM.RS" else 0.0)
        seen = expansion(design.arms, at)
        for i in range(p + 2):
            step = np.zeros(p + 2)
            step[i] = 1e-4
            if i == p + 1 and method != "UM.RS":
                continue
            up, down = (expansion(design.arms, at.moved(sign * step, np.zeros(19))) for sign in (1, -1))
            assert seen.gradient[:, i + 1] == pytest.approx((up.value - down.value) / 2e-4, abs=1e-6)
            assert seen.hessian[:, i + 1] == pytest.approx((up.gradient - down.gradient) / 2e-4, abs=2e-5)


def test_a_lopsided_posterior_is_integrated_as_well() -> None:
    """No event among 50,000 and a tau of 4: where Gauss-Hermite quadrature of the usual size fails."""
    from scipy.integrate import quad
    from scipy.special import log_expit

    at = Parameters(beta=np.array([-3.0]), alpha=np.zeros(1), tau=4.0)
    arms = (Arm(Binomial(np.array([0.0]), np.array([50_000.0])), np.ones((1, 1)), z=1.0),)
    value, _ = quad(
        lambda u: np.exp(50_000 * log_expit(3 - u) - u**2 / 32), -40, 5, points=[-12, -8, -6], epsabs=0, epsrel=1e-12, limit=500
    )
    assert log_likelihood(arms, at)[0] == pytest.approx(np.log(value / (4 * np.sqrt(2 * np.pi))), rel=1e-10)


# Truth that has to be found again


def simulated(rng: np.random.Generator, k: int, tau: float) -> dict[str, Any]:
    """Rare events with an odds ratio of 2."""
    n_t, n_c = rng.integers(100, 400, k), rng.integers(100, 400, k)
    level, effect = rng.normal(-4.3, 0.6, k), np.log(2) + rng.normal(0, tau, k)
    risk_t, risk_c = (1 / (1 + np.exp(-eta)) for eta in (level + effect / 2, level - effect / 2))
    return {"events_t": rng.binomial(n_t, risk_t), "n_t": n_t, "events_c": rng.binomial(n_c, risk_c), "n_c": n_c}


@pytest.mark.parametrize("method", [*METHODS, "UM.RS"])
def test_finds_the_odds_ratio_and_variance_again(method: str) -> None:
    fit = glmm(odds_ratio(**simulated(np.random.default_rng(20161), 200 if method == "UM.RS" else 600, 0.5)), method=method)
    assert abs(fit.mu - np.log(2)) < 3 * fit.se < 0.5
    assert fit.se_tau2 is not None
    assert abs(fit.tau2 - 0.25) < 3 * fit.se_tau2


def test_covers_the_odds_ratio() -> None:
    rng, covered, estimates = np.random.default_rng(5), 0, []
    for _ in range(60):
        fit = glmm(odds_ratio(**simulated(rng, 16, 0.0)), method="CM.EL", model="common")
        low, high = fit.interval()
        covered += low < np.log(2) < high
        estimates.append(fit.mu)
    assert 52 <= covered <= 60
    assert np.mean(estimates) == pytest.approx(np.log(2), abs=3 * np.std(estimates) / np.sqrt(60))


# Large tables


def test_trials_of_fifty_thousand() -> None:
    rng = np.random.default_rng(3)
    n = np.full(6, 50_000)
    common = odds_ratio(events_t=rng.binomial(n, 0.22), n_t=n, events_c=rng.binomial(n, 0.2), n_c=n)
    exact, unconditional = glmm(common, method="CM.EL"), glmm(common, method="UM.FS")
    assert [exact.mu, exact.se] == pytest.approx([unconditional.mu, unconditional.se], rel=2e-3)


def test_one_event_among_fifty_thousand() -> None:
    rare = odds_ratio(events_t=[1, 0, 2], n_t=[50_000, 40_000, 30_000], events_c=[0, 3, 4], n_c=[50_000, 40_000, 30_000])
    exact, approximate = glmm(rare, method="CM.EL", model="common"), glmm(rare, method="CM.AL", model="common")
    assert [exact.mu, exact.se] == pytest.approx([approximate.mu, approximate.se], rel=1e-3)
