"""The result of a generalised linear mixed model, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p, f_p, p_text, quantile, two_sided_p
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.choices import checked_level
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True)
class HeterogeneityTests(Tabular):
    """Tests that the effects of all trials are the same, or all that the moderators make of them.

    Q_lrt, df_lrt   : likelihood ratio against the model in which each trial has an effect of its own
    Q_wald, df_wald : Wald test in that model, of the trials that have a finite effect of their own
    """

    Q_lrt: float
    df_lrt: int
    Q_wald: float
    df_wald: int

    @property
    def p_lrt(self) -> float:
        return float(chi2_p(self.Q_lrt, self.df_lrt))

    @property
    def p_wald(self) -> float:
        return float(chi2_p(self.Q_wald, self.df_wald))

    def table(self) -> dict[str, list[Any]]:
        """Rows likelihood ratio and Wald: test, statistic, df, p."""
        columns: dict[str, list[Any]] = {
            "statistic": [self.Q_lrt, self.Q_wald],
            "df": [self.df_lrt, self.df_wald],
            "p": [self.p_lrt, self.p_wald],
        }
        return {"test": ["likelihood ratio", "Wald"]} | columns

    def __str__(self) -> str:
        return f"Heterogeneity: chi2({self.df_lrt}) = {self.Q_lrt:.2f}, {p_text(self.p_lrt)} (likelihood ratio)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MixedModelFit(Tabular):
    """A generalised linear mixed model of counts; coefficients are logs (log odds for a proportion).

    measure      : "OR", "IRR", "PLO" (log odds of a proportion) or "IRLN" (log rate)
    method       : "UM.FS", "UM.RS", "CM.EL" or "CM.AL"; "" for one group
    model        : "random" or "common" (effect)
    ci_method    : "Wald" or "t" (with k - p degrees of freedom)
    level        : confidence level
    study        : labels of the k trials that the model is of
    left_out     : by label, the trials that it is not of, and why
    names        : of the coefficients, the intercept first
    coefficients, covariance : (p,) and (p, p), by the observed information, that of tau2 (and sigma2) included
    tau2, se_tau2 : variance between trials of the effect; its standard error is None where tau2 is 0
    sigma2       : variance between trials of the level, where that is random; None elsewhere
    loglik       : log-likelihood at its highest, with all constants
    loglik_saturated : the same where each trial has an effect of its own
    heterogeneity : tests of that against one effect for all
    typical_variance : of a trial's own estimate, 0.5 added to the cells of a trial with an empty one
    converged    : whether the last Newton step was below 1e-9 of the parameters
    steps, last_step : Newton steps made, and the size of the last
    library      : the data-frame library in which `to_frame` answers
    """

    measure: str
    method: str
    model: str
    ci_method: str
    level: float
    study: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    tau2: float
    se_tau2: float | None
    sigma2: float | None
    loglik: float
    loglik_saturated: float
    heterogeneity: HeterogeneityTests
    typical_variance: float
    converged: bool
    steps: int
    last_step: float
    library: str = ""

    @property
    def k(self) -> int:
        """Number of trials that the model is of."""
        return len(self.study)

    @property
    def mu(self) -> float:
        """The pooled effect; with moderators, the effect where all of them are 0."""
        return float(self.coefficients[0])

    @property
    def estimate(self) -> float:
        """The same as mu."""
        return self.mu

    @property
    def ses(self) -> Floats:
        """(p,) standard errors of the coefficients."""
        ses: Floats = np.sqrt(np.diag(self.covariance))
        return ses

    @property
    def se(self) -> float:
        return float(self.ses[0])

    @property
    def df(self) -> float:
        """Degrees of freedom of the reference distribution; inf for the normal."""
        return float(self.k - len(self.names)) if self.ci_method == "t" else float("inf")

    def interval(self, level: float | None = None) -> tuple[float, float]:
        """Confidence limits of mu."""
        low, high = self.intervals(level)[0]
        return float(low), float(high)

    def intervals(self, level: float | None = None) -> Floats:
        """(p, 2) confidence limits of the coefficients."""
        half = quantile(self.level if level is None else checked_level(level), self.df) * self.ses
        return np.column_stack([self.coefficients - half, self.coefficients + half])

    @property
    def statistics(self) -> Floats:
        """(p,) coefficients over their standard errors."""
        return self.coefficients / self.ses

    @property
    def statistic(self) -> float:
        return float(self.statistics[0])

    @property
    def ps(self) -> Floats:
        """(p,) two-sided P values of the coefficients."""
        return np.asarray(two_sided_p(self.statistics, self.df))

    @property
    def p(self) -> float:
        """Two-sided P of no effect (for one group: of a proportion of one half, or a rate of 1)."""
        return float(self.ps[0])

    @property
    def Q_moderators(self) -> float:
        """Wald statistic of the moderators; nan where there are none."""
        moderators = slice(1, None)
        beta = self.coefficients[moderators]
        return float(beta @ np.linalg.solve(self.covariance[moderators, moderators], beta)) if len(beta) else float("nan")

    @property
    def Q_moderators_p(self) -> float:
        """P of that: chi-squared, or F where the intervals are of t."""
        m = len(self.names) - 1
        if not m:
            return float("nan")
        return float(f_p(self.Q_moderators / m, m, self.df) if self.ci_method == "t" else chi2_p(self.Q_moderators, m))

    @property
    def deviance(self) -> float:
        """2 (saturated - fitted log-likelihood)."""
        return 2 * (self.loglik_saturated - self.loglik)

    @property
    def I2(self) -> float:
        """tau2 / (tau2 + typical sampling variance), 0 to 1. Higgins & Thompson (2002), Stat Med 21:1539-1558, eq. 9 and 10."""
        return self.tau2 / (self.tau2 + self.typical_variance) if self.tau2 else 0.0

    @property
    def H2(self) -> float:
        """1 / (1 - I2)."""
        return 1 + self.tau2 / self.typical_variance if self.tau2 else 1.0

    def prediction_interval(self, level: float | None = None) -> tuple[float, float]:
        """Limits between which the effect of a new trial lies, mu -+ q sqrt(tau2 + se^2), t with k - 1; nan for a common effect."""
        if self.model == "common" or self.k < 2:
            return float("nan"), float("nan")
        half = quantile(self.level if level is None else checked_level(level), self.k - 1.0) * np.sqrt(self.tau2 + self.se**2)
        return float(self.mu - half), float(self.mu + half)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of this fit."""
        said = tuple(f"{study}: {why}" for study, why in self.left_out.items())
        if self.model == "random" and self.tau2 == 0:
            said += ("tau2 is 0: the estimate is that of the common-effect model",)
        if not self.converged:
            said += (f"not converged after {self.steps} steps, the last of {self.last_step:.2g}",)
        return said

    def table(self) -> dict[str, list[Any]]:
        """Columns term, estimate, se, statistic and p; a row a coefficient."""
        columns = {"estimate": self.coefficients, "se": self.ses, "statistic": self.statistics, "p": self.ps}
        return {"term": list(self.names)} | {name: values.tolist() for name, values in columns.items()}

    def __repr__(self) -> str:
        return f"<MixedModelFit: {self}>"

    def __str__(self) -> str:
        measure, one_group = MEASURES[self.measure], not self.method
        name, shape = (measure.name, ".3g") if one_group else (self.measure, ".2f")
        shown, low, high = (format(measure.shown(value), shape) for value in (self.mu, *self.interval()))
        p = "" if one_group else f", {p_text(self.p)}"
        spread = f", tau2 = {self.tau2:.2f}" if self.model == "random" else ""
        model = self.model if one_group else f"{self.method} {self.model}"
        return f"{name} {shown} ({100 * self.level:g}% CI {low} to {high}){p}, k = {self.k}{spread} ({model})"
