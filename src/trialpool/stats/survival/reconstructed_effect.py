"""The hazard ratio of reconstructed patients, with what the figure leaves open added to its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.patient_route import NAME
from trialpool.stats.survival.hazard_ratio import CoxHazardRatio, cox
from trialpool.stats.survival.reconstruct import Reconstruction
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReconstructedHazardRatio(Tabular):
    """Cox's hazard ratio of reconstructed patients.

    fit     : of the data in the middle of what the figure allows
    between : standard deviation of ln HR over other data that the figure allows; nan where these could not be drawn
    draws   : how many these are
    fit_se  : least and largest SE of the model over them and the fit
    """

    fit: CoxHazardRatio
    between: float
    draws: int
    fit_se: tuple[float, float]

    @property
    def log_hr(self) -> float:
        return self.fit.log_hr

    @property
    def se(self) -> float:
        """sqrt(SE^2 + (1 + 1/M) between^2), by Rubin's rules; the SE of the fit alone where `between` is not known."""
        if np.isnan(self.between):
            return self.fit.se
        return float(np.sqrt(self.fit.se**2 + (1 + 1 / self.draws) * self.between**2))

    @property
    def inflation(self) -> float:
        """SE with what the figure leaves open, over the SE without: 1 where the figure determines the answer."""
        return self.se / self.fit.se if not np.isnan(self.between) else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Limits of the hazard ratio, by `se`."""
        z = z_quantile(self.fit.level)
        return float(np.exp(self.log_hr - z * self.se)), float(np.exp(self.log_hr + z * self.se))

    def derivation(self) -> Derivation:
        """The effect as a route from a report to a log hazard ratio, beside those of `hazard_ratio`."""
        fit, reach = self.fit, 2 * (0.0 if np.isnan(self.between) else self.between)
        added = self.se**2 - fit.se**2
        return Derivation(
            route=NAME,
            yi=self.log_hr,
            se=self.se,
            formula="Cox model of the patients behind the curve; SE = sqrt(SE_Cox^2 + (1 + 1/M) between^2)",
            worked=f"ln HR {self.log_hr:.4f}; sqrt({fit.se:.4f}^2 + {added:.6f}) = {self.se:.4f}",
            inputs={"events_t": str(fit.events_t), "events_c": str(fit.events_c)},
            assumptions=(
                "the curve was read as exactly as its boxes say",
                "where the figure does not show it, censoring is spread evenly between two entries of the risk table",
                "the hazard ratio is unadjusted",
            ),
            yi_low=self.log_hr - reach,
            yi_high=self.log_hr + reach,
            se_low=float(np.sqrt(self.fit_se[0] ** 2 + added)),
            se_high=float(np.sqrt(self.fit_se[1] ** 2 + added)),
        )

    def table(self) -> dict[str, list[Any]]:
        low, high = self.interval
        return {
            "comparison": [f"{self.fit.treatment} v {self.fit.control}"],
            "hr": [self.fit.hr],
            "low": [low],
            "high": [high],
            "log_hr": [self.log_hr],
            "se": [self.se],
            "se_of_fit": [self.fit.se],
            "between": [self.between],
            "inflation": [self.inflation],
        }

    def __repr__(self) -> str:
        return f"<ReconstructedHazardRatio: {self}>"

    def __str__(self) -> str:
        low, high = self.interval
        figure = (
            "the figure adds nothing known"
            if np.isnan(self.between)
            else f"the figure adds {100 * (self.inflation - 1):.2g}% to the SE"
        )
        return f"HR {self.fit.hr:.3f} ({100 * self.fit.level:g}% CI {low:.3f} to {high:.3f}), {figure}"


def reconstructed_hazard_ratio(
    made: Reconstruction, *, treatment: str | None = None, control: str | None = None, level: float = 0.95
) -> ReconstructedHazardRatio:
    """Cox's hazard ratio of two arms of a reconstruction, and how much the figure leaves open.

    The other data sets that the figure allows were drawn with its readings anywhere in their boxes, so their hazard ratios differ
    by what the readings, the risk table and the total of events do not determine.

    Raises
    ------
    BadArgument
        for an arm that is not known
    NotEstimable
        where an arm has no event while the other is at risk

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys, eq. 3.1.5

    >>> from trialpool.stats.survival.published_curve import published_curve
    >>> from trialpool.stats.survival.reconstruct import reconstruct
    >>> a = published_curve([0, 1.5, 4.0, 7.2], [1, 0.8, 0.6, 0.3], risk_time=[0, 6], at_risk=[5, 2])
    >>> b = published_curve([0, 3.1, 9.5], [1, 0.8, 0.6], n=5)
    >>> print(reconstructed_hazard_ratio(reconstruct({"placebo": a, "drug": b})))
    HR 0.283 (95% CI 0.029 to 2.761), the figure adds 0.4% to the SE
    """
    fit = cox(made.patients, treatment=treatment, control=control, level=level)
    others = []
    for draw in made.draws:
        try:
            others.append(cox(draw, treatment=treatment, control=control))
        except NotEstimable:
            continue
    between = float(np.std([other.log_hr for other in others], ddof=1)) if len(others) > 1 else float("nan")
    errors = [fit.se, *(other.se for other in others)]
    return ReconstructedHazardRatio(fit=fit, between=between, draws=len(others), fit_se=(min(errors), max(errors)))
