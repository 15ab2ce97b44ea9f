"""Integrals over tau from 0 to infinity, to near machine precision.

Gauss-Legendre on panels that are halved until it makes no difference. tau = s x / (1 - x) takes 0 <= x < 1 to all tau; a tail of
tau^-p becomes (1 - x)^(p - 2), which the nodes take in their stride.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trialpool.stats.arrays import Floats

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
NODES, WEIGHTS = (NODES + 1) / 2, WEIGHTS / 2  # on 0 to 1
TOLERANCE = 1e-13
HALVINGS = 200  # as many as a log-t prior takes, whose density is infinite at 0
NEGLIGIBLE = 1e-22
PANELS = np.array([0.0, 0.03, 0.12, 0.25, 0.4, 0.5, 0.6, 0.75, 0.88, 0.97])

LogDensity = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels:
    """A density of tau cut into panels.

    scale      : s of tau = s x / (1 - x)
    edges      : (panels + 1,) of x
    cumulative : (panels + 1,) probability below each edge
    tau, share : (n,) nodes, and the probability that each stands for
    log_total  : log of the integral of the density as it was given
    """

    scale: float
    edges: Floats
    cumulative: Floats
    tau: Floats
    share: Floats
    log_total: float

    def tau_of(self, x: Floats) -> Floats:
        """tau at x."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.scale * x / (1 - x))

    def x_of(self, tau: Floats) -> Floats:
        """x at tau."""
        with np.errstate(invalid="ignore"):
            return np.where(np.isinf(tau), 1.0, tau / (tau + self.scale))

    def below(self, x: Floats, log_density: LogDensity) -> Floats:
        """The probability below x."""
        x = np.clip(x, self.edges[0], self.edges[-1])
        at = np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, len(self.edges) - 2)
        low = self.edges[at]
        nodes = low[..., np.newaxis] + (x - low)[..., np.newaxis] * NODES
        with np.errstate(over="ignore", invalid="ignore"):  # a log-t density is infinite at 0
            part = (np.exp(self.log_of_x(nodes, log_density) - self.log_total) * WEIGHTS).sum(-1) * (x - low)
        return np.asarray(self.cumulative[at] + np.where(x > low, part, 0.0))

    def log_of_x(self, x: Floats, log_density: LogDensity) -> Floats:
        """log density of x, as far as `log_density` gives that of tau."""
        return _log_of_x(x, self.scale, log_density)


def panels_of(log_density: LogDensity, *, scale: float, upper: float = np.inf, moment: int = 0, as_zero: float = 0.0) -> Panels:
    """Cut a density of tau into panels.

    Parameters
    ----------
    log_density : log of a density of tau, up to a constant
    scale : the size of tau about which the density is worth most of the nodes; what it is exactly hardly matters
    upper : largest tau
    moment : up to which power of tau integrals are wanted as well, 0 to 2
    as_zero : a tau so small that it may stand for 0; the nodes below it are made one
    """
    end = 1.0 if np.isinf(upper) else upper / (upper + scale)
    edges = _first_edges(log_density, scale, end)
    low, high = edges[:-1], edges[1:]
    log_f = _log_at_nodes(low, high, scale, log_density)
    done: list[_Piece] = []
    so_far, top = 0.0, float(log_f.max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        halves_low, halves_high = np.append(low, middle), np.append(middle, high)
        log_halves = _log_at_nodes(halves_low, halves_high, scale, log_density)
        higher = max(top, float(log_halves.max()))
        so_far, top = so_far * float(np.exp(top - higher)), higher
        whole = _integrals(low, high, log_f, top, moment)
        parts = _integrals(halves_low, halves_high, log_halves, top, moment)
        error = np.abs(whole - parts[: len(low)] - parts[len(low) :])
        good = (error <= TOLERANCE * (so_far + parts.sum())) | (high - low < 1e-14 * low)
        twice = np.append(good, good)
        done.append((halves_low[twice], halves_high[twice], log_halves[twice]))
        so_far += float(parts[twice].sum())
        low, high, log_f = halves_low[~twice], halves_high[~twice], log_halves[~twice]
        if not len(low):
            break
    done.append((low, high, log_f))
    return _joined(done, scale, as_zero)


_Piece = tuple[Floats, Floats, Floats]  # lower and upper ends of panels, and the log density at their nodes


def _first_edges(log_density: LogDensity, scale: float, end: float) -> Floats:
    """Even panels, and edges about the highest point of a coarse scan, so that a narrow peak is not stepped over."""
    scan = scale * np.geomspace(1e-5, 1e5, 241)
    x = scan / (scan + scale)
    x = x[x < end]
    height = _log_of_x(x, scale, log_density)
    at = int(np.argmax(height))
    peak = x[[max(at - 1, 0), at, min(at + 1, len(x) - 1)]]
    return np.unique(np.concatenate([PANELS * end, peak, [end]]))


def _log_of_x(x: Floats, scale: float, log_density: LogDensity) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        log_f = log_density(scale * x / (1 - x)) + np.log(scale) - 2 * np.log1p(-x)
    return np.where((x < 1) & ~np.isnan(log_f), log_f, -np.inf)


def _log_at_nodes(low: Floats, high: Floats, scale: float, log_density: LogDensity) -> Floats:
    return _log_of_x(low[:, np.newaxis] + (high - low)[:, np.newaxis] * NODES, scale, log_density)


def _integrals(low: Floats, high: Floats, log_f: Floats, top: float, moment: int) -> Floats:
    """Of each panel, of the density times 1 + (tau / s)^moment."""
    f = np.exp(log_f - top)
    if moment:
        x = low[:, np.newaxis] + (high - low)[:, np.newaxis] * NODES
        with np.errstate(divide="ignore", invalid="ignore"):
            f = np.where(f > 0, f * (1 + (x / (1 - x)) ** moment), 0.0)
    return np.asarray((f * WEIGHTS).sum(-1) * (high - low))


def _joined(done: list[_Piece], scale: float, as_zero: float) -> Panels:
    low, high, log_f = (np.concatenate([d[i] for d in done]) for i in range(3))
    order = np.argsort(low)
    low, high, log_f = low[order], high[order], log_f[order]
    top = float(log_f.max())
    mass = np.exp(log_f - top) * WEIGHTS * (high - low)[:, np.newaxis]
    total = mass.sum()
    x = (low[:, np.newaxis] + (high - low)[:, np.newaxis] * NODES).ravel()
    with np.errstate(divide="ignore"):  # where x is rounded to 1, and nothing is left
        tau, share = scale * x / (1 - x), mass.ravel() / total
    kept = (share > NEGLIGIBLE) & (tau >= as_zero)
    near_zero = share[tau < as_zero].sum()
    if near_zero > NEGLIGIBLE:
        tau, share = np.append(as_zero, tau[kept]), np.append(near_zero, share[kept])
    else:
        tau, share = tau[kept], share[kept]
    return Panels(
        scale=scale,
        edges=np.append(low, high[-1]),
        cumulative=np.append(0.0, np.cumsum(mass.sum(-1)) / total),
        tau=tau,
        share=share / share.sum(),
        log_total=top + float(np.log(total)),
    )
