"""Integrals over a standard normal random effect, to near machine precision, for many trials at once.

The integrand exp(h(z)), h(z) = log-likelihood - z^2 / 2, is log-concave. Each trial gets the trapezoidal rule on an interval of
its own, outside of which the integrand is below e^-36 of its top. On an analytic integrand that rule converges faster than any
power of its step (Trefethen & Weideman 2014, SIAM Review 56:385-458), with an error of exp(-2 pi d / step) where d is the distance
of the nearest singularity from the real axis: pi for a logit and for the hypergeometric, whose generating function has only real
zeros. Adaptive Gauss-Hermite quadrature needs about as many nodes where the integrand is close to normal, and many more where it
is lopsided, as with an arm without events and a large tau.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.exact.likelihoods import Slopes

DEPTH = 36.0  # e^-36 is 2e-16
FEWEST, MOST = 27, 601  # nodes; 27 over 20 standard deviations of a normal integrand err by less than 1e-15
STEP = 0.4  # of the linear predictor: exp(-2 pi (pi / 2) / 0.4) is 2e-11, for the Poisson's cut-off as well

PLAIN_STEPS = 8

Exponent = Callable[[Floats], Slopes]


class Nodes(NamedTuple):
    """z : (..., nodes); log_step : (..., 1), the log of their distance with the normal density's constant."""

    z: Floats
    log_step: Floats


def nodes(exponent: Exponent, shape: tuple[int, ...], scale: float) -> Nodes:
    """Nodes for the integral of exp(exponent) over the real line.

    Parameters
    ----------
    exponent : h of (*shape, n) points, with its first and second derivative; h'' <= -1
    shape : of the batch
    scale : how much the linear predictor changes as z does, which the distance of the nodes depends on
    """
    ends = _ends(exponent, *_top(exponent, shape))
    low, width = ends[..., :1], ends[..., 1:] - ends[..., :1]
    number = int(np.clip(np.ceil(np.max(width, initial=0.0) * scale / STEP) + 1, FEWEST, MOST))
    z = low + width * np.linspace(0, 1, number)
    return Nodes(z, np.log(width / (number - 1)) - 0.5 * np.log(2 * np.pi))


def log_mean(values: Floats) -> tuple[Floats, Floats]:
    """log of the sum of exp(values) over the last axis, and the shares of its terms."""
    top = values.max(-1, keepdims=True)
    terms = np.exp(values - top)
    total = terms.sum(-1, keepdims=True)
    return (top + np.log(total))[..., 0], terms / total


def _top(exponent: Exponent, shape: tuple[int, ...]) -> tuple[Floats, Slopes]:
    """Where h is highest, to a hundredth of its width, (*shape, 1), and h there. h'' <= -1, so it lies between 0 and h'(0).

    Newton's method, and bisection where after a few steps they don't get shorter by half: on a Poisson's tail they never do.
    """
    z: Floats = np.zeros((*shape, 1))
    h = exponent(z)
    low, high, moved = np.minimum(0.0, h.d1), np.maximum(0.0, h.d1), np.full(z.shape, np.inf)
    for made in range(200):
        with np.errstate(invalid="ignore", over="ignore"):  # a Poisson's expected count beyond the largest number: bisection
            if (h.d1**2 <= -1e-4 * h.d2).all():
                break
            newton = z - h.d1 / h.d2
        good = (newton > low) & (newton < high) & ((made < PLAIN_STEPS) | (np.abs(newton - z) <= moved / 2))
        there = np.where(good, newton, (low + high) / 2)
        z, moved = there, np.abs(there - z)
        h = exponent(z)
        low, high = np.where(h.d1 > 0, z, low), np.where(h.d1 < 0, z, high)
    return z, h


def _ends(exponent: Exponent, top: Floats, at_top: Slopes) -> Floats:
    """Where h has fallen by DEPTH on either side of its top, and by no more than a third of that beyond: (*shape, 2).

    h'' <= -1 says how far out that is at most; the curvature at the top guesses better. Newton's method on a concave h comes
    inward from there and stays outside.
    """
    side, reach, floor = np.array([-1.0, 1.0]), np.sqrt(2 * DEPTH), at_top.value - DEPTH
    z: Floats = top + side * np.minimum(reach, 1.5 * reach / np.sqrt(-at_top.d2))
    h = exponent(z)
    z = np.asarray(np.where(h.value <= floor, z, top + side * reach))
    for _ in range(60):
        h = exponent(z)
        with np.errstate(invalid="ignore", divide="ignore"):
            inward = (h.value - floor) / h.d1
        too_far = h.value < floor - DEPTH / 3
        if not too_far.any():
            break
        z = np.where(too_far, np.where(np.isfinite(inward), z - inward, (z + top) / 2), z)
    return z
