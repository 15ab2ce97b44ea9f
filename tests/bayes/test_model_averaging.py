"""Model averaging: against closed forms and brute quadrature, laws, what it says and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.bayes.independent import grid

from trialpool.errors import BadArgument
from trialpool.stats.bayes.model_averaging import MODELS, model_average
from trialpool.stats.bayes.priors import FlatEffect, FlatTau, HalfCauchy, HalfNormal, InverseGamma, KnownTau, NormalEffect
from trialpool.stats.effects.effects import effects

TRIALS = effects([-0.31, 0.12, -0.55, -0.10, -0.42], [0.05, 0.03, 0.04, 0.02, 0.015], measure="HR")
PRIOR = NormalEffect(0, 0.6)


def test_marginal_likelihoods_by_closed_form_and_by_brute_quadrature() -> None:
    found = model_average(TRIALS, effect=PRIOR, tau=HalfNormal(0.5)).fits
    yi, vi = TRIALS.yi, TRIALS.vi
    null = stats.norm(0, np.sqrt(vi)).logpdf(yi).sum()
    common = stats.multivariate_normal(np.zeros(5), np.diag(vi) + 0.36).logpdf(yi)
    tau = np.linspace(0, 8, 400_001)
    each = stats.halfnorm(scale=0.5).logpdf(tau)
    for y, v in zip(yi, vi, strict=True):
        each = each + stats.norm(0, np.sqrt(v + tau**2)).logpdf(y)
    random_null = np.log(np.trapezoid(np.exp(each), tau))
    random = grid(yi, vi, PRIOR, HalfNormal(0.5)).log_total
    assert [fit.log_marginal for fit in found.values()] == pytest.approx([null, random_null, common, random], rel=1e-8)


def test_probabilities_and_inclusion_bayes_factors_belong_together() -> None:
    prior = dict(zip(MODELS, (0.1, 0.3, 0.2, 0.4), strict=True))
    found = model_average(TRIALS, effect=PRIOR, tau=HalfCauchy(0.3), prior=prior)
    assert sum(found.probabilities.values()) == pytest.approx(1, rel=1e-12)
    p = found.probability_of_effect
    assert found.bayes_factor_effect == pytest.approx(p / (1 - p) / (0.6 / 0.4), rel=1e-10)
    p = found.probability_of_heterogeneity
    assert found.bayes_factor_heterogeneity == pytest.approx(p / (1 - p) / (0.7 / 0.3), rel=1e-10)
    one = found.bayes_factor("effect, random", "no effect, random")
    assert one == pytest.approx(found.fits["effect, random"].bayes_factor_effect, rel=1e-10)
    assert found.bayes_factor("effect, random", "effect, common") == pytest.approx(
        found.fits["effect, random"].bayes_factor_heterogeneity, rel=1e-10
    )
    assert found.bayes_factor("effect, common", "no effect, common") == pytest.approx(
        stats.norm(0, 0.6).pdf(0) / found.fits["effect, common"].mu.density(0.0), rel=1e-10
    )


def test_the_averaged_effect_is_the_mixture_of_the_two() -> None:
    found = model_average(TRIALS, effect=PRIOR, tau=HalfNormal(0.5))
    common, random = found.probabilities["effect, common"], found.probabilities["effect, random"]
    mixed = [found.fits[name].mu.cdf(-0.3) for name in ("effect, common", "effect, random")]
    assert found.mu.cdf(-0.3) == pytest.approx(np.average(mixed, weights=[common, random]), rel=1e-12)
    assert found.mean == pytest.approx((common + random) * found.mu.mean, rel=1e-12)
    low, high = found.interval(0.9)
    assert found.mu.cdf(high) - found.mu.cdf(low) == pytest.approx(0.9, rel=1e-10)


def test_swapped_arms_change_the_sign_only() -> None:
    swapped = effects(-TRIALS.yi, TRIALS.vi, measure="HR")
    one, other = (model_average(trials, effect=PRIOR, tau=HalfNormal(0.5)) for trials in (TRIALS, swapped))
    assert other.bayes_factor_effect == pytest.approx(one.bayes_factor_effect, rel=1e-10)
    assert other.mean == pytest.approx(-one.mean, rel=1e-10)


def test_overwhelming_data_leave_no_doubt_and_break_nothing() -> None:
    found = model_average(effects([3.0, 3.1, 2.9], [1e-5, 1e-5, 1e-5]), effect=NormalEffect(0, 1), tau=HalfNormal(0.5))
    assert found.probability_of_effect > 0.9
    assert found.probability_of_heterogeneity == 1
    assert found.bayes_factor_heterogeneity > 1e10


def test_a_model_without_prior_weight_plays_no_part() -> None:
    prior = dict(zip(MODELS, (0.5, 0.0, 0.0, 0.5), strict=True))
    found = model_average(TRIALS, effect=PRIOR, tau=InverseGamma(1, 0.15), prior=prior)
    assert found.probabilities["effect, common"] == 0
    assert found.mu.mean == pytest.approx(found.fits["effect, random"].mu.mean, rel=1e-12)
    expected = found.bayes_factor("effect, random", "no effect, common")
    assert (found.bayes_factor_effect, found.bayes_factor_heterogeneity) == pytest.approx((expected, expected), rel=1e-10)


QUARTERS = dict.fromkeys(MODELS, 0.25)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"effect": FlatEffect()}, "Model averaging needs a normal prior of the effect, not one that is flat."),
        ({"tau": FlatTau()}, "Model averaging needs a proper prior of tau, not one that is flat."),
        ({"tau": KnownTau(0.1)}, "Model averaging needs a proper prior of tau, not one that is known to be 0.1."),
        (
            {"prior": {"effect": 1.0}},
            (
                "prior has the models 'effect'. Give a probability for each of 'no effect, common', 'no effect, random', "
                "'effect, common', 'effect, random'."
            ),
        ),
        (
            {"prior": QUARTERS | {"effect, random": 0.5}},
            (
                "prior={'no effect, common': 0.25, 'no effect, random': 0.25, 'effect, common': 0.25, 'effect, random': 0.5} are "
                "no probabilities that sum to 1 and leave both an effect and heterogeneity open."
            ),
        ),
    ],
)
def test_refusals(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        model_average(TRIALS, **{"effect": PRIOR, "tau": HalfNormal(0.5), **options})
    assert str(refusal.value) == message
