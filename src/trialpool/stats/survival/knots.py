"""The moments at which a published curve says something: its coordinates, the times of its risk table, and its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.survival.published_curve import PublishedCurve

NEAR = 1e-9
SEVERAL = 2.5  # patients who fell between two points, with whom moments are put between
APART = 1e-6  # of these from the risk table
FEW = 6  # moments that are put between two points
MOST = 250  # and in all


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knots:
    """K moments in order. Between two of them patients may be censored; then, at the later one, some may have the event.

    time      : (K,)
    read      : (K,) the reading of survival just after it, nan where there was none
    S         : (K,) survival made monotone
    eventful  : (K,) whether somebody may have the event
    known     : (K,) patients at risk after the censoring before it and before its events, nan where the table does not say
    marks     : (K,) censoring marks since the moment before, -1 where the figure shows none
    start     : n, patients at time 0
    closed    : whether the last knot is the end of a curve that has not come to 0: its last patient leaves there
    """

    time: Floats
    read: Floats
    S: Floats
    eventful: Bools
    known: Floats
    marks: NDArray[np.intp]
    start: int
    closed: bool


def knots_of(curve: PublishedCurve) -> Knots:
    """Merge the coordinates, the risk table and the end of a curve.

    A number at risk counts those who are there just before its time. At a step that falls on the time of the table, it therefore
    counts the patients before the step; in a curve read at points of time, events lie between two readings and come first.
    """
    rows: list[tuple[float, int, float, bool, float]] = []  # time, rank among equals, reading, eventful, known
    coordinates = curve.time > 0
    last = float(curve.time[-1])
    rows += [(t, 1, s, True, np.nan) for t, s in zip(curve.time[coordinates], curve.survival[coordinates], strict=True)]
    after = 2 if curve.reading == "points" else 0
    for t, n in zip(curve.risk_time, curve.at_risk, strict=True):
        if 0 < t <= curve.end:
            rows.append((t, after, np.nan, False, n))
            if curve.reading == "points" and t < last and np.abs(curve.time - t).min() > NEAR:
                rows.append((t, 1, np.nan, True, np.nan))
    if curve.reading == "points":
        rows += [(t, 1, np.nan, True, np.nan) for t in _between(curve)]
    counted_at_end = bool((np.abs(curve.risk_time - curve.end) <= NEAR).any())
    closed = bool(curve.survival[-1] > curve.half_width) and not counted_at_end
    if closed:
        rows.append((curve.end, 3, np.nan, False, 1.0))
    rows.sort(key=lambda row: row[:2])
    time, _, read, eventful, known = (np.array(column) for column in zip(*rows, strict=True))
    monotone = curve.monotone
    S = np.interp(time, curve.time, monotone) if curve.reading == "points" else _held(time, curve.time, monotone, ~np.isnan(read))
    return Knots(
        time=time.astype(float),
        read=read.astype(float),
        S=np.minimum.accumulate(S),
        eventful=eventful.astype(bool),
        known=known.astype(float),
        marks=_marks(curve, time, closed),
        start=curve.n,
        closed=closed,
    )


def _between(curve: PublishedCurve) -> list[float]:
    """Moments between two points where the curve fell by several patients: as many as these may be, up to a few."""
    drops = -np.diff(curve.monotone)
    patients = curve.n * drops
    parts = np.where(patients > SEVERAL, np.clip(np.ceil(patients), 1, FEW), 1).astype(np.intp)
    if (parts - 1).sum() > MOST:
        return []
    moments: list[float] = []
    for start, stop, m in zip(curve.time[:-1], curve.time[1:], parts, strict=True):
        moments += (start + (stop - start) * np.arange(1, m) / m).tolist()
    return [t for t in moments if not (np.abs(curve.risk_time - t) < APART).any()]


def _held(time: Floats, at: Floats, S: Floats, reading: Bools) -> Floats:
    """A step function: just after a reading its value, elsewhere that of the last step before."""
    after = np.searchsorted(at, time, side="right") - 1
    before = np.searchsorted(at, time - NEAR, side="left") - 1
    held: Floats = S[np.maximum(np.where(reading, after, before), 0)]
    return held


def marks_before_the_end(curve: PublishedCurve, closed: bool) -> Floats:
    """Times of the censoring marks, but for the one of the patient with whom a closed curve ends."""
    marks = np.minimum(np.zeros(0) if curve.censored is None else curve.censored, curve.end)
    return marks[:-1] if closed and len(marks) and marks[-1] >= curve.end - NEAR else marks


def slots_of(marks: Floats, time: Floats) -> NDArray[np.intp]:
    """For each mark the knot before whose events it stands."""
    return np.minimum(np.searchsorted(time, marks, side="left"), len(time) - 1)


def _marks(curve: PublishedCurve, time: Floats, closed: bool) -> NDArray[np.intp]:
    if curve.censored is None:
        return np.full(len(time), -1, np.intp)
    return np.bincount(slots_of(marks_before_the_end(curve, closed), time), minlength=len(time)).astype(np.intp)
