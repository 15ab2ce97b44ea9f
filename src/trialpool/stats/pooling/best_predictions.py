"""Empirical Bayes estimates: what each study's own effect is likely to be, seen beside the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import quantile
from trialpool.stats.pooling.choices import checked_level
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True)
class BestPredictions(Tabular):
    """Best linear unbiased predictions of the studies' effects, on the analysis scale (log for ratios); nan for absent studies.

    study    : (k,) labels
    estimate : (..., k) each study's effect, drawn to the pooled effect the more, the less precise it is
    se       : (..., k) standard errors
    df       : (...) degrees of freedom of the reference distribution; inf for the normal
    level    : confidence level
    """

    study: tuple[str, ...]
    estimate: Floats
    se: Floats
    df: Any
    level: float

    def interval(self, level: float | None = None) -> tuple[Floats, Floats]:
        """Limits between which each study's own effect lies."""
        q = np.asarray(quantile(self.level if level is None else checked_level(level), self.df))[..., np.newaxis]
        return self.estimate - q * self.se, self.estimate + q * self.se

    def table(self) -> dict[str, list[Any]]:
        """A row a study: study, estimate, se, low, high; of a batch, each cell holds all analyses."""
        low, high = self.interval()
        columns = {"estimate": self.estimate, "se": self.se, "low": low, "high": high}
        return {"study": list(self.study)} | {name: np.moveaxis(values, -1, 0).tolist() for name, values in columns.items()}

    def __str__(self) -> str:
        return f"best predictions of the effects of {len(self.study)} studies"


def best_predictions(
    yi: Floats, vi: Floats, tau2: Any, mu: Any, se: Any, df: Any, *, study: tuple[str, ...], level: float
) -> BestPredictions:
    """mu + B (yi - mu), B = tau2 / (tau2 + vi), with standard error sqrt(B vi + (1 - B)^2 se^2).

    Parameters
    ----------
    yi, vi : (..., k) effects and sampling variances; vi inf where a study is absent
    tau2, mu, se, df : (...) of the pooled effect
    study, level : labels, and the confidence level

    References
    ----------
    Morris (1983), JASA 78:47-55; Raudenbush & Bryk (1985), J Educ Stat 10:75-98; Robinson (1991), Stat Sci 6:15-32
    """
    tau2, mu, se = (np.asarray(x, dtype=float)[..., np.newaxis] for x in (tau2, mu, se))
    there = np.isfinite(vi)
    variances = np.where(there, vi, 1.0)
    share = tau2 / (tau2 + variances)
    estimate = np.where(there, mu + share * (yi - mu), np.nan)
    spread = np.where(there, np.sqrt(share * variances + (1 - share) ** 2 * se**2), np.nan)
    return BestPredictions(study=study, estimate=estimate, se=spread, df=df, level=level)
