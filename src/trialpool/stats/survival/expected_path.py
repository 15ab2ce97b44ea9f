"""The number at risk to be expected along a curve before its drops are looked at: survival times freedom from censoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.survival.knots import Knots

LOWEST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExpectedPath:
    """n (K,) expected at risk before the events of each knot; c (K,) expected censored since the knot before;
    spread (K,) standard deviation of n."""

    n: Floats
    c: Floats
    spread: Floats


def expected_path(knots: Knots, end: float, events: int | None) -> ExpectedPath:
    """Censoring between two entries of the risk table goes at a rate that is linear in time; after the last it empties the arm.

    n(t) = n_i S(t)/S(t_i) G(t), with G so that the next entry is met. After the last entry those who are left are censored at times
    that are spread evenly up to the end (staggered entry). Without a table they are from some time a on, a so that the total of
    events is met, where it is known.
    """
    K = len(knots.time)
    fixed = [i for i in range(K - knots.closed) if not np.isnan(knots.known[i])]
    S_before = np.concatenate([[1.0], knots.S[:-1]])  # just before each knot's events
    G = np.ones(K)
    level, where, since = float(knots.start), 0, 0.0
    S_since, log_slopes = 1.0, _rates(knots, S_before, fixed)
    spread = np.zeros(K)
    for number, i in enumerate(fixed):
        part = slice(where, i + 1)
        total = np.log(max(knots.known[i], LOWEST) * S_since / max(level * S_before[i], LOWEST))
        share = (
            _marked(knots, part)
            if knots.marks[i] >= 0
            else _share(
                knots.time[part], since, float(knots.time[i]), log_slopes[number], log_slopes[number + 2], log_slopes[number + 1]
            )
        )
        G[part] = level / max(S_since, LOWEST) * np.exp(np.minimum(total, 0.0) * share)
        censored = max(level * (1 - np.exp(min(total, 0.0))), 0.0)
        spread[part] = np.sqrt(censored * share * (1 - share) + 0.1)
        level, where, since, S_since = float(knots.known[i]), i + 1, float(knots.time[i]), float(S_before[i])
    if where < K:
        part = slice(where, K)
        wanted = None if fixed else events
        marked = knots.marks[-1] >= 0
        free = (
            _by_marks(knots, S_before, part, level)
            if marked
            else _staggered(knots, S_before, part, since, end, level / max(S_since, LOWEST), wanted)
        )
        G[part] = level / max(S_since, LOWEST) * free
        unknown = 0.0 if marked else 1.0
        spread[part] = (
            np.sqrt(unknown * level * (1 - free) * free + 0.1)
            + unknown * 0.12 * level * np.minimum(free, 1 - free) * S_before[part]
        )
    n = np.maximum(G * S_before, 0.0)
    if knots.closed:
        n[-1] = 1.0
    left = np.concatenate([[float(knots.start)], (G * knots.S)[:-1]])
    return ExpectedPath(n=n, c=np.maximum(left - n, 0.0), spread=spread)


def _marked(knots: Knots, part: slice) -> Floats:
    """Share of an interval's censoring by each knot, as its marks say; at its end where there is none."""
    marks = knots.marks[part]
    share: Floats = np.cumsum(marks) / max(int(marks.sum()), 1)
    return share


def _by_marks(knots: Knots, S_before: Floats, part: slice, level: float) -> Floats:
    """Freedom from censoring in the tail, where the figure marks every censored patient."""
    free, left, before = np.ones(len(knots.time[part])), level, 1.0
    for i, k in enumerate(range(*part.indices(len(knots.time)))):
        kept = max(left - knots.marks[k], 0.0) / max(left, LOWEST)
        before *= kept
        free[i] = before
        left = left * kept * (knots.S[k] / max(S_before[k], LOWEST))
    return free


def _rates(knots: Knots, S_before: Floats, fixed: list[int]) -> list[float]:
    """Censoring rate in each interval of the table, with a neighbour on either side for the slope."""
    level, since, S_since = float(knots.start), 0.0, 1.0
    rates = []
    for i in fixed:
        kept = max(knots.known[i], 0.5) * S_since / max(level * S_before[i], LOWEST)
        rates.append(max(-np.log(max(kept, LOWEST)), 0.0) / max(knots.time[i] - since, LOWEST))
        level, since, S_since = max(float(knots.known[i]), 0.5), float(knots.time[i]), max(float(S_before[i]), LOWEST)
    return [rates[0], *rates, rates[-1]] if rates else []


def _share(time: Floats, start: float, stop: float, before: float, after: float, own: float) -> Floats:
    """Share of an interval's censoring by each time, the rate going in a line from the mean with the last to that with the next."""
    u = np.clip((time - start) / max(stop - start, LOWEST), 0, 1)
    left, right = (before + own) / 2, (own + after) / 2
    if left + right <= 0:
        return u
    share: Floats = (left * u + (right - left) * u**2 / 2) / ((left + right) / 2)
    return share


def _staggered(knots: Knots, S_before: Floats, part: slice, since: float, end: float, scale: float, wanted: int | None) -> Floats:
    """Freedom from censoring in the tail: 1 until a, then in a line to 0 at the end; or (1 - u)^rho where that is too late."""
    u = np.clip((knots.time[part] - since) / max(end - since, LOWEST), 0, 1)
    drops = scale * (S_before - knots.S)[part]

    def uniform(a: float) -> Floats:
        return np.clip((1 - u) / max(1 - a, LOWEST), 0, 1)

    def power(rho: float) -> Floats:
        return np.asarray((1 - u) ** rho, float)

    if wanted is None:
        return uniform(0.0 if since > 0 else 0.4)
    few = float((drops * uniform(0.0)).sum())
    if wanted >= few:
        return uniform(_root(lambda a: float((drops * uniform(a)).sum()), wanted, 0.0, 1.0))
    return power(_root(lambda rho: -float((drops * power(rho)).sum()), -wanted, 1.0, 50.0))


def _root(increasing: object, wanted: float, low: float, high: float) -> float:
    """Where an increasing function is as wanted, or the nearer end; by halving."""
    assert callable(increasing)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if increasing(middle) < wanted else (low, middle)
    return (low + high) / 2
