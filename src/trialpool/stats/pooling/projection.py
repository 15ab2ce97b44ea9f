"""What weighted least squares leaves of the effects: P = A - A X (X'AX)^-1 X'A, without a k x k matrix.

A = diag(ai) are weights, 0 where a study is absent, and X the design matrix. P depends on X by the space of its columns only, so
it is held as columns q_1 ... q_p of that space with q_a'A q_b = 1 where a = b and 0 elsewhere:

    P = A - sum_c (A q_c)(A q_c)'

In here studies are the first axis, so that sums over studies run along contiguous memory: yi, ai (k, ...), X (k, p, ...).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from trialpool.stats.arrays import Bools, Floats

COLLINEAR = 1e-10  # a column of which no more than this share is left beside the others adds nothing to them


class Studies(NamedTuple):
    """Effects with the studies as first axis, as `studies_first` makes them ready to be broadcast against each other.

    yi, vi : (k, ...); yi is 0 where a study is absent
    X      : (k, p, ...) columns of the space of the design matrix; None is the intercept
    df     : (...) studies present less columns
    exists : (...) whether X has full rank among the studies present and leaves a degree of freedom
    """

    yi: Floats
    vi: Floats
    X: Floats | None
    df: Any
    exists: Any

    def projection(self, tau2: Any = 0.0) -> Projection:
        """P with the weights 1 / (vi + tau2)."""
        return projection(1 / (self.vi + tau2), self.X)

    def flat(self) -> Flat:
        shape = np.broadcast_shapes(self.yi.shape[1:], np.shape(self.exists))
        X = self.X
        yi = self.yi.reshape(-1, 1) if self.yi.size == len(self.yi) else _one_axis(self.yi, 1, shape)
        if X is not None:
            X = X.reshape(*X.shape[:2], 1) if X.size == X.shape[0] * X.shape[1] else _one_axis(X, 2, shape)
        exists = np.broadcast_to(self.exists, shape).reshape(-1)
        return Flat(yi, _one_axis(self.vi, 1, shape), X, exists, shape)

    @property
    def variances(self) -> Floats:
        """(k, ...) vi, and 0 where a study is absent."""
        return np.where(np.isfinite(self.vi), self.vi, 0.0)


class Flat(NamedTuple):
    """The same with the batch as one axis: yi (k, n) or (k, 1), vi (k, n), X (k, p, n) or (k, p, 1), exists (n,)."""

    yi: Floats
    vi: Floats
    X: Floats | None
    exists: Bools
    shape: tuple[int, ...]

    def where_it_exists(self) -> tuple[Floats, Floats, Floats | None]:
        """yi, vi and X of the analyses that can be done."""
        if self.exists.all():
            return self.yi, self.vi, self.X
        at = np.flatnonzero(self.exists)
        yi = self.yi if self.yi.shape[-1] == 1 else self.yi[:, at]
        X = self.X if self.X is None or self.X.shape[-1] == 1 else self.X[..., at]
        return yi, self.vi[:, at], X

    def back(self, found: Floats) -> Any:
        """A number of each analysis that can be done, in the shape of the batch, nan where it can't."""
        if self.exists.all():
            return found.reshape(self.shape)[()]
        whole = np.full(self.exists.shape, np.nan)
        whole[self.exists] = found
        return whole.reshape(self.shape)[()]


class Projection(NamedTuple):
    """P as weights ai (k, ...) and p columns (k or 1, ...) that are orthonormal in these weights."""

    ai: Floats
    columns: tuple[Floats, ...]

    def residuals(self, yi: Floats) -> Floats:
        """(k, ...) P y."""
        for column in self.columns:
            yi = yi - column * (self.ai * column * yi).sum(0)
        return self.ai * yi

    def quadratic(self, yi: Floats) -> Any:
        """(...) y'P y."""
        for column in self.columns:
            yi = yi - column * (self.ai * column * yi).sum(0)
        return (self.ai * yi * yi).sum(0)

    @property
    def hat_values(self) -> Floats:
        """(k, ...) diagonal of X (X'AX)^-1 X'A: how much each effect pulls its own fitted value."""
        pulled: Floats = self.ai * sum((column * column for column in self.columns), np.zeros(()))
        return pulled

    def trace(self, di: Any = 1.0) -> Any:
        """(...) tr PD of a diagonal matrix D = diag(di)."""
        return (self.ai * (1 - self.hat_values) * di).sum(0)

    def trace_of_square(self, di: Any = 1.0) -> Any:
        """(...) tr PDPD."""
        ad = self.ai * di
        total = (ad * ad * (1 - 2 * self.hat_values)).sum(0)
        for c, column in enumerate(self.columns):
            weighted = self.ai * ad * column
            total = total + (weighted * column).sum(0) ** 2
            for other in self.columns[:c]:
                total = total + 2 * (weighted * other).sum(0) ** 2
        return total


