"""What a ratio, its limits and its P leave open when each printed figure stands for everything that rounds to it. Vectorised."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from scipy.special import ndtri

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import two_sided_p, z_quantile
from trialpool.stats.effects.deriving import LOG_RANK_AND_WALD, TOUCHING

Halves = Any  # half a unit of the last decimal: one for estimate and limits alike, or a tuple of three


def log_centre_box(low: Any, high: Any, half: Halves) -> tuple[Floats, Floats]:
    """The least and largest (ln L + ln U) / 2 that limits printed with this half unit stand for; all (...).

    >>> [round(float(np.exp(x)), 3) for x in log_centre_box(0.44, 0.67, 0.005)]
    [0.538, 0.548]
    """
    (low, high), (_, of_low, of_high) = _floats(low, high), _halves(half)
    with np.errstate(invalid="ignore", divide="ignore"):
        least, most = np.log(low - of_low) + np.log(high - of_high), np.log(low + of_low) + np.log(high + of_high)
    return least / 2, most / 2


def se_box(low: Any, high: Any, half: Halves, level: float = 0.95) -> tuple[Floats, Floats]:
    """The least and largest SE of a log ratio: (ln(U -+ h) - ln(L +- h)) / (2 z); 0 where rounding may have closed the interval.

    >>> [round(float(se), 4) for se in se_box(0.57, 0.67, 0.005)]
    [0.0371, 0.0454]
    """
    (low, high), (_, of_low, of_high) = _floats(low, high), _halves(half)
    width = 2 * z_quantile(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        least, most = np.log(high - of_high) - np.log(low + of_low), np.log(high + of_high) - np.log(low - of_low)
    return np.maximum(least, 0.0) / width, most / width


def off_centre(estimate: Any, low: Any, high: Any, half: Halves) -> Floats:
    """How far, in logs, the box of a ratio lies from the box of the middle of its limits; 0 where they meet, signed otherwise.

    >>> off_centre([0.62, 0.58], [0.57, 0.44], [0.67, 0.67], 0.005).round(3)
    array([0.   , 0.048])
    """
    (estimate,), (of_estimate, *_) = _floats(estimate), _halves(half)
    least, most = log_centre_box(low, high, half)
    with np.errstate(invalid="ignore", divide="ignore"):
        above, below = np.log(estimate - of_estimate) - most, np.log(estimate + of_estimate) - least
    return np.where(above > TOUCHING, above, np.where(below < -TOUCHING, below, 0.0))


def likelihood_reach(se: Any, level: float = 0.95) -> Any:
    """How far off its middle a profile-likelihood interval of a log ratio can be: z^2 SE^2 / 6.

    With a third-order likelihood -u^2/2 + g u^3/6 in u = (x - estimate)/SE the limits are u = +-z + g z^2/6. For a ratio made of
    counts g is at most SE: with d events in two arms of shares q and 1 - q it is (1 - 2q) / sqrt(d q (1 - q)) = (1 - 2q) SE.
    """
    return z_quantile(level) ** 2 * np.asarray(se, dtype=float) ** 2 / 6


def p_box(estimate: Any, low: Any, high: Any, half: Halves, level: float = 0.95, *, slack: float = 0.0) -> tuple[Floats, Floats]:
    """The least and largest two-sided P that a ratio and its limits leave open.

    Parameters
    ----------
    estimate, low, high : (...) a ratio and its limits, as printed, > 0
    half : (...) half a unit of their last decimal; a tuple of three where they differ
    level : of the interval, 0 to 1
    slack : relative widening in z; `LOG_RANK_AND_WALD` where P may be of another test than the interval

    Returns
    -------
    (...), (...) least and largest P of z = |ln HR| 2 z_level / (ln U - ln L) over the corners of the rounding box

    >>> [round(float(p), 3) for p in p_box(0.93, 0.85, 1.01, 0.005)]
    [0.059, 0.151]
    """
    figures, halves = _floats(estimate, low, high), _halves(half)
    z_level = z_quantile(level)
    corners = []
    for signs in product((-1.0, 1.0), repeat=3):
        with np.errstate(invalid="ignore", divide="ignore"):
            hr, lower, upper = (np.log(x + sign * h) for x, sign, h in zip(figures, signs, halves, strict=True))
            z = np.abs(hr) * 2 * z_level / (upper - lower)
        corners.append(np.where(upper > lower, z, np.inf))
    zs = np.stack(corners)
    null_inside = np.abs(figures[0] - 1) <= halves[0] + TOUCHING
    least = np.where(null_inside, 0.0, zs.min(axis=0))
    return np.asarray(two_sided_p(zs.max(axis=0) * (1 + slack))), np.asarray(two_sided_p(least * (1 - slack)))


def level_that_fits(estimate: float, low: float, high: float, half: Halves, p: tuple[float, float]) -> float | None:
    """The level, of 90, 95 and 99%, at which limits would agree with a P between two values; None where none would.

    >>> level_that_fits(0.65, 0.50, 0.84, 0.005, (0.0055, 0.0065))
    0.9
    """
    for level in LEVELS:
        least, most = p_box(estimate, low, high, half, level, slack=LOG_RANK_AND_WALD)
        if p[0] <= float(most) and float(least) <= p[1]:
            return level
    return None


def level_of_width(low: float, high: float, se: float) -> float | None:
    """The level, of 90%, 80%, 68% (one SE) and 50%, at which an interval of this width would have at least this SE.

    >>> level_of_width(0.52, 0.70, 0.1386)
    0.68
    """
    width = (np.log(high) - np.log(low)) / 2
    return next((level for level in NARROW if width / -float(ndtri((1 - level) / 2)) >= se), None)


def _floats(*figures: Any) -> list[Floats]:
    return [np.asarray(x, dtype=float) for x in figures]


def _halves(half: Halves) -> list[Floats]:
    return _floats(*(half if isinstance(half, tuple) else (half,) * 3))


LEVELS = (0.9, 0.99, 0.95)
NARROW = (0.9, 0.8, 0.68, 0.5)
