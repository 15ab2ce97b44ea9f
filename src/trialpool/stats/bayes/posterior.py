"""Distributions that come out: of the effect, of tau, of the effect in a new study, of the studies' own effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.bayes.quadrature import LogDensity, Panels
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.roots import root_between

KINDS = {
    "central": "as much probability is left out below as above",
    "shortest": "no interval with as much probability is shorter; every value inside is more plausible than any outside",
}
STEPS = 100
ROUNDING = 4e-16  # of a probability
ROOT_2PI = np.sqrt(2 * np.pi)


class Posterior:
    """What the distributions below have in common: quantiles and intervals from their density and distribution function."""

    __slots__ = ()
    level: float

    def density(self, x: Any) -> Any:
        """Probability density at x."""
        raise NotImplementedError

    def cdf(self, x: Any) -> Any:
        """Probability of x or less."""
        raise NotImplementedError

    def quantile(self, p: Any) -> Any:
        """The value that is not exceeded with probability p."""
        raise NotImplementedError

    @property
    def median(self) -> Any:
        """The 50% quantile."""
        return self.quantile(0.5)

    def interval(self, level: float | None = None, *, kind: str = "central") -> tuple[Any, Any]:
        """Limits that hold a value with probability `level`; `kind` is "central" or "shortest"."""
        choose("kind", kind, KINDS)
        level = self.level if level is None else checked_level(level)
        if kind == "shortest":
            return self._shortest(level)
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def _shortest(self, level: float) -> tuple[Any, Any]:
        """The narrowest on a grid of probabilities below; then to where the densities of its ends are equal."""
        below = (1 - level) * np.concatenate([[0.0], np.linspace(0.01, 0.99, 21)])
        low, high = self.quantile(below), self.quantile(below + level)
        at = int(np.argmin(np.where(np.isfinite(low), high - low, np.inf)))
        if at == 0 and self.density(high[0]) <= self.density(low[0]):
            return low[0], high[0]
        ends = below[max(at - 1, 0)], below[at + 1] if at + 1 < len(below) else (1 - level)

        def excess(p: Floats) -> Floats:
            with np.errstate(invalid="ignore"):
                return np.asarray(np.nan_to_num(self.density(self.quantile(p + level)) - self.density(self.quantile(p))))

        p = root_between(excess, np.array([ends[0]]), np.array([ends[1]]), absolute=1e-10)
        return self.quantile(p)[0], self.quantile(p + level)[0]


@dataclass(frozen=True, slots=True, repr=False)
class Mixture(Posterior):
    """Normal distributions mixed over tau; one distribution, or one a study, of which x then is the last axis.

    share     : (n,) what each component counts
    means     : (..., n) and sds : (..., n) of the components
    finite_sd : whether the variance exists; it does not where the posterior of tau has too long a tail
    level     : of intervals, where not given
    """

    share: Floats
    means: Floats
    sds: Floats
    level: float
    finite_sd: bool = True

    def density(self, x: Any) -> Any:
        z = (np.asarray(x, dtype=float)[..., np.newaxis] - self.means) / self.sds
        return (self.share * np.exp(-z * z / 2) / self.sds).sum(-1) / ROOT_2PI

    def cdf(self, x: Any) -> Any:
        return (self.share * ndtr((np.asarray(x, dtype=float)[..., np.newaxis] - self.means) / self.sds)).sum(-1)

    def quantile(self, p: Any) -> Any:
        p = np.asarray(p, dtype=float)
        with np.errstate(invalid="ignore"):
            ends = self.means + ndtri(p)[..., np.newaxis] * self.sds
        start = (self.share * np.clip(ends, -1e300, 1e300)).sum(-1)
        low, high = ends.min(-1), ends.max(-1)  # the quantile of a mixture lies among those of its components
        return inverted(self.cdf, self.density, np.broadcast_to(p, low.shape), low, high, np.clip(start, low, high))

    @property
    def mean(self) -> Any:
        """Expectation."""
        return (self.share * self.means).sum(-1)

    @property
    def sd(self) -> Any:
        """Standard deviation; infinite where it does not exist."""
        off = self.means - np.asarray(self.mean)[..., np.newaxis]
        variance = (self.share * (self.sds**2 + off**2)).sum(-1)
        return np.sqrt(variance) if self.finite_sd else np.full(np.shape(variance), np.inf)[()]

    def __repr__(self) -> str:
        return f"<Mixture of {len(self.share)} normal distributions>"


@dataclass(frozen=True, slots=True, repr=False)
class TauPosterior(Posterior):
    """The posterior of tau; `of_panels` integrates `log_density`, that of tau up to a constant, and `moments` says which exist."""

    panels: Panels
    log_density: LogDensity
    moments: int
    level: float

    def density(self, x: Any) -> Any:
        tau = np.asarray(x, dtype=float)
        with np.errstate(invalid="ignore", over="ignore"):
            f = np.exp(self.log_density(np.where(tau >= 0, tau, 1.0)) - self.panels.log_total)
        inside = (tau >= 0) & (self.panels.x_of(np.maximum(tau, 0.0)) <= self.panels.edges[-1])
        return np.where(inside & np.isfinite(tau), f, 0.0)[()]

    def cdf(self, x: Any) -> Any:
        tau = np.maximum(np.asarray(x, dtype=float), 0.0)
        return np.minimum(self.panels.below(self.panels.x_of(tau), self.log_density), 1.0)[()]

    def quantile(self, p: Any) -> Any:
        p = np.asarray(p, dtype=float)
        panels = self.panels
        at = np.clip(np.searchsorted(panels.cumulative, p, side="right") - 1, 0, len(panels.edges) - 2)
        low, high = panels.edges[at], panels.edges[at + 1]
        below, there = panels.cumulative[at], panels.cumulative[at + 1] - panels.cumulative[at]
        start = low + (high - low) * np.clip((p - below) / np.maximum(there, 1e-300), 0.0, 1.0)

        def density(x: Floats) -> Floats:
            return np.exp(panels.log_of_x(x, self.log_density) - panels.log_total)

        x = inverted(lambda x: panels.below(x, self.log_density), density, p, low, high, start)
        return panels.tau_of(np.where(p <= 0, 0.0, np.where(p >= 1, panels.edges[-1], x)))[()]

    @property
    def mean(self) -> float:
        """Expectation; infinite where it does not exist."""
        return float((self.panels.share * self.panels.tau).sum()) if self.moments >= 1 else float("inf")

    @property
    def sd(self) -> float:
        """Standard deviation; infinite where it does not exist."""
        if self.moments < 2:
            return float("inf")
        return float(np.sqrt((self.panels.share * (self.panels.tau - self.mean) ** 2).sum()))

    @property
    def mode(self) -> float:
        """Where the density is highest."""
        tau = np.append(0.0, self.panels.tau)
        f = self.density(tau)
        at = int(np.argmax(f))
        if at == 0:
            return 0.0
        low, high = tau[at - 1], tau[min(at + 1, len(tau) - 1)]
        for _ in range(40):
            grid = np.linspace(low, high, 9)
            best = int(np.argmax(self.density(grid)))
            low, high = grid[max(best - 1, 0)], grid[min(best + 1, 8)]
            if high - low <= 1e-9 * high:
                break
        return float((low + high) / 2)

    def __repr__(self) -> str:
        low, high = self.interval()
        return f"<TauPosterior: {self.median:.3g} ({low:.3g} to {high:.3g})>"


@dataclass(frozen=True, slots=True)
class Known(Posterior):
    """One value for sure."""

    value: float
    level: float

    def density(self, x: Any) -> Any:
        raise BadArgument(f"A known value ({self.value:g}) has no density, not at {x!r} either.")

    def cdf(self, x: Any) -> Any:
        return np.where(np.asarray(x) >= self.value, 1.0, 0.0)[()]

    def quantile(self, p: Any) -> Any:
        return np.full(np.shape(p), self.value)[()]

    def interval(self, level: float | None = None, *, kind: str = "central") -> tuple[Any, Any]:
        choose("kind", kind, KINDS)
        checked_level(self.level if level is None else level)
        return self.value, self.value

    @property
    def mean(self) -> float:
        """The value."""
        return self.value

    @property
    def sd(self) -> float:
        """0."""
        return 0.0

    @property
    def mode(self) -> float:
        """The value."""
        return self.value


def inverted(cdf: Callable[[Floats], Any], density: Callable[[Floats], Any], p: Any, low: Any, high: Any, start: Any) -> Any:
    """Where cdf reaches p, by Newton's method kept within a bracket that shrinks; all at once."""
    p, low, high, x = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (p, low, high, start)))
    shape = p.shape
    low, high, x = low.copy(), high.copy(), x.copy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(STEPS):
            over = cdf(x) - p
            low, high = np.where(over < 0, x, low), np.where(over > 0, x, high)
            step = over / density(x)
            newton = x - step
            inside = (newton >= low) & (newton <= high)
            there = np.where(over == 0, x, np.where(inside, newton, (low + high) / 2))
            moved = np.abs(there - x)
            x = np.where(np.isnan(there), x, there)
            if not ((np.abs(over) > ROUNDING) & (moved > 1e-14 * np.abs(x))).any():
                break
    return x.reshape(shape)[()]
