"""Hazard ratios from patient data: Cox's model, stratified or not, in pieces of time, and the test of proportional hazards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from typing import Any

import numpy as np
from scipy.special import chdtrc

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.distributions import p_text, z_quantile
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.survival.cox import TwoArmFits, fit_cox, risk_sets, two_arm_fits
from trialpool.stats.survival.life_table import life_table
from trialpool.stats.survival.log_rank import two_arms
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.tables import Tabular

ArmTimes = tuple[Floats, Bools]  # time and event of each patient of an arm

__all__ = ["CoxHazardRatio", "ProportionalHazards", "cox", "piecewise_hazard_ratios", "proportional_hazards_test"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CoxHazardRatio(Tabular):
    """Hazard ratio of treatment against control; below 1 favours treatment.

    log_hr, se : ln HR and its standard error;  events_t, events_c : events by arm;  level : confidence level
    start, stop : the time that it is of; 0 and inf for all
    """

    treatment: str
    control: str
    log_hr: float
    se: float
    events_t: int
    events_c: int
    level: float
    start: float = 0.0
    stop: float = float("inf")

    @property
    def hr(self) -> float:
        return exp(self.log_hr)

    @property
    def interval(self) -> tuple[float, float]:
        """Wald limits of the hazard ratio."""
        z = z_quantile(self.level)
        return exp(self.log_hr - z * self.se), exp(self.log_hr + z * self.se)

    @property
    def p(self) -> float:
        """Two-sided Wald P value."""
        return float(chdtrc(1, (self.log_hr / self.se) ** 2))

    def table(self) -> dict[str, list[Any]]:
        low, high = self.interval
        return {
            "comparison": [f"{self.treatment} v {self.control}"],
            "hr": [self.hr],
            "low": [low],
            "high": [high],
            "log_hr": [self.log_hr],
            "se": [self.se],
            "p": [self.p],
            "events_t": [self.events_t],
            "events_c": [self.events_c],
        }

    def __repr__(self) -> str:
        return f"<CoxHazardRatio: {self}>"

    def __str__(self) -> str:
        low, high = self.interval
        when = (
            ""
            if np.isinf(self.stop) and not self.start
            else f" from {self.start:g}" + f" to {self.stop:g}" * bool(np.isfinite(self.stop))
        )
        events = f"{self.events_t} and {self.events_c} events"
        return f"HR {self.hr:.3f} ({100 * self.level:g}% CI {low:.3f} to {high:.3f}){when}, {events}"


def cox(
    patients: PatientTimes, *, treatment: str | None = None, control: str | None = None, strata: Any = None, level: float = 0.95
) -> CoxHazardRatio:
    """The hazard ratio of two arms by Cox's model, ties by Efron's method.

    Parameters
    ----------
    patients : of two arms at least
    treatment, control : the arms; the second and the first where not given
    strata : (n,) group of each patient, such as the trial, that has a baseline hazard of its own; None for one
    level : confidence level

    Raises
    ------
    BadArgument
        for an arm that is not known, or a level outside 0 to 1
    NotEstimable
        where an arm has no event while the other is at risk

    References
    ----------
    Cox (1972), J R Stat Soc B 34:187-220; Efron (1977), J Am Stat Assoc 72:557-565

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> print(cox(patient_times([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0], ["c", "c", "t", "c", "t", "t"])))
    HR 0.185 (95% CI 0.019 to 1.838), 1 and 3 events
    """
    checked_level(level)
    control, treatment, x, kept = two_arms(patients, treatment, control)
    groups = None if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1][kept].astype(np.intp)
    event = patients.event[kept]
    fit = fit_cox(patients.time[kept], event, x[:, np.newaxis], groups)
    return CoxHazardRatio(
        treatment=treatment,
        control=control,
        log_hr=float(fit.beta[0]),
        se=float(fit.covariance[0, 0] ** 0.5),
        events_t=int(event[x == 1].sum()),
        events_c=int(event[x == 0].sum()),
        level=level,
    )


def cox_of_each(data: Sequence[PatientTimes], treatment: str, control: str) -> TwoArmFits:
    """Cox's model of two arms in each of M data sets, all at once: (M,) log hazard ratios and their SEs, as `cox` finds them.

    nan where a data set has no hazard ratio, or one that is 0 or infinite.
    """
    arms = [[_arm(patients, arm) for patients in data] for arm in (treatment, control)]
    tables = _life_tables(*arms)  # (M, 2, K) each
    return two_arm_fits(*(table[:, i] for table in tables for i in range(2)))


def cox_of_pairs(treated: Sequence[ArmTimes], control: Sequence[ArmTimes]) -> TwoArmFits:
    """(T, C) Cox's model of each of T data sets of one arm beside each of C of the other."""
    tables = _life_tables(treated, control)
    return two_arm_fits(*(tables[0][:, np.newaxis, i] for i in range(2)), *(tables[1][np.newaxis, :, i] for i in range(2)))


