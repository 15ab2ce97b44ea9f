"""A line with corners as the steps of a survival curve."""

from __future__ import annotations

import numpy as np

from trialpool.digitising.drawing import Floats

ROUND_OFF = 1e-6  # survival by which a corner may be off a level


def drops(time: Floats, survival: Floats) -> tuple[Floats, Floats]:
    """The drops of a line: time of each and survival after it, from where the line begins to where it ends.

    Parameters
    ----------
    time, survival : (n,) corners in the order of the line; time does not decrease, survival does not rise

    Returns
    -------
    (m,) times, ascending, and (m,) survival, within 0 to 1: the start, every drop, and the end of the line

    >>> time, survival = drops(np.array([0, 2, 2, 5, 5, 7.0]), np.array([1, 1, 0.9, 0.9, 0.7, 0.7]))
    >>> time.tolist(), survival.tolist()
    ([0.0, 2.0, 5.0, 7.0], [1.0, 0.9, 0.7, 0.7])
    """
    survival = np.clip(np.minimum.accumulate(survival), 0.0, 1.0)
    time = np.maximum.accumulate(time)
    at, first = np.unique(time, return_index=True)
    after = np.append(first[1:] - 1, len(time) - 1)  # the last corner of each time is the level after the drop
    level = survival[after]
    keep = np.ones(len(at), dtype=bool)
    keep[1:-1] = level[1:-1] < level[:-2] - ROUND_OFF
    return at[keep], level[keep]


def above(lowest: float, time: Floats, survival: Floats) -> tuple[Floats, Floats]:
    """The steps as far as they are above the lowest survival that an axis shows; the last is where the line leaves it.

    >>> time, survival = above(0.4, np.array([0, 2, 5, 7.0]), np.array([1, 0.9, 0.3, 0.3]))
    >>> time.tolist(), survival.tolist()
    ([0.0, 2.0, 5.0], [1.0, 0.9, 0.9])
    """
    below = np.flatnonzero(survival < lowest)
    if lowest <= 0 or not len(below) or below[0] == 0:
        return time, survival
    last = below[0]
    return time[: last + 1], np.append(survival[:last], survival[last - 1])
