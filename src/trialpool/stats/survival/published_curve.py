"""A published Kaplan-Meier curve of one arm as it was read: coordinates, numbers at risk, and how exact they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import isotonic_regression

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats

Reading = Literal["steps", "points"]
UNITS = (0.05, 0.02, 0.025, 0.01, 0.005, 0.004, 0.0025, 0.002, 0.001, 0.0005)  # what survival may be rounded to, coarsest first
FINEST = 0.0005
START = 0.02  # how far below 1 a reading at time 0 may be
FIRST_DROP = 0.2  # and the first reading where it comes later
LARGEST_RISE = 0.03  # a greater rise is no error of reading
REGULAR = 0.9  # so large a share of equal gaps between times makes a grid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishedCurve:
    """One arm of a figure.

    time, survival : (m,) coordinates, in order of time; survival from 1 down to 0, readings not yet made monotone
    n              : patients at time 0
    risk_time, at_risk : (j,) the risk table, patients under observation just before each time; the first time is 0
    events         : events in all, None where not reported
    censored       : times of the censoring marks, None where the figure has none
    end            : where the curve ends; the last follow-up of the arm
    half_width     : of the box that the true survival lies in, about each reading
    reading        : "steps" where each coordinate is a step of the curve, "points" where the curve was read at points of time
    """

    time: Floats
    survival: Floats
    n: int
    risk_time: Floats
    at_risk: Floats
    events: int | None
    censored: Floats | None
    end: float
    half_width: float
    reading: Reading

    @property
    def monotone(self) -> Floats:
        """(m,) survival made monotone by least squares, from 1 to 0. Barlow et al. (1972), pool-adjacent-violators."""
        fitted: Floats = isotonic_regression(self.survival, increasing=False).x
        return np.clip(fitted, 0.0, 1.0)


def unit_of(survival: Floats) -> float:
    """The coarsest unit that all readings are multiples of; FINEST where there is none.

    >>> unit_of(np.array([1, 0.9975, 0.99])), unit_of(np.array([1, 0.996, 0.991])), unit_of(np.array([1, 0.98231]))
    (0.0025, 0.001, 0.0005)
    """
    for unit in UNITS:
        if np.all(np.abs(survival / unit - np.round(survival / unit)) < 1e-6):
            return unit
    return FINEST


def half_width_of(survival: Floats) -> float:
    """How far a reading may be from the curve: half a unit of its rounding, and half of the largest rise between neighbours.

    A survival curve does not rise, so two readings of which the later is higher by r are off by r/2 at least.

    >>> half_width_of(np.array([1, 0.996, 0.991])), half_width_of(np.array([1, 0.9975, 0.99, 0.995, 0.99]))
    (0.0005, 0.00375)
    """
    return round(unit_of(survival) / 2 + max(0.0, float(np.diff(survival, prepend=1.0).max())) / 2, 10)


def reading_of(time: Sequence[float] | Floats, survival: Sequence[float] | Floats) -> Reading:
    """Whether the curve was read at its steps, or at points of time.

    >>> reading_of([0, 0.5, 1, 1.5, 2], [1, 0.9, 0.8, 0.8, 0.7]), reading_of([0, 0.3, 1.1, 1.2], [1, 0.9, 0.8, 0.7])
    ('points', 'steps')
    """
    gaps, drops = np.diff(np.asarray(time, float)), -np.diff(np.asarray(survival, float))
    if len(gaps) < 4:
        return "steps"
    usual = np.median(gaps)
    regular = np.mean(np.abs(gaps - usual) <= 0.02 * usual) >= REGULAR
    flat = np.mean(drops[:-1] <= 0) > 1 - REGULAR
    return "points" if regular or flat else "steps"


@dataclass(frozen=True, slots=True)
class CurveProblem:
    """What is wrong with the coordinates or the risk table of an arm.

    of    : "curve" or "risk"; index : of the coordinate or entry in it, -1 where the whole is meant; column : its name in a file
    """

    of: Literal["curve", "risk"]
    index: int
    column: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}. {self.mend}."


def curve_problems(time: Floats, survival: Floats, end: float) -> list[CurveProblem]:
    """What makes coordinates unusable; those that are, are finite numbers."""
    if len(time) < 2:
        return [CurveProblem("curve", -1, "", f"{len(time)} coordinate is no curve", "Read at least two points of it")]
    found = []
    if (early := np.flatnonzero(time < 0)).size:
        found.append(CurveProblem("curve", int(early[0]), "time", f"the time {time[early[0]]:g} is negative", "Count from 0"))
    if (back := np.flatnonzero(np.diff(time) < 0)).size:
        i = int(back[0]) + 1
        what = f"the times are out of order: {time[i]:g} comes after {time[i - 1]:g}"
        found.append(CurveProblem("curve", i, "time", what, "Sort the rows of the arm by time"))
    if survival.max() > 1.5:
        found.append(
            CurveProblem("curve", -1, "survival", f"survival goes up to {survival.max():g}: it is in percent", "Divide by 100")
        )
        return found
    if (outside := np.flatnonzero((survival < 0) | (survival > 1))).size:
        i = int(outside[0])
        found.append(CurveProblem("curve", i, "survival", f"survival {survival[i]:g} is outside 0 to 1", "Correct it"))
    found += _shape_problems(time, survival)
    if end < time.max():
        what = f"the end {end:g} is before the last coordinate, at {time.max():g}"
        found.append(CurveProblem("curve", -1, "time", what, "Give the last follow-up of the arm, or leave it out"))
    return found


def _shape_problems(time: Floats, survival: Floats) -> list[CurveProblem]:
    found = []
    if survival[0] < (1 - START if time[0] <= 0 else 1 - FIRST_DROP):
        what = f"the curve starts at time {time[0]:g} with survival {survival[0]:g}, below 1"
        mend = "Read it from time 0; where the figure shows events rather than survival, give 1 minus the reading"
        found.append(CurveProblem("curve", 0, "survival", what, mend))
        return found
    lowest = np.minimum.accumulate(survival)
    rises = np.flatnonzero(survival - lowest > LARGEST_RISE)
    if rises.size:
        i = int(rises[0])
        what = f"survival rises from {lowest[i]:g} to {survival[i]:g} at time {time[i]:g}"
        found.append(CurveProblem("curve", i, "survival", what, "A survival curve does not rise; correct the reading or its arm"))
    return found


def risk_problems(risk_time: Floats, at_risk: Floats, n: int | None, end: float) -> list[CurveProblem]:
    """What makes a risk table unusable, or contradict its curve."""
    found = []
    odd = np.flatnonzero((at_risk < 0) | (at_risk != np.round(at_risk)))
    if odd.size:
        found.append(CurveProblem("risk", int(odd[0]), "at_risk", f"{at_risk[odd[0]]:g} is no number of patients", "Correct it"))
    if (back := np.flatnonzero(np.diff(risk_time) <= 0)).size:
        i = int(back[0]) + 1
        what = f"the times of the risk table are out of order: {risk_time[i]:g} comes after {risk_time[i - 1]:g}"
        found.append(CurveProblem("risk", i, "time", what, "Sort the rows of the arm by time, each time once"))
    if (up := np.flatnonzero(np.diff(at_risk) > 0)).size:
        i = int(up[0]) + 1
        what = f"the risk table rises from {at_risk[i - 1]:g} to {at_risk[i]:g} at time {risk_time[i]:g}"
        found.append(CurveProblem("risk", i, "at_risk", what, "Numbers at risk do not rise; correct the number or its arm"))
    if n is None and not (len(risk_time) and risk_time[0] == 0):
        found.append(
            CurveProblem("risk", -1, "at_risk", "nobody says how many patients there are at time 0", "Add a row for time 0")
        )
    if n is not None and len(risk_time) and risk_time[0] == 0 and at_risk[0] != n:
        found.append(CurveProblem("risk", 0, "at_risk", f"{at_risk[0]:g} at risk at time 0, and n={n}", "Give one of the two"))
    late = np.flatnonzero((risk_time > end) & (at_risk > 0))
    if late.size:
        i = int(late[-1])
        what = f"the curve ends at {end:g}, and {at_risk[i]:g} are at risk at {risk_time[i]:g}"
        found.append(CurveProblem("risk", i, "time", what, "Read the curve to its end: add a last coordinate where its line stops"))
    return found


def published_curve(
    time: Any,
    survival: Any,
    *,
    risk_time: Any = (),
    at_risk: Any = (),
    n: int | None = None,
    events: int | None = None,
    censored: Any = None,
    end: float | None = None,
    error: float | None = None,
    reading: Reading | None = None,
) -> PublishedCurve:
    """The Kaplan-Meier curve of one arm, as it was read from a figure.

    Parameters
    ----------
    time, survival : (m,) coordinates in order of time; survival as a share from 1 to 0. Of several at one time the lowest counts.
        Readings that rise a little, as those of a digitiser do, are understood as errors of reading.
    risk_time, at_risk : (j,) the table of numbers at risk below the figure
    n : patients at time 0, where there is no table
    events : events in all, where reported
    censored : times of the censoring marks, where the figure shows them
    end : where the curve ends, if that is after the last coordinate
    error : how far a reading of survival may be from the curve; found from the rounding and the rises of the readings if not given.
        Clicks by hand are off by 0.003 to 0.01: say so here
    reading : "steps" where each coordinate is a drop of the curve; "points" where the curve was read at points of time, so that
        drops lie between them. Found if not given: coordinates at equal distances are points,
        and so are those of which many are no drop

    Raises
    ------
    BadArgument
        for a curve that rises, starts below 1, is in percent, has times out of order or ends before its risk table does; for a risk
        table that rises; for more events than patients; all problems at once

    >>> curve = published_curve([0, 1.5, 4.0, 7.2], [1, 0.8, 0.6, 0.3], risk_time=[0, 6], at_risk=[5, 2])
    >>> curve.n, curve.reading, curve.half_width
    (5, 'steps', 0.025)
    >>> published_curve([0, 1.5, 4.0], [100, 80, 60], n=5)
    Traceback (most recent call last):
    trialpool.errors.BadArgument: survival goes up to 100: it is in percent. Divide by 100.
    """
    t, S = np.asarray(time, float), np.asarray(survival, float)
    rt, rn = np.asarray(risk_time, float), np.asarray(at_risk, float)
    if t.ndim != 1 or t.shape != S.shape or rt.shape != rn.shape or not all(np.isfinite(a).all() for a in (t, S, rt, rn)):
        raise BadArgument("time and survival, and risk_time and at_risk, are pairs of columns of one length, of finite numbers.")
    last = float(t.max()) if end is None and len(t) else float(end or 0.0)
    found = [str(problem) for problem in curve_problems(t, S, last) + risk_problems(rt, rn, n, last)]
    patients = n if n is not None else int(rn[0]) if len(rn) else 0
    if events is not None and not 0 <= events <= max(patients, 0):
        found.append(f"events={events} among {patients} patients. Correct one of the two.")
    if error is not None and not 0 < error < 0.5:
        found.append(f"error={error:g} is no half-width of a box of survival. Give a small share, such as 0.005.")
    if found:
        raise BadArgument("\n".join(found))
    return made_curve(t, S, rt, rn, n=patients, events=events, censored=censored, end=last, error=error, reading=reading)


def made_curve(
    t: Floats,
    S: Floats,
    rt: Floats,
    rn: Floats,
    *,
    n: int,
    events: int | None,
    censored: Any,
    end: float,
    error: float | None,
    reading: Reading | None,
) -> PublishedCurve:
    """A curve from coordinates that were checked: one reading a time, from (0, 1) on, and none between two steps."""
    times = np.unique(np.concatenate([[0.0], t]))
    low = np.full(len(times), 1.0)
    np.minimum.at(low, np.searchsorted(times, t), S)
    low[0] = 1.0
    how = reading if reading is not None else reading_of(times, low)
    half_width = error if error is not None else half_width_of(low)
    if how == "steps":
        kept = np.concatenate([[True], np.diff(low) != 0])
        times, low = times[kept], low[kept]
    return PublishedCurve(
        time=times,
        survival=low,
        n=n,
        risk_time=rt,
        at_risk=rn,
        events=events,
        censored=None if censored is None else np.sort(np.asarray(censored, float)),
        end=end,
        half_width=half_width,
        reading=how,
    )