def _arm(patients: PatientTimes, arm: str) -> ArmTimes:
    own = patients.arm == patients.arms.index(arm)
    return patients.time[own], patients.event[own]


def _life_tables(*arms: Sequence[ArmTimes]) -> list[Floats]:
    """(M, 2, K) of each arm: events at each time of an event in any of the data, and patients at risk just before it."""
    at = np.unique(np.concatenate([time[event] for arm in arms for time, event in arm]))
    return [np.array([_counts(time, event, at) for time, event in arm]) for arm in arms]


def _counts(time: Floats, event: Bools, at: Floats) -> Floats:
    events = np.bincount(np.searchsorted(at, time[event]), minlength=len(at))
    return np.array([events, len(time) - np.searchsorted(np.sort(time), at, side="left")], float)


def piecewise_hazard_ratios(
    patients: PatientTimes, cuts: Any, *, treatment: str | None = None, control: str | None = None, level: float = 0.95
) -> tuple[CoxHazardRatio, ...]:
    """The hazard ratio in each piece of time between cuts: of those who are still at risk where it begins.

    Parameters
    ----------
    patients, treatment, control, level : see `cox`
    cuts : times that divide the follow-up, ascending and above 0

    Raises
    ------
    BadArgument
        for cuts that are not ascending
    NotEstimable
        for a piece in which an arm has no event, named

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> data = patient_times([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 0], list("ctcttcct"))
    >>> [round(piece.hr, 2) for piece in piecewise_hazard_ratios(data, [4])]
    [0.84, 0.62]
    """
    at = np.atleast_1d(np.asarray(cuts, float))
    if (np.diff(at) <= 0).any() or (at <= 0).any() or not np.isfinite(at).all():
        raise BadArgument(f"cuts={at.tolist()} are not ascending times above 0.")
    edges = [0.0, *at.tolist(), float("inf")]
    return tuple(_piece(patients, start, stop, treatment, control, level) for start, stop in pairwise(edges))


def _piece(
    patients: PatientTimes, start: float, stop: float, treatment: str | None, control: str | None, level: float
) -> CoxHazardRatio:
    there = patients.time > start if start else np.ones(len(patients.time), bool)
    time = np.minimum(patients.time[there], stop)
    event = patients.event[there] & (patients.time[there] <= stop)
    part = PatientTimes(time=time, event=event, arm=patients.arm[there], arms=patients.arms, unit=patients.unit)
    try:
        whole = cox(part, treatment=treatment, control=control, level=level)
    except NotEstimable as reason:
        raise NotEstimable(f"time from {start:g} to {stop:g}: {reason} Choose other cuts.") from None
    return CoxHazardRatio(**{name: getattr(whole, name) for name in CoxHazardRatio.__slots__} | {"start": start, "stop": stop})


