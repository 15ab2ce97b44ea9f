"""Beta-binomial regression of two arms: a pooled odds ratio that keeps the trials without any event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, gammaln

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import p_text, two_sided_p, z_quantile
from trialpool.stats.effects.effects import Effects
from trialpool.stats.exact.batch import Fits, fit_each, member, shape_of_batch
from trialpool.stats.exact.glmm import NO_COUNTS, counts_of_odds_ratios, picked, reasons
from trialpool.stats.exact.newton import CLOSE, FARTHEST, STEPS
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, expect
from trialpool.stats.pooling.mantel_haenszel import complete
from trialpool.stats.tables import Summary

STARTS = (0.03, 0.1, 0.3, 1.0)  # of omega, the root of the overdispersion
NO_SPREAD = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BetaBinomialFit(Summary):
    """A beta-binomial model of two arms, on the logit scale.

    mu, se     : log odds ratio of the mean risks and its standard error
    log_odds_c : log odds of the mean risk with control
    rho        : correlation of two patients of the same arm of a trial; 0 where the counts vary no more than binomially
    loglik     : log-likelihood, with all constants
    study      : labels of the k trials that the model is of, those without events included
    left_out   : by label, the trials that it is not of, and why
    level      : confidence level
    library    : the data-frame library in which `to_frame` answers
    converged, steps, last_step : whether Newton's method arrived, the steps made, and the size of the next
    """

    COLUMNS = ("estimate", "se", "interval", "statistic", "p", "log_odds_c", "rho", "loglik", "k", "level")

    mu: float
    se: float
    log_odds_c: float
    rho: float
    loglik: float
    study: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    level: float
    converged: bool
    steps: int
    last_step: float
    library: str = ""

    @property
    def k(self) -> int:
        """Number of trials."""
        return len(self.study)

    @property
    def estimate(self) -> float:
        """The same as mu."""
        return self.mu

    def interval(self, level: float | None = None) -> tuple[float, float]:
        """Wald limits of mu."""
        half = z_quantile(self.level if level is None else checked_level(level)) * self.se
        return self.mu - half, self.mu + half

    @property
    def statistic(self) -> float:
        return self.mu / self.se

    @property
    def p(self) -> float:
        """Two-sided P of no effect."""
        return float(two_sided_p(self.statistic))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of this fit."""
        said = tuple(f"{study}: {why}" for study, why in self.left_out.items())
        return (*said, "rho is 0: the counts vary no more than binomially") if self.rho == 0 else said

    def __repr__(self) -> str:
        return f"<BetaBinomialFit: {self}>"

    def __str__(self) -> str:
        shown, low, high = (format(np.exp(value), ".2f") for value in (self.mu, *self.interval()))
        p = p_text(self.p)
        return f"OR {shown} ({100 * self.level:g}% CI {low} to {high}), {p}, k = {self.k}, rho = {self.rho:.3f} (beta-binomial)"


class BetaBinomialFits(Fits[BetaBinomialFit]):
    """The beta-binomial models of a batch; a number of a `BetaBinomialFit` is an array of shape (...) here.

    Besides what follows: `fits`, `shape`, `mu`, `se`, `statistic`, `p`, `loglik`, `k` and `interval()`. The fit of one analysis is
    got by its place, as in batch[2] or batch[0, 1].
    """

    __slots__ = ()

    @property
    def rho(self) -> Floats:
        """(...) correlations of two patients of the same arm of a trial."""
        return self._numbers("rho")

    @property
    def log_odds_c(self) -> Floats:
        """(...) log odds of the mean risk with control."""
        return self._numbers("log_odds_c")

    def table(self) -> dict[str, list[Any]]:
        """A row an analysis: k, mu, se, p, loglik, rho, ci_low, ci_high."""
        return self._columns("rho")


class Arms(NamedTuple):
    """Events and patients, (k,) each, of the control and of the treatment arm."""

    events: tuple[Floats, Floats]
    n: tuple[Floats, Floats]


