"""Bayesian model averaging: is there an effect, is there heterogeneity, and what is the effect, whichever holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.bayes.pooling import BayesianPooling, pool_bayesian
from trialpool.stats.bayes.posterior import Known, Mixture
from trialpool.stats.bayes.priors import EffectPrior, KnownEffect, KnownTau, NormalEffect, TauPrior
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.measure import MEASURES, from_log
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, expect
from trialpool.stats.tables import Tabular

MODELS = {
    "no effect, common": (False, False),
    "no effect, random": (False, True),
    "effect, common": (True, False),
    "effect, random": (True, True),
}  # whether there is an effect, and whether there is heterogeneity


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModelAverage(Tabular):
    """Four models weighed against each other.

    fits                        : a BayesianPooling each, by "no effect, common", "no effect, random", "effect, common",
                                  "effect, random"
    prior                       : probabilities of the models before
    probabilities               : and after the data
    level                       : of intervals
    """

    fits: Mapping[str, BayesianPooling]
    prior: Mapping[str, float]
    probabilities: Mapping[str, float]
    level: float

    @property
    def probability_of_effect(self) -> float:
        """The probability that there is an effect."""
        return self._share(self.probabilities, 0)

    @property
    def probability_of_heterogeneity(self) -> float:
        """The probability that the effects differ between studies."""
        return self._share(self.probabilities, 1)

    @property
    def bayes_factor_effect(self) -> float:
        """How the data change the odds of an effect, with and without heterogeneity taken together (inclusion Bayes factor)."""
        return self._inclusion(0)

    @property
    def bayes_factor_heterogeneity(self) -> float:
        """How the data change the odds of heterogeneity, with and without an effect taken together."""
        return self._inclusion(1)

    def bayes_factor(self, model: str, against: str) -> float:
        """How many times likelier the data are under one model than under another."""
        return from_log(self.fits[model].log_marginal - self.fits[against].log_marginal)

    @property
    def mu(self) -> Mixture:
        """The effect if there is one: averaged over whether there is heterogeneity."""
        common, random = (self.fits[name].mu for name in ("effect, common", "effect, random"))
        share = np.array([self.probabilities["effect, common"], self.probabilities["effect, random"]])
        return _mixed([common, random], share / share.sum(), self.level)

    @property
    def mean(self) -> float:
        """The expected effect, 0 where there is none included."""
        return float(self.probability_of_effect * self.mu.mean)

    def interval(self, level: float | None = None) -> tuple[float, float]:
        """Central credible limits of the effect if there is one."""
        low, high = self.mu.interval(level)
        return float(low), float(high)

    def _share(self, probabilities: Mapping[str, float], which: int) -> float:
        return sum(p for name, p in probabilities.items() if MODELS[name][which])

    def _inclusion(self, which: int) -> float:
        before = self._share(self.prior, which)
        log_m = {name: fit.log_marginal + np.log(self.prior[name]) for name, fit in self.fits.items() if self.prior[name] > 0}
        with_it = np.logaddexp.reduce([v for name, v in log_m.items() if MODELS[name][which]])
        without = np.logaddexp.reduce([v for name, v in log_m.items() if not MODELS[name][which]])
        return from_log(float(with_it - without)) * (1 - before) / before

    def table(self) -> dict[str, list[Any]]:
        """A row a model: model, prior, probability, log_marginal, estimate."""
        columns: dict[str, list[Any]] = {"model": list(self.fits), "prior": [self.prior[name] for name in self.fits]}
        columns |= {"probability": [self.probabilities[name] for name in self.fits]}
        fits = self.fits.values()
        return columns | {"log_marginal": [fit.log_marginal for fit in fits], "estimate": [fit.estimate for fit in fits]}

    def __repr__(self) -> str:
        return f"<ModelAverage: {self}>"

    def __str__(self) -> str:
        fit = self.fits["effect, random"]
        measure = MEASURES[fit.effects.measure]
        low, high = (measure.shown(limit) for limit in self.interval())
        return (
            f"Effect: BF {_factor(self.bayes_factor_effect)}, probability {self.probability_of_effect:.2f}; heterogeneity: BF "
            f"{_factor(self.bayes_factor_heterogeneity)}, probability {self.probability_of_heterogeneity:.2f}; "
            f"{measure.code or measure.name} if there is an effect {measure.shown(float(self.mu.median)):.2f} "
            f"({100 * self.level:g}% credible {low:.2f} to {high:.2f}), k = {fit.k}"
        )


def model_average(
    effects: Effects,
    *,
    effect: NormalEffect,
    tau: TauPrior,
    prior: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> ModelAverage:
    """Weigh four models: with and without an effect, with and without heterogeneity.

    Parameters
    ----------
    effects : effects of k studies, one analysis
    effect : prior of the effect where there is one, on the analysis scale; the Bayes factor depends on its width
    tau : proper prior of the standard deviation between studies where there is heterogeneity
    prior : probabilities of "no effect, common", "no effect, random", "effect, common" and "effect, random", summing to 1; a
        quarter each by default
    level : of intervals

    Raises
    ------
    BadArgument
        for a prior of the effect that is not normal, one of tau that is improper or known, probabilities that don't sum to 1

    References
    ----------
    Gronau, Van Erp, Heck, Cesario, Jonas & Wagenmakers (2017), Compr Results Soc Psychol 2:123-138;
    Gronau, Heck, Berkhout, Haaf & Wagenmakers (2021), Adv Methods Pract Psychol Sci 4(3)

    >>> from trialpool.stats.bayes.priors import HalfNormal
    >>> from trialpool.stats.effects.effects import effects
    >>> trials = effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], ["A", "B", "C"], measure="HR")
    >>> print(model_average(trials, effect=NormalEffect(0, 1), tau=HalfNormal(0.5)))
    Effect: BF 1.2, probability 0.55; heterogeneity: BF 13, probability 0.93; HR if there is an effect 0.72
    (95% credible 0.44 to 1.14), k = 3
    """
    expect("model_average", effects, Effects, EFFECT_MAKERS)
    checked_level(level)
    if not isinstance(effect, NormalEffect):
        raise BadArgument(f"Model averaging needs a normal prior of the effect, not one that is {effect}.")
    if isinstance(tau, KnownTau) or not tau.proper:
        raise BadArgument(f"Model averaging needs a proper prior of tau, not one that is {tau}.")
    before = dict.fromkeys(MODELS, 0.25) if prior is None else _checked_prior(prior)
    effect_of: dict[bool, EffectPrior] = {False: KnownEffect(0.0), True: effect}
    tau_of: dict[bool, TauPrior] = {False: KnownTau(0.0), True: tau}
    fits = {
        name: pool_bayesian(effects, effect=effect_of[there], tau=tau_of[varied], level=level)
        for name, (there, varied) in MODELS.items()
    }
    log_m = np.array([fit.log_marginal for fit in fits.values()])
    weight = np.array([before[name] for name in MODELS]) * np.exp(log_m - log_m.max())
    after = dict(zip(MODELS, (weight / weight.sum()).tolist(), strict=True))
    return ModelAverage(fits=fits, prior=before, probabilities=after, level=level)


def _checked_prior(prior: Mapping[str, float]) -> dict[str, float]:
    names = ", ".join(map(repr, MODELS))
    if set(prior) != set(MODELS):
        raise BadArgument(f"prior has the models {', '.join(map(repr, prior))}. Give a probability for each of {names}.")
    values = list(prior.values())
    whole = abs(sum(values) - 1) < 1e-9 and min(values) >= 0
    marginal = [sum(p for name, p in prior.items() if MODELS[name][which]) for which in (0, 1)]
    if not whole or not all(0 < share < 1 for share in marginal):
        raise BadArgument(
            f"prior={dict(prior)!r} are no probabilities that sum to 1 and leave both an effect and heterogeneity open."
        )
    return {name: float(prior[name]) for name in MODELS}


def _mixed(parts: list[Any], shares: Floats, level: float) -> Mixture:
    """One mixture of several."""
    there = [(part, share) for part, share in zip(parts, shares, strict=True) if share > 0 and not isinstance(part, Known)]
    return Mixture(
        np.concatenate([share * part.share for part, share in there]),
        np.concatenate([part.means for part, _ in there]),
        np.concatenate([part.sds for part, _ in there]),
        level,
        all(part.finite_sd for part, _ in there),
    )


def _factor(bayes_factor: float) -> str:
    return f"{bayes_factor:.2g}" if 1e-3 < bayes_factor < 1e4 else f"{bayes_factor:.1e}"
