"""Priors: against SciPy's distributions, their own total, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialpool.errors import BadArgument
from trialpool.stats.bayes.empirical_priors import EMPIRICAL_PRIORS, empirical_prior
from trialpool.stats.bayes.priors import (
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
from trialpool.stats.bayes.quadrature import panels_of

TAU = np.array([0.01, 0.1, 0.5, 2.0])
EXPECTED: list[tuple[TauPrior, Any]] = [
    (HalfNormal(0.5), stats.halfnorm(scale=0.5).pdf(TAU)),
    (HalfCauchy(0.5), stats.halfcauchy(scale=0.5).pdf(TAU)),
    (HalfT(0.5, 3), 2 * stats.t(3, scale=0.5).pdf(TAU)),
    (Uniform(1.5), stats.uniform(0, 1.5).pdf(TAU)),
    (LogNormal(-2, 1.5), 2 * TAU * stats.lognorm(1.5, scale=np.exp(-2)).pdf(TAU**2)),
    (LogNormal(-1, 0.8, on="tau"), stats.lognorm(0.8, scale=np.exp(-1)).pdf(TAU)),
    (LogT(-3.44, 2.59, 5), 2 / TAU * stats.t(5, -3.44, 2.59).pdf(np.log(TAU**2))),
    (InverseGamma(1.5, 0.2), 2 * TAU * stats.invgamma(1.5, scale=0.2).pdf(TAU**2)),
]


@pytest.mark.parametrize(("prior", "density"), EXPECTED, ids=lambda value: str(value) if isinstance(value, TauPrior) else "")
def test_has_the_density_of_its_name(prior: TauPrior, density: Any) -> None:
    assert np.exp(prior.log_density(TAU)) == pytest.approx(density, rel=1e-12)


@pytest.mark.parametrize("prior", [prior for prior, _ in EXPECTED], ids=str)
@pytest.mark.parametrize("scale", [0.02, 0.5, 10])
def test_integrates_to_1_whatever_the_scale_of_the_nodes(prior: TauPrior, scale: float) -> None:
    total = np.exp(panels_of(prior.log_density, scale=scale, upper=prior.upper).log_total)
    # a log-t has so long a tail that a millionth of it lies beyond the largest tau that x = tau / (tau + s) < 1 can tell apart
    assert total == pytest.approx(1, abs=1e-6 if isinstance(prior, LogT) else 1e-11)
    assert prior.proper
    assert not FlatTau().proper


def test_empirical_priors_have_the_published_medians() -> None:
    medians = {setting: np.exp(entry.prior.location) for setting, entry in EMPIRICAL_PRIORS.items()}
    assert medians["binary, any"] == pytest.approx(0.077, abs=5e-4)
    assert medians["all-cause mortality, drug v placebo or control"] == pytest.approx(0.019, abs=5e-4)
    assert medians["continuous, any"] == pytest.approx(0.032, abs=5e-4)
    assert empirical_prior("continuous, any") == LogT(-3.44, 2.59, 5)
    with pytest.raises(BadArgument) as refusal:
        empirical_prior("mortality")
    assert str(refusal.value).startswith("setting='mortality' is not known. Choose one of 'binary, any', ")


def test_says_its_name() -> None:
    assert [str(prior) for prior in (FlatEffect(), NormalEffect(0, 2), KnownEffect(0.0), FlatTau(), KnownTau(0))] == [
        "flat",
        "normal (mean 0, SD 2)",
        "known to be 0",
        "flat",
        "known to be 0",
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HalfNormal(0), "HalfNormal: scale=0 is not a number above 0."),
        (lambda: HalfT(1, -2), "HalfT: df=-2 is not a number above 0."),
        (lambda: LogNormal(np.nan, 1), "LogNormal: location=nan is not a number."),
        (lambda: LogNormal(0, 1, on="variance"), "on='variance' is not known. Choose one of 'tau2', 'tau'."),
        (lambda: Uniform(np.inf), "Uniform: largest=inf is not a number above 0."),
        (lambda: KnownTau(-1), "KnownTau: value=-1 is not a number of 0 or more."),
        (lambda: NormalEffect(0, 0), "NormalEffect(mean=0, sd=0): the mean is a number and the SD above 0."),
    ],
)
def test_refusals(make: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        make()
    assert str(refusal.value) == message
