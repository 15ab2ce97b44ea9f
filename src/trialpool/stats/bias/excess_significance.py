"""The test of excess significance: are there more significant studies than their power lets expect?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import bdtrc, ndtr

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.bias.cautions import caution
from trialpool.stats.bias.threshold import checked_threshold
from trialpool.stats.distributions import p_text, two_sided_p, z_quantile
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, checked_level, choose, expect
from trialpool.stats.pooling.weighted import mean, weights
from trialpool.stats.roots import root_between
from trialpool.stats.tables import Summary

FARTHEST = 40.0  # standard errors of the least precise study at which every study is sure to be significant


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ExcessSignificance(Summary):
    """Significant studies, observed and expected.

    effects     : what was tested
    theta, tau2 : the effect, and the variance of true effects about it, that power is reckoned at
    level       : a study is significant where its two-sided P value is below 1 - level
    test        : "exact", "binomial" or "chi-squared"
    significant : (k,) which studies are
    power       : (k,) probability that they are
    p           : one-sided P of as many significant studies or more
    """

    COLUMNS = ("test", "observed", "expected", "ratio", "statistic", "p", "theta", "tau2", "level", "caution")

    effects: Effects
    theta: float
    tau2: float
    level: float
    test: str
    significant: Any
    power: Floats
    p: float

    @property
    def observed(self) -> int:
        """Number of significant studies, O."""
        return int(self.significant.sum())

    @property
    def expected(self) -> float:
        """Sum of the powers, E."""
        return float(self.power.sum())

    @property
    def ratio(self) -> float:
        """O / E."""
        return self.observed / self.expected

    @property
    def statistic(self) -> float:
        """(O - E)^2 (1 / E + 1 / (k - E)): chi-squared with 1 degree of freedom. Ioannidis & Trikalinos (2007)."""
        return float(excess(self.observed, self.expected, len(self.power)) ** 2)

    def effect_without_excess(self, threshold: float = 0.1) -> float:
        """The effect, of the sign of theta, at which P is `threshold`: with a larger one there is no excess; nan if at none.

        The limiting effect of Ioannidis & Trikalinos (2007).
        """
        checked_threshold(threshold)
        there = np.isfinite(self.effects.vi)
        vi, O = self.effects.vi[there], self.observed
        sign = 1.0 if self.theta >= 0 else -1.0

        def left(size: Floats) -> Floats:
            p = [EXCESS_TESTS[self.test](O, powers(sign * t, self.tau2, vi, self.level)) for t in size.ravel()]
            return threshold - np.array(p).reshape(size.shape)

        low, high = np.zeros(1), np.full(1, FARTHEST * np.sqrt(vi.max() + self.tau2))
        if left(low)[0] <= 0 or left(high)[0] >= 0:
            return float("nan")
        return float(sign * root_between(left, low, high)[0])

    @property
    def caution(self) -> str:
        """Why the test should not be relied on; empty where nothing speaks against it.

        Ioannidis & Trikalinos (2007): with strong heterogeneity an average power means little.
        """
        reasons = ("few studies",) if self.tau2 else ("few studies", "heterogeneous")
        none = "no study is significant, so that there can be no excess" if not self.observed else ""
        return caution(self.effects, reasons, none)

    def __repr__(self) -> str:
        return f"<ExcessSignificance: {self}>"

    def __str__(self) -> str:
        return f"{self.observed} significant studies, {self.expected:.1f} expected, {p_text(self.p)} ({self.test})"


def excess(O: Any, E: Any, k: Any) -> Any:
    """(O - E) sqrt(1/E + 1/(k - E)), which is normal."""
    O, E = np.asarray(O, dtype=float), np.asarray(E, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(O == E, 0.0, (O - E) * np.sqrt(1 / E + 1 / (k - E)))[()]


def by_chi_squared(O: int, power: Floats) -> float:
    """The upper tail of the signed root of chi-squared, which is half of the usual P where O > E."""
    z = excess(O, power.sum(), len(power))
    half = float(two_sided_p(z)) / 2
    return half if z > 0 else 1 - half


def by_binomial(O: int, power: Floats) -> float:
    """P(X >= O), X binomial with the mean power."""
    return float(bdtrc(O - 1, len(power), power.mean())) if O else 1.0


def by_poisson_binomial(O: int, power: Floats) -> float:
    """P(X >= O), X the number of successes of independent studies, each with its own power: exact."""
    return float(number_of_successes(power)[O:].sum())


def number_of_successes(p: Floats) -> Floats:
    """Probabilities of 0, 1, ... k successes of independent trials with probabilities p, one trial added after the other.

    >>> number_of_successes(np.array([0.5, 0.5]))
    array([0.25, 0.5 , 0.25])
    """
    found = np.zeros(len(p) + 1)
    found[0] = 1.0
    for one in p:
        found[1:] = found[1:] * (1 - one) + found[:-1] * one
        found[0] *= 1 - one
    return found


EXCESS_TESTS: dict[str, Callable[[int, Floats], float]] = {
    "exact": by_poisson_binomial,
    "binomial": by_binomial,
    "chi-squared": by_chi_squared,
}
EXCESS_TEST_NAMES = {
    "exact": "the exact distribution of the number of significant studies, each with its own power",
    "binomial": "the binomial distribution with the mean power",
    "chi-squared": "chi-squared with 1 degree of freedom, one-sided",
}


def powers(theta: float, tau2: float, vi: Floats, level: float) -> Floats:
    """P(|yi| > z sqrt(vi)) for yi normal about theta with variance vi + tau2.

    >>> powers(0.5, 0.0, np.array([0.01, 0.25]), 0.95).round(3)
    array([0.999, 0.17 ])
    """
    cut, sd = z_quantile(level) * np.sqrt(vi), np.sqrt(vi + tau2)
    found: Floats = ndtr((theta - cut) / sd) + ndtr((-theta - cut) / sd)
    return found


def excess_significance(
    effects: Effects, *, theta: float | None = None, tau2: float = 0.0, test: str = "exact", level: float = 0.95
) -> ExcessSignificance:
    """Compare the number of significant studies with the one that their power lets expect.

    Parameters
    ----------
    effects : effects of k studies
    theta : the effect that power is reckoned at; by default the common effect
    tau2 : variance of the true effects about theta
    test : "exact", "binomial" or "chi-squared"
    level : a study is significant where its two-sided P value is below 1 - level

    Raises
    ------
    BadArgument
        for an unknown test, a level outside 0 to 1, or a negative tau2
    NotEstimable
        for a batch, or where no study is present

    References
    ----------
    Ioannidis & Trikalinos (2007), Clin Trials 4:245-253

    >>> from trialpool.stats.effects.effects import effects
    >>> excess_significance(effects([-0.3, -0.6, -0.9, 0.1], [0.02, 0.06, 0.1, 0.2]))
    <ExcessSignificance: 3 significant studies, 1.6 expected, P = 0.139 (exact)>
    """
    expect("excess_significance", effects, Effects, EFFECT_MAKERS)
    choose("test", test, EXCESS_TESTS)
    checked_level(level)
    if not (np.isfinite(tau2) and tau2 >= 0):
        raise BadArgument(f"tau2={tau2!r} is not a variance. Give a number of 0 or more.")
    if effects.vi.ndim > 1 or effects.yi.ndim > 1:
        raise NotEstimable("Test of excess significance: one analysis at a time.")
    there = np.isfinite(effects.vi)
    if not there.any():
        raise NotEstimable("Test of excess significance: no study is present (k = 0).")
    yi, vi = effects.yi[there], effects.vi[there]
    at = float(mean(yi, weights(vi))) if theta is None else float(theta)
    significant = np.abs(yi) > z_quantile(level) * np.sqrt(vi)
    power = powers(at, tau2, vi, level)
    return ExcessSignificance(
        effects=effects,
        theta=at,
        tau2=float(tau2),
        level=level,
        test=test,
        significant=significant,
        power=power,
        p=EXCESS_TESTS[test](int(significant.sum()), power),
    )
