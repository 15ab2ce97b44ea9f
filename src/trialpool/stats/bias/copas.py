"""The Copas selection model: how the effect depends on how many studies are taken to be unpublished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats, count
from trialpool.stats.bias.bounded_newton import Peak, Surface, climb_in_rounds, standard_errors
from trialpool.stats.bias.cautions import OF_A_MODEL, caution
from trialpool.stats.bias.copas_likelihood import Published, copas_surface
from trialpool.stats.bias.threshold import checked_threshold
from trialpool.stats.distributions import chi2_p, quantile, two_sided_p
from trialpool.stats.effects.columns import numbers
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, expect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import mean, weights
from trialpool.stats.tables import Tabular

GAMMA0 = (-1.0, 2.0, 16)
GAMMA1_STEPS = 16
RHO = 0.9999
LOW, HIGH = np.array([-np.inf, -np.inf, 0.0, -RHO]), np.array([np.inf, np.inf, np.inf, RHO])
MU, BETA, TAU2_AT, RHO_AT = range(4)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CopasModel(Tabular):
    """The effect at each of G choices of the selection model's parameters, which the data cannot tell apart.

    effects        : what was analysed
    gamma0, gamma1 : (G,) a study with standard error s is published with probability Phi(gamma0 + gamma1 / s)
    mu, se         : (G,) pooled effect and its standard error
    tau2, rho      : (G,) between-study variance, and correlation of publication with the sampling error
    loglik         : (G,) log-likelihood
    p_residual     : (G,) P of no small-study effect beyond what selection explains, by the likelihood ratio
    threshold      : the P value above which none is taken to remain
    found          : (G,) whether the maximum was found
    """

    effects: Effects
    gamma0: Floats
    gamma1: Floats
    mu: Floats
    se: Floats
    tau2: Floats
    rho: Floats
    loglik: Floats
    p_residual: Floats
    threshold: float
    found: Bools

    @property
    def published(self) -> Floats:
        """(G,) probability that a study as imprecise as the least precise one is published."""
        largest = np.sqrt(np.where(np.isfinite(self.effects.vi), self.effects.vi, 0.0).max())
        share: Floats = ndtr(self.gamma0 + self.gamma1 / largest)
        return share

    @property
    def unpublished(self) -> Floats:
        """(G,) expected number of studies like these that were not published, the sum of (1 - P) / P."""
        there = np.isfinite(self.effects.vi)
        u = self.gamma0[:, np.newaxis] + self.gamma1[:, np.newaxis] / np.sqrt(self.effects.vi[there])
        return np.asarray((ndtr(-u) / ndtr(u)).sum(-1))

    @property
    def chosen(self) -> int:
        """The choice with the least selection that leaves no small-study effect; -1 where every one leaves some.

        Carpenter, Schwarzer, Ruecker & Kuenstler (2009), J Clin Epidemiol 62:624-631.
        """
        fits = np.flatnonzero(self.found & np.isfinite(self.se) & (self.p_residual > self.threshold))
        return int(fits[self.published[fits].argmax()]) if len(fits) else -1

    @property
    def estimate(self) -> float:
        """The effect at the chosen parameters; nan where there are none."""
        return float(self.mu[self.chosen]) if self.chosen >= 0 else float("nan")

    @property
    def estimate_se(self) -> float:
        """Its standard error."""
        return float(self.se[self.chosen]) if self.chosen >= 0 else float("nan")

    @property
    def p(self) -> float:
        """Two-sided P of no effect at the chosen parameters, normal."""
        return float(two_sided_p(self.estimate / self.estimate_se))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence limits of the estimate, normal."""
        half = float(quantile(checked_level(level), np.inf)) * self.estimate_se
        return self.estimate - half, self.estimate + half

    @property
    def caution(self) -> str:
        """Why the estimate should not be relied on; empty where nothing speaks against it."""
        none = "every choice of the parameters leaves a small-study effect" if self.chosen < 0 else ""
        edge = "rho is at its bound" if self.chosen >= 0 and abs(self.rho[self.chosen]) >= RHO else ""
        return caution(self.effects, (*OF_A_MODEL, "bound to its error"), none, edge)

    def table(self) -> dict[str, list[Any]]:
        """A row a choice of the parameters, with `published`, `unpublished` and whether it is the one chosen."""
        names = ("gamma0", "gamma1", "published", "unpublished", "mu", "se", "tau2", "rho", "loglik", "p_residual", "found")
        chosen = [i == self.chosen for i in range(len(self.mu))]
        return {name: getattr(self, name).tolist() for name in names} | {"chosen": chosen}

    def __repr__(self) -> str:
        return f"<CopasModel: {self}>"

    def __str__(self) -> str:
        if self.chosen < 0:
            return "no choice of the parameters removes the small-study effect"
        low, high = self.interval()
        missing = f"{self.unpublished[self.chosen]:.1f} studies unpublished"
        return f"{self.estimate:.3f} (95% CI {low:.3f} to {high:.3f}), {missing}"