class Derivatives(NamedTuple):
    """A log-likelihood, its gradient and Hessian by the logit of the risk with control, the log odds ratio, and omega."""

    value: float
    gradient: Floats
    hessian: Floats


def beta_binomial(effects: Effects, *, level: float = 0.95) -> BetaBinomialFit | BetaBinomialFits:
    """Pool odds ratios by beta-binomial regression: the risks of each arm vary between trials around a mean of that arm.

    Parameters
    ----------
    effects : what `odds_ratio` returned, from counts of shape (k,), or (..., k) for a batch
    level : confidence level

    Returns
    -------
    BetaBinomialFit; BetaBinomialFits of shape (...) for a batch, fitted one after the other. The model is y ~ BetaBin(n, p, rho),
    logit p = b0 + b1 * treatment; mu is b1. No trial is left out for want of events. The arms of a trial are taken as independent,
    so what randomisation holds together is not used: a trade for the trials kept.

    Raises
    ------
    BadArgument
        where the effects are not odds ratios from counts
    NotEstimable
        where an arm has no event, or nothing but events, in any trial

    References
    ----------
    Kuss (2015), Stat Med 34:1097-1116

    >>> from trialpool.stats.effects.two_by_two import odds_ratio
    >>> trials = odds_ratio(events_t=[0, 1, 2, 0], n_t=[116, 44, 208, 118], events_c=[3, 3, 9, 0], n_c=[117, 35, 195, 105])
    >>> print(beta_binomial(trials))
    OR 0.21 (95% CI 0.04 to 1.06), P = 0.059, k = 4, rho = 0.005 (beta-binomial)
    """
    expect("beta_binomial", effects, Effects, EFFECT_MAKERS)
    given = counts_of_odds_ratios(effects, "beta_binomial")
    checked_level(level)
    if shape := shape_of_batch(given.events_t, given.n_t, given.events_c, given.n_c):
        fits = fit_each(shape, "Beta-binomial OR", lambda at: _fit(member(effects, given, at), level))
        return BetaBinomialFits(fits=fits, shape=shape)
    return _fit(effects, level)


def _fit(effects: Effects, level: float) -> BetaBinomialFit:
    counts = complete(counts_of_odds_ratios(effects, "beta_binomial"))
    kept = (counts.n_t > 0) & (counts.n_c > 0)
    events = (counts.events_c[kept], counts.events_t[kept])
    n = (counts.n_c[kept], counts.n_t[kept])
    if any(e.sum() in (0, m.sum()) for e, m in zip(events, n, strict=True)):
        raise NotEstimable(
            f"Beta-binomial OR: an arm has no event, or nothing but events, in every trial (k = {kept.sum()}), so the estimate is "
            "infinite."
        )
    at, found, steps, last = _maximum(Arms(events, n))
    free = 3 if at[2] > 0 else 2
    if not last <= CLOSE * (1 + np.abs(at).max()):
        raise NotEstimable(
            f"Beta-binomial OR: no maximum of the likelihood was found (k = {kept.sum()}). After {steps} steps the next would be "
            f"of {last:.2g}, from mu = {at[1]:.3g}, rho = {_rho(at[2]):.3g}."
        )
    return BetaBinomialFit(
        mu=float(at[1]),
        se=float(np.sqrt(np.linalg.inv(-found.hessian[:free, :free])[1, 1])),
        log_odds_c=float(at[0]),
        rho=_rho(at[2]),
        loglik=found.value,
        study=picked(effects.study, kept),
        left_out=reasons(effects.study, {NO_COUNTS: ~kept}),
        level=level,
        converged=True,
        steps=steps,
        last_step=last,
        library=effects.library,
    )


