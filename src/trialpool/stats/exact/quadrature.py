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
from typing import Any, NamedTuple

import numpy as np

from trialpool.stats.arrays import Floats

DEPTH = 36.0  # e^-36 is 2e-16
FEWEST, MOST = 33, 601  # nodes; 33 over 17 standard deviations of a normal integrand err by less than 1e-15
STEP = 0.4  # of the linear predictor: exp(-2 pi (pi / 2) / 0.4) is 2e-11, for the Poisson's cut-off as well

Exponent = Callable[[Floats], tuple[Floats, Floats, Floats]]


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
    mode = _mode(exponent, shape)
    low, high = _ends(exponent, mode)
    width = high - low
    number = int(np.clip(np.ceil(np.max(width, initial=0.0) * scale / STEP) + 1, FEWEST, MOST))
    z = low + width * np.linspace(0, 1, number)
    return Nodes(z, np.log(width / (number - 1)) - 0.5 * np.log(2 * np.pi))


def log_mean(values: Floats) -> tuple[Floats, Floats]:
    """log of the sum of exp(values) over the last axis, and the shares of its terms."""
    top = values.max(-1, keepdims=True)
    terms = np.exp(values - top)
    total = terms.sum(-1, keepdims=True)
    return (top + np.log(total))[..., 0], terms / total


def _mode(exponent: Exponent, shape: tuple[int, ...]) -> Floats:
    """The top of h to a hundredth of its width, (*shape, 1). h'' <= -1, so it lies between 0 and h'(0)."""
    z: Any = np.zeros((*shape, 1))
    _, d1, d2 = exponent(z)
    low, high = np.minimum(0.0, d1), np.maximum(0.0, d1)
    for _ in range(200):
        if (d1**2 <= -1e-4 * d2).all():
            break
        step = z - d1 / d2
        z = np.where((step > low) & (step < high), step, (low + high) / 2)
        _, d1, d2 = exponent(z)
        low, high = np.where(d1 > 0, z, low), np.where(d1 < 0, z, high)
    return np.asarray(z)


def _ends(exponent: Exponent, mode: Floats) -> tuple[Floats, Floats]:
    """Where h has fallen by DEPTH on either side of its top. Newton's method on a concave h stays outside of these."""
    floor = exponent(mode)[0] - DEPTH
    z = mode + np.sqrt(2 * DEPTH) * np.array([-1.0, 1.0])
    for _ in range(4):
        value, d1, _ = exponent(z)
        with np.errstate(invalid="ignore", divide="ignore"):
            step = (value - floor) / d1
        z = z - np.where((value < floor) & np.isfinite(step), step, 0.0)
    return z[..., :1], z[..., 1:]
