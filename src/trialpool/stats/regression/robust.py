"""Cluster-robust variance: tests that hold where effects of one cluster depend on each other in a way that nobody knows.

With e = y - X beta, M = (X'WX)^-1 and A_j the adjustment of cluster j, the sandwich is

    V = M (sum_j X_j' W_j A_j e_j e_j' A_j' W_j X_j) M

CR0 has A_j = I, CR1 multiplies CR0 by m / (m - p) for m clusters, and CR2 has the A_j that make V unbiased if the working model
Phi = diag(vi + tau2) is right (Bell & McCaffrey 2002): A_j = D_j B_j^(-1/2) D_j with D_j = Phi_j^(1/2) and
B_j = D_j ((I - H) Phi (I - H)')_jj D_j.

References: Pustejovsky & Tipton (2018), J Bus Econ Stat 36:672-683; Tipton (2015), Psychol Methods 20:375-393;
Tipton & Pustejovsky (2015), J Educ Behav Stat 40:604-634 (the F test); Hedges, Tipton & Johnson (2010), Res Synth Methods 1:39-65.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import f_p
from trialpool.stats.pooling.choices import choose, expect
from trialpool.stats.regression.design import Design
from trialpool.stats.regression.estimates import Estimates, WaldTest, quadratic_form
from trialpool.stats.regression.meta_regression import MetaRegression, combinations
from trialpool.stats.regression.residuals import bread_root, variances
from trialpool.stats.tables import Tabular

CORRECTIONS = {
    "CR0": "no correction; t with m - p degrees of freedom",
    "CR1": "m / (m - p) times CR0; t with m - p degrees of freedom",
    "CR2": "unbiased under the working model; Satterthwaite degrees of freedom",
}
SINGULAR = 1e-10  # an eigenvalue of B_j of no more than this share of Phi^2 is 0: the generalised inverse is used


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RobustRegression(Tabular):
    """The coefficients of a meta-regression with a cluster-robust variance.

    fit        : the meta-regression, whose coefficients these are
    clusters   : labels of the m clusters
    correction : "CR0", "CR1" or "CR2"
    root       : (p, m) with root root' = cov
    influence  : (m, p, k) G with cov = sum_j (G_j y)(G_j y)': how each cluster's part comes of the effects
    df         : (p,) degrees of freedom of the coefficients
    """

    fit: MetaRegression
    clusters: tuple[str, ...]
    correction: str
    root: Floats
    influence: Floats
    df: Floats

    @property
    def design(self) -> Design:
        """What the effects were explained by."""
        return self.fit.design

    @property
    def names(self) -> tuple[str, ...]:
        """Of the coefficients."""
        return self.fit.names

    @property
    def beta(self) -> Floats:
        """(p,) coefficients, those of the fit."""
        return self.fit.beta

    @property
    def cov(self) -> Floats:
        """(p, p) cluster-robust covariance."""
        product: Floats = np.matmul(self.root, self.root.T)
        return product

    @property
    def se(self) -> Floats:
        """(p,) cluster-robust standard errors."""
        squares: Floats = (self.root**2).sum(-1)
        return np.sqrt(squares)

    @property
    def coefficients(self) -> Estimates:
        """The coefficients with their standard errors, statistics, P values and intervals."""
        return Estimates(names=self.names, estimate=self.beta, se=self.se, df=self.df, level=self.fit.level)

    @property
    def omnibus(self) -> WaldTest:
        """That all moderators together explain nothing."""
        return self._test(
            "moderators" if self.design.p > 1 else "coefficients", np.eye(self.design.p)[list(self.design.moderators)]
        )

    @property
    def term_tests(self) -> tuple[WaldTest, ...]:
        """That a term explains nothing, all its columns together: one test a term."""
        return tuple(self._test(term.name, np.eye(self.design.p)[list(term.columns)]) for term in self.design.terms)

    def contrast(self, L: Any, *, name: str = "contrast") -> tuple[Estimates, WaldTest]:
        """Linear combinations of coefficients, each by itself and all together; L as in `MetaRegression.contrast`."""
        rows = combinations(self.names, L)
        names = (name,) if len(rows) == 1 else tuple(f"{name} {i + 1}" for i in range(len(rows)))
        se = np.sqrt(((rows @ self.root) ** 2).sum(-1))
        df = np.array([self._df(row[np.newaxis]) for row in rows])
        estimates = Estimates(names=names, estimate=rows @ self.beta, se=se, df=df, level=self.fit.level)
        return estimates, self._test(name, rows)

    def _test(self, name: str, rows: Floats) -> WaldTest:
        """F with q and eta - q + 1 degrees of freedom of Q (eta - q + 1) / (eta q)."""
        q, eta = len(rows), self._df(rows)
        df2 = eta - q + 1 if self.correction == "CR2" else eta
        if df2 <= 0 or q > len(self.clusters):
            raise NotEstimable(
                f"Robust test of {name}, {self.correction}: {q} coefficients and {len(self.clusters)} clusters leave {df2:.2f} "
                "degrees of freedom. Test fewer coefficients together."
            )
        F = quadratic_form(rows @ self.beta, rows @ self.root) / q * (df2 / eta)
        return WaldTest(name=name, statistic=F, df1=q, df2=df2, p=f_p(F, q, df2))

    def _df(self, rows: Floats) -> float:
        if self.correction != "CR2":
            return float(len(self.clusters) - self.design.p)
        return approximate_df(self.influence, np.where(self.fit.wi > 0, variances(self.fit), 0.0), rows)

    def table(self) -> dict[str, list[Any]]:
        """The table of `coefficients`."""
        return self.coefficients.table()

    def __repr__(self) -> str:
        return f"<RobustRegression: {self.design.formula or ', '.join(self.names)}, {len(self.clusters)} clusters>"

    def __str__(self) -> str:
        head = f"Cluster-robust ({self.correction}), {len(self.clusters)} clusters, {self.fit.k} effects"
        return f"{head}\n\n{self.coefficients}"


def robust(fit: MetaRegression, cluster: Sequence[Any], *, correction: str = "CR2") -> RobustRegression:
    """Cluster-robust standard errors and tests of a meta-regression.

    Parameters
    ----------
    fit : the meta-regression of one analysis; its coefficients and tau2 stay as they are
    cluster : (k,) the cluster that each effect belongs to, such as its study
    correction : "CR2", "CR1" or "CR0"

    Raises
    ------
    BadArgument
        for an unknown correction, a cluster that is missing, unequal lengths, or a batch
    NotEstimable
        where there are no more clusters than coefficients

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.regression.regress import regress_matrix
    >>> six = effects([-0.9, -0.7, -0.4, 0.1, 0.0, -0.2], [0.04, 0.02, 0.03, 0.02, 0.03, 0.05])
    >>> fit = regress_matrix(six, [[1.0]] * 6, ["intercept"])
    >>> print(robust(fit, ["A", "A", "B", "C", "D", "D"]).coefficients)
               estimate      se             95% CI   df      P
    intercept   -0.3462  0.2269  -1.1190 to 0.4266  2.7  0.235
    """
    expect("robust", fit, MetaRegression, "regress")
    choose("correction", correction, CORRECTIONS)
    if fit.wi.ndim > 1 or fit.design.X.ndim > 2:
        raise BadArgument("`robust` is of one analysis, not of a batch. Fit the analyses one at a time.")
    codes, labels = _clusters(fit, cluster)
    if len(labels) <= fit.design.p:
        raise NotEstimable(
            f"Cluster-robust variance, {correction}: {len(labels)} clusters for {fit.design.p} coefficients. "
            "It needs more clusters than coefficients."
        )
    influence = _influence(fit, codes, len(labels), correction)
    root = (influence @ np.where(fit.wi > 0, fit.effects.yi, 0.0)).T
    rows = np.eye(fit.design.p)
    if correction == "CR2":
        phi = np.where(fit.wi > 0, variances(fit), 0.0)
        df = np.array([approximate_df(influence, phi, row[np.newaxis]) for row in rows])
    else:
        df = np.full(fit.design.p, float(len(labels) - fit.design.p))
    return RobustRegression(fit=fit, clusters=labels, correction=correction, root=root, influence=influence, df=df)


def approximate_df(influence: Floats, phi: Floats, rows: Floats) -> float:
    """eta of q combinations: of the Wishart distribution with the same total variance; Satterthwaite's where q is 1.

    With C the rows and Omega their covariance under the working model, g_sj = row s of Omega^(-1/2) C G_j, and the inner products
    T_ij[s, t] = g_si' Phi g_tj,

        eta = q (q + 1) / sum_st Var(D_st),   Var(D_st) = sum_ij T_ij[s, s] T_ij[t, t] + T_ij[s, t] T_ij[t, s]

    Tipton & Pustejovsky (2015), eq. 12 and 15.
    """
    q = len(rows)
    G = rows @ influence * np.sqrt(phi)
    T = np.einsum("isk,jtk->ijst", G, G)
    values, vectors = np.linalg.eigh(np.einsum("iist->st", T))
    half = vectors / np.sqrt(values) @ vectors.T
    T = np.einsum("su,ijuv,vt->ijst", half, T, half)
    own = np.einsum("ijss->ijs", T).sum(-1)
    total = (own**2).sum() + (T * np.swapaxes(T, -1, -2)).sum()
    return float(q * (q + 1) / total)


def _influence(fit: MetaRegression, codes: NDArray[np.intp], m: int, correction: str) -> Floats:
    """(m, p, k) G_j = M X_j' W_j A_j (I - H)_j."""
    X, wi = fit.design.X, fit.wi
    phi = np.where(wi > 0, variances(fit), 0.0)
    root = bread_root(fit)
    M = root @ root.T
    left = np.eye(len(wi)) - X @ M @ (X * wi[:, np.newaxis]).T  # I - H
    spread = left * phi @ left.T
    parts = []
    for j in range(m):
        at = np.flatnonzero(codes == j)
        meat = M @ (X[at] * wi[at, np.newaxis]).T
        if correction == "CR2":
            D = np.sqrt(phi[at])
            B = D[:, np.newaxis] * spread[np.ix_(at, at)] * D
            meat = meat * D @ _inverse_root(B, float(phi[at].max()) ** 2) * D
        parts.append(meat @ left[at])
    scale = m / (m - fit.design.p) if correction == "CR1" else 1.0
    influence: Floats = np.sqrt(scale) * np.array(parts)
    return influence