def log_likelihood(arms: Arms, at: Floats) -> Derivatives:
    """At the logit of the risk with control, the log odds ratio and omega, phi = omega^2 = rho / (1 - rho).

    log P(y) = log C(n, y) + sum_{j<y} log(p + j phi) + sum_{j<n-y} log(1 - p + j phi) - sum_{j<n} log(1 + j phi), which needs no
    limit at phi = 0. The sums are of one arm's p, so that their running totals serve all its trials.
    """
    b0, b1, omega = at
    value, gradient, hessian = 0.0, np.zeros(3), np.zeros((3, 3))
    for y, n, treated in zip(arms.events, arms.n, (0.0, 1.0), strict=True):
        p, phi = float(expit(b0 + b1 * treated)), float(omega) ** 2
        up, down, all_of = _running(p, phi, y), _running(1 - p, phi, n - y), _running(1.0, phi, n)
        value += float((gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)).sum() + up[0] + down[0] - all_of[0])
        by_p, by_phi = up[1] - down[1], up[2] + down[2] - all_of[2]
        by_pp, by_p_phi, by_phi_phi = up[3] + down[3], up[4] - down[4], up[5] + down[5] - all_of[5]
        slope = p * (1 - p)
        x = np.array([1.0, treated])
        gradient += np.array([*(slope * by_p * x), 2 * omega * by_phi])
        hessian[:2, :2] += (slope**2 * by_pp + slope * (1 - 2 * p) * by_p) * np.outer(x, x)
        hessian[:2, 2] += 2 * omega * slope * by_p_phi * x
        hessian[2, 2] += 4 * omega**2 * by_phi_phi + 2 * by_phi
    hessian[2, :2] = hessian[:2, 2]
    return Derivatives(value, gradient, hessian)


def _running(base: float, phi: float, up_to: Floats) -> Floats:
    """Over trials, the sums over j < up_to of log(base + j phi) and its derivatives by base, phi, both twice, across, phi twice."""
    j = np.arange(up_to.max(initial=0.0))
    term = 1 / (base + j * phi)
    parts = np.stack([np.log(base + j * phi), term, j * term, -(term**2), -j * term**2, -((j * term) ** 2)])
    totals = np.concatenate([np.zeros((6, 1)), np.cumsum(parts, axis=1)], axis=1)
    sums: Floats = totals[:, up_to.astype(np.intp)].sum(1)
    return sums


def _maximum(arms: Arms) -> tuple[Floats, Derivatives, int, float]:
    """The maximum that is found from the best of several omega, or that at omega = 0 where it is no lower."""
    risks = np.array([e.sum() / n.sum() for e, n in zip(arms.events, arms.n, strict=True)])
    logits = np.log(risks / (1 - risks))
    none = _climb(arms, np.array([logits[0], logits[1] - logits[0], 0.0]))
    starts = [np.array([*none[0][:2], omega]) for omega in STARTS]
    best = _climb(arms, max(starts, key=lambda start: log_likelihood(arms, start).value))
    return none if best[0][2] <= NO_SPREAD or best[1].value <= none[1].value else best


def _climb(arms: Arms, at: Floats) -> tuple[Floats, Derivatives, int, float]:
    """Newton's method with halved steps; an omega of 0 stays there."""
    free = 3 if at[2] > 0 else 2
    seen, last = log_likelihood(arms, at), np.inf
    for made in range(STEPS):
        values, vectors = np.linalg.eigh(-seen.hessian[:free, :free])
        step = np.zeros(3)
        step[:free] = vectors @ ((vectors.T @ seen.gradient[:free]) / np.maximum(np.abs(values), 1e-8))
        last = float(np.abs(step).max())
        if last <= CLOSE * (1 + np.abs(at).max()) or np.abs(at).max() > FARTHEST:
            return at, seen, made, last
        share = min(1.0, 1.0 / last)
        for _ in range(40):
            there = at + share * step
            there[2] = abs(there[2])
            beyond = log_likelihood(arms, there)
            if beyond.value >= seen.value - 1e-12 * (1 + abs(seen.value)):
                at, seen = there, beyond
                break
            share /= 2
    return at, seen, STEPS, last


def _rho(omega: float) -> float:
    return float(omega**2 / (1 + omega**2))
