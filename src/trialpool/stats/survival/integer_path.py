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
FAR = 1e12


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
    K, around = len(knots.time), np.arange(-reach, reach + 1)
    fixed = ~np.isnan(knots.known)
    n_mid = np.round(np.where(fixed, knots.known, mean.n)).astype(np.intp)
    e_mid = np.round(mean.events).astype(np.intp)
    if events is not None:
        e_mid = np.minimum(e_mid, events)
        e_mid[-1] = events
    left = n_mid - np.diff(e_mid, prepend=0)  # after the events
    cost = np.full((len(around), len(around)), FAR)
    cost[reach, reach], S = 0.0, np.ones_like(cost)
    left_mid, before_e = knots.start, 0
    gaps = np.diff(knots.time, prepend=0.0)
    choices: list[tuple[Ints, Ints, Ints]] = []
    for k in range(K):
        d = _near(e_mid[k] - before_e, reach) if knots.eventful[k] else np.zeros(1, np.intp)
        c = np.zeros(1, np.intp) if gaps[k] <= NEAR else _near(left_mid - n_mid[k], reach)
        after = (left[k] + around)[:, np.newaxis, np.newaxis, np.newaxis]
        total = (e_mid[k] + around)[np.newaxis, :, np.newaxis, np.newaxis]
        n = after + d[:, np.newaxis]
        i = n + c - left_mid + reach
        j = total - d[:, np.newaxis] - before_e + reach
        sound = (i >= 0) & (i < len(around)) & (j >= 0) & (j < len(around)) & (after >= 0) & ((n > 0) | (d[:, np.newaxis] == 0))
        if fixed[k]:
            sound = sound & (n == n_mid[k])
        ii, jj = np.clip(i, 0, len(around) - 1), np.clip(j, 0, len(around) - 1)
        S_new = S[ii, jj] * (1 - d[:, np.newaxis] / np.maximum(n, 1))
        spent = cost[ii, jj] + ((n - mean.n[k]) / (mean.spread[k] + 0.5)) ** 2 + 0.3 * ((total - mean.events[k]) ** 2)
        spent = spent + _missed(S_new, float(knots.read[k]), float(mean.S[k]), half_width) + _marks(knots, k, c)
        spent = np.where(sound, spent, FAR).reshape(len(around), len(around), -1)
        best = spent.argmin(-1)
        cost = np.minimum(np.take_along_axis(spent, best[..., np.newaxis], -1)[..., 0], FAR)
        S = np.broadcast_to(S_new, (*spent.shape[:2], len(d), len(c))).reshape(spent.shape)
        S = np.take_along_axis(S, best[..., np.newaxis], -1)[..., 0]
        at_d, at_c = np.divmod(best, len(c))
        best_d, best_c = d[at_d], c[at_c]
        choices.append((best_d, best_c, np.array([left[k], e_mid[k]])))
        left_mid, before_e = int(left[k]), int(e_mid[k])
        if not cost.min() < FAR:
            return None
    if events is not None:
        cost[:, np.arange(len(around)) != reach] = FAR
    if knots.S[-1] > half_width:
        cost[left[-1] + around < 1, :] = FAR
    return _traced(choices, cost, knots, reach) if cost.min() < FAR else None


def _near(change: int, reach: int) -> Ints:
    """What the change from one knot to the next may be: as much as between the means, or a little more or less."""
    return np.arange(max(int(change) - 2 * reach, 0), max(int(change), 0) + 2 * reach + 1)


def _missed(S: Floats, read: float, mean: float, h: float) -> Floats:
    """Little within the box, much outside."""
    if np.isnan(read):
        return np.zeros_like(S)
    cost: Floats = ((S - mean) / h) ** 2 + OUTSIDE * np.maximum(np.abs(S - read) / h - 1 - 1e-6, 0.0)
    return cost


def _marks(knots: Knots, k: int, c: Ints) -> Floats:
    """Censoring where the figure shows no mark, or none where it shows one."""
    if knots.marks[k] < 0:
        return np.zeros(len(c))
    cost: Floats = 30.0 * np.abs(c - knots.marks[k])
    return cost


def _traced(choices: list[tuple[Ints, Ints, Ints]], cost: Floats, knots: Knots, reach: int) -> IntegerPath:
    K = len(choices)
    n, d, c = (np.zeros(K, np.intp) for _ in range(3))
    i, j = np.unravel_index(int(cost.argmin()), cost.shape)
    for k in range(K - 1, -1, -1):
        best_d, best_c, (left, total) = choices[k]
        d[k], c[k] = best_d[i, j], best_c[i, j]
        after, events = left + i - reach, total + j - reach
        n[k] = after + d[k]
        before_left, before_e = (choices[k - 1][2]) if k else (knots.start, 0)
        i, j = n[k] + c[k] - before_left + reach, events - d[k] - before_e + reach
    return IntegerPath(n=n, d=d, c=c, S=_survival(n, d))


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
