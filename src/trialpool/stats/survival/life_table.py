"""Patients at risk and events at each time that someone had the event: what Kaplan-Meier, log-rank and RMST are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialpool.stats.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LifeTable:
    """time (m,) distinct times of events, ascending; events and at_risk (just before the time) at each."""

    time: Floats
    events: Floats
    at_risk: Floats

    @property
    def survival(self) -> Floats:
        """(m,) just after each time. Kaplan & Meier (1958), J Am Stat Assoc 53:457-481."""
        kept: Floats = np.cumprod(np.asarray(1 - self.events / self.at_risk, float))
        return kept

    @property
    def greenwood(self) -> Floats:
        """(m,) sum of d / (Y (Y - d)) up to each time: the variance of ln S; infinite where nobody is left."""
        left = self.at_risk - self.events
        terms = np.divide(self.events, self.at_risk * left, out=np.full_like(left, np.inf), where=left > 0)
        summed: Floats = np.cumsum(terms)
        return summed


def life_table(time: Floats, event: Bools) -> LifeTable:
    """The life table of one group; events before censoring where times are equal.

    >>> table = life_table(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True]))
    >>> table.events, table.at_risk
    (array([1., 1., 1.]), array([4., 3., 1.]))
    """
    at, events = np.unique(time[event], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), at, side="left")
    return LifeTable(time=at, events=events.astype(float), at_risk=at_risk.astype(float))


def survival_at(table: LifeTable, times: Floats) -> Floats:
    """S(t) at each of some times, 1 before the first event."""
    S = np.concatenate([[1.0], table.survival])
    held: Floats = S[np.searchsorted(table.time, times, side="right")]
    return held
