"""A path of whole patients down the middle of all that are possible: integers that meet N, the risk table and all events.

Least squares over integers by dynamic programming. The state is (n, events so far), a few units about their means; each state
carries the survival of the best way to it, without rounding. What costs is distance from the mean path, and above all a survival
outside the box of its reading.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.arrays import Floats
from trialpool.stats.survival.knots import NEAR, Knots

Ints = NDArray[np.intp]
AROUND = (2, 4, 8)  # units on either side of the mean, the next where no path is found
OUTSIDE = 400.0  # cost of a reading missed by the half-width of its box
UNMARKED = 30.0  # cost of a censored patient where the figure shows no mark, or of a mark with none
FAR = 1e12
BLOCK = 400_000  # transitions that are prepared at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanPath:
    """(K,) each: patients at risk before the events, events so far, survival just after; spread of n."""

    n: Floats
    events: Floats
    S: Floats
    spread: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntegerPath:
    """(K,) each: at risk before the events, events, censored since the knot before, survival after."""

    n: Ints
    d: Ints
    c: Ints
    S: Floats


def integer_path(knots: Knots, mean: MeanPath, half_width: float, events: int | None) -> IntegerPath | None:
    """The cheapest path that ends with so many events; None where none meets the table and the total."""
    tries = (_path_within(knots, mean, half_width, events, reach) for reach in AROUND)
    return next((path for path in tries if path is not None), None)


def _path_within(knots: Knots, mean: MeanPath, half_width: float, events: int | None, reach: int) -> IntegerPath | None:
    """The cheapest path that stays within so many units of the mean."""
    grid = _grid(knots, mean, events, reach)
    K, states = len(knots.time), len(grid.around) ** 2
    cost, S = np.full(states, FAR), np.ones(states)
    cost[states // 2] = 0.0
    chosen = np.zeros((K, states), np.intp)
    many = max(1, BLOCK // states**2)
    for start in range(0, K, many):
        block = slice(start, min(start + many, K))
        spent, kept = _transitions(knots, mean, grid, block)
        for k in range(block.start, block.stop):
            S_new = S * kept[k - start]
            total = cost + spent[k - start]
            if not np.isnan(knots.read[k]):
                total += _missed(S_new, float(knots.read[k]), float(mean.S[k]), half_width)
            best = total.argmin(axis=1)
            chosen[k] = best
            cost, S = np.minimum(total[np.arange(states), best], FAR), S_new[np.arange(states), best]
        if not cost.min() < FAR:
            return None
    left, total_events = grid.states(K)
    if events is not None:
        cost[total_events != events] = FAR
    if knots.S[-1] > half_width:
        cost[left < 1] = FAR
    return _traced(chosen, int(cost.argmin()), grid) if cost.min() < FAR else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    """The states that are followed: patients left and events so far after each knot, `around` their middles.

    left, total : (K + 1,) the middles; the first is the start, where only the middle itself is possible
    """

    around: Ints
    left: Ints
    total: Ints

    def states(self, k: int) -> tuple[Ints, Ints]:
        """(states,) patients left and events so far after so many knots."""
        size = len(self.around)
        return np.repeat(self.left[k] + self.around, size), np.tile(self.total[k] + self.around, size)


def _grid(knots: Knots, mean: MeanPath, events: int | None, reach: int) -> _Grid:
    fixed = ~np.isnan(knots.known)
    n_mid = np.round(np.where(fixed, knots.known, mean.n)).astype(np.intp)
    e_mid = np.round(mean.events).astype(np.intp)
    if events is not None:
        e_mid = np.minimum(e_mid, events)
        e_mid[-1] = events
    left = n_mid - np.diff(e_mid, prepend=0)
    return _Grid(around=np.arange(-reach, reach + 1), left=np.append(knots.start, left), total=np.append(0, e_mid))


def _transitions(knots: Knots, mean: MeanPath, grid: _Grid, block: slice) -> tuple[Floats, Floats]:
    """(knots of the block, states after, states before) cost of each step, but for its survival, and the factor of survival."""
    size = len(grid.around)
    i, j = np.repeat(grid.around, size), np.tile(grid.around, size)
    later = slice(block.start + 1, block.stop + 1)
    after, total = (grid.left[later, np.newaxis] + i)[:, :, np.newaxis], (grid.total[later, np.newaxis] + j)[:, :, np.newaxis]
    before, earlier = (grid.left[block, np.newaxis] + i)[:, np.newaxis], (grid.total[block, np.newaxis] + j)[:, np.newaxis]
    d = total - earlier
    n = after + d
    c = before - n
    known, marks, eventful = (of[block, np.newaxis, np.newaxis] for of in (knots.known, knots.marks, knots.eventful))
    passes = (np.diff(knots.time, prepend=0.0) > NEAR)[block, np.newaxis, np.newaxis]
    sound = (d >= 0) & (eventful | (d == 0)) & (c >= 0) & (passes | (c == 0)) & (after >= 0) & ((n > 0) | (d == 0))
    sound &= np.isnan(known) | (n == known)
    mean_n, spread, mean_events = (of[block, np.newaxis, np.newaxis] for of in (mean.n, mean.spread, mean.events))
    spent = ((n - mean_n) / (spread + 0.5)) ** 2 + 0.3 * (total - mean_events) ** 2
    spent = spent + np.where(marks < 0, 0.0, UNMARKED * np.abs(c - marks))
    return np.where(sound, spent, FAR), np.where(sound, 1 - d / np.maximum(n, 1), 0.0)


def _missed(S: Floats, read: float, mean: float, h: float) -> Floats:
    """Little within the box, much outside."""
    cost: Floats = ((S - mean) / h) ** 2 + OUTSIDE * np.maximum(np.abs(S - read) / h - 1 - 1e-6, 0.0)
    return cost


def _traced(chosen: NDArray[np.intp], last: int, grid: _Grid) -> IntegerPath:
    """Back from the last state along what was chosen."""
    K = len(chosen)
    path = np.zeros(K + 1, np.intp)
    path[K] = last
    for k in range(K, 0, -1):
        path[k - 1] = chosen[k - 1, path[k]]
    i, j = np.divmod(path, len(grid.around))
    left, total = grid.left + grid.around[i], grid.total + grid.around[j]
    d = np.diff(total)
    n = left[1:] + d
    return IntegerPath(n=n, d=d, c=left[:-1] - n, S=_survival(n, d))


def rounded_path(knots: Knots, mean: MeanPath, events: int | None) -> IntegerPath:
    """The mean path rounded, where the input contradicts itself: it meets the risk table, whatever else it misses."""
    target = np.round(mean.events).astype(np.intp)
    if events is not None and mean.events[-1] > 0:
        target = np.round(mean.events * (events / mean.events[-1])).astype(np.intp)
    n, d, c = (np.zeros(len(knots.time), np.intp) for _ in range(3))
    known = np.where(np.isnan(knots.known), 0.0, knots.known)
    needed = np.maximum.accumulate(known[::-1])[::-1].astype(np.intp)  # from here on
    needed_later = np.append(needed[1:], 0)
    left, done = knots.start, 0
    for k in range(len(knots.time)):
        n[k] = needed[k] if known[k] else min(left, max(round(mean.n[k]), needed[k]))
        c[k] = left - n[k]
        d[k] = min(max(target[k] - done, 0), max(n[k] - needed_later[k], 0)) if knots.eventful[k] else 0
        left, done = n[k] - d[k], done + d[k]
    return IntegerPath(n=n, d=d, c=c, S=_survival(n, d))


def _survival(n: Ints, d: Ints) -> Floats:
    return np.asarray(np.cumprod(np.asarray(1 - d / np.maximum(n, 1), float)), float)
