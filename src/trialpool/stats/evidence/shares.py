"""Numbers between 0 and 1 that a caller gives: power, a baseline risk, a share of survivors."""

from __future__ import annotations

from trialpool.errors import BadArgument


def checked_share(name: str, value: float, *, zero: bool = False) -> float:
    """`value`, if it lies between 0 and 1, both excluded; with `zero`, 0 will do.

    >>> checked_share("power", 80)
    Traceback (most recent call last):
    trialpool.errors.BadArgument: power=80 is not between 0 and 1. Give a share: 0.8 for 80%.
    """
    if not (0 < value < 1 or (zero and value == 0)):
        raise BadArgument(f"{name}={value!r} is not between 0 and 1. Give a share: 0.8 for 80%.")
    return float(value)
