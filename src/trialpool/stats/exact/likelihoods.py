"""Likelihoods of the counts of k trials as functions of a linear predictor: binomial, Poisson, non-central hypergeometric.

Each is concave in the predictor, which is what the quadrature and the maximisation rely on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln

from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.exact.hypergeometric import SupportSums


class Slopes(NamedTuple):
    """A log-likelihood and its first and second derivative with respect to the linear predictor."""

    value: Floats
    d1: Floats
    d2: Floats


class Saturated(NamedTuple):
    """The best that each trial's own predictor can do, (k,) each.

    value : log-likelihood at the trial's own estimate; its limit where the estimate is infinite
    eta   : the trial's own estimate; infinite where its counts are at the edge of what is possible
    var   : its variance by the observed information; inf where the estimate is
    """

    value: Floats
    eta: Floats
    var: Floats


class Likelihood(Protocol):
    """What the counts of k trials say of a linear predictor."""

    def at(self, eta: Floats) -> Slopes:
        """eta : (k, ...) predictors, the first axis being trials."""

    def saturated(self) -> Saturated: ...

    def silenced(self, where: Bools) -> Likelihood:
        """The same without the counts of some trials, (k,): these have the likelihood 1 at any predictor."""


@dataclass(frozen=True, slots=True)
class Binomial:
    """`events` (k,) of `n`, with logit of the risk = eta + offset."""

    events: Floats
    n: Floats
    offset: Any = 0.0

    def at(self, eta: Floats) -> Slopes:
        x, n, offset = (_trials_first(part, eta) for part in (self.events, self.n, self.offset))
        logit = eta + offset
        risk = expit(logit)
        value = _trials_first(_log_choose(self.n, self.events), eta) + x * logit - n * np.logaddexp(0.0, logit)
        return Slopes(value, x - n * risk, -n * risk * (1 - risk))

    def saturated(self) -> Saturated:
        x, n = self.events, self.n
        with np.errstate(divide="ignore", invalid="ignore"):
            eta, var = np.log(x / (n - x)) - self.offset, 1 / x + 1 / (n - x)
            inner = (x > 0) & (x < n)
            value = _log_choose(n, x) + np.where(inner, x * np.log(x / n) + (n - x) * np.log1p(-x / n), 0.0)
        return Saturated(value, eta, var)

    def silenced(self, where: Bools) -> Binomial:
        return Binomial(np.where(where, 0.0, self.events), np.where(where, 0.0, self.n), self.offset)


@dataclass(frozen=True, slots=True)
class Poisson:
    """`events` (k,) in the person-time `time`, with log of the rate = eta."""

    events: Floats
    time: Floats

    def at(self, eta: Floats) -> Slopes:
        x, time, constant = (_trials_first(part, eta) for part in (self.events, self.time, self._constant))
        with np.errstate(over="ignore"):
            expected = time * np.exp(eta)
        return Slopes(constant + x * eta - expected, x - expected, -expected)

    @property
    def _constant(self) -> Floats:
        constant: Floats = self.events * np.log(np.where(self.time > 0, self.time, 1.0)) - gammaln(self.events + 1)
        return constant

    def saturated(self) -> Saturated:
        x = self.events
        with np.errstate(divide="ignore", invalid="ignore"):
            eta, var = np.log(x / self.time), 1 / x
            value = self._constant + np.where(x > 0, x * eta - x, 0.0)
        return Saturated(value, eta, var)

    def silenced(self, where: Bools) -> Poisson:
        return Poisson(np.where(where, 0.0, self.events), np.where(where, 0.0, self.time))


@dataclass(frozen=True, slots=True)
class NoncentralHypergeometric:
    """`events_t` (k,) of the treatment arm given all margins of the 2x2 table, with eta the log odds ratio.

    P(a) = C(n_t, a) C(n_c, m - a) e^(a eta) / sum over t of C(n_t, t) C(n_c, m - t) e^(t eta). Fisher (1935), JRSS 98:39-82.
    """

    events_t: Floats
    n_t: Floats
    events_c: Floats
    n_c: Floats
    sums: SupportSums

    @classmethod
    def of(cls, events_t: Floats, n_t: Floats, events_c: Floats, n_c: Floats) -> NoncentralHypergeometric:
        return cls(events_t, n_t, events_c, n_c, SupportSums.of(events_t, n_t, events_c, n_c))

    def at(self, eta: Floats) -> Slopes:
        log_sum, mean, var = self.sums.at(eta)
        return Slopes(-log_sum, -mean, -var)

    def saturated(self) -> Saturated:
        lowest = (self.events_t == 0) | (self.events_c == self.n_c)
        highest = (self.events_t == self.n_t) | (self.events_c == 0)
        inner = ~(lowest | highest)
        eta = np.where(inner, self._conditional_estimate(inner), np.where(lowest, -np.inf, np.inf))
        value, _, d2 = self.at(np.where(inner, eta, 0.0))
        with np.errstate(divide="ignore"):
            return Saturated(np.where(inner, value, 0.0), eta, np.where(inner, -1 / d2, np.inf))

    def _conditional_estimate(self, inner: Bools) -> Floats:
        """The eta at which each trial's expected count is the observed one, by Newton's method with bisection to fall back on."""
        a, b, c, d = self.events_t, self.n_t - self.events_t, self.events_c, self.n_c - self.events_c
        start = np.where(inner, np.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))), 0.0)
        low, high, eta = start - 5, start + 5, start
        for _ in range(100):
            _, d1, d2 = self.at(eta)
            low, high = np.where(d1 > 0, eta, low), np.where(d1 < 0, eta, high)
            proposal = eta - np.where(inner, d1 / np.where(d2 < 0, d2, -1.0), 0.0)
            proposal = np.where((proposal >= low) & (proposal <= high) | ~inner, proposal, (low + high) / 2)
            moved = np.abs(proposal - eta)
            eta = proposal
            if (moved <= 1e-12 * (1 + np.abs(eta))).all():
                break
        return eta

    def silenced(self, where: Bools) -> NoncentralHypergeometric:
        return self.of(*(np.where(where, 0.0, part) for part in (self.events_t, self.n_t, self.events_c, self.n_c)))


def _trials_first(part: Any, eta: Floats) -> Any:
    """(k,) so that it broadcasts against (k, ...)."""
    part = np.asarray(part)
    return part.reshape(part.shape + (1,) * (eta.ndim - 1)) if part.ndim else part


def _log_choose(n: Floats, x: Floats) -> NDArray[np.float64]:
    logs: Floats = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return logs
