"""Permutation tests of a meta-regression: what the statistics would be if the moderators, or the signs, had fallen otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import factorial, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.pooling.choices import expect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.regression.coefficients import coefficients
from trialpool.stats.regression.estimates import WaldTest, quadratic_form, shown_p, text_table
from trialpool.stats.regression.meta_regression import MetaRegression
from trialpool.stats.tables import Tabular

CHUNK = 250_000  # numbers in one batch of matrices: what stays in a processor's cache
MOST = 20_000_000  # permutations that are all gone through; beyond, a sample says as much
SAME = 1e-8  # statistics that differ by no more than this share are the same but for rounding

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PermutationTest(Tabular):
    """P values of a meta-regression by permutation.

    names     : of the coefficients
    statistic : (p,) observed z or t
    p         : (p,) share of the permutations whose statistic is as far from 0 or farther
    omnibus   : the observed test of all moderators, with its P by permutation
    exact     : were all permutations gone through, or a sample?
    n         : how many
    """

    names: tuple[str, ...]
    statistic: Floats
    p: Floats
    omnibus: WaldTest
    exact: bool
    n: int

    def table(self) -> dict[str, list[Any]]:
        """A row a coefficient and a last one of all moderators: term, statistic, p."""
        last = self.omnibus
        statistics, ps = [*self.statistic.tolist(), float(last.statistic)], [*self.p.tolist(), float(last.p)]
        return {"term": [*self.names, last.name], "statistic": statistics, "p": ps}

    def __repr__(self) -> str:
        return f"<PermutationTest: {', '.join(self.names)}, {self.n} permutations>"

    def __str__(self) -> str:
        columns = {"": self.names, "statistic": [f"{t:.2f}" for t in self.statistic], "P": [shown_p(p) for p in self.p]}
        return f"{'All' if self.exact else 'A sample of'} {self.n} permutations\n\n{text_table(columns)}"


class _Data(NamedTuple):
    """The studies present, and what is computed of them anew in every permutation."""

    yi: Floats
    vi: Floats
    X: Floats
    wi: Floats | None
    fit: MetaRegression

    def statistics(self, yi: Floats, X: Floats) -> tuple[Floats, Floats]:
        """(n, p) of the coefficients and (n,) of all moderators, for yi (n, k) or (k,) and X (n, k, p) or (k, p)."""
        method = self.fit.tau2_method
        shape = np.broadcast_shapes(yi.shape[:-1], X.shape[:-2])
        tau2 = np.broadcast_to(np.asarray(TAU2[method](yi, self.vi, X) if method in TAU2 else self.fit.tau2), shape)
        found, _, _ = coefficients(yi, self.vi, X, tau2, self.fit.ci_method, self.wi)
        moderators = list(self.fit.design.moderators)
        with np.errstate(divide="ignore", invalid="ignore"):
            each: Floats = found.beta / np.sqrt((found.root**2).sum(-1))
            if len(moderators) == 1:
                return each, each[..., moderators[0]] ** 2
            return each, np.asarray(quadratic_form(found.beta[..., moderators], found.root[..., moderators, :]))


def permutation_test(
    fit: MetaRegression,
    *,
    n: int | None = None,
    rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PermutationTest:
    """Test a meta-regression by permuting the rows of its moderators; of an intercept alone, by changing signs of the effects.

    Parameters
    ----------
    fit : the meta-regression of one analysis; tau2 is estimated anew in every permutation
    n : how many permutations are drawn; None goes through all that differ
    rng : where they are drawn from; needed with n
    progress : called with the number done and the number to do, after each part

    Returns
    -------
    PermutationTest. P is the share of permutations with a statistic as large or larger; in a sample the observed one is counted
    as one more, without which P could be 0 and the test would reject too often.

    Raises
    ------
    BadArgument
        for a sample without a generator, or a batch
    NotEstimable
        where there are more than 20 million permutations and no n

    References
    ----------
    Higgins & Thompson (2004), Stat Med 23:1663-1682; Follmann & Proschan (1999), Biometrics 55:732-737; Phipson & Smyth (2010),
    Stat Appl Genet Mol Biol 9:39

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.regression.regress import regress_matrix
    >>> five = effects([-0.9, -0.5, -0.4, 0.1, 0.2], [0.04, 0.02, 0.03, 0.02, 0.01])
    >>> fit = regress_matrix(five, [[1, 44], [1, 33], [1, 27], [1, 13], [1, 15]], ["intercept", "latitude"])
    >>> permutation_test(fit).p
    array([0.01666667, 0.01666667])
    """
    expect("permutation_test", fit, MetaRegression, "regress")
    if fit.wi.ndim > 1 or fit.design.X.ndim > 2:
        raise BadArgument("`permutation_test` is of one analysis, not of a batch. Fit the analyses one at a time.")
    here = np.isfinite(fit.effects.vi)
    wi = None if fit.weighting == "inverse variance" else fit.wi[here]
    data = _Data(fit.effects.yi[here], fit.effects.vi[here], fit.design.X[here], wi, fit)
    signs = fit.design.p == 1 and fit.design.intercept is not None
    total = _total(data, signs, n, rng)
    each, together = data.statistics(data.yi, data.X)
    as_far, as_large, done = np.zeros(len(each), dtype=int), 0, 0
    for yi, X in _parts(data, signs, total, n, rng):
        beyond, above = data.statistics(yi, X)
        as_far += _not_below(np.abs(beyond), np.abs(each)).sum(0)
        as_large += int(_not_below(above, together).sum())
        done += len(beyond)
        if progress is not None:
            progress(done, total)
    p, omnibus_p = (as_far / done, as_large / done) if n is None else ((as_far + 1) / (done + 1), (as_large + 1) / (done + 1))
    said = fit.omnibus
    omnibus = WaldTest(name=said.name, statistic=said.statistic, df1=said.df1, df2=said.df2, p=float(omnibus_p))
    doubled = 2 if signs and n is None else 1
    return PermutationTest(names=fit.names, statistic=each, p=p, omnibus=omnibus, exact=n is None, n=done * doubled)


def _not_below(values: Floats, observed: Floats) -> Bools:
    """Which are as large as the observed but for rounding; those that do not exist are counted with them."""
    return ~(values < observed * (1 - SAME))


def _total(data: _Data, signs: bool, n: int | None, rng: np.random.Generator | None) -> int:
    """How many permutations there are to go through."""
    if n is not None:
        if rng is None:
            raise BadArgument("A sample of permutations is drawn from a generator. Give rng=np.random.default_rng(seed).")
        if n < 1:
            raise BadArgument(f"n={n!r} is not a number of permutations. Give 1 or more, or None for all.")
        return n
    k = len(data.yi)
    total = 2 ** (k - 1) if signs else factorial(k) // prod(factorial(int(m)) for m in np.bincount(_codes(data.X)))
    if total > MOST:
        raise NotEstimable(f"Permutation test, k = {k}: there are {total} permutations. Give n and rng to draw a sample of them.")
    return total


def _parts(data: _Data, signs: bool, total: int, n: int | None, rng: np.random.Generator | None) -> Iterator[tuple[Floats, Floats]]:
    """yi and X of the permutations, in batches."""
    k, p = data.X.shape
    step = max(1, CHUNK // (k * p))
    codes = _codes(data.X)
    first = np.array([np.flatnonzero(codes == c)[0] for c in range(codes.max() + 1)])
    for start in range(0, total, step):
        ranks = np.arange(start, min(start + step, total))
        if n is None:
            drawn = sign_changes(ranks, k) if signs else first[arrangements(ranks, np.bincount(codes))]
        else:
            assert rng is not None
            drawn = (
                rng.choice((-1.0, 1.0), (len(ranks), k)) if signs else rng.permuted(np.tile(np.arange(k), (len(ranks), 1)), axis=1)
            )
        yield (drawn * data.yi, data.X) if signs else (data.yi, data.X[drawn])


def sign_changes(ranks: Indices, k: int) -> Floats:
    """(n, k) the sign changes with these numbers, 0 to 2^(k-1) - 1: the other half are the same with all signs changed.

    >>> sign_changes(np.arange(2), 2)
    array([[ 1.,  1.],
           [ 1., -1.]])
    """
    return np.where(ranks[:, np.newaxis] >> np.arange(k)[::-1] & 1, -1.0, 1.0)


def arrangements(ranks: Indices, counts: Indices) -> Indices:
    """(n, k) the arrangements with these numbers, in order, of counts[0] zeros, counts[1] ones and so on.

    >>> arrangements(np.arange(3), np.array([2, 1]))
    array([[0, 0, 1],
           [0, 1, 0],
           [1, 0, 0]])
    """
    k = int(counts.sum())
    ranks = ranks.copy()
    left = np.tile(counts, (len(ranks), 1))
    number = np.full(len(ranks), factorial(k) // prod(factorial(int(m)) for m in counts))
    found = np.empty((len(ranks), k), dtype=np.intp)
    rows = np.arange(len(ranks))
    for i in range(k):
        upto = np.cumsum(number[:, np.newaxis] * left // (k - i), axis=1)
        choice = (ranks[:, np.newaxis] >= upto).sum(1)
        before = np.where(choice > 0, upto[rows, np.maximum(choice - 1, 0)], 0)
        ranks = ranks - before
        number = upto[rows, choice] - before
        left[rows, choice] -= 1
        found[:, i] = choice
    return found


def _codes(X: Floats) -> Indices:
    """(k,) equal where rows of X are equal."""
    codes: Indices = np.unique(X, axis=0, return_inverse=True)[1].ravel()
    return codes
