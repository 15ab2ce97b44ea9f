"""When the patients were censored whom a curve loses between two of its moments.

The figure does not say. Of all who are to be censored somewhere in a gap, those to be censored late had more time to have the event
first; they were seen to be censored, so they are fewer. With a hazard h of the event and censoring spread over the gap, the density
of the time x since its beginning is therefore h exp(-h x) / (1 - exp(-h gap)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.arrays import Floats
from trialpool.stats.survival.knots import Knots, slots_of

NEAREST = 20.0  # events that the hazard at a time is taken from
EVEN = 1e-6  # a lean that is none


def event_hazard(knots: Knots, n: Floats, d: Floats) -> Floats:
    """Events per unit of time in each gap, from the gaps about it that hold the nearest events.

    Parameters
    ----------
    n, d : (K,) at risk before the events of each knot, and events, as expected

    Returns
    -------
    (K,) in the gap before each knot; 0 where there is no event at all
    """
    left = np.concatenate([[float(knots.start)], (n - d)[:-1]])
    followed = np.concatenate([[0.0], np.cumsum(np.diff(knots.time, prepend=0.0) * (left + n) / 2)])
    events = np.concatenate([[0.0], np.cumsum(d)])
    first = np.clip(events[:-1] - NEAREST / 2, 0, max(events[-1] - NEAREST, 0))
    begin = np.searchsorted(events, first, side="right") - 1
    stop = np.searchsorted(events, np.minimum(first + NEAREST, events[-1]), side="left")
    stop = np.where(first + NEAREST >= events[-1], len(events) - 1, stop)
    time = followed[stop] - followed[begin]
    hazard: Floats = np.divide(events[stop] - events[begin], time, out=np.zeros(len(n)), where=time > 0)
    return hazard


def censored_times(knots: Knots, marks: Floats, c: NDArray[np.intp], rank: Floats, lean: Floats) -> Floats:
    """The time of each censored patient: at the marks of a gap, where the figure has any there; else where its rank puts it.

    Parameters
    ----------
    marks : times of the censoring marks
    c : (K,) censored in the gap before each knot
    rank : (sum c,) gap by gap, the share of its censored who are there earlier, in (0, 1)
    lean : (K,) hazard of the event times the length of the gap; density within it is as exp(-lean u), u from 0 to 1

    Returns
    -------
    (sum c,) times, gap by gap
    """
    before = np.concatenate([[0.0], knots.time[:-1]])
    start, length = np.repeat(before, c), np.repeat(knots.time - before, c)
    spread: Floats = start + length * leaning(rank, np.repeat(lean, c))
    if not len(marks):
        return spread
    slots = slots_of(marks, knots.time)
    first, count = np.searchsorted(slots, np.arange(len(before))), np.bincount(slots, minlength=len(before))
    first, count = np.repeat(first, c), np.repeat(count, c)
    at_mark = marks[np.minimum(first + (rank * count).astype(np.intp), len(marks) - 1)]
    return np.where(count > 0, at_mark, spread)


def middle_ranks(c: NDArray[np.intp]) -> Floats:
    """(sum c,) of the censored of each gap the shares 1/2c, 3/2c, ...

    >>> middle_ranks(np.array([2, 0, 1]))
    array([0.25, 0.75, 0.5 ])
    """
    total = int(c.sum())
    nth = np.arange(total) - np.repeat(np.cumsum(c) - c, c)
    ranks: Floats = (nth + 0.5) / np.repeat(c, c)
    return ranks


def leaning(rank: Floats, lean: Floats) -> Floats:
    """The quantile u of a density as exp(-lean u) on 0 to 1.

    >>> leaning(np.array([0.5, 0.5, 0.5]), np.array([0.0, 1.0, -1.0])).round(3)
    array([0.5 , 0.38, 0.62])
    """
    a = np.where(np.abs(lean) < EVEN, EVEN, lean)
    u: Floats = -np.log1p(rank * np.expm1(-a)) / a
    return np.clip(u, 0.0, 1.0)
