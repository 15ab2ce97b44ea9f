r"""The maximum of the restricted likelihood over tau2, found with a proof that it is the highest one.

With K an orthonormal basis of contrasts, K'y is normal with variance K'VK + tau2 I. Writing lambda_j for the k - 1
eigenvalues of K'VK and z_j for the coordinates of K'y in that eigenbasis,

    -2 log RL(t) = sum log(lambda_j + t) + sum z_j^2 / (lambda_j + t)
     2 score(t)  = B(t) - A(t),  A = sum 1 / (lambda_j + t) = tr P,  B = sum z_j^2 / (lambda_j + t)^2 = y'PPy

A and B both fall in t, and so do E = -A' = tr PP and C = -B' = 2 y'PPPy. On an interval [a, b] therefore

    B(b) > A(a)   the likelihood only rises         C(b) > E(a)   the score only falls: at most one root, a maximum
    B(a) < A(b)   it only falls                     C(a) < E(b)   the score only rises: no maximum inside

and an interval of which none of the four holds is halved. What is left are brackets with one maximum each; Newton's method
finishes them and the likelihood picks among them and the boundary. Fisher scoring, the usual way, stops or goes astray on one
or two ordinary data sets in a thousand, and cannot see a second peak.

In here studies are the first axis, so that sums over studies run along contiguous memory. Strata that share one tau2 are the
second axis: their restricted likelihoods multiply, so their A, B, C and E add.

References: Patterson & Thompson (1971), Biometrika 58:545-554; Harville (1977), JASA 72:320-338; Viechtbauer (2005),
J Educ Behav Stat 30:261-293, for the score of the random-effects model.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.arrays import Bools, Floats

GRID = 12  # intervals looked at first; those without a verdict are halved until they have one
FINE_GRID = 48  # the same where few analyses are run, and looking costs less than halving
CHUNK = 40_000  # numbers in one array of the grid: what stays in a processor's cache
HALVINGS = 60
STEPS = 80
CLOSE = 1e-9  # a Newton step this small, of a root it converges to quadratically, leaves an error of rounding only


class Terms(NamedTuple):
    """A, B, E and C of the restricted score at some tau2 (see the head of this file)."""

    A: Floats
    B: Floats
    E: Floats
    C: Floats

    def at(self, index: Any) -> Terms:
        return Terms(self.A[index], self.B[index], self.E[index], self.C[index])


class Brackets(NamedTuple):
    """Intervals of tau2, each of one analysis (`which`), that hold exactly one maximum."""

    which: NDArray[np.intp]
    low: Floats
    high: Floats


def restricted_terms(yi: Floats, vi: Floats, tau2: Floats) -> Terms:
    """yi, vi: (k, strata, ...); tau2 broadcasts against (...)."""
    wi = 1 / (vi + tau2)
    w2 = wi * wi
    sum_w, sum_w2, sum_w3 = wi.sum(0), w2.sum(0), (w2 * wi).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mu = (wi * yi).sum(0) / sum_w
        share = sum_w2 / sum_w
        ri = wi * (yi - mu)  # P y
        rw = ri * wi
        A = sum_w - share
        B = (ri * ri).sum(0)
        E = sum_w2 - 2 * sum_w3 / sum_w + share * share
        C = 2 * ((rw * ri).sum(0) - rw.sum(0) ** 2 / sum_w)
    if len(A) == 1:
        return Terms(A[0], B[0], E[0], C[0])
    return Terms(np.nansum(A, 0), np.nansum(B, 0), np.nansum(E, 0), np.nansum(C, 0))


def log_restricted_likelihood(yi: Floats, vi: Floats, tau2: Floats) -> Floats:
    """Up to a constant; yi, vi: (k, strata, n), tau2: (n,)."""
    there = np.isfinite(vi)
    total = np.where(there, vi, 0.0) + tau2
    wi = np.where(there, 1 / np.where(there, total, 1.0), 0.0)
    sum_w = wi.sum(0)
    some = sum_w > 0
    mu = (wi * yi).sum(0) / np.where(some, sum_w, 1.0)
    logs = np.log(np.where(there, total, 1.0)).sum(0) + np.log(np.where(some, sum_w, 1.0))
    value: Floats = -0.5 * (logs + (wi * (yi - mu) ** 2).sum(0)).sum(0)
    return value


def maximise(yi: Floats, vi: Floats) -> Floats:
    """tau2 (n,) of the highest restricted likelihood; yi, vi: (k, strata, n), yi finite, vi > 0, at least two studies each."""
    k, strata, n = yi.shape
    if n == 0:
        return np.zeros(0)
    step = max(1, CHUNK // (k * strata * GRID))
    if n <= step:
        return _maximise_chunk(yi, vi)
    parts = [
        _maximise_chunk(np.ascontiguousarray(yi[..., i : i + step]), np.ascontiguousarray(vi[..., i : i + step]))
        for i in range(0, n, step)
    ]
    return np.concatenate(parts)


def _maximise_chunk(yi: Floats, vi: Floats) -> Floats:
    grid = _grid(yi, vi)
    at_grid = restricted_terms(yi[:, :, np.newaxis], vi[:, :, np.newaxis], grid)
    low, high = at_grid.at(slice(None, -1)), at_grid.at(slice(1, None))
    score = at_grid.B - at_grid.A
    sure, peaked = _verdict(low, high)
    peaked &= (score[:-1] > 0) & (score[1:] <= 0)
    maxima = peaked.sum(0) + (score[0] <= 0)
    if sure.all() and (maxima == 1).all():
        tau2 = np.zeros(yi.shape[-1])
        cell, which = np.nonzero(peaked)
        if len(which):
            tau2[which] = _newton(yi, vi, Brackets(which, grid[cell, which], grid[cell + 1, which]))
        return tau2
    return _best_of_all(yi, vi, grid, sure, peaked, score[0] <= 0)


def _grid(yi: Floats, vi: Floats) -> Floats:
    """(intervals + 1, n) values of tau2 from 0 to above every root, evenly spaced in log(tau2 + smallest vi).

    No root lies beyond sum (yi - ybar)^2, since each term of B - A is negative there.
    """
    there = np.isfinite(vi)
    centre = (yi * there).sum(0) / np.maximum(there.sum(0), 1)
    top = (((yi - centre) ** 2) * there).sum((0, 1))
    smallest = vi.min((0, 1))
    growth = np.log1p(top / smallest)
    intervals = max(GRID, min(FINE_GRID, CHUNK // (20 * yi.size)))
    steps = np.arange(intervals + 1)[:, np.newaxis] / intervals
    grid: Floats = smallest * np.expm1(steps * growth)
    return grid


def _verdict(low: Terms, high: Terms) -> tuple[Bools, Bools]:
    """For intervals with these terms at their ends: is the shape of the likelihood certain, and can it peak inside?"""
    rises, falls = high.B > low.A, low.B < high.A
    one_peak, no_peak = high.C >= low.E, low.C <= high.E
    return rises | falls | one_peak | no_peak, one_peak


def _best_of_all(yi: Floats, vi: Floats, grid: Floats, sure: Bools, peaked: Bools, at_zero: Bools) -> Floats:
    """The general case: halve what has no verdict, finish every bracket, compare the likelihoods."""
    cell, which = np.nonzero(peaked & sure)
    found = [Brackets(which, grid[cell, which], grid[cell + 1, which])]
    cell, which = np.nonzero(~sure)
    found += _halve(yi, vi, Brackets(which, grid[cell, which], grid[cell + 1, which]))
    brackets = _joined(found)
    roots = _newton(yi, vi, brackets)
    n = yi.shape[-1]
    which = np.concatenate([brackets.which, np.arange(n)])
    candidates = np.concatenate([roots, np.zeros(n)])
    value = log_restricted_likelihood(yi[..., which], vi[..., which], candidates)
    order = np.lexsort((candidates, -value, which))
    first = np.searchsorted(which[order], np.arange(n))
    best: Floats = candidates[order][first]
    return best


def _halve(yi: Floats, vi: Floats, cells: Brackets) -> list[Brackets]:
    """Brackets within `cells`: each is halved until its halves have a verdict or are too narrow to matter."""
    found = []
    smallest = vi.min((0, 1))
    ends = [_terms_of(yi, vi, cells.which, t) for t in (cells.low, cells.high)]
    for _ in range(HALVINGS):
        if not len(cells.which):
            break
        shift = smallest[cells.which]
        middle = np.sqrt((cells.low + shift) * (cells.high + shift)) - shift
        at_middle = _terms_of(yi, vi, cells.which, middle)
        cells = _joined([Brackets(cells.which, cells.low, middle), Brackets(cells.which, middle, cells.high)])
        low = Terms(*(np.concatenate(p) for p in zip(ends[0], at_middle, strict=True)))
        high = Terms(*(np.concatenate(p) for p in zip(at_middle, ends[1], strict=True)))
        sure, peaked = _verdict(low, high)
        narrow = cells.high - cells.low <= 1e-13 * (cells.high + smallest[cells.which])
        turns = (low.B > low.A) & (high.B <= high.A)
        found.append(_part(cells, (peaked | narrow) & turns))
        undecided = ~sure & ~narrow
        cells, ends = _part(cells, undecided), [low.at(undecided), high.at(undecided)]
    return found


def _joined(parts: list[Brackets]) -> Brackets:
    which, low, high = ([part[i] for part in parts] for i in range(3))
    return Brackets(np.concatenate(which), np.concatenate(low), np.concatenate(high))


def _part(brackets: Brackets, where: Bools) -> Brackets:
    return Brackets(brackets.which[where], brackets.low[where], brackets.high[where])


def _terms_of(yi: Floats, vi: Floats, which: NDArray[np.intp], tau2: Floats) -> Terms:
    return restricted_terms(yi[..., which], vi[..., which], tau2)


def _newton(yi: Floats, vi: Floats, brackets: Brackets) -> Floats:
    """The root of the score in each bracket, by Newton's method on A/B - 1 (a straight line where all vi are equal)."""
    which, low, high = brackets
    if len(which) != yi.shape[-1] or (which != np.arange(yi.shape[-1])).any():
        yi, vi = yi[..., which], vi[..., which]
    scale = vi.min((0, 1))
    tau2 = (low + high) / 2
    for _ in range(STEPS):
        A, B, E, C = restricted_terms(yi, vi, tau2)
        rising = B > A
        low, high = np.where(rising, tau2, low), np.where(rising, high, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            proposal = tau2 + (B - A) * B / (A * C - E * B)
        inside = (proposal >= low) & (proposal <= high)
        proposal = np.where(inside, proposal, (low + high) / 2)
        moved = np.abs(proposal - tau2)
        tau2 = proposal
        if (moved <= CLOSE * (tau2 + scale)).all():
            break
    return tau2
