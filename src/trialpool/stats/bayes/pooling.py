"""The normal-normal random-effects model: the effect integrated analytically, tau by quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats, present
from trialpool.stats.bayes.posterior import Known, Mixture, TauPosterior
from trialpool.stats.bayes.priors import (
    LOG_ROOT_2PI,
    EffectPrior,
    FlatEffect,
    HalfNormal,
    KnownEffect,
    KnownTau,
    NormalEffect,
    TauPrior,
)
from trialpool.stats.bayes.quadrature import panels_of
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.measure import MEASURES, from_log
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, expect
from trialpool.stats.tables import Tabular

DEFAULT_SCALE = 0.5  # of a half-normal prior of tau, for log ratios and standardised differences; Roever et al. (2021)


TOO_LONG = 0.4  # a tail whose moment exists by less is treated as one whose moment does not


class Conditional(NamedTuple):
    """Given tau (n,): the log-likelihood of tau with the effect integrated out, and the effect's posterior mean and variance."""

    log_likelihood: Floats
    mean: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BayesianPooling(Tabular):
    """A Bayesian random-effects meta-analysis, on the analysis scale (log for ratios).

    effects      : what was pooled
    effect_prior : prior of the pooled effect
    tau_prior    : prior of the standard deviation between studies
    level        : of intervals, where not given
    mu           : posterior of the pooled effect
    tau          : posterior of the standard deviation between studies
    prediction   : distribution of the effect in a new study of the same kind
    study_effects: posteriors of the studies' own effects, drawn to the pooled effect; one a study that is present
    studies      : labels of these
    log_marginal : log of the marginal likelihood; up to a constant where a prior is improper
    k            : number of studies
    """

    effects: Effects
    effect_prior: EffectPrior
    tau_prior: TauPrior
    level: float
    mu: Mixture | Known
    tau: TauPosterior | Known
    prediction: Mixture | Known
    study_effects: Mixture | Known
    studies: tuple[str, ...]
    log_marginal: float
    k: int

    @property
    def estimate(self) -> float:
        """The posterior median of the pooled effect."""
        return float(self.mu.median)

    def interval(self, level: float | None = None, *, kind: str = "central") -> tuple[float, float]:
        """Credible limits of the pooled effect, "central" or "shortest"."""
        low, high = self.mu.interval(level, kind=kind)
        return float(low), float(high)

    def prediction_interval(self, level: float | None = None, *, kind: str = "central") -> tuple[float, float]:
        """Limits that hold the effect of a new study."""
        low, high = self.prediction.interval(level, kind=kind)
        return float(low), float(high)

    def tau_interval(self, level: float | None = None, *, kind: str = "central") -> tuple[float, float]:
        """Credible limits of tau."""
        low, high = self.tau.interval(level, kind=kind)
        return float(low), float(high)

    def probability_below(self, effect: float = 0.0) -> float:
        """The probability that the pooled effect is below a value on the analysis scale."""
        return float(self.mu.cdf(effect))

    @property
    def bayes_factor_effect(self) -> float:
        """How many times likelier the data are with an effect than without: prior over posterior density at 0 (Savage-Dickey).

        Dickey (1971), Ann Math Stat 42:204-223.
        """
        if not isinstance(self.effect_prior, NormalEffect) or isinstance(self.mu, Known):
            raise BadArgument(f"A Bayes factor of the effect needs a normal prior of it, not one that is {self.effect_prior}.")
        without = _marginal(self.effects, KnownEffect(0.0), self.tau_prior)
        return from_log(self.log_marginal - without)

    @property
    def bayes_factor_heterogeneity(self) -> float:
        """How many times likelier the data are with heterogeneity than with tau = 0."""
        if not self.tau_prior.proper or isinstance(self.tau_prior, KnownTau):
            raise BadArgument(f"A Bayes factor of heterogeneity needs a proper prior of tau, not one that is {self.tau_prior}.")
        return from_log(self.log_marginal - _marginal(self.effects, self.effect_prior, KnownTau(0.0)))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be said with the result."""
        few = f"with {self.k} studies, the prior of tau has much weight: show the answer under others"
        return (few,) if self.k < 5 and not isinstance(self.tau_prior, KnownTau) else ()

    def table(self) -> dict[str, list[Any]]:
        """Rows mu, tau and prediction: quantity, median, ci_low, ci_high."""
        known = {"mu": self.mu, "tau": self.tau, "prediction": self.prediction}
        limits = np.array([np.ravel(each.interval()) for each in known.values()])
        medians = [float(each.median) for each in known.values()]
        return {"quantity": list(known), "median": medians, "ci_low": limits[:, 0].tolist(), "ci_high": limits[:, 1].tolist()}

    def __repr__(self) -> str:
        return f"<BayesianPooling: {self}>"

    def __str__(self) -> str:
        measure = MEASURES[self.effects.measure]
        low, high = (measure.shown(limit) for limit in self.interval())
        tau_low, tau_high = self.tau_interval()
        return (
            f"{measure.code or measure.name} {measure.shown(self.estimate):.2f} ({100 * self.level:g}% credible {low:.2f} to "
            f"{high:.2f}), tau {self.tau.median:.2f} ({tau_low:.2f} to {tau_high:.2f}), k = {self.k}; priors: effect "
            f"{self.effect_prior}, tau {self.tau_prior}"
        )


def pool_bayesian(
    effects: Effects, *, effect: EffectPrior | None = None, tau: TauPrior | None = None, level: float = 0.95
) -> BayesianPooling:
    """Pool by the Bayesian normal-normal random-effects model, integrated numerically: the answer has no sampling error.

    Parameters
    ----------
    effects : effects of k studies, one analysis
    effect : prior of the pooled effect on the analysis scale: `FlatEffect()` (default), `NormalEffect(mean, sd)` or
        `KnownEffect(value)`
    tau : prior of the standard deviation between studies: `HalfNormal(scale)` (default for log ratios and standardised mean
        differences, with scale 0.5), `HalfCauchy`, `HalfT`, `LogNormal`, `LogT`, `Uniform`, `InverseGamma`, `FlatTau`, `KnownTau`,
        or a published one by `empirical_prior`
    level : of intervals

    Returns
    -------
    BayesianPooling; posteriors agree with a brute-force grid to 1e-8 in the tests

    Raises
    ------
    BadArgument
        for a batch, or without a prior of tau where there is no default
    NotEstimable
        where no study is present, or too few for improper priors

    References
    ----------
    Roever (2020), J Stat Softw 93(6); Roever et al. (2021), Res Synth Methods 12:448-474

    >>> from trialpool.stats.effects.effects import effects
    >>> fit = pool_bayesian(effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], ["A", "B", "C"], measure="HR"))
    >>> print(fit)
    HR 0.69 (95% credible 0.39 to 1.16), tau 0.33 (0.08 to 0.91), k = 3; priors: effect flat, tau half-normal (scale 0.5)
    """
    expect("pool_bayesian", effects, Effects, EFFECT_MAKERS)
    checked_level(level)
    effect = FlatEffect() if effect is None else effect
    tau = _default(effects) if tau is None else tau
    yi, vi, studies = _present(effects)
    posterior: TauPosterior | Known
    if isinstance(tau, KnownTau):
        at, share, posterior = np.array([tau.value]), np.ones(1), Known(tau.value, level)
        log_marginal, moments = float(conditional(yi, vi, effect, at).log_likelihood[0]), 2
    else:
        found = _tau_posterior(yi, vi, effect, tau, level)
        at, share, posterior, moments = found.panels.tau, found.panels.share, found, found.moments
        log_marginal = found.panels.log_total
    given = conditional(yi, vi, effect, at)
    finite = moments >= 2
    return BayesianPooling(
        effects=effects,
        effect_prior=effect,
        tau_prior=tau,
        level=level,
        mu=_mixture(share, given.mean, given.variance, level, finite or effect.variance < np.inf),
        tau=posterior,
        prediction=_mixture(share, given.mean, given.variance + at**2, level, finite),
        study_effects=_study_effects(yi, vi, at, share, given, level),
        studies=studies,
        log_marginal=log_marginal,
        k=len(yi),
    )


def conditional(yi: Floats, vi: Floats, effect: EffectPrior, tau: Floats) -> Conditional:
    """Given tau, with W = sum wi, wi = 1 / (vi + tau2), m = sum wi yi / W and a normal prior (m0, s0^2) of the effect:

        log p(y | tau) = sum log N(yi; m, vi + tau2) + log(2 pi / W) / 2 + log N(m; m0, s0^2 + 1/W)
        mu | tau, y ~ normal, mean (W m + m0 / s0^2) / (W + 1 / s0^2), variance 1 / (W + 1 / s0^2)

    A flat prior leaves out the last term; with s0 = 0 the effect is known.

    Parameters
    ----------
    yi, vi : (k,) effects and sampling variances of the studies that are present
    effect : prior of the effect
    tau : (n,) values of tau
    """
    total = vi + np.square(np.asarray(tau, dtype=float))[..., np.newaxis]
    wi = 1 / total
    W = wi.sum(-1)
    m = (wi * yi).sum(-1) / W
    ri = yi - m[..., np.newaxis]
    log_likelihood = -0.5 * (np.log(total) + wi * ri * ri).sum(-1) - len(yi) * LOG_ROOT_2PI + LOG_ROOT_2PI - 0.5 * np.log(W)
    if np.isinf(effect.variance):
        return Conditional(log_likelihood, m, 1 / W)
    spread = effect.variance + 1 / W
    log_likelihood = log_likelihood - LOG_ROOT_2PI - 0.5 * np.log(spread) - (m - effect.mean) ** 2 / (2 * spread)
    pull = effect.variance / spread  # share of the data in the posterior mean
    return Conditional(log_likelihood, effect.mean + pull * (m - effect.mean), pull / W)


def _tau_posterior(yi: Floats, vi: Floats, effect: EffectPrior, tau: TauPrior, level: float) -> TauPosterior:
    k, flat = len(yi), bool(np.isinf(effect.variance))
    tail = tau.tail + (k - 1 if flat else k)
    if not tau.proper and tail <= 1:
        raise NotEstimable(
            f"Bayesian random effects, k = {k}: with a prior of the effect that is {effect} and one of tau that is {tau}, the "
            "posterior does not exist. Give a proper prior of tau."
        )
    moments = int(tail > 2 + TOO_LONG) + int(tail > 3 + TOO_LONG)

    def log_density(values: Floats) -> Floats:
        return np.asarray(conditional(yi, vi, effect, values).log_likelihood + tau.log_density(values))

    spread = float(np.var(yi)) if k > 1 else 0.0
    scale = float(np.sqrt(1 / np.mean(1 / vi) + spread))
    panels = panels_of(log_density, scale=scale, upper=tau.upper, moment=moments, as_zero=float(1e-8 * np.sqrt(vi.min())))
    return TauPosterior(panels=panels, log_density=log_density, moments=moments, level=level)


def _marginal(effects: Effects, effect: EffectPrior, tau: TauPrior) -> float:
    """log of the marginal likelihood."""
    yi, vi, _ = _present(effects)
    if isinstance(tau, KnownTau):
        return float(conditional(yi, vi, effect, np.array([tau.value])).log_likelihood[0])
    return _tau_posterior(yi, vi, effect, tau, 0.95).panels.log_total


def _mixture(share: Floats, means: Floats, variances: Floats, level: float, finite: bool) -> Mixture | Known:
    if not np.any(variances):
        return Known(float(np.mean(means)), level)
    return Mixture(share, means, np.sqrt(variances), level, finite)


def _study_effects(yi: Floats, vi: Floats, tau: Floats, share: Floats, given: Conditional, level: float) -> Mixture | Known:
    """Given tau: mean (tau2 yi + vi mu) / (tau2 + vi), mu averaged over its own posterior."""
    tau2, v = tau**2, vi[:, np.newaxis]
    own = tau2 / (tau2 + v)
    means = own * yi[:, np.newaxis] + (1 - own) * given.mean
    variances = own * v + (1 - own) ** 2 * given.variance
    return _mixture(share, means, variances, level, True)


def _present(effects: Effects) -> tuple[Floats, Floats, tuple[str, ...]]:
    if effects.yi.ndim != 1 or effects.vi.ndim != 1:
        shape = np.broadcast_shapes(effects.yi.shape, effects.vi.shape)[:-1]
        raise BadArgument(f"pool_bayesian takes one analysis at a time; this is a batch of shape {shape}.")
    there = present(effects.vi)
    if not there.any():
        raise NotEstimable("Bayesian random effects: no study is present (k = 0).")
    return effects.yi[there], effects.vi[there], tuple(s for s, here in zip(effects.study, there, strict=True) if here)


def _default(effects: Effects) -> Any:
    measure = MEASURES[effects.measure]
    if measure.log or measure.code == "SMD":
        return HalfNormal(DEFAULT_SCALE)
    raise BadArgument(
        f"tau has no default prior for {measure.name.lower()}, whose unit only you know. Give one, such as tau=HalfNormal(scale) "
        "with the scale in the unit of the effects."
    )
