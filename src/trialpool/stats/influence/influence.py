"""How much a model hangs on each of its studies: outlying studies, and studies that move the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.distributions import chi2_p
from trialpool.stats.influence.deletion import ALONE, deletion
from trialpool.stats.pooling.choices import expect
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.regression.meta_regression import MetaRegression
from trialpool.stats.tables import Tabular, frame, html_table

CUTOFFS = {
    "DFFITS": "|DFFITS| above 3 sqrt(p / (k - p))",
    "Cook": "Cook's distance above the median of chi-squared with p degrees of freedom",
    "hat": "hat value above 3 p / k",
    "DFBETAS": "|DFBETAS| of a coefficient above 1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence(Tabular):
    """What the k studies that are present do to a model of p coefficients; (i) is the model without study i.

    study        : (k,) labels
    names        : (p,) of the coefficients; "mu" where there are no moderators
    standardised : (k,) residual over its standard error, sqrt((vi + tau2) (1 - hat))
    studentised  : (k,) yi less the value fitted without it, over sqrt(vi + tau2(i) + variance of that value)
    dffits       : (k,) shift of the fitted value of study i, over sqrt(hat (vi + tau2(i)))
    cook         : (k,) Cook's distance, shift of all coefficients in the metric of their covariance
    cov_ratio    : (k,) det cov(i) / det cov: below 1 where the estimates are more precise without the study
    tau2_deleted : (k,) tau2(i)
    Q_deleted    : (k,) Q(i)
    hat          : (k,) hat values, which sum to p
    weights      : (k,) shares of the weights 1 / (vi + tau2), which sum to 1; the hat values where there are no moderators
    dfbetas      : (k, p) shift of each coefficient, over its standard error with tau2(i)
    library      : the data-frame library in which `to_frame` answers
    """

    study: tuple[str, ...]
    names: tuple[str, ...]
    standardised: Floats
    studentised: Floats
    dffits: Floats
    cook: Floats
    cov_ratio: Floats
    tau2_deleted: Floats
    Q_deleted: Floats
    hat: Floats
    weights: Floats
    dfbetas: Floats
    library: str = ""

    @property
    def k(self) -> int:
        """Number of studies present."""
        return len(self.study)

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.names)

    @property
    def flags(self) -> dict[str, Bools]:
        """(k,) which studies are beyond "DFFITS", "Cook", "hat" and "DFBETAS", by name: rules of thumb that call for a look."""
        k, p = self.k, self.p
        return {
            "DFFITS": np.abs(self.dffits) > 3 * np.sqrt(p / (k - p)),
            "Cook": np.asarray(chi2_p(self.cook, p) < 0.5),
            "hat": self.hat > 3 * p / k,
            "DFBETAS": (np.abs(self.dfbetas) > 1).any(-1),
        }

    @property
    def influential(self) -> Bools:
        """(k,) which studies are beyond any of the cut-offs in `flags`."""
        found: Bools = np.logical_or.reduce(list(self.flags.values()))
        return found

    def table(self) -> dict[str, list[Any]]:
        """A row a study: every measure, a column `dfbetas` (or one a coefficient), and by which cut-offs it is influential."""
        single = ("standardised", "studentised", "dffits", "cook", "cov_ratio", "tau2_deleted", "Q_deleted", "hat", "weights")
        columns = {name: getattr(self, name).tolist() for name in single}
        labels = ["dfbetas"] if self.p == 1 else [f"dfbetas {name}" for name in self.names]
        columns |= dict(zip(labels, self.dfbetas.T.tolist(), strict=True))
        flags = self.flags
        said = [", ".join(name for name, where in flags.items() if where[i]) for i in range(self.k)]
        return {"study": list(self.study)} | columns | {"influential": said}

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame of the caller's library, or of `library`: "pandas", "polars" or "pyarrow"."""
        return frame(self.table(), library or self.library)

    def _repr_html_(self) -> str:
        return html_table(self.table())


def influence(fit: PooledEffect | MetaRegression) -> Influence:
    """How much a model hangs on each of its studies, by fitting it again without each, tau2 included, in one batch.

    Parameters
    ----------
    fit : of inverse-variance weights, with or without moderators, and of one analysis; studies that are absent have no row

    Returns
    -------
    Influence. What needs the standard error of the model takes that of its weights, (X'WX)^-1, whatever the interval of the fit.
    With moderators, a measure is nan where the others leave a coefficient undetermined.

    Raises
    ------
    BadArgument
        for a batch of analyses, Mantel-Haenszel, or weights other than by inverse variance
    NotEstimable
        where too few studies are present: a random-effects model needs two more than it has coefficients, a common-effect model one

    References
    ----------
    Viechtbauer & Cheung (2010), Res Synth Methods 1:112-125; Cook & Weisberg (1982), Residuals and Influence in Regression;
    Belsley, Kuh & Welsch (1980), Regression Diagnostics

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> fit = pool(effects([-0.4, -0.5, -0.3, 0.9], [0.03, 0.02, 0.04, 0.02], ["A", "B", "C", "D"]))
    >>> found = influence(fit)
    >>> found.studentised.round(2)
    array([-0.49, -0.69, -0.33,  7.74])
    >>> [study for study, it_is in zip(found.study, found.influential) if it_is]
    ['D']
    """
    expect("influence", fit, (PooledEffect, MetaRegression), "pool, pool_common or regress")
    these = deletion(fit, what="influence")
    yi, vi, hat = these.effects.yi, these.effects.vi, these.hat
    wi = 1 / (vi + these.tau2)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(1 - hat > ALONE, 1 - hat, np.nan)
        own = vi + these.tau2_each
        return Influence(
            study=these.effects.study,
            names=these.names,
            standardised=these.residuals / np.sqrt((vi + these.tau2) * left),
            studentised=(yi - (these.X * these.beta_each).sum(-1)) / np.sqrt(own + these.fitted_var_each),
            dffits=these.fitted_moved / np.sqrt(hat * own),
            cook=(np.linalg.solve(these.root, these.moved.T) ** 2).sum(0),
            cov_ratio=(np.linalg.det(these.root_each) / np.linalg.det(these.root)) ** 2,
            tau2_deleted=these.tau2_each,
            Q_deleted=these.Q_each,
            hat=hat,
            weights=wi / wi.sum(),
            dfbetas=these.moved / these.se_each,
            library=fit.effects.library,
        )
