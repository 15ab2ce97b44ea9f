"""The result of a meta-regression, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p
from trialpool.stats.effects.columns import numbers
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling import heterogeneity
from trialpool.stats.pooling.choices import checked_level, choose
from trialpool.stats.pooling.tau2 import TAU2_NAMES
from trialpool.stats.pooling.tau2_intervals import TAU2_INTERVALS, TAU2_SE, tau2_se
from trialpool.stats.regression import collinearity, explained, information, residuals
from trialpool.stats.regression.design import Design
from trialpool.stats.regression.estimates import Estimates, WaldTest, shown_p, wald_test
from trialpool.stats.regression.least_squares import leverage
from trialpool.stats.regression.predictions import Predictions
from trialpool.stats.regression.scale import SCALE_NAMES
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MetaRegression(Tabular):
    """Effects explained by moderators, on the analysis scale (log for ratios). Where `effects` is a batch, its shape is (...).

    effects     : what was explained; studies are absent where their variance is infinite
    design      : what by
    model       : "random" or "common"
    tau2_method : estimator of tau2 as `pool` takes it; "given" for a value of the caller's, "" for a common-effect model
    weighting   : "inverse variance", "equal" or "given"
    ci_method   : "HK", "HK-floor", "Wald" or "t"
    level       : confidence level, such as 0.95
    beta        : (..., p) coefficients
    root        : (..., p, m) with root root' = cov
    scale       : (...) factor of the variances that is in `root`: 1 but for Hartung-Knapp
    df          : (...) degrees of freedom of the reference distribution; inf for the normal
    tau2        : (...) between-study variance that the moderators leave; 0 for a common-effect model
    wi          : (..., k) weights that the coefficients were found with; 0 where a study is absent
    Q, k        : (...) Cochran's Q about the fitted values; number of studies
    notes       : what a reader must know of this fit
    """

    effects: Effects
    design: Design
    model: str
    tau2_method: str
    weighting: str
    ci_method: str
    level: float
    beta: Floats
    root: Floats
    scale: Any
    df: Any
    tau2: Any
    wi: Floats
    Q: Any
    k: Any
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the coefficients."""
        return self.design.names

    @property
    def cov(self) -> Floats:
        """(..., p, p) covariance of the coefficients."""
        product: Floats = np.matmul(self.root, np.swapaxes(self.root, -1, -2))
        return product

    @property
    def se(self) -> Floats:
        """(..., p) standard errors."""
        squares: Floats = (self.root**2).sum(-1)
        return np.sqrt(squares)

    @property
    def coefficients(self) -> Estimates:
        """The coefficients with their standard errors, statistics, P values and intervals."""
        return self._estimates(self.names, self.beta, self.se)

    @property
    def statistic(self) -> Floats:
        """(..., p) z or t."""
        return self.coefficients.statistic

    @property
    def p(self) -> Floats:
        """(..., p) two-sided P values."""
        return self.coefficients.p

    def interval(self, level: float | None = None) -> tuple[Floats, Floats]:
        """Confidence limits of the coefficients, (..., p) each."""
        return self.coefficients.interval(level)

    @property
    def residual_df(self) -> Any:
        """(...) k - p."""
        return self.k - self.design.p

    @property
    def Q_p(self) -> Any:
        """P of no heterogeneity beyond what the moderators explain, by chi-squared with k - p degrees of freedom."""
        return chi2_p(self.Q, self.residual_df)

    @property
    def omnibus(self) -> WaldTest:
        """That all moderators together explain nothing; of the intercept where there are none."""
        return self._test(
            "moderators" if self.design.intercept is not None and self.design.p > 1 else "coefficients", self.design.moderators
        )

    @property
    def term_tests(self) -> tuple[WaldTest, ...]:
        """That a term explains nothing, all its columns together: one test a term."""
        return tuple(self._test(term.name, term.columns) for term in self.design.terms)

    def contrast(self, L: Any, *, name: str = "contrast") -> tuple[Estimates, WaldTest]:
        """Linear combinations of coefficients, each by itself and all together.

        Parameters
        ----------
        L : (p,) or (q, p) a row a combination; or a mapping from names of coefficients to their factors
        """
        rows = self._combinations(L)
        estimate = (self.beta[..., np.newaxis, :] * rows).sum(-1)
        root = rows @ self.root
        names = (name,) if len(rows) == 1 else tuple(f"{name} {i + 1}" for i in range(len(rows)))
        return self._estimates(names, estimate, np.sqrt((root**2).sum(-1))), wald_test(name, estimate, root, self.df)

    def predict(self, new: Any = None) -> Predictions:
        """Expected effects with confidence and prediction intervals.

        Parameters
        ----------
        new : columns of moderators by name, of any kind that `regress` takes; or an array of rows of the design matrix, intercept
            included; None for the studies themselves, with nan where one is absent
        """
        rows = self.design.X if new is None else self.design.rows(new)
        names = self.effects.study if new is None else tuple(str(i + 1) for i in range(len(rows)))
        estimate = (rows * self.beta[..., np.newaxis, :]).sum(-1)
        se = np.sqrt(((rows @ self.root) ** 2).sum(-1))
        if new is None:
            estimate, se = residuals.where_present(self, estimate), residuals.where_present(self, se)
        average = self._estimates(names, estimate, se)
        tau2 = self.tau2 if self.model == "random" else self.tau2 * np.nan
        return Predictions(average=average, tau2=tau2, residual_df=self.residual_df, measure=self.effects.measure)

    @property
    def I2(self) -> Any:
        """Share of the variance between residuals that is heterogeneity, 0 to 1.

        From tau2 and the typical sampling variance; for a common-effect model max(0, (QE - df) / QE). Higgins & Thompson (2002),
        Stat Med 21:1539-1558.
        """
        return 1 - 1 / self.H2

    @property
    def H2(self) -> Any:
        """1 / (1 - I2)."""
        if self.model == "common":
            return explained.h2_of_q(self.Q, self.residual_df)
        return heterogeneity.h2(self.tau2, heterogeneity.typical_variance(self.effects.vi, self.design.X))

    @property
    def R2(self) -> Any:
        """Share of the heterogeneity that the moderators explain, 0 to 1: (tau2_0 - tau2) / tau2_0, tau2_0 without moderators.

        nan where no column or combination of columns is constant. Raudenbush (2009), in The Handbook of Research Synthesis and
        Meta-Analysis, 2nd ed., 295-315; for a common-effect model by Q / df in place of tau2.
        """
        return explained.r2(self)

    def tau2_interval(self, level: float | None = None, *, method: str = "QP") -> tuple[Any, Any]:
        """Limits of tau2 by Q-profile, or by another method that `PooledEffect.tau2_interval` has, "HT" excepted.

        Viechtbauer (2007), Stat Med 26:37-52; "GENQ": Jackson, Turner, Rhodes & Viechtbauer (2014), BMC Med Res Methodol 14:103.
        """
        choose("method", method, TAU2_INTERVALS)
        level = self.level if level is None else checked_level(level)
        yi, vi = self.effects.yi, self.effects.vi
        return TAU2_INTERVALS[method](yi, vi, self.design.X, tau2=self.tau2, method=self.tau2_method, level=level)

    @property
    def tau2_se(self) -> Any:
        """Standard error of an estimate of tau2, which is far from normal: prefer `tau2_interval`. nan where none was estimated."""
        if self.tau2_method not in TAU2_SE:
            return self.tau2 * np.nan
        return tau2_se(self.effects.yi, self.effects.vi, self.design.X, tau2=self.tau2, method=self.tau2_method)

    @property
    def fitted(self) -> Floats:
        """(..., k) expected effects of the studies; nan where a study is absent."""
        return residuals.where_present(self, (self.design.X * self.beta[..., np.newaxis, :]).sum(-1))

    @property
    def hat_values(self) -> Floats:
        """(..., k) how much each effect pulls its own fitted value; their sum is p."""
        return residuals.where_present(self, leverage(self.wi, self.design.X, residuals.bread_root(self)))

    @property
    def residuals(self) -> Floats:
        """(..., k) yi - fitted; nan where a study is absent."""
        return residuals.where_present(self, self.effects.yi - self.fitted)

    @property
    def standardised_residuals(self) -> Floats:
        """(..., k) residuals over their standard errors, (I - H) M (I - H)' with M = diag(vi + tau2)."""
        return residuals.standardised(self)

    @property
    def studentised_residuals(self) -> Floats:
        """(..., k) each effect less what the other studies, fitted without it, expect of it, over the standard error of that.

        nan where the others cannot say, as where a factor level has this study alone.
        """
        return residuals.studentised(self)

    @property
    def best_predictions(self) -> Predictions:
        """Empirical Bayes estimates of the studies' own effects, each between its own and the fitted value."""
        return residuals.best_predictions(self)

    @property
    def vif(self) -> Mapping[str, float]:
        """Variance inflation of each coefficient but the intercept's: how many times collinearity makes its variance larger."""
        return collinearity.vif(self)

    @property
    def gvif(self) -> Mapping[str, collinearity.Inflation]:
        """Generalised variance inflation of each term, all its columns together. Fox & Monette (1992), JASA 87:178-183."""
        return collinearity.gvif(self)

    def loglik(self, *, restricted: bool | None = None) -> Any:
        """Log-likelihood at the estimates; the restricted one where tau2 was found by it, unless told otherwise."""
        return information.log_likelihood(self, information.is_restricted(self) if restricted is None else restricted)

    @property
    def criteria(self) -> information.Criteria:
        """AIC, BIC and AICc of `loglik`, to compare with those of other fits by the same likelihood to the same studies.

        The restricted likelihoods of models with different moderators cannot be compared.
        """
        return information.criteria(self, information.is_restricted(self))

    def _estimates(self, names: tuple[str, ...], estimate: Floats, se: Floats) -> Estimates:
        df = np.broadcast_to(np.asarray(self.df)[..., np.newaxis], se.shape)
        return Estimates(names=names, estimate=estimate, se=se, df=df, level=self.level)

    def _test(self, name: str, columns: tuple[int, ...]) -> WaldTest:
        return wald_test(name, self.beta[..., columns], self.root[..., columns, :], self.df)

    def _combinations(self, L: Any) -> Floats:
        return combinations(self.names, L)

    def table(self) -> dict[str, list[Any]]:
        """Columns term, estimate, se, statistic, df, p, ci_low and ci_high; a row a coefficient.

        Of a batch, `analysis` comes first, counted from 1, with the coefficients of each analysis below each other.
        """
        low, high = self.interval()
        columns = {"estimate": self.beta, "se": self.se, "statistic": self.statistic, "df": self.coefficients.df, "p": self.p}
        columns |= {"ci_low": low, "ci_high": high}
        shape = np.shape(self.beta)
        analyses = np.size(self.beta) // self.design.p
        which = {"analysis": np.repeat(np.arange(1, analyses + 1), self.design.p).tolist()} if len(shape) > 1 else {}
        terms: dict[str, list[Any]] = {"term": list(self.names) * analyses}
        return which | terms | {name: np.broadcast_to(values, shape).ravel().tolist() for name, values in columns.items()}

    def __repr__(self) -> str:
        return f"<MetaRegression: {self.design.formula or ', '.join(self.names)}, {np.max(self.k)} studies>"

    def __str__(self) -> str:
        if np.ndim(self.Q):
            return f"{np.size(self.Q)} meta-regressions on {', '.join(self.names)}"
        lines = [
            f"Meta-regression {self.design.formula or 'on ' + ', '.join(self.names)}: k = {self.k}, {self._method}",
            "",
            str(self.coefficients),
            "",
        ]
        if self.design.p > 1:
            lines.append(f"Test of {self.omnibus}")
        spread = f"tau2 = {self.tau2:.4f}, " if self.model == "random" else ""
        R2 = self.R2 if self.design.p > 1 else np.nan
        share = f", R2 = {100 * R2:.0f}%" if np.isfinite(R2) else ""
        p = shown_p(self.Q_p)
        left = f"I2 = {100 * self.I2:.0f}%{share}; Q({self.residual_df}) = {self.Q:.2f}, P {p if p[0] == '<' else '= ' + p}"
        lines.append(spread + (left if self.residual_df > 0 else "no residual degree of freedom is left to see heterogeneity in"))
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])

    @property
    def _method(self) -> str:
        spread = {"": "common effect", "given": "tau2 given"}.get(self.tau2_method) or TAU2_NAMES[self.tau2_method]
        weights = "" if self.weighting == "inverse variance" else f", {self.weighting} weights"
        return f"{spread}, {SCALE_NAMES[self.ci_method]}{weights}"


def combinations(names: tuple[str, ...], L: Any) -> Floats:
    """(q, p) rows of factors of the coefficients; a mapping gives those that are not 0 by name."""
    if isinstance(L, Mapping):
        for name in L:
            choose("coefficient", str(name), names)
        L = [float(L.get(name, 0.0)) for name in names]
    rows = np.atleast_2d(numbers("L", L))
    if rows.shape[-1] != len(names):
        raise BadArgument(f"L has {rows.shape[-1]} columns for {len(names)} coefficients ({', '.join(names)}).")
    if not np.isfinite(rows).all() or not rows.any(-1).all():
        raise BadArgument("L has a row that is all zeros, or has missing or infinite values. Give the factor of every coefficient.")
    return rows
