"""The likelihood of studies that were selected by their P values, with its derivatives, for many analyses at once.

A study is published with a probability in proportion to w(y); of the published ones y has the density

    w(y) f(y) / A,   f normal about mu with variance S = vi + tau2,   A = integral of w f.

With h = log w + log f the derivatives of log A are means and covariances of those of h over that density. All that these take is the
moments of t = (y - mu) / sqrt(S) over cells within which w is a constant: between the steps of a step function in closed form, and
for a smooth w over the nodes of a quadrature.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from scipy.special import ndtr

from trialpool.stats.arrays import Floats
from trialpool.stats.bias.bounded_newton import Surface
from trialpool.stats.bias.selection_weights import LogWeight, Smooth, log_p_values

ROOT_2_PI = np.sqrt(2 * np.pi)
CORE = 8.0  # |z| beyond which a P value is 0 or 1 for all that w depends on it
REACH = 9.0  # standard deviations beyond which a normal density is 0
CORE_NODES, TAIL_NODES = 36, 30  # a panel; the error of log A is 1e-11 or less


class Cells(NamedTuple):
    """What w and f are over the cells of each study.

    moments  : five of (B, C, k), of t^0 to t^4 over each cell
    log_w    : (B, C, k) or what broadcasts to it
    first    : derivatives of log w by each parameter of selection
    second   : the second by the only one, or None
    observed : the same at the studies' own P values, (B, k)
    offset   : (B, k), or 0: what log A is more than the moments and weights say
    exists   : (B,) whether A is finite
    """

    moments: tuple[Floats, ...]
    log_w: Floats
    first: tuple[Floats, ...]
    second: Floats | None
    observed: LogWeight
    offset: Any
    exists: Any


class Selection(Protocol):
    """A form of selection: its cells at parameters mu, sd = sqrt(S) and eta."""

    def cells(self, mu: Floats, sd: Floats, eta: Floats) -> Cells: ...


class Steps:
    """A step function of y: the weight of each interval is exp(eta), and 1 for the first label.

    Parameters
    ----------
    edges : (E, B or 1, k) where the steps are, in the unit of y, rising
    label : (E + 1,) which weight an interval has
    observed : (B or 1, k) which weight a study has
    weights : number of weights
    """

    def __init__(self, edges: Floats, label: Any, observed: Any, weights: int) -> None:
        infinite = np.full((1, *edges.shape[1:]), np.inf)
        self.edges = np.concatenate([-infinite, edges, infinite]).swapaxes(0, 1)  # (B, E + 2, k)
        self.label = label
        self.observed = observed
        one_hot = np.eye(weights)[:, label]
        self.first = tuple(row[np.newaxis, :, np.newaxis] for row in one_hot[1:])
        self.of_observed = tuple((observed == j).astype(float) for j in range(1, weights))

    def cells(self, mu: Floats, sd: Floats, eta: Floats) -> Cells:
        t = (self.edges - mu[:, np.newaxis, np.newaxis]) / sd[:, np.newaxis, :]
        log_weights = np.concatenate([np.zeros((len(eta), 1)), eta], axis=1)
        own = log_weights[np.arange(len(eta))[:, np.newaxis], self.observed]
        return Cells(
            moments=moments_between(t),
            log_w=log_weights[:, self.label][:, :, np.newaxis],
            first=self.first,
            second=None,
            observed=LogWeight(own, self.of_observed),
            offset=0.0,
            exists=np.ones(len(eta), dtype=bool),
        )


def moments_between(t: Floats) -> tuple[Floats, ...]:
    """Integrals of t^n phi(t), n = 0 to 4, from each edge to the next: (B, E, k) -> five of (B, E - 1, k).

    By parts, M_n = (n - 1) M_(n-2) - [t^(n-1) phi].

    >>> [float(m[0, 0, 0].round(3)) for m in moments_between(np.array([[[-np.inf], [np.inf]]]))]
    [1.0, 0.0, 1.0, 0.0, 3.0]
    """
    finite = np.isfinite(t)
    s = np.where(finite, t, 0.0)
    phi = np.where(finite, np.exp(-0.5 * s * s) / ROOT_2_PI, 0.0)
    below, above = ndtr(t), ndtr(-t)
    M0 = np.where(t[:, :-1] > 0, above[:, :-1] - above[:, 1:], below[:, 1:] - below[:, :-1])
    fall = [phi]
    for _ in range(3):
        fall.append(fall[-1] * s)
    drops = [f[:, :-1] - f[:, 1:] for f in fall]
    M1 = drops[0]
    M2 = M0 + drops[1]
    return M0, M1, M2, 2 * M1 + drops[2], 3 * M2 + drops[3]


class Curve:
    """A smooth function of the P value, integrated over z = y / sqrt(vi) by Gauss-Legendre panels: a core, and a tail on either side.

    Parameters
    ----------
    smooth : its shape
    yi, sei : (B, k) effects and standard errors
    scale : what multiplies the exponent, (B, k) or 1
    two_sided : whether P values are
    """

    def __init__(self, smooth: Smooth, yi: Floats, sei: Floats, scale: Any, *, two_sided: bool) -> None:
        self.smooth, self.sei, self.two_sided = smooth, sei, two_sided
        self.scale = np.broadcast_to(scale, sei.shape)[:, np.newaxis, :]
        x, w = np.polynomial.legendre.leggauss(CORE_NODES)
        self.core = np.concatenate([(x - 1) * CORE / 2, (x + 1) * CORE / 2])[np.newaxis, :, np.newaxis]
        self.core_weights = np.concatenate([w, w])[np.newaxis, :, np.newaxis] * CORE / 2
        self.tail, self.tail_weights = (part[np.newaxis, :, np.newaxis] for part in np.polynomial.legendre.leggauss(TAIL_NODES))
        self.of_core = log_p_values(self.core, two_sided=two_sided)
        self.of_observed = log_p_values(yi / sei, two_sided=two_sided)

    def cells(self, mu: Floats, sd: Floats, eta: Floats) -> Cells:
        centre, spread = mu[:, np.newaxis] / self.sei, sd / self.sei
        upper, lower, exists = self._ends(centre, spread, eta)
        sides = [self._tail(CORE, upper), self._tail(-CORE, lower)]
        shape = (*upper.shape[:1], self.core.shape[1], upper.shape[1])
        z = np.concatenate([np.broadcast_to(self.core, shape), *(side[0] for side in sides)], axis=1)
        width = np.concatenate([np.broadcast_to(self.core_weights, shape), *(side[1] for side in sides)], axis=1)
        logs = [
            np.concatenate([np.broadcast_to(core, shape), *(side[2][i] for side in sides)], axis=1)
            for i, core in enumerate(self.of_core)
        ]
        delta = tuple(column[:, np.newaxis, np.newaxis] for column in eta.T)
        w = self.smooth.shape(delta, logs[0], logs[1], self.scale)
        t = (z - centre[:, np.newaxis, :]) / spread[:, np.newaxis, :]
        exponent = -0.5 * t * t
        offset: Any = 0.0
        if self.smooth.unbounded:  # w f is finite where w alone is not, so w is taken into f
            exponent = exponent + w.value
            offset = exponent.max(axis=1)
            exponent = exponent - offset[:, np.newaxis, :]
        M = [np.exp(exponent) * width / (ROOT_2_PI * spread[:, np.newaxis, :])]
        for _ in range(4):
            M.append(M[-1] * t)
        own = tuple(column[:, np.newaxis] for column in eta.T)
        observed = self.smooth.shape(own, *self.of_observed, self.scale[:, 0, :])
        return Cells(
            moments=tuple(M),
            log_w=np.zeros((1, 1, 1)) if self.smooth.unbounded else w.value,
            first=w.first,
            second=w.second,
            observed=observed,
            offset=offset,
            exists=exists,
        )

    def _ends(self, centre: Floats, spread: Floats, eta: Floats) -> tuple[Floats, Floats, Any]:
        """How far the tails go, (B, k) each, and whether the integral over them is finite, (B,).

        Where w grows as exp(g z^2 / 2), w f is a normal density with precision 1 / spread^2 - g.
        """
        ends, exists = [], np.ones(len(centre), dtype=bool)
        for side in (1, -1):
            growth = np.zeros(len(centre))
            if self.smooth.unbounded:
                growth = np.maximum(0.0, 1 - (eta[:, 0] if side == 1 or self.two_sided else eta[:, 1]))
            precision = 1 / spread**2 - growth[:, np.newaxis]
            exists &= (precision > 0).all(-1)
            sd = 1 / np.sqrt(np.where(precision > 0, precision, 1.0))
            middle = side * centre / spread**2 * sd**2
            ends.append(side * np.maximum(CORE + 1, middle + REACH * sd))
        return ends[0], ends[1], exists

    def _tail(self, start: float, end: Floats) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
        half = (end - start)[:, np.newaxis, :] / 2
        z = start + half * (1 + self.tail)
        return z, np.abs(half) * self.tail_weights, log_p_values(z, two_sided=self.two_sided)


def surface(yi: Floats, vi: Floats, there: Any, selection: Selection, theta: Floats, *, bend: bool = True) -> Surface:
    """The log-likelihood at theta = (mu, tau2, eta), with its gradient and second derivatives.

    Parameters
    ----------
    yi, vi, there : (B or 1, k) effects, variances, and which studies are present; vi finite
    selection : its cells for these studies
    theta : (B, 2 + q)
    """
    mu, tau2, eta = theta[:, 0], theta[:, 1], theta[:, 2:]
    S = vi + tau2[:, np.newaxis]
    sd = np.sqrt(S)
    cells = selection.cells(mu, sd, eta)
    w = np.exp(cells.log_w)
    M = [w * m for m in cells.moments]
    A = M[0].sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        E = [m.sum(1) / A for m in M]
        share = [m / A[:, np.newaxis, :] for m in M[:3]]  # cells' parts of the density, and of its first two moments
        log_A = np.log(A) + cells.offset
    t = (yi - mu[:, np.newaxis]) / sd
    each = cells.observed.value - 0.5 * t * t - np.log(sd * ROOT_2_PI) - log_A
    height = np.where(cells.exists, np.where(there, each, 0.0).sum(-1), -np.inf)
    means = [[(g * part).sum(1) for part in share] for g in cells.first]  # E[g], E[g t], E[g t^2]
    scores = [(t - E[1]) / sd, (t * t - E[2]) / (2 * S)]
    scores += [own - mean[0] for own, mean in zip(cells.observed.first, means, strict=True)]
    gradient = np.stack([np.where(there, score, 0.0).sum(-1) for score in scores], axis=-1)
    p = theta.shape[1]
    H = np.empty((len(theta), p, p))

    def put(i: int, j: int, values: Floats) -> None:
        H[:, i, j] = H[:, j, i] = np.where(there, values, 0.0).sum(-1)

    put(0, 0, -(E[2] - E[1] ** 2) / S)
    put(0, 1, ((E[1] - t) - (E[3] - E[1] * E[2]) / 2) / (S * sd))
    put(1, 1, ((E[2] - t * t) - (E[4] - E[2] ** 2) / 4) / S**2)
    for i, (g, mean) in enumerate(zip(cells.first, means, strict=True)):
        put(0, 2 + i, -(mean[1] - mean[0] * E[1]) / sd)
        put(1, 2 + i, -(mean[2] - mean[0] * E[2]) / (2 * S))
        for j in range(i + 1):
            product = (g * cells.first[j] * share[0]).sum(1) - mean[0] * means[j][0]
            bent = 0.0
            if cells.second is not None and cells.observed.second is not None:
                bent = cells.observed.second - (cells.second * share[0]).sum(1)
            put(2 + i, 2 + j, bent - product)
    return Surface(height, gradient, H)
