"""The log-rank test of two arms: observed and expected events, O - E and its variance."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.distributions import p_text
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LogRank(Tabular):
    """Observed less expected events of the treatment arm, and its variance.

    observed, expected : events of the treatment arm;  v : variance of O - E, the information on the log hazard ratio
    """

    treatment: str
    control: str
    observed: float
    expected: float
    v: float

    @property
    def o_minus_e(self) -> float:
        return self.observed - self.expected

    @property
    def chi_squared(self) -> float:
        """(O - E)^2 / V, on one degree of freedom."""
        return self.o_minus_e**2 / self.v

    @property
    def p(self) -> float:
        """Two-sided P value."""
        return float(chdtrc(1, self.chi_squared))

    @property
    def log_hr(self) -> float:
        """Peto's one-step estimate (O - E) / V; too far from 0 beyond about 0.4."""
        return self.o_minus_e / self.v

    @property
    def se(self) -> float:
        """1 / sqrt(V)."""
        return 1 / sqrt(self.v)

    def table(self) -> dict[str, list[Any]]:
        return {
            "comparison": [f"{self.treatment} v {self.control}"],
            "observed": [self.observed],
            "expected": [self.expected],
            "v": [self.v],
            "chi_squared": [self.chi_squared],
            "p": [self.p],
        }

    def __repr__(self) -> str:
        return f"<LogRank: {self}>"

    def __str__(self) -> str:
        return f"O - E = {self.o_minus_e:.2f}, V = {self.v:.2f}, chi-squared {self.chi_squared:.2f}, {p_text(self.p)}"


def log_rank(patients: PatientTimes, *, treatment: str | None = None, control: str | None = None, strata: Any = None) -> LogRank:
    """The log-rank test of two arms.

    Parameters
    ----------
    patients : of two arms at least
    treatment, control : the arms; the second and the first where not given
    strata : (n,) group of each patient, such as the trial, in which the arms are compared; None for one

    Raises
    ------
    BadArgument
        for an arm that is not known
    NotEstimable
        where there is no event while both arms are at risk

    References
    ----------
    Mantel (1966), Cancer Chemother Rep 50:163-170; Peto et al. (1977), Br J Cancer 35:1-39

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> print(log_rank(patient_times([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0], ["c", "c", "t", "c", "t", "t"])))
    O - E = -1.52, V = 0.90, chi-squared 2.56, P = 0.110
    """
    control, treatment, x, kept = two_arms(patients, treatment, control)
    groups = np.zeros(len(x), np.intp) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1][kept]
    time, event = patients.time[kept], patients.event[kept]
    parts = [_one_stratum(time[groups == g], event[groups == g], x[groups == g]) for g in np.unique(groups)]
    observed, expected, v = (float(sum(column)) for column in zip(*parts, strict=True))
    if not v > 0:
        raise NotEstimable(f"log-rank test of {treatment} v {control}: no event while both arms are at risk.")
    return LogRank(treatment=treatment, control=control, observed=observed, expected=expected, v=v)


def two_arms(patients: PatientTimes, treatment: str | None, control: str | None) -> tuple[str, str, Floats, NDArray[np.intp]]:
    """Control, treatment, (n,) 1 in the treatment arm, and the places of their patients."""
    if len(patients.arms) < 2:
        raise BadArgument(f"there is one arm, {patients.arms[0]!r}, and nothing to compare it with.")
    names = (control or patients.arms[0], treatment or patients.arms[1])
    for name in names:
        if name not in patients.arms:
            raise BadArgument(f"arm {name!r} is not known. Choose one of {', '.join(map(repr, patients.arms))}.")
    if names[0] == names[1]:
        raise BadArgument(f"treatment and control are both {names[0]!r}. Name two arms.")
    codes = [patients.arms.index(name) for name in names]
    kept = np.flatnonzero(np.isin(patients.arm, codes))
    return *names, (patients.arm[kept] == codes[1]).astype(float), kept


def _one_stratum(time: Floats, event: Bools, x: Floats) -> tuple[float, float, float]:
    """O, E and V: at each event time d Y1/Y and d (Y1/Y)(1 - Y1/Y)(Y - d)/(Y - 1)."""
    at, inverse = np.unique(time[event], return_inverse=True)
    d = np.bincount(inverse, minlength=len(at))
    Y = len(time) - np.searchsorted(np.sort(time), at, side="left")
    Y1 = int(x.sum()) - np.searchsorted(np.sort(time[x == 1]), at, side="left")
    share = Y1 / Y
    v = d * share * (1 - share) * np.divide(Y - d, Y - 1, out=np.zeros(len(at)), where=Y > 1)
    return float(x[event].sum()), float((d * share).sum()), float(v.sum())
