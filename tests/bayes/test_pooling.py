"""Bayesian pooling: against brute quadrature, a Gibbs sampler and published examples; laws; what it says and refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.bayes.independent import gibbs, grid
from tests.stats.strategies import Floats, studies

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.bayes.pooling import BayesianPooling, pool_bayesian
from trialpool.stats.bayes.posterior import Mixture, TauPosterior
from trialpool.stats.bayes.priors import (
    EffectPrior,
    FlatEffect,
    FlatTau,
    HalfCauchy,
    HalfNormal,
    HalfT,
    InverseGamma,
    KnownEffect,
    KnownTau,
    LogNormal,
    LogT,
    NormalEffect,
    TauPrior,
    Uniform,
)
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.pooling.pairwise import pool, pool_common

TRIALS = effects([-0.31, 0.12, -0.55, -0.10, -0.72], [0.05, 0.03, 0.04, 0.02, 0.015], ["A", "B", "C", "D", "E"], measure="HR")
TWO = effects([-0.4, 0.3], [0.04, 0.02], measure="HR")
PRIORS: dict[str, TauPrior] = {
    "half-normal": HalfNormal(0.5),
    "half-Cauchy": HalfCauchy(0.3),
    "half-t": HalfT(0.4, 4),
    "log-normal": LogNormal(-2.56, 1.74),
    "log-normal of tau": LogNormal(-1.2, 0.8, on="tau"),
    "inverse-gamma": InverseGamma(1.5, 0.1),
    "log-t": LogT(-3.44, 2.59, 5),
}
EFFECT_PRIORS: dict[str, EffectPrior] = {"flat": FlatEffect(), "normal": NormalEffect(0.1, 0.6)}
# what the grid is good for: at tau near 0 the effects of studies are all the same, a step that it does not resolve; and it can't
# hold all of a log-t's mass near 0
CLOSE: dict[str, Any] = {"rel": 1e-8, "abs": 1e-9}
STEP: dict[str, Any] = {"rel": 1e-7, "abs": 1e-8}
LOG_T: dict[str, Any] = {"rel": 1e-5, "abs": 1e-6}


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("effect", EFFECT_PRIORS)
@pytest.mark.parametrize("trials", [TRIALS, TWO], ids=["five", "two"])
def test_agrees_with_brute_quadrature(trials: Effects, effect: str, prior: str) -> None:
    fit = pool_bayesian(trials, effect=EFFECT_PRIORS[effect], tau=PRIORS[prior])
    truth = grid(trials.yi, trials.vi, fit.effect_prior, fit.tau_prior)
    close, step = (LOG_T, LOG_T) if prior == "log-t" else (CLOSE, STEP)
    assert fit.log_marginal == pytest.approx(truth.log_total, **close)
    tau2 = truth.tau**2
    if np.isfinite(fit.tau.sd):  # where it is not, the ends of the grid cut off a part of the mean
        assert fit.tau.mean == pytest.approx(truth.mean_of(truth.tau), **close)
        assert fit.tau.sd == pytest.approx(np.sqrt(truth.mean_of(tau2) - truth.mean_of(truth.tau) ** 2), **close)
        assert fit.prediction.sd == pytest.approx(
            np.sqrt(truth.mean_of(truth.mu**2 + tau2) - truth.mean_of(truth.mu) ** 2), **close
        )
    if np.isfinite(fit.mu.sd):
        assert fit.mu.mean == pytest.approx(truth.mean_of(truth.mu), **close)
        assert fit.mu.sd == pytest.approx(np.sqrt(truth.mean_of((truth.mu - fit.mu.mean) ** 2)), **close)
    for x in (-0.5, -0.2, 0.3):
        beyond = stats.norm.cdf((x - truth.mu) / truth.tau)
        assert fit.prediction.cdf(x) == pytest.approx(truth.mean_of(beyond), **step)
        own = tau2 / (tau2 + trials.vi[0])
        centre = own * trials.yi[0] + (1 - own) * truth.mu
        within = stats.norm.cdf((x - centre) / np.sqrt(own * trials.vi[0]))
        assert fit.study_effects.cdf(np.full(fit.k, x))[0] == pytest.approx(truth.mean_of(within), **step)
    assert isinstance(fit.mu, Mixture)
    assert isinstance(fit.tau, TauPosterior)
    if effect == "normal":  # what the grid of the effect is fine enough for, wherever it lies: a cosine's expectation
        cosine = (fit.mu.share * np.cos(3 * fit.mu.means) * np.exp(-4.5 * fit.mu.sds**2)).sum()
        assert cosine == pytest.approx(truth.mean_of(np.cos(3 * truth.mu)), **close)
    panels = fit.tau.panels
    assert (panels.share * np.exp(-panels.tau)).sum() == pytest.approx(truth.mean_of(np.exp(-truth.tau)), **close)


@pytest.mark.parametrize("prior", [*PRIORS.values(), Uniform(1.5)], ids=[*PRIORS, "uniform"])
def test_distribution_functions_quantiles_and_densities_belong_together(prior: TauPrior) -> None:
    fit = pool_bayesian(TRIALS, tau=prior)
    p = np.array([1e-4, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999])
    for posterior in (fit.mu, fit.tau, fit.prediction):
        x = posterior.quantile(p)
        assert posterior.cdf(x) == pytest.approx(p, rel=1e-10)
        h = 1e-5 * (x[-2] - x[1])
        inner = x[1:-1]
        slope = (posterior.cdf(inner + h) - posterior.cdf(inner - h)) / (2 * h)
        assert posterior.density(inner) == pytest.approx(slope, rel=1e-5)
    own = fit.study_effects.quantile(p[:, np.newaxis])
    assert own.shape == (7, 5)
    assert fit.study_effects.cdf(own) == pytest.approx(np.repeat(p[:, np.newaxis], 5, axis=1), rel=1e-10)
    assert (fit.tau.cdf(-1.0), fit.tau.cdf(0.0), fit.tau.cdf(1e9)) == (0, 0, pytest.approx(1, abs=1e-8))
    assert (fit.tau.quantile(0.0), fit.tau.density(-0.1)) == (0, 0)


def test_agrees_with_a_gibbs_sampler() -> None:
    fit = pool_bayesian(TRIALS, effect=NormalEffect(0.1, 0.6), tau=InverseGamma(1.5, 0.1))
    chains = 20_000
    draws = gibbs(TRIALS.yi, TRIALS.vi, mean=0.1, sd=0.6, shape=1.5, rate=0.1, chains=chains, length=150, seed=11)
    for name, posterior in (("mu", fit.mu), ("tau", fit.tau)):
        by_chain = draws[name].mean(0)  # chains are independent, so their spread says how far off the mean is
        error = by_chain.std() / np.sqrt(chains)
        assert error < 2e-4
        assert by_chain.mean() == pytest.approx(posterior.mean, abs=4 * error)
        for p in (0.025, 0.5, 0.975):
            share = (draws[name] <= posterior.quantile(p)).mean(0)
            assert share.mean() == pytest.approx(p, abs=4 * share.std() / np.sqrt(chains))
    first = draws["first"].mean(0)
    assert first.mean() == pytest.approx(fit.study_effects.mean[0], abs=4 * first.std() / np.sqrt(chains))


# Gelman et al., Bayesian Data Analysis (2nd ed., 2004), table 5.3: 2.5%, 25%, 50%, 75%, 97.5% of 200 simulated values
SCHOOLS = effects([28, 8, -3, 7, -1, 1, 18, 12], np.square([15, 10, 16, 11, 9, 11, 10, 18]), list("ABCDEFGH"), measure="MD")
QUARTILES = [(7, 10, 16), (3, 8, 12), (2, 7, 11), (4, 8, 11), (1, 5, 10), (2, 6, 10), (7, 10, 15), (3, 8, 13)]


def test_the_eight_schools_agree_with_gelmans_table() -> None:
    fit = pool_bayesian(SCHOOLS, tau=FlatTau())
    found = fit.study_effects.quantile([[0.25], [0.5], [0.75]]).T
    assert found == pytest.approx(np.array(QUARTILES), abs=1.7)  # quantiles of 200 draws have standard errors of 0.5 to 0.8


@given(studies(min_k=1))
@settings(max_examples=40)
def test_with_tau_0_and_a_flat_prior_it_is_the_common_effect(sample: tuple[Floats, Floats]) -> None:
    trials = effects(*sample)
    fit, common = pool_bayesian(trials, tau=KnownTau(0)), pool_common(trials)
    assert [fit.mu.mean, fit.mu.sd, *fit.interval()] == pytest.approx(
        [common.mu, common.se, *common.interval()], rel=1e-9, abs=1e-12
    )
    assert fit.study_effects.mean == pytest.approx(np.full(fit.k, common.mu), rel=1e-9, abs=1e-12)
    assert (fit.tau.mean, fit.tau.sd, fit.tau_interval()) == (0, 0, (0, 0))


@given(studies(min_k=3))
@settings(max_examples=40)
def test_with_flat_priors_the_mode_of_tau_is_the_reml_estimate(sample: tuple[Floats, Floats]) -> None:
    trials = effects(*sample)
    found, reml = pool_bayesian(trials, tau=FlatTau()).tau.mode, np.sqrt(pool(trials).tau2)
    assert found == pytest.approx(reml, rel=1e-4, abs=1e-4 * np.sqrt(trials.vi.min()))


@given(studies(min_k=2), st.floats(-5, 5), st.sampled_from([-3.0, 0.02, 40.0]))
@settings(max_examples=30)
def test_shift_and_scale(sample: tuple[Floats, Floats], shift: float, c: float) -> None:
    yi, vi = sample
    one = pool_bayesian(effects(yi, vi), tau=HalfCauchy(0.5))
    other = pool_bayesian(effects(c * yi + shift, c * c * vi), tau=HalfCauchy(0.5 * abs(c)))
    size = abs(c) * np.sqrt(vi.max()) + abs(shift)
    ends = sorted(c * x + shift for x in one.interval())
    assert other.interval() == pytest.approx(ends, rel=1e-7, abs=1e-7 * size)
    assert other.tau_interval() == pytest.approx(tuple(abs(c) * x for x in one.tau_interval()), rel=1e-7)
    assert other.log_marginal == pytest.approx(one.log_marginal - (len(yi) - 1) * np.log(abs(c)), rel=1e-8, abs=1e-8)


@given(studies(min_k=2))
@settings(max_examples=20)
def test_neither_order_nor_an_absent_study_matters(sample: tuple[Floats, Floats]) -> None:
    yi, vi = sample
    one = pool_bayesian(effects(yi, vi), tau=HalfNormal(0.5))
    padded = effects(np.append(yi[::-1], 9.0), np.append(vi[::-1], 1.0))
    other = pool_bayesian(replace(padded, vi=np.append(vi[::-1], np.inf)), tau=HalfNormal(0.5))
    assert [*other.interval(), *other.tau_interval()] == pytest.approx([*one.interval(), *one.tau_interval()], rel=1e-8, abs=1e-9)
    assert (other.k, other.studies) == (one.k, tuple(str(i + 1) for i in range(len(yi))))


@pytest.mark.parametrize("trials", [TRIALS, TWO, SCHOOLS], ids=["five", "two", "schools"])
def test_the_shortest_interval_is_shortest(trials: Effects) -> None:
    fit = pool_bayesian(trials, tau=HalfCauchy(0.5 if trials is not SCHOOLS else 10.0))
    for posterior in (fit.mu, fit.tau, fit.prediction):
        low, high = posterior.interval(kind="shortest")
        assert posterior.cdf(high) - posterior.cdf(low) == pytest.approx(0.95, abs=1e-9)
        tails = np.linspace(0, 0.05, 2001)[1:-1]
        assert high - low <= (posterior.quantile(tails + 0.95) - posterior.quantile(tails)).min() * (1 + 1e-9)
        if low > 0 or posterior is not fit.tau:
            assert posterior.density(low) == pytest.approx(posterior.density(high), rel=1e-5)
    assert fit.interval(0.5)[0] > fit.interval(0.9)[0]


def test_shrinkage_lies_between_the_study_and_the_pooled_effect() -> None:
    fit = pool_bayesian(TRIALS)
    means = fit.study_effects.mean
    assert (np.sign(means - fit.mu.mean) == np.sign(TRIALS.yi - fit.mu.mean)).all()
    assert (np.abs(means - fit.mu.mean) < np.abs(TRIALS.yi - fit.mu.mean)).all()


def test_a_thousand_studies_are_integrated_as_well() -> None:
    rng = np.random.default_rng(5)
    vi = rng.uniform(0.001, 0.01, 1000)
    yi = rng.normal(0.2, np.sqrt(vi + 0.3**2))
    fit, reml = pool_bayesian(effects(yi, vi), tau=HalfCauchy(1)), pool(effects(yi, vi), ci="Wald")
    assert fit.tau.median == pytest.approx(np.sqrt(reml.tau2), rel=2e-3)
    assert fit.interval() == pytest.approx(reml.interval(), abs=2e-4)
    assert fit.tau.cdf(fit.tau.quantile(0.975)) == pytest.approx(0.975, abs=1e-10)


def test_one_study_leaves_tau_to_its_prior() -> None:
    fit = pool_bayesian(effects([0.3], [0.04]), tau=HalfNormal(0.5))
    p = np.array([0.1, 0.5, 0.9])
    assert fit.tau.quantile(p) == pytest.approx(stats.halfnorm(scale=0.5).ppf(p), rel=1e-9)
    long_tailed = pool_bayesian(effects([0.3], [0.04]), tau=LogT(-3.44, 2.59, 5))  # proper, and so is the posterior
    assert np.log(long_tailed.tau.quantile(p) ** 2) == pytest.approx(stats.t(5, -3.44, 2.59).ppf(p), abs=1e-4)


def test_moments_that_do_not_exist_are_infinite() -> None:
    fit = pool_bayesian(TWO, tau=HalfCauchy(0.5))  # the density of tau falls as tau^-3
    assert np.isfinite(fit.tau.mean)
    assert (fit.tau.sd, fit.mu.sd, fit.prediction.sd) == (np.inf, np.inf, np.inf)
    informed = pool_bayesian(TWO, tau=HalfCauchy(0.5), effect=NormalEffect(0, 1))
    assert np.isfinite(informed.mu.sd)


@pytest.mark.parametrize("prior", PRIORS)
def test_bayes_factors_are_those_of_savage_and_dickey(prior: str) -> None:
    fit = pool_bayesian(TRIALS, effect=NormalEffect(0.1, 0.6), tau=PRIORS[prior])
    before = stats.norm(0.1, 0.6).pdf(0)
    assert fit.bayes_factor_effect == pytest.approx(before / fit.mu.density(0.0), rel=1e-6 if prior == "log-t" else 1e-9)
    if prior.startswith("half"):  # these have a density at 0
        at_0 = float(np.exp(PRIORS[prior].log_density(np.array(0.0))))
        assert fit.bayes_factor_heterogeneity == pytest.approx(at_0 / fit.tau.density(0.0), rel=1e-9)


def test_the_marginal_likelihood_of_known_values_is_the_likelihood() -> None:
    fit = pool_bayesian(TRIALS, effect=KnownEffect(-0.2), tau=KnownTau(0.3))
    expected = stats.norm(-0.2, np.sqrt(TRIALS.vi + 0.09)).logpdf(TRIALS.yi).sum()
    assert fit.log_marginal == pytest.approx(expected, rel=1e-12)
    assert (fit.mu.mean, fit.interval()) == (-0.2, (-0.2, -0.2))
    assert fit.prediction.sd == pytest.approx(0.3)


def test_says_what_it_found() -> None:
    fit = pool_bayesian(TRIALS)
    low, high = np.exp(fit.interval())
    assert str(fit) == (
        f"HR {np.exp(fit.mu.median):.2f} (95% credible {low:.2f} to {high:.2f}), tau {fit.tau.median:.2f} "
        f"({fit.tau_interval()[0]:.2f} to {fit.tau_interval()[1]:.2f}), k = 5; priors: effect flat, tau half-normal (scale 0.5)"
    )
    assert fit.cautions == ()
    assert pool_bayesian(TWO).cautions == ("with 2 studies, the prior of tau has much weight: show the answer under others",)
    assert fit.probability_below(0.0) == pytest.approx(fit.mu.cdf(0.0))


def batch() -> Effects:
    return replace(TRIALS, vi=np.stack([TRIALS.vi, TRIALS.vi]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pool_bayesian(batch()), BadArgument, "pool_bayesian takes one analysis at a time; this is a batch of shape (2,)."),
        (
            lambda: pool_bayesian(replace(TRIALS, vi=np.full(5, np.inf))),
            NotEstimable,
            "Bayesian random effects: no study is present (k = 0).",
        ),
        (
            lambda: pool_bayesian(replace(TRIALS, measure="MD")),
            BadArgument,
            (
                "tau has no default prior for mean difference, whose unit only you know. Give one, such as tau=HalfNormal(scale) "
                "with the scale in the unit of the effects."
            ),
        ),
        (
            lambda: pool_bayesian(TWO, tau=FlatTau()),
            NotEstimable,
            (
                "Bayesian random effects, k = 2: with a prior of the effect that is flat and one of tau that is flat, the "
                "posterior does not exist. Give a proper prior of tau."
            ),
        ),
        (
            lambda: pool_bayesian(TRIALS).bayes_factor_effect,
            BadArgument,
            "A Bayes factor of the effect needs a normal prior of it, not one that is flat.",
        ),
        (
            lambda: pool_bayesian(TRIALS, tau=FlatTau()).bayes_factor_heterogeneity,
            BadArgument,
            "A Bayes factor of heterogeneity needs a proper prior of tau, not one that is flat.",
        ),
        (
            lambda: pool_bayesian(TRIALS).interval(kind="HPD"),
            BadArgument,
            "kind='HPD' is not known. Choose one of 'central', 'shortest'.",
        ),
        (lambda: pool_bayesian(TRIALS, level=95), BadArgument, "level=95 is not between 0 and 1. For a 95% interval give 0.95."),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as refusal:
        call()
    assert str(refusal.value) == message


def test_the_result_is_frozen() -> None:
    fit: Any = pool_bayesian(TRIALS)
    with pytest.raises(AttributeError):
        fit.k = 3
    assert isinstance(fit, BayesianPooling)
