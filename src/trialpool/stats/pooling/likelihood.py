r"""The maximum of the likelihood over tau2, found with a proof that it is the highest one.

With W = diag(1 / (vi + t)), P = W - W X (X'WX)^-1 X'W and t for tau2, the log-likelihoods are, but for constants,

    full        -2 log L(t)  = sum log(vi + t) + y'Py
    restricted  -2 log RL(t) = sum log(vi + t) + log det X'WX + y'Py
    twice the score = B(t) - A(t),  B = y'PPy,  A = tr W (full) or tr P (restricted)

With K an orthonormal basis of the contrasts, K'X = 0, P = K (K'VK + tI)^-1 K'. So with lambda_j for the k - p eigenvalues of K'VK
and z_j for the coordinates of K'y in that eigenbasis

    B = sum z_j^2 / (lambda_j + t)^2        tr P = sum 1 / (lambda_j + t)        tr W = sum 1 / (vi + t)

A and B fall in t; with E = -A' (tr PP or tr WW) and C = -B' = 2 y'PPPy, so do E/A and C/B, because sums of negative powers of
lambda_j + t, which are log-convex, are log-convex. On an interval [a, b] therefore

    B(b) > A(a)             the likelihood only rises
    B(a) < A(b)             it only falls
    C(b)/B(b) >= E(a)/A(a)  B/A only falls: it crosses 1 at most once, from above, at a maximum
    C(a)/B(a) <= E(b)/A(b)  B/A only rises: no maximum inside

and an interval of which none of the four holds is halved. What is left are brackets with one maximum each; Newton's method
finishes them and the likelihood picks among them and the boundary. No root lies beyond t = sum z_j^2, the residual sum of squares
of ordinary least squares: each term z_j^2 / (lambda_j + t)^2 - 1 / (lambda_j + t) of the restricted score is negative there, and
tr W >= tr P. (All of this is in exact arithmetic; A and E are differences, which round where one study outweighs the rest by many
orders of magnitude.) Fisher scoring, the usual way, stops or goes astray on one or two ordinary data sets in a thousand, and
cannot see a second peak.

In here studies are the first axis, so that sums over studies run along contiguous memory: yi (k, n) or (k, 1), vi (k, n),
X (k, p, n) or (k, p, 1), or without n for a single analysis. X None is the intercept; p = 0 columns stand for a mean that is
known to be 0.

References: Patterson & Thompson (1971), Biometrika 58:545-554; Harville (1977), JASA 72:320-338; Viechtbauer (2005),
J Educ Behav Stat 30:261-293, for the scores of the random-effects model.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.pooling.projection import log_det, projection

GRID = 8  # intervals looked at first; those without a verdict are halved until they have one
FINE_GRID = 16  # the same where few analyses are run, and looking costs less than halving
CHUNK = 120_000  # numbers in one array of the grid: what stays in a processor's cache
HALVINGS = 60
STEPS = 80
CLOSE = 1e-9  # a Newton step this small, of a root it converges to quadratically, leaves an error of rounding only


class Slope(NamedTuple):
    """A and B at some tau2: the score is (B - A) / 2 (see the head of this file)."""

    A: Any
    B: Any


class Terms(NamedTuple):
    """A, B, E and C at some tau2 (see the head of this file)."""

    A: Any
    B: Any
    E: Any
    C: Any

    def at(self, index: Any) -> Terms:
        return Terms(self.A[index], self.B[index], self.E[index], self.C[index])


class Brackets(NamedTuple):
    """Intervals of tau2, each of one analysis (`which`), with the terms at their ends."""

    which: NDArray[np.intp]
    low: Floats
    high: Floats
    at_low: Terms
    at_high: Terms

    def part(self, where: Any) -> Brackets:
        ends = self.at_low.at(where), self.at_high.at(where)
        return Brackets(self.which[where], self.low[where], self.high[where], *ends)


class Sample(NamedTuple):
    """n analyses and which of their likelihoods is meant."""

    yi: Floats
    vi: Floats
    X: Floats | None
    restricted: bool

    def at(self, index: NDArray[np.intp] | slice) -> Sample:
        """Some of the analyses, in memory of their own that runs along them."""
        yi, X = self.yi, self.X
        yi = yi if yi.shape[-1] == 1 else _some(yi, index)
        X = X if X is None or X.shape[-1] == 1 else _some(X, index)
        return Sample(yi, _some(self.vi, index), X, self.restricted)

    def slope(self, tau2: Any) -> Slope:
        """A and B at one tau2 an analysis (n,), or on a grid of them (m, n)."""
        yi, vi, X = self._against(tau2)
        wi = 1 / (vi + tau2)
        sum_w = wi.sum(0)
        if X is not None:
            P = projection(wi, X)
            ri = P.residuals(yi)
            return Slope(P.trace() if self.restricted else sum_w, _product(ri, ri))
        ri = yi - _product(wi, yi) / sum_w
        ri *= wi
        return Slope(sum_w - _product(wi, wi) / sum_w if self.restricted else sum_w, _product(ri, ri))

    def terms(self, tau2: Any) -> Terms:
        """A, B, E and C at one tau2 an analysis (n,), or on a grid of them (m, n)."""
        yi, vi, X = self._against(tau2)
        wi = 1 / (vi + tau2)
        if X is not None:
            return self._terms_of_design(yi, wi, X)
        w2 = wi * wi
        sum_w, sum_w2 = wi.sum(0), w2.sum(0)
        ri = yi - _product(wi, yi) / sum_w  # P y
        ri *= wi
        rw = ri * wi
        B = _product(ri, ri)
        C = 2 * (_product(rw, ri) - rw.sum(0) ** 2 / sum_w)
        if not self.restricted:
            return Terms(sum_w, B, sum_w2, C)
        share = sum_w2 / sum_w
        return Terms(sum_w - share, B, sum_w2 - 2 * _product(w2, wi) / sum_w + share * share, C)

    def _terms_of_design(self, yi: Floats, wi: Floats, X: Floats) -> Terms:
        P = projection(wi, X)
        ri = P.residuals(yi)
        B, C = _product(ri, ri), 2 * P.quadratic(ri)
        if self.restricted:
            return Terms(P.trace(), B, P.trace_of_square(), C)
        return Terms(wi.sum(0), B, _product(wi, wi), C)

    def log_likelihood(self, tau2: Floats) -> Floats:
        """(n,) up to a constant."""
        there = np.isfinite(self.vi)
        total = np.where(there, self.vi, 0.0) + tau2
        logs = np.log(np.where(there, total, 1.0)).sum(0)
        wi = np.where(there, 1 / np.where(there, total, 1.0), 0.0)
        if self.restricted:
            logs = logs + log_det(wi, self.X)
        value: Floats = -0.5 * (logs + projection(wi, self.X).quadratic(self.yi))
        return value

    def _against(self, tau2: Any) -> tuple[Floats, Floats, Floats | None]:
        """yi, vi and X with an axis more where tau2 is a grid."""
        if np.ndim(tau2) < self.yi.ndim:
            return self.yi, self.vi, self.X
        return self.yi[:, np.newaxis], self.vi[:, np.newaxis], None if self.X is None else self.X[:, :, np.newaxis]


def maximise(
    yi: Floats, vi: Floats, X: Floats | None = None, *, restricted: bool = True, which: NDArray[np.intp] | None = None
) -> Floats:
    """tau2 of the highest likelihood of each analysis, or of those in `which`.

    yi finite, vi > 0, X of full rank among the studies present, with at least one degree of freedom left.
    """
    n = vi.shape[-1] if which is None else len(which)
    if n == 0:
        return np.zeros(0)
    sample = Sample(yi, vi, X, restricted)
    step = max(1, CHUNK // (len(vi) * GRID))
    if which is None and n <= step:
        return _maximise_chunk(sample)
    parts = (slice(i, i + step) if which is None else which[i : i + step] for i in range(0, n, step))
    return np.concatenate([_maximise_chunk(sample.at(part)) for part in parts])


def maximise_one(yi: Floats, vi: Floats, X: Floats | None = None, *, restricted: bool = True) -> float:
    """The same of a single analysis: yi, vi (k,), X (k, p). Where all is as usual, one peak or none, it is found sooner."""
    sample = Sample(yi, vi, X, restricted)
    grid = _grid(sample)
    A, B = sample.slope(grid)
    undecided = np.flatnonzero((B[1:] <= A[:-1]) & (B[:-1] >= A[1:]))
    if not len(undecided):
        return 0.0
    first, last = int(undecided[0]), int(undecided[-1]) + 1
    if last - first == len(undecided):
        ends = sample.terms(grid[first : last + 1])
        ratio_falls = bool(_ratio_falls(ends.at(slice(None, -1)), ends.at(slice(1, None))).all())
        if ratio_falls and A[0] < B[0] and A[first] < B[first] and B[last] <= A[last]:
            return _newton_of_one(sample, float(grid[first]), float(grid[last]), ends)
        if ratio_falls and A[0] >= B[0] and A[first] >= B[first]:
            return 0.0
    X = None if X is None else X[..., np.newaxis]
    return float(_maximise_chunk(Sample(yi[:, np.newaxis], vi[:, np.newaxis], X, restricted))[0])


def _newton_of_one(sample: Sample, low: float, high: float, ends: Terms) -> float:
    below, above = ((float(ends.A[i]) / float(ends.B[i]) if ends.B[i] else np.inf) - 1 for i in (0, -1))
    tau2 = low + (high - low) * below / (below - above)
    scale = float(sample.vi.min())
    for _ in range(STEPS):
        A, B, E, C = map(float, sample.terms(tau2))
        low, high = (tau2, high) if B > A else (low, tau2)
        fall = A * C - E * B
        proposal = tau2 + (B - A) * B / fall if fall else low - 1
        if not low <= proposal <= high:
            proposal = (low + high) / 2
        moved, tau2 = abs(proposal - tau2), proposal
        if moved <= CLOSE * (tau2 + scale):
            break
    return tau2


def _maximise_chunk(sample: Sample) -> Floats:
    grid = _grid(sample)
    A, B = sample.slope(grid)
    one_way = (B[1:] > A[:-1]) | (B[:-1] < A[1:])
    cell, which = np.nonzero(~one_way)
    tau2 = np.zeros(sample.vi.shape[-1])
    if not len(which):
        return tau2
    peaks = _peaks(sample, which, grid[cell, which], grid[cell + 1, which])
    roots = _newton(sample, peaks)
    maxima = np.bincount(peaks.which, minlength=len(tau2)) + (B[0] <= A[0])
    if maxima.max() <= 1:
        tau2[peaks.which] = roots
        return tau2
    return _highest(sample, peaks.which, roots)


def _grid(sample: Sample) -> Floats:
    """(intervals + 1, n) values of tau2 from 0 to above every root, evenly spaced in log(tau2 + smallest vi)."""
    there = np.isfinite(sample.vi).astype(float)
    if sample.X is None:
        centred = (sample.yi - _product(there, sample.yi) / there.sum(0)) * there
        top = _product(centred, centred)
    else:
        top = projection(there, sample.X).quadratic(sample.yi)
    smallest = sample.vi.min(0)
    intervals = max(GRID, min(FINE_GRID, CHUNK // (20 * sample.vi.size)))
    steps = np.arange(intervals + 1) / intervals
    grid: Floats = smallest * np.expm1(np.multiply.outer(steps, np.log1p(top / smallest)))
    return grid


def _peaks(sample: Sample, which: NDArray[np.intp], low: Floats, high: Floats) -> Brackets:
    """Brackets that hold exactly one maximum, within the intervals given: these are halved until each has a verdict."""
    part = sample.at(which)
    cells = Brackets(which, low, high, part.terms(low), part.terms(high))
    smallest = sample.vi.min(0)
    found: list[Brackets] = []
    for _ in range(HALVINGS):
        one_peak = _ratio_falls(cells.at_low, cells.at_high)
        no_peak = cells.at_low.C * cells.at_high.A <= cells.at_high.E * cells.at_low.B
        narrow = cells.high - cells.low <= 1e-13 * (cells.high + smallest[cells.which])
        turns = (cells.at_low.B > cells.at_low.A) & (cells.at_high.B <= cells.at_high.A)
        found.append(cells.part((one_peak | narrow) & turns))
        undecided = ~(one_peak | no_peak | narrow | _one_way(cells))
        if not undecided.any():
            break
        cells = _halves(sample, cells.part(undecided), smallest)
    return _joined(found)


def _ratio_falls(low: Terms, high: Terms) -> Bools:
    """Does B/A fall all the way between two values of tau2 with these terms?"""
    falls: Bools = high.C * low.A >= low.E * high.B
    return falls


def _one_way(cells: Brackets) -> Bools:
    one_way: Bools = (cells.at_high.B > cells.at_low.A) | (cells.at_low.B < cells.at_high.A)
    return one_way


def _halves(sample: Sample, cells: Brackets, smallest: Floats) -> Brackets:
    shift = smallest[cells.which]
    middle = np.sqrt((cells.low + shift) * (cells.high + shift)) - shift
    at_middle = sample.at(cells.which).terms(middle)
    lower = Brackets(cells.which, cells.low, middle, cells.at_low, at_middle)
    upper = Brackets(cells.which, middle, cells.high, at_middle, cells.at_high)
    return _joined([lower, upper])


def _joined(parts: list[Brackets]) -> Brackets:
    if len(parts) == 1:
        return parts[0]
    which, low, high = (np.concatenate([part[i] for part in parts]) for i in range(3))
    at_low, at_high = (Terms(*(np.concatenate(term) for term in zip(*(part[i] for part in parts), strict=True))) for i in (3, 4))
    return Brackets(which, low, high, at_low, at_high)


def _highest(sample: Sample, which: NDArray[np.intp], roots: Floats) -> Floats:
    """The root, or 0, at which the likelihood is highest."""
    n = sample.vi.shape[-1]
    which, candidates = np.concatenate([which, np.arange(n)]), np.concatenate([roots, np.zeros(n)])
    value = sample.at(which).log_likelihood(candidates)
    order = np.lexsort((candidates, -value, which))
    first = np.searchsorted(which[order], np.arange(n))
    best: Floats = candidates[order][first]
    return best


def _newton(sample: Sample, brackets: Brackets) -> Floats:
    """The root of the score in each bracket, by Newton's method on A/B - 1 (a straight line where all vi are equal)."""
    low, high = brackets.low, brackets.high
    roots = low.copy()
    active = np.arange(len(low))
    part = sample.at(brackets.which)
    scale = part.vi.min(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        below, above = (ends.A / ends.B - 1 for ends in (brackets.at_low, brackets.at_high))
        tau2 = low + (high - low) * below / (below - above)
        tau2 = np.where((tau2 >= low) & (tau2 <= high), tau2, (low + high) / 2)
        for _ in range(STEPS):
            A, B, E, C = part.terms(tau2)
            rising = B > A
            low, high = np.where(rising, tau2, low), np.where(rising, high, tau2)
            proposal = tau2 + (B - A) * B / (A * C - E * B)
            proposal = np.where((proposal >= low) & (proposal <= high), proposal, (low + high) / 2)
            moving = np.abs(proposal - tau2) > CLOSE * (proposal + scale)
            tau2 = proposal
            left = np.count_nonzero(moving)
            if 2 * left <= len(active):
                roots[active] = tau2
                if not left:
                    break
                active, low, high, tau2, scale = (x[moving] for x in (active, low, high, tau2, scale))
                part = part.at(np.flatnonzero(moving))
    roots[active] = tau2
    return roots


def _some(x: Floats, index: NDArray[np.intp] | slice) -> Floats:
    """x[..., index], contiguous: indexing by an array would put the studies last in memory."""
    return np.ascontiguousarray(x[..., index]) if isinstance(index, slice) else np.take(x, index, axis=-1)


def _product(a: Floats, b: Floats) -> Any:
    """Sum over studies of a b."""
    if a.ndim == b.ndim == 1:
        return a.dot(b)
    return np.einsum("k...,k...->...", a, b)
