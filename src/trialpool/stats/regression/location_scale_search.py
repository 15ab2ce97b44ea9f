"""Location-scale models: moderators of the average effect, and moderators of how much effects spread about it.

With tau2_i = exp(z_i'alpha) (log link) or z_i'alpha (identity link), W = diag(1 / (vi + tau2_i)), P as in meta-regression and
r = P y = W (y - X beta), the slopes of the log-likelihood in tau2_i are

    full        g_i = (r_i^2 - w_i) / 2              G_ij = w_i^2 [i = j] / 2 - r_i P_ij r_j
    restricted  g_i = (r_i^2 - P_ii) / 2             G_ij = P_ij^2 / 2 - r_i P_ij r_j

with beta profiled out. From these follow gradient and Hessian in alpha, and Newton's method finds the maximum.

Reference: Viechtbauer & Lopez-Lopez (2022), Res Synth Methods 13:697-715.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.regression.information import normal_log_likelihood
from trialpool.stats.regression.least_squares import least_squares, leverage

STEPS = 200
CLOSE = 1e-15  # a gain in log-likelihood of no more than this, that a Newton step promises, is none
FAR, LEVEL = 10.0, 1e-6  # log tau2 is without an end where its going on by so much costs no more log-likelihood than that
FLAT = 1e-6  # a tau2_i of no more than this share of the smallest vi is as good as 0

# multiples of the common tau2, or of a typical vi, that the search starts from; the least are those of steep slopes
GRID = np.concatenate([[1e-13, 1e-10, 1e-8, 1e-6], np.geomspace(1e-4, 1e2, 19)])


class Spread(NamedTuple):
    """tau2_i as a function of the linear predictor, with its first and second derivative by it."""

    tau2: Floats
    slope: Floats
    bend: Floats


def log_link(eta: Floats) -> Spread:
    """tau2 = exp(eta)."""
    tau2 = np.exp(np.clip(eta, -700.0, 300.0))
    return Spread(tau2, tau2, tau2)


def identity_link(eta: Floats) -> Spread:
    """tau2 = eta, which is to be 0 or more."""
    return Spread(eta, np.ones(eta.shape), np.zeros(eta.shape))


LINKS: dict[str, Callable[[Floats], Spread]] = {"log": log_link, "identity": identity_link}


class Problem(NamedTuple):
    """The studies present, with Z in columns at right angles (see `search`)."""

    yi: Floats
    vi: Floats
    X: Floats
    Z: Floats
    link: str
    restricted: bool

    def spread(self, alpha: Floats) -> Spread:
        return LINKS[self.link](self.Z @ alpha)

    def values(self, alpha: Floats) -> Floats:
        """(...) the log-likelihood of alpha (..., q); -inf where a tau2_i would be negative."""
        tau2 = LINKS[self.link]((alpha[..., np.newaxis, :] * self.Z).sum(-1)).tau2
        inside = np.isfinite(tau2).all(-1) & (tau2 >= -1e-12 * self.vi.min()).all(-1)
        total = self.vi + np.where(inside[..., np.newaxis], np.maximum(tau2, 0.0), 1.0)
        beta = least_squares(self.yi, 1 / total, self.X).beta
        return np.where(inside, normal_log_likelihood(self.yi, total, self.X, beta, self.restricted), -np.inf)

    def value(self, alpha: Floats) -> float:
        """The same of one alpha (q,)."""
        return float(self.values(alpha))

    def slopes(self, alpha: Floats) -> tuple[Floats, Floats]:
        """Gradient and Hessian of the log-likelihood in alpha."""
        spread = self.spread(alpha)
        wi = 1 / (self.vi + spread.tau2)
        beta, root = least_squares(self.yi, wi, self.X)
        ri = wi * (self.yi - self.X @ beta)
        half = (self.X * wi[:, np.newaxis]) @ root
        P = np.diag(wi) - half @ half.T
        own, squares = (wi * (1 - leverage(wi, self.X, root)), P**2) if self.restricted else (wi, np.diag(wi**2))
        g = (ri**2 - own) / 2
        G = squares / 2 - ri[:, np.newaxis] * P * ri
        sides = self.Z * spread.slope[:, np.newaxis]
        return sides.T @ g, sides.T @ G @ sides + (self.Z * (g * spread.bend)[:, np.newaxis]).T @ self.Z


class Found(NamedTuple):
    """Where the log-likelihood is highest.

    alpha, cov : coefficients of the scale, and the inverse of the observed information; nan in it along what is held at a limit
    value      : log-likelihood
    gain       : what a further Newton step promises: 0 but for rounding, where converged
    steps      : Newton steps made
    held       : rows of Z whose tau2 is held at 0 (identity link)
    endless    : does the likelihood not fall again however far alpha goes one way (log link)?
    """

    alpha: Floats
    cov: Floats
    value: float
    gain: float
    steps: int
    held: tuple[int, ...]
    endless: bool

    @property
    def converged(self) -> bool:
        """Does a further step promise nothing?"""
        return self.gain <= 1e-9


def search(yi: Floats, vi: Floats, X: Floats, Z: Floats, *, link: str, restricted: bool, tau2: float) -> Found:
    """The highest of the maxima that are found from several starts; `tau2` is that of the model with one for all studies."""
    Q, R = np.linalg.qr(Z)
    size = np.sqrt(len(yi))
    problem = Problem(yi, vi, X, Q * size, link, restricted)
    best = max((_climb(problem, start) for start in _starts(problem, tau2)), key=lambda found: found.value)
    back = np.linalg.inv(R) * size
    return best._replace(alpha=back @ best.alpha, cov=back @ best.cov @ back.T)


def _starts(problem: Problem, tau2: float) -> list[Floats]:
    """Where the likelihood is highest on a grid of tau2 at the least and at the largest value of one scale moderator: each peak."""
    grid = max(tau2, float(np.median(problem.vi))) * GRID
    back = np.linalg.pinv(problem.Z).T
    found = []
    for column in problem.Z.T:
        low, high = float(column.min()), float(column.max())
        varies = high - low > 1e-9 * abs(high)
        share = (column - low) / (high - low) if varies else np.zeros(len(column))
        ends = np.log(grid) if problem.link == "log" else grid
        at_low, at_high = np.meshgrid(ends, ends if varies else ends[:1], indexing="ij")
        alpha = (at_low[..., np.newaxis] * (1 - share) + at_high[..., np.newaxis] * share) @ back
        found += _peaks(alpha, problem.values(alpha))
    return found


def _peaks(alpha: Floats, values: Floats) -> list[Floats]:
    """The points of a grid (m, n, q) that no neighbour is higher than."""
    padded = np.pad(values, 1, constant_values=-np.inf)
    m, n = values.shape
    around = [padded[1 + i : 1 + i + m, 1 + j : 1 + j + n] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    highest = np.isfinite(values) & (values >= np.max(around, axis=0))
    return list(alpha[highest])


def _climb(problem: Problem, alpha: Floats) -> Found:
    """Newton's method with the curvature's eigenvalues made negative, halved steps, and rows of Z held where tau2_i is at 0.

    A row is let go when the likelihood is highest among what is held and rises from there into where tau2_i is positive.
    """
    value, held = problem.value(alpha), tuple[int, ...]()
    gain, steps = np.inf, 0
    while steps < STEPS:
        steps += 1
        gradient, H = problem.slopes(alpha)
        free = _null_space(problem.Z[list(held)], len(alpha))
        direction, gain = _uphill(free.T @ gradient, free.T @ H @ free)
        if gain > CLOSE:
            moved, reached, hit = _line_search(problem, alpha, free @ direction, value, held)
            rose = reached > value
            alpha, value = (moved, reached) if rose or hit is not None else (alpha, value)
            if hit is not None:
                held = (*held, hit)
            if rose or hit is not None:
                continue
        left = _still_held(problem, held, gradient)
        if left == held:
            break
        held = left
    H = problem.slopes(alpha)[1]
    free = _null_space(problem.Z[list(held)], len(alpha))
    endless = problem.link == "log" and _endless(problem, alpha, value, H)
    return Found(alpha, _inverse_information(H, free), value, float(gain), steps, held, endless)


def _endless(problem: Problem, alpha: Floats, value: float, H: Floats) -> bool:
    """Does the likelihood stay as high far away, in the direction in which it is the flattest?"""
    flattest = np.linalg.eigh(H)[1][:, -1]
    far = alpha + np.multiply.outer([-FAR, FAR], flattest)
    return bool((problem.values(far) >= value - LEVEL).any())


def _uphill(gradient: Floats, H: Floats) -> tuple[Floats, float]:
    """A step along which the likelihood rises, and the gain that it promises."""
    if not len(gradient):
        return gradient, 0.0
    values, vectors = np.linalg.eigh(H)
    along = vectors.T @ gradient
    curvature = np.maximum(np.abs(values), 1e-10 * np.abs(values).max(initial=1e-300))
    direction = vectors @ (along / curvature)
    longest = np.abs(direction).max()
    return direction * min(1.0, 3.0 / longest) if longest > 0 else direction, float((along**2 / curvature).sum() / 2)


def _line_search(
    problem: Problem, alpha: Floats, direction: Floats, value: float, held: tuple[int, ...]
) -> tuple[Floats, float, int | None]:
    """The step, shortened to where the first tau2_i is 0 (identity link), then halved until the likelihood does not fall."""
    share, hit = 1.0, None
    if problem.link == "identity":
        eta, change = problem.Z @ alpha, problem.Z @ direction
        change[list(held)] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(change < -1e-14 * np.abs(eta).max(initial=1e-300), np.maximum(eta, 0.0) / -change, np.inf)
        first = int(reach.argmin())
        if reach[first] <= 1.0:
            share, hit = float(reach[first]), first
    for _ in range(60):
        moved = alpha + share * direction
        reached = problem.value(moved)
        if reached >= value - 1e-12 * (1 + abs(value)):
            return moved, reached, hit
        share, hit = share / 2, None
    return alpha, value, None


def _still_held(problem: Problem, held: tuple[int, ...], gradient: Floats) -> tuple[int, ...]:
    """The rows held at 0, less that from which the likelihood rises the most: gradient = -Z'm with a multiplier m < 0."""
    if not held:
        return held
    multipliers = np.linalg.lstsq(problem.Z[list(held)].T, -gradient, rcond=None)[0]
    if multipliers.min() < -1e-9 * max(1.0, float(np.abs(gradient).max())):
        return tuple(row for i, row in enumerate(held) if i != int(multipliers.argmin()))
    return held


def _null_space(rows: Floats, q: int) -> Floats:
    """(q, f) columns at right angles to `rows`."""
    if not len(rows):
        return np.eye(q)
    _, values, vectors = np.linalg.svd(rows)
    rank = int((values > 1e-10 * values.max(initial=0.0)).sum())
    space: Floats = vectors[rank:].T
    return space


def _inverse_information(H: Floats, free: Floats) -> Floats:
    """(q, q) inverse of -H where nothing is held; nan where it does not exist or something is."""
    values, vectors = np.linalg.eigh(H)
    if free.shape[1] < len(H) or not (values < -1e-12 * np.abs(values).max(initial=1e-300)).all():
        return np.full(H.shape, np.nan)
    inverse: Floats = vectors / -values @ vectors.T
    return inverse
