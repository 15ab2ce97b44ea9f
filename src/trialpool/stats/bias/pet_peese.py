"""PET-PEESE: the effect that a regression on the standard error, or on the variance, predicts for a study without error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.stats.bias.cautions import OF_AN_ADJUSTED_EFFECT, caution
from trialpool.stats.bias.regression_test import RegressionTest, regression_test
from trialpool.stats.bias.threshold import checked_threshold
from trialpool.stats.bias.weighted_line import ON_THE_LINE
from trialpool.stats.distributions import quantile, two_sided_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, expect
from trialpool.stats.pooling.weighted import mean, weights
from trialpool.stats.tables import Summary


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PetPeese(Summary):
    """The effect without small-study effects by two regressions, and the one that is chosen. Numbers are (...) for a batch.

    pet       : the line on the standard error (precision-effect test)
    peese     : the line on the variance (precision-effect estimate with standard error)
    p_pet     : one-sided P that PET's limit is 0, against the direction of the common effect
    threshold : PEESE's limit is the estimate where p_pet is below it, and PET's elsewhere
    """

    COLUMNS = ("estimate", "se", "interval", "p", "by_peese", "p_pet", "caution")

    pet: RegressionTest
    peese: RegressionTest
    p_pet: Any
    threshold: float

    @property
    def by_peese(self) -> Any:
        """Whether the estimate is PEESE's."""
        return self.p_pet < self.threshold

    @property
    def estimate(self) -> Any:
        """The effect of a study without error, on the analysis scale."""
        return np.where(self.by_peese, self.peese.limit, self.pet.limit)[()]

    @property
    def se(self) -> Any:
        """Its standard error, taking the choice for granted."""
        return np.where(self.by_peese, self.peese.limit_se, self.pet.limit_se)[()]

    @property
    def p(self) -> Any:
        """Two-sided P of no effect, t with k - 2 degrees of freedom."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return two_sided_p(self.estimate / self.se, self.pet.df)

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """Confidence limits, t with k - 2 degrees of freedom."""
        half = quantile(checked_level(level), self.pet.df) * self.se
        return self.estimate - half, self.estimate + half

    @property
    def caution(self) -> str:
        """Why the estimate should not be relied on; empty where nothing speaks against it.

        Stanley (2017), Soc Psychol Personal Sci 8:581-591: not with few studies, strong heterogeneity or only small studies.
        """
        return caution(self.pet.effects, OF_AN_ADJUSTED_EFFECT, ON_THE_LINE if np.ndim(self.se) == 0 and self.se == 0 else "")

    def __repr__(self) -> str:
        return f"<PetPeese: {self}>"

    def __str__(self) -> str:
        if np.ndim(self.p_pet):
            return f"{np.size(self.p_pet)} analyses"
        low, high = self.interval()
        return f"{'PEESE' if self.by_peese else 'PET'}: {self.estimate:.3f} (95% CI {low:.3f} to {high:.3f})"


def pet_peese(effects: Effects, *, threshold: float = 0.05) -> PetPeese:
    """The effect of a study without error: PEESE's where PET finds an effect, and PET's where it doesn't.

    Parameters
    ----------
    effects : effects of k studies, or a batch of the shape (..., k)
    threshold : one-sided P value of PET's limit below which PEESE is chosen

    Raises
    ------
    BadArgument
        for a threshold outside 0 to 1
    NotEstimable
        with fewer than three studies, or where all standard errors are equal

    References
    ----------
    Stanley & Doucouliagos (2014), Res Synth Methods 5:60-78

    >>> from trialpool.stats.effects.effects import effects
    >>> pet_peese(effects([-0.32, -0.38, -0.55, -0.61], [0.005, 0.01, 0.06, 0.09]))
    <PetPeese: PEESE: -0.316 (95% CI -0.389 to -0.243)>
    """
    expect("pet_peese", effects, Effects, EFFECT_MAKERS)
    checked_threshold(threshold)
    pet, peese = (regression_test(effects, predictor=predictor) for predictor in ("sei", "vi"))
    direction = np.sign(mean(effects.yi, weights(effects.vi)))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = direction * pet.limit / pet.limit_se
    half = two_sided_p(t, pet.df) / 2
    return PetPeese(pet=pet, peese=peese, p_pet=np.where(t > 0, half, 1 - half)[()], threshold=threshold)
