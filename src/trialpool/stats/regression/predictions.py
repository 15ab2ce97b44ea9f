"""What a meta-regression expects of studies with given moderators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import quantile
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.pooling.intervals import PREDICTIONS
from trialpool.stats.regression.estimates import Estimates, text_table
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Predictions(Tabular):
    """Expected effects on the analysis scale (log for ratios), one a row of new data.

    average     : the expected effects with their standard errors
    tau2        : (...) or (..., m) between-study variance, nan for a common-effect model, which predicts nothing of a new study
    residual_df : (...) k - p
    measure     : code of the effect measure
    """

    average: Estimates
    tau2: Any
    residual_df: Any
    measure: str

    @property
    def estimate(self) -> Floats:
        """(..., m) expected effects."""
        return self.average.estimate

    @property
    def se(self) -> Floats:
        """(..., m) their standard errors."""
        return self.average.se

    def interval(self, level: float | None = None) -> tuple[Floats, Floats]:
        """Confidence limits of the expected effects, (..., m) each."""
        return self.average.interval(level)

    def prediction_interval(self, level: float | None = None, *, method: str = "t") -> tuple[Floats, Floats]:
        """Limits between which the effect of a new study with these moderators lies: estimate -+ q sqrt(tau2 + se^2).

        q is of t with k - p degrees of freedom ("t"), with one fewer ("HTS") or normal ("normal").
        nan for a common-effect model, and where there are too few degrees of freedom. Higgins, Thompson & Spiegelhalter (2009),
        JRSS A 172:137-159.
        """
        choose("method", method, PREDICTIONS)
        df = PREDICTIONS[method](np.asarray(self.residual_df) + 1)
        level = self.average.level if level is None else checked_level(level)
        tau2 = np.asarray(self.tau2)
        tau2 = tau2 if tau2.shape == self.se.shape else tau2[..., np.newaxis]
        half = np.asarray(quantile(level, df))[..., np.newaxis] * np.sqrt(tau2 + self.se**2)
        return self.estimate - half, self.estimate + half

    def table(self) -> dict[str, list[Any]]:
        """A row a row of new data: row, estimate, se, ci_low, ci_high, pi_low, pi_high; in a batch, each cell holds all."""
        columns = {"estimate": self.estimate, "se": self.se}
        columns |= dict(zip(("ci_low", "ci_high"), self.interval(), strict=True))
        columns |= dict(zip(("pi_low", "pi_high"), self.prediction_interval(), strict=True))
        return {"row": list(self.average.names)} | {name: np.moveaxis(v, -1, 0).tolist() for name, v in columns.items()}

    def __repr__(self) -> str:
        return f"<Predictions: {len(self.average.names)} rows>"

    def __str__(self) -> str:
        if self.estimate.ndim > 1:
            return str(self.average)
        measure = MEASURES[self.measure]
        level = f"{100 * self.average.level:g}%"
        beyond = self.prediction_interval()
        shown = {f"{level} CI": self.interval()} | ({f"{level} prediction": beyond} if np.isfinite(beyond).any() else {})
        columns: dict[str, Sequence[str]] = {
            "": self.average.names,
            measure.code or "effect": [f"{measure.shown(x):.2f}" for x in self.estimate.tolist()],
        }
        for head, (low, high) in shown.items():
            pairs = zip(low.tolist(), high.tolist(), strict=True)
            columns[head] = [f"{measure.shown(lo):.2f} to {measure.shown(hi):.2f}" for lo, hi in pairs]
        return text_table(columns)
