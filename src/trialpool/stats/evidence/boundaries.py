"""Boundaries of a test that is repeated as information accrues, by recursive numerical integration.

Z at information fraction t is S(t) / sqrt(t), S a Brownian motion with drift. The density of S over the analyses that have not
stopped is carried from look to look by Gauss-Legendre quadrature, with as many nodes as the step between two looks asks for.
Armitage, McPherson & Rowe (1969), JRSS A 132:235-244; Jennison & Turnbull (2000), Group Sequential Methods, ch. 19.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import z_quantile
from trialpool.stats.evidence.shares import checked_share
from trialpool.stats.evidence.spending import SPENDING, SPENDING_NAMES
from trialpool.stats.pooling.choices import checked_level, choose, expect
from trialpool.stats.roots import root_between
from trialpool.stats.tables import Tabular

FURTHEST = 10.0  # |z| beyond which nothing is kept; under the null hypothesis that is 1e-23 of the probability
LEAST = 1e-20  # an error probability below it is not spent, but left for the next look: there is no boundary then
FEWEST_NODES, NODES_PER_SD = 80, 5.0
CLOSEST = 1e-4  # the least growth of t from look to look, as a share of t


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries(Tabular):
    """Boundaries of |z| at the looks of a two-sided test.

    t        : (looks,) information fractions
    z        : (looks,) |z| from which the effect is declared; inf where too little of the error probability is available
    spent    : (looks,) two-sided error probability spent so far
    level    : 1 - the two-sided error probability in all
    spending : "OF" (O'Brien-Fleming) or "Pocock"
    futility : (looks,) |z| below which an effect as large as planned for is given up; need not be kept to; None where not asked
    power    : probability of declaring an effect as large as planned for, where futility boundaries were asked
    drift    : expectation of z at t = 1 that gives this power, where futility boundaries were asked
    """

    t: Floats
    z: Floats
    spent: Floats
    level: float
    spending: str
    futility: Floats | None = None
    power: float | None = None
    drift: float | None = None

    @property
    def inflation(self) -> float:
        """How many times the information of a single analysis it takes to keep the power; 1 where no futility was asked."""
        if self.drift is None or self.power is None:
            return 1.0
        return (self.drift / (z_quantile(self.level) + _one_sided_z(self.power))) ** 2

    def table(self) -> dict[str, list[Any]]:
        """A row a look: t, z, spent and, if asked for, futility."""
        columns = {"t": self.t, "z": self.z, "spent": self.spent}
        columns |= {} if self.futility is None else {"futility": self.futility}
        return {name: values.tolist() for name, values in columns.items()}

    def __str__(self) -> str:
        looks = ", ".join(f"{bound:.3f} at {100 * t:.4g}%" for t, bound in zip(self.t, self.z, strict=True))
        return f"Boundaries of |z|, {SPENDING_NAMES[self.spending]}, {100 * self.level:g}%: {looks} of the information."


def sequential_boundaries(t: Sequence[float] | Floats, *, spending: str = "OF", level: float = 0.95) -> Boundaries:
    """Two-sided Lan-DeMets boundaries at the information fractions t.

    Parameters
    ----------
    t : information fractions of the looks, rising, > 0; a last one above 1 counts as 1 for what it may spend
    spending : "OF" (O'Brien-Fleming type) or "Pocock"; each side spends half of 1 - level by it
    level : 1 - the two-sided error probability

    Returns
    -------
    Boundaries, to 1e-9 where |z| is below 8

    Raises
    ------
    BadArgument
        for fractions that don't rise, or not by 0.01% of themselves, more than one that is 1 or above, an unknown spending function

    References
    ----------
    Lan & DeMets (1983), Biometrika 70:659-663

    >>> sequential_boundaries([0.25, 0.5, 0.75, 1]).z.round(3)
    array([4.333, 2.963, 2.359, 2.014])
    """
    choose("spending", spending, SPENDING)
    checked_level(level)
    fractions = _checked_fractions(t)
    allowed = 2 * SPENDING[spending](fractions, (1 - level) / 2)
    z, spent = np.full(len(fractions), np.inf), np.zeros(len(fractions))
    walk, so_far = START, 0.0
    for i, at in enumerate(fractions):
        share = allowed[i] - so_far
        if share > LEAST:
            z[i] = _where(partial(walk.beyond, at), share)
            so_far = allowed[i]
        spent[i] = so_far
        walk = walk.onward(at, 0.0, min(z[i], FURTHEST))
    return Boundaries(t=fractions, z=z, spent=spent, level=level, spending=spending)


def with_futility(boundaries: Boundaries, *, power: float = 0.80, spending: str | None = None) -> Boundaries:
    """The same boundaries with an inner wedge of futility: |z| below which the effect planned for is given up.

    The boundaries for an effect stay as they are, so that the error probability holds also where futility is not kept to (it is
    not binding). Under an effect that is just as large as planned for, the probability of having ended in the wedge rises by the
    spending function to 1 - power at t = 1, where the wedge meets the outer boundary; the drift is what makes it meet.

    Parameters
    ----------
    boundaries : of `sequential_boundaries`, whose last look is at t = 1
    power : probability to declare the effect that is planned for
    spending : "OF" or "Pocock", for 1 - power; that of the boundaries where not given

    Raises
    ------
    BadArgument
        where the last look is not at t = 1, for a power that is no share or not above half of 1 - level

    References
    ----------
    Pampallona, Tsiatis & Kim (2001), Drug Inf J 35:1113-1121; Jennison & Turnbull (2000), Group Sequential Methods, sec. 5.2, 7.3

    >>> wedge = with_futility(sequential_boundaries([0.25, 0.5, 0.75, 1]), power=0.9)
    >>> wedge.futility.round(3), round(wedge.inflation, 3)
    (array([0.005, 0.374, 1.28 , 2.014]), 1.086)
    """
    expect("with_futility", boundaries, Boundaries, "sequential_boundaries")
    spending = choose("spending", boundaries.spending if spending is None else spending, SPENDING)
    if checked_share("power", power) <= (1 - boundaries.level) / 2 + 0.01:
        raise BadArgument(f"power={power!r} is hardly more than the error probability. Give 0.8 or more.")
    if not boundaries.t[-1] >= 1:
        raise BadArgument(f"The last look is at {boundaries.t[-1]:g} of the information. Futility needs a last look at 1.")
    allowed = SPENDING[spending](boundaries.t, 1 - power)

    def excess(drift: Floats) -> Floats:
        """How much more than is left to spend ends inside the outer boundary at the last look; falls as the drift rises."""
        return np.array([_wedge(boundaries, allowed, float(d)).excess for d in drift])

    single = z_quantile(boundaries.level) + _one_sided_z(power)
    drift = root_between(excess, np.array([0.8 * single]), np.array([2.0 * single]), absolute=1e-10)
    wedge = _wedge(boundaries, allowed, float(drift[0]))
    return replace(boundaries, futility=wedge.z, power=power, drift=float(drift[0]))


class _Walk(NamedTuple):
    """S at information fraction t, over what has not stopped: nodes, and the probability of each."""

    t: float
    S: Floats
    mass: Floats

    def beyond(self, t: float, bound: Any, drift: float = 0.0) -> Any:
        """Probability that |Z(t)| is `bound` or more."""
        sd, edge = np.sqrt(t - self.t), bound * np.sqrt(t)
        centre = self.S + drift * (t - self.t)
        return (self.mass * (ndtr((centre - edge) / sd) + ndtr((-edge - centre) / sd))).sum()

    def within(self, t: float, bound: Any, drift: float = 0.0) -> Any:
        """Probability that |Z(t)| is less than `bound`."""
        sd, edge = np.sqrt(t - self.t), bound * np.sqrt(t)
        centre = self.S + drift * (t - self.t)
        return (self.mass * (ndtr((edge - centre) / sd) - ndtr((-edge - centre) / sd))).sum()

    def outside(self, t: float, of: float, drift: float, bound: Any) -> Any:
        """What is left of a probability `of` when that of |Z(t)| less than `bound` is taken away."""
        return of - self.within(t, bound, drift)

    def onward(self, t: float, inner: float, outer: float, drift: float = 0.0) -> _Walk:
        """The walk at t, where inner <= |Z(t)| < outer; everything further out than FURTHEST from its expectation is dropped."""
        sd = np.sqrt(t - self.t)
        low, high = (drift * np.sqrt(t) + side * FURTHEST for side in (-1, 1))
        pieces = [(-outer, -inner), (inner, outer)] if inner > 0 else [(-outer, outer)]
        kept = [(max(a, low), min(b, high)) for a, b in pieces if max(a, low) < min(b, high)]
        if not kept:
            return _Walk(t, np.zeros(1), np.zeros(1))
        grids = [_grid(a * np.sqrt(t), b * np.sqrt(t), sd, t) for a, b in kept]
        S, weight = (np.concatenate(parts) for parts in zip(*grids, strict=True))
        off = (S[:, np.newaxis] - self.S - drift * (t - self.t)) / sd
        density = np.exp(-(off**2) / 2) @ self.mass / (sd * np.sqrt(2 * np.pi))
        return _Walk(t, S, weight * density)


START = _Walk(0.0, np.zeros(1), np.ones(1))


class _Wedge(NamedTuple):
    z: Floats
    excess: float


def _wedge(boundaries: Boundaries, allowed: Floats, drift: float) -> _Wedge:
    """The wedge at a drift, and by how much its probability would be overspent, were it to reach the outer boundary at the end."""
    t, outer = boundaries.t, boundaries.z
    z, walk, so_far = np.zeros(len(t)), START, 0.0
    for i, at in enumerate(t[:-1]):
        share, limit = allowed[i] - so_far, min(outer[i], FURTHEST + drift)
        if share > LEAST:
            inside = walk.within(at, limit, drift)
            meets = inside <= share
            z[i] = limit if meets else _where(partial(walk.outside, at, inside, drift), inside - share, high=limit)
            so_far += min(share, inside)
        walk = walk.onward(at, z[i], outer[i], drift)
    z[-1] = outer[-1]
    return _Wedge(z, float(walk.within(t[-1], outer[-1], drift) - (allowed[-1] - so_far)))


def _where(falling: Callable[[float], Any], level: float, high: float = FURTHEST) -> float:
    """The |z| at which a falling function comes down to `level`."""

    def over(bound: Floats) -> Floats:
        return np.array([falling(float(b)) - level for b in bound])

    return float(root_between(over, np.zeros(1), np.array([high]), absolute=1e-13)[0])


def _grid(low: float, high: float, sd: float, t: float) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights, close enough for a normal density of this sd, and for that of S(t) itself."""
    number = max(FEWEST_NODES, int(np.ceil(NODES_PER_SD * (high - low) / 2 / min(sd, np.sqrt(t)))))
    x, w = _gauss_legendre(-(-number // 20) * 20)
    half = (high - low) / 2
    return low + half * (x + 1), half * w


@cache
def _gauss_legendre(number: int) -> tuple[Floats, Floats]:
    """Nodes and weights on -1 to 1, by Newton's method from Tricomi's guess; by eigenvalues thousands would take minutes."""
    k = np.arange(1, number + 1)
    x = (1 - (number - 1) / (8 * number**3)) * np.cos(np.pi * (4 * k - 1) / (4 * number + 2))
    for _ in range(6):
        before, now = np.ones(number), x
        for n in range(2, number + 1):
            before, now = now, ((2 * n - 1) * x * now - (n - 1) * before) / n
        slope = number * (x * now - before) / (x**2 - 1)
        step = now / slope
        x = x - step
        if np.abs(step).max() < 1e-15:
            break
    return x[::-1], (2 / ((1 - x**2) * slope**2))[::-1]


def _one_sided_z(power: float) -> float:
    return z_quantile(2 * power - 1) if power > 0.5 else -z_quantile(1 - 2 * power) if power < 0.5 else 0.0


def _checked_fractions(t: Any) -> Floats:
    fractions = np.atleast_1d(np.asarray(t, dtype=float))
    if not (fractions.ndim == 1 and len(fractions) and np.isfinite(fractions).all() and (fractions > 0).all()):
        raise BadArgument(f"t={np.ravel(t).tolist()!r} are no information fractions. Give shares above 0, such as 0.5 and 1.")
    if (fractions[1:] < fractions[:-1] * (1 + CLOSEST)).any():
        raise BadArgument(f"t={fractions.tolist()!r} do not rise, each by 0.01% or more. Give each look once, in order.")
    if (fractions[:-1] >= 1).any():
        raise BadArgument(f"t={fractions.tolist()!r} go on after 1. The look that reaches the information is the last.")
    return fractions