def copas_model(effects: Effects, *, gamma0: Any = None, gamma1: Any = None, threshold: float = 0.1) -> CopasModel:
    """Fit the Copas selection model over a grid of its parameters.

    Parameters
    ----------
    effects : effects of k studies
    gamma0, gamma1 : values that the grid is made of: a study with standard error s is published with probability
        Phi(gamma0 + gamma1 / s). By default 16 values from -1 to 2, and 16 from 0 to the largest standard error
    threshold : P value above which no small-study effect is taken to remain

    Raises
    ------
    BadArgument
        for a negative gamma1, or a threshold outside 0 to 1
    NotEstimable
        for a batch, or with fewer than three studies

    References
    ----------
    Copas & Shi (2000), Biostatistics 1:247-262; Copas & Shi (2001), Stat Methods Med Res 10:251-265; the choice: Carpenter,
    Schwarzer, Ruecker & Kuenstler (2009), J Clin Epidemiol 62:624-631

    >>> from trialpool.stats.effects.effects import effects
    >>> yi = [-0.62, -0.45, -0.31, -0.22, -0.38, -0.25, -0.81, -0.05, -0.33, -0.55]
    >>> copas_model(effects(yi, [0.08, 0.03, 0.11, 0.01, 0.02, 0.04, 0.15, 0.02, 0.09, 0.05]))
    <CopasModel: -0.301 (95% CI -0.428 to -0.173), 0.9 studies unpublished>
    """
    expect("copas_model", effects, Effects, EFFECT_MAKERS)
    checked_threshold(threshold)
    if effects.vi.ndim > 1 or effects.yi.ndim > 1:
        raise NotEstimable("Copas model: one analysis at a time.")
    k = int(count(effects.vi))
    if k < 3:
        raise NotEstimable(f"Copas model: k = {k}, and it needs 3.")
    there = np.isfinite(effects.vi)
    yi, vi = effects.yi[there], effects.vi[there]
    pairs = _grid(gamma0, gamma1, float(np.sqrt(vi.max())))
    found = _maxima(yi, vi, pairs, slope=False)
    with_slope = _maxima(yi, vi, pairs, slope=True, beside=found.at)
    gained = np.maximum(0.0, 2 * (with_slope.surface.height - found.surface.height))
    low, high = _bounds(slope=False)
    return CopasModel(
        effects=effects,
        gamma0=pairs[:, 0],
        gamma1=pairs[:, 1],
        mu=found.at[:, MU],
        se=standard_errors(found, low, high)[:, MU],
        tau2=found.at[:, TAU2_AT],
        rho=found.at[:, RHO_AT],
        loglik=found.surface.height,
        p_residual=np.asarray(chi2_p(gained, np.ones(len(gained)))),
        threshold=threshold,
        found=found.found & with_slope.found,
    )


def _grid(gamma0: Any, gamma1: Any, largest: float) -> Floats:
    """(G, 2) all pairs."""
    first = np.linspace(*GAMMA0) if gamma0 is None else numbers("gamma0", gamma0)
    second = np.linspace(0.0, largest, GAMMA1_STEPS) if gamma1 is None else numbers("gamma1", gamma1)
    for name, values in (("gamma0", first), ("gamma1", second)):
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
            raise BadArgument(f"{name}={np.asarray(values).tolist()} is not a list of numbers. Give such as [-1, 0, 1].")
    if (second < 0).any():
        raise BadArgument(f"gamma1={second.tolist()} would publish precise studies less often. Give values of 0 or more.")
    return np.stack([part.ravel() for part in np.meshgrid(first, second, indexing="ij")], axis=-1)


def _bounds(*, slope: bool) -> tuple[Floats, Floats]:
    free = np.array([True, slope, True, True])
    return np.where(free, LOW, 0.0), np.where(free, HIGH, 0.0)


def _maxima(yi: Floats, vi: Floats, pairs: Floats, *, slope: bool, beside: Floats | None = None) -> Peak:
    """The highest likelihood at each pair, from starts with publication hardly, positively and negatively tied to effects."""
    si = np.sqrt(vi)
    tau2 = float(TAU2["ML"](yi, vi))
    mu = float(mean(yi, weights(vi, tau2)))
    G = len(pairs)
    spread = max(tau2, 0.05 * float(vi.mean()))
    starts = [np.tile([mu, 0.0, spread, rho], (G, 1)) for rho in (0.05, 0.6, -0.6)]
    if beside is not None:
        starts.append(np.clip(beside, LOW, HIGH * (1 - 1e-6)))
    n = len(starts)
    many = Published.of(yi, si, np.tile(pairs, (n, 1)))

    def surface_of(rows: Any) -> Callable[[Floats], Surface]:
        some = many.rows(rows)
        return lambda theta: copas_surface(some, theta)

    peak = climb_in_rounds(surface_of, np.concatenate(starts), *_bounds(slope=slope))
    heights = np.where(np.isfinite(peak.surface.height), peak.surface.height, -np.inf).reshape(n, G)
    best = heights.argmax(0) * G + np.arange(G)
    return Peak(peak.at[best], Surface(*(part[best] for part in peak.surface)), peak.found[best])