def _inverse_root(B: Floats, size: float) -> Floats:
    """B^(-1/2), of the part of B that is not singular; `size` is how large B would be if nothing had been fitted."""
    values, vectors = np.linalg.eigh(B)
    there = values > SINGULAR * size
    inverse = np.where(there, 1 / np.sqrt(np.where(there, values, 1.0)), 0.0)
    half: Floats = np.matmul(vectors * inverse, vectors.T)
    return half


def _clusters(fit: MetaRegression, cluster: Sequence[Any]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The code of each effect, -1 where it is absent, and the labels of the codes."""
    labels = list(cluster)
    if len(labels) != len(fit.wi):
        raise BadArgument(f"`cluster` has {len(labels)} values for {len(fit.wi)} effects. Give one for each.")
    here = np.isfinite(fit.effects.vi)
    missing = [s for s, c, there in zip(fit.effects.study, labels, here, strict=True) if there and (c is None or c != c)]
    if missing:
        raise BadArgument(f"`cluster` is missing for {', '.join(missing)}. Name the cluster of every effect.")
    found = tuple(dict.fromkeys(str(c) for c, there in zip(labels, here, strict=True) if there))
    codes = [found.index(str(c)) if there else -1 for c, there in zip(labels, here, strict=True)]
    return np.array(codes), found
