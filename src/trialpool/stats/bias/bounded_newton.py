"""The highest point of many smooth functions at once, within bounds, by Newton's method with damping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.arrays import Bools, Floats

STEPS = 200
STEPS_A_ROUND, ROUNDS = 8, 8
DAMPED_MOST = 1e12
CURVATURE = 1e-9  # of the largest: what is flatter is treated as this curved


class Surface(NamedTuple):
    """A function at B points: its height (B,), gradient (B, p) and matrix of second derivatives (B, p, p)."""

    height: Floats
    gradient: Floats
    curvature: Floats


class Peak(NamedTuple):
    """Where a search ended: the points (B, p), what the function is like there, and whether it is a maximum within the bounds."""

    at: Floats
    surface: Surface
    found: Bools


def climb(
    surface: Callable[[Floats], Surface], start: Floats, low: Floats, high: Floats, *, gain: float = 1e-9, steps: int = STEPS
) -> Peak:
    """Maximise from B starting points at once.

    The step solves (|H| + damping) step = gradient, |H| the second derivatives with the signs of the eigenvalues such that it goes
    uphill; parameters at a bound that the gradient points out of stand still. A step that does not gain is damped ten times more.

    Parameters
    ----------
    surface : of points (B, p); a height of -inf or nan says that there is no function there
    start, low, high : (B, p), (p,), (p,)
    gain : relative gain in height that a step promises, below which it is taken in full, and is the last

    >>> def hill(at):
    ...     return Surface(-((at**2).sum(-1)), -2 * at, np.broadcast_to(-2 * np.eye(2), (len(at), 2, 2)))
    >>> climb(hill, np.array([[3.0, -1.0]]), np.array([1.0, -9.0]), np.array([9.0, 9.0])).at.round(9)
    array([[1., 0.]])
    """
    at = np.clip(start, low, high)
    now = surface(at)
    damping = np.full(len(at), 1e-3)
    found = np.zeros(len(at), dtype=bool)
    for _ in range(steps):
        step, last = _step(now, at, low, high, damping, gain)
        there = np.clip(at + step, low, high)
        new = surface(there)
        slack = np.where(last, gain * (1 + np.abs(now.height)), 0.0)
        with np.errstate(invalid="ignore"):
            better = ~found & (new.height >= now.height - slack) & np.isfinite(new.height)
        at = np.where(better[:, np.newaxis], there, at)
        now = Surface(
            np.where(better, new.height, now.height),
            np.where(better[:, np.newaxis], new.gradient, now.gradient),
            np.where(better[:, np.newaxis, np.newaxis], new.curvature, now.curvature),
        )
        damping = np.where(better, np.maximum(damping / 10, 1e-12), damping * 10)
        found = found | last
        if (found | (damping > DAMPED_MOST)).all():
            break
    return Peak(at, now, found)


def climb_in_rounds(
    surface_of: Callable[[NDArray[np.intp]], Callable[[Floats], Surface]],
    start: Floats,
    low: Floats,
    high: Floats,
    *,
    rounds: int = 8,
) -> Peak:
    """As `climb`, going on after every few steps with those of the B points alone that are not yet at a maximum.

    surface_of : of the rows that are still there -> their surface
    """
    rows = np.arange(len(start))
    peak = climb(surface_of(rows), start, low, high, steps=STEPS_A_ROUND)
    for _ in range(ROUNDS):
        rows = np.flatnonzero(~peak.found)
        if not len(rows):
            break
        more = climb(surface_of(rows), peak.at[rows], low, high, steps=STEPS_A_ROUND)
        for whole, part in zip((peak.at, *peak.surface, peak.found), (more.at, *more.surface, more.found), strict=True):
            whole[rows] = part
    return peak


def free(at: Floats, gradient: Floats, low: Floats, high: Floats) -> Bools:
    """(B, p) the parameters that are not fixed, and not at a bound that the gradient points out of."""
    out = ((at <= low) & (gradient <= 0)) | ((at >= high) & (gradient >= 0))
    return np.asarray(~out & (low < high))


def _step(now: Surface, at: Floats, low: Floats, high: Floats, damping: Floats, gain: float) -> tuple[Floats, Bools]:
    """The step (B, p), and whether it promises so little that it is the last, and without damping.

    A parameter whose step would cross a bound goes to the bound, and the others take the step that suits this.
    """
    moves: Bools = np.asarray(free(at, now.gradient, low, high) & np.isfinite(now.gradient))
    H = np.where(np.isfinite(now.curvature), -now.curvature, 0.0)
    least = gain * (1 + np.abs(now.height))
    step, last = _uphill(H, now.gradient, moves, damping, least)
    there = at + step
    crosses = moves & ((there < low) | (there > high))
    if crosses.any():
        gone = np.where(crosses, np.clip(there, low, high) - at, 0.0)
        pull = now.gradient - (H * gone[:, np.newaxis, :]).sum(-1)
        again, _ = _uphill(H, pull, moves & ~crosses, np.where(last, 0.0, damping), least)
        step = np.where(crosses, gone, np.where(crosses.any(-1, keepdims=True), again, step))
    return step, last


def _uphill(H: Floats, gradient: Floats, moves: Bools, damping: Floats, least: Floats) -> tuple[Floats, Bools]:
    """(|H| + damping)^-1 gradient over the parameters that move, and whether the gain that it promises is no more than `least`.

    There is no damping where that is so.
    """
    if moves.all():
        scaled = H
    else:
        scaled = np.where(moves[:, :, np.newaxis] & moves[:, np.newaxis, :], H, np.eye(H.shape[1]))
        gradient = np.where(moves, gradient, 0.0)
    size = np.sqrt(np.maximum(np.abs(np.diagonal(scaled, axis1=1, axis2=2)), 1e-30))
    values, vectors = np.linalg.eigh(scaled / (size[:, :, np.newaxis] * size[:, np.newaxis, :]))
    values = np.abs(values)
    values = np.maximum(values, CURVATURE * values.max(-1, keepdims=True))
    along = (vectors * (gradient / size)[:, :, np.newaxis]).sum(1)
    last = (along * along / values).sum(-1) / 2 <= least
    along = along / (values + np.where(last, 0.0, damping)[:, np.newaxis])
    step = (vectors * along[:, np.newaxis, :]).sum(-1) / size
    return np.where(moves, step, 0.0), last


def standard_errors(peak: Peak, low: Floats, high: Floats) -> Any:
    """(B, p) roots of the diagonal of the inverse of minus the second derivatives, over the parameters that are free.

    nan for the others, and for all where minus the second derivatives is not positive definite.
    """
    moves = free(peak.at, peak.surface.gradient, low, high)
    both = moves[:, :, np.newaxis] & moves[:, np.newaxis, :]
    H = np.where(both, -peak.surface.curvature, np.eye(peak.at.shape[1]))
    with np.errstate(invalid="ignore"):
        size = np.sqrt(np.abs(np.diagonal(H, axis1=1, axis2=2)))
    ok = np.isfinite(H).all((-1, -2)) & (size > 0).all(-1)
    H = np.where(ok[:, np.newaxis, np.newaxis], H, np.eye(peak.at.shape[1]))
    size = np.where(ok[:, np.newaxis], size, 1.0)
    values, vectors = np.linalg.eigh(H / (size[:, :, np.newaxis] * size[:, np.newaxis, :]))
    ok = ok & (values > 1e-10).all(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        variances = (vectors**2 / np.where(values > 0, values, np.nan)[:, np.newaxis, :]).sum(-1) / size**2
    return np.where(moves & ok[:, np.newaxis], np.sqrt(variances), np.nan)
