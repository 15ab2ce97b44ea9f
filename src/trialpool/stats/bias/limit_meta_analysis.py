"""Limit meta-analysis: the answer if every study were of infinite size, small-study effects taken into the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats, count
from trialpool.stats.bias.cautions import caution
from trialpool.stats.bias.weighted_line import Line, line
from trialpool.stats.distributions import chi2_p, p_text, quantile, two_sided_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import cochran_q, mean, weights
from trialpool.stats.tables import Summary


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LimitMetaAnalysis(Summary):
    """The model yi = beta + sqrt(vi + tau2) (alpha + ei), ei standard normal. Numbers are (...) where `effects` is a batch.

    effects         : what was analysed
    tau2_method     : estimator of tau2, as `pool` takes it
    alpha, alpha_se : small-study effect in units of the standard error, and its standard error
    beta            : intercept of the line of effects on sqrt(vi + tau2)
    estimate, se    : beta + tau alpha, the effect of a study of infinite size, and its standard error
    tau2            : between-study variance of the model without alpha
    shrunken        : (..., k) effects of the studies if they were of infinite size; nan where a study is absent
    Q, Q_residual   : Cochran's Q, and the part that a small-study effect leaves
    k               : number of studies
    """

    COLUMNS = (
        "estimate",
        "se",
        "interval",
        "p",
        "alpha",
        "alpha_se",
        "p_small",
        "tau2",
        "Q",
        "Q_residual",
        "p_residual",
        "k",
        "caution",
    )

    effects: Effects
    tau2_method: str
    alpha: Any
    alpha_se: Any
    beta: Any
    estimate: Any
    se: Any
    tau2: Any
    shrunken: Floats
    Q: Any
    Q_residual: Any
    k: Any

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """Confidence limits of the adjusted effect, normal."""
        half = quantile(checked_level(level), np.inf) * self.se
        return self.estimate - half, self.estimate + half

    @property
    def p(self) -> Any:
        """Two-sided P of no adjusted effect."""
        return two_sided_p(self.estimate / self.se)

    @property
    def Q_small(self) -> Any:
        """The part of Q that a small-study effect explains."""
        return self.Q - self.Q_residual

    @property
    def p_small(self) -> Any:
        """P of no small-study effect, by Q_small: chi-squared with 1 degree of freedom."""
        return chi2_p(self.Q_small, np.ones(np.shape(self.Q_small)))

    @property
    def p_residual(self) -> Any:
        """P of no heterogeneity beyond a small-study effect: chi-squared with k - 2 degrees of freedom."""
        return chi2_p(self.Q_residual, self.k - 2)

    @property
    def caution(self) -> str:
        """Why the adjusted effect should not be relied on; empty where nothing speaks against it."""
        return caution(self.effects, ("few studies to model", "bound to its error", "standard errors alike"))

    def __repr__(self) -> str:
        return f"<LimitMetaAnalysis: {self}>"

    def __str__(self) -> str:
        if np.ndim(self.estimate):
            return f"{np.size(self.estimate)} analyses"
        low, high = self.interval()
        return f"{self.estimate:.3f} (95% CI {low:.3f} to {high:.3f}), {p_text(self.p_small, 'P of a small-study effect')}"


def limit_meta_analysis(effects: Effects, *, tau2: str = "REML") -> LimitMetaAnalysis:
    """The effect of a study of infinite size where small studies have other effects than large ones.

    Parameters
    ----------
    effects : effects of k studies, or a batch of the shape (..., k)
    tau2 : estimator of the between-study variance, as `pool` takes it

    Returns
    -------
    LimitMetaAnalysis; where tau2 is 0, its estimate is the limit of Egger's line

    Raises
    ------
    BadArgument
        for an unknown estimator
    NotEstimable
        with fewer than three studies, or where all standard errors are equal

    References
    ----------
    Ruecker, Schwarzer, Carpenter, Binder & Schumacher (2011), Biostatistics 12:122-142

    >>> from trialpool.stats.effects.effects import effects
    >>> limit_meta_analysis(effects([-0.1, -0.5, -0.4, -0.9], [0.01, 0.02, 0.06, 0.09]))
    <LimitMetaAnalysis: -0.120 (95% CI -0.631 to 0.390), P of a small-study effect = 0.010>
    """
    expect("limit_meta_analysis", effects, Effects, EFFECT_MAKERS)
    choose("tau2", tau2, TAU2)
    yi, vi, k = effects.yi, effects.vi, count(effects.vi)
    between = np.asarray(TAU2[tau2](yi, vi))
    radial = radial_line(yi, vi, np.nan_to_num(between))
    if np.ndim(k) == 0 and not np.all(radial.exists):
        why = f"k = {k}, and it needs 3" if k < 3 else f"all {k} standard errors are equal"
        raise NotEstimable(f"Limit meta-analysis: {why}.")
    tau = np.sqrt(between)
    shrunken = shrunken_effects(yi, vi, between, radial.intercept)
    egger = radial_line(yi, vi, np.zeros_like(between))
    return LimitMetaAnalysis(
        effects=effects,
        tau2_method=tau2,
        alpha=radial.slope,
        alpha_se=np.sqrt(radial.var_slope),
        beta=radial.intercept,
        estimate=(radial.intercept + tau * radial.slope)[()],
        se=np.sqrt(variance_at(radial, yi, vi, between, tau))[()],
        tau2=between[()],
        shrunken=np.where(np.isfinite(vi), shrunken, np.nan),
        Q=cochran_q(yi, vi),
        Q_residual=egger.rss,
        k=k,
    )


def radial_line(yi: Floats, vi: Floats, tau2: Floats) -> Line:
    """The line of yi on sqrt(vi + tau2) with weights 1 / (vi + tau2): its slope is alpha, its intercept beta."""
    total = vi + tau2[..., np.newaxis]
    there = np.isfinite(total)
    return line(np.where(there, yi, 0.0), 1 / total, np.where(there, np.sqrt(np.where(there, total, 1.0)), 0.0))


def variance_at(radial: Line, yi: Floats, vi: Floats, tau2: Floats, tau: Floats) -> Any:
    """(...) variance of the height of a line at tau: 1 / sum wi + (tau - mean of the predictor)^2 / Sxx."""
    total = vi + tau2[..., np.newaxis]
    wi = 1 / total
    x_mean = mean(np.where(np.isfinite(total), np.sqrt(np.where(np.isfinite(total), total, 1.0)), 0.0), wi)
    return 1 / wi.sum(-1) + (tau - x_mean) ** 2 * radial.var_slope


def shrunken_effects(yi: Floats, vi: Floats, tau2: Floats, beta: Any) -> Floats:
    """(..., k) beta + sqrt(tau2 / (vi + tau2)) (yi - beta): what studies with the same residuals would find at infinite size."""
    beta = np.asarray(beta)[..., np.newaxis]
    share: Floats = np.sqrt(tau2[..., np.newaxis] * weights(vi, tau2))
    return np.asarray(beta + share * (yi - beta))
