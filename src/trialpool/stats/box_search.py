"""How far a quantity can go while each of its figures stays in its own range: a search over the edges of a box, as batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trialpool.stats.arrays import Floats

SWEEPS = 50  # over all figures; two to four are the rule
TRIES = 5  # starts that are followed
GAIN = 1e-12  # a step that gains less, of the size of the value, is none


class Extreme(NamedTuple):
    """The furthest value that was reached, and the figures (n,) that give it."""

    value: float
    at: Floats


def furthest(
    quantity: Callable[[Floats], Floats], low: Floats, middle: Floats, high: Floats, *, sign: int, starts: Floats | None = None
) -> Extreme:
    """The largest or least value that a quantity reaches in a box of figures.

    Parameters
    ----------
    quantity : from points (b, n) to values (b,); nan where it is not defined
    low, middle, high : (n,) edges of the box and the point to start from, low <= middle <= high
    sign : 1 for the largest value, -1 for the least
    starts : (s, n) further points of the box to start from; the search goes on from the best TRIES of them

    Each sweep tries every figure at both edges and in the middle, the others being as they are. It then takes all moves that gain
    by themselves at once or, where that gains less, the best of them alone; it ends where no single move gains. The value is one
    that figures in the box give, so that the true extreme is at least as far. It is the extreme where the quantity is monotone in
    every figure whatever the others are, and a local one otherwise.

    >>> product = lambda x: x[:, 0] * x[:, 1]
    >>> furthest(product, np.array([1.0, -2.0]), np.array([2.0, 1.0]), np.array([3.0, 4.0]), sign=1)
    Extreme(value=12.0, at=array([3., 4.]))
    """
    points = middle[np.newaxis] if starts is None else np.concatenate([middle[np.newaxis], starts])
    best_first = np.argsort(-_gains(quantity, points, sign), kind="stable")[:TRIES]
    found = [_climb(quantity, low, middle, high, points[i], sign) for i in best_first]
    value, at = max(found, key=lambda one: one[0])
    return Extreme(float(sign * value), at)


def _climb(
    quantity: Callable[[Floats], Floats], low: Floats, middle: Floats, high: Floats, start: Floats, sign: int
) -> tuple[float, Floats]:
    """The top that single moves lead to from a point, and where it is."""
    n = len(middle)
    here, best = start, float(_gains(quantity, start[np.newaxis], sign)[0])
    for _ in range(SWEEPS):
        moves = np.broadcast_to(here, (3, n, n)).copy()
        for edge, values in enumerate((low, middle, high)):
            moves[edge, np.arange(n), np.arange(n)] = values
        gains = _gains(quantity, moves.reshape(-1, n), sign).reshape(3, n)
        edge, single = gains.argmax(0), gains.max(0)
        one = int(single.argmax())
        together = np.where(single > best, np.stack([low, middle, high])[edge, np.arange(n)], here)
        candidates = np.stack([together, moves[edge[one], one]])
        gained = _gains(quantity, candidates, sign)
        if not gained.max() > best + GAIN * abs(best):
            break
        here, best = candidates[gained.argmax()], float(gained.max())
    return best, here


def _gains(quantity: Callable[[Floats], Floats], points: Floats, sign: int) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values: Floats = sign * quantity(points)
    return np.where(np.isfinite(values), values, -np.inf)
