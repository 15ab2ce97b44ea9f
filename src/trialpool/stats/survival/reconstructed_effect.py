"""The hazard ratio of reconstructed patients: the mean over all that the figure allows, its spread added to the standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.patient_route import NAME
from trialpool.stats.survival.cox import TwoArmFits
from trialpool.stats.survival.hazard_ratio import CoxHazardRatio, cox, cox_of_each
from trialpool.stats.survival.reconstruct import Reconstruction
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReconstructedHazardRatio(Tabular):
    """Cox's hazard ratio of the patients behind a figure, over all data sets that it allows.

    fit     : of the data in the middle of what the figure allows
    log_hr  : mean of ln HR over the draws; that of the fit where there are none
    within  : SE of Cox's model, the root of the mean of its squares over the draws
    between : standard deviation of ln HR over the draws; nan where there are none
    draws   : how many these are
    within_range : least and largest SE of the model over them
    """

    fit: CoxHazardRatio
    log_hr: float
    within: float
    between: float
    draws: int
    within_range: tuple[float, float]

    @property
    def hr(self) -> float:
        return float(np.exp(self.log_hr))

    @property
    def se(self) -> float:
        """sqrt(within^2 + (1 + 1/M) between^2), by Rubin's rules; `within` alone where `between` is not known."""
        if np.isnan(self.between):
            return self.within
        return float(np.sqrt(self.within**2 + (1 + 1 / self.draws) * self.between**2))

    @property
    def inflation(self) -> float:
        """SE with what the figure leaves open, over the SE without: 1 where the figure determines the answer."""
        return self.se / self.within if not np.isnan(self.between) else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Limits of the hazard ratio, by `se`."""
        z = z_quantile(self.fit.level)
        return float(np.exp(self.log_hr - z * self.se)), float(np.exp(self.log_hr + z * self.se))

    def derivation(self) -> Derivation:
        """The effect as a route from a report to a log hazard ratio, beside those of `hazard_ratio`."""
        fit, reach = self.fit, 2 * (0.0 if np.isnan(self.between) else self.between)
        added = self.se**2 - self.within**2
        return Derivation(
            route=NAME,
            yi=self.log_hr,
            se=self.se,
            formula="mean ln HR of Cox models over the patients that the curve allows; SE = sqrt(SE_Cox^2 + (1 + 1/M) between^2)",
            worked=f"ln HR {self.log_hr:.4f}; sqrt({self.within:.4f}^2 + {added:.6f}) = {self.se:.4f}",
            inputs={"events_t": str(fit.events_t), "events_c": str(fit.events_c)},
            assumptions=(
                "the curve was read as exactly as its boxes say",
                "where the figure does not show it, censoring is spread between two entries of the risk table by its expected rate",
                "the hazard ratio is unadjusted",
            ),
            yi_low=self.log_hr - reach,
            yi_high=self.log_hr + reach,
            se_low=float(np.sqrt(self.within_range[0] ** 2 + added)),
            se_high=float(np.sqrt(self.within_range[1] ** 2 + added)),
        )

    def table(self) -> dict[str, list[Any]]:
        low, high = self.interval
        return {
            "comparison": [f"{self.fit.treatment} v {self.fit.control}"],
            "hr": [self.hr],
            "low": [low],
            "high": [high],
            "log_hr": [self.log_hr],
            "se": [self.se],
            "se_of_fit": [self.within],
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
        return f"HR {self.hr:.3f} ({100 * self.fit.level:g}% CI {low:.3f} to {high:.3f}), {figure}"


def reconstructed_hazard_ratio(
    made: Reconstruction, *, treatment: str | None = None, control: str | None = None, level: float = 0.95
) -> ReconstructedHazardRatio:
    """Cox's hazard ratio of two arms of a reconstruction, and how much the figure leaves open.

    The data sets that the figure allows were drawn with its readings anywhere in their boxes, so their hazard ratios differ by what
    the readings, the risk table and the total of events do not determine. Their mean is nearer to the truth than one of them is.

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
    HR 0.301 (95% CI 0.031 to 2.940), the figure adds 0.3% to the SE
    """
    fit = cox(made.patients, treatment=treatment, control=control, level=level)
    each = cox_of_each(made.draws, fit.treatment, fit.control) if made.draws else TwoArmFits(np.zeros(0), np.zeros(0))
    had = np.isfinite(each.log_hr)
    log_hr, se = each.log_hr[had], each.se[had]
    if len(log_hr) < 2:
        return ReconstructedHazardRatio(
            fit=fit, log_hr=fit.log_hr, within=fit.se, between=float("nan"), draws=len(log_hr), within_range=(fit.se, fit.se)
        )
    return ReconstructedHazardRatio(
        fit=fit,
        log_hr=float(log_hr.mean()),
        within=float(np.sqrt(np.mean(se**2))),
        between=float(np.std(log_hr, ddof=1)),
        draws=len(log_hr),
        within_range=(float(se.min()), float(se.max())),
    )
