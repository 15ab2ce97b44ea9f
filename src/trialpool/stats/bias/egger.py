"""Egger's regression test of small-study effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import count
from trialpool.stats.bias.cautions import OF_ASYMMETRY, caution
from trialpool.stats.bias.weighted_line import ON_THE_LINE, line
from trialpool.stats.distributions import quantile, statistic_text, two_sided_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, expect
from trialpool.stats.pooling.weighted import weights
from trialpool.stats.tables import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class EggerTest(Summary):
    """Regression of the effects on their standard errors, weighted by 1/vi.

    slope, se   : change of the effect per unit of standard error (Egger's "intercept"), and its standard error
    df, p       : degrees of freedom (k - 2) and two-sided P of no slope
    limit       : the effect that the line predicts for a study with standard error 0
    k           : number of studies
    caution     : why the test should not be relied on; empty where nothing speaks against it
    library     : the data-frame library in which `to_frame` answers
    """

    COLUMNS = ("slope", "se", "interval", "df", "statistic", "p", "limit", "k", "caution")

    slope: Any
    se: Any
    df: Any
    p: Any
    limit: Any
    k: Any
    caution: str = ""
    library: str = ""

    @property
    def statistic(self) -> Any:
        """slope / se, t with df degrees of freedom."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.slope / self.se

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """Confidence limits of the slope."""
        half = quantile(checked_level(level), self.df) * self.se
        return self.slope - half, self.slope + half

    def __str__(self) -> str:
        if np.ndim(self.slope):
            return f"Egger's test, {np.size(self.slope)} analyses"
        return f"Egger's test: slope {self.slope:.3g}, {statistic_text(self.statistic, self.df)}"


def egger(effects: Effects) -> EggerTest:
    """Test for small-study effects; `small_study_test` offers others.

    Parameters
    ----------
    effects : effects of k studies, or a batch of the shape (..., k)

    Returns
    -------
    EggerTest: the weighted least squares line of yi on sqrt(vi) with residual variance estimated, t with k - 2 degrees of freedom

    Raises
    ------
    NotEstimable
        with fewer than three studies, or where all standard errors are equal

    References
    ----------
    Egger, Davey Smith, Schneider & Minder (1997), BMJ 315:629-634; as weighted regression: Sterne & Egger (2005),
    Regression methods to detect publication and other bias in meta-analysis, ch. 6

    >>> from trialpool.stats.effects.effects import effects
    >>> test = egger(effects([-0.1, -0.2, -0.5, -0.6], [0.01, 0.02, 0.06, 0.09]))
    >>> test.slope.round(2), test.p.round(3)
    (-2.61, 0.002)
    """
    expect("egger", effects, Effects, EFFECT_MAKERS)
    yi, vi = effects.yi, effects.vi
    k = count(vi)
    found = line(yi, weights(vi), np.where(np.isfinite(vi), np.sqrt(vi), 0.0))
    if np.ndim(k) == 0 and not np.all(found.exists):
        why = f"k = {k}, and it needs 3" if k < 3 else f"all {k} standard errors are equal"
        raise NotEstimable(f"Egger's test: {why}.")
    with np.errstate(divide="ignore", invalid="ignore"):
        df = k - 2
        se = np.sqrt(found.rss / df * found.var_slope)
        p = two_sided_p(found.slope / se, df)
    said = caution(effects, OF_ASYMMETRY, ON_THE_LINE if np.ndim(se) == 0 and se == 0 else "")
    return EggerTest(slope=found.slope, se=se, df=df, p=p, limit=found.intercept, k=k, caution=said, library=effects.library)
