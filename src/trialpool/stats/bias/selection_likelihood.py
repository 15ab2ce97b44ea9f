"""The likelihood of studies that were selected by their P values, with its derivatives, for many analyses at once.

A study is published with a probability in proportion to w(y); of the published ones y has the density

    w(y) f(y) / A,   f normal about mu with variance S = vi + tau2,   A = integral of w f.

With h = log w + log f the derivatives of log A are means and covariances of those of h over that density. All that these take is
the moments of t = (y - mu) / sqrt(S) over cells within which w is a constant: between the steps of a step function in closed form,
and for a smooth w over the nodes of a quadrature.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from scipy.special import ndtr

from trialpool.stats.arrays import Floats
from trialpool.stats.bias.bounded_newton import Surface
from trialpool.stats.bias.selection_weights import LogWeight, Smooth, log_p_values

ROOT_2_PI = np.sqrt(2 * np.pi)
NODES = 40  # a panel; the error of log A is 1e-11 or less


class Cells(NamedTuple):
    """What w and f are over the cells of each study.

    moments  : (5, B, C, k) of t^0 to t^4 over each cell
    log_w    : (B, C, k) or what broadcasts to it
    first    : derivatives of log w by each parameter of selection
    second   : the second by the only one, or None
    observed : the same at the studies' own P values, (B, k)
    """

    moments: Floats
    log_w: Floats
    first: tuple[Floats, ...]
    second: Floats | None
    observed: LogWeight


class Selection(Protocol):
    """A form of selection: its cells at parameters mu, sd = sqrt(S) and eta."""

    def cells(self, mu: Floats, sd: Floats, eta: Floats, /) -> Cells: ...


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

    def cells(self, mu: Floats, sd: Floats, eta: Floats, /) -> Cells:
        t = (self.edges - mu[:, np.newaxis, np.newaxis]) / sd[:, np.newaxis, :]
        log_weights = np.concatenate([np.zeros((len(eta), 1)), eta], axis=1)
        own = log_weights[np.arange(len(eta))[:, np.newaxis], self.observed]
        return Cells(
            moments=moments_between(t),
            log_w=log_weights[:, self.label][:, :, np.newaxis],
            first=self.first,
            second=None,
            observed=LogWeight(own, self.of_observed),
        )


def moments_between(t: Floats) -> Floats:
    """Integrals of t^n phi(t), n = 0 to 4, from each edge to the next: (B, E, k) -> (5, B, E - 1, k).

    By parts, M_n = (n - 1) M_(n-2) - [t^(n-1) phi].

    >>> moments_between(np.array([[[-np.inf], [np.inf]]])).ravel().round(3)
    array([1., 0., 1., 0., 3.])
    """
    finite = np.isfinite(t)
    s = np.where(finite, t, 0.0)
    edges = np.empty((4, *t.shape))  # t^n phi, n = 0 to 3
    np.multiply(np.exp(-0.5 * s * s), finite / ROOT_2_PI, out=edges[0])
    for n in range(3):
        np.multiply(edges[n], s, out=edges[n + 1])
    below, above = ndtr(t), ndtr(-t)
    M = np.empty((5, *t[:, 1:].shape))
    M[0] = np.where(t[:, :-1] > 0, above[:, :-1] - above[:, 1:], below[:, 1:] - below[:, :-1])
    np.subtract(edges[:, :, :-1], edges[:, :, 1:], out=M[1:])
    M[2] += M[0]
    M[3] += 2 * M[1]
    M[4] += 3 * M[2]
    return M


class Curve:
    """A smooth function of the P value: cells are the nodes of a quadrature over z = y / sqrt(vi), and the tails, where w is flat.

    On the scale of z the density f is at least as wide as the standard normal, and w changes no faster than the P value, so that
    two Gauss-Legendre panels are enough for any data.

    Parameters
    ----------
    smooth : its shape
    yi, sei : (B, k) effects and standard errors
    scale : what multiplies the exponent, (B, k) or 1
    two_sided : whether P values are
    """

    def __init__(self, smooth: Smooth, yi: Floats, sei: Floats, scale: Any, *, two_sided: bool) -> None:
        self.smooth, self.sei = smooth, sei
        self.scale = np.broadcast_to(scale, sei.shape)
        end = smooth.constant_beyond(two_sided=two_sided)
        z, width = core_nodes(end, bent_at_0=two_sided)
        self.z = z[np.newaxis, :, np.newaxis]
        self.width = width[np.newaxis, :, np.newaxis] / ROOT_2_PI
        self.ends = np.array([-np.inf, -end, end, np.inf])[np.newaxis, :, np.newaxis]
        of = np.concatenate([z, [-end, end]])
        log_p, log_q = log_p_values(of, two_sided=two_sided, smallest=smooth.smallest_p)
        self.log_p, self.log_q = log_p[np.newaxis, :, np.newaxis], log_q[np.newaxis, :, np.newaxis]
        self.of_observed = log_p_values(np.clip(yi / sei, -end, end), two_sided=two_sided, smallest=smooth.smallest_p)

    def cells(self, mu: Floats, sd: Floats, eta: Floats, /) -> Cells:
        centre, spread = (mu[:, np.newaxis] / self.sei)[:, np.newaxis, :], (sd / self.sei)[:, np.newaxis, :]
        t = (self.z - centre) / spread
        tails = moments_between((self.ends - centre) / spread)[:, :, ::2]
        M = np.empty((5, len(t), t.shape[1] + 2, t.shape[2]))
        M[:, :, -2:] = tails
        M[0, :, :-2] = np.exp(-0.5 * t * t) * self.width / spread
        for n in range(4):
            np.multiply(M[n, :, :-2], t, out=M[n + 1, :, :-2])
        delta = tuple(column[:, np.newaxis, np.newaxis] for column in eta.T)
        own = tuple(column[:, np.newaxis] for column in eta.T)
        w = self.smooth.shape(delta, self.log_p, self.log_q, self.scale[:, np.newaxis, :])
        return Cells(
            moments=M,
            log_w=w.value,
            first=w.first,
            second=w.second,
            observed=self.smooth.shape(own, *self.of_observed, self.scale),
        )


def core_nodes(end: float, *, bent_at_0: bool) -> tuple[Floats, Floats]:
    """Nodes and widths from -end to end in two panels that meet at 0; crowded there if w bends, as with two-sided P values.

    >>> z, width = core_nodes(8.0, bent_at_0=False)
    >>> float((np.exp(-z**2 / 2) * width).sum().round(12) == np.sqrt(2 * np.pi).round(12))
    1.0
    """
    x, w = np.polynomial.legendre.leggauss(NODES)
    x, w = (1 + x) / 2, w / 2
    if bent_at_0:
        x, w = x**3, 3 * x**2 * w
    return end * np.concatenate([-x[::-1], x]), end * np.concatenate([w[::-1], w])


@np.errstate(divide="ignore", invalid="ignore", over="ignore")  # far from the data there may be no number
def surface(yi: Floats, vi: Floats, there: Any, selection: Selection, theta: Floats) -> Surface:
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
    M = np.exp(cells.log_w) * cells.moments
    sums = M.sum(2)
    E = sums / sums[0]
    share = M[:3] / sums[0][:, np.newaxis, :]  # cells' parts of the density, and of its first two moments
    t = (yi - mu[:, np.newaxis]) / sd
    means = [(g * share).sum(2) for g in cells.first]  # E[g], E[g t], E[g t^2]
    skew, spread = E[3] - E[1] * E[2], E[4] - E[2] ** 2
    terms = [
        cells.observed.value - 0.5 * t * t - np.log(sd * ROOT_2_PI * sums[0]),
        (t - E[1]) / sd,
        (t * t - E[2]) / (2 * S),
        *(own - mean[0] for own, mean in zip(cells.observed.first, means, strict=True)),
        -(E[2] - E[1] ** 2) / S,
        (E[1] - t - skew / 2) / (S * sd),
        (E[2] - t * t - spread / 4) / S**2,
    ]
    for i, (g, mean) in enumerate(zip(cells.first, means, strict=True)):
        terms += [-(mean[1] - mean[0] * E[1]) / sd, -(mean[2] - mean[0] * E[2]) / (2 * S)]
        for other, its_mean in zip(cells.first[: i + 1], means, strict=False):
            bent = mean[0] * its_mean[0] - (g * other * share[0]).sum(1)
            if cells.second is not None and cells.observed.second is not None:
                bent = bent + cells.observed.second - (cells.second * share[0]).sum(1)
            terms.append(bent)
    totals = np.where(there, np.stack(terms), 0.0).sum(-1)  # (terms, B)
    p = theta.shape[1]
    H = np.empty((len(theta), p, p))
    rows, columns = np.tril_indices(p)
    H[:, rows, columns] = H[:, columns, rows] = totals[1 + p :].T
    return Surface(totals[0], totals[1 : 1 + p].T, H)