def projection(ai: Floats, X: Floats | None = None) -> Projection:
    """P of weights ai (k, ...) and a design X (k, p, ...) of full rank; None is the intercept.

    By modified Gram-Schmidt, each column twice, which leaves them orthogonal to rounding (Giraud, Langou, Rozloznik & van den
    Eshof (2005), Numer Math 101:87-100).
    """
    if X is None:
        return Projection(ai, (1 / np.sqrt(ai.sum(0, keepdims=True)),))
    columns: tuple[Floats, ...] = ()
    for j in range(X.shape[1]):
        column = X[:, j]
        for _ in range(2 if columns else 1):
            for other in columns:
                column = column - other * (ai * other * column).sum(0)
        columns += (column / np.sqrt((ai * column * column).sum(0)),)
    return Projection(ai, columns)


def log_det(ai: Floats, X: Floats | None = None) -> Any:
    """(...) log det X'AX, but for a constant that depends on X alone: X is replaced by columns of the same space."""
    if X is None:
        return np.log(ai.sum(0))
    total: Any = 0.0
    columns: tuple[Floats, ...] = ()
    for j in range(X.shape[1]):
        column = X[:, j]
        for other in columns:
            column = column - other * (ai * other * column).sum(0)
        norm2 = (ai * column * column).sum(0)
        total = total + np.log(norm2)
        columns += (column / np.sqrt(norm2),)
    return total


def independent(X: Floats, there: Bools) -> Any:
    """(...) whether the columns of X (k, p, ...) are independent among the studies that are there (k, ...)."""
    columns: list[Floats] = []
    full: Any = np.ones(there.shape[1:], dtype=bool)
    for j in range(X.shape[1]):
        column = np.where(there, X[:, j], 0.0)
        size = (column * column).sum(0)
        for _ in range(2):
            for other in columns:
                column = column - other * (other * column).sum(0)
        left = (column * column).sum(0)
        full = full & (left > COLLINEAR**2 * size)
        columns.append(column / np.sqrt(np.where(left > 0, left, 1.0)))
    return full


def orthonormal(X: Floats) -> Floats:
    """Columns of the same space as those of X (k, p, ...), of unit length and at right angles where all studies are there.

    What follows then rounds as little for calendar years as for centred ones.
    """
    last = np.moveaxis(X, (0, 1), (-2, -1))
    if last.shape[-2] < last.shape[-1]:
        return X
    return np.moveaxis(np.linalg.qr(last)[0], (-2, -1), (0, 1))


def studies_first(yi: Floats, vi: Floats, X: Floats | None = None) -> Studies:
    """yi, vi (..., k) and X (..., k, p) or None, with the studies as first axis."""
    if X is None and yi.ndim == vi.ndim == 1:  # a single analysis is as it should be, and soon done
        one = np.isfinite(vi)
        there_are = np.count_nonzero(one)
        return Studies(yi if there_are == len(vi) else np.where(one, yi, 0.0), vi, None, there_are - 1, there_are > 1)
    y, v = np.moveaxis(yi, -1, 0), np.moveaxis(vi, -1, 0)
    axes = max(y.ndim, v.ndim, 0 if X is None else X.ndim - 1)
    y, v = (x.reshape(x.shape[0], *(1,) * (axes - x.ndim), *x.shape[1:]) for x in (y, v))
    there = np.isfinite(v)
    k = there.sum(0)
    if (k < len(v)).any():
        y = np.where(there, y, 0.0)
    if X is None:
        return Studies(y, v, None, k - 1, k > 1)
    Z = np.moveaxis(X, (-2, -1), (0, 1))
    Z = Z.reshape(*Z.shape[:2], *(1,) * (axes + 1 - Z.ndim), *Z.shape[2:])
    df = k - Z.shape[1]
    return Studies(y, v, orthonormal(Z), df, (df >= 1) & independent(Z, there))


def _one_axis(x: Floats, leading: int, shape: tuple[int, ...]) -> Floats:
    """(k, ...) or (k, p, ...) with the batch as one axis."""
    lead = x.shape[:leading]
    return np.broadcast_to(x, (*lead, *shape)).reshape(*lead, int(np.prod(shape)))
