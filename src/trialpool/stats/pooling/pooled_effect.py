"""The result of pooling, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p, quantile, two_sided_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling import heterogeneity
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.pooling.intervals import PREDICTIONS
from trialpool.stats.pooling.weighted import weights


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PooledEffect:
    """A pooled effect on the analysis scale (log for ratios). Numbers are arrays of shape (...) where `effects` is a batch.

    effects     : what was pooled; studies are absent where their variance is infinite
    model       : "random" or "common"
    method      : "IV" for inverse variance, "MH" for Mantel-Haenszel
    tau2_method : key of TAU2, "" for a common-effect model
    ci_method   : key of INTERVALS
    level       : confidence level, such as 0.95
    mu, se      : pooled effect and its standard error
    df          : degrees of freedom of its reference distribution; inf for the normal
    tau2        : between-study variance, in squared units of mu; nan with fewer than two studies
    Q, k        : Cochran's Q about the common effect; number of studies
    """

    effects: Effects
    model: str
    method: str = "IV"
    tau2_method: str
    ci_method: str
    level: float
    mu: Any
    se: Any
    df: Any
    tau2: Any
    Q: Any
    k: Any

    @property
    def estimate(self) -> Any:
        """The pooled effect on the analysis scale, that is mu."""
        return self.mu

    def interval(self, level: float | None = None) -> tuple[Any, Any]:
        """Confidence limits on the analysis scale."""
        half = quantile(self._level(level), self.df) * self.se
        return self.mu - half, self.mu + half

    @property
    def statistic(self) -> Any:
        """mu / se: z or t; infinite, or nan, where effects that are all the same leave no Hartung-Knapp standard error."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.mu / self.se

    @property
    def p(self) -> Any:
        """Two-sided P of no effect."""
        return two_sided_p(self.statistic, self.df)

    @property
    def Q_p(self) -> Any:
        """P of homogeneity, by chi-squared with k - 1 degrees of freedom."""
        return chi2_p(self.Q, self.k - 1)

    @property
    def weights(self) -> Floats:
        """(..., k) share of each study in the pooled effect by inverse variance."""
        wi = weights(self.effects.vi, np.nan_to_num(self.tau2))
        shares: Floats = wi / wi.sum(-1, keepdims=True)
        return shares

    @property
    def I2(self) -> Any:
        """Share of the variance between estimates that is due to heterogeneity, 0 to 1.

        From tau2 and the typical sampling variance; for a common-effect model from Q, where it is
        max(0, (Q - df) / Q). Higgins & Thompson (2002), Stat Med 21:1539-1558, eq. 9 and 10.
        """
        return 1 - 1 / self.H2

    @property
    def H2(self) -> Any:
        """1 / (1 - I2): how many times the variance is larger than it would be without heterogeneity."""
        if self.model == "common":
            return np.maximum(self.Q / np.where(self.k > 1, self.k - 1, np.nan), 1.0)
        return heterogeneity.h2(self.tau2, heterogeneity.typical_variance(self.effects.vi))

    def tau2_interval(self, level: float | None = None) -> tuple[Any, Any]:
        """Q-profile limits of tau2. Viechtbauer (2007), Stat Med 26:37-52."""
        return heterogeneity.q_profile(self.effects.yi, self.effects.vi, level=self._level(level))

    def I2_interval(self, level: float | None = None) -> tuple[Any, Any]:
        """Limits of I2 that answer to those of tau2."""
        low, high = self.H2_interval(level)
        return 1 - 1 / low, 1 - 1 / high

    def H2_interval(self, level: float | None = None) -> tuple[Any, Any]:
        """Limits of H2 that answer to those of tau2."""
        typical = heterogeneity.typical_variance(self.effects.vi)
        low, high = self.tau2_interval(level)
        return heterogeneity.h2(low, typical), heterogeneity.h2(high, typical)

    def prediction_interval(self, level: float | None = None, *, method: str = "t") -> tuple[Any, Any]:
        """Limits between which the effect of a new study of the same kind lies: mu -+ q sqrt(tau2 + se^2).

        q is of t with k - 1 degrees of freedom ("t"), with k - 2 ("HTS") or normal ("normal"); nan where there are too few
        studies, and for a common-effect model. Higgins, Thompson & Spiegelhalter (2009), JRSS A 172:137-159.
        """
        choose("method", method, PREDICTIONS)
        if self.model == "common":
            return self.mu * np.nan, self.mu * np.nan
        half = quantile(self._level(level), PREDICTIONS[method](self.k)) * np.sqrt(self.tau2 + self.se**2)
        return self.mu - half, self.mu + half

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of this fit: fallbacks, corrections, studies left out."""
        said = tuple(f"{study}: {note}" for study, note in self.effects.notes.items())
        if np.ndim(self.k) == 0 and self.k == 1:
            said += ("one study: its own effect and Wald interval; tau2 and a prediction interval do not exist",)
        return said

    def _level(self, level: float | None) -> float:
        return self.level if level is None else checked_level(level)

    def __repr__(self) -> str:
        return f"<PooledEffect: {self}>"

    def __str__(self) -> str:
        if np.ndim(self.mu):
            return f"{np.size(self.mu)} analyses, {self.model} effects"
        measure = MEASURES[self.effects.measure]
        low, high = (measure.shown(limit) for limit in self.interval())
        p = "P < 0.001" if self.p < 0.001 else f"P = {self.p:.3f}"
        spread = f", I2 = {100 * self.I2:.0f}%" if self.k > 1 else ""
        return (
            f"{measure.code or measure.name} {measure.shown(self.mu):.2f} "
            f"({100 * self.level:g}% CI {low:.2f} to {high:.2f}), {p}, k = {self.k}{spread}"
        )
