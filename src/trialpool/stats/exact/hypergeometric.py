"""Sums over all the 2x2 tables that share the margins of an observed one, for many trials and odds ratios at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.arrays import Floats

Ints = NDArray[np.intp]

BLOCK = 400_000  # numbers in one array: what stays in a processor's cache
FARTHEST = 30.0  # a log odds ratio at which the sum has shrunk to the edge of its support


class Moments(NamedTuple):
    """(k, ...) each: log of the sum relative to the observed table's term, mean of t - a, variance of t."""

    log_sum: Floats
    mean: Floats
    var: Floats


@dataclass(frozen=True, slots=True)
class SupportSums:
    """The tables with the margins of k observed ones, one after the other.

    a, n_t, n_c, m : (k,) observed events with treatment, patients by arm, events in both arms
    low, high      : (k,) fewest and most events that the treatment arm can have
    first          : (k,) where the trial's tables begin in `log_ratio`
    log_ratio      : log of C(n_t, t) C(n_c, m - t) over the same at t = a, for t = low .. high of each trial
    """

    a: Floats
    n_t: Floats
    n_c: Floats
    m: Floats
    low: Floats
    high: Floats
    first: Ints
    log_ratio: Floats

    @classmethod
    def of(cls, events_t: Floats, n_t: Floats, events_c: Floats, n_c: Floats) -> SupportSums:
        m = events_t + events_c
        low, high = np.maximum(0.0, m - n_c), np.minimum(n_t, m)
        sizes = (high - low + 1).astype(np.intp)
        parts = [_log_ratios(*trial) for trial in zip(events_t, n_t, n_c, m, low, high, strict=True)]
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        return cls(events_t, n_t, n_c, m, low, high, first, np.concatenate(parts))

    def at(self, eta: Floats) -> Moments:
        """The sums at log odds ratios eta, (k, ...)."""
        flat = eta.reshape(len(eta), -1)
        start, stop = self._window(flat)
        moments = np.empty((3, *flat.shape))
        for trials in _blocks((stop - start) * flat.shape[1]):
            moments[:, trials] = self._block(trials, start[trials], stop[trials], flat[trials])
        return Moments(*(part.reshape(eta.shape) for part in moments))

    def _block(self, trials: slice, start: Ints, stop: Ints, eta: Floats) -> Floats:
        sizes = stop - start
        ends = np.cumsum(sizes)
        begins = ends - sizes
        trial = np.repeat(np.arange(len(sizes)), sizes)
        t = np.arange(ends[-1]) - begins[trial] + start[trial]  # counted from the lowest of the trial
        beyond = (t + (self.low - self.a)[trials][trial])[:, np.newaxis]  # t - a
        logs = self.log_ratio[self.first[trials][trial] + t][:, np.newaxis] + beyond * eta[trial]
        top = np.maximum.reduceat(logs, begins, axis=0)
        terms = np.exp(logs - top[trial])
        total = np.add.reduceat(terms, begins, axis=0)
        terms *= beyond
        mean = np.add.reduceat(terms, begins, axis=0) / total
        terms *= beyond
        square = np.add.reduceat(terms, begins, axis=0) / total
        return np.stack([top + np.log(total), mean, np.maximum(square - mean**2, 0.0)])

    def _window(self, eta: Floats) -> tuple[Ints, Ints]:
        """The tables that matter at any of a trial's eta, counted from its lowest: start (k,) and stop (k,).

        t is a sum of independent indicators (Harkness 1965, Ann Math Stat 36:938-945), so its tails are lighter than a Poisson's:
        9 standard deviations and 40 from the mean leave less than 1e-18.
        """
        edges = []
        for reach, end in ((-1, eta.min(1)), (1, eta.max(1))):
            odds_ratio = np.exp(np.clip(end, -FARTHEST, FARTHEST))
            mean = expected_events(odds_ratio, self.n_t, self.n_c, self.m)
            edges.append(mean + reach * (9 * np.sqrt(variance_of_events(mean, self.n_t, self.n_c, self.m)) + 40))
        start = np.clip(np.floor(edges[0]), self.low, self.high) - self.low
        stop = np.clip(np.ceil(edges[1]), self.low, self.high) - self.low + 1
        return start.astype(np.intp), stop.astype(np.intp)


def expected_events(odds_ratio: Any, n_t: Floats, n_c: Floats, m: Floats) -> Floats:
    """The events x with treatment for which x (n_c - m + x) / ((n_t - x)(m - x)) is `odds_ratio`, all margins given.

    Breslow & Day (1980), Statistical methods in cancer research I, eq. 4.30

    >>> expected_events(2.0, np.array([100.0]), np.array([100.0]), np.array([12.0])).round(3)
    array([7.892])
    """
    B = odds_ratio * (n_t + m) + n_c - m
    root = np.sqrt(np.maximum(B**2 - 4 * (odds_ratio - 1) * odds_ratio * n_t * m, 0.0))
    below = np.where(B < 0, 2 * (odds_ratio - 1), 1.0)  # B < 0 only for an odds ratio below 1
    x: Floats = np.where(B < 0, (B - root) / below, 2 * odds_ratio * n_t * m / np.where(B < 0, 1.0, np.maximum(B + root, 1e-300)))
    return np.clip(x, np.maximum(0.0, m - n_c), np.minimum(n_t, m))


def variance_of_events(x: Floats, n_t: Floats, n_c: Floats, m: Floats) -> Floats:
    """1 / (1/x + 1/(n_t - x) + 1/(m - x) + 1/(n_c - m + x)): the asymptotic variance of the events with treatment; 0 at an edge."""
    cells = np.maximum(np.stack([x, n_t - x, m - x, n_c - m + x]), 0.0)
    with np.errstate(divide="ignore"):
        variance: Floats = 1 / (1 / cells).sum(0)
    return variance


def _log_ratios(a: float, n_t: float, n_c: float, m: float, low: float, high: float) -> Floats:
    """Summed outward from t = a, so that the terms next to the observed table are the most exact."""
    t = np.arange(low, high)  # from t to t + 1
    steps = np.log((n_t - t) * (m - t) / ((t + 1) * (n_c - m + t + 1)))
    at = int(a - low)
    return np.concatenate([-np.cumsum(steps[:at][::-1])[::-1], [0.0], np.cumsum(steps[at:])])


def _blocks(sizes: Ints) -> Iterator[slice]:
    """Slices of the trials, each of about BLOCK numbers."""
    if sizes.sum() <= BLOCK:
        yield slice(0, len(sizes))
        return
    begin, total = 0, 0
    for i, size in enumerate(sizes):
        if total and total + size > BLOCK:
            yield slice(begin, i)
            begin, total = i, 0
        total += size
    yield slice(begin, len(sizes))
