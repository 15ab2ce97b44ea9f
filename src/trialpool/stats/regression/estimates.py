"""Estimates with standard errors and their tests: what every model of this room reports its numbers in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p, f_p, quantile, two_sided_p
from trialpool.stats.pooling.choices import checked_level
from trialpool.stats.tables import Summary, Tabular


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Estimates(Tabular):
    """Coefficients, or linear combinations of them.

    names    : what each is of
    estimate : (..., m)
    se       : (..., m) standard errors
    df       : (..., m) degrees of freedom of the reference distribution; inf for the normal
    level    : confidence level, such as 0.95
    """

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    df: Floats
    level: float

    @property
    def statistic(self) -> Floats:
        """(..., m) estimate / se: z or t."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: Floats = self.estimate / self.se
            return ratio

    @property
    def p(self) -> Floats:
        """(..., m) two-sided P of no effect."""
        return np.asarray(two_sided_p(self.statistic, self.df))

    def interval(self, level: float | None = None) -> tuple[Floats, Floats]:
        """Confidence limits, (..., m) each."""
        half = quantile(self.level if level is None else checked_level(level), self.df) * self.se
        return self.estimate - half, self.estimate + half

    def table(self) -> dict[str, list[Any]]:
        """A row an estimate: term, estimate, se, statistic, df, p, ci_low, ci_high; of a batch, each cell holds all analyses."""
        low, high = self.interval()
        columns = {"estimate": self.estimate, "se": self.se, "statistic": self.statistic, "df": self.df, "p": self.p}
        whole = np.broadcast_arrays(*columns.values(), low, high)
        named = zip((*columns, "ci_low", "ci_high"), whole, strict=True)
        return {"term": list(self.names)} | {name: np.moveaxis(values, -1, 0).tolist() for name, values in named}

    def __repr__(self) -> str:
        return f"<Estimates: {', '.join(self.names)}>"

    def __str__(self) -> str:
        if self.estimate.ndim > 1:
            return f"{self.estimate[..., 0].size} sets of {len(self.names)} estimates"
        limits = zip(*(limit.tolist() for limit in self.interval()), strict=True)
        df = ["" if np.isinf(df) else f"{df:.1f}".removesuffix(".0") for df in np.broadcast_to(self.df, self.se.shape)]
        columns = {
            "": self.names,
            "estimate": [f"{b:.4f}" for b in self.estimate],
            "se": [f"{se:.4f}" for se in self.se],
            f"{100 * self.level:g}% CI": [f"{low:.4f} to {high:.4f}" for low, high in limits],
            "df": df,
            "P": [shown_p(p) for p in self.p],
        }
        if not any(df):
            del columns["df"]
        return text_table(columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaldTest(Summary):
    """A test that linear combinations of coefficients are zero.

    name      : what is tested
    statistic : chi-squared, or F where df2 is finite
    df1, df2  : degrees of freedom; df2 is inf for chi-squared
    p         : P of a statistic as large or larger
    """

    COLUMNS = ("name", "statistic", "df1", "df2", "p")

    name: str
    statistic: Any
    df1: int
    df2: Any
    p: Any

    def __str__(self) -> str:
        if np.ndim(self.statistic):
            return f"{self.name}: {np.size(self.statistic)} tests"
        kind = f"chi2({self.df1})" if np.isinf(self.df2) else f"F({self.df1}, {self.df2:.1f})".replace(".0)", ")")
        p = shown_p(self.p)
        return f"{self.name}: {kind} = {self.statistic:.2f}, P {p if p.startswith('<') else '= ' + p}"


def wald_test(name: str, estimate: Floats, root: Floats, df: Any) -> WaldTest:
    """Q = e'(SS')^-1 e for q combinations e with covariance SS'; with finite df, Q / q by F with q and df degrees of freedom.

    Parameters
    ----------
    estimate : (..., q)
    root : (..., q, m) S, of rank q
    df : (...) denominator degrees of freedom, inf for chi-squared
    """
    q = estimate.shape[-1]
    Q = quadratic_form(estimate, root)
    df = np.asarray(df, dtype=float)
    with np.errstate(invalid="ignore"):
        p = np.where(np.isinf(df), chi2_p(Q, q), f_p(Q / q, q, np.where(np.isinf(df), 1.0, df)))[()]
    return WaldTest(name=name, statistic=np.where(np.isinf(df), Q, Q / q)[()], df1=q, df2=df[()], p=p)


def quadratic_form(estimate: Floats, root: Floats) -> Any:
    """(...) e'(SS')^-1 e by S' = QR: SS' = R'R; nan where SS' is singular."""
    R = np.linalg.qr(np.swapaxes(root, -1, -2))[1]
    own = np.abs(np.diagonal(R, axis1=-2, axis2=-1))
    full = (own > 1e-12 * np.sqrt((R * R).sum(-2))).all(-1) & (R.shape[-2] == R.shape[-1])
    if R.shape[-2] != R.shape[-1]:
        return np.full(full.shape, np.nan)[()]
    R = np.where(full[..., np.newaxis, np.newaxis], R, np.eye(R.shape[-1]))
    z = np.linalg.solve(np.swapaxes(R, -1, -2), estimate[..., np.newaxis])[..., 0]
    return np.where(full, (z * z).sum(-1), np.nan)[()]


def shown_p(p: float) -> str:
    """P as it is printed."""
    return "nan" if np.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def text_table(columns: Mapping[str, Sequence[str]]) -> str:
    """Columns under their heads, lined up: the first to the left and the others to the right."""
    widths = [max(len(cell) for cell in (head, *cells)) for head, cells in columns.items()]
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    lines = (
        "  ".join(cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
