"""Regression tests of small-study effects: effects on a measure of the size of the studies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats, count
from trialpool.stats.bias.cautions import OF_ASYMMETRY, OF_ASYMMETRY_AND_TAU2, caution
from trialpool.stats.bias.sizes import Sizes
from trialpool.stats.bias.weighted_line import ON_THE_LINE, line
from trialpool.stats.distributions import quantile, statistic_text, two_sided_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.tables import Summary


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegressionTest(Summary):
    """A line of effects on a predictor that goes with the size of the study. Numbers are (...) where `effects` is a batch.

    effects    : what was tested
    method     : what the test is called
    predictor  : what the line is on
    model      : "multiplicative", "random" or "common"
    slope, se  : change of the effect per unit of the predictor, and its standard error
    limit      : the effect that the line predicts where the predictor is 0, which is a study without error if `vanishes`
    limit_se   : its standard error
    vanishes   : whether the predictor is 0 for a study of infinite size
    df         : degrees of freedom of the reference distribution; inf for the normal
    tau2       : additive between-study variance, 0 but for model "random"
    dispersion : factor of the variances, 1 but for model "multiplicative"
    k          : number of studies
    reasons    : names of what `caution` looks at
    """

    COLUMNS = (
        "method",
        "predictor",
        "slope",
        "se",
        "interval",
        "df",
        "statistic",
        "p",
        "limit",
        "limit_se",
        "tau2",
        "dispersion",
        "k",
        "caution",
    )

    effects: Effects
    method: str
    predictor: str
    model: str
    slope: Any
    se: Any
    limit: Any
    limit_se: Any
    vanishes: bool
    df: Any
    tau2: Any
    dispersion: Any
    k: Any
    reasons: tuple[str, ...]

    @property
    def statistic(self) -> Any:
        """slope / se: z or t."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.slope / self.se

    @property
    def p(self) -> Any:
        """Two-sided P of no slope."""
        return two_sided_p(self.statistic, self.df)

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """Confidence limits of the slope."""
        half = quantile(checked_level(level), self.df) * self.se
        return self.slope - half, self.slope + half

    def limit_interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """Confidence limits of the limit."""
        half = quantile(checked_level(level), self.df) * self.limit_se
        return self.limit - half, self.limit + half

    @property
    def caution(self) -> str:
        """Why the test should not be relied on; empty where nothing speaks against it."""
        return caution(self.effects, self.reasons, ON_THE_LINE if np.ndim(self.se) == 0 and self.se == 0 else "")

    def __repr__(self) -> str:
        return f"<RegressionTest: {self}>"

    def __str__(self) -> str:
        if np.ndim(self.slope):
            return f"{self.method}, {np.size(self.slope)} analyses"
        return f"{self.method}: slope {self.slope:.3g} on {self.predictor}, {statistic_text(self.statistic, self.df)}"


@dataclass(frozen=True, slots=True)
class Predictor:
    """What effects can be regressed on.

    name     : what it is, in words
    values   : of the effects, the sizes of the studies and the name of the test
    vanishes : whether it is 0 for a study of infinite size
    """

    name: str
    values: Callable[[Effects, Sizes, str], Floats]
    vanishes: bool


PREDICTORS: dict[str, Predictor] = {
    "sei": Predictor("standard error", lambda effects, _, __: np.sqrt(finite(effects.vi)), True),
    "vi": Predictor("variance", lambda effects, _, __: finite(effects.vi), True),
    "ni": Predictor("patients", lambda effects, sizes, method: sizes.total(effects, method), False),
    "ninv": Predictor("1 / patients", lambda effects, sizes, method: 1 / sizes.total(effects, method), True),
    "sqrtni": Predictor("root of patients", lambda effects, sizes, method: np.sqrt(sizes.total(effects, method)), False),
    "sqrtninv": Predictor("1 / root of patients", lambda effects, sizes, method: 1 / np.sqrt(sizes.total(effects, method)), True),
}
MODELS = {
    "multiplicative": "weights 1/vi, variances vi times a factor that the residuals give; t with k - 2 degrees of freedom",
    "random": "weights 1/(vi + tau2); normal",
    "common": "weights 1/vi, variances vi; normal",
}


