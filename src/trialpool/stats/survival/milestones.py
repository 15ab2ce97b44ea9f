"""Survival of two arms at milestones, and the survival that a hazard ratio adds to a baseline curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import z_quantile
from trialpool.stats.pooling.choices import checked_level
from trialpool.stats.survival.kaplan_meier import KaplanMeier, kaplan_meier
from trialpool.stats.survival.log_rank import two_arms
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Milestones(Tabular):
    """Survival of two arms at T times.

    times                  : (T,)
    treated, control       : (T,) survival, as shares
    treated_se, control_se : (T,) by Greenwood
    """

    treatment_arm: str
    control_arm: str
    times: Floats
    treated: Floats
    control: Floats
    treated_se: Floats
    control_se: Floats
    unit: str = ""
    level: float = 0.95

    @property
    def difference(self) -> Floats:
        """(T,) treated - control."""
        return self.treated - self.control

    @property
    def se(self) -> Floats:
        """(T,) of `difference`."""
        return np.sqrt(self.treated_se**2 + self.control_se**2)

    def table(self) -> dict[str, list[Any]]:
        """A row a time."""
        z = z_quantile(self.level)
        return {
            "time": self.times.tolist(),
            "treated": self.treated.tolist(),
            "control": self.control.tolist(),
            "difference": self.difference.tolist(),
            "se": self.se.tolist(),
            "low": (self.difference - z * self.se).tolist(),
            "high": (self.difference + z * self.se).tolist(),
        }

    def __repr__(self) -> str:
        return f"<Milestones: {self}>"

    def __str__(self) -> str:
        z, unit = z_quantile(self.level), f" {self.unit}" if self.unit else ""
        rows = zip(self.times, self.difference, self.se, strict=True)
        return "; ".join(f"at {t:g}{unit}: {d:+.3f} ({d - z * se:.3f} to {d + z * se:.3f})" for t, d, se in rows)


def milestones(
    patients: PatientTimes, times: Any, *, treatment: str | None = None, control: str | None = None, level: float = 0.95
) -> Milestones:
    """Survival of two arms at some times, and its difference.

    Parameters
    ----------
    patients : of two arms at least
    times : one time, or several, at most the last follow-up of both arms
    treatment, control : the arms; the second and the first where not given

    Raises
    ------
    BadArgument
        for a time that is after the last follow-up of an arm, or below 0

    References
    ----------
    S_t(t) - S_c(t), its variance the sum of Greenwood's

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> print(milestones(patient_times([1, 2, 3, 4, 2, 4, 5, 6], [1, 1, 1, 1, 1, 0, 1, 0], list("ccccdddd")), 3))
    at 3: +0.500 (-0.100 to 1.100)
    """
    checked_level(level)
    at = np.atleast_1d(np.asarray(times, float))
    control, treatment, _, _ = two_arms(patients, treatment, control)
    curves = kaplan_meier(patients.of(control, treatment), level=level)
    for arm in (control, treatment):
        unknown = np.isnan(curves.survival(arm, at)) | ~(at >= 0)
        if unknown.any():
            found, last = at[unknown][0], curves.last[arm]
            raise BadArgument(f"time {found:g} is outside the follow-up of {arm!r}. Choose from 0 to {last:g}.")
    return Milestones(
        treatment_arm=treatment,
        control_arm=control,
        times=at,
        treated=curves.survival(treatment, at),
        control=curves.survival(control, at),
        treated_se=_se(curves, treatment, at),
        control_se=_se(curves, control, at),
        unit=patients.unit,
        level=level,
    )


def _se(curves: KaplanMeier, arm: str, at: Floats) -> Floats:
    """Greenwood's standard error, 0 where the curve has come to 0."""
    se = curves.standard_error(arm, at)
    return np.where(np.isnan(se), 0.0, se)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SurvivalGained(Tabular):
    """What a hazard ratio does to a baseline curve.

    times, control            : (T,) the baseline curve
    treated, low, high        : (T,) S_c ^ HR, and by the limits of the hazard ratio, the lower survival first
    """

    times: Floats
    control: Floats
    treated: Floats
    low: Floats
    high: Floats

    @property
    def gained(self) -> Floats:
        return self.treated - self.control

    @property
    def area(self) -> float:
        """Time gained on average up to the last of the times, by the trapezoidal rule from S = 1 at time 0."""
        return self._area(self.treated)

    @property
    def area_interval(self) -> tuple[float, float]:
        return self._area(self.low), self._area(self.high)

    def _area(self, S: Floats) -> float:
        time = np.concatenate([[0.0], self.times])
        return float(np.trapezoid(np.concatenate([[0.0], S - self.control]), time))

    def table(self) -> dict[str, list[Any]]:
        """A row a time."""
        return {
            "time": self.times.tolist(),
            "control": self.control.tolist(),
            "treated": self.treated.tolist(),
            "gained": self.gained.tolist(),
            "gained_low": (self.low - self.control).tolist(),
            "gained_high": (self.high - self.control).tolist(),
        }

    def __repr__(self) -> str:
        return f"<SurvivalGained: {self}>"

    def __str__(self) -> str:
        rows = zip(self.times, self.gained, self.low - self.control, self.high - self.control, strict=True)
        return "; ".join(f"at {t:g}: {gain:+.3f} ({low:.3f} to {high:.3f})" for t, gain, low, high in rows)


def survival_gained(times: Any, survival: Any, *, log_hr: float, se: float, level: float = 0.95) -> SurvivalGained:
    """Absolute survival gained over a baseline curve by a treatment whose hazard ratio is known.

    Parameters
    ----------
    times, survival : (T,) the baseline (control) curve, survival as shares above 0
    log_hr, se : ln HR, treatment against control, and its standard error; the baseline is taken as known
    level : confidence level

    Raises
    ------
    BadArgument
        for survival outside 0 to 1, times that are not ascending, or an SE below 0

    References
    ----------
    Altman & Andersen (1999), BMJ 319:1492-1495: S_t = S_c ^ HR, under proportional hazards

    >>> print(survival_gained([12, 24], [0.6, 0.3], log_hr=np.log(0.62), se=0.0412))
    at 12: +0.129 (0.109 to 0.147); at 24: +0.174 (0.145 to 0.202)
    """
    checked_level(level)
    t, S = np.atleast_1d(np.asarray(times, float)), np.atleast_1d(np.asarray(survival, float))
    if t.shape != S.shape or (np.diff(t) <= 0).any() or not ((S >= 0) & (S <= 1)).all():
        raise BadArgument("times and survival are columns of one length, times ascending and survival from 0 to 1.")
    if not (np.isfinite(log_hr) and se >= 0):
        raise BadArgument(f"log_hr={log_hr!r} and se={se!r} are no log hazard ratio and standard error.")
    z = z_quantile(level)
    treated, low, high = (S ** np.exp(log_hr + shift * z * se) for shift in (0, 1, -1))
    return SurvivalGained(times=t, control=S, treated=treated, low=low, high=high)
