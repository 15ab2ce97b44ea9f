"""Likelihoods of a meta-regression, and what is judged by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import chi2_p
from trialpool.stats.pooling.choices import expect
from trialpool.stats.regression.estimates import shown_p
from trialpool.stats.regression.least_squares import least_squares
from trialpool.stats.tables import Summary

if TYPE_CHECKING:
    from trialpool.stats.regression.meta_regression import MetaRegression

NESTED = 1e-8  # a column of the smaller model of which more than this share lies outside the larger is not within it


class Criteria(NamedTuple):
    """-2 log-likelihood with a price a parameter; the smaller, the better."""

    AIC: Any
    BIC: Any
    AICc: Any


def is_restricted(fit: MetaRegression) -> bool:
    """Every estimator but maximum likelihood is judged by the restricted likelihood; a common effect by the full one."""
    return fit.model == "random" and fit.tau2_method != "ML"


def log_likelihood(fit: MetaRegression, restricted: bool) -> Any:
    """Of the fitted model: see `normal_log_likelihood`."""
    variances = fit.effects.vi + np.asarray(fit.tau2)[..., np.newaxis]
    return normal_log_likelihood(fit.effects.yi, variances, fit.design.X, fit.beta, restricted)


def normal_log_likelihood(yi: Floats, variances: Floats, X: Floats, beta: Floats, restricted: bool) -> Any:
    """(...) of yi normal about X beta with these variances.

    full        -2 log L  = k log 2 pi + sum log var_i + sum (yi - fitted)^2 / var_i
    restricted  -2 log RL = (k - p) log 2 pi + sum log var_i + log det X'WX - log det X'X + sum (yi - fitted)^2 / var_i

    Harville (1974), Biometrika 61:383-385.
    """
    here = np.isfinite(variances)
    logs = np.log(np.where(here, variances, 1.0)).sum(-1)
    residual = np.where(here, yi - (X * beta[..., np.newaxis, :]).sum(-1), 0.0)
    minus_two = logs + (residual**2 / variances).sum(-1)
    if restricted:
        weighted, plain = (least_squares(yi, wi, X).root for wi in (1 / variances, here.astype(float)))
        minus_two = minus_two + 2 * (_log_det(plain) - _log_det(weighted))
    terms = here.sum(-1) - (X.shape[-1] if restricted else 0)
    return -0.5 * (terms * np.log(2 * np.pi) + minus_two)


def criteria(fit: MetaRegression, restricted: bool) -> Criteria:
    """AIC = 2m - 2 log L, BIC = m log n - 2 log L, AICc = AIC + 2 m (m + 1) / (n - m - 1).

    m are the coefficients and tau2, where that was estimated; n is k, or k - p for the restricted likelihood.
    Hurvich & Tsai (1989), Biometrika 76:297-307.
    """
    m = fit.design.p + (fit.model == "random" and fit.tau2_method != "given")
    return criteria_of(fit.loglik(restricted=restricted), m, fit.k - (fit.design.p if restricted else 0))


def criteria_of(loglik: Any, m: int, n: Any) -> Criteria:
    """The criteria of a log-likelihood with m parameters and n observations; n is at least m + 2 in AICc, as is usual."""
    deviance = -2 * loglik
    enough = np.maximum(n, m + 2)
    return Criteria(deviance + 2 * m, deviance + m * np.log(n), deviance + 2 * m * enough / (enough - m - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodRatioTest(Summary):
    """A model against a smaller one within it, both by maximum likelihood.

    statistic    : 2 (log L of the larger - log L of the smaller)
    df           : how many coefficients more the larger has
    p            : P by chi-squared
    larger, smaller : the fits compared, by maximum likelihood
    """

    COLUMNS = ("statistic", "df", "p")

    statistic: Any
    df: int
    p: Any
    larger: MetaRegression
    smaller: MetaRegression

    def __str__(self) -> str:
        p = shown_p(self.p)
        return f"Likelihood ratio test: chi2({self.df}) = {self.statistic:.2f}, P {p if p[0] == '<' else '= ' + p}"


def likelihood_ratio_test(larger: MetaRegression, smaller: MetaRegression) -> LikelihoodRatioTest:
    """Test whether the larger model fits better; models fitted by another estimator are fitted again by maximum likelihood.

    Raises
    ------
    BadArgument
        where the fits are not of the same studies and model, or the smaller is not within the larger

    References
    ----------
    Huizenga, Visser & Dolan (2011), Br J Math Stat Psychol 64:1-19
    """
    from trialpool.stats.regression.meta_regression import MetaRegression

    for fit in (larger, smaller):
        expect("likelihood_ratio_test", fit, MetaRegression, "regress")
    from trialpool.stats.regression.regress import regress_design

    _refuse_unless_nested(larger, smaller)
    ours = [
        regress_design(fit.effects, fit.design, tau2="ML", ci="Wald", level=fit.level, model=fit.model, weights=None)
        for fit in (larger, smaller)
    ]
    statistic = 2 * (ours[0].loglik(restricted=False) - ours[1].loglik(restricted=False))
    df = larger.design.p - smaller.design.p
    return LikelihoodRatioTest(statistic=statistic, df=df, p=chi2_p(statistic, df), larger=ours[0], smaller=ours[1])


def _refuse_unless_nested(larger: MetaRegression, smaller: MetaRegression) -> None:
    same = all(np.array_equal(getattr(larger.effects, name), getattr(smaller.effects, name)) for name in ("yi", "vi"))
    if not same or larger.model != smaller.model:
        raise BadArgument(
            f"The fits are not of the same studies by the same model: {np.max(larger.k)} studies, {larger.model}, and "
            f"{np.max(smaller.k)} studies, {smaller.model}. Where moderators are missing, leave the same studies out of both."
        )
    if larger.weighting != "inverse variance" or smaller.weighting != "inverse variance":
        raise BadArgument("A likelihood ratio test needs inverse-variance weights in both fits.")
    here = np.isfinite(larger.effects.vi)
    alike = here.astype(float)
    outside = [
        name
        for name, column in zip(smaller.names, np.moveaxis(smaller.design.X, -1, 0), strict=True)
        if not _within(np.where(here, column, 0.0), alike, larger.design.X)
    ]
    if outside or larger.design.p <= smaller.design.p:
        why = f"{', '.join(outside)} of the smaller is not in it" if outside else "it has no coefficient more"
        raise BadArgument(f"The second model is not within the first: {why}. Give the larger model first.")


def _within(column: Floats, wi: Floats, X: Floats) -> bool:
    left = column - wi * (X * least_squares(column, wi, X).beta[..., np.newaxis, :]).sum(-1)
    return bool((np.abs(left).max(-1) <= NESTED * np.abs(column).max(-1)).all())


def _log_det(root: Floats) -> Any:
    """log |det root|, of a triangular matrix."""
    return np.log(np.abs(np.diagonal(root, axis1=-2, axis2=-1))).sum(-1)
