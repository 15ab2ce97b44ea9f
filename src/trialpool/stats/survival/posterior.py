"""What the drops of a curve say of the numbers behind them: draws of (at risk, events, censored) along the curve, given all of it.

A hidden Markov model. The state is the number at risk n and the survival S, on a grid that is an eighth of a box wide. Between
two knots c patients are censored, c ~ Poisson about the expected path; at a knot d have the event and S becomes S (1 - d/n); a
reading is right within its box, and less and less likely outside. A number in the risk table leaves one n. Forward filtering and
backward sampling (Carter & Kohn 1994, Biometrika 81:541-553) then give whole paths, each of them integers throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from trialpool.stats.arrays import Floats
from trialpool.stats.survival.expected_path import ExpectedPath
from trialpool.stats.survival.knots import NEAR, Knots

Ints = NDArray[np.intp]
PER_BOX = 8  # cells of S in half a box
REACH = 1.6  # half-widths of the box that are followed on either side of the monotone curve
SHARPNESS = 8.0  # a reading off its box by a tenth of the half-width is e^-0.8 as likely
LEAST = 1e-12
RAREST_TIES = 0.002  # how much less likely each further event at one step is, where hardly a step looks like two
NO_STEP = 0.02  # that a step was read where nobody had the event
SMOOTHED = 9  # knots over which the hazard of a curve read at points is averaged
NEGLIGIBLE = 1e-10  # probability of a number, beside the most likely one, that is left out where others are possible
RAREST = -600.0  # logarithm of the least probability of a number of censored
AS_LIKELY = 1e-4  # an unmarked censoring, where the figure marks them
DEVIATIONS = 5.0
WIDEST = 90.0  # patients on either side of the expected path


class Draws(NamedTuple):
    """(M, K) at risk before the events, events, censored before them, survival after them."""

    n: Ints
    d: Ints
    c: Ints
    S: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step:
    """What may happen at one knot. Rows are n, columns are cells of S; `post` is after the events, `pre` before.

    n_pre, n_post : first n of the rows;  b_pre, b_post : first cell;  w : (D,) prior of d events;  p : prior of c censored
    """

    pre: Floats
    post: Floats
    n_pre: int
    n_post: int
    b_pre: int
    b_post: int
    w: Floats
    p: Floats


def posterior_draws(
    knots: Knots, path: ExpectedPath, half_width: float, grid: bool, M: int, rng: np.random.Generator
) -> Draws | None:
    """M draws; None where no path of integers is anywhere near the readings."""
    cell = half_width / PER_BOX
    found = (_filtered(knots, path, half_width, grid, cell, least) for least in (NEGLIGIBLE, 0.0))
    steps = next((steps for steps in found if steps is not None), None)
    return None if steps is None else _sampled(steps, knots, cell, M, rng)


def _filtered(knots: Knots, path: ExpectedPath, h: float, grid: bool, cell: float, least: float) -> list[_Step] | None:
    """Forward; numbers at risk of a probability below `least` are not followed any further."""
    low, high = _windows(knots, path)
    mu = _expected_events(knots, path, grid)
    ties = max(float(np.mean(mu[knots.eventful] > 1.6)), RAREST_TIES) if knots.eventful.any() else 1.0
    top = round(1 / cell)
    post, n_post, b_post = np.ones((1, 1)), knots.start, top
    steps: list[_Step] = []
    S_before = 1.0
    gaps = np.diff(knots.time, prepend=0.0)
    ahead = _next_read(knots)
    for k in range(len(knots.time)):
        p = _censoring_prior(path.c[k], gaps[k] > NEAR, int(knots.marks[k]), n_post + len(post) - low[k])
        pre, n_pre = _likely(_censored(post, n_post, low[k], high[k], p), int(low[k]), least)
        b_pre = b_post
        w = (
            _event_prior(mu[k], path.n[k], S_before, float(ahead[k]), h, None if grid else ties)
            if knots.eventful[k]
            else np.ones(1)
        )
        if len(w) > 1:
            first, last = int((ahead[k] - REACH * h) / cell), int((knots.S[k] + REACH * h) / cell) + 1
            if np.isnan(knots.read[k]):
                last = b_pre + pre.shape[1] - 1
            b_post, columns = max(first, 0), min(last, top) - max(first, 0) + 1
            post, n_post = _after_events(pre, n_pre, b_pre, b_post, columns, w, cell)
            post = post * _likelihood(b_post, columns, cell, float(knots.read[k]), h)
            S_before = float(knots.S[k])
        else:
            post, n_post = pre, n_pre
        total = post.sum()
        if not total > 0:
            return None
        post = post / total
        steps.append(_Step(pre=pre, post=post, n_pre=n_pre, n_post=n_post, b_pre=b_pre, b_post=b_post, w=w, p=p))
    return steps


def _likely(table: Floats, first: int, least: float) -> tuple[Floats, int]:
    """The rows from the first to the last that is not negligible, and the number of the first."""
    highest = table.max(axis=1)
    rows = np.flatnonzero(highest > least * highest.max())
    if not len(rows):
        return table, first
    return table[rows[0] : rows[-1] + 1], first + int(rows[0])


def _next_read(knots: Knots) -> Floats:
    """Survival at each knot that was read, and before it as far as nothing was."""
    S = np.where(np.isnan(knots.read), np.nan, knots.S)
    ahead = float(knots.S[-1])
    for k in range(len(S) - 1, -1, -1):
        ahead = ahead if np.isnan(S[k]) else float(S[k])
        S[k] = ahead
    return S


def _windows(knots: Knots, path: ExpectedPath) -> tuple[Ints, Ints]:
    """Numbers at risk that are followed at each knot: about the expected path, and never more than before."""
    room = np.minimum(DEVIATIONS * path.spread + 2.5, WIDEST)
    low = np.floor(path.n - room)
    high = np.ceil(path.n + room)
    fixed = ~np.isnan(knots.known)
    low[fixed] = high[fixed] = knots.known[fixed]
    ahead = np.maximum.accumulate(np.where(fixed, knots.known, 0.0)[::-1])[::-1]
    behind = np.minimum.accumulate(np.where(fixed, knots.known, knots.start))
    someone = np.where(knots.S > 0, 1.0, 0.0)
    low = np.maximum.reduce([low, ahead, someone * 0 + np.where(knots.eventful, 1.0, someone)])
    high = np.minimum(high, behind)
    low = np.minimum(low, high)
    return low.astype(np.intp), high.astype(np.intp)


def _expected_events(knots: Knots, path: ExpectedPath, grid: bool) -> Floats:
    """n times the hazard, which is smoothed over a few knots."""
    S = np.maximum(knots.S, 1e-3)
    hazard = -np.diff(np.log(S), prepend=0.0)
    if grid:
        width = min(SMOOTHED, len(hazard))
        hazard = np.convolve(hazard, np.ones(width) / width, mode="same")
        hazard = np.maximum(hazard, 0.02 / max(knots.start, 1))
    return path.n * hazard


def _event_prior(mu: float, n: float, S_before: float, S: float, h: float, ties: float | None) -> Floats:
    """(D,) weights of 0, 1, ... events."""
    drop = max(S_before - S, 0.0)
    most = int(max(n, 1) * (drop + 1.3 * h) / max(S_before - h, 0.02)) + 2
    d = np.arange(min(most, int(n + 12)) + 1)
    if ties is None:
        weights: Floats = np.exp(d * np.log(max(mu, 0.02)) - gammaln(d + 1))
        return weights
    weights = ties ** np.maximum(d - 1.0, 0)
    weights[0] = NO_STEP
    return weights


def _censoring_prior(expected: float, time_passes: bool, marks: int, length: int) -> Floats:
    """(length,) probabilities of 0, 1, ... censored; with marks at least as many as these, and hardly more."""
    c = np.arange(max(length, 1))
    if not time_passes:
        return np.where(c == 0, 1.0, 0.0)
    if marks >= 0:
        weights: Floats = np.where(c < marks, LEAST, (0.2 if marks else AS_LIKELY) ** np.minimum(c - marks, 60))
        return weights
    m = max(expected, 0.01)
    pmf: Floats = np.exp(np.maximum(c * np.log(m) - m - gammaln(c + 1), RAREST))
    return pmf


def _censored(post: Floats, first: int, low: int, high: int, p: Floats) -> Floats:
    """(high - low + 1, B): for every n the sum over those from whom c were censored."""
    likely = np.flatnonzero(p > NEGLIGIBLE * p.max())
    moved = _moved(post, first, low, high, p, range(int(likely[0]), int(likely[-1]) + 1))
    return moved if moved.any() else _moved(post, first, low, high, p, range(len(p)))


def _moved(post: Floats, first: int, low: int, high: int, p: Floats, counts: range) -> Floats:
    moved = np.zeros((high - low + 1, post.shape[1]))
    for c in counts:
        begin, stop = max(first - c, low), min(first + len(post) - 1 - c, high)  # n that c censored leave
        if begin <= stop:
            moved[begin - low : stop - low + 1] += p[c] * post[begin + c - first : stop + c - first + 1]
    return moved


def _after_events(pre: Floats, low: int, b_pre: int, b_post: int, columns: int, w: Floats, cell: float) -> tuple[Floats, int]:
    """The filter after d = 0, 1, ... events: n - d at risk and S (1 - d/n), shared between the two cells that it falls between."""
    n, d = low + np.arange(len(pre)), np.arange(len(w))
    kept = np.maximum(1 - d[:, np.newaxis] / np.maximum(n, 1), 0)  # (D, W)
    place = kept[:, :, np.newaxis] * (b_pre + np.arange(pre.shape[1])) - b_post
    cellno = np.floor(place + 1e-9)
    part = np.maximum(place - cellno, 0)
    rows = n - d[:, np.newaxis]
    first = max(low - len(w) + 1, 0)
    height, wide = int(n[-1]) - first + 1, columns + 4  # two columns on either side take what is outside
    mass = (np.where(rows >= 0, w[:, np.newaxis], 0.0))[:, :, np.newaxis] * pre
    at = np.minimum(np.maximum(cellno, -2), columns).astype(np.intp) + (np.maximum(rows - first, 0) * wide + 2)[:, :, np.newaxis]
    at, mass, upper = at.ravel(), mass.ravel(), (mass * part).ravel()
    flat: Floats = np.bincount(at, mass - upper, minlength=height * wide).astype(float)
    flat[1:] += np.bincount(at, upper, minlength=height * wide)[:-1]
    return flat.reshape(height, wide)[:, 2:-2], first


def _likelihood(b_post: int, columns: int, cell: float, read: float, h: float) -> Floats:
    """Of a reading, for each cell of S: 1 within the box, falling off outside."""
    if np.isnan(read):
        return np.ones(columns)
    S = (b_post + np.arange(columns)) * cell
    outside = np.maximum(np.abs(S - read) - h, 0.0) / h
    likely: Floats = np.exp(-np.minimum(SHARPNESS * outside, 18.0))
    return likely


def _sampled(steps: list[_Step], knots: Knots, cell: float, M: int, rng: np.random.Generator) -> Draws:
    """Backward from the last knot, every draw choosing among what led to its state, by the filter's weights."""
    K = len(steps)
    n, d, c = (np.zeros((M, K), np.intp) for _ in range(3))
    S = np.zeros((M, K))
    last = steps[-1]
    picks = rng.choice(last.post.size, size=M, p=last.post.ravel())
    rows, cells = np.unravel_index(picks, last.post.shape)
    now, cells = rows + last.n_post, cells + last.b_post
    for k in range(K - 1, -1, -1):
        S[:, k] = cells * cell
        step = steps[k]
        if len(step.w) > 1:
            d[:, k], cells = _events_before(step, now, cells, rng)
        n[:, k] = now + d[:, k]
        before = steps[k - 1] if k else None
        c[:, k] = _censored_before(step, before, n[:, k], cells, knots.start, rng)
        now = n[:, k] + c[:, k]
    return Draws(n, d, c, S)


