"""Maximum-likelihood fits of selection models, for many analyses and starting points at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.bias.bounded_newton import Peak, Surface, climb, standard_errors
from trialpool.stats.bias.selection_likelihood import Curve, Selection, Steps, surface
from trialpool.stats.bias.selection_weights import MOST, SMOOTH
from trialpool.stats.pooling.choices import choose
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import mean, weights

BLOCK = 2_000_000  # numbers in one array
LEAST = 1e-6  # a weight that is as small is 0
PRECISIONS: dict[str, Callable[[Floats], Floats]] = {
    "sei": np.sqrt,
    "vi": lambda vi: vi,
}


class Data(NamedTuple):
    """N analyses of k studies, the large effects favoured: (N, k) effects, variances (1 where absent), and which are present."""

    yi: Floats
    vi: Floats
    there: Any


class Form(NamedTuple):
    """How selection is modelled: what makes it for some data, where eta is searched for, and how eta becomes delta.

    of     : of the data, with each analysis repeated for each starting point
    starts : (G, q) starting points of eta
    low, high : bounds of eta
    delta  : of eta (N, q) and its standard errors (N, q) -> delta and its standard errors
    """

    of: Callable[[Data], Selection]
    starts: Floats
    low: Floats
    high: Floats
    delta: Callable[[Floats, Floats], tuple[Floats, Floats]]


class Fit(NamedTuple):
    """(N,) or (N, q) each."""

    mu: Floats
    se: Floats
    tau2: Floats
    tau2_se: Floats
    delta: Floats
    delta_se: Floats
    loglik: Floats
    found: Any


def best_fit(data: Data, form: Form, plain: Fit, *, random: bool, whole: bool = False) -> Fit:
    """The highest of the maxima that are found from the starting points, for each analysis, in blocks that fit in memory.

    `plain` is the fit without selection; `whole`: in one block.
    """
    start = starting_points(data, form, plain, random=random)  # (N, G, 2 + q)
    N, G = start.shape[:2]
    low = np.concatenate([[-np.inf, 0.0], form.low])
    high = np.concatenate([[np.inf, np.inf if random else 0.0], form.high])
    per_block = N if whole else max(1, BLOCK // (G * data.yi.shape[1] * 90))
    parts = [
        _best_of_block(Data(*(part[i : i + per_block] for part in data)), form, start[i : i + per_block], low, high)
        for i in range(0, N, per_block)
    ]
    at, se, height, found = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    delta, delta_se = form.delta(at[:, 2:], se[:, 2:])
    return Fit(at[:, 0], se[:, 0], at[:, 1], se[:, 1], delta, delta_se, height, found)


def _best_of_block(data: Data, form: Form, start: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats, Any]:
    N, G, p = start.shape
    repeated = Data(*(np.repeat(part, G, axis=0) for part in data))
    selection = form.of(repeated)

    def height(theta: Floats) -> Surface:
        return surface(repeated.yi, repeated.vi, repeated.there, selection, theta)

    peak = climb(height, start.reshape(N * G, p), low, high)
    heights = np.where(np.isnan(peak.surface.height), -np.inf, peak.surface.height).reshape(N, G)
    best = np.arange(N) * G + heights.argmax(1)
    top = Peak(peak.at[best], Surface(*(part[best] for part in peak.surface)), peak.found[best])
    return top.at, standard_errors(top, low, high), top.surface.height, top.found


def truncated_at(data: Data, *, random: bool) -> Fit:
    """The weight of effects short of a limit and the limit, (N, 2) in delta.

    Between two studies the likelihood rises towards the upper one where the weight is below 1, as less of the density is then given
    the full weight, and towards the lower one where it is above 1. So the best limit is at a study, which counts among those beyond
    it, or, in the second case, among those short of it: of each there is one fit. The limit has no standard error.
    """
    N, k = data.yi.shape
    limit = np.repeat(data.yi, 2, axis=1)  # (N, 2k)
    beyond = np.stack(
        [data.yi[:, :, np.newaxis] <= data.yi[:, np.newaxis, :], data.yi[:, :, np.newaxis] < data.yi[:, np.newaxis, :]], 2
    )
    beyond = beyond.reshape(N, 2 * k, k) & data.there[:, np.newaxis, :]
    short = ~beyond & data.there[:, np.newaxis, :]
    valid = beyond.any(-1) & short.any(-1) & np.repeat(data.there, 2, axis=1)
    many = Data(*(np.repeat(part, 2 * k, axis=0) for part in data))
    low, high = np.full(1, np.log(LEAST)), np.full(1, np.log(MOST))

    def of(block: Data) -> Selection:
        repeats = len(block.yi) // (N * 2 * k)
        edges = np.repeat(limit.ravel(), repeats)[np.newaxis, :, np.newaxis] * np.ones(k)
        label = np.repeat((~beyond).reshape(-1, k).astype(np.intp), repeats, axis=0)
        return Steps(edges, np.array([1, 0]), label, 2)

    def delta(eta: Floats, se: Floats) -> tuple[Floats, Floats]:
        return np.exp(eta), np.exp(eta) * se

    fit = best_fit(
        many,
        Form(of, np.array([[-1.5], [0.5]]), low, high, delta),
        without_selection(many, random=random),
        random=random,
        whole=True,
    )
    height = np.where(valid.ravel(), fit.loglik, -np.inf).reshape(N, 2 * k)
    at = np.arange(N) * 2 * k + height.argmax(1)
    best = Fit(*(np.asarray(part)[at] for part in fit))
    nothing = np.full((N, 1), np.nan)
    return best._replace(
        delta=np.concatenate([best.delta, limit.ravel()[at][:, np.newaxis]], axis=1),
        delta_se=np.concatenate([best.delta_se, nothing], axis=1),
    )


def starting_points(data: Data, form: Form, plain: Fit, *, random: bool) -> Floats:
    """(N, G, 2 + q) around the fit without selection: the same, and nearer to 0 or more spread, for each start of eta."""
    moves = np.array([(mu, spread) for mu, spread in ((0.0, 1.0), (-1.5, 1.5))])
    se = plain.se[:, np.newaxis]
    mu = plain.mu[:, np.newaxis] + se * moves[:, 0]
    typical = np.where(data.there, data.vi, 0.0).sum(-1) / data.there.sum(-1)
    tau2 = (np.maximum(plain.tau2, 0.05 * typical if random else 0.0)[:, np.newaxis]) * moves[:, 1]
    outer = np.stack([mu, tau2], axis=-1)  # (N, 2, 2)
    N, G, q = len(data.yi), len(form.starts), form.starts.shape[1]
    both = np.empty((N, 2, G, 2 + q))
    both[..., :2] = outer[:, :, np.newaxis, :]
    both[..., 2:] = form.starts
    return both.reshape(N, 2 * G, 2 + q)


def without_selection(data: Data, *, random: bool) -> Fit:
    """The maximum-likelihood fit where nothing was selected."""
    vi = np.where(data.there, data.vi, np.inf)
    tau2 = np.asarray(TAU2["ML"](data.yi, vi)) if random else np.zeros(len(data.yi))
    wi = weights(vi, tau2)
    mu = np.asarray(mean(data.yi, wi))
    S = data.vi + tau2[:, np.newaxis]
    each = -0.5 * (np.log(2 * np.pi * S) + (data.yi - mu[:, np.newaxis]) ** 2 / S)
    none = np.zeros((len(mu), 0))
    return Fit(mu, 1 / np.sqrt(wi.sum(-1)), tau2, mu * np.nan, none, none, np.where(data.there, each, 0.0).sum(-1), True)


def form_of(name: str, cuts: tuple[float, ...], given: Floats | None, two_sided: bool, precision: str | None) -> Form:
    if precision is not None:
        choose("precision", precision, PRECISIONS)
        if name not in SMOOTH or name == "beta":
            able = ", ".join(repr(n) for n in SMOOTH if n != "beta")
            raise BadArgument(f"weights={name!r} takes no precision. It goes with {able}.")
    if name in SMOOTH:
        return _smooth_form(name, given, two_sided, precision)
    return _step_form(name, cuts, given, two_sided)


def _step_form(name: str, cuts: tuple[float, ...], given: Floats | None, two_sided: bool) -> Form:
    edges, label = edges_in_z(cuts, two_sided)
    m = len(cuts)

    def of(data: Data) -> Selection:
        sei = np.sqrt(data.vi)
        return Steps(edges[:, np.newaxis, np.newaxis] * sei, label, label_of(data, cuts, two_sided), m + 1)

    def delta(eta: Floats, se: Floats) -> tuple[Floats, Floats]:
        one = np.ones((len(eta), 1))
        weights = np.concatenate([one, np.exp(eta)], axis=1)
        if given is not None:
            return weights, weights * np.nan
        return weights, np.concatenate([one * np.nan, np.exp(eta) * se], axis=1)

    if given is not None:
        with np.errstate(divide="ignore"):
            eta = np.log(given[1:] / given[0])
        return Form(of, eta[np.newaxis], eta, eta, delta)
    starts = np.array([np.zeros(m), np.full(m, -1.5), np.linspace(-0.5, -3, m + 1)[1:], np.full(m, 1.0)])
    return Form(of, starts, np.full(m, np.log(LEAST)), np.full(m, np.log(MOST)), delta)


def _smooth_form(name: str, given: Floats | None, two_sided: bool, precision: str | None) -> Form:
    smooth = SMOOTH[name]

    def of(data: Data) -> Selection:
        scale: Any = 1.0
        if precision is not None:
            size = np.where(data.there, PRECISIONS[precision](data.vi), 0.0)
            scale = size / size.max(-1, keepdims=True)
        return Curve(smooth, data.yi, np.sqrt(data.vi), scale, two_sided=two_sided)

    q = len(smooth.none)
    if given is not None:
        return Form(of, given[np.newaxis], given, given, lambda eta, se: (eta, se * np.nan))
    return Form(of, np.array(smooth.starts), np.full(q, smooth.low), np.full(q, smooth.high), lambda eta, se: (eta, se))


def edges_in_z(cuts: tuple[float, ...], two_sided: bool) -> tuple[Floats, NDArray[np.intp]]:
    """Steps as z = y / se, rising, and which weight each interval between them has.

    >>> edges_in_z((0.05,), True)[0].round(2), edges_in_z((0.05,), True)[1]
    (array([-1.96,  1.96]), array([0, 1, 0]))
    """
    m = len(cuts)
    down = -ndtri(np.array(cuts) / (2 if two_sided else 1))
    if two_sided:
        return np.concatenate([-down, down[::-1]]), np.concatenate([np.arange(m + 1), np.arange(m)[::-1]])
    return down[::-1], np.arange(m + 1)[::-1]


def label_of(data: Data, cuts: tuple[float, ...], two_sided: bool) -> NDArray[np.intp]:
    """(N, k) the interval that a study's P value is in, from 0 for the smallest; a P value at a step belongs below it."""
    z = data.yi / np.sqrt(data.vi)
    p = np.exp(log_ndtr(-np.abs(z))) * 2 if two_sided else np.exp(log_ndtr(-z))
    label: NDArray[np.intp] = np.searchsorted(np.array(cuts), p, side="left")
    return label
