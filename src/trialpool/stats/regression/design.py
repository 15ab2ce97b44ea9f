"""What the effects are explained by: a matrix with a row a study and a column a coefficient, checked where it enters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.effects.columns import numbers
from trialpool.stats.effects.effects import Effects
from trialpool.stats.regression.least_squares import DEPENDENT

INTERCEPT = "intercept"


class Term(NamedTuple):
    """A part of a formula, such as a factor, with the columns that stand for it."""

    name: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Design:
    """A design matrix.

    X       : (..., k, p), 0 in the rows of studies that are absent
    names   : (p,) of the coefficients
    terms   : which columns belong together
    formula : what it was made from, "" for a matrix given as such
    encode  : from new data to rows of X, where it was made from a formula
    notes   : what a reader must know of it
    """

    X: Floats
    names: tuple[str, ...]
    terms: tuple[Term, ...]
    formula: str = ""
    encode: Callable[[Any], Floats] | None = None
    notes: tuple[str, ...] = ()

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.names)

    @property
    def intercept(self) -> int | None:
        """Which column is the intercept, if there is one."""
        return self.names.index(INTERCEPT) if INTERCEPT in self.names else None

    @property
    def moderators(self) -> tuple[int, ...]:
        """The columns that an omnibus test is of: all but the intercept, or the intercept where there is nothing else."""
        others = tuple(j for j in range(self.p) if j != self.intercept)
        return others or (0,)

    def rows(self, new: Any) -> Floats:
        """(m, p) rows of X for new data: columns by name where this was made from a formula, else the rows themselves."""
        if self.encode is not None and not isinstance(new, np.ndarray):
            return self.encode(new)
        rows = np.atleast_2d(numbers("X", new))
        if rows.shape[-1] != self.p:
            raise BadArgument(f"X has {rows.shape[-1]} columns for {self.p} coefficients ({', '.join(self.names)}).")
        if not np.isfinite(rows).all():
            raise BadArgument("X has missing or infinite values. Give every moderator of every row.")
        return rows

    def without(self, columns: Sequence[int]) -> Design:
        """The same with some columns left out."""
        kept = [j for j in range(self.p) if j not in columns]
        terms = tuple(Term(t.name, tuple(kept.index(j) for j in t.columns if j in kept)) for t in self.terms)
        return replace(
            self,
            X=self.X[..., kept],
            names=tuple(self.names[j] for j in kept),
            terms=tuple(t for t in terms if t.columns),
            encode=None,
            formula="",
        )

    def __repr__(self) -> str:
        return f"<Design: {', '.join(self.names)}>"


def design(effects: Effects, X: Any, names: Sequence[str] | None = None) -> Design:
    """A design matrix given as such.

    Parameters
    ----------
    effects : the effects that it is to explain
    X : (k, p), or (..., k, p) with a matrix for each analysis: a row a study, a column a coefficient, the intercept among them
    names : (p,); "x1", "x2", ... where not given, and "intercept" for a column of ones

    >>> from trialpool.stats.effects.effects import effects
    >>> design(effects([0.1, 0.3, 0.4], [0.1, 0.1, 0.1]), [[1, 1948], [1, 1960], [1, 1977]], ["intercept", "year"])
    <Design: intercept, year>
    """
    matrix = numbers("X", X)
    matrix = matrix[:, np.newaxis] if matrix.ndim == 1 else matrix
    k = effects.yi.shape[-1]
    if matrix.shape[-2] != k:
        raise BadArgument(f"X has {matrix.shape[-2]} rows for {k} studies. Give a row for each study, in the same order.")
    here = here_in(effects)
    bad = [effects.study[i] for i in np.flatnonzero(here & ~np.isfinite(matrix).all(-1).reshape(-1, k).all(0))]
    if bad:
        raise BadArgument(
            f"X has missing or infinite values in the rows of {', '.join(bad)}. Leave these studies out, or fill them in."
        )
    matrix = np.where(here[:, np.newaxis], matrix, 0.0)
    ones = np.all((matrix[..., here, :] == 1).reshape(-1, matrix.shape[-1]), axis=0)
    given = [INTERCEPT if ones[j] else f"x{j + 1}" for j in range(matrix.shape[-1])] if names is None else list(map(str, names))
    if len(given) != matrix.shape[-1]:
        raise BadArgument(f"There are {len(given)} names for {matrix.shape[-1]} columns of X. Give one for each.")
    if ones.any() and INTERCEPT not in given:
        given[int(ones.argmax())] = INTERCEPT
    return checked(effects, Design(X=matrix, names=tuple(given), terms=tuple(Term(n, (j,)) for j, n in enumerate(given))))


def here_in(effects: Effects) -> Bools:
    """(k,) which studies are present in any of the analyses."""
    there = np.isfinite(effects.vi).reshape(-1, effects.vi.shape[-1])
    return np.asarray(there.any(0))


def checked(effects: Effects, these: Design) -> Design:
    """`these`, if there are no more coefficients than studies and no column is a combination of others."""
    here = here_in(effects)
    k = int(here.sum())
    if k == 0:
        raise NotEstimable("Meta-regression: no study is present (k = 0).")
    if these.p > k:
        raise BadArgument(
            f"There are {these.p} coefficients ({', '.join(these.names)}) for {k} studies. "
            "Leave moderators out, or join levels of factors."
        )
    said = [] if these.X.ndim > 2 else list(dependencies(these.X[here], these.names))
    if said:
        raise BadArgument(f"Moderators say the same among these {k} studies: {'; '.join(said)}. Leave out a column of each.")
    return these


def dependencies(X: Floats, names: Sequence[str]) -> list[str]:
    """The columns of X (k, p) that are combinations of columns before them, as equations."""
    said, free = [], list[int]()
    for j in range(X.shape[1]):
        column, size = X[:, j], np.sqrt((X[:, j] ** 2).sum())
        if size == 0:
            said.append(f"{names[j]} is 0 everywhere")
            continue
        before = X[:, free]
        scale = np.sqrt((before**2).sum(0))
        share = np.linalg.lstsq(before / scale, column / size, rcond=None)[0] if free else np.zeros(0)
        left = column / size - (before / scale) @ share
        if np.sqrt((left**2).sum()) > DEPENDENT:
            free.append(j)
            continue
        parts = [(float(s * size / c), names[f]) for f, s, c in zip(free, share, scale, strict=True) if abs(s) > 1e-8]
        said.append(_equation(names[j], parts))
    return said


def _equation(name: str, parts: Sequence[tuple[float, str]]) -> str:
    if len(parts) == 1 and parts[0][1] == INTERCEPT:
        return f"{name} is constant ({parts[0][0]:.6g}), which the intercept says already"
    text = ""
    for factor, other in parts:
        amount = "" if abs(abs(factor) - 1) < 1e-8 else f"{abs(factor):.6g} x "
        text += (" - " if factor < 0 else " + ") + amount + other
    return f"{name} = {text.removeprefix(' + ').replace(' - ', '-', 1) if text.startswith(' - ') else text.removeprefix(' + ')}"
