"""Where a falling function crosses a level: many functions at once, each bracketed, none missed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trialpool.stats.arrays import Floats

DOUBLINGS = 200
STEPS = 100


def bracketed(f: Callable[[Floats], Floats], start: Floats, step: Floats) -> tuple[Floats, Floats]:
    """low and high with f(low) > 0 >= f(high), going up from `start` by steps that grow fourfold; f falls and f(start) > 0.

    f takes and returns arrays of the shape of start; step > 0, or < 0 to go down.
    """
    low, high = start, start + step
    for _ in range(DOUBLINGS):
        beyond = f(high) > 0
        if not beyond.any():
            break
        step = 4 * step
        low, high = np.where(beyond, high, low), np.where(beyond, high + step, high)
    return low, high


def root_between(
    f: Callable[[Floats], Floats], low: Floats, high: Floats, *, relative: float = 1e-14, absolute: float = 0.0
) -> Floats:
    """The root of each f between ends of opposite sign, by Chandrupatla's mix of inverse quadratic interpolation and bisection.

    Chandrupatla (1997), Adv Eng Softw 28:145-149. f takes and returns arrays of the shape of low and high.

    >>> root_between(lambda t: 2 - t**2, np.array([0.0]), np.array([9.0]))
    array([1.41421356])
    """
    a, b = high, low
    fa, fb = f(a), f(b)
    c, fc = a, fa
    t = np.full(np.shape(a), 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(STEPS):
            x = a + t * (b - a)
            fx = f(x)
            same = np.sign(fx) == np.sign(fa)
            c, fc = np.where(same, a, b), np.where(same, fa, fb)
            b, fb = np.where(same, b, a), np.where(same, fb, fa)
            a, fa = x, fx
            best = np.where(np.abs(fa) < np.abs(fb), a, b)
            tolerance = relative * np.abs(best) + absolute
            share = tolerance / np.abs(b - a)
            done = (share >= 0.5) | (fa == 0) | (b == a) | np.isnan(fx)
            if done.all():
                break
            xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
            curved = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
            quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
            t = np.where(curved & np.isfinite(quadratic), quadratic, 0.5)
            t = np.clip(t, share, 1 - share)
            t = np.where(done, 0.0, t)
    return np.where(fa == 0, a, best)