CLOCKS = {
    "km": "1 - S(t) of all patients just before t",
    "log": "ln t",
    "time": "t",
    "rank": "the rank of t among the event times",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProportionalHazards(Tabular):
    """Test that the log hazard ratio does not change with a clock g(t).

    slope, se : one-step estimate of the change of ln HR per unit of g, and its standard error
    chi_squared, df, p : score test
    """

    clock: str
    slope: float
    se: float
    chi_squared: float
    df: int

    @property
    def p(self) -> float:
        return float(chdtrc(self.df, self.chi_squared))

    def table(self) -> dict[str, list[Any]]:
        return {"clock": [self.clock], "slope": [self.slope], "se": [self.se], "chi_squared": [self.chi_squared], "p": [self.p]}

    def __repr__(self) -> str:
        return f"<ProportionalHazards: {self}>"

    def __str__(self) -> str:
        test = p_text(self.p) if self.df == 1 else f"chi-squared {self.chi_squared:.2f} on {self.df} df, {p_text(self.p)}"
        return f"change of ln HR with {CLOCKS[self.clock]}: {self.slope:.3g} (SE {self.se:.3g}), {test}"


def proportional_hazards_test(
    patients: PatientTimes, *, clock: str = "km", treatment: str | None = None, control: str | None = None
) -> ProportionalHazards:
    """The score test of the interaction of treatment with a clock g(t), made of Schoenfeld residuals.

    Parameters
    ----------
    patients, treatment, control : see `cox`
    clock : "km", "log", "time" or "rank": what g(t) is

    References
    ----------
    Grambsch & Therneau (1994), Biometrika 81:515-526: U = sum g r over the deaths, r the Schoenfeld residuals;
    chi2 = U^2 / (sum g^2 v - (sum g v)^2 / sum v), v the variance of treatment in each risk set

    >>> from trialpool.stats.survival.patient_times import patient_times
    >>> data = patient_times([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 0], list("ctcttcct"))
    >>> print(proportional_hazards_test(data, clock="log"))
    change of ln HR with ln t: 0.215 (SE 1.22), P = 0.860
    """
    choose("clock", clock, CLOCKS)
    control, treatment, x, kept = two_arms(patients, treatment, control)
    time, event = patients.time[kept], patients.event[kept]
    beta = fit_cox(time, event, x[:, np.newaxis]).beta
    residual, v, at = _residuals(time, event, x, float(beta[0]))
    g = _clock(clock, time, event, at)
    g = g - (g * v).sum() / v.sum()
    information = float((g**2 * v).sum())
    if not information > 0:
        raise NotEstimable("test of proportional hazards: all events come at one time.")
    U = float((g * residual).sum())
    return ProportionalHazards(clock=clock, slope=U / information, se=information**-0.5, chi_squared=U**2 / information, df=1)


def _residuals(time: Floats, event: Any, x: Floats, beta: float) -> tuple[Floats, Floats, Floats]:
    """Of each death: what it had of x beyond the mean of its risk set, the variance of x there, and its time."""
    sets = risk_sets(time, event, x[:, np.newaxis])
    w = np.exp(beta * sets.X[:, 0])
    running = [np.concatenate([[0.0], np.cumsum(part)]) for part in (w, w * sets.X[:, 0])]
    first, last, (head, tail) = sets.first, sets.last, sets.tied.T
    S0, S1 = (run[last] - run[first] - sets.share * (run[tail] - run[head]) for run in running)
    mean = S1 / S0
    died = np.sort(time[event])[::-1]
    return sets.X[sets.event, 0] - mean, mean * (1 - mean), died


def _clock(clock: str, time: Floats, event: Any, at: Floats) -> Floats:
    if clock == "log":
        return np.log(np.maximum(at, 1e-12))
    if clock == "time":
        return at
    if clock == "rank":
        return np.searchsorted(np.sort(at), at, side="right").astype(float)
    table = life_table(time, event)
    before = np.concatenate([[1.0], table.survival])[np.searchsorted(table.time, at, side="left")]
    return np.asarray(1 - before, float)
