"""Restricted mean survival time: the area under the curve up to a horizon, with the exact covariance over several horizons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import z_quantile
from trialpool.stats.pooling.choices import checked_level
from trialpool.stats.survival.life_table import LifeTable, life_table
from trialpool.stats.survival.log_rank import two_arms
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RestrictedMeans(Tabular):
    """Restricted mean survival times of two arms at T horizons, in the unit of time.

    horizons : (T,)
    treated, control         : (T,) means
    treated_cov, control_cov : (T, T) covariances over the horizons
    """

    treatment_arm: str
    control_arm: str
    horizons: Floats
    treated: Floats
    control: Floats
    treated_cov: Floats
    control_cov: Floats
    unit: str = ""
    level: float = 0.95

    @property
    def difference(self) -> Floats:
        """(T,) treated - control."""
        return self.treated - self.control

    @property
    def covariance(self) -> Floats:
        """(T, T) of `difference`."""
        return self.treated_cov + self.control_cov

    @property
    def se(self) -> Floats:
        """(T,) of `difference`."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def log_ratio(self) -> Floats:
        """(T,) ln(treated / control)."""
        return np.log(self.treated / self.control)

    @property
    def log_ratio_covariance(self) -> Floats:
        """(T, T) of `log_ratio`, by the delta method."""
        t, c = np.outer(self.treated, self.treated), np.outer(self.control, self.control)
        return self.treated_cov / t + self.control_cov / c

    def table(self) -> dict[str, list[Any]]:
        """A row a horizon."""
        z = z_quantile(self.level)
        return {
            "horizon": self.horizons.tolist(),
            "treated": self.treated.tolist(),
            "control": self.control.tolist(),
            "difference": self.difference.tolist(),
            "se": self.se.tolist(),
            "low": (self.difference - z * self.se).tolist(),
            "high": (self.difference + z * self.se).tolist(),
            "ratio": np.exp(self.log_ratio).tolist(),
        }

    def __repr__(self) -> str:
        return f"<RestrictedMeans: {self}>"

    def __str__(self) -> str:
        z, unit = z_quantile(self.level), f" {self.unit}" if self.unit else ""
        rows = zip(self.horizons, self.difference, self.se, strict=True)
        return "; ".join(f"to {t:g}{unit}: {d:+.3g} ({d - z * se:.3g} to {d + z * se:.3g})" for t, d, se in rows)


def rmst(
    patients: PatientTimes, horizons: Any, *, treatment: str | None = None, control: str | None = None, level: float = 0.95
) -> RestrictedMeans:
    """Restricted mean survival times of two arms, and their difference and ratio.

    Parameters
    ----------
    patients : of two arms at least
    horizons : one time, or several: (T,), > 0 and at most the last follow-up of both arms
    treatment, control : the arms; the second and the first where not given

    Raises
    ------
    BadArgument
        for a horizon that is beyond the last follow-up of an arm, with the longest that will do

    References
    ----------
    mu(tau) = integral of S from 0 to tau; Cov(mu(t1), mu(t2)) = sum over event times u of A1(u) A2(u) d / (Y (Y - d)), where Ak(u)
    is the area from u to tk. Klein & Moeschberger (2003), Survival Analysis, 2nd ed., eq. 4.5.2

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> found = rmst(patient_times([1, 2, 3, 4, 2, 4, 5, 6], [1, 1, 1, 1, 1, 0, 1, 0], list("ccccdddd")), [2, 4])
    >>> found.difference
    array([0.25, 1.  ])
    """
    checked_level(level)
    at = np.atleast_1d(np.asarray(horizons, float))
    control, treatment, x, kept = two_arms(patients, treatment, control)
    time, event = patients.time[kept], patients.event[kept]
    _check(at, {name: (time[x == code], event[x == code]) for code, name in enumerate((control, treatment))})
    means, covariances = zip(*(restricted_mean(life_table(time[x == code], event[x == code]), at) for code in (0, 1)), strict=True)
    return RestrictedMeans(
        treatment_arm=treatment,
        control_arm=control,
        horizons=at,
        treated=means[1],
        control=means[0],
        treated_cov=covariances[1],
        control_cov=covariances[0],
        unit=patients.unit,
        level=level,
    )


def restricted_mean(table: LifeTable, horizons: Floats) -> tuple[Floats, Floats]:
    """Areas (T,) under one curve, and their covariance (T, T)."""
    starts, S = np.concatenate([[0.0], table.time]), np.concatenate([[1.0], table.survival])
    ends = np.append(table.time, np.inf)
    lengths = np.clip(np.minimum(ends, horizons[:, np.newaxis]) - starts, 0, None)  # (T, m + 1)
    areas = lengths * S
    after = np.cumsum(areas[:, ::-1], axis=1)[:, ::-1][:, 1:]  # from each event time to the horizon
    left = table.at_risk - table.events
    weight = np.divide(table.events, table.at_risk * left, out=np.zeros_like(left), where=left > 0)
    return areas.sum(1), (after * weight) @ after.T


def longest_horizon(patients: PatientTimes) -> float:
    """The least over the arms of the last follow-up."""
    return float(min(patients.time[patients.arm == code].max(initial=0.0) for code in range(len(patients.arms))))


def _check(horizons: Floats, arms: dict[str, tuple[Floats, Any]]) -> None:
    for name, (time, event) in arms.items():
        if not len(time):
            raise NotEstimable(f"restricted mean survival: arm {name!r} has no patient.")
        last = float(time.max())
        done = bool(event[time == last].all())  # a curve that comes to 0 has an area up to any horizon
        beyond = horizons[horizons > last]
        if beyond.size and not done:
            raise BadArgument(f"horizon {beyond[0]:g} is after the last follow-up of {name!r}. Choose at most {last:g}.")
    if (horizons <= 0).any() or not np.isfinite(horizons).all():
        raise BadArgument(f"horizon {horizons[~(horizons > 0)].tolist() or horizons.tolist()} is no time. Horizons are above 0.")
