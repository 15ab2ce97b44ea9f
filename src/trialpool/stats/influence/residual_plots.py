"""Coordinates of the plots that show which studies do not fit: Baujat, radial (Galbraith) and normal quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import quantile
from trialpool.stats.influence.deletion import ALONE, Deletion, deletion
from trialpool.stats.pooling.choices import FIT_MAKERS, expect
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.regression.meta_regression import MetaRegression
from trialpool.stats.tables import Tabular, frame, html_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Points(Tabular):
    """A point a study.

    study          : (k,) labels of the studies present
    x, y           : (k,) coordinates
    x_name, y_name : what they are, in words for the axes
    slope          : of the line through the origin that the points scatter about; nan where there is none
    band           : by how much they do, in y, at the level of the fit; nan where there is none
    library        : the data-frame library in which `to_frame` answers
    """

    study: tuple[str, ...]
    x: Floats
    y: Floats
    x_name: str
    y_name: str
    slope: float = float("nan")
    band: float = float("nan")
    library: str = ""

    def table(self) -> dict[str, list[Any]]:
        """A row a study: study, x, y."""
        return {"study": list(self.study), "x": self.x.tolist(), "y": self.y.tolist()}

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame of the caller's library, or of `library`: "pandas", "polars" or "pyarrow"."""
        return frame(self.table(), library or self.library)

    def _repr_html_(self) -> str:
        return html_table({self.x_name if n == "x" else self.y_name if n == "y" else n: v for n, v in self.table().items()})


def baujat(fit: PooledEffect | MetaRegression) -> Points:
    """Which studies make the heterogeneity (x), and which of them matter for the result (y).

    x = (yi - fitted)^2 / (vi + tau2); y = (fitted - fitted without study i)^2 / variance of the latter. Arguments and errors as in
    `influence`.

    Baujat, Mahe, Pignon & Hill (2002), Stat Med 21:2641-2652, for a common effect; here with tau2 and moderators as well.

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> points = baujat(pool_common(effects([-0.4, -0.5, 0.3], [0.04, 0.04, 0.04])))
    >>> points.x.round(2), points.y.round(2)
    (array([1. , 2.25, 6.25]), array([0.5 , 1.13, 3.12]))
    """
    expect("baujat", fit, (PooledEffect, MetaRegression), "pool, pool_common or regress")
    these = deletion(fit, what="baujat")
    x = these.residuals**2 / (these.effects.vi + these.tau2)
    y = these.fitted_moved**2 / these.fitted_var_each
    return _points(these, x, y, "Squared Pearson residual", "Influence on the fitted value")


def radial(fit: PooledEffect) -> Points:
    """Precision 1 / sqrt(vi + tau2) (x) and effect over its standard error, yi / sqrt(vi + tau2) (y).

    A line from the origin through a point has the slope of that study's effect. The points scatter about the line of slope mu:
    where the model holds, a share `level` of them within `band` of it. Errors as in `influence`.

    Galbraith (1988), Technometrics 30:271-281; (1988), Stat Med 7:889-894; here with tau2 in the variance.

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> points = radial(pool_common(effects([-0.4, -0.5, 0.3], [0.04, 0.01, 0.04])))
    >>> points.x.round(2), points.y.round(2), round(points.slope, 2)
    (array([ 5., 10.,  5.]), array([-2. , -5. ,  1.5]), -0.35)
    """
    expect("radial", fit, PooledEffect, FIT_MAKERS)
    these = deletion(fit, what="radial")
    se = np.sqrt(these.effects.vi + these.tau2)
    x_name = "Precision, 1 / standard error" if fit.model == "common" else "Precision, 1 / sqrt(variance + tau2)"
    band = float(quantile(fit.level, np.inf))
    return _points(these, 1 / se, these.effects.yi / se, x_name, "Effect x precision", slope=float(these.beta[0]), band=band)


def residual_quantiles(fit: PooledEffect | MetaRegression) -> Points:
    """Standardised residuals (y) beside the normal quantiles of their ranks (x): near the line y = x where the model holds.

    x is the quantile of (rank - a) / (k + 1 - 2 a), a = 3/8 up to ten studies and 1/2 beyond. Arguments and errors as in
    `influence`.

    Blom (1958), Statistical Estimates and Transformed Beta-Variables; Wang & Bushman (1998), Psychol Methods 3:46-54.

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> points = residual_quantiles(pool_common(effects([-0.4, -0.5, 0.3], [0.04, 0.04, 0.04])))
    >>> points.x.round(2), points.y.round(2)
    (array([ 0.  , -0.87,  0.87]), array([-1.22, -1.84,  3.06]))
    """
    expect("residual_quantiles", fit, (PooledEffect, MetaRegression), "pool, pool_common or regress")
    these = deletion(fit, what="residual_quantiles")
    left = np.where(1 - these.hat > ALONE, 1 - these.hat, np.nan)
    y = these.residuals / np.sqrt((these.effects.vi + these.tau2) * left)
    k = np.count_nonzero(np.isfinite(y))
    a = 3 / 8 if k <= 10 else 1 / 2
    rank = np.argsort(np.argsort(y, kind="stable")) + 1.0
    x = np.where(np.isfinite(y), ndtri((rank - a) / (k + 1 - 2 * a)), np.nan)
    return _points(these, x, y, "Normal quantile", "Standardised residual", slope=1.0)


def _points(
    these: Deletion, x: Floats, y: Floats, x_name: str, y_name: str, *, slope: float = np.nan, band: float = np.nan
) -> Points:
    effects = these.effects
    return Points(study=effects.study, x=x, y=y, x_name=x_name, y_name=y_name, slope=slope, band=band, library=effects.library)
