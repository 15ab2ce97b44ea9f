"""How much the moderators get in each other's way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats

if TYPE_CHECKING:
    from trialpool.stats.regression.meta_regression import MetaRegression


class Inflation(NamedTuple):
    """Generalised variance inflation of a term with m columns; gvif^(1 / (2 m)) compares with the square root of a VIF."""

    gvif: float
    columns: int

    @property
    def per_column(self) -> float:
        """gvif^(1 / (2 columns))."""
        return float(self.gvif ** (1 / (2 * self.columns)))


def vif(fit: MetaRegression) -> Mapping[str, float]:
    """Diagonal of the inverse of the correlation matrix of the coefficients, the intercept left out."""
    kept, R = _correlations(fit)
    inflation = np.diagonal(np.linalg.inv(R))
    return {fit.names[j]: float(v) for j, v in zip(kept, inflation, strict=True)}


def gvif(fit: MetaRegression) -> Mapping[str, Inflation]:
    """det R11 det R22 / det R of each term, R11 being the correlations of its columns, R22 those of the others."""
    kept, R = _correlations(fit)
    found = {}
    for term in fit.design.terms:
        own = [i for i, j in enumerate(kept) if j in term.columns]
        others = [i for i in range(len(kept)) if i not in own]
        if own:
            value = np.linalg.det(R[np.ix_(own, own)]) * np.linalg.det(R[np.ix_(others, others)]) / np.linalg.det(R)
            found[term.name] = Inflation(float(value), len(own))
    return found


def _correlations(fit: MetaRegression) -> tuple[list[int], Floats]:
    if fit.cov.ndim > 2:
        raise NotEstimable("Variance inflation is of one analysis, not of a batch. Fit the analyses one at a time.")
    kept = [j for j in range(fit.design.p) if j != fit.design.intercept]
    unit = fit.root[kept] / fit.se[kept, np.newaxis]
    return kept, unit @ unit.T