def regression_test(
    effects: Effects, *, predictor: str = "sei", model: str = "multiplicative", tau2: str = "REML", n: Any = None
) -> RegressionTest:
    """Regress effects on a predictor that goes with the size of the study.

    Parameters
    ----------
    effects : effects of k studies, or a batch of the shape (..., k)
    predictor : "sei" (standard error), "vi" (variance), "ni" (patients), "ninv" (1 / patients), "sqrtni", "sqrtninv" (roots)
    model : "multiplicative" (Egger's weighted regression), "random" (additive tau2) or "common"
    tau2 : estimator of the residual between-study variance of the random model, as `pool` takes it
    n : (..., k) patients of each study; by default those of the counts that the effects come from

    Returns
    -------
    RegressionTest; t with k - 2 degrees of freedom for the multiplicative model, and z for the others

    Raises
    ------
    BadArgument
        for an unknown predictor, model or estimator, or where patients are needed and not known
    NotEstimable
        with fewer than three studies, or where all predictors are equal

    References
    ----------
    Sterne & Egger (2005), Regression methods to detect publication and other bias in meta-analysis, ch. 6; Thompson & Sharp
    (1999), Stat Med 18:2693-2708; Moreno et al. (2009), BMC Med Res Methodol 9:2

    >>> from trialpool.stats.effects.effects import effects
    >>> test = regression_test(effects([-0.1, -0.2, -0.5, -0.6], [0.01, 0.02, 0.06, 0.09]), predictor="vi")
    >>> test.slope.round(2), test.limit.round(3)
    (-6.81, -0.044)
    """
    expect("regression_test", effects, Effects, EFFECT_MAKERS)
    chosen = PREDICTORS[choose("predictor", predictor, PREDICTORS)]
    choose("model", model, MODELS)
    choose("tau2", tau2, TAU2)
    method = f"regression test on {chosen.name}"
    xi = chosen.values(effects, Sizes(n=n), method)
    reasons: tuple[str, ...] = OF_ASYMMETRY_AND_TAU2 if model == "random" else OF_ASYMMETRY
    if predictor not in ("sei", "vi"):
        reasons = tuple(reason for reason in reasons if reason not in ("bound to its error", "standard errors alike"))
    found = line_test(effects, method, chosen.name, xi, model=model, tau2=tau2, reasons=reasons, vanishes=chosen.vanishes)
    return found


def line_test(
    effects: Effects,
    method: str,
    predictor: str,
    xi: Floats,
    *,
    yi: Floats | None = None,
    wi: Floats | None = None,
    model: str = "multiplicative",
    tau2: str = "REML",
    normal: bool | None = None,
    reasons: tuple[str, ...] = OF_ASYMMETRY,
    vanishes: bool = True,
) -> RegressionTest:
    """The test by a line through yi (by default the effects) on xi with weights wi (by default 1/(vi + tau2)), (..., k) each.

    Where `normal` is not given, only the multiplicative model is referred to t.
    """
    there = np.isfinite(effects.vi)
    yi = np.where(there, effects.yi if yi is None else yi, 0.0)
    weights = np.where(there, 1 / effects.vi if wi is None else wi, 0.0)
    xi = np.where(there, xi, 0.0)
    k = count(effects.vi)
    shape = line(yi, weights, xi)
    _refuse(method, predictor, k, shape.exists)
    added: Any = np.zeros(np.shape(shape.slope))[()]
    if model == "random":
        centre = (xi * there).sum(-1, keepdims=True) / there.sum(-1, keepdims=True)
        scale = np.sqrt(((xi - centre) ** 2 * there).sum(-1, keepdims=True))
        standardised = (xi - centre) / np.where(scale > 0, scale, 1.0)
        X = np.stack([np.ones_like(xi), standardised], axis=-1)
        added = TAU2[tau2](yi, effects.vi, X)
        shape = line(yi, np.where(there, 1 / (effects.vi + np.asarray(added)[..., np.newaxis]), 0.0), xi)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor: Any = shape.rss / (k - 2) if model == "multiplicative" else np.ones(np.shape(shape.slope))[()]
        se, limit_se = np.sqrt(factor * shape.var_slope), np.sqrt(factor * shape.var_intercept)
    return RegressionTest(
        effects=effects,
        method=method,
        predictor=predictor,
        model=model,
        slope=shape.slope,
        se=se,
        limit=shape.intercept,
        limit_se=limit_se,
        vanishes=vanishes,
        df=np.full(np.shape(k), np.inf)[()] if (model != "multiplicative" if normal is None else normal) else k - 2.0,
        tau2=added,
        dispersion=factor,
        k=k,
        reasons=reasons,
    )


def finite(vi: Floats) -> Floats:
    """vi, and 0 where a study is absent."""
    return np.where(np.isfinite(vi), vi, 0.0)


def _refuse(method: str, predictor: str, k: Any, exists: Any) -> None:
    """A single analysis that cannot be had is an error; in a batch it is nan."""
    if np.ndim(k) == 0 and not np.all(exists):
        why = f"k = {k}, and it needs 3" if k < 3 else f"its predictor ({predictor}) is the same for all {k} studies"
        raise NotEstimable(f"{method[0].upper() + method[1:]}: {why}.")
