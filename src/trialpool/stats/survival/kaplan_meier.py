"""Kaplan-Meier curves of patient data, their medians and milestones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import z_quantile
from trialpool.stats.pooling.choices import checked_level
from trialpool.stats.survival.life_table import LifeTable, life_table, survival_at
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class KaplanMeier(Tabular):
    """Survival by arm.

    tables : life table of each arm
    n      : patients by arm;  last : last follow-up by arm
    unit   : unit of time; level : confidence level of the limits
    """

    tables: dict[str, LifeTable]
    n: dict[str, int]
    last: dict[str, float]
    unit: str
    level: float

    def survival(self, arm: str, times: Any) -> Floats:
        """S(t) of an arm; nan after its last follow-up, unless nobody is left alive."""
        at = np.asarray(times, float)
        S = survival_at(self._table(arm), at)
        return np.where((at > self.last[arm]) & (S > 0), np.nan, S)

    def standard_error(self, arm: str, times: Any) -> Floats:
        """Greenwood's, S(t) sqrt(sum d / (Y (Y - d))). 0 where S is 1, nan where it is 0."""
        table, at = self._table(arm), np.asarray(times, float)
        place = np.searchsorted(table.time, at, side="right")
        variance = np.concatenate([[0.0], table.greenwood])[place]
        with np.errstate(invalid="ignore"):
            se: Floats = self.survival(arm, at) * np.sqrt(variance)
        return se

    def interval(self, arm: str, times: Any) -> tuple[Floats, Floats]:
        """Limits symmetric in ln(-ln S), by the log-log transformation. Borgan & Liestol (1990), Scand J Stat 17:35-41."""
        S = self.survival(arm, times)
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = z_quantile(self.level) * self.standard_error(arm, times) / (S * np.abs(np.log(S)))
            low, high = S ** np.exp(spread), S ** np.exp(-spread)
        return np.where(S == 1, 1.0, low), np.where(S == 1, 1.0, high)

    def median(self, arm: str) -> float:
        """Time at which survival comes to one half; infinite where it does not. Where it stays there, the middle of that time."""
        return _crossing(self._table(arm).time, self._table(arm).survival)

    def median_interval(self, arm: str) -> tuple[float, float]:
        """Times at which the limits of `interval` come to one half. Brookmeyer & Crowley (1982), Biometrics 38:29-41."""
        table = self._table(arm)
        low, high = self.interval(arm, table.time)
        low, high = (np.where(np.isnan(limit), np.inf, limit) for limit in (low, high))
        return _first_below(table.time, low), _first_below(table.time, high)

    def _table(self, arm: str) -> LifeTable:
        if arm not in self.tables:
            raise BadArgument(f"arm {arm!r} is not known. Choose one of {', '.join(map(repr, self.tables))}.")
        return self.tables[arm]

    def table(self) -> dict[str, list[Any]]:
        """A row an arm: patients, events, median with its limits, last follow-up."""
        limits = {arm: self.median_interval(arm) for arm in self.tables}
        return {
            "arm": list(self.tables),
            "n": list(self.n.values()),
            "events": [int(table.events.sum()) for table in self.tables.values()],
            "median": [self.median(arm) for arm in self.tables],
            "median_low": [limits[arm][0] for arm in self.tables],
            "median_high": [limits[arm][1] for arm in self.tables],
            "last_follow_up": list(self.last.values()),
        }

    def __repr__(self) -> str:
        return f"<KaplanMeier: {self}>"

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        parts = []
        for arm in self.tables:
            median = self.median(arm)
            said = "median not reached" if np.isinf(median) else f"median {median:.4g}{unit}"
            parts.append(f"{arm} {int(self.tables[arm].events.sum())}/{self.n[arm]}, {said}")
        return "; ".join(parts)


def kaplan_meier(patients: PatientTimes, *, level: float = 0.95) -> KaplanMeier:
    """Kaplan-Meier curve of every arm.

    Raises
    ------
    BadArgument
        for a level outside 0 to 1

    References
    ----------
    Kaplan & Meier (1958), J Am Stat Assoc 53:457-481

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> curve = kaplan_meier(patient_times([6, 6, 6, 6, 7, 9, 10, 10], [1, 1, 1, 0, 1, 0, 1, 0], unit="weeks"))
    >>> curve.survival("all", [6, 7, 10])
    array([0.625   , 0.46875 , 0.234375])
    >>> print(curve)
    all 5/8, median 7 weeks
    """
    checked_level(level)
    groups = {name: patients.arm == code for code, name in enumerate(patients.arms)}
    return KaplanMeier(
        tables={name: life_table(patients.time[own], patients.event[own]) for name, own in groups.items()},
        n={name: int(own.sum()) for name, own in groups.items()},
        last={name: float(patients.time[own].max(initial=0.0)) for name, own in groups.items()},
        unit=patients.unit,
        level=level,
    )


def _crossing(time: Floats, S: Floats) -> float:
    at_half = np.flatnonzero(np.abs(S - 0.5) < 1e-9)
    below = np.flatnonzero(S < 0.5 - 1e-9)
    if at_half.size and below.size:
        return float((time[at_half[0]] + time[below[0]]) / 2)
    return float(time[at_half[0]]) if at_half.size else float(time[below[0]]) if below.size else float("inf")


def _first_below(time: Floats, S: Floats) -> float:
    below = np.flatnonzero(S <= 0.5 + 1e-9)
    return float(time[below[0]]) if below.size else float("inf")
