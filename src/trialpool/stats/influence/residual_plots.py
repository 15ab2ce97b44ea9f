"""Coordinates of the plots that show which studies do not fit: Baujat, radial (Galbraith) and normal quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.distributions import quantile
from trialpool.stats.influence.deletion import Deletion, deletion
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.regression.meta_regression import MetaRegression
from trialpool.stats.tables import frame, html_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
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

    Baujat, Mahe, Pignon & Hill (2002), Stat Med 21:2641-2652; for random effects and moderators, with tau2 in the weights:
    Viechtbauer (2021), in Handbook of Meta-Analysis, ch. 9.

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> points = baujat(pool_common(effects([-0.4, -0.5, 0.3], [0.04, 0.04, 0.04])))
    >>> points.x.round(2), points.y.round(2)
    (array([1. , 2.25, 6.25]), array([0.5 , 1.12, 3.12]))
    """
    these = deletion(fit, what="baujat")
    x = these.residuals**2 / (these.effects.vi + these.tau2)
    y = these.fitted_moved**2 / these.fitted_var_each
    return _points(these, x, y, "Squared Pearson residual", "Influence on the fitted value")


def radial(fit: PooledEffect) -> Points:
    """Precision 1 / sqrt(vi + tau2) (x) and effect over its standard error, yi / sqrt(vi + tau2) (y).

    A line from the origin through a point has the slope of that study's effect; the points scatter about the line of slope mu, 95 in
    100 of them (at the level of the fit) within `band` of it where the model holds. Errors as in `influence`, but one study will do.

    Galbraith (1988), Stat Med 7:889-894; (1994), Stat Med 13:1127-1137 (sic: extended to random effects by adding tau2).

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool_common
    >>> points = radial(pool_common(effects([-0.4, -0.5, 0.3], [0.04, 0.01, 0.04])))
    >>> points.x.tolist(), points.y.tolist(), round(points.slope, 2)
    ([5.0, 10.0, 5.0], [-2.0, -5.0, 1.5], -0.35)
    """
    raise NotImplementedError


def residual_quantiles(fit: PooledEffect | MetaRegression) -> Points:
    """Standardised residuals (y) beside the normal quantiles that answer to their ranks (x); on a line where the model holds."""
    raise NotImplementedError
