"""P values at which a method takes one way or the other."""

from __future__ import annotations

from trialpool.errors import BadArgument


def checked_threshold(threshold: float) -> float:
    """`threshold`, if it is a P value that decides something.

    >>> checked_threshold(5)
    Traceback (most recent call last):
    trialpool.errors.BadArgument: threshold=5 is not between 0 and 1. Give a P value such as 0.05.
    """
    if not 0 < threshold < 1:
        raise BadArgument(f"threshold={threshold!r} is not between 0 and 1. Give a P value such as 0.05.")
    return threshold
