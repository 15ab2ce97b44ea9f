"""Location-scale models: what moves the average effect, and what makes effects spread more or less about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.regression import information
from trialpool.stats.regression.coefficients import residual_q
from trialpool.stats.regression.design import Design, design
from trialpool.stats.regression.estimates import Estimates, WaldTest, wald_test
from trialpool.stats.regression.least_squares import least_squares
from trialpool.stats.regression.location_scale_search import FLAT, LINKS, Found, search
from trialpool.stats.regression.predictions import Predictions
from trialpool.stats.tables import Tabular

METHODS = {"REML": "restricted maximum likelihood", "ML": "maximum likelihood"}
INTERVALS = ("Wald", "t")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LocationScale(Tabular):
    """A location-scale model, on the analysis scale (log for ratios).

    effects   : what was explained; studies are absent where their variance is infinite
    design    : moderators of the average effect
    spread    : moderators of tau2
    link      : "log" (of tau2) or "identity"
    method    : "REML" or "ML"
    ci_method : "Wald" or "t"
    level     : confidence level, such as 0.95
    beta      : (p,) coefficients of the average effect, with root root' their covariance
    root      : (p, p)
    alpha     : (q,) coefficients of log tau2, or of tau2
    alpha_cov : (q, q) their covariance, by the observed information; nan where it does not exist
    tau2      : (k,) of each study; nan where a study is absent
    loglik    : the likelihood that was maximised: the restricted one under REML
    Q, k      : Cochran's Q about the fitted values of a common-effect model; number of studies
    notes     : what a reader must know of this fit
    """

    effects: Effects
    design: Design
    spread: Design
    link: str
    method: str
    ci_method: str
    level: float
    beta: Floats
    root: Floats
    alpha: Floats
    alpha_cov: Floats
    tau2: Floats
    loglik: float
    Q: float
    k: int
    notes: tuple[str, ...] = ()

    @property
    def coefficients(self) -> Estimates:
        """Of the average effect; t has k - p degrees of freedom."""
        se = np.sqrt(np.diag(self.cov))
        return Estimates(names=self.design.names, estimate=self.beta, se=se, df=self._df(self.design), level=self.level)

    @property
    def scale_coefficients(self) -> Estimates:
        """Of log tau2, or of tau2 under the identity link; t has k - q degrees of freedom."""
        se = np.sqrt(np.diag(self.alpha_cov))
        return Estimates(names=self.spread.names, estimate=self.alpha, se=se, df=self._df(self.spread), level=self.level)

    @property
    def cov(self) -> Floats:
        """(p, p) covariance of the coefficients of the average effect."""
        product: Floats = np.matmul(self.root, self.root.T)
        return product

    @property
    def omnibus(self) -> WaldTest:
        """That no moderator moves the average effect."""
        columns = list(self.design.moderators)
        return wald_test("moderators", self.beta[columns], self.root[columns], self._df(self.design)[0])

    @property
    def scale_omnibus(self) -> WaldTest:
        """That no moderator changes tau2."""
        columns = list(self.spread.moderators)
        cov = self.alpha_cov[np.ix_(columns, columns)]
        root: Floats = np.asarray(np.linalg.cholesky(cov) if np.isfinite(cov).all() else cov, dtype=float)
        return wald_test("scale moderators", self.alpha[columns], root, self._df(self.spread)[0])

    @property
    def Q_p(self) -> Any:
        """P of no heterogeneity beyond the moderators of the average effect, by chi-squared with k - p degrees of freedom."""
        return chi2_p(self.Q, self.k - self.design.p)

    @property
    def criteria(self) -> information.Criteria:
        """AIC, BIC and AICc of `loglik`, with p + q parameters."""
        n = self.k - (self.design.p if self.method == "REML" else 0)
        return information.criteria_of(self.loglik, self.design.p + self.spread.p, n)

    def predict(self, new: Any = None, new_spread: Any = None) -> Predictions:
        """Expected effects with confidence and prediction intervals, each with its own tau2.

        Parameters
        ----------
        new, new_spread : moderators of the average effect and of tau2, as in `MetaRegression.predict`; a row each for a row.
            None for the studies themselves; new_spread may be left out where new holds the columns of both by name
        """
        rows = self.design.X if new is None else self.design.rows(new)
        scales = self.spread.X if new is None else self.spread.rows(new if new_spread is None else new_spread)
        if len(rows) != len(scales):
            raise BadArgument(
                f"There are {len(rows)} rows for the average effect and {len(scales)} for tau2. Give as many of each."
            )
        names = self.effects.study if new is None else tuple(str(i + 1) for i in range(len(rows)))
        se = np.sqrt(((rows @ self.root) ** 2).sum(-1))
        df = np.full(len(rows), self._df(self.design)[0])
        here = np.isfinite(self.effects.vi) if new is None else np.ones(len(rows), dtype=bool)
        estimate, se = np.where(here, rows @ self.beta, np.nan), np.where(here, se, np.nan)
        average = Estimates(names=names, estimate=estimate, se=se, df=df, level=self.level)
        tau2 = np.maximum(LINKS[self.link](scales @ self.alpha).tau2, 0.0)
        return Predictions(average=average, tau2=tau2, residual_df=self.k - self.design.p, measure=self.effects.measure)

    def _df(self, of: Design) -> Floats:
        return np.full(of.p, float(self.k - of.p) if self.ci_method == "t" else np.inf)

    def table(self) -> dict[str, list[Any]]:
        """A row a coefficient, those of the average effect first: part ("effect" or "spread"), and the table of `Estimates`."""
        effect, spread = self.coefficients.table(), self.scale_coefficients.table()
        part = ["effect"] * len(self.beta) + ["spread"] * len(self.alpha)
        return {"part": part} | {name: values + spread[name] for name, values in effect.items()}

    def __repr__(self) -> str:
        return f"<LocationScale: {', '.join(self.design.names)}; spread by {', '.join(self.spread.names)}, {self.k} studies>"

    def __str__(self) -> str:
        of = "log tau2" if self.link == "log" else "tau2"
        lines = [
            f"Location-scale model: k = {self.k}, {METHODS[self.method]}, log-likelihood {self.loglik:.3f}",
            f"\nAverage effect\n{self.coefficients}",
            f"\nSpread ({of})\n{self.scale_coefficients}",
        ]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])


def location_scale_matrix(
    effects: Effects,
    X: Any,
    Z: Any,
    names: Sequence[str] | None = None,
    scale_names: Sequence[str] | None = None,
    *,
    link: str = "log",
    method: str = "REML",
    ci: str = "Wald",
    level: float = 0.95,
) -> LocationScale:
    """Explain effects, and their spread, by the columns of two matrices.

    Parameters
    ----------
    effects : effects of k studies
    X, names : (k, p) columns that the average effect depends on, the intercept among them, and their names
    Z, scale_names : (k, q) columns that tau2 depends on, the intercept among them, and their names
    link : "log", tau2 = exp(Z alpha), or "identity", tau2 = Z alpha, which is held at 0 where it would be negative
    method : "REML" or "ML"
    ci : "Wald" or "t"
    level : confidence level, between 0 and 1

    Raises
    ------
    BadArgument
        for an unknown choice, moderators that say the same, or more coefficients than studies
    NotEstimable
        where the likelihood rises as some tau2 goes to 0, which the log link cannot reach, or the search did not converge

    References
    ----------
    Viechtbauer & Lopez-Lopez (2022), Res Synth Methods 13:697-715

    >>> from trialpool.stats.effects.effects import effects
    >>> yi = [-0.2, -0.1, -0.3, -0.2, -1.5, 0.9, -0.6, 0.3]
    >>> by_design = [[1, 0]] * 4 + [[1, 1]] * 4
    >>> fit = location_scale_matrix(effects(yi, [0.001] * 8), [[1]] * 8, by_design, scale_names=["intercept", "open"])
    >>> print(fit.scale_coefficients)
               estimate      se              95% CI       P
    intercept   -5.1763  0.9585  -7.0549 to -3.2976  <0.001
    open         4.9877  1.1903    2.6547 to 7.3207  <0.001
    """
    expect("location_scale_matrix", effects, Effects, EFFECT_MAKERS)
    choices = {"link": link, "method": method, "ci": ci, "level": level}
    return location_scale_design(effects, design(effects, X, names), design(effects, Z, scale_names), **choices)  # type: ignore[arg-type]


def location_scale_design(
    effects: Effects, on: Design, spread: Design, *, link: str, method: str, ci: str, level: float
) -> LocationScale:
    """As `location_scale_matrix`, on designs that have been checked."""
    choose("link", link, LINKS)
    choose("method", method, METHODS)
    choose("ci", ci, INTERVALS)
    checked_level(level)
    if effects.vi.ndim > 1 or on.X.ndim > 2 or spread.X.ndim > 2:
        raise BadArgument("A location-scale model is of one analysis, not of a batch. Fit the analyses one at a time.")
    here = np.isfinite(effects.vi)
    yi, vi, X, Z, k = effects.yi[here], effects.vi[here], on.X[here], spread.X[here], int(here.sum())
    if k <= on.p + spread.p:
        raise NotEstimable(
            f"Location-scale model by {method}, k = {k}, p = {on.p}, q = {spread.p}: no residual degree of freedom is left. "
            "Leave moderators out."
        )
    found = search(yi, vi, X, Z, link=link, restricted=method == "REML", tau2=float(TAU2[method](yi, vi, X)))
    tau2 = np.maximum(LINKS[link](Z @ found.alpha).tau2, 0.0)
    study = [s for s, there in zip(effects.study, here, strict=True) if there]
    _refuse_unless_found(found, tau2, vi, link, method, study)
    beta, root = least_squares(yi, 1 / (vi + tau2), X)
    each = np.full(here.shape, np.nan)
    each[here] = tau2
    return LocationScale(
        effects=effects,
        design=on,
        spread=spread,
        link=link,
        method=method,
        ci_method=ci,
        level=level,
        beta=beta,
        root=root,
        alpha=found.alpha,
        alpha_cov=found.cov,
        tau2=each,
        loglik=found.value,
        Q=float(residual_q(yi, vi, X)),
        k=k,
        notes=(*(f"{s}: {note}" for s, note in effects.notes.items()), *on.notes, *spread.notes, *_held(found, tau2, vi, study)),
    )


def _refuse_unless_found(found: Found, tau2: Floats, vi: Floats, link: str, method: str, study: Sequence[str]) -> None:
    what = f"Location-scale model by {method}, {link} link, k = {len(vi)}"
    gone = [s for s, t in zip(study, tau2, strict=True) if t <= FLAT * vi.min()]
    if found.endless:
        raise NotEstimable(
            f"{what}: the likelihood rises as tau2 of {', '.join(gone) or 'some studies'} goes to 0, so the coefficients of "
            f"log tau2 have no finite estimate (last gain {found.gain:.1e} after {found.steps} steps). "
            "Use link='identity', which can hold tau2 at 0."
        )
    if not found.converged:
        raise NotEstimable(
            f"{what}: no maximum was found in {found.steps} steps, the last of which promised a gain of {found.gain:.1e}."
        )


def _held(found: Found, tau2: Floats, vi: Floats, study: Sequence[str]) -> tuple[str, ...]:
    if not found.held:
        return ()
    at_zero = ", ".join(s for s, t in zip(study, tau2, strict=True) if t <= FLAT * vi.min())
    return (f"tau2 of {at_zero} is held at 0; the coefficients of tau2 have no standard errors there",)
