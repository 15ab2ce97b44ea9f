"""p-uniform*: the effect by the distribution of significant and of other studies, each given what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats, count
from trialpool.stats.bias.bounded_newton import Peak, Surface, climb, standard_errors
from trialpool.stats.bias.cautions import OF_A_MODEL, caution
from trialpool.stats.bias.selection_fit import Data, without_selection
from trialpool.stats.bias.selection_likelihood import Cells, moments_between, surface
from trialpool.stats.bias.selection_model import data_of, favoured_side
from trialpool.stats.bias.selection_weights import LogWeight
from trialpool.stats.distributions import chi2_p, chi2_quantile, p_text, z_quantile
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.roots import root_between
from trialpool.stats.tables import Summary

FARTHEST = 60.0  # standard errors of the pooled effect at which a limit is looked for
FEW = 4  # studies that should be on either side of significance
SIDES = ("greater", "less")


class Significance:
    """Each study's density between its critical value and infinity, or below it: it is certain to be on its own side.

    yi, critical, there : (B, k); the large effects are those that can be significant
    """

    def __init__(self, yi: Floats, critical: Floats) -> None:
        self.significant = yi > critical
        low, high = np.where(self.significant, critical, -np.inf), np.where(self.significant, np.inf, critical)
        self.edges = np.stack([low, high], axis=1)  # (B, 2, k)
        self.none = LogWeight(np.zeros((1, 1)), ())

    def cells(self, mu: Floats, sd: Floats, _eta: Floats, /) -> Cells:
        t = (self.edges - mu[:, np.newaxis, np.newaxis]) / sd[:, np.newaxis, :]
        return Cells(moments=moments_between(t), log_w=np.zeros((1, 1, 1)), first=(), second=None, observed=self.none)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PUniformStar(Summary):
    """The effect by p-uniform*, maximum likelihood. Numbers are (...) where `effects` is a batch.

    effects     : what was analysed
    alternative : "greater" or "less", the side on which studies are significant
    significance_level : a study is significant where its two-sided P value is below 1 - this
    mu, se      : the effect and its Wald standard error; nan where the likelihood is flat
    tau2, tau2_se : between-study variance
    loglik, loglik_at_0 : conditional log-likelihood, and its maximum with mu = 0
    significant : number of significant studies
    mu_without  : the maximum-likelihood estimate that takes all studies to be published
    found       : whether the maximum was found
    """

    COLUMNS = ("estimate", "se", "interval", "p", "tau2", "tau2_se", "significant", "mu_without", "loglik", "k", "found", "caution")

    effects: Effects
    alternative: str
    significance_level: float
    mu: Any
    se: Any
    tau2: Any
    tau2_se: Any
    loglik: Any
    loglik_at_0: Any
    significant: Any
    mu_without: Any
    found: Any

    @property
    def estimate(self) -> Any:
        """The effect, that is mu."""
        return self.mu

    @property
    def k(self) -> Any:
        """Number of studies."""
        return count(self.effects.vi)

    @property
    def likelihood_ratio(self) -> Any:
        """2 (loglik - loglik_at_0)."""
        return np.maximum(0.0, 2 * (self.loglik - self.loglik_at_0))

    @property
    def p(self) -> Any:
        """P of no effect, by the likelihood ratio: chi-squared with 1 degree of freedom."""
        return chi2_p(self.likelihood_ratio, np.ones(np.shape(self.loglik)))

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """Profile-likelihood limits of mu; infinite where the likelihood does not fall far enough."""
        data, sign = data_of(self.effects, self.alternative), -1.0 if self.alternative == "less" else 1.0
        shape = np.shape(self.mu)
        top = np.ravel(sign * np.asarray(self.mu)), np.ravel(self.loglik), np.ravel(self.tau2)
        low, high = limits(data, self.significance_level, top, float(chi2_quantile(1 - checked_level(level), 1.0)))
        if sign < 0:
            low, high = -high, -low
        return low.reshape(shape)[()], high.reshape(shape)[()]

    @property
    def caution(self) -> str:
        """Why the estimate should not be relied on; empty where nothing speaks against it."""
        more = []
        few = int(np.min(np.minimum(self.significant, self.k - self.significant)))
        if few < FEW:
            side = "significant" if np.min(self.significant) <= np.min(self.k - self.significant) else "not significant"
            more.append(f"only {few} studies are {side}, and the method compares within either kind")
        if not np.all(self.found):
            more.append("the search for the maximum did not end")
        return caution(self.effects, OF_A_MODEL, *more)

    def __repr__(self) -> str:
        return f"<PUniformStar: {self}>"

    def __str__(self) -> str:
        if np.ndim(self.mu):
            return f"{np.size(self.mu)} analyses"
        low, high = self.interval()
        return (
            f"{self.mu:.3f} (95% CI {low:.3f} to {high:.3f}), {p_text(self.p)}, {self.significant} of {self.k} studies significant"
        )


def p_uniform_star(effects: Effects, *, alternative: str | None = None, significance_level: float = 0.95) -> PUniformStar:
    """Estimate the effect where significant studies, and others, were published with unknown chances.

    Each study has the density of a normal about mu with variance vi + tau2, given that it is on its own side of the critical value:
    however likely either kind is to be published, that does not enter.

    Parameters
    ----------
    effects : effects of k studies, or a batch of the shape (..., k)
    alternative : "greater" or "less", the side on which studies are significant; by default that of the common effect
    significance_level : 0.95 for studies that are significant where a two-sided P value is below 0.05, on that side

    Raises
    ------
    BadArgument
        for another alternative, or a level outside 0 to 1
    NotEstimable
        with fewer than three studies

    References
    ----------
    van Aert & van Assen (2018), Correcting for publication bias in a meta-analysis with the p-uniform* method, maximum likelihood

    >>> from trialpool.stats.effects.effects import effects
    >>> yi = [-0.62, -0.45, -0.71, -0.12, -0.38, -0.25, -0.81, 0.05, -0.33, -0.55]
    >>> p_uniform_star(effects(yi, [0.08, 0.03, 0.11, 0.01, 0.02, 0.04, 0.15, 0.02, 0.09, 0.05]))
    <PUniformStar: -0.154 (95% CI -0.386 to 0.026), P = 0.084, 6 of 10 studies significant>
    """
    expect("p_uniform_star", effects, Effects, EFFECT_MAKERS)
    checked_level(significance_level)
    if alternative is not None:
        choose("alternative", alternative, SIDES)
    k = count(effects.vi)
    if np.ndim(k) == 0 and k < 3:
        raise NotEstimable(f"p-uniform*: k = {k}, and it needs 3.")
    side = favoured_side(effects, alternative)
    data, sign = data_of(effects, side), -1.0 if side == "less" else 1.0
    plain = without_selection(data, random=True)
    peak = conditional_maximum(data, significance_level, plain.mu, plain.tau2)
    zero = np.zeros(len(plain.mu))
    at_0 = conditional_maximum(data, significance_level, zero, peak.at[:, 1], fixed=True)
    se = standard_errors(peak, np.array([-np.inf, 0.0]), np.array([np.inf, np.inf]))
    shape = np.broadcast_shapes(effects.yi.shape, effects.vi.shape)[:-1]

    def shaped(values: Any) -> Any:
        return np.asarray(values).reshape(shape)[()]

    significant = (data.there & (data.yi > critical(data, significance_level))).sum(-1)
    return PUniformStar(
        effects=effects,
        alternative=side,
        significance_level=significance_level,
        mu=shaped(sign * peak.at[:, 0]),
        se=shaped(se[:, 0]),
        tau2=shaped(peak.at[:, 1]),
        tau2_se=shaped(se[:, 1]),
        loglik=shaped(peak.surface.height),
        loglik_at_0=shaped(at_0.surface.height),
        significant=shaped(significant),
        mu_without=shaped(sign * plain.mu),
        found=shaped(peak.found),
    )


def critical(data: Data, level: float) -> Floats:
    """(N, k) the smallest effect that is significant."""
    values: Floats = z_quantile(level) * np.sqrt(data.vi)
    return values


def conditional_maximum(data: Data, level: float, mu: Floats, tau2: Floats, *, fixed: bool = False) -> Peak:
    """The highest conditional likelihood of each analysis, from starts about mu and tau2 (N,); at mu itself if `fixed`."""
    typical = np.where(data.there, data.vi, 0.0).sum(-1) / data.there.sum(-1)
    scale = np.sqrt(typical / data.there.sum(-1))
    spreads = np.stack([np.maximum(tau2, 0.05 * typical), 2 * tau2 + 0.3 * typical, 0.01 * typical], axis=1)  # (N, 3)
    moves = np.zeros(1) if fixed else np.array([0.0, -2.0, -6.0])
    starts = mu[:, np.newaxis] + moves * scale[:, np.newaxis]
    N, G = len(mu), len(moves) * 3
    start = np.stack([np.repeat(starts, 3, axis=1), np.tile(spreads, (1, len(moves)))], axis=2).reshape(N * G, 2)
    many = Data(*(np.repeat(part, G, axis=0) for part in data))
    selection = Significance(many.yi, critical(many, level))

    def height(theta: Floats) -> Surface:
        return surface(many.yi, many.vi, many.there, selection, theta)

    at = np.repeat(mu, G)
    low = np.stack([at if fixed else np.full(N * G, -np.inf), np.zeros(N * G)], axis=1)
    high = np.stack([at if fixed else np.full(N * G, np.inf), np.full(N * G, np.inf)], axis=1)
    peak = climb(height, start, low, high)
    heights = np.where(np.isfinite(peak.surface.height), peak.surface.height, -np.inf).reshape(N, G)
    best = np.arange(N) * G + heights.argmax(1)
    return Peak(peak.at[best], Surface(*(part[best] for part in peak.surface)), peak.found[best])


def limits(data: Data, level: float, top: tuple[Floats, Floats, Floats], drop: float) -> tuple[Floats, Floats]:
    """The mu on either side of the maximum (mu, height, tau2) at which twice the profile log-likelihood has fallen by `drop`."""
    mu, height, tau2 = top
    reach = FARTHEST * without_selection(data, random=True).se

    def left(at: Floats) -> Floats:
        return 2 * (conditional_maximum(data, level, at, tau2, fixed=True).surface.height - height) + drop

    ends = []
    for side in (-1.0, 1.0):
        near, far = mu.copy(), mu + side * reach / 16
        while (inside := left(far) > 0).any() and (np.abs(far - mu) < reach).any():
            near, far = np.where(inside, far, near), np.where(inside, far + (far - mu), far)
        found = root_between(left, near, far, relative=1e-9, absolute=1e-9)
        ends.append(np.where(left(far) > 0, side * np.inf, found))
    return ends[0], ends[1]