def _events_before(step: _Step, now: Ints, cells: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """How many events led to each state, and the cell that S was in before them."""
    W, B = step.pre.shape
    at_risk = now[:, np.newaxis] + np.arange(len(step.w))
    rows = at_risk - step.n_pre
    kept = now[:, np.newaxis] / np.maximum(at_risk, 1)
    sound = (rows >= 0) & (rows < W)
    if kept[sound].min(initial=1.0) > 0.55:  # at most four cells can have led to one
        base = np.floor(cells[:, np.newaxis] / np.maximum(kept, 0.5) + 1e-9).astype(np.intp) - 1
        column = base[:, :, np.newaxis] + np.arange(4)
    else:
        column = np.broadcast_to(np.arange(B) + step.b_pre, (*kept.shape, B))
    share = 1 - np.abs(column * kept[:, :, np.newaxis] - cells[:, np.newaxis, np.newaxis])
    column = column - step.b_pre
    share[(share <= 1e-8) | (column < 0) | (column >= B)] = 0.0
    weight = step.pre.take((rows * B)[:, :, np.newaxis] + column, mode="clip")
    table = np.where(sound, step.w, 0.0)[:, :, np.newaxis] * weight * share
    events, option = np.divmod(_choices(table.reshape(len(now), -1), rng), column.shape[2])
    return events, column[np.arange(len(now)), events, option] + step.b_pre


def _censored_before(step: _Step, before: _Step | None, n: Ints, cells: Ints, start: int, rng: np.random.Generator) -> Ints:
    if before is None:
        return start - n
    lost = before.n_post + np.arange(len(before.post)) - n[:, np.newaxis]
    weight = np.where(lost >= 0, step.p.take(lost, mode="clip"), 0.0)
    filtered = before.post.take(cells - before.b_post, axis=1, mode="clip").T
    chosen = _choices(weight * filtered, rng)
    before_c: Ints = lost[np.arange(len(n)), chosen]
    return before_c


def _choices(weights: Floats, rng: np.random.Generator) -> Ints:
    """One column of each row, by weight."""
    summed = np.cumsum(weights, axis=1)
    chosen: Ints = (summed < rng.random(len(weights))[:, np.newaxis] * summed[:, -1:]).sum(axis=1)
    last: Ints = np.minimum(chosen, weights.shape[1] - 1)
    return last
